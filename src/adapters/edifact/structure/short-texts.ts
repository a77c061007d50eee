// Short values are mostly codes that come again and again: the same text is given for them instead of a new one.

import type { QuickText } from "./types.ts";

const SLOTS = 8192;
const keys = new Int32Array(SLOTS);
const texts: string[] = Array.from({ length: SLOTS }, () => "");

/** The text from `from` to `to`. */
export function shortText({ bytes, text }: QuickText, from: number, to: number): string {
  const length = to - from;
  if (length > 4) return text.slice(from, to);
  let key = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!;
    if (byte > 127) return text.slice(from, to);
    key = (key << 7) | byte;
  }
  // NUL is never part of a value, so texts of different lengths have different keys; 0 is none of them.
  const slot = (key ^ (key >>> 9) ^ (key >>> 19)) & (SLOTS - 1);
  if (keys[slot] === key) return texts[slot]!;
  const made = text.slice(from, to);
  keys[slot] = key;
  texts[slot] = made;
  return made;
}
