// What was measured of a bridge, for those who look.

import { addDays, dateIn, isoIn } from "../lifecycle/dates.ts";
import { countingOf, movedSoFar, type Milestone } from "../lifecycle/milestones.ts";
import {
  isMeasured,
  LEAST_DAYS,
  shareOf,
  WINDOW_DAYS,
  type Counting,
  type Progress,
  type Share,
} from "../lifecycle/progress.ts";
import type { LoadedBridge } from "../bridge/types.ts";
import type { Journal } from "../journal/types.ts";
import { splitCounts, type SplitCounts } from "../pipeline/split-counts.ts";
import { bridgeNamed } from "./bridge-views.ts";
import type { LocalDeps } from "./local.ts";
import type { ProgressBook } from "./progress-book.ts";

export interface ProgressView {
  readonly bridge: string;
  /** Its kind; null = the bridge has none. */
  readonly probe: string | null;
  /** When it answered last, ISO 8601 in the bridge's zone. */
  readonly last: string | null;
  readonly failing: { readonly since: string; readonly message: string } | null;
  /** The successor's part of the last 30 days, 0 to 1; null = not measured. */
  readonly successorShare: number | null;
  /** Days of these that it is taken over. */
  readonly measuredDays: number;
  readonly milestones: readonly Milestone[];
  /** `deliver.split`: records and calls so far that went to the successor, and those that did not; null = there is no split. */
  readonly split: {
    readonly values: readonly string[];
    readonly to: string;
    readonly moved: number;
    readonly stayed: number;
  } | null;
  /** The share of 30 days week by week up to today, in order; null = not measured. */
  readonly trend: readonly { readonly date: string; readonly share: number | null }[];
  /** In order, at most 400, only those of which something is known. */
  readonly days: readonly {
    readonly date: string;
    readonly bridge: number;
    /** null = not measured. */
    readonly successor: number | null;
    readonly share: number | null;
  }[];
}

/** BRIDGE_UNKNOWN */
export async function progressView(
  deps: Pick<LocalDeps, "bridges" | "watch"> & { readonly journal: Pick<Journal, "entries"> },
  book: ProgressBook,
  name: string,
): Promise<ProgressView> {
  const bridge = bridgeNamed(await deps.bridges(), name);
  const now = (await deps.watch()).now();
  const { timezone, probe } = bridge;
  const progress = await book.of(name);
  const counting = countingOf(bridge);
  const { share, milestones } = movedSoFar(bridge, progress, now);
  const { successor: last, failed } = progress;
  const iso = (time: number): string => isoIn(time, timezone);
  const dates = Object.keys(progress.days).toSorted();
  return {
    bridge: name,
    probe: probe?.probe.name ?? null,
    last: last === undefined ? null : iso(last.at),
    failing: failed === undefined ? null : { since: iso(failed.since), message: failed.message },
    successorShare: share?.successor ?? null,
    measuredDays: share?.days ?? 0,
    milestones,
    split: splitOf(bridge, (await splitCounts(deps.journal)).get(name)),
    trend: probe ? trendOf(progress, now, counting) : [],
    days: dates
      .filter((date) => date <= dateIn(now, timezone))
      .map((date) => {
        const ofDay: Share | undefined = shareOf(progress, [date, date], 1, now, counting);
        const figures = progress.days[date] ?? [0, 0, 0];
        const measured = isMeasured(progress, date, now, timezone);
        const successor = counting.withBridge ? Math.max(0, figures[1] - figures[0]) : figures[1];
        return {
          date,
          bridge: Math.round(figures[0]),
          successor: measured ? Math.round(successor) : null,
          share: ofDay?.successor ?? null,
        };
      }),
  };
}

function trendOf(progress: Progress, now: number, counting: Counting): ProgressView["trend"] {
  const today = dateIn(now, counting.timezone);
  const first = Object.keys(progress.days).toSorted()[0] ?? today;
  const trend = [];
  for (let date = today; date >= first; date = addDays(date, -7)) {
    const share = shareOf(progress, [addDays(date, 1 - WINDOW_DAYS), date], LEAST_DAYS, now, counting);
    trend.push({ date, share: share?.successor ?? null });
  }
  return trend.toReversed();
}

function splitOf({ ways }: LoadedBridge, counts: SplitCounts = { moved: 0, stayed: 0 }): ProgressView["split"] {
  const splits = ways.flatMap(({ split }) => (split?.side === "stayed" ? [split] : []));
  if (splits.length === 0) return null;
  const values = [...new Set(splits.flatMap((split) => split.values))];
  return { values, to: [...new Set(splits.map(({ to }) => to))].join(", "), ...counts };
}
