// `map.codes`: tables that formulas look into by $code and $row. They lie beside the bridge file and are read at the start of
// a drop, so that all messages of a drop see the same ones; their hash goes into the journal.
//
//   codes: { rechtsform: codes/rechtsform.csv, partner: { file: codes/partner.csv, key: GP-ID } }

import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import type { Table } from "../contract.ts";
import type { Code, Position } from "../errors.ts";
import { BridgeError } from "../errors.ts";
import { delimiterOf, readRows } from "./tables-csv.ts";
import { readGenericode } from "./tables-genericode.ts";
import { collectRows } from "./tables-rows.ts";

export const TABLE_LIMITS = { bytes: 64 * 1024 * 1024, rows: 1_000_000, columns: 1_000 } as const;

/** A table as the bridge file names it. */
export interface TableSpec {
  readonly name: string;
  /** As written: relative to the folder of the bridge. */
  readonly file: string;
  /** Column of the key; undefined = the first (CSV) or the list's own key (Genericode). */
  readonly key: string | undefined;
  readonly at: Position;
}

export interface ReadTable {
  readonly table: Table;
  /** Of the file's bytes, lower-case hex. */
  readonly sha256: string;
}

/** All tables of a bridge. `read` gives the bytes of a file of the bridge folder. Throws TABLE_… and what `read` throws. */
export function loadTables(
  specs: readonly TableSpec[],
  read: (file: string) => Uint8Array,
): { readonly tables: ReadonlyMap<string, Table>; readonly hash: string } {
  const tables = new Map<string, Table>();
  const all = createHash("sha256");
  for (const spec of specs) {
    const { table, sha256 } = readTable(spec, read(spec.file));
    tables.set(spec.name, table);
    all.update(`${JSON.stringify([spec.name, spec.key ?? null])} ${sha256}\n`);
  }
  return { tables, hash: all.digest("hex") };
}

// ── one table ───────────────────────────────────────────────────────────────────────────────────────────────────

/** Throws BridgeError (stage map) with the line in the table's file. */
export function readTable(spec: TableSpec, bytes: Uint8Array): ReadTable {
  if (bytes.length > TABLE_LIMITS.bytes) {
    refuse(spec, "TABLE_TOO_LARGE", 1, `has ${bytes.length} bytes, more than ${TABLE_LIMITS.bytes}`);
  }
  const text = decodeUtf8(spec, bytes);
  const rows = collectRows(spec.name, spec.file, TABLE_LIMITS, (...what) => refuse(spec, ...what));
  const invalid = (line: number, what: string): never => refuse(spec, "TABLE_INVALID", line, what);
  if (/^\s*</.test(text)) {
    readGenericode(
      text,
      invalid,
      ({ columns, key }) => rows.begin(columns, spec.key ?? key, 1),
      (cells, line) => rows.add(cells, line),
    );
  } else {
    readRows(text, delimiterOf(text), invalid, (cells, line) => {
      if (rows.begun) rows.add(cells, line);
      else rows.begin(cells, spec.key, line);
    });
  }
  return { table: rows.table(), sha256: createHash("sha256").update(bytes).digest("hex") };
}

function decodeUtf8(spec: TableSpec, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return refuse(
      spec,
      "TABLE_INVALID",
      firstBadLine(bytes),
      "is not UTF-8",
      "Save it as UTF-8 (in Excel: CSV UTF-8).",
    );
  }
}

/** A line feed is never part of another character in UTF-8, so lines can be looked at one by one. */
function firstBadLine(bytes: Uint8Array): number {
  let line = 1;
  for (let from = 0; from < bytes.length; line += 1) {
    const end = bytes.indexOf(0x0a, from);
    if (!isUtf8(bytes.subarray(from, end < 0 ? bytes.length : end))) return line;
    from = end < 0 ? bytes.length : end + 1;
  }
  return line;
}

function refuse(spec: TableSpec, code: Code, line: number, what: string, hint?: string): never {
  throw new BridgeError(code, `table ${spec.name}: ${spec.file}:${line} ${what}`, {
    stage: "map",
    position: { file: spec.file, line, column: 1 },
    hint,
  });
}
