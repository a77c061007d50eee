// Tags: by what bridges are found, and for which of them somebody's role is. `kommune:musterstadt`, written by the operator beside the
// mappings: whose a bridge is, is not for the author of its file to say.

import type { Position } from "./errors.ts";

/** The part before the colon, here and in fleet.yaml. */
export const TAG_KEY = /^[a-z][a-z0-9-]{0,39}$/;
/** No sign that parts one tag from the next, in any place where several stand in one line. */
const VALUE = /^[^\s\p{C},+=:][^\p{C},+=]{0,99}$/u;
/** Of one bridge, of all of an appliance, and of one scope. */
export const MOST_TAGS = 32;

/** The key that names a municipality's procedure; without it the legacy system's name stands in. */
export const PROCEDURE = "verfahren";

export function tagKey(tag: string): string {
  return tag.slice(0, Math.max(0, tag.indexOf(":")));
}

export function tagValue(tag: string): string {
  return tag.slice(tag.indexOf(":") + 1);
}

/** What is wrong with a tag, for whoever wrote it; undefined = nothing. */
export function tagFault(tag: string): string | undefined {
  if (TAG_KEY.test(tagKey(tag)) && VALUE.test(tagValue(tag))) return undefined;
  const shown = JSON.stringify(tag.length > 40 ? `${tag.slice(0, 39)}…` : tag);
  return `a tag is key:value, its key of lower-case letters, digits and hyphens, its value without , + = (kommune:musterstadt); found ${shown}`;
}

/** Each once, in order; blanks around the signs between them count for nothing. */
export function tagList(text: string, between: "," | "+" = ","): readonly string[] {
  const parts = text.split(between).map((part) => part.trim());
  return sorted(parts.filter((part) => part !== ""));
}

export function sorted(tags: readonly string[]): readonly string[] {
  return [...new Set(tags)].toSorted();
}

/** What the operator says of bridges. */
export interface TagSettings {
  readonly all: readonly string[];
  readonly bridges: ReadonlyMap<string, { readonly tags: readonly string[]; readonly at: Position }>;
}

/** A key that is named at the bridge stands there instead of the appliance's values of it. */
export function tagsOfBridge({ all, bridges }: TagSettings, bridge: string): readonly string[] {
  const own = bridges.get(bridge)?.tags ?? [];
  const named = new Set(own.map(tagKey));
  return sorted([...own, ...all.filter((tag) => !named.has(tagKey(tag)))]);
}

/** Whether every key that the scope names has one of its values there. No scope is all of them. */
export function covers(scope: readonly string[], tags: readonly string[]): boolean {
  const byKey = Map.groupBy(scope, tagKey);
  return [...byKey.values()].every((wanted) => wanted.some((tag) => tags.includes(tag)));
}
