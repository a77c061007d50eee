// A segment as an object: `{ de3035: "SE", C082: { de3039: "…" } }`. What may stand there more than once is always a list, in which null
// keeps the place of what is absent in front of something; what is absent otherwise has no key.
//
// This is the hot path: a definition is compiled to flat places of one shape, and whether a segment is sound is asked before anybody asks
// what is wrong with it (check.ts).

import type { Rec, Value } from "../../../core/contract.ts";
import type { ElementDef, Place, SegmentDef, Use } from "../directory/types.ts";
import { planQuick, type QuickPlan } from "./quick.ts";
import type { MatchRules, SegmentElements } from "./types.ts";
import { FITS, valueFault } from "./value.ts";

type Fields = Record<string, Value>;

/** Where a place or component stands in the object; `index` -1 = a value of its own, else the first index in its list. */
interface Slot {
  readonly key: string;
  readonly index: number;
  readonly most: number;
  readonly required: boolean;
  /** No later place shares its key. */
  readonly last: boolean;
}

export interface PartPlan extends Slot {
  readonly element: ElementDef;
}

export interface PlacePlan extends Slot {
  /** A composite, even of one part. */
  readonly nested: boolean;
  /** Of a simple element itself. */
  readonly parts: readonly PartPlan[];
}

export interface SegmentPlan {
  readonly definition: SegmentDef;
  readonly places: readonly PlacePlan[];
  readonly quick: QuickPlan;
}

export function planSegment(definition: SegmentDef): SegmentPlan {
  const slots = slotsOf(definition.places, keyOfPlace);
  const places = definition.places.map((place, at): PlacePlan => {
    const slot = slots[at]!;
    if ("element" in place) return { ...slot, nested: false, parts: [{ ...slot, element: place.element }] };
    const { parts } = place.composite;
    const inner = slotsOf(parts, ({ element }) => `de${element.id}`);
    return { ...slot, nested: true, parts: parts.map(({ element }, part) => ({ ...inner[part]!, element })) };
  });
  return { definition, places, quick: planQuick(places) };
}

/** For a segment by itself, as those of the envelope. */
export function compileSegment(definition: SegmentDef): (elements: SegmentElements) => Rec {
  const plan = planSegment(definition);
  return (elements) => readSegment(plan, elements);
}

/** `de3035`, `C082` */
function keyOfPlace(place: Place): string {
  return "element" in place ? `de${place.element.id}` : place.composite.id;
}

/** `uses` in their order. Several of one key share a list; so does what may repeat. */
function slotsOf<T extends Use>(uses: readonly T[], keyOf: (use: T) => string): readonly Slot[] {
  const next = new Map<string, number>();
  const keys = uses.map(keyOf);
  return uses.map(({ most, required }, at) => {
    const key = keys[at]!;
    const list = most > 1 || keys.indexOf(key) !== keys.lastIndexOf(key);
    const index = next.get(key) ?? 0;
    next.set(key, index + most);
    return { key, index: list ? index : -1, most, required, last: keys.lastIndexOf(key) === at };
  });
}

/** Elements and components beyond the definition are left out. */
export function readSegment({ places }: SegmentPlan, elements: SegmentElements): Rec {
  const fields: Fields = {};
  const count = Math.min(elements.length, places.length);
  for (let at = 0; at < count; at++) {
    const place = places[at]!;
    const repetitions = elements[at]!;
    const times = Math.min(repetitions.length, place.most);
    for (let time = 0; time < times; time++) {
      const components = repetitions[time]!;
      const value = place.nested ? readComposite(place.parts, components) : components[0];
      if (value !== undefined && value !== "") put(fields, place.key, place.index, time, value);
    }
  }
  return fields;
}

function readComposite(parts: readonly PartPlan[], components: readonly string[]): Value {
  let fields: Fields | undefined;
  const count = Math.min(components.length, parts.length);
  for (let at = 0; at < count; at++) {
    const value = components[at]!;
    if (value === "") continue;
    fields ??= {};
    const { key, index } = parts[at]!;
    put(fields, key, index, 0, value);
  }
  return fields;
}

function put(fields: Fields, key: string, index: number, time: number, value: Value): void {
  if (index === -1) {
    fields[key] = value;
    return;
  }
  const list = (fields[key] ??= []) as Value[];
  while (list.length < index + time) list.push(null);
  list.push(value);
}

/** Whether there is nothing to tell of its elements. */
export function isSound({ places }: SegmentPlan, elements: SegmentElements, rules: MatchRules): boolean {
  if (elements.length > places.length || rules.trailing) return false;
  for (let at = 0; at < places.length; at++) {
    const { required, most, parts, nested } = places[at]!;
    const repetitions = at < elements.length ? elements[at]! : NOTHING;
    if (repetitions.length > most) return false;
    let there = false;
    for (const components of repetitions) {
      if (components.length > parts.length) return false;
      let missing = false;
      let some = false;
      for (let part = 0; part < parts.length; part++) {
        const value = part < components.length ? components[part]! : "";
        const plan = parts[part]!;
        if (value === "") missing ||= nested && plan.required;
        else if (valueFault(plan.element, value, rules) !== FITS) return false;
        else some = true;
      }
      if (some && missing) return false;
      there ||= some;
    }
    if (required && !there) return false;
  }
  return true;
}

const NOTHING: readonly (readonly string[])[] = [];
