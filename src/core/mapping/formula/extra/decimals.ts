// $decimal and $total: amounts as exact text, never as floating point.
//
// Pictures show how 1234.56 is written: '1.234,56' (groups of three, decimal comma), '1,234.56', "1 234,56", '1234.56',
// '1234,56', '1234', '1.234' (groups, no decimals); a minus behind the last digit ('1.234,56-') allows the sign to
// stand there. A number instead of a picture says how many of the digits are implied decimal places.
// A leading + or - is always allowed; groups may be left out altogether, but not half; zeros in front go, those behind
// the point stay, because they are the amount's precision.

import { Fault, tick, type Data, type Run } from "../runtime.ts";
import { computed, namesFor, preparing, remembered, textOr, type Extra } from "./contract.ts";

const zero = 0x30;
const nine = 0x39;
export const minus = 0x2d;
export const plus = 0x2b;

export interface DecimalPicture {
  readonly source: string;
  /** Character codes; -1 = there is none. */
  readonly group: number;
  readonly point: number;
  readonly trailingSign: boolean;
}

const shape = /^1([.,' \u00a0\u202f\u2019])?234(?:([.,])\d+)?(-)?$/;
export const mostDigits = 400;

function wrong(source: string): Fault {
  return new Fault("PATTERN_INVALID", {
    note: `the decimal picture ${source} is not valid: write 1234.56 as the source writes it ('1.234,56', '1234.56'), or the number of implied places`,
  });
}

function codeOf(symbol: string): number {
  return symbol === "" ? -1 : symbol.charCodeAt(0);
}

function parsePicture(source: string): DecimalPicture {
  const match = source.length > 16 ? null : shape.exec(source);
  if (match === null) throw wrong(source.slice(0, 16));
  const [, group = "", point = "", sign] = match;
  if (group !== "" && group === point) throw wrong(source);
  return { source, group: codeOf(group), point: codeOf(point), trailingSign: sign !== undefined };
}

const pictureOf = remembered(parsePicture);

/** Throws a Fault where it is none. */
export const decimalPicture = pictureOf;

function refuse(label: string, picture: string, value: string): never {
  const facts = namesFor(label, { pattern: picture });
  throw new Fault("DECIMAL_INVALID", { value, note: `${label} does not match ${picture}`, facts });
}

function allDigits(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (!(digit >= 0 && digit <= 9)) return false;
  }
  return true;
}

function compose(negative: boolean, whole: string, fraction: string): string {
  let start = 0;
  while (start < whole.length - 1 && whole[start] === "0") start += 1;
  const digits = whole.slice(start) || "0";
  const text = fraction === "" ? digits : `${digits}.${fraction}`;
  return negative && /[1-9]/.test(text) ? `-${text}` : text;
}

interface Signed {
  readonly negative: boolean;
  /** Where the digits begin and end. */
  readonly from: number;
  readonly to: number;
}

function takeSign(text: string, trailing: boolean): Signed {
  const first = text.charCodeAt(0);
  if (first === minus || first === plus) return { negative: first === minus, from: 1, to: text.length };
  const last = trailing ? text.charCodeAt(text.length - 1) : 0;
  if (last === minus || last === plus) return { negative: last === minus, from: 0, to: text.length - 1 };
  return { negative: false, from: 0, to: text.length };
}

/** One pass over the text: digits, groups of three, one point. */
function byPicture(picture: DecimalPicture, value: Data, label: string): string | undefined {
  const text = textOr(value, 1);
  if (text === undefined) return undefined;
  if (text.length > mostDigits) return refuse(label, picture.source, text);
  const { negative, from, to } = takeSign(text, picture.trailingSign);
  let whole = "";
  let start = from;
  let grouped = false;
  let point = -1;
  for (let at = from; at < to; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= zero && code <= nine) continue;
    const size = at - start;
    const full = grouped ? size === 3 : size <= 3;
    if (point !== -1) return refuse(label, picture.source, text);
    if (code === picture.group && full && size > 0) grouped = true;
    else if (code === picture.point && (!grouped || size === 3)) point = at;
    else return refuse(label, picture.source, text);
    whole += text.slice(start, at);
    start = at + 1;
  }
  const rest = text.slice(start, to);
  if (rest === "" || (point === -1 && grouped && rest.length !== 3)) return refuse(label, picture.source, text);
  return point === -1 ? compose(negative, whole + rest, "") : compose(negative, whole, rest);
}

function byPlaces(places: number, value: Data, label: string): string | undefined {
  const text = textOr(value, 1);
  if (text === undefined) return undefined;
  const { negative, from, to } = takeSign(text, true);
  const digits = text.slice(from, to);
  const picture = `${places} implied places`;
  if (digits === "" || !allDigits(digits) || text.length > mostDigits) return refuse(label, picture, text);
  const padded = digits.padStart(places + 1, "0");
  const split = padded.length - places;
  return compose(negative, padded.slice(0, split), padded.slice(split));
}

function checkPlaces(places: number): number {
  if (!Number.isInteger(places) || places < 0 || places > 30) {
    throw new Fault("PATTERN_INVALID", { note: "the implied places of $decimal are a whole number from 0 to 30" });
  }
  return places;
}

const decimal: Extra = {
  name: "decimal",
  signature: "<s-(sn):s>",
  least: 2,
  most: 2,
  call: (_run, label, text, picture) => {
    if (text === undefined || picture === undefined) return undefined;
    return computed(label, () =>
      typeof picture === "number"
        ? byPlaces(checkPlaces(picture), text, label)
        : byPicture(pictureOf(picture), text, label),
    );
  },
  prepare: preparing(([picture], label) => {
    if (typeof picture === "number") {
      const places = checkPlaces(picture);
      return (_run, value) => byPlaces(places, value, label);
    }
    if (typeof picture !== "string") throw new Fault("T0410", { value: picture, argument: 2 });
    const parsed = pictureOf(picture);
    return (_run, value) => byPicture(parsed, value, label);
  }),
};

const canonical = /^-?\d+(\.\d+)?$/;

/** Numbers of a JSON source come as their shortest text, which is what stood there up to 15 digits. */
function amountOf(value: Data, label: string): string {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text === "string" && text.length <= mostDigits && canonical.test(text)) return text;
  throw new Fault("DECIMAL_INVALID", {
    value,
    note: `an item of ${label} is no decimal like -1234.56; $decimal makes one`,
    facts: namesFor(label),
  });
}

function total(run: Run, label: string, list: Data): Data {
  if (list === undefined) return undefined;
  const items: Data[] = Array.isArray(list) ? list : [list];
  let sum = 0n;
  let scale = 0;
  let some = false;
  for (const item of items) {
    tick(run, 1);
    if (item === undefined) continue;
    const text = amountOf(item, label);
    const point = text.indexOf(".");
    const places = point === -1 ? 0 : text.length - point - 1;
    let units = BigInt(point === -1 ? text : text.slice(0, point) + text.slice(point + 1));
    if (places > scale) {
      sum *= 10n ** BigInt(places - scale);
      scale = places;
    } else if (places < scale) units *= 10n ** BigInt(scale - places);
    sum += units;
    some = true;
  }
  if (!some) return undefined;
  const negative = sum < 0n;
  const digits = String(negative ? -sum : sum).padStart(scale + 1, "0");
  return compose(negative, digits.slice(0, digits.length - scale), digits.slice(digits.length - scale));
}

export const decimalFunctions: readonly Extra[] = [
  decimal,
  { name: "total", signature: "<x-:s>", least: 1, most: 1, call: total },
];
