// Who of a bridge's callers has moved on: migrated is who has been silent for a whole cycle.

import type { Lifecycle } from "../bridge/types.ts";
import { addPeriod, formatDate, parsePeriod } from "../options/units.ts";
import { dateIn, dayNumber } from "./dates.ts";

/** `using`: came within the cycle. `migrated`: silent for longer. `knocking`: comes although the bridge has ended. */
export type CallerState = "using" | "migrated" | "knocking";

export interface Cycle {
  /** As the bridge file calls it; null = it names none, and a month is meant. */
  readonly name: string | null;
  /** `P1M` */
  readonly period: string;
}

const MONTH: Cycle = { name: null, period: "P1M" };

/** The longest: who comes once a year has not moved because he was silent for a month. */
export function longestCycle({ cycles }: Pick<Lifecycle, "cycles">): Cycle {
  return cycles.toSorted((a, b) => lengthOf(b.period) - lengthOf(a.period))[0] ?? MONTH;
}

function lengthOf(period: string): number {
  const length = parsePeriod(period);
  return length ? addPeriod(0, length) : 0;
}

/** Callers that come within this time after the end still knock. */
const KNOCKS = 30 * 86_400_000;

/** `last`: milliseconds since 1970; `closedAt`: since when nothing is taken any more. */
export function callerState(
  last: number,
  { period }: Cycle,
  now: number,
  zone: string,
  closedAt: number | undefined,
): CallerState {
  if (closedAt !== undefined && last > closedAt) return last > now - KNOCKS ? "knocking" : "migrated";
  const length = parsePeriod(period);
  const day = dayNumber(dateIn(last, zone));
  if (!length || day === undefined) return "using";
  return formatDate(addPeriod(day, length)) < dateIn(now, zone) ? "migrated" : "using";
}
