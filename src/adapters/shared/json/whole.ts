// What JSON.parse passes over in silence, asked of the value that it made.

import type { Rec, Value } from "../../../core/contract.ts";

/** Keys that survived in all objects of a value: fewer than the text had = one of them stood twice. */
export function keysIn(value: Value): number {
  if (value === null || typeof value !== "object") return 0;
  let keys = 0;
  if (Array.isArray(value)) {
    for (const item of value) keys += keysIn(item as Value);
    return keys;
  }
  const names = Object.keys(value);
  keys = names.length;
  for (const name of names) keys += keysIn((value as Rec)[name]);
  return keys;
}

/** Whether every text is made of whole characters. */
export function isWellFormed(value: Value): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (value === null || typeof value !== "object") return true;
  if (Array.isArray(value)) return value.every((item) => isWellFormed(item as Value));
  return Object.entries(value).every(([name, inner]) => name.isWellFormed() && isWellFormed(inner));
}
