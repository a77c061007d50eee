// What a template gave → segments in the order of their profile, each as its tag and its elements.

import type { Value } from "../../core/contract.ts";
import { BridgeError, type Code } from "../../core/errors.ts";
import type { Delimiters } from "./delimiters.ts";
import { type Loop, nearestRelease, profileOf } from "./profiles.ts";
import { below, HEADS, isElementOf, SETTINGS } from "./written.ts";

export type Values = { readonly [name: string]: Value };

/** The tag and its elements, ready to be joined. */
export type Line = readonly string[];

const MOST_SEGMENTS = 500_000;

/** All between ST and SE; `version` as GS08 has it. Throws BridgeError stage map, `facts.path` tells where. */
export function bodyLines(values: Values, set: string, version: string, delimiters: Delimiters): readonly Line[] {
  const lines: Line[] = [];

  function add(tag: string, held: Values, path: string): void {
    if (lines.length >= MOST_SEGMENTS)
      throw refused("OUTPUT_TOO_LARGE", path, `there are more than ${MOST_SEGMENTS} segments`);
    lines.push([tag, ...elementsOf(held, tag, path, delimiters)]);
  }

  function walk(held: Values, path: string, loop: Loop): void {
    for (const [tag, part] of loop.parts) {
      const given = held[tag];
      const items = itemsOf(given);
      if (part.must && items.length === 0) {
        throw refused("REQUIRED_EMPTY", path, `${loop.tag || "the transaction set"} lacks ${tag}, which it must have`);
      }
      if (part.single && items.length > 1) {
        throw refused("VALUE_NOT_TEXT", below(path, tag), `${tag} stands there once, ${items.length} are given`);
      }
      for (const [at, item] of items.entries()) {
        const place = Array.isArray(given) ? below(below(path, tag), at) : below(path, tag);
        if (!isValues(item))
          throw refused("VALUE_NOT_TEXT", place, `${tag} is a segment, and here stands no map of its elements`);
        refuseOthers(item, place, tag, part.loop);
        add(tag, item, place);
        if (part.loop) walk(item, place, part.loop);
      }
    }
  }

  const listed = values["segments"];
  if (listed !== undefined) {
    for (const [at, item] of itemsOf(listed).entries()) {
      const path = `/segments/${at}`;
      const tag = isValues(item) ? item["tag"] : undefined;
      if (!isValues(item) || typeof tag !== "string" || !/^[A-Z][A-Z0-9]{1,2}$/.test(tag)) {
        throw refused(
          "VALUE_NOT_TEXT",
          path,
          "a segment is a map of its tag (two or three capital letters and digits) and its elements",
        );
      }
      add(tag, item, path);
    }
    return lines;
  }
  const profile = profileOf(set, nearestRelease(version));
  if (!profile)
    throw refused("VALUE_NOT_TEXT", "/ST/ST01", "the order of the segments of this transaction set is not known");
  refuseOthers(values, "", "", profile);
  walk(values, "", profile);
  return lines;
}

/** A name that is no part of the loop and no element is a slip that would be lost in silence. */
function refuseOthers(held: Values, path: string, tag: string, loop: Loop | undefined): void {
  for (const name of Object.keys(held)) {
    if (loop?.parts.has(name) || (tag !== "" && isElementOf(name, tag))) continue;
    if (tag === "" && (HEADS.includes(name) || SETTINGS.includes(name))) continue;
    throw refused("VALUE_NOT_TEXT", below(path, name), `${tag || "the transaction set"} has no ${name} here`);
  }
}

/** By their numbers; those that are not given are empty. */
export function elementsOf(held: Values, tag: string, path: string, delimiters: Delimiters): string[] {
  const elements: string[] = [];
  for (const [name, value] of Object.entries(held)) {
    if (!isElementOf(name, tag)) continue;
    const text = elementText(value, below(path, name), name, delimiters);
    if (text !== "") elements[Number(name.slice(tag.length)) - 1] = text;
  }
  return Array.from(elements, (element) => element ?? "");
}

function elementText(value: Value, path: string, name: string, delimiters: Delimiters): string {
  if (!Array.isArray(value)) return componentsText(value, path, name, delimiters);
  const items = (value as readonly Value[]).map((item, at) => componentsText(item, below(path, at), name, delimiters));
  if (items.length < 2) return items[0] ?? "";
  if (delimiters.repetition === undefined) {
    throw refused("VALUE_NOT_TEXT", path, `${name} has several values, and before version 00402 an element has one`);
  }
  return items.join(delimiters.repetition);
}

function componentsText(value: Value, path: string, name: string, delimiters: Delimiters): string {
  if (!isValues(value)) return plainText(value, path, name, delimiters);
  const components: string[] = [];
  for (const [key, one] of Object.entries(value)) {
    const number = /^C([1-9]\d?)$/.exec(key)?.[1];
    if (number === undefined) throw refused("VALUE_NOT_TEXT", below(path, key), `${name} has components C1, C2 …`);
    const text = plainText(one, below(path, key), name, delimiters);
    if (text !== "") components[Number(number) - 1] = text;
  }
  return Array.from(components, (component) => component ?? "").join(delimiters.component);
}

function plainText(value: Value, path: string, name: string, delimiters: Delimiters): string {
  if (value === undefined || value === null) return "";
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string" || (typeof value === "number" && !/^-?\d+(?:\.\d+)?$/.test(text))) {
    throw refused("VALUE_NOT_TEXT", path, `${name} takes one text`);
  }
  refuseDelimiters(text, path, name, delimiters);
  return text;
}

/** X12 has no escape: what separates cannot stand in a value. */
export function refuseDelimiters(text: string, path: string, name: string, delimiters: Delimiters): void {
  const { element, component, repetition, segment } = delimiters;
  const found = [element, component, repetition, segment].some((one) => one !== undefined && text.includes(one));
  if (found) throw refused("CELL_CHARACTER", path, `${name} holds a delimiter, and X12 has no escape for it`);
  if (/[\u0000-\u001f\u007f]/.test(text)) throw refused("CELL_CHARACTER", path, `${name} holds a control character`);
}

function itemsOf(value: Value): readonly Value[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? (value as readonly Value[]) : [value];
}

export function isValues(value: Value): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function refused(code: Code, path: string, message: string): BridgeError {
  return new BridgeError(code, message, { stage: "map", facts: { path } });
}
