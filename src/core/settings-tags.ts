// The settings about tags: those of all bridges of the appliance, and of single ones.

import type { Finding } from "./bridge/tree.ts";
import { BridgeError } from "./errors.ts";
import { nearest } from "./options/nearest.ts";
import type { Found } from "./settings.ts";
import { MOST_TAGS, tagFault, tagList, type TagSettings } from "./tags.ts";

export const TAG_SETTINGS = {
  tags: {
    env: "STEG_TAGS",
    key: "tags",
    path: false,
    doc: "by what all bridges here are found, and for whom they are: kommune:musterstadt, verfahren:gewerbe; of single ones in steg.yaml, bridges: { NAME: { tags: [ … ] } }",
  },
} as const;

/** SETTING_INVALID */
export function tagsFrom(given: Found | undefined, bridges: TagSettings["bridges"]): TagSettings {
  const all = tagList(given?.value ?? "");
  const fault = all.map(tagFault).find((one) => one !== undefined);
  if (fault !== undefined) throw new BridgeError("SETTING_INVALID", `STEG_TAGS from ${given?.origin ?? ""}: ${fault}`);
  if (all.length > MOST_TAGS)
    throw new BridgeError("SETTING_INVALID", `STEG_TAGS from ${given?.origin ?? ""} has more than ${MOST_TAGS} tags`);
  return { all, bridges };
}

/** Bridges that tags are written for and that nobody has: a typo there leaves the right one without them. */
export function tagsForNobody({ bridges }: TagSettings, known: Iterable<string>): readonly Finding[] {
  const names = [...known];
  return [...bridges].flatMap(([name, { at }]): readonly Finding[] => {
    if (names.includes(name)) return [];
    const near = nearest(name, names);
    const message = `bridges.${name}: there is no bridge of this name, so nobody has these tags`;
    const hint = near === undefined ? "" : `Did you mean ${near}?`;
    return [{ ...at, severity: "warning", code: "SETTING_INVALID", message, hint, length: name.length }];
  });
}
