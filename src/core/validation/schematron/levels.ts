// How much a broken rule weighs. An error keeps the message back; warnings and information do not.

import type { Marks } from "./model.ts";

export type Level = "error" | "warning" | "information";
/** Levels by the id of a rule, as the bridge file has them. */
export type Levels = ReadonlyMap<string, Level>;

/** What rule sets write into flag and role. */
const WORDS: ReadonlyMap<string, Level> = new Map<string, Level>([
  ["fatal", "error"],
  ["error", "error"],
  ["warning", "warning"],
  ["warn", "warning"],
  ["information", "information"],
  ["info", "information"],
]);

/** The bridge file's word for this id, else flag, role, the rule's flag, its role; without any of them an error. */
export function levelOf(assertion: Marks & { readonly id: string | undefined }, rule: Marks, levels: Levels): Level {
  const own = assertion.id === undefined ? undefined : levels.get(assertion.id);
  if (own) return own;
  for (const word of [assertion.flag, assertion.role, rule.flag, rule.role]) {
    const level = word === undefined ? undefined : WORDS.get(word.trim().toLowerCase());
    if (level) return level;
  }
  return "error";
}
