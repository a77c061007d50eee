// A message that no directory knows: its segments by position, nothing guessed.
//
//   { UNB, UNH, segments: [ { tag: "DTM", elements: [["137", "20261101", "102"]] } ] }
//
// An element is the list of its components, a repeated one the list of such lists. What is absent is null in front of something present,
// and not there otherwise.

import type { Rec, Value } from "../../core/contract.ts";
import { type OpenRecord, recordType } from "../shared/records/record.ts";
import type { Segment } from "./segment.ts";

const Record = recordType();

export function segmentByPosition(segment: Segment): Rec {
  const record = new Record();
  record["tag"] = segment.tag === "" ? segment.written : segment.tag;
  const elements = segment.elements().map(elementOf);
  record["elements"] = withoutEnd(elements);
  if (segment.object !== undefined) record["object"] = segment.object;
  return record;
}

function elementOf(repetitions: readonly (readonly string[])[]): Value {
  if (repetitions.length === 1) return componentsOf(repetitions[0]!);
  return withoutEnd(repetitions.map(componentsOf));
}

/** null = absent. */
function componentsOf(components: readonly string[]): Value {
  const values = withoutEnd(components.map((component) => (component === "" ? null : component)));
  return values.length === 0 ? null : values;
}

function withoutEnd(values: readonly Value[]): readonly Value[] {
  let { length } = values;
  while (length > 0 && values[length - 1] === null) length--;
  return length < values.length ? values.slice(0, length) : values;
}

/** The segments behind the header; the header itself stands under its tag. */
export function messageByPosition(segments: readonly Segment[], into: OpenRecord): void {
  into["segments"] = segments.slice(1).map(segmentByPosition);
}
