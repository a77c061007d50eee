// $date and $datetime: legacy dates to ISO 8601.
//
// Patterns are made of dd, MM, yyyy or yy, HH, mm, ss and literals (T, digits never; other letters in quotes: yyyy'J').
// Nothing is lenient: every field has exactly its digits, the calendar is checked (29.02. in leap years only, 24:00 and
// second 60 do not exist).
//
// Two-digit years lie in a window of a hundred years around the year in which the drop was received: from 79 years
// before it to 20 years after it. In 2027, `47` is 2047 and `48` is 1948. The receipt is pinned, so a replay gives the
// same year.

import { Fault, type Data, type Run } from "../runtime.ts";
import { computed, namesFor, preparing, remembered, textOr, type Extra } from "./contract.ts";
import { formatOffset, zoneOf } from "./zone.ts";

interface Pattern {
  readonly source: string;
  readonly length: number;
  readonly literals: readonly { readonly at: number; readonly text: string }[];
  /** Where each field begins; -1 = it is not there. */
  readonly year: number;
  readonly shortYear: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** Day, month and a whole year, and no time. */
  readonly plain: boolean;
}

const fields: Readonly<Record<string, keyof Pattern>> = {
  yyyy: "year",
  yy: "shortYear",
  MM: "month",
  dd: "day",
  HH: "hour",
  mm: "minute",
  ss: "second",
};

function wrong(source: string, why: string): Fault {
  return new Fault("PATTERN_INVALID", { note: `the date pattern ${source} is not valid: ${why}` });
}

/** A quoted literal, `''` being one quote; gives the text and where it ends. */
function quoted(source: string, start: number): readonly [string, number] {
  if (source[start + 1] === "'") return ["'", start + 2];
  let text = "";
  for (let at = start + 1; at < source.length; at += 1) {
    if (source[at] !== "'") text += source[at];
    else if (source[at + 1] === "'") {
      text += "'";
      at += 1;
    } else return [text, at + 1];
  }
  throw wrong(source, "a quote is not closed");
}

function has(at: number): boolean {
  return at >= 0;
}

function checkCombination(pattern: Pattern): void {
  const { source } = pattern;
  if (has(pattern.year) && has(pattern.shortYear)) throw wrong(source, "it has two years");
  const year = has(pattern.year) || has(pattern.shortYear);
  if (has(pattern.month) && !year) throw wrong(source, "MM needs yyyy or yy");
  if (has(pattern.day) && !has(pattern.month)) throw wrong(source, "dd needs MM");
  if (has(pattern.minute) && !has(pattern.hour)) throw wrong(source, "mm needs HH");
  if (has(pattern.second) && !has(pattern.minute)) throw wrong(source, "ss needs mm");
  if (has(pattern.hour) && !has(pattern.minute)) throw wrong(source, "HH needs mm");
  if (has(pattern.hour) && year && !has(pattern.day)) throw wrong(source, "a time needs a whole date, or none");
  if (!year && !has(pattern.hour)) throw wrong(source, "it has neither a date nor a time");
}

function parsePattern(source: string): Pattern {
  if (source.length > 64) throw wrong(source.slice(0, 16), "it is too long");
  const found: Record<string, number> = {
    year: -1,
    shortYear: -1,
    month: -1,
    day: -1,
    hour: -1,
    minute: -1,
    second: -1,
  };
  const literals: { at: number; text: string }[] = [];
  let length = 0;
  let at = 0;
  const literal = (text: string): void => {
    literals.push({ at: length, text });
    length += text.length;
  };
  while (at < source.length) {
    const symbol = source[at] ?? "";
    if (symbol === "'") {
      const [text, end] = quoted(source, at);
      literal(text);
      at = end;
      continue;
    }
    if (!/[A-Za-z]/.test(symbol) || symbol === "T") {
      literal(symbol);
      at += 1;
      continue;
    }
    let end = at;
    while (source[end] === symbol) end += 1;
    const run = source.slice(at, end);
    const field = Object.hasOwn(fields, run) ? fields[run] : undefined;
    if (field === undefined)
      throw wrong(source, `${run} is not known; there are dd MM yyyy yy HH mm ss, other letters in quotes`);
    if ((found[field] ?? -1) >= 0) throw wrong(source, `${run} stands twice`);
    found[field] = length;
    length += run.length;
    at = end;
  }
  const plain = ["year", "month", "day"].every((field) => (found[field] ?? -1) >= 0) && (found["hour"] ?? -1) < 0;
  const pattern = { source, length, literals, ...found, plain } as unknown as Pattern;
  checkCombination(pattern);
  return pattern;
}

const patternOf = remembered(parsePattern);

/** Where day, month and year stand in a date as `$date` reads it, and everything around them. */
export interface DatePlaces {
  readonly length: number;
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly literals: readonly { readonly at: number; readonly text: string }[];
}

/** Of patterns that are day, month and whole year; undefined = another one. Throws a Fault for none at all. */
export function datePlaces(source: string): DatePlaces | undefined {
  const pattern = patternOf(source);
  return pattern.plain && pattern.year >= 0 ? pattern : undefined;
}

/** `size` digits, or NaN. */
function digits(text: string, at: number, size: number): number {
  let value = 0;
  for (let index = at; index < at + size; index += 1) {
    const digit = text.charCodeAt(index) - 48;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

const lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export function daysIn(year: number, month: number): number {
  if (month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)) return 29;
  return lengths[month - 1] ?? 0;
}

function fullYear(short: number, received: number): number {
  const last = new Date(received).getUTCFullYear() + 20;
  const year = last - (last % 100) + short;
  return year > last ? year - 100 : year;
}

interface Read {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

function mismatch(pattern: Pattern, label: string, value: string): never {
  const facts = namesFor(label, { pattern: pattern.source });
  throw new Fault("DATE_INVALID", { value, note: `${label} does not match ${pattern.source}`, facts });
}

function missing(pattern: Pattern, label: string, value: string): never {
  throw new Fault("DATE_INVALID", {
    value,
    note: `${label} matches ${pattern.source}, but there is no such date or time`,
    facts: namesFor(label, { pattern: pattern.source, calendar: 1 }),
  });
}

function checkLiterals(pattern: Pattern, text: string, label: string): void {
  if (text.length !== pattern.length) mismatch(pattern, label, text);
  const { literals } = pattern;
  for (let index = 0; index < literals.length; index += 1) {
    const literal = literals[index];
    if (literal !== undefined && !text.startsWith(literal.text, literal.at)) mismatch(pattern, label, text);
  }
}

function part(text: string, at: number, otherwise: number): number {
  return at < 0 ? otherwise : digits(text, at, 2);
}

function read(pattern: Pattern, text: string, label: string, received: number): Read {
  checkLiterals(pattern, text, label);
  let year = 0;
  if (pattern.year >= 0) year = digits(text, pattern.year, 4);
  else if (pattern.shortYear >= 0) year = fullYear(digits(text, pattern.shortYear, 2), received);
  const month = part(text, pattern.month, 1);
  const day = part(text, pattern.day, 1);
  const hour = part(text, pattern.hour, 0);
  const minute = part(text, pattern.minute, 0);
  const second = part(text, pattern.second, 0);
  if (Number.isNaN(year + month + day + hour + minute + second)) mismatch(pattern, label, text);
  const dated = pattern.year >= 0 || pattern.shortYear >= 0;
  // XML Schema 1.0 and ISO 8601 without an agreement know no year 0.
  if (dated && (year === 0 || day < 1 || day > daysIn(year, month))) missing(pattern, label, text);
  if (hour > 23 || minute > 59 || second > 59) missing(pattern, label, text);
  return { year, month, day, hour, minute, second };
}

/** `-00` to `-99`, and years from the first time that one is met: the text of a date is two concatenations of what is there. */
const dashed: readonly string[] = Array.from({ length: 100 }, (_, value) => `-${two(value)}`);
const years: (string | undefined)[] = Array.from({ length: 10_000 });

/** dd MM yyyy and nothing else, the usual case. */
function plainDate(pattern: Pattern, text: string, label: string): string {
  checkLiterals(pattern, text, label);
  const year = digits(text, pattern.year, 4);
  const month = digits(text, pattern.month, 2);
  const day = digits(text, pattern.day, 2);
  if (Number.isNaN(year + month + day)) mismatch(pattern, label, text);
  if (year === 0 || day < 1 || day > daysIn(year, month)) missing(pattern, label, text);
  const first = (years[year] ??= String(year).padStart(4, "0"));
  return first + (dashed[month] as string) + (dashed[day] as string);
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

function dateText(pattern: Pattern, date: Read): string {
  if (pattern.year < 0 && pattern.shortYear < 0) return "";
  let text = date.year < 1000 ? String(date.year).padStart(4, "0") : String(date.year);
  if (pattern.month >= 0) text += `-${two(date.month)}`;
  if (pattern.day >= 0) text += `-${two(date.day)}`;
  return text;
}

function timeText(date: Read): string {
  return `${two(date.hour)}:${two(date.minute)}:${two(date.second)}`;
}

function offsetText(date: Read, zone: string, label: string, value: string): string {
  const local = new Date(0);
  local.setUTCFullYear(date.year, date.month - 1, date.day);
  local.setUTCHours(date.hour, date.minute, date.second);
  const offset = zoneOf(zone).offsetAt(local.getTime());
  if (offset === undefined) {
    const facts = namesFor(label, { zone });
    throw new Fault("DATE_INVALID", { value, note: `${label} is a local time that ${zone} does not have`, facts });
  }
  return formatOffset(offset);
}

/** `whole` = $datetime: date, time and offset always. */
function convert(
  run: Run,
  pattern: Pattern,
  zone: string | undefined,
  whole: boolean,
  value: Data,
  label: string,
): Data {
  const text = textOr(value, 1);
  if (text === undefined) return undefined;
  if (pattern.plain && !whole && zone === undefined) return plainDate(pattern, text, label);
  const date = read(pattern, text, label, run.received);
  const day = dateText(pattern, date);
  if (!whole && zone === undefined && pattern.hour < 0) return day;
  let result = day;
  if (whole || pattern.hour >= 0) result += `${day === "" ? "" : "T"}${timeText(date)}`;
  return zone === undefined ? result : result + offsetText(date, zone, label, text);
}

function checkWhole(pattern: Pattern, whole: boolean, zone: string | undefined): void {
  if ((whole || zone !== undefined) && pattern.day < 0)
    throw wrong(pattern.source, "an offset needs a day, dd MM yyyy");
}

function define(name: string, whole: boolean): Extra {
  const zoneFor = (run: Run, zone: string | undefined): string | undefined =>
    zone ?? (whole ? (run.scope?.timezone ?? "UTC") : undefined);
  return {
    name,
    signature: "<s-ss?:s>",
    least: 2,
    most: 3,
    call: (run, label, text, source, zone) => {
      if (text === undefined || source === undefined) return undefined;
      return computed(label, () => {
        const pattern = patternOf(source);
        checkWhole(pattern, whole, zone);
        return convert(run, pattern, zoneFor(run, zone), whole, text, label);
      });
    },
    prepare: preparing(([source, zone], label) => {
      if (typeof source !== "string") throw new Fault("T0410", { value: source, argument: 2 });
      if (zone !== undefined && typeof zone !== "string") throw new Fault("T0410", { value: zone, argument: 3 });
      const pattern = patternOf(source);
      checkWhole(pattern, whole, zone);
      if (zone !== undefined) zoneOf(zone);
      return (run, value) => convert(run, pattern, zoneFor(run, zone), whole, value, label);
    }),
  };
}

export const dateFunctions: readonly Extra[] = [define("date", false), define("datetime", true)];
