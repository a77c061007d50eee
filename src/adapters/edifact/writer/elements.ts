// One segment: an object of elements → `NAD+SU+4012345000009::9`. Nothing leaves here that its definition does not allow.

import { FORMULA } from "../../../core/contract.ts";
import { nearest } from "../../../core/options/nearest.ts";
import { type Characters, joined } from "../characters.ts";
import type { ElementDef } from "../directory/types.ts";
import type { PartPlan, PlacePlan, SegmentPlan } from "../structure/segment.ts";
import type { MatchRules } from "../structure/types.ts";
import { FITS, valueFault } from "../structure/value.ts";
import { below, type Fields, type Given, isFields, isNothing, itemsOf, type Place } from "./place.ts";

export interface Writing {
  readonly characters: Characters;
  readonly rules: MatchRules;
}

/** Stands for what only a record will tell; never written. */
const UNKNOWN = "\u0000";

/** With its terminator; undefined = there is nothing in it. */
export function segmentText(plan: SegmentPlan, given: Given, place: Place, writing: Writing): string | undefined {
  const { tag } = plan.definition;
  if (given === FORMULA) return tag;
  if (!isFields(given)) {
    if (!isNothing(given))
      place.tell(place.path, `${tag} is an object of its elements`, { hint: `${tag}: { ${sample(plan.places)} }` });
    return undefined;
  }
  if (isNothing(given)) return undefined;
  tellUnknown(given, plan.places, tag, place);
  const elements = plan.places.map((one) => {
    const text = repetitionsText(one, given, tag, place, writing);
    if (text === "" && one.required) place.tell(place.path, `${tag} lacks ${nameOf(one)}`, { code0085: 13 });
    return text;
  });
  const { service } = writing.characters;
  return joined([tag, ...elements], service.element) + service.terminator;
}

function sample(places: readonly PlacePlan[]): string {
  return `${places[0]?.key ?? "de1000"}: …`;
}

function tellUnknown(given: Fields, slots: readonly { readonly key: string }[], owner: string, place: Place): void {
  const known = new Set(slots.map(({ key }) => key));
  for (const key of Object.keys(given)) {
    if (known.has(key)) continue;
    const near = nearest(key, known);
    const hint =
      near === undefined
        ? `${owner} has ${[...known].join(", ")}`
        : `Did you mean ${near}? ${owner} has ${[...known].join(", ")}`;
    const at = below(place, key);
    at.tell(at.path, `${owner} has no element ${shown(key)}`, { hint });
  }
}

function shown(key: string): string {
  return JSON.stringify(key.length > 30 ? `${key.slice(0, 29)}…` : key).slice(1, -1);
}

/** What stands in the place: its repetitions. */
function repetitionsText(plan: PlacePlan, given: Fields, owner: string, place: Place, writing: Writing): string {
  const items = slotItems(plan, given, owner, below(place, plan.key));
  const texts = items.map(([item, at]) =>
    plan.nested
      ? compositeText(plan, item, owner, at, writing)
      : elementText(plan.parts[0]!.element, item, owner, at, writing),
  );
  if (texts.length > 1 && writing.rules.syntax < 4) {
    place.tell(place.path, `${owner} ${plan.key} repeats, which syntax version ${writing.rules.syntax} cannot write`, {
      hint: "Write syntax: UNOW 4, or one of them only.",
    });
  }
  return joined(texts, writing.characters.service.repetition ?? "*");
}

/** The part of a list that belongs to this place; trailing absent ones left out. */
function slotItems(
  { key, index, most, last }: Pick<PlacePlan, "key" | "index" | "most" | "last">,
  given: Fields,
  owner: string,
  place: Place,
): readonly (readonly [Given, Place])[] {
  const value = Object.hasOwn(given, key) ? given[key] : undefined;
  if (value === FORMULA) return [[value, place]];
  const items = itemsOf(value, place);
  if (last && items.length > Math.max(index, 0) + most)
    place.tell(place.path, `${owner} has at most ${Math.max(index, 0) + most} of ${key}`);
  const own = index === -1 ? items.slice(0, 1) : items.slice(index, index + most);
  let end = own.length;
  while (end > 0 && isNothing(own[end - 1]![0])) end--;
  return own.slice(0, end);
}

function compositeText(plan: PlacePlan, given: Given, owner: string, place: Place, writing: Writing): string {
  if (given === FORMULA) return UNKNOWN;
  if (isNothing(given)) return "";
  const name = `${owner} ${plan.key}`;
  if (!isFields(given)) {
    place.tell(place.path, `${name} is a composite, an object of its elements`, {
      hint: `${plan.key}: { ${plan.parts[0]!.key}: … }`,
    });
    return "";
  }
  tellUnknown(given, plan.parts, name, place);
  const parts = plan.parts.map((part) => {
    const [item] = slotItems(part, given, name, below(place, part.key));
    const text = item === undefined ? "" : elementText(part.element, item[0], owner, item[1], writing);
    if (text === "" && part.required) place.tell(place.path, `${name} lacks ${nameOf(part)}`, { code0085: 13 });
    return text;
  });
  return joined(parts, writing.characters.service.component);
}

function nameOf(plan: PlacePlan | PartPlan): string {
  const element = "element" in plan ? plan.element : plan.nested ? undefined : plan.parts[0]!.element;
  return element === undefined ? plan.key : `${plan.key} (${element.name})`;
}

const WHY: Readonly<Record<number, (element: ElementDef) => string>> = {
  19: () => "has a wrong decimal mark; it is a point, with digits behind it",
  37: ({ type }) => (type === "n" ? "is no number" : "holds digits, but may hold letters only"),
  38: () => "has no digit in front of its decimal mark",
  39: ({ most, type }) => `is longer than ${most} ${type === "n" ? "digits" : "characters"}`,
  40: ({ least, type }) => `is shorter than ${least} ${type === "n" ? "digits" : "characters"}`,
};

function elementText(
  element: ElementDef,
  given: Given,
  owner: string,
  place: Place,
  { characters, rules }: Writing,
): string {
  if (given === FORMULA) return UNKNOWN;
  if (isNothing(given)) return "";
  const name = `${owner} ${element.id} (${element.name})`;
  const value = typeof given === "number" ? numberText(given) : given;
  if (typeof value !== "string") {
    place.tell(place.path, `${name} is a text or a number`);
    return "";
  }
  const fault = valueFault(element, value, rules);
  if (fault !== FITS)
    place.tell(place.path, `${name} ${WHY[fault]?.(element) ?? "does not fit"}`, {
      detail: value,
      code0085: fault,
    });
  const lacking = characters.lacks(value);
  if (lacking !== -1) {
    const code = value.codePointAt(lacking)!.toString(16).toUpperCase().padStart(4, "0");
    place.tell(place.path, `${name}: character ${lacking + 1} does not exist in the repertoire that syntax names`, {
      detail: `U+${code}`,
      code0085: 21,
      hint: "Take another repertoire (syntax: UNOC 3, UNOW 4), or replace the character in the formula ($replace).",
    });
  }
  return characters.release(value);
}

/** A number that JavaScript would write with an exponent has no form here. */
function numberText(value: number): string | undefined {
  const text = String(value);
  return /^-?\d+(?:\.\d+)?$/.test(text) ? text : undefined;
}
