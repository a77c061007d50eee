// When a term ends: a batch that `deliver.batch` closes at a time of day (`at`) or some time after its first message (`every`).

import type { Batching } from "../bridge/types.ts";
import { addDays, atLocal, germanDate, wallTime } from "../lifecycle/dates.ts";

export interface TermRule {
  /** `at 22:00`, `every 300000`: names the term in the journal. */
  readonly name: string;
  /** Hour and minute on the wall of the bridge's zone. */
  readonly at: readonly [number, number] | undefined;
  readonly every: number;
  readonly zone: string;
}

/** undefined where batches do not end by time. */
export function termRule(batch: Batching | undefined, zone: string): TermRule | undefined {
  if (batch?.at !== undefined) {
    const [hour = 0, minute = 0] = batch.at.split(":").map(Number);
    return { name: `at ${batch.at}`, at: [hour, minute], every: 0, zone };
  }
  if (batch?.every === undefined) return undefined;
  return { name: `every ${batch.every}`, at: undefined, every: batch.every, zone };
}

/**
 * The end of the term to which something of this moment belongs, milliseconds; always later than the moment. A time of day
 * that the clock change skips counts as that much later, one that comes twice counts once, the first time.
 */
export function endOfTerm(rule: TermRule, moment: number): number {
  if (rule.at === undefined) return moment + rule.every;
  const [hour, minute] = rule.at;
  let { date } = wallTime(moment, rule.zone);
  for (;;) {
    const end = atLocal(date, hour, minute, rule.zone);
    if (end > moment) return end;
    date = addDays(date, 1);
  }
}

/** The local day on which a term ends: its `$batch.date`. */
export function dateOfTerm(rule: TermRule, end: number): string {
  return wallTime(end, rule.zone).date;
}

/** `2026-11-20 22:00`, with seconds only where there are any. */
export function localMinute(time: number, zone: string): string {
  const { date, time: clock } = wallTime(time, zone);
  return `${date} ${clock.endsWith(":00") ? clock.slice(0, -3) : clock}`;
}

/** What a receipt says while the file is still open. */
export function openTermNotice(end: number, zone: string): string {
  const { date, time } = wallTime(end, zone);
  return `Die zugestellten Sätze stehen in einer Sammeldatei; sie wird am ${germanDate(date)} um ${time} abgeschlossen und übergeben.`;
}
