// How far the bridge's users have moved: what it did and what the successor did, day by day, and the share that follows.
//
// A day is measured where the successor's figure covers nine tenths of it. A share is taken over days that are measured, bridge and
// successor over the same ones; too few of them, and there is none: not measured is never 0 or 100 %.

import { addDays, atLocal, dateIn } from "./dates.ts";

/** Of one day in the bridge's zone: what the bridge and the successor did, and the milliseconds that the successor's figure covers. */
export type DayFigures = readonly [bridge: number, successor: number, covered: number];

/** What is kept of a bridge. */
export interface Progress {
  /** By date, at most MOST_DAYS of them. */
  readonly days: Readonly<Record<string, DayFigures>>;
  /** Since when the bridge is counted, and its own counter as last read. */
  readonly since?: number;
  readonly bridge?: Reading;
  /** When the successor was last read, and its counter, where it is one. */
  readonly successor?: { readonly at: number; readonly total?: number };
  /** The last look, where it failed. */
  readonly failed?: { readonly at: number; readonly since: number; readonly message: string } | undefined;
  /** Measured milestones whose day has passed, by date: the share that there was. */
  readonly decided?: Readonly<Record<string, number>>;
}

interface Reading {
  readonly at: number;
  readonly total: number;
}

export const MOST_DAYS = 400;
/** Over so many days a share is taken, of which so many have to be measured. */
export const WINDOW_DAYS = 30;
export const LEAST_DAYS = 7;
const ENOUGH = 0.9;

export const NO_PROGRESS: Progress = { days: {} };

const NO_FIGURES: DayFigures = [0, 0, 0];

/** When a day of that zone begins. */
export function startOf(date: string, zone: string): number {
  return atLocal(date, 0, 0, zone);
}

/**
 * What the bridge did since it was last asked is dealt to the days by time; after a longer silence than `gap` the appliance did not run,
 * and it counts for the day of now. What was before it was first asked counts for none.
 */
export function countBridge(progress: Progress, now: number, total: number, gap: number, zone: string): Progress {
  const { bridge } = progress;
  const after = { ...progress, since: progress.since ?? now, bridge: { at: now, total } };
  const more = bridge === undefined ? 0 : Math.max(0, total - bridge.total);
  if (bridge === undefined || more === 0) return after;
  const from = now > bridge.at && now - bridge.at <= gap ? bridge.at : now - 1;
  let days = progress.days;
  for (const span of spansOf(from, now, zone))
    days = added(days, span.date, [(more * (span.to - span.from)) / (now - from), 0, 0]);
  return { ...after, days: bounded(days) };
}

/**
 * A counter that only grows. One that is smaller than before began anew at 0. What lies between two readings is dealt to the days
 * by time; readings further apart than `gap` leave what lies between them unmeasured.
 */
export function countTotal(progress: Progress, now: number, total: number, gap: number, zone: string): Progress {
  const { successor: before } = progress;
  const after = { ...progress, successor: { at: now, total } };
  if (before?.total === undefined || now <= before.at || now - before.at > gap) return after;
  const more = total >= before.total ? total - before.total : total;
  let days = progress.days;
  for (const { date, from, to } of spansOf(before.at, now, zone)) {
    days = added(days, date, [0, (more * (to - from)) / (now - before.at), to - from]);
  }
  return { ...after, days: bounded(days) };
}

/** What there was in a part of a day, as one figure; it takes the place of what was known of the day. */
export function countDay(progress: Progress, { date, from, to }: DaySpan, figure: number): Progress {
  const [bridge] = progress.days[date] ?? NO_FIGURES;
  const days = { ...progress.days, [date]: [bridge, figure, to - from] as const };
  return { ...progress, days: bounded(days) };
}

export interface DaySpan {
  readonly date: string;
  readonly from: number;
  readonly to: number;
}

/** A stretch of time cut at midnight. */
export function spansOf(from: number, to: number, zone: string): readonly DaySpan[] {
  const spans: DaySpan[] = [];
  for (let at = from; at < to && spans.length < MOST_DAYS;) {
    const date = dateIn(at, zone);
    const end = Math.min(to, startOf(addDays(date, 1), zone));
    spans.push({ date, from: at, to: end });
    at = end;
  }
  return spans;
}

type Days = Progress["days"];

function added(days: Days, date: string, [bridge, successor, covered]: DayFigures): Days {
  const before = days[date] ?? NO_FIGURES;
  return { ...days, [date]: [before[0] + bridge, before[1] + successor, before[2] + covered] };
}

/** The oldest go. */
function bounded(days: Days): Days {
  const dates = Object.keys(days);
  if (dates.length <= MOST_DAYS) return days;
  const kept = dates.toSorted().slice(-MOST_DAYS);
  return Object.fromEntries(kept.map((date) => [date, days[date] as DayFigures]));
}

/** Whether the successor's figure covers the day, as far as it has come by `now`. */
export function isMeasured(progress: Progress, date: string, now: number, zone: string): boolean {
  const [, , covered] = progress.days[date] ?? NO_FIGURES;
  const length = Math.min(now, startOf(addDays(date, 1), zone)) - startOf(date, zone);
  return length > 0 && covered >= length * ENOUGH;
}

export interface Share {
  /** Of the successor, 0 to 1. */
  readonly successor: number;
  readonly bridgeCount: number;
  readonly successorCount: number;
  /** Days that it is taken over. */
  readonly days: number;
}

/** What the figure of the successor counts: `withBridge` = what the bridge delivers to it, too. */
export interface Counting {
  readonly withBridge: boolean;
  readonly timezone: string;
}

/** Of the days from the first to the last, both included; undefined = not measured, or nothing was done at all. */
export function shareOf(
  progress: Progress,
  [first, last]: readonly [string, string],
  least: number,
  now: number,
  { withBridge, timezone }: Counting,
): Share | undefined {
  let [bridgeCount, successorCount, days] = [0, 0, 0];
  for (let date = first; date <= last; date = addDays(date, 1)) {
    if (!isMeasured(progress, date, now, timezone)) continue;
    const [bridge, successor] = progress.days[date] ?? NO_FIGURES;
    days++;
    bridgeCount += bridge;
    successorCount += withBridge ? Math.max(0, successor - bridge) : successor;
  }
  const all = bridgeCount + successorCount;
  if (days < least || all <= 0) return undefined;
  return { successor: successorCount / all, bridgeCount, successorCount, days };
}

/** The share before a day begins: of the 30 days before it. */
export function shareBefore(progress: Progress, date: string, now: number, counting: Counting): Share | undefined {
  return shareOf(progress, [addDays(date, -WINDOW_DAYS), addDays(date, -1)], LEAST_DAYS, now, counting);
}

/** A probe that has been silent for so long measures nothing any more. */
const SILENT = 48 * 3_600_000;

/** The share of the last 30 days, today included. */
export function shareNow(progress: Progress, now: number, counting: Counting): Share | undefined {
  if (progress.successor === undefined || now - progress.successor.at > SILENT) return undefined;
  const today = dateIn(now, counting.timezone);
  return shareOf(progress, [addDays(today, 1 - WINDOW_DAYS), today], LEAST_DAYS, now, counting);
}

/** Milestones whose day has come are decided once, by the share of the 30 days before. */
export function decide(
  progress: Progress,
  plan: readonly { readonly by: string; readonly measure?: { readonly successorShare?: number } }[],
  takesEffect: (date: string) => number,
  now: number,
  counting: Counting,
): Progress {
  let decided = progress.decided ?? {};
  for (const { by, measure } of plan) {
    if (measure?.successorShare === undefined || Object.hasOwn(decided, by) || takesEffect(by) > now) continue;
    const share = shareBefore(progress, by, now, counting);
    if (share) decided = { ...decided, [by]: share.successor };
  }
  return decided === progress.decided || Object.keys(decided).length === 0 ? progress : { ...progress, decided };
}
