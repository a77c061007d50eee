// Tags of segments: three letters or digits, the first one a letter, and a separator behind them.

import { COMPONENT, ELEMENT, type Kinds } from "./service.ts";

/** The same text for the same tag, however often it comes. */
const tags = new Map<number, string>();

/** "" = what stands there is no tag. */
export function tagOf(text: string, from: number, to: number, kinds: Kinds): string {
  const behind = from + 3;
  if (behind > to) return "";
  if (behind < to) {
    const code = text.charCodeAt(behind);
    const kind = code < 128 ? kinds[code] : 0;
    if (kind !== ELEMENT && kind !== COMPONENT) return "";
  }
  const a = text.charCodeAt(from);
  const b = text.charCodeAt(from + 1);
  const c = text.charCodeAt(from + 2);
  // 36 by 36 by 26 there are, so the map is bounded.
  if (!isLetter(a) || !(isLetter(b) || isDigit(b)) || !(isLetter(c) || isDigit(c))) return "";
  const key = (a << 14) | (b << 7) | c;
  let tag = tags.get(key);
  if (tag === undefined) {
    tag = String.fromCharCode(a, b, c);
    tags.set(key, tag);
  }
  return tag;
}

function isLetter(code: number): boolean {
  return code >= 65 && code <= 90;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
