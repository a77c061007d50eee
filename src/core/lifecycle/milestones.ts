// Milestones of the plan against what was measured: `measure` decides, not who says so.

import type { Lifecycle, LoadedBridge } from "../bridge/types.ts";
import { takesEffect } from "./dates.ts";
import { decide, shareNow, type Counting, type Progress, type Share } from "./progress.ts";

/**
 * `declared`: nothing is measured, the date alone says it. `open`: its day is still to come. `reached`: by its day, or since then (`late`).
 * `missed`: its day has passed, and what was measured is less. `unmeasured`: its day has passed, and nobody knows.
 */
export type MilestoneState = "declared" | "open" | "reached" | "late" | "missed" | "unmeasured";

export interface Milestone {
  readonly by: string;
  readonly goal: string;
  /** The successor's share that it wants, 0 to 1; null = it wants none. */
  readonly wanted: number | null;
  /** What there was on its day; null = its day is still to come, or it was not measured. */
  readonly measured: number | null;
  readonly state: MilestoneState;
}

/** What the probe's figures count. */
export function countingOf({ probe, timezone }: Pick<LoadedBridge, "probe" | "timezone">): Counting {
  return { timezone, withBridge: probe?.withBridge === true };
}

export interface Moved {
  /** Of the last 30 days; undefined = not measured. */
  readonly share: Share | undefined;
  readonly milestones: readonly Milestone[];
}

/** As it stands at this moment; what the next look at the probe will write down is decided here already. */
export function movedSoFar(
  bridge: Pick<LoadedBridge, "lifecycle" | "probe" | "timezone">,
  progress: Progress,
  now: number,
): Moved {
  const { lifecycle, timezone, probe } = bridge;
  const counting = countingOf(bridge);
  const effect = (date: string): number => takesEffect(date, timezone);
  const share = probe && shareNow(progress, now, counting);
  const decided = probe ? decide(progress, lifecycle.plan, effect, now, counting) : progress;
  return { share, milestones: milestonesOf(lifecycle.plan, decided, share?.successor, (by) => effect(by) <= now) };
}

/** `share`: the successor's share now; undefined = not measured. */
export function milestonesOf(
  plan: Lifecycle["plan"],
  { decided = {} }: Pick<Progress, "decided">,
  share: number | undefined,
  hasCome: (date: string) => boolean,
): readonly Milestone[] {
  return plan.map(({ by, goal, measure }) => {
    const wanted = measure?.successorShare ?? null;
    const measured = wanted !== null && Object.hasOwn(decided, by) ? (decided[by] ?? null) : null;
    return { by, goal, wanted, measured, state: stateOf(wanted, measured, share, hasCome(by)) };
  });
}

function stateOf(
  wanted: number | null,
  measured: number | null,
  share: number | undefined,
  hasCome: boolean,
): MilestoneState {
  if (wanted === null) return "declared";
  if (!hasCome) return "open";
  if (measured !== null && measured >= wanted) return "reached";
  if (share !== undefined && share >= wanted) return "late";
  return measured === null ? "unmeasured" : "missed";
}
