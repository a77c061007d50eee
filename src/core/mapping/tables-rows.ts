// Rows of cells → a Table: names checked, keys unique, rows as records whose names nobody chose (`__proto__` is plain data).

import type { Rec, Table, Value } from "../contract.ts";
import type { Code } from "../errors.ts";
import { nearest } from "../options/nearest.ts";

export interface RowLimits {
  readonly rows: number;
  readonly columns: number;
}

/** Says what is wrong in a line of the table's file, and leaves. */
export type RefuseTable = (code: Code, line: number, what: string, hint?: string) => never;

export interface RowCollector {
  readonly begun: boolean;
  /** The names, before the first row. `key` undefined = the first column. */
  begin(columns: readonly string[], key: string | undefined, line: number): void;
  add(cells: readonly (string | undefined)[], line: number): void;
  /** Throws where no header came. */
  table(): Table;
}

export function collectRows(name: string, file: string, limits: RowLimits, refuse: RefuseTable): RowCollector {
  let columns: readonly string[] | undefined;
  let keyIndex = 0;
  const rows = new Map<string, Rec>();
  const lines: number[] = [];
  const Row = rowType();
  return {
    get begun() {
      return columns !== undefined;
    },
    begin(names, key, line) {
      checkColumns(names, limits.columns, line, refuse);
      keyIndex = key === undefined ? 0 : names.indexOf(key);
      if (keyIndex < 0) {
        const near = nearest(key as string, names);
        refuse(
          "TABLE_INVALID",
          line,
          `has no column ${key}`,
          near ? `Did you mean ${near}?` : `It has ${names.slice(0, 8).join(", ")}.`,
        );
      }
      columns = names.slice();
    },
    add(cells, line) {
      const names = columns as readonly string[];
      if (cells.length !== names.length) {
        refuse("TABLE_INVALID", line, `has ${cells.length} cells, the header ${names.length}`);
      }
      const key = cells[keyIndex];
      if (!key) throw refuse("TABLE_INVALID", line, `has no key in column ${names[keyIndex]}`);
      if (rows.has(key)) {
        const first = lines[[...rows.keys()].indexOf(key)];
        refuse("TABLE_KEY_TWICE", line, `has the key "${key}", which stands on line ${first} already`);
      }
      if (rows.size >= limits.rows)
        refuse("TABLE_TOO_LARGE", line, `is beyond the ${limits.rows} rows a table can have`);
      const row = new Row();
      for (let index = 0; index < names.length; index += 1) row[names[index] as string] = cells[index] || undefined;
      rows.set(key, row);
      lines.push(line);
    },
    table() {
      if (columns === undefined) return refuse("TABLE_INVALID", 1, "has no header line");
      return { name, file, keyColumn: columns[keyIndex] as string, columns: valueSecond(columns, keyIndex), rows };
    },
  };
}

/** A constructor whose prototype inherits nothing: all rows share one hidden class, and every name is data. */
function rowType(): new () => { [name: string]: Value } {
  // oxlint-disable-next-line unicorn/consistent-function-scoping -- every table has a constructor of its own
  function Row(this: object): void {}
  Row.prototype = Object.create(null);
  return Row as unknown as new () => { [name: string]: Value };
}

function checkColumns(names: readonly string[], most: number, line: number, refuse: RefuseTable): void {
  if (names.length < 2) {
    refuse(
      "TABLE_INVALID",
      line,
      "has one column only; a table needs a key and a value",
      "Columns are separated by ; or ,",
    );
  }
  if (names.length > most) refuse("TABLE_TOO_LARGE", line, `has ${names.length} columns, more than ${most}`);
  const seen = new Set<string>();
  for (const [index, name] of names.entries()) {
    if (name === "") refuse("TABLE_INVALID", line, `has no name for column ${index + 1}`);
    if (seen.has(name)) refuse("TABLE_INVALID", line, `has two columns called ${name}`);
    seen.add(name);
  }
}

/** $code gives the second column. Where the key is the second one, the value is the first. */
function valueSecond(columns: readonly string[], keyIndex: number): readonly string[] {
  const [first, second, ...rest] = columns as readonly [string, string, ...string[]];
  return keyIndex === 1 ? [second, first, ...rest] : columns;
}
