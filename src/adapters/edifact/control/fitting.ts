// What is repeated out of a message that is wrong, in a form that a CONTRL can hold.

import type { Component, Place, SegmentDef } from "../directory/types.ts";
import { checkSegment } from "../structure/check.ts";
import type { Elements } from "./writing.ts";

/** Stands where something must stand and the message has nothing. */
const NOTHING = "-";

/** Too long is cut, what is required and absent is a hyphen, and what the segment has no place for is left out. */
export function fitted({ places }: SegmentDef, elements: Elements): Elements {
  return places.map((place, at) => {
    const given = elements[at] ?? [];
    const parts = partsOf(place);
    if (!place.required && given.every((value) => value === "")) return [];
    return parts.map(({ element, required }, part) => {
      const value = cut(given[part] ?? "", element.most);
      return value === "" && required ? NOTHING : value;
    });
  });
}

function partsOf(place: Place): readonly Component[] {
  if ("composite" in place) return place.composite.parts;
  return [{ element: place.element, required: place.required, most: 1 }];
}

function cut(value: string, most: number): string {
  return value.length > most ? Array.from(value).slice(0, most).join("") : value;
}

/** It is what the directory says. */
export function fits(def: SegmentDef, elements: Elements, syntax: number): boolean {
  let fine = true;
  const segment = { tag: def.tag, position: 1, elements: () => elements.map((components) => [components]) };
  checkSegment(def, segment, segment.elements(), { syntax }, () => void (fine = false));
  return fine;
}
