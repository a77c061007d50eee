// The hot path: a plainly sound segment becomes a record and is checked in one go. What is not (a composite, blanks, something wrong) is
// left to the reader of elements and to the check that can tell what is wrong with it.

import { type OpenRecord, type RecordType, recordType } from "../../shared/records/record.ts";
import { elementName } from "../elements.ts";
import type { Note, Release, SegmentDef } from "./dictionary.ts";
import { segmentsOf } from "./dictionary.ts";
import type { ElementDef } from "./elements.ts";
import { keeps } from "./notes.ts";
import { valueFault } from "./value.ts";

interface QuickPlan {
  readonly Type: RecordType;
  readonly names: readonly string[];
  /** undefined = a composite. */
  readonly elements: readonly (ElementDef | undefined)[];
  /** Bits of the elements that must be there. */
  readonly must: number;
  readonly notes: readonly Note[];
}

const read = new Map<Release, ReadonlyMap<string, QuickPlan>>();

/** By tag. */
function plansOf(release: Release): ReadonlyMap<string, QuickPlan> {
  let plans = read.get(release);
  if (!plans) {
    plans = new Map([...segmentsOf(release)].map(([tag, def]) => [tag, planOf(def)]));
    read.set(release, plans);
  }
  return plans;
}

function planOf({ tag, places, notes }: SegmentDef): QuickPlan {
  return {
    Type: recordType(),
    names: places.map((_, at) => elementName(tag, at + 1)),
    elements: places.map(({ element }) => element),
    must: places.reduce((bits, place, at) => (place.must ? bits | (1 << at) : bits), 0),
    notes,
  };
}

/** Reads segments of one release, whose elements may hold neither of these separators. */
export class QuickReader {
  private readonly plans: ReadonlyMap<string, QuickPlan>;
  private readonly component: number;
  private readonly repetition: number;

  constructor(release: Release, component: string, repetition: string | undefined) {
    this.plans = plansOf(release);
    this.component = component.charCodeAt(0);
    this.repetition = repetition === undefined ? -1 : repetition.charCodeAt(0);
  }

  /** `parts` are the tag and its elements; undefined = not plainly sound. */
  read(parts: readonly string[]): OpenRecord | undefined {
    const plan = this.plans.get(parts[0]!);
    if (plan === undefined) return undefined;
    const { Type, names, elements, must, notes } = plan;
    const count = parts.length - 1;
    if (count > elements.length) return undefined;
    const record = new Type();
    let present = 0;
    for (let at = 0; at < count; at++) {
      const text = parts[at + 1]!;
      if (text === "") continue;
      const element = elements[at];
      if (element === undefined || !this.fits(element, text)) return undefined;
      record[names[at]!] = text;
      present |= 1 << at;
    }
    if ((present & must) !== must) return undefined;
    for (let at = 0; at < notes.length; at++) if (!keeps(notes[at]!, present)) return undefined;
    return record;
  }

  private fits(element: ElementDef, text: string): boolean {
    const { type, least, most } = element;
    if (type !== "AN" && type !== "ID") return valueFault(element, text) === "";
    const { length } = text;
    if (length < least || length > most) return false;
    // Blank as a whole is absent.
    if (text.charCodeAt(0) === 0x20) return false;
    for (let at = 0; at < length; at++) {
      const code = text.charCodeAt(at);
      if (code < 0x20 || code === 0x7f || code === this.component || code === this.repetition) return false;
    }
    return true;
  }
}
