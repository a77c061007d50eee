// What a template gave → segments in the order of the dictionary, their fields checked.

import type { Value } from "../../core/contract.ts";
import { BridgeError, type Code } from "../../core/errors.ts";
import { CONTROL, CONTROL_FIELDS } from "./control.ts";
import type { Dictionary, Field, Occurrence, Segment } from "./dictionary.ts";
import { below, isSetting } from "./written.ts";

export type Values = { readonly [name: string]: Value };

/** A segment to be written: fields with their texts, and what stands below it. */
export interface Branch {
  readonly type: string;
  /** undefined where there is no dictionary. */
  readonly segment: Segment | undefined;
  readonly texts: readonly Text[];
  readonly children: readonly Branch[];
  /** It may stand there once. */
  readonly single: boolean;
}

export interface Text {
  readonly name: string;
  readonly value: string;
  /** JSON pointer into the template. */
  readonly path: string;
}

const MOST_SEGMENTS = 100_000;

/** The fields of the control record, in its order. */
export function controlTexts(values: Values): Text[] {
  const control = values[CONTROL];
  const path = `/${CONTROL}`;
  if (!isValues(control)) throw refused("VALUE_NOT_TEXT", path, "the control record is no map of fields");
  for (const name of Object.keys(control)) {
    if (!CONTROL_FIELDS.some((field) => field.name === name)) throw unknown(below(path, name), CONTROL);
  }
  return CONTROL_FIELDS.flatMap((field) => fieldText(control, field, path, CONTROL));
}

/** Throws BridgeError stage map, `facts.path` tells where. */
export function branchesOf(values: Values, dictionary: Dictionary | undefined): readonly Branch[] {
  let count = 0;

  function childrenOf(held: Values, path: string, type: string): readonly Branch[] {
    const places = dictionary ? (dictionary.places.get(type) ?? new Map<string, Occurrence>()) : undefined;
    const names = places ? [...places.keys()] : Object.keys(held).filter((name) => isStructure(held[name]));
    return names.flatMap((name) => {
      if (type === "" && (name === CONTROL || isSetting(name))) return [];
      const items = itemsOf(held[name]);
      const place = places?.get(name);
      const where = below(path, name);
      if (place && (items.length < place.least || items.length > place.most))
        throw numbered(where, place, items.length);
      return items.map((item, at) => branch(item, Array.isArray(held[name]) ? below(where, at) : where, name, place));
    });
  }

  function branch(item: Value, path: string, type: string, place: Occurrence | undefined): Branch {
    if (!isValues(item))
      throw refused("VALUE_NOT_TEXT", path, `${type} is a segment, and here stands no map of its fields`);
    if (++count > MOST_SEGMENTS)
      throw refused("OUTPUT_TOO_LARGE", path, `the IDoc has more than ${MOST_SEGMENTS} segments`);
    const children = childrenOf(item, path, type);
    return {
      type,
      segment: place?.segment,
      texts: textsOf(item, path, type, place),
      children,
      single: place?.most === 1,
    };
  }

  function textsOf(item: Values, path: string, type: string, place: Occurrence | undefined): Text[] {
    if (!place) {
      return Object.keys(item).flatMap((name) => {
        if (isStructure(item[name])) return [];
        return fieldText(item, { name, from: 0, to: Number.POSITIVE_INFINITY }, path, type);
      });
    }
    const { fields } = place.segment;
    const places = dictionary?.places.get(type);
    for (const name of Object.keys(item)) {
      if (!places?.has(name) && !fields.some((field) => field.name === name)) throw unknown(below(path, name), type);
    }
    return fields.flatMap((field) => fieldText(item, field, path, type));
  }

  const known = dictionary?.places.get("");
  for (const name of Object.keys(values)) {
    if (known && !known.has(name) && name !== CONTROL && !isSetting(name)) throw unknown(below("", name), "the IDoc");
  }
  return childrenOf(values, "", "");
}

function fieldText(held: Values, { name, from, to }: Field, path: string, type: string): Text[] {
  const value = held[name];
  if (value === undefined || value === null || value === "") return [];
  const place = below(path, name);
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string" || (typeof value === "number" && !/^-?\d+(?:\.\d+)?$/.test(text))) {
    throw refused("VALUE_NOT_TEXT", place, `${type}.${name} is a field and takes one text`);
  }
  const length = lengthOf(text);
  if (length > to - from) {
    throw refused("CELL_TOO_LONG", place, `${type}.${name} has ${to - from} characters, the text has ${length}`);
  }
  return [{ name, value: text, path: place }];
}

/** Characters, not UTF-16 units. */
export function lengthOf(text: string): number {
  return /[\ud800-\udbff]/.test(text) ? Array.from(text).length : text.length;
}

function itemsOf(value: Value): readonly Value[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? (value as readonly Value[]) : [value];
}

function isStructure(value: Value): boolean {
  return typeof value === "object" && value !== null;
}

function isValues(value: Value): value is Values {
  return isStructure(value) && !Array.isArray(value);
}

function unknown(path: string, type: string): BridgeError {
  return refused("VALUE_NOT_TEXT", path, `${type} has no such field and no such segment`);
}

function numbered(path: string, { segment, least, most }: Occurrence, count: number): BridgeError {
  const bound = count < least ? `at least ${least}` : `at most ${most}`;
  return refused("IDOC_OCCURRENCES", path, `${segment.type} stands there ${count} times, ${bound} expected`);
}

export function refused(code: Code, path: string, message: string): BridgeError {
  return new BridgeError(code, message, { stage: "map", facts: { path } });
}
