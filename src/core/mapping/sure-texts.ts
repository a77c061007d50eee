// Tests of texts as bytes that say yes only where there is no doubt. "No" means: ask a validator. So everything rare is left out (signs, zones
// out of the ordinary, whitespace that is normalised away), and every limit counts the letters as they stand, which is at least what the
// value has. What is tested is written down as data, which other threads understand as well.

/** Whether the bytes from `from` to before `to`, which hold no markup, are surely a literal of the type. */
export type TextTest = (bytes: Uint8Array, from: number, to: number) => boolean;

export type TextSpec =
  | { readonly kind: "any" }
  | { readonly kind: "integer"; readonly least: number; readonly most: number }
  | { readonly kind: "decimal" | "date" | "dateTime" }
  /** Characters; an entity is one of them. `preserved` = whitespace stays as it is. */
  | { readonly kind: "length"; readonly least: number; readonly most: number; readonly preserved: boolean }
  | { readonly kind: "digits"; readonly total: number; readonly fraction: number }
  /** Of numbers of up to fifteen digits. */
  | {
      readonly kind: "bounds";
      readonly least: number;
      readonly above: number;
      readonly most: number;
      readonly below: number;
    }
  /** One of them, just so; another writing of the same value is asked about. */
  | { readonly kind: "list"; readonly values: readonly string[] }
  | { readonly kind: "patterns"; readonly alternatives: readonly (readonly PatternStep[])[] };

/** Characters of ASCII, so and so often, as many as there are. */
export interface PatternStep {
  /** By byte: 1 = allowed. */
  readonly allowed: Uint8Array;
  readonly least: number;
  readonly most: number;
}

/** Digits that a number of JavaScript keeps apart, whatever follows. */
const DIGITS_MOST = 15;

/** All of them hold. */
export function textTest(specs: readonly TextSpec[]): TextTest {
  const tests = specs.filter(({ kind }) => kind !== "any").map(testOf);
  const [first, second, third] = tests as [TextTest?, TextTest?, TextTest?];
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  if (third === undefined) return (bytes, from, to) => first(bytes, from, to) && second(bytes, from, to);
  return (bytes, from, to) => tests.every((test) => test(bytes, from, to));
}

function testOf(spec: TextSpec): TextTest {
  switch (spec.kind) {
    case "any":
      return () => true;
    case "integer":
      return integerTest(spec.least, spec.most);
    case "decimal":
      return isDecimal;
    case "date":
      return (bytes, from, to) => to === from + 10 && isDate(bytes, from);
    case "dateTime":
      return isDateTime;
    case "length":
      return lengthTest(spec);
    case "digits":
      return digitsTest(spec);
    case "bounds":
      return boundsTest(spec);
    case "list":
      return listTest(spec.values);
    default:
      return patternsTest(spec.alternatives);
  }
}

// ── numbers ─────────────────────────────────────────────────────────────────────────────────────────────────────

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

function digitsTest({ total, fraction }: TextSpec & { readonly kind: "digits" }): TextTest {
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
    return digits <= total && behind <= fraction;
  };
}

function boundsTest({ least, above, most, below }: TextSpec & { readonly kind: "bounds" }): TextTest {
  return (bytes, from, to) => {
    let text = "";
    for (let at = from; at < to; at++) text += String.fromCharCode(bytes[at] as number);
    const value = Number(text);
    return value >= least && value > above && value <= most && value < below;
  };
}

// ── texts ───────────────────────────────────────────────────────────────────────────────────────────────────────

function lengthTest({ least, most, preserved }: TextSpec & { readonly kind: "length" }): TextTest {
  // A character has one to four bytes, an entity up to six.
  const enough = least === 0 ? 0 : 6 * least - 5;
  return (bytes, from, to) => {
    if (!preserved && !isNormalised(bytes, from, to)) return false;
    if (to - from <= most && to - from >= enough) return true;
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

function listTest(values: readonly string[]): TextTest {
  const byLength = new Map<number, Uint8Array[]>();
  for (const value of values) {
    const bytes = encoder.encode(value);
    byLength.set(bytes.length, [...(byLength.get(bytes.length) ?? []), bytes]);
  }
  return (bytes, from, to) => byLength.get(to - from)?.some((value) => startsWith(bytes, from, value)) === true;
}

const encoder = new TextEncoder();

export function startsWith(bytes: Uint8Array, at: number, start: Uint8Array): boolean {
  for (let i = 0; i < start.length; i++) if (bytes[at + i] !== start[i]) return false;
  return true;
}

/** Each step takes as many characters as it can and nothing is tried twice: what does not match this way may still. */
function patternsTest(alternatives: readonly (readonly PatternStep[])[]): TextTest {
  const tests = alternatives.map((steps): TextTest => {
    return (bytes, from, to) => {
      let at = from;
      for (const { allowed, least, most } of steps) {
        const start = at;
        while (at < to && at - start < most && allowed[bytes[at] as number] === 1) at++;
        if (at - start < least) return false;
      }
      return at === to;
    };
  });
  const [first] = tests as [TextTest];
  return tests.length === 1 ? first : (bytes, from, to) => tests.some((test) => test(bytes, from, to));
}

// ── days and times ──────────────────────────────────────────────────────────────────────────────────────────────

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
