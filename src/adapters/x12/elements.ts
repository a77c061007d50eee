// A segment → its elements by name: BEG01, BEG02 …; components as C1, C2 …, repetitions as a list.

import type { Value } from "../../core/contract.ts";
import { type OpenRecord, recordType } from "../shared/records/record.ts";
import type { Delimiters } from "./delimiters.ts";

/** Composites by the standard: an object even where only their first component is there. */
const COMPOSITES: ReadonlySet<string> = new Set(
  `AK401 CLM05 CLM11 CTP05 CTX01 CTX05 CTX06 HI01 HI02 HI03 HI04 HI05 HI06 HI07 HI08 HI09 HI10 HI11 HI12 IK401 MEA04 QTY03 REF04
  SLN05 SV101 SV107 SV202 SVC01 SVC06 UIT01`.split(/\s+/),
);

const Segment = recordType();
const Composite = recordType();

const names = new Map<string, readonly string[]>();
/** Tags come from strangers: no more of their names are kept than a standard has segments. */
const MOST_TAGS = 2_000;

/** Names of the first elements of a segment; made once per tag. */
function namesOf(tag: string, count: number): readonly string[] {
  let known = names.get(tag);
  if (known && known.length >= count) return known;
  known = Array.from({ length: Math.max(count, 16) }, (_, at) => elementName(tag, at + 1));
  if (names.size < MOST_TAGS) names.set(tag, known);
  return known;
}

export function elementName(tag: string, number: number): string {
  return tag + String(number).padStart(2, "0");
}

export function isComposite(name: string): boolean {
  return COMPOSITES.has(name);
}

/** `parts` are the tag and the elements behind it; blank ones are absent. */
export function segmentRecord(
  parts: readonly string[],
  delimiters: Delimiters,
  empty: ReadonlySet<string>,
): OpenRecord {
  const [tag = ""] = parts;
  const known = namesOf(tag, parts.length - 1);
  const record = new Segment();
  for (let at = 1; at < parts.length; at++) {
    const value = valueOf(parts[at]!, known[at - 1]!, delimiters, empty);
    if (value !== undefined) record[known[at - 1]!] = value;
  }
  return record;
}

function valueOf(text: string, name: string, delimiters: Delimiters, empty: ReadonlySet<string>): Value {
  const { component, repetition } = delimiters;
  if (text === "") return undefined;
  if (repetition !== undefined && text.includes(repetition)) {
    return text
      .split(repetition)
      .flatMap((one) => valueOf(one, name, { ...delimiters, repetition: undefined }, empty) ?? []);
  }
  if (!text.includes(component) && !isComposite(name)) return textOf(text, empty);
  const composite = new Composite();
  for (const [at, one] of text.split(component).entries()) {
    const value = textOf(one, empty);
    if (value !== undefined) composite[`C${at + 1}`] = value;
  }
  return composite;
}

/** As it stands; nothing but blanks is absent. */
export function textOf(text: string, empty: ReadonlySet<string>): string | undefined {
  return text.trim() === "" || empty.has(text) ? undefined : text;
}
