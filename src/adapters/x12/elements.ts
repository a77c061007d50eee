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

/** What is known of the elements of a segment by its tag. */
interface Known {
  readonly names: readonly string[];
  readonly composite: readonly boolean[];
}

const known = new Map<string, Known>();
/** Tags come from strangers: no more of them are kept than a standard has segments. */
const MOST_TAGS = 2_000;

/** Made once per tag. */
function knownOf(tag: string, count: number): Known {
  let found = known.get(tag);
  if (found && found.names.length >= count) return found;
  const names = Array.from({ length: Math.max(count, 16) }, (_, at) => elementName(tag, at + 1));
  found = { names, composite: names.map((name) => COMPOSITES.has(name)) };
  if (known.size < MOST_TAGS) known.set(tag, found);
  return found;
}

/** Two or three capital letters and digits. */
export function isTag(text: string): boolean {
  return known.has(text) || /^[A-Z][A-Z0-9]{1,2}$/.test(text);
}

export function elementName(tag: string, number: number): string {
  return tag + String(number).padStart(2, "0");
}

/** `parts` are the tag and the elements behind it; blank ones are absent. */
export function segmentRecord(
  parts: readonly string[],
  delimiters: Delimiters,
  empty: ReadonlySet<string>,
): OpenRecord {
  const { names, composite } = knownOf(parts[0]!, parts.length - 1);
  const { component, repetition } = delimiters;
  const record = new Segment();
  for (let at = 1; at < parts.length; at++) {
    const text = parts[at]!;
    if (text === "") continue;
    const isPlain = !composite[at - 1]! && !text.includes(component) && !(repetition && text.includes(repetition));
    const value = isPlain ? textOf(text, empty) : valueOf(text, composite[at - 1]!, delimiters, empty);
    if (value !== undefined) record[names[at - 1]!] = value;
  }
  return record;
}

function valueOf(text: string, isComposite: boolean, delimiters: Delimiters, empty: ReadonlySet<string>): Value {
  const { component, repetition } = delimiters;
  if (repetition !== undefined && text.includes(repetition)) {
    const single = { ...delimiters, repetition: undefined };
    return text.split(repetition).flatMap((one) => valueOf(one, isComposite, single, empty) ?? []);
  }
  if (!isComposite && !text.includes(component)) return textOf(text, empty);
  const composite = new Composite();
  for (const [at, one] of text.split(component).entries()) {
    const value = textOf(one, empty);
    if (value !== undefined) composite[`C${at + 1}`] = value;
  }
  return composite;
}

/** As it stands; nothing but blanks is absent. */
export function textOf(text: string, empty: ReadonlySet<string>): string | undefined {
  if (text.charCodeAt(0) <= 0x20 && text.trim() === "") return undefined;
  return text === "" || (empty.size > 0 && empty.has(text)) ? undefined : text;
}
