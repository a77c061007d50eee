// Plans of formulas as functions that write cells as values of JSON or XML. A cell is valid UTF-8; what is not plain enough for these few
// lines is OTHER, and never an error.

import {
  partBegin,
  partEnd,
  type CellCondition,
  type CellPart,
  type CellPlan,
  type CellTest,
  type JoinedPart,
} from "../formula/cell-plan.ts";
import { daysIn, type DatePlaces } from "../formula/extra/dates.ts";
import { type DecimalPicture, minus, mostDigits, plus } from "../formula/extra/decimals.ts";
import type { ByteSink } from "./byte-sink.ts";
import { constant, textBytes, type TextForm } from "./text-forms.ts";

/** Nothing is written, the member does not stand. */
export const ABSENT = 0;
export const WRITTEN = 1;
/** For the general way, whatever was written. */
export const OTHER = -1;
export type Result = typeof ABSENT | typeof WRITTEN | typeof OTHER;

/** Writes the value of the row whose places begin at `base`, within what was reserved. */
export type CellWriter = (bytes: Uint8Array, places: Int32Array, base: number, out: ByteSink) => Result;

const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;
const POINT = 0x2e;

const absent: CellWriter = () => ABSENT;

/** `column` gives the number of a column, or -1: a name that the drop does not have is absent. */
export function cellWriter(plan: CellPlan, column: (name: string) => number, form: TextForm): CellWriter {
  if (plan.kind === "joined") return joinedWriter(plan.parts, column, form);
  if (plan.kind === "choice") {
    const { yes, no } = plan;
    return choiceWriter(plan.test, column, cellWriter(yes, column, form), no ? cellWriter(no, column, form) : absent);
  }
  if (plan.kind === "test") return testWriter(plan, column);
  const at = column(plan.name);
  if (at < 0) return absent;
  if (plan.kind === "part") return partWriter(2 * at, plan, form);
  if (plan.kind === "date") return dateWriter(2 * at, plan.places, form);
  return plan.kind === "decimal" ? decimalWriter(2 * at, plan.picture, form) : plainWriter(2 * at, form);
}

function plainWriter(slot: number, { mark, put }: TextForm): CellWriter {
  return (bytes, places, base, out) => {
    const from = places[base + slot] as number;
    const to = places[base + slot + 1] as number;
    if (from === to) return ABSENT;
    if (mark !== 0) out.bytes[out.at++] = mark;
    if (!put(bytes, from, to, out)) return OTHER;
    if (mark !== 0) out.bytes[out.at++] = mark;
    return WRITTEN;
  };
}

function partWriter(slot: number, part: CellPart, { mark, put }: TextForm): CellWriter {
  return (bytes, places, base, out) => {
    const from = places[base + slot] as number;
    const to = places[base + slot + 1] as number;
    if (from === to) return ABSENT;
    // Elsewhere characters are no bytes.
    if (!isAscii(bytes, from, to)) return OTHER;
    if (mark !== 0) out.bytes[out.at++] = mark;
    if (!put(bytes, from + partBegin(part, to - from), from + partEnd(part, to - from), out)) return OTHER;
    if (mark !== 0) out.bytes[out.at++] = mark;
    return WRITTEN;
  };
}

export function isAscii(bytes: Uint8Array, from: number, to: number): boolean {
  for (let index = from; index < to; index += 1) if ((bytes[index] as number) > 0x7f) return false;
  return true;
}

function joinedWriter(
  parts: readonly JoinedPart[],
  column: (name: string) => number,
  { mark, put, literal }: TextForm,
): CellWriter {
  const known = parts.map((part) => {
    if ("text" in part) return { text: literal(part.text), slot: -1 };
    return { text: undefined, slot: 2 * column(part.name) };
  });
  // Text that the format cannot hold is the general way's to say.
  if (parts.some((part) => "text" in part && literal(part.text) === undefined)) return () => OTHER;
  return (bytes, places, base, out) => {
    if (mark !== 0) out.bytes[out.at++] = mark;
    for (const { text, slot } of known) {
      if (text !== undefined) {
        out.put(text.bytes);
        out.entities += text.entities;
      } else if (slot >= 0) {
        if (!put(bytes, places[base + slot] as number, places[base + slot + 1] as number, out)) return OTHER;
      }
    }
    if (mark !== 0) out.bytes[out.at++] = mark;
    return WRITTEN;
  };
}

export type Asked = (bytes: Uint8Array, places: Int32Array, base: number) => boolean;

/** Whether the condition is true of the row whose places begin at `base`. */
export function cellAsked(condition: CellCondition, column: (name: string) => number): Asked {
  if (condition.kind === "test") return asked(condition, column);
  const slot = 2 * column(condition.name);
  if (slot < 0) return () => false;
  return (_bytes, places, base) => places[base + slot] !== places[base + slot + 1];
}

function asked({ name, text, wanted }: CellTest, column: (name: string) => number): Asked {
  const slot = 2 * column(name);
  const literal = textBytes(text);
  const { length } = literal;
  if (slot < 0) return () => false;
  return (bytes, places, base) => {
    const from = places[base + slot] as number;
    const size = (places[base + slot + 1] as number) - from;
    if (size === 0) return false;
    if (size !== length) return !wanted;
    for (let index = 0; index < length; index += 1) if (bytes[from + index] !== literal[index]) return !wanted;
    return wanted;
  };
}

const TRUE = constant("true");
const FALSE = constant("false");

function testWriter(test: CellTest, column: (name: string) => number): CellWriter {
  const holds = asked(test, column);
  return (bytes, places, base, out) => {
    out.put(holds(bytes, places, base) ? TRUE : FALSE);
    return WRITTEN;
  };
}

function choiceWriter(test: CellTest, column: (name: string) => number, yes: CellWriter, no: CellWriter): CellWriter {
  const holds = asked(test, column);
  return (bytes, places, base, out) =>
    holds(bytes, places, base) ? yes(bytes, places, base, out) : no(bytes, places, base, out);
}

/** Two digits, or something that is not at all a number of two digits. */
function two(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) - ZERO;
  const ones = (bytes[at + 1] as number) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? 10 * tens + ones : Number.NaN;
}

function dateWriter(slot: number, { length, year, month, day, literals }: DatePlaces, { mark }: TextForm): CellWriter {
  const fixed = literals.flatMap(({ at, text }) =>
    Array.from({ length: text.length }, (_, index) => ({ at: at + index, byte: text.charCodeAt(index) })),
  );
  // A literal beyond ASCII has other places in bytes than in characters.
  if (fixed.some(({ byte }) => byte > 0x7f)) {
    return (_bytes, places, base) => (places[base + slot] === places[base + slot + 1] ? ABSENT : OTHER);
  }
  return (bytes, places, base, out) => {
    const from = places[base + slot] as number;
    const size = (places[base + slot + 1] as number) - from;
    if (size === 0) return ABSENT;
    if (size !== length) return OTHER;
    for (const { at, byte } of fixed) if (bytes[from + at] !== byte) return OTHER;
    const years = 100 * two(bytes, from + year) + two(bytes, from + year + 2);
    const months = two(bytes, from + month);
    const days = two(bytes, from + day);
    // Comparisons with NaN are false.
    if (!(years > 0 && days >= 1 && days <= daysIn(years, months))) return OTHER;
    const target = out.bytes;
    let { at } = out;
    if (mark !== 0) target[at++] = mark;
    for (let index = from + year; index < from + year + 4; index += 1) target[at++] = bytes[index] as number;
    target[at++] = MINUS;
    target[at++] = bytes[from + month] as number;
    target[at++] = bytes[from + month + 1] as number;
    target[at++] = MINUS;
    target[at++] = bytes[from + day] as number;
    target[at++] = bytes[from + day + 1] as number;
    if (mark !== 0) target[at++] = mark;
    out.at = at;
    return WRITTEN;
  };
}

/** As `$decimal`, without its words for what does not match. */
function decimalWriter(slot: number, { group, point, trailingSign }: DecimalPicture, { mark }: TextForm): CellWriter {
  return (bytes, places, base, out) => {
    let from = places[base + slot] as number;
    let to = places[base + slot + 1] as number;
    if (from === to) return ABSENT;
    if (to - from > mostDigits) return OTHER;
    const sign = bytes[from] as number;
    const last = bytes[to - 1] as number;
    let negative = false;
    if (sign === minus || sign === plus) {
      negative = sign === minus;
      from += 1;
    } else if (trailingSign && (last === minus || last === plus)) {
      negative = last === minus;
      to -= 1;
    }
    let start = from;
    let grouped = false;
    let pointAt = -1;
    let isZero = true;
    for (let at = from; at < to; at += 1) {
      const byte = bytes[at] as number;
      if (byte >= ZERO && byte <= NINE) {
        if (byte !== ZERO) isZero = false;
        continue;
      }
      const size = at - start;
      if (pointAt !== -1) return OTHER;
      if (byte === group && size > 0 && (grouped ? size === 3 : size <= 3)) grouped = true;
      else if (byte === point && (!grouped || size === 3)) pointAt = at;
      else return OTHER;
      start = at + 1;
    }
    const rest = to - start;
    if (rest <= 0 || (pointAt === -1 && grouped && rest !== 3)) return OTHER;
    const target = out.bytes;
    let { at } = out;
    if (mark !== 0) target[at++] = mark;
    if (negative && !isZero) target[at++] = MINUS;
    const end = pointAt === -1 ? to : pointAt;
    let begun = false;
    for (let index = from; index < end; index += 1) {
      const byte = bytes[index] as number;
      if (byte === group) continue;
      // Zeros in front go, but for the last digit.
      if (byte === ZERO && !begun) continue;
      begun = true;
      target[at++] = byte;
    }
    if (!begun) target[at++] = ZERO;
    if (pointAt !== -1) {
      target[at++] = POINT;
      for (let index = pointAt + 1; index < to; index += 1) target[at++] = bytes[index] as number;
    }
    if (mark !== 0) target[at++] = mark;
    out.at = at;
    return WRITTEN;
  };
}
