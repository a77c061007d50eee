// Characters → the fields of a segment: cut out, trimmed at the right, blank ones absent.

import { type OpenRecord, type RecordType, recordType } from "../shared/records/record.ts";
import type { Field } from "./dictionary.ts";

/** One hidden class for all records of a segment, whichever IDoc they stand in. */
const types = new WeakMap<readonly Field[], RecordType>();

function typeOf(fields: readonly Field[]): RecordType {
  let type = types.get(fields);
  if (!type) {
    type = recordType();
    types.set(fields, type);
  }
  return type;
}

/**
 * The record whose first field begins at `from` in `text` and which ends at `to`; what lies behind its end is blank. `starts` says where
 * its characters stand, counted from `from`, if some of them are longer than one UTF-16 unit.
 */
export function cutFields(
  fields: readonly Field[],
  text: string,
  from: number,
  to: number,
  starts: Uint32Array | undefined,
  empty: ReadonlySet<string>,
): OpenRecord {
  const record = new (typeOf(fields))();
  for (const field of fields) {
    const start = starts ? (starts[field.from] ?? to) : from + field.from;
    const end = starts ? (starts[field.to] ?? to) : from + field.to;
    record[field.name] = start < to ? cut(text, start, end < to ? end : to, empty) : undefined;
  }
  return record;
}

/** Blanks and what lies below them (the NUL of main frames) fill a field at its right. */
export function cut(text: string, from: number, to: number, empty: ReadonlySet<string>): string | undefined {
  const end = trimmedEnd(text, from, to);
  if (end === from) return undefined;
  const value = text.slice(from, end);
  return empty.size > 0 && empty.has(value) ? undefined : value;
}

/** Index behind the last character that is no fill. */
export function trimmedEnd(text: string, from: number, to: number): number {
  let end = to;
  while (end > from && text.charCodeAt(end - 1) <= 0x20) end--;
  return end;
}
