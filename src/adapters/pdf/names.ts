// Fields with their names → one nested record: `person.name` and `person.ort` are two names in one object.
//
// Forms of Adobe's designer number every step (`Antrag[0].Kind[1].Name[0]`). A number stays only where there are several, so that the
// form decides and not what was filled in.

import type { Value } from "../../core/contract.ts";
import { type OpenRecord, recordType } from "../shared/records/record.ts";
import type { Field, FieldValue } from "./read/fields.ts";

interface Step {
  readonly steps: Map<string, Step>;
  value: FieldValue | undefined;
}

const Fields = recordType();

/** A field that is also the beginning of others has its own value as `#text`. Always a record, even where nothing is filled in. */
export function nestedFields(fields: readonly Field[]): OpenRecord {
  const top: Step = { steps: new Map(), value: undefined };
  for (const { path, value } of fields) {
    let at = top;
    for (const name of path) {
      let next = at.steps.get(name);
      if (!next) at.steps.set(name, (next = { steps: new Map(), value: undefined }));
      at = next;
    }
    at.value = value;
  }
  return recordOf(top) ?? new Fields();
}

function recordOf({ steps, value }: Step): OpenRecord | undefined {
  let record: OpenRecord | undefined;
  for (const [name, step] of steps) {
    const inner = valueOf(step);
    if (inner === undefined) continue;
    record ??= new Fields();
    record[shownName(name, steps)] = inner;
  }
  if (record && value !== undefined) record["#text"] = value;
  return record;
}

function valueOf(step: Step): Value {
  return recordOf(step) ?? step.value;
}

function shownName(name: string, siblings: ReadonlyMap<string, unknown>): string {
  const base = /^(.+)\[0\]$/.exec(name)?.[1];
  return base === undefined || siblings.has(base) || siblings.has(`${base}[1]`) ? name : base;
}
