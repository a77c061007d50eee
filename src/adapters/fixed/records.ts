// Characters → a record of one layout: fields cut out, trimmed at both ends, blank ones absent.

import type { Rec } from "../../core/contract.ts";
import { type OpenRecord, type RecordType, recordType } from "../shared/records/record.ts";
import type { Field, Layout } from "./layout.ts";

/**
 * Makes the record that begins at `from` in `text`; `starts` says where its characters stand if some of them are longer
 * than one UTF-16 unit. The text must hold the whole record.
 */
export type MakeRecord = (text: string, from: number, starts?: Uint32Array) => Rec;

interface Part {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** Parts of a group; undefined = a field. */
  readonly group: Group | undefined;
}

interface Group {
  readonly Type: RecordType;
  readonly parts: Part[];
}

export function recordMaker({ fields }: Layout, empty: ReadonlySet<string>): MakeRecord {
  const top = groupOf(fields, 0);
  return (text, from, starts) => fill(top, text, from, starts, empty);
}

/** Nested names become records in records; parts keep the order in which they were declared. */
function groupOf(fields: readonly Field[], depth: number): Group {
  const parts = new Map<string, Part | Field[]>();
  for (const field of fields) {
    const name = field.path[depth]!;
    if (field.path.length === depth + 1) {
      parts.set(name, { name, from: field.from, to: field.to, group: undefined });
      continue;
    }
    const inner = parts.get(name);
    if (Array.isArray(inner)) inner.push(field);
    else parts.set(name, [field]);
  }
  return {
    Type: recordType(),
    parts: [...parts].map(([name, part]) =>
      Array.isArray(part) ? { name, from: 0, to: 0, group: groupOf(part, depth + 1) } : part,
    ),
  };
}

function fill(
  { Type, parts }: Group,
  text: string,
  from: number,
  starts: Uint32Array | undefined,
  empty: ReadonlySet<string>,
): Rec {
  const record: OpenRecord = new Type();
  for (const part of parts) {
    if (part.group) record[part.name] = fill(part.group, text, from, starts, empty);
    else if (starts) record[part.name] = cut(text, starts[part.from]!, starts[part.to]!, empty);
    else record[part.name] = cut(text, from + part.from, from + part.to, empty);
  }
  return record;
}

/** Fill characters are blanks, and what lies below them: tabs, and the NUL that mainframes call low value. */
function cut(text: string, from: number, to: number, empty: ReadonlySet<string>): string | undefined {
  let start = from;
  let end = to;
  while (start < end && text.charCodeAt(start) <= 0x20) start++;
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end--;
  if (start === end) return undefined;
  const value = text.slice(start, end);
  return empty.size > 0 && empty.has(value) ? undefined : value;
}

/**
 * The trimmed text of one field of the record between `from` and `to`, which may be too short for it: what tells the
 * record type.
 */
export function fieldText(text: string, from: number, to: number, field: Field, starts?: Uint32Array): string {
  const place = (character: number): number => (starts ? (starts[character] ?? to) : Math.min(from + character, to));
  return cut(text, place(field.from), place(field.to), NOTHING) ?? "";
}

const NOTHING: ReadonlySet<string> = new Set();
