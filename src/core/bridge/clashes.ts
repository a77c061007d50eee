// Bridges share nothing, so what one of them has for itself, as a user of an inbox on an address, another one cannot have too. The first
// by path keeps it.

import { CODES } from "../errors.ts";
import { finding } from "./finding.ts";
import type { Finding } from "./tree.ts";
import type { LoadedBridge } from "./types.ts";

/** What is wrong with those that come too late. */
export function clashesOf(bridges: readonly LoadedBridge[]): ReadonlyMap<LoadedBridge, readonly Finding[]> {
  const owners = new Map<string, LoadedBridge>();
  const found = new Map<LoadedBridge, Finding[]>();
  for (const bridge of bridges) {
    for (const { name, at } of bridge.claims ?? []) {
      const owner = owners.get(name);
      if (owner === undefined) owners.set(name, bridge);
      else if (owner !== bridge) {
        const message = `${name} belongs to the bridge ${owner.name} already`;
        const each = finding("CLAIMED_TWICE", at, message, { hint: CODES.CLAIMED_TWICE.hint });
        found.set(bridge, [...(found.get(bridge) ?? []), each]);
      }
    }
  }
  return found;
}
