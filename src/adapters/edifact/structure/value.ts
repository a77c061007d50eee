// Is a value what the representation of its element says (ISO 9735-1, section 10)?

import type { ElementDef } from "../directory/types.ts";
import type { MatchRules } from "./types.ts";

export const FITS = 0;

/** 0, or of data element 0085: 19 decimal mark, 37 characters, 38 no digit in front of the mark, 39 too long, 40 too short. */
export function valueFault({ type, least, most }: ElementDef, value: string, rules: MatchRules): number {
  if (type === "n") return numberFault(value, least, most, rules);
  if (value.length > most && codePoints(value) > most) return 39;
  if (value.length < least) return 40;
  return type === "a" && /[0-9]/.test(value) ? 37 : FITS;
}

/** A character outside the Basic Multilingual Plane is one. */
export function codePoints(value: string): number {
  let count = 0;
  for (let at = 0; at < value.length; at++) {
    count++;
    const unit = value.charCodeAt(at);
    if (unit >= 0xd800 && unit < 0xdc00) at++;
  }
  return count;
}

const MINUS = 0x2d;
const COMMA = 0x2c;
const POINT = 0x2e;

/** Sign and decimal mark do not count for the length. */
function numberFault(value: string, least: number, most: number, rules: MatchRules): number {
  let digits = 0;
  let before = -1;
  for (let at = value.charCodeAt(0) === MINUS ? 1 : 0; at < value.length; at++) {
    const unit = value.charCodeAt(at);
    if (unit >= 0x30 && unit <= 0x39) digits++;
    else if ((unit === COMMA || unit === POINT) && before === -1) {
      before = digits;
      if (rules.decimal !== undefined && !rules.decimal.includes(value[at]!)) return 19;
    } else return 37;
  }
  if (digits === 0) return 37;
  if (before === digits) return 19;
  if (before === 0 && rules.syntax < 4) return 38;
  if (digits > most) return 39;
  return digits < least ? 40 : FITS;
}
