// What the calendar brings: reminders of an end, and of payload that will be erased. Each is told once, also across restarts; who comes
// late hears the newest only.

import type { LoadedBridge } from "../bridge/types.ts";
import { addDays, dateIn, daysBetween } from "../lifecycle/dates.ts";
import type { Standing } from "../lifecycle/state.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Days before the end at which people are reminded. */
const REMINDERS = [365, 180, 90, 30, 7, 1];
/** Reminders come in the morning. */
const MORNING = 8 * HOUR;

export interface SunsetMemory {
  readonly end: string;
  /** The reminder that was told last, in days. */
  readonly told: number;
}

/** The reminder that is due by the trusted clock; undefined = none. */
export function dueReminder(
  { lifecycle, timezone }: Pick<LoadedBridge, "lifecycle" | "timezone">,
  { state, end }: Pick<Standing, "state" | "end">,
  now: number,
  memory: SunsetMemory | undefined,
): { readonly reminder: number; readonly days: number } | undefined {
  if (state === "planned" || state === "sunset" || state === "notbetrieb" || state === "retired") return undefined;
  const days = daysBetween(dateIn(now - MORNING, timezone), end);
  if (days < 1) return undefined;
  // Of a bridge that lives for half a year nobody needs to hear that it ends in a year.
  const own = REMINDERS.filter((before) => addDays(end, -before) >= lifecycle.started);
  const reminder = own.findLast((before) => days <= before);
  const told = memory?.end === end ? memory.told : Number.POSITIVE_INFINITY;
  return reminder === undefined || reminder >= told ? undefined : { reminder, days };
}

/** Days before payload is erased at which its owner is warned. */
const WARNINGS = [1, 7] as const;

/** Up to when what will be erased was warned of, a week and a day before; milliseconds. */
export interface ErasureMemory {
  readonly week: number;
  readonly day: number;
}

export interface Erasing {
  /** Milliseconds. */
  readonly at: number;
  readonly records: number;
}

export interface DueErasure {
  readonly records: number;
  /** When the first of them go. */
  readonly first: number;
  /** It is the warning of a day before. */
  readonly isLast: boolean;
  readonly memory: ErasureMemory;
}

/**
 * Letters are made all the time, so a warning is for all that goes within a day behind its time: the next one is due a day later. What is
 * a day away is told with the rest of the week.
 */
export function dueErasure(
  letters: readonly Erasing[],
  now: number,
  memory: ErasureMemory | undefined,
): DueErasure | undefined {
  const before = { day: memory?.day ?? 0, week: memory?.week ?? 0 };
  const isDue = (days: number, told: number): boolean =>
    letters.some(({ at }) => at > now && at > told && at <= now + days * DAY);
  const [day, week] = WARNINGS;
  const [dayDue, weekDue] = [isDue(day, before.day), isDue(week, before.week)];
  if (!dayDue && !weekDue) return undefined;
  const coming = letters.filter(({ at }) => at > now && at <= now + (week + 1) * DAY);
  return {
    records: coming.reduce((sum, { records }) => sum + records, 0),
    first: Math.min(...coming.map(({ at }) => at)),
    isLast: dayDue,
    // What goes within two days was told now, whichever of both was due.
    memory: { day: now + (day + 1) * DAY, week: Math.max(before.week, now + (week + 1) * DAY) },
  };
}
