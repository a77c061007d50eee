// The dictionaries that come along, by basic type.

import { readFileSync } from "node:fs";
import type { Dictionary } from "./dictionary.ts";
import { readDictionary } from "./dictionary-file.ts";

export const SHIPPED_TYPES = ["INVOIC02", "ORDERS05"] as const;

const read = new Map<string, Dictionary>();

/** undefined where none is shipped. Read once, when the first codec is built. */
export function shippedDictionary(type: string): Dictionary | undefined {
  if (!(SHIPPED_TYPES as readonly string[]).includes(type)) return undefined;
  let dictionary = read.get(type);
  if (!dictionary) {
    const file = `${type.toLowerCase()}.csv`;
    dictionary = readDictionary(readFileSync(new URL(`dictionaries/${file}`, import.meta.url)), file);
    read.set(type, dictionary);
  }
  return dictionary;
}
