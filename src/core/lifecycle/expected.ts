// `expect` of a bridge: what should have come by now. A turn is one time at which something is expected, with what counts for it.
//
//   ──┤ late for Friday ├────────── counts for Monday ──────────▶│◀─ late for Monday ─├── counts for Tuesday ──
//                                                           Monday 06:00
//
// What comes within twelve hours behind the time, at most half the way to the next, is late for it; all else counts for the next.

import { formatDate } from "../options/units.ts";
import { atLocal, dateIn, dayNumber } from "./dates.ts";
import type { Land } from "./policy-holidays.ts";
import { isWorkday, type Weekday, weekdayOf } from "./weekdays.ts";

export interface Expectation {
  /** Time by the wall, `06:00`. */
  readonly by: string;
  readonly on: "daily" | "workdays" | readonly Weekday[];
  /** Whose holidays are no working days; undefined = those of all Länder. */
  readonly land: Land | undefined;
  /** How many records of a turn are neither oddly few nor oddly many; undefined = any. */
  readonly records: { readonly least: number; readonly most: number } | undefined;
}

/** Milliseconds since 1970. */
export interface Turn {
  readonly by: number;
  /** What was received behind `from`, and not behind `to`, counts for it. */
  readonly from: number;
  readonly to: number;
  /** The time of the next one. */
  readonly next: number;
}

const LATE = 12 * 3_600_000;
/** Some weekday comes within so many days, holidays in a row included. */
const MOST_DAYS = 30;

/** The turn whose time came last. */
export function turnAt(expectation: Expectation, now: number, zone: string): Turn {
  const today = dayNumber(dateIn(now, zone)) ?? 0;
  const time = (day: number): number => timeOn(expectation, day, zone);
  const last = dayFrom(expectation, time(today) <= now ? today : today - 1, -1);
  const [before, after] = [dayFrom(expectation, last - 1, -1), dayFrom(expectation, last + 1, 1)];
  const [earlier, by, next] = [time(before), time(last), time(after)];
  return { by, next, from: endOfLate(earlier, by), to: endOfLate(by, next) };
}

function endOfLate(by: number, next: number): number {
  return by + Math.min(LATE, Math.floor((next - by) / 2));
}

function timeOn({ by }: Expectation, day: number, zone: string): number {
  return atLocal(formatDate(day), Number(by.slice(0, 2)), Number(by.slice(3)), zone);
}

/** The first day from this one on, forwards or backwards, on which something is expected. */
function dayFrom(expectation: Expectation, from: number, step: 1 | -1): number {
  let day = from;
  for (let left = MOST_DAYS; left > 0 && !isExpected(expectation, day); left--) day += step;
  return day;
}

function isExpected({ on, land }: Expectation, day: number): boolean {
  if (on === "daily") return true;
  if (on === "workdays") return isWorkday(day, land);
  return on.includes(weekdayOf(day));
}

/** What came between two moments: drops that are no repetition of an earlier one. */
export interface Arrivals {
  readonly drops: number;
  /** When the first of them was received. */
  readonly first: number | undefined;
  readonly records: number;
  /** Drops whose records are not all counted yet. */
  readonly unread: number;
}

export type ExpectedState = "here" | "late" | "missing" | "small" | "large";

/** `counted` came in the turn, `since` is all from its beginning on. */
export function expectedState(expectation: Expectation, turn: Turn, counted: Arrivals, since: Arrivals): ExpectedState {
  if (since.first === undefined) return "missing";
  const { records } = expectation;
  if (records && counted.drops > 0) {
    if (counted.records > records.most) return "large";
    if (counted.unread === 0 && counted.records < records.least) return "small";
  }
  return since.first > turn.by ? "late" : "here";
}
