// One value of a message as ABAP holds it, and back. What ABAP would cut, round or misread without a word is refused here, with
// the name of parameter and field and never with the value.

import type { Value } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { fitsXml } from "../shared/xml/escape.ts";
import type { AbapType, Field } from "./types.ts";

/** RFC_VALUE; `place` is `ADDRESS.CITY`, `RETURN[2].TYPE`. */
export function unfit(place: string, what: string): BridgeError {
  return new BridgeError("RFC_VALUE", `parameter ${place} ${what}`, { stage: "deliver", facts: { path: place } });
}

/**
 * The text of a value: dates as YYYYMMDD, times as HHMMSS, decimals with a point and a sign in front, bytes as base64. A number is taken
 * where JSON kept it exactly.
 */
export function abapText(field: Field, value: Value, place: string): string {
  const text = plainText(value, place);
  return CHECKS[field.type](text, field, place);
}

/** A text, or a number as it stands in JSON. */
export function plainText(value: Value, place: string): string {
  if (typeof value === "string") {
    if (!fitsXml(value)) throw unfit(place, "holds a control character, which XML cannot carry");
    return value;
  }
  if (typeof value === "number") {
    const text = String(value);
    if (!Number.isFinite(value) || /e/u.test(text) || (Number.isInteger(value) && !Number.isSafeInteger(value)))
      throw unfit(place, "is a number that JSON does not keep exactly; write it as text");
    return text;
  }
  if (typeof value === "boolean") throw unfit(place, 'is true or false; ABAP has "X" and ""');
  throw unfit(place, "takes one value, not an object or a list");
}

type Check = (text: string, field: Field, place: string) => string;

/** ABAP counts UTF-16 code units, as JavaScript does. */
function notLonger(text: string, { length }: Field, place: string): string {
  if (length !== undefined && length > 0 && text.length > length)
    throw unfit(place, `is longer than its ${length} characters`);
  return text;
}

function digits(text: string, { length }: Field, place: string): string {
  if (!/^\d*$/u.test(text)) throw unfit(place, "takes digits only");
  if (length === undefined || length === 0) return text;
  if (text.length > length) throw unfit(place, `is longer than its ${length} digits`);
  // As ABAP does it: NUMC is filled from the left.
  return text.padStart(length, "0");
}

const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function date(text: string, _field: Field, place: string): string {
  // The initial value stands for "none".
  if (text === "" || /^0{8}$/u.test(text)) return "00000000";
  const match = /^(\d{4})-(\d{2})-(\d{2})$/u.exec(text) ?? /^(\d{4})(\d{2})(\d{2})$/u.exec(text);
  const [year, month, day] = (match ?? []).slice(1).map(Number) as [number, number, number];
  const isLeap = match !== null && ((year % 4 === 0 && year % 100 !== 0) || year % 400 === 0);
  const most = match === null ? 0 : month === 2 && !isLeap ? 28 : (DAYS[month - 1] ?? 0);
  if (match === null || year === 0 || day < 1 || day > most) throw unfit(place, "is no date YYYYMMDD or YYYY-MM-DD");
  return match.slice(1).join("");
}

function time(text: string, _field: Field, place: string): string {
  if (text === "") return "000000";
  const match = /^([01]\d|2[0-3]):?([0-5]\d):?([0-5]\d)$/u.exec(text);
  // ABAP knows the end of a day, too.
  if (text === "240000" || text === "24:00:00") return "240000";
  if (match === null || text.length === 7) throw unfit(place, "is no time HHMMSS or HH:MM:SS");
  return match.slice(1).join("");
}

function whole(least: bigint, most: bigint): Check {
  return (text, _field, place) => {
    if (!/^-?\d{1,19}$/u.test(text)) throw unfit(place, "takes a whole number");
    const value = BigInt(text);
    if (value < least || value > most) throw unfit(place, `lies outside ${least} to ${most}`);
    return String(value);
  };
}

/** BCD holds so many digits, so many of them behind the point; what does not fit would be rounded. */
function packed(text: string, { length, decimals }: Field, place: string): string {
  const match = /^(-?)(\d{1,31})(?:\.(\d{1,31}))?$/u.exec(text);
  if (match === null) throw unfit(place, "takes a decimal such as -1234.50, as text");
  const [, sign = "", before = "", behind = ""] = match;
  if (length !== undefined && length > 0) {
    if (behind.replace(/0+$/u, "").length > decimals) throw unfit(place, `has more than ${decimals} decimal places`);
    if (before.replace(/^0+/u, "").length > length - decimals)
      throw unfit(place, `has more than ${length - decimals} digits before the point`);
  }
  return sign + before + (behind === "" ? "" : `.${behind}`);
}

/** Significant digits after ABAP's DECFLOAT16 and DECFLOAT34. */
function floating(most: number): Check {
  return (text, _field, place) => {
    const match = /^-?(\d{1,50})(?:\.(\d{1,50}))?(?:[eE][+-]?\d{1,4})?$/u.exec(text);
    if (match === null) throw unfit(place, "takes a decimal such as -1234.50 or 1.5E3, as text");
    const significant = `${match[1]}${match[2] ?? ""}`.replace(/^0+/u, "").replace(/0+$/u, "");
    if (significant.length > most) throw unfit(place, `has more than ${most} digits`);
    return text;
  };
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/u;

function bytes(text: string, { length, type }: Field, place: string): string {
  if (!BASE64.test(text)) throw unfit(place, "is not base64");
  const size = Buffer.byteLength(text, "base64");
  if (type === "RAW" && length !== undefined && length > 0 && size > length)
    throw unfit(place, `is longer than its ${length} bytes`);
  return text;
}

const refuse: Check = (_text, _field, place) => {
  throw unfit(place, "takes an object or a list");
};

const CHECKS: Readonly<Record<AbapType, Check>> = {
  CHAR: notLonger,
  STRING: (text) => text,
  UTCLONG: notLonger,
  NUMC: digits,
  DATS: date,
  TIMS: time,
  INT1: whole(0n, 255n),
  INT2: whole(-32_768n, 32_767n),
  INT4: whole(-2_147_483_648n, 2_147_483_647n),
  INT8: whole(-9_223_372_036_854_775_808n, 9_223_372_036_854_775_807n),
  BCD: packed,
  DECFLOAT16: floating(16),
  DECFLOAT34: floating(34),
  FLOAT: floating(17),
  RAW: bytes,
  XSTRING: bytes,
  STRUCTURE: refuse,
  TABLE: refuse,
};

const INTEGERS: ReadonlySet<AbapType> = new Set(["INT1", "INT2", "INT4"]);
const DECIMALS: ReadonlySet<AbapType> = new Set(["INT8", "BCD", "DECFLOAT16", "DECFLOAT34", "FLOAT"]);

export function isInteger(type: AbapType | undefined): boolean {
  return type !== undefined && INTEGERS.has(type);
}

/** A value of an answer. What is not as its type says stays the text that it is: the call has taken place. */
export function fromAbap(type: AbapType | undefined, text: string): string | number {
  if (type === undefined) return text;
  if (INTEGERS.has(type)) {
    const number = signInFront(text);
    return /^-?\d{1,10}$/u.test(number) ? Number(number) : text;
  }
  if (DECIMALS.has(type)) return signInFront(text);
  if (type === "DATS" && /^\d{4}-\d{2}-\d{2}$/u.test(text)) return text.replaceAll("-", "");
  if (type === "TIMS" && /^\d{2}:\d{2}:\d{2}$/u.test(text)) return text.replaceAll(":", "");
  if (type === "RAW" || type === "XSTRING") return text.replaceAll(/\s+/gu, "");
  return text;
}

/** ABAP writes `12.50-`. */
function signInFront(text: string): string {
  const trimmed = text.trim();
  return trimmed.endsWith("-") ? `-${trimmed.slice(0, -1).trim()}` : trimmed;
}
