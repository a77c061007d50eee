// By what bridges can be chosen: their tags, as the operator wrote them, and who is responsible.

import type { BridgeView } from "../../operations/operations.ts";
import { PROCEDURE, tagKey, tagValue } from "../../tags.ts";
import type { Dimension, Facts } from "./facts.ts";

/** So that no tag takes the name of another part of the address. */
export const TAG = "m.";
/** Keys that are offered; who writes more finds bridges by name. */
const MOST_KEYS = 16;
const FIRST = ["kommune", PROCEDURE];

/** What is known of tags besides those of bridges. */
export interface MoreTags {
  /** Keys in the order in which they are offered. */
  readonly keys?: readonly string[];
  /** Of appliances that were not heard. */
  readonly tags?: readonly string[];
}

type Tagged = Pick<BridgeView, "bridge" | "tags" | "system">;

export function tagDimensions(
  bridges: readonly Tagged[],
  { keys = FIRST, tags = [] }: MoreTags = {},
): readonly Dimension[] {
  const all = [...tags, ...bridges.flatMap((bridge) => bridge.tags)];
  const others = [...new Set([...FIRST, ...all.map(tagKey)])].filter((key) => !keys.includes(key)).toSorted();
  return [...keys, ...others].slice(0, MOST_KEYS).map((key): Dimension => {
    const values = new Map(bridges.map((bridge) => [bridge.bridge, valuesOf(bridge, key)]));
    return {
      key: TAG + key,
      label: () => key.charAt(0).toUpperCase() + key.slice(1),
      valuesOf: (bridge) => values.get(bridge) ?? [],
      values: inOrder([...tags.filter((tag) => tagKey(tag) === key).map(tagValue), ...[...values.values()].flat()]),
    };
  });
}

/** A procedure that nobody named is known by the system that runs it. */
function valuesOf({ tags, system }: Tagged, key: string): readonly string[] {
  const own = tags.filter((tag) => tagKey(tag) === key).map(tagValue);
  return own.length === 0 && key === PROCEDURE && system !== "" ? [system] : own;
}

export function ownerDimension({ lifecycle }: Pick<Facts, "lifecycle">): Dimension {
  const owners = new Map(lifecycle.rows.map(({ bridge, owner }) => [bridge, owner]));
  return {
    key: "zustaendig",
    label: ({ words }) => words.responsible,
    valuesOf: (bridge) => listOf(owners.get(bridge)),
    values: inOrder(lifecycle.rows.map(({ owner }) => owner)),
  };
}

/** All of a page, those of many appliances first. */
export function dimensionsOf(facts: Facts): readonly Dimension[] {
  return [...(facts.beyond?.dimensions ?? tagDimensions(facts.bridges)), ownerDimension(facts)];
}

export function inOrder(values: readonly string[]): readonly string[] {
  return [...new Set(values)].toSorted((a, b) => a.localeCompare(b));
}

export function listOf(value: string | undefined): readonly string[] {
  return value === undefined ? [] : [value];
}
