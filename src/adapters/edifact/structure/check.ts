// Checks the elements of a segment against its definition; what is wrong is told as CONTRL tells it (UCD).

import type { Component, CompositeDef, ElementDef, Place, SegmentDef } from "../directory/types.ts";
import type { MatchRules, ReadSegment, SegmentElements, StructureFinding } from "./types.ts";
import { FITS, valueFault } from "./value.ts";

export type Report = (finding: StructureFinding) => void;

interface Where {
  readonly segment: ReadSegment;
  readonly rules: MatchRules;
  readonly report: Report;
}

const WHAT: Readonly<Record<number, string>> = {
  13: "is missing",
  16: "holds more than it may",
  19: "has a wrong decimal mark",
  35: "is repeated too often",
  37: "has characters that its type does not allow",
  38: "has no digit in front of its decimal mark",
  39: "is too long",
  40: "is too short",
  45: "ends with an empty one",
};

export function checkSegment(
  { places }: SegmentDef,
  segment: ReadSegment,
  elements: SegmentElements,
  rules: MatchRules,
  report: Report,
): void {
  const where: Where = { segment, rules, report };
  for (let at = 0; at < places.length; at++) {
    const place = places[at]!;
    const repetitions = elements[at];
    if (repetitions === undefined || isAbsent(repetitions)) {
      if (place.required) tell(where, 13, at, place);
    } else checkPlace(where, place, at, repetitions);
  }
  for (let at = places.length; at < elements.length; at++) {
    if (isAbsent(elements[at]!)) continue;
    const message = `${segment.tag} has more elements than the ${places.length} of its definition`;
    report({ code0085: 16, place: "UCD", tag: segment.tag, position: segment.position, element: at + 2, message });
    break;
  }
  const last = elements[elements.length - 1];
  if (rules.trailing && last !== undefined && isAbsent(last)) {
    const message = `${segment.tag} ends with an empty element`;
    report({ code0085: 45, place: "UCS", tag: segment.tag, position: segment.position, message });
  }
}

function isAbsent(repetitions: readonly (readonly string[])[]): boolean {
  for (const components of repetitions) for (const value of components) if (value !== "") return false;
  return true;
}

function checkPlace(where: Where, place: Place, at: number, repetitions: readonly (readonly string[])[]): void {
  if (repetitions.length > place.most) tell(where, 35, at, place, undefined, place.most);
  const count = Math.min(repetitions.length, place.most);
  for (let occurrence = 0; occurrence < count; occurrence++) {
    const components = repetitions[occurrence]!;
    if ("composite" in place) checkComposite(where, place, place.composite, at, components, occurrence);
    else {
      checkValue(where, place.element, components[0] ?? "", at, undefined, occurrence);
      checkEnd(where, place, at, components, 1, occurrence);
    }
  }
}

function checkComposite(
  where: Where,
  place: Place,
  { parts }: CompositeDef,
  at: number,
  components: readonly string[],
  occurrence: number,
): void {
  // An empty repetition keeps the place of a later one.
  if (components.every((value) => value === "")) return;
  for (let part = 0; part < parts.length; part++) {
    const { element, required } = parts[part]!;
    const value = components[part] ?? "";
    if (value !== "") checkValue(where, element, value, at, part, occurrence);
    else if (required) tell(where, 13, at, parts[part]!, part, occurrence);
  }
  checkEnd(where, place, at, components, parts.length, occurrence);
}

/** What stands behind the last component. */
function checkEnd(
  where: Where,
  place: Place,
  at: number,
  components: readonly string[],
  most: number,
  occurrence: number,
): void {
  for (let part = most; part < components.length; part++) {
    if (components[part] === "") continue;
    tell(where, 16, at, place, part, occurrence);
    break;
  }
  if (where.rules.trailing && components.length > 1 && components.at(-1) === "")
    tell(where, 45, at, place, components.length - 1, occurrence);
}

function checkValue(
  where: Where,
  element: ElementDef,
  value: string,
  at: number,
  part: number | undefined,
  occurrence: number,
): void {
  if (value === "") return;
  const fault = valueFault(element, value, where.rules);
  if (fault !== FITS) tell(where, fault, at, { element }, part, occurrence);
}

type Named = Place | Component | { readonly element: ElementDef };

function tell(where: Where, code0085: number, at: number, named: Named, part?: number, occurrence = 0): void {
  const { tag, position } = where.segment;
  const { id, name } = "composite" in named ? named.composite : named.element;
  where.report({
    code0085,
    place: "UCD",
    tag,
    position,
    element: at + 2,
    ...(part !== undefined && { component: part + 1 }),
    ...(occurrence > 0 && { occurrence: occurrence + 1 }),
    message: `${tag} ${id} (${name}) ${WHAT[code0085] ?? "is wrong"}`,
  });
}
