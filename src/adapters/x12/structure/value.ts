// Whether a value has the form of its element (X12.6, data element types): the code of data element 723, "" where nothing is wrong.

import type { ElementDef } from "./elements.ts";

export type ValueFault = "" | "4" | "5" | "6" | "8" | "9";

const TOO_SHORT = "4";
const TOO_LONG = "5";
const CHARACTER = "6";
const NO_DATE = "8";
const NO_TIME = "9";

const ZERO = 48;
const NINE = 57;
const MINUS = 45;
const POINT = 46;

/** Not empty, and not blank. */
export function valueFault({ type, least, most }: ElementDef, text: string): ValueFault {
  if (type === "N" || type === "R") return numberFault(text, type === "R", least, most);
  const { length } = text;
  if (length < least) return TOO_SHORT;
  // Blanks behind a value fill it up and are none of it.
  if (length > most && text.trimEnd().length > most) return TOO_LONG;
  if (type === "DT") return isDate(text) ? "" : NO_DATE;
  if (type === "TM") return isTime(text) ? "" : NO_TIME;
  return "";
}

/** Sign, decimal point and exponent do not count as characters. */
function numberFault(text: string, decimal: boolean, least: number, most: number): ValueFault {
  let digits = 0;
  let point = !decimal;
  for (let at = text.charCodeAt(0) === MINUS ? 1 : 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= ZERO && code <= NINE) digits++;
    else if (code === POINT && !point) point = true;
    else if (!decimal || digits === 0 || !/^E-?\d{1,3}$/.test(text.slice(at))) return CHARACTER;
    else break;
  }
  if (digits === 0) return CHARACTER;
  return digits > most ? TOO_LONG : digits < least ? TOO_SHORT : "";
}

/** CCYYMMDD. */
function isDate(text: string): boolean {
  if (!isDigits(text)) return false;
  const [year, month, day] = [Number(text.slice(0, 4)), Number(text.slice(4, 6)), Number(text.slice(6))];
  if (month < 1 || month > 12 || day < 1 || day > 31) return false;
  return day <= 28 || new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
}

/** HHMM, then seconds and up to two decimals of them. */
function isTime(text: string): boolean {
  if (!isDigits(text) || text.length === 5) return false;
  const seconds = text.length > 4 ? Number(text.slice(4, 6)) : 0;
  return Number(text.slice(0, 2)) < 24 && Number(text.slice(2, 4)) < 60 && seconds < 60;
}

function isDigits(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < ZERO || code > NINE) return false;
  }
  return true;
}
