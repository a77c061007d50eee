// Simple types as tests on bytes that say yes only where there is no doubt. "No" means: ask libxml2. So everything rare is left out (signs,
// zones out of the ordinary, whitespace that is normalised away), and every limit counts the letters as they stand, which is at least
// what the value has.

import type { Facets, SimpleType } from "../model/simple-type.ts";
import { patternTest } from "./patterns.ts";

/** Whether the bytes from `from` to before `to`, which hold neither markup nor entities, are surely a literal of the type. */
export type TextTest = (bytes: Uint8Array, from: number, to: number) => boolean;

export interface SureText {
  readonly test: TextTest;
  /** Entities may stand in it, each of them one character. */
  readonly entities: boolean;
}

/** Digits that a number of JavaScript keeps apart, whatever follows. */
const DIGITS_MOST = 15;

const INTEGERS: ReadonlyMap<string, readonly [number, number]> = new Map([
  ["integer", [-Infinity, Infinity]],
  ["nonPositiveInteger", [-Infinity, 0]],
  ["negativeInteger", [-Infinity, -1]],
  ["nonNegativeInteger", [0, Infinity]],
  ["positiveInteger", [1, Infinity]],
  // Fifteen digits are always within 64 bits.
  ["long", [-Infinity, Infinity]],
  ["int", [-2147483648, 2147483647]],
  ["short", [-32768, 32767]],
  ["byte", [-128, 127]],
  ["unsignedLong", [0, Infinity]],
  ["unsignedInt", [0, 4294967295]],
  ["unsignedShort", [0, 65535]],
  ["unsignedByte", [0, 255]],
]);

/** undefined where nothing can surely be said of the type. */
export function sureText(type: SimpleType): SureText | undefined {
  if (type.variety !== "atomic" || type.builtin === undefined) return undefined;
  const steps = type.steps ?? [];
  const base = builtinTest(type.builtin, type.whiteSpace, steps);
  if (base === undefined) return undefined;
  const tests = [base];
  const isText = type.primitive === "string";
  let entities = isText;
  for (const facets of steps) {
    if (!isText && hasLength(facets)) return undefined;
    if (type.primitive !== "decimal" && (hasBounds(facets) || hasDigits(facets))) return undefined;
    if (hasDigits(facets)) tests.push(digitsTest(facets));
    if (hasBounds(facets)) {
      const bounds = boundsTest(facets);
      if (bounds === undefined) return undefined;
      tests.push(bounds);
    }
    if (facets.enumeration.length > 0) tests.push(listTest(facets.enumeration));
    if (facets.patterns.length > 0) {
      const alternatives = facets.patterns.flatMap(({ source }) => patternTest(source) ?? []);
      if (alternatives.length === 0) return undefined;
      tests.push(anyOf(alternatives));
    }
    if (facets.enumeration.length + facets.patterns.length > 0) entities = false;
  }
  return { test: allOf(tests), entities };
}

function allOf(tests: readonly TextTest[]): TextTest {
  const [first, second, third] = tests as [TextTest, TextTest?, TextTest?];
  if (second === undefined) return first;
  if (third === undefined) return (bytes, from, to) => first(bytes, from, to) && second(bytes, from, to);
  return (bytes, from, to) => tests.every((test) => test(bytes, from, to));
}

function anyOf(tests: readonly TextTest[]): TextTest {
  const [first] = tests as [TextTest];
  return tests.length === 1 ? first : (bytes, from, to) => tests.some((test) => test(bytes, from, to));
}

function hasLength({ length, minLength, maxLength }: Facets): boolean {
  return length !== undefined || minLength !== undefined || maxLength !== undefined;
}

function hasDigits({ totalDigits, fractionDigits }: Facets): boolean {
  return totalDigits !== undefined || fractionDigits !== undefined;
}

function hasBounds({ minInclusive, maxInclusive, minExclusive, maxExclusive }: Facets): boolean {
  return [minInclusive, maxInclusive, minExclusive, maxExclusive].some((bound) => bound !== undefined);
}

// ── built-in types ──────────────────────────────────────────────────────────────────────────────────────────────

function builtinTest(
  local: string,
  whiteSpace: SimpleType["whiteSpace"],
  steps: readonly Facets[],
): TextTest | undefined {
  const range = INTEGERS.get(local);
  if (range !== undefined) return integerTest(range[0], range[1]);
  switch (local) {
    case "string":
    case "normalizedString":
    case "token":
      return lengthTest(steps, whiteSpace === "preserve");
    case "decimal":
      return isDecimal;
    case "boolean":
      return listTest(["true", "false", "1", "0"]);
    case "date":
      return (bytes, from, to) => to === from + 10 && isDate(bytes, from);
    case "dateTime":
      return isDateTime;
    default:
      return undefined;
  }
}

/** Characters counted where they are limited; an entity is one of them. */
function lengthTest(steps: readonly Facets[], preserved: boolean): TextTest {
  let least = 0;
  let most = Infinity;
  for (const { length, minLength, maxLength } of steps) {
    least = Math.max(least, minLength ?? 0, length ?? 0);
    most = Math.min(most, maxLength ?? Infinity, length ?? Infinity);
  }
  const counted = least > 0 || most < Infinity;
  return (bytes, from, to) => {
    if (!preserved && !isNormalised(bytes, from, to)) return false;
    if (!counted) return true;
    // A character has one to four bytes, an entity up to six.
    if (to - from <= most && (to - from) / 6 >= least) return true;
    const count = countCharacters(bytes, from, to);
    return count >= least && count <= most;
  };
}

/** No whitespace that a schema processor would change or take away. */
function isNormalised(bytes: Uint8Array, from: number, to: number): boolean {
  let before = SPACE;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if (byte < SPACE || (byte === SPACE && before === SPACE)) return false;
    before = byte;
  }
  return from === to || before !== SPACE;
}

function countCharacters(bytes: Uint8Array, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if ((byte & 0xc0) === 0x80) continue;
    count++;
    if (byte === AMPERSAND) while (bytes[at] !== SEMICOLON) at++;
  }
  return count;
}

const SPACE = 0x20;
const AMPERSAND = 0x26;
const SEMICOLON = 0x3b;
const MINUS = 0x2d;
const POINT = 0x2e;
const COLON = 0x3a;
const LETTER_T = 0x54;
const LETTER_Z = 0x5a;

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function integerTest(least: number, most: number): TextTest {
  return (bytes, from, to) => {
    const negative = bytes[from] === MINUS;
    const start = negative ? from + 1 : from;
    if (start >= to || to - start > DIGITS_MOST) return false;
    let value = 0;
    for (let at = start; at < to; at++) {
      const byte = bytes[at] as number;
      if (!isDigit(byte)) return false;
      value = value * 10 + (byte - 0x30);
    }
    // Minus zero is rare enough to be asked about.
    if (negative) return value > 0 && -value >= least && -value <= most;
    return value >= least && value <= most;
  };
}

/** Digits, perhaps with a minus before them and a point between them. */
const isDecimal: TextTest = (bytes, from, to) => {
  const start = bytes[from] === MINUS ? from + 1 : from;
  if (to - start > DIGITS_MOST) return false;
  let points = 0;
  for (let at = start; at < to; at++) {
    const byte = bytes[at] as number;
    if (byte === POINT) {
      if (points++ > 0 || at === start || at === to - 1) return false;
    } else if (!isDigit(byte)) return false;
  }
  return to > start;
};

function digitsTest({ totalDigits = Infinity, fractionDigits = Infinity }: Facets): TextTest {
  return (bytes, from, to) => {
    let digits = 0;
    let behind = 0;
    let pointed = false;
    for (let at = from; at < to; at++) {
      const byte = bytes[at] as number;
      if (byte === POINT) pointed = true;
      else if (isDigit(byte)) {
        digits++;
        if (pointed) behind++;
      }
    }
    return digits <= totalDigits && behind <= fractionDigits;
  };
}

/** Where the bounds are short numbers; texts of up to fifteen digits keep their order as numbers of JavaScript. */
function boundsTest(facets: Facets): TextTest | undefined {
  const numbers: (number | undefined)[] = [];
  for (const bound of [facets.minInclusive, facets.minExclusive, facets.maxInclusive, facets.maxExclusive]) {
    const text = bound?.trim();
    if (text !== undefined && !/^-?\d{1,14}(?:\.\d)?$/.test(text)) return undefined;
    numbers.push(text === undefined ? undefined : Number(text));
  }
  const [least = -Infinity, above = -Infinity, most = Infinity, below = Infinity] = numbers;
  return (bytes, from, to) => {
    let text = "";
    for (let at = from; at < to; at++) text += String.fromCharCode(bytes[at] as number);
    const value = Number(text);
    return value >= least && value > above && value <= most && value < below;
  };
}

/** `2026-11-22`, of a day that exists; ten bytes. */
function isDate(bytes: Uint8Array, from: number): boolean {
  if (bytes[from + 4] !== MINUS || bytes[from + 7] !== MINUS) return false;
  const year = twoDigits(bytes, from) * 100 + twoDigits(bytes, from + 2);
  const month = twoDigits(bytes, from + 5);
  const day = twoDigits(bytes, from + 8);
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1)) return false;
  if (day <= 28) return true;
  if (month !== 2) return day <= (month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31);
  return day === 29 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** NaN where there are none: nothing compares with it. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at] as number;
  const ones = bytes[at + 1] as number;
  return isDigit(tens) && isDigit(ones) ? (tens - 0x30) * 10 + (ones - 0x30) : NaN;
}

/** `2026-11-22T10:30:00`, perhaps with a Z. */
const isDateTime: TextTest = (bytes, from, to) => {
  const end = bytes[to - 1] === LETTER_Z ? to - 1 : to;
  if (end !== from + 19 || !isDate(bytes, from) || bytes[from + 10] !== LETTER_T) return false;
  if (bytes[from + 13] !== COLON || bytes[from + 16] !== COLON) return false;
  return twoDigits(bytes, from + 11) < 24 && twoDigits(bytes, from + 14) < 60 && twoDigits(bytes, from + 17) < 60;
};

// ── lists of values ─────────────────────────────────────────────────────────────────────────────────────────────

const encoder = new TextEncoder();

/** The bytes stand in the list just so; another writing of the same value is asked about. */
function listTest(values: readonly string[]): TextTest {
  const byLength = new Map<number, Uint8Array[]>();
  for (const value of values) {
    const bytes = encoder.encode(value);
    byLength.set(bytes.length, [...(byLength.get(bytes.length) ?? []), bytes]);
  }
  return (bytes, from, to) => byLength.get(to - from)?.some((value) => startsWith(bytes, from, value)) === true;
}

/** A fixed value, written as the schema has it. */
export function just(value: string): SureText {
  return { test: listTest([value]), entities: false };
}

export function startsWith(bytes: Uint8Array, at: number, start: Uint8Array): boolean {
  for (let i = 0; i < start.length; i++) if (bytes[at + i] !== start[i]) return false;
  return true;
}
