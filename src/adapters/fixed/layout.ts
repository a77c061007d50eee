// Layouts: which characters of a record are which field. Written in the bridge file or as a CSV beside it.

import { BridgeError } from "../../core/errors.ts";
import { type Options, unusable } from "./options.ts";

export interface Field {
  /** Dotted names nest. */
  readonly path: readonly string[];
  /** Characters before it. */
  readonly from: number;
  readonly to: number;
}

export interface Layout {
  /** "" where there is only one. */
  readonly type: string;
  readonly fields: readonly Field[];
  /** Characters of a record. */
  readonly length: number;
}

interface Entry {
  readonly type: string;
  readonly name: string;
  readonly start: number;
  readonly length: number;
  /** Line in the layout file; 0 in the bridge file. */
  readonly line: number;
}

/**
 * The layouts of a bridge, one per record type. Refuses what cannot be meant: no fields, two fields of one name, fields
 * that overlap without being the same place, a length that cuts a field, types whose first fields differ in place.
 */
export function layoutsOf(options: Options, readFile: (path: string) => Uint8Array): readonly Layout[] {
  const { layout, fields } = options;
  if ((layout === undefined) === (fields === undefined)) throw unusable("exactly one of layout and fields is needed");
  const file = layout ?? "";
  const entries = layout === undefined ? entriesOfFields(fields!) : entriesOfFile(readFile(layout), layout);
  const types = new Map<string, Entry[]>();
  for (const entry of entries) {
    const type = types.get(entry.type);
    if (type) type.push(entry);
    else types.set(entry.type, [entry]);
  }
  if (types.size === 0) throw invalid(file, 0, "there are no fields");
  const layouts = [...types].map(([type, list]) => layoutOf(type, list, file, options.length));
  const [first] = layouts;
  for (const { type, fields } of layouts) {
    const [a, b] = [first!.fields[0]!, fields[0]!];
    if (a.from !== b.from || a.to !== b.to) {
      throw invalid(
        file,
        0,
        `the first field tells the record type, so it must stand at the same place in all; in type ${type} it does not`,
      );
    }
  }
  return layouts;
}

function layoutOf(type: string, entries: readonly Entry[], file: string, length: number | undefined): Layout {
  const fields: Field[] = [];
  const leaves = new Set<string>();
  const groups = new Set<string>();
  for (const { name, start, length: width, line } of entries) {
    const path = name.split(".");
    if (path.includes("")) throw invalid(file, line, "a field has no name, or an empty part in its dotted name");
    const parents = path.slice(0, -1).map((_, depth) => path.slice(0, depth + 1).join("."));
    if (leaves.has(name) || groups.has(name) || parents.some((parent) => leaves.has(parent))) {
      throw invalid(file, line, `the name ${name} is used twice`);
    }
    leaves.add(name);
    for (const parent of parents) groups.add(parent);
    if (length !== undefined && start - 1 + width > length) {
      throw invalid(file, line, `${name} ends at ${start - 1 + width}, behind the record's length of ${length}`);
    }
    fields.push({ path, from: start - 1, to: start - 1 + width });
  }
  refuseOverlap(fields, file);
  return { type, fields, length: length ?? Math.max(...fields.map(({ to }) => to)) };
}

/** Two names for exactly the same place are meant; anything else that overlaps is a slip of the pen. */
function refuseOverlap(fields: readonly Field[], file: string): void {
  const sorted = [...fields].sort((a, b) => a.from - b.from || a.to - b.to);
  for (const [index, next] of sorted.entries()) {
    const before = sorted[index - 1];
    if (!before || before.to <= next.from || (before.from === next.from && before.to === next.to)) continue;
    const [a, b] = [before, next].map(({ path, from, to }) => `${path.join(".")} (${from + 1} to ${to})`);
    throw invalid(file, 0, `${a} and ${b} overlap; two names may share a place only if it is exactly the same`);
  }
}

// ── in the bridge file ──────────────────────────────────────────────────────────────────────────────────────────

function entriesOfFields(fields: NonNullable<Options["fields"]>): Entry[] {
  const entries: Entry[] = [];
  const kinds = new Set<boolean>();
  for (const [name, value] of Object.entries(fields)) {
    kinds.add(isPlace(value));
    if (isPlace(value)) entries.push(entryOf("", name, value));
    else for (const [inner, place] of Object.entries(value)) entries.push(entryOf(name, inner, place));
  }
  if (kinds.size > 1) throw unusable("fields holds either fields or record types with fields, not both");
  return entries;
}

function isPlace(value: readonly number[] | Readonly<Record<string, readonly number[]>>): value is readonly number[] {
  return Array.isArray(value);
}

function entryOf(type: string, name: string, place: readonly number[]): Entry {
  const [start, length] = place;
  if (place.length !== 2 || start === undefined || length === undefined || start < 1 || length < 1) {
    throw unusable(`fields.${name} must be [start, length], both from 1`);
  }
  return { type, name, start, length, line: 0 };
}

// ── as a file ───────────────────────────────────────────────────────────────────────────────────────────────────

/** UTF-8, `;` or `,` by the header line; lines that begin with # and further columns are for people. */
function entriesOfFile(bytes: Uint8Array, file: string): Entry[] {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalid(file, 0, "it is not UTF-8");
  }
  let columns: readonly string[] | undefined;
  let delimiter = ";";
  const entries: Entry[] = [];
  for (const [index, line] of text.split(/\r\n|\n|\r/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    if (!columns) {
      delimiter = line.includes(";") ? ";" : ",";
      columns = line.split(delimiter).map((name) => unquote(name).toLowerCase());
      for (const name of ["name", "start", "length"]) {
        if (!columns.includes(name)) throw invalid(file, index + 1, `the header line lacks the column ${name}`);
      }
      continue;
    }
    entries.push(entryOfLine(line.split(delimiter).map(unquote), columns, file, index + 1));
  }
  return entries;
}

function entryOfLine(cells: readonly string[], columns: readonly string[], file: string, line: number): Entry {
  const cell = (name: string): string => cells[columns.indexOf(name)] ?? "";
  const number = (name: string): number => {
    const value = cell(name);
    if (!/^[0-9]{1,7}$/.test(value) || Number(value) < 1) {
      throw invalid(file, line, `${name} must be a whole number from 1`);
    }
    return Number(value);
  };
  return { type: cell("type"), name: cell("name"), start: number("start"), length: number("length"), line };
}

function unquote(cell: string): string {
  const trimmed = cell.trim();
  return /^".*"$/.test(trimmed) ? trimmed.slice(1, -1).replaceAll('""', '"') : trimmed;
}

function invalid(file: string, line: number, message: string): BridgeError {
  if (file === "") return unusable(`fields: ${message}`);
  const position = { file, line: Math.max(line, 1), column: 1 };
  return new BridgeError("LAYOUT_INVALID", `decode.fixed.layout: ${message}`, { position });
}
