// $code and $row: the bridge's code lists and tables (`map.codes`). A key that a list does not have is an error that
// names list and column, because a code that is silently left out is a loss; a default, where one is given, says what
// stands for it.

import type { Rec, Scope, Table } from "../../../contract.ts";
import { Fault, type Code, type Data, type Run } from "../runtime.ts";
import { computed, namesFor, type Argument, type Extra } from "./contract.ts";

function scopeOf(run: Run): Scope {
  if (run.scope === undefined) throw new Fault("FORMULA_PLACE", { note: "code lists belong to a bridge" });
  return run.scope;
}

function tableOf(run: Run, name: string): Table {
  const table = scopeOf(run).tables.get(name);
  if (table === undefined) throw new Fault("TABLE_UNKNOWN", { note: `there is no list ${name} under map.codes` });
  return table;
}

/** Keys are text; a number of a JSON source is its digits. */
function keyText(key: Data, argument: number): string {
  if (typeof key === "string") return key;
  if (typeof key === "number" && Number.isFinite(key)) return String(key);
  throw new Fault("T0410", { value: key, argument });
}

function rowOf(run: Run, name: string, key: Data): Rec | undefined {
  return tableOf(run, name).rows.get(keyText(key, 2));
}

function unknown(name: string, label: string, key: Data): never {
  const facts = namesFor(label, { list: name });
  throw new Fault("CODE_UNKNOWN", { value: key, note: `${label} is not in list ${name}`, facts });
}

function codeOf(run: Run, name: string, row: Rec): Data {
  const column = tableOf(run, name).columns[1];
  return column !== undefined && Object.hasOwn(row, column) ? row[column] : undefined;
}

type Result = (run: Run, name: string, row: Rec) => Data;

/** `result` makes the value from the row. */
function define(name: string, signature: string, result: Result): Extra {
  return {
    name,
    signature,
    least: 2,
    most: 3,
    call: (run, label, list, key, ...rest) => {
      if (list === undefined || key === undefined) return undefined;
      return computed(label, () => {
        const row = rowOf(run, list, key);
        if (row !== undefined) return result(run, list, row);
        return rest.length > 0 ? rest[0] : unknown(list, label, key);
      });
    },
    prepare: (args) => prepareLookup(args, result),
  };
}

function prepareLookup([list, key, otherwise]: readonly Argument[], result: Result): Code | undefined {
  if (list === undefined || key === undefined || typeof list.literal !== "string") return undefined;
  const name = list.literal;
  const { code, label } = key;
  const fallback = otherwise?.code;
  return (input, frame, run) => {
    const value = code(input, frame, run);
    if (value === undefined) return undefined;
    const row = rowOf(run, name, value);
    if (row !== undefined) return result(run, name, row);
    return fallback === undefined ? unknown(name, label, value) : fallback(input, frame, run);
  };
}

export const tableFunctions: readonly Extra[] = [
  define("code", "<sxx?:x>", codeOf),
  define("row", "<sxx?:o>", (_run, _name, row) => row),
];
