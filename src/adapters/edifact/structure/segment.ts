// A segment as an object: `{ de3035: "SE", C082: { de3039: "…" } }`. What may stand there more than once is always a list, in which null
// keeps the place of what is absent in front of something; what is absent otherwise has no key.

import type { Rec, Value } from "../../../core/contract.ts";
import type { CompositeDef, SegmentDef, Use } from "../directory/types.ts";
import type { SegmentElements } from "./types.ts";

type Repetitions = readonly (readonly string[])[];
type Fields = Record<string, Value>;

/** One place of a segment or composite: under which key it stands, and where in a list. */
export interface Slot {
  readonly key: string;
  /** undefined = a value of its own; else the first index in its list. */
  readonly index: number | undefined;
}

/** `uses` in their order, with the id of each. Several of one id share a list; so does what may repeat. */
export function slotsOf<T extends Use>(uses: readonly T[], keyOf: (use: T) => string): readonly Slot[] {
  const seen = new Map<string, number>();
  const keys = uses.map(keyOf);
  return uses.map((use, place) => {
    const key = keys[place]!;
    const list = use.most > 1 || keys.indexOf(key) !== keys.lastIndexOf(key);
    const index = seen.get(key) ?? 0;
    seen.set(key, index + use.most);
    return { key, index: list ? index : undefined };
  });
}

/** Cuts a segment into fields; elements and components beyond the definition are left out. */
export function compileSegment({ places }: SegmentDef): (elements: SegmentElements) => Rec {
  const slots = slotsOf(places, (place) => ("element" in place ? `de${place.element.id}` : place.composite.id));
  const steps = places.map((place, at): ((fields: Fields, repetitions: Repetitions) => void) => {
    const { key, index } = slots[at]!;
    const cut = "element" in place ? cutElement : compileComposite(place.composite);
    if (index !== undefined)
      return (fields, repetitions) => addToList(fields, key, index, place.most, repetitions, cut);
    return (fields, repetitions) => {
      const value = repetitions.length > 0 ? cut(repetitions[0]!) : undefined;
      if (value !== undefined) fields[key] = value;
    };
  });
  return (elements) => {
    const fields: Fields = {};
    const count = Math.min(elements.length, steps.length);
    for (let at = 0; at < count; at++) steps[at]!(fields, elements[at]!);
    return fields;
  };
}

type Cut = (components: readonly string[]) => Value;

function cutElement(components: readonly string[]): Value {
  const value = components[0];
  return value === undefined || value === "" ? undefined : value;
}

function addToList(fields: Fields, key: string, index: number, most: number, repetitions: Repetitions, cut: Cut): void {
  const count = Math.min(repetitions.length, most);
  for (let at = 0; at < count; at++) {
    const value = cut(repetitions[at]!);
    if (value === undefined) continue;
    const list = (fields[key] ??= []) as Value[];
    while (list.length < index + at) list.push(null);
    list.push(value);
  }
}

function compileComposite({ parts }: CompositeDef): Cut {
  const slots = slotsOf(parts, ({ element }) => `de${element.id}`);
  return (components) => {
    let fields: Fields | undefined;
    const count = Math.min(components.length, slots.length);
    for (let at = 0; at < count; at++) {
      const value = components[at]!;
      if (value === "") continue;
      fields ??= {};
      const { key, index } = slots[at]!;
      if (index === undefined) fields[key] = value;
      else {
        const list = (fields[key] ??= []) as Value[];
        while (list.length < index) list.push(null);
        list.push(value);
      }
    }
    return fields;
  };
}
