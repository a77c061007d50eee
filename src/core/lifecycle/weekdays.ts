// Days of the week as policies and bridges name them, and which days are worked on. Days are counted from 1970-01-01.

import { holidayOn } from "./policy-holidays.ts";
import type { Land } from "./policy-holidays.ts";

export const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

export function weekdayOf(day: number): Weekday {
  // Day 0 was a Thursday; days before it are negative.
  return WEEKDAYS[(((day + 3) % 7) + 7) % 7] as Weekday;
}

export function isWeekend(day: number): boolean {
  return ["saturday", "sunday"].includes(weekdayOf(day));
}

/** Monday to Friday without public holidays; without a Land only those count that all share. */
export function isWorkday(day: number, land: Land | undefined): boolean {
  return !isWeekend(day) && holidayOn(day, land) === undefined;
}
