// A message: an object of segments and groups → segments in the order of its type.

import { FORMULA } from "../../../core/contract.ts";
import { nearest } from "../../../core/options/nearest.ts";
import { segmentOf } from "../characters.ts";
import type { Child, Level } from "../structure/compile.ts";
import { segmentText, type Writing } from "./elements.ts";
import { below, type Fields, type Given, isFields, isNothing, itemsOf, type Place } from "./place.ts";

/** Written by the writer itself. */
export const OWN_SEGMENTS = ["UNH", "UNT"] as const;

/**
 * Appends the segments of a level. `settings` are keys of the object that are no segments; `name` is that of the message, or of the
 * group.
 */
export function writeLevel(
  level: Level,
  given: Fields,
  name: string,
  settings: readonly string[],
  place: Place,
  writing: Writing,
  out: string[],
): void {
  tellUnknown(level, given, name, settings, place);
  const taken = new Map<string, number>();
  for (const [number, child] of level.children.entries()) {
    if ((OWN_SEGMENTS as readonly string[]).includes(child.tag)) continue;
    const items = nextItems(level, number, given, taken, place).filter(([item]) => !isNothing(item));
    if (items.length === 0 && child.required) {
      if (child.tag === "UNS" && child.level === undefined)
        out.push(segmentOf("UNS", [[sectionOf(level, number)]], writing.characters));
      else place.tell(place.path, `${name} lacks ${shownChild(child)}, which it must have`, { code0085: 13 });
    }
    if (items.length > child.most)
      place.tell(
        below(place, child.key).path,
        `${child.key} stands in ${name} ${child.most === 1 ? "once" : `${child.most} times`} at most`,
      );
    for (const [item, at] of items) {
      if (child.level === undefined) pushSegment(child, item, at, writing, out);
      else if (item === FORMULA) continue;
      else if (isFields(item)) writeLevel(child.level, item, child.key, [], at, writing, out);
      else
        at.tell(at.path, `${child.key} is an object of its segments`, {
          hint: `${child.key}: [ { ${child.tag}: … } ]`,
        });
    }
  }
}

function pushSegment(child: Child, given: Given, place: Place, writing: Writing, out: string[]): void {
  const text = segmentText(child.plan, given, place, writing);
  if (text !== undefined) out.push(text);
}

/** A segment that has several places at a level fills the first ones first. */
function nextItems(
  { children }: Level,
  number: number,
  given: Fields,
  taken: Map<string, number>,
  place: Place,
): readonly (readonly [Given, Place])[] {
  const { key, most } = children[number]!;
  if (!Object.hasOwn(given, key)) return [];
  if (given[key] === FORMULA) return [[FORMULA, place]];
  const from = taken.get(key) ?? 0;
  const items = itemsOf(given[key], below(place, key)).slice(from);
  const isLast = !children.some((child, at) => at > number && child.key === key);
  const own = isLast ? items : items.slice(0, most);
  taken.set(key, from + own.length);
  return own;
}

/** D between header and detail, S between detail and summary; the only one of a message is the latter. */
function sectionOf({ children }: Level, number: number): string {
  return children.some(({ tag }, at) => tag === "UNS" && at > number) ? "D" : "S";
}

function shownChild({ key, tag }: Child): string {
  return key === tag ? tag : `${key} (${tag})`;
}

function tellUnknown(level: Level, given: Fields, name: string, settings: readonly string[], place: Place): void {
  for (const key of Object.keys(given)) {
    if (settings.includes(key)) continue;
    const at = below(place, key);
    if (key === "UNT" || key === "UNZ") at.tell(at.path, `${key} is written by itself, with its counts`);
    else if (!level.children.some((child) => child.key === key)) {
      const shown = JSON.stringify(key.length > 30 ? `${key.slice(0, 29)}…` : key).slice(1, -1);
      at.tell(at.path, `${name} has no ${key.startsWith("SG") ? "group" : "segment"} ${shown} here`, {
        hint: hintFor(level, key),
      });
    }
  }
}

function hintFor(level: Level, key: string): string {
  const groups = level.children
    .filter((child) => child.level !== undefined && child.tag === key)
    .map((child) => child.key);
  if (groups.length > 0)
    return `It begins a group: ${groups.map((group) => `${group}: [ { ${key}: … } ]`).join(" or ")}`;
  const inner = findGroup(level, key);
  if (inner !== undefined) return `It stands in ${inner}`;
  const keys = level.children.map((child) => child.key);
  const near = nearest(key, keys);
  return near === undefined ? `There are ${keys.join(", ")}` : `Did you mean ${near}?`;
}

/** `SG2 › SG3` */
function findGroup(level: Level, key: string): string | undefined {
  for (const child of level.children) {
    if (child.level === undefined) continue;
    if (child.level.children.some((one) => one.key === key)) return child.key;
    const inner = findGroup(child.level, key);
    if (inner !== undefined) return `${child.key} › ${inner}`;
  }
  return undefined;
}
