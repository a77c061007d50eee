// `steg sunset` and /api/v1/lifecycle: every bridge with its end, worst first.

import type { LoadedBridge } from "../bridge/types.ts";
import { callerState, longestCycle, type Cycle } from "./callers-standing.ts";
import { isoIn } from "./dates.ts";
import { movedSoFar, type Milestone } from "./milestones.ts";
import { NO_PROGRESS, type Progress } from "./progress.ts";
import type { RetirementView } from "./retirement/retirement.ts";
import type { LifecycleState, Standing } from "./state.ts";

export interface LifecycleRow {
  readonly bridge: string;
  readonly state: LifecycleState;
  readonly started: string;
  readonly deprecated: string;
  /** The day on which it ends, extensions included. */
  readonly sunset: string;
  readonly daysLeft: number;
  readonly extended: boolean;
  readonly extensions: number;
  readonly owner: string;
  readonly successor: string | null;
  readonly held: number;
  /** Callers that are known, those of them that still use it, and those that came in the last 30 days although it has ended. */
  readonly callers: number;
  readonly using: number;
  readonly knocking: number;
  /** Who is silent for so long has moved on. */
  readonly cycle: Cycle;
  /** Since when nothing is taken any more, ISO 8601; null = it is. */
  readonly closed: string | null;
  /** After the sunset with drops still held or callers that still come, or a measured milestone missed. */
  readonly overdue: boolean;
  /** Until when people have opened it after its sunset, ISO 8601; null = they have not. */
  readonly notbetriebUntil: string | null;
  /** Milestones whose day has passed and whose measure nobody has taken. */
  readonly notMeasured: readonly string[];
  /** How it stands to its retirement; null = only its file is known. */
  readonly retirement: RetirementView | null;
  /** The successor's part of the last 30 days, 0 to 1; null = not measured. */
  readonly successorShare: number | null;
  readonly milestones: readonly Milestone[];
}

/** What was measured of a bridge; nothing, where there is only its file. */
export interface Measured {
  readonly progress: Progress;
  /** When each of its callers came last, milliseconds since 1970. */
  readonly lasts: readonly number[];
}

const NOTHING_MEASURED: Measured = { progress: NO_PROGRESS, lasts: [] };

export function hasEnded({ state }: Pick<Standing, "state">): boolean {
  return ["sunset", "notbetrieb", "retired"].includes(state);
}

export function lifecycleRow(
  bridge: LoadedBridge,
  standing: Standing,
  held: number,
  now: number,
  { progress, lasts }: Measured = NOTHING_MEASURED,
): LifecycleRow {
  const { lifecycle, timezone } = bridge;
  const ended = hasEnded(standing);
  const { notbetriebUntil } = standing;
  const { share, milestones } = movedSoFar(bridge, progress, now);
  const cycle = longestCycle(lifecycle);
  const callers = lasts.map((last) => callerState(last, cycle, now, timezone, standing.closedAt));
  const knocking = callers.filter((state) => state === "knocking").length;
  const missed = milestones.some(({ state }) => state === "missed");
  return {
    bridge: bridge.name,
    state: standing.state,
    started: lifecycle.started,
    deprecated: lifecycle.deprecated,
    sunset: standing.end,
    daysLeft: standing.daysLeft,
    extended: standing.state === "extended",
    extensions: standing.extensions,
    owner: lifecycle.owner.name,
    successor: lifecycle.successor?.url ?? lifecycle.successor?.title ?? null,
    held,
    callers: callers.length,
    using: callers.filter((state) => state !== "migrated").length,
    knocking,
    cycle,
    closed: standing.closedAt === undefined ? null : isoIn(standing.closedAt, timezone),
    overdue: ended ? held > 0 || knocking > 0 : missed,
    notbetriebUntil: notbetriebUntil === undefined ? null : isoIn(notbetriebUntil, bridge.timezone),
    notMeasured: ended ? [] : milestones.filter(({ state }) => state === "unmeasured").map(({ by }) => by),
    successorShare: share?.successor ?? null,
    milestones,
    retirement: null,
  };
}

/** Overdue or open in an emergency, then not measured, then what ends next; what has ended and is empty comes last. */
export function worstFirst(rows: readonly LifecycleRow[]): readonly LifecycleRow[] {
  return rows.toSorted((a, b) => rank(a) - rank(b) || a.daysLeft - b.daysLeft || (a.bridge < b.bridge ? -1 : 1));
}

function rank(row: LifecycleRow): number {
  if (row.overdue || row.state === "notbetrieb") return 0;
  if (row.state === "sunset" || row.state === "retired") return 3;
  return row.state === "deprecated" || row.state === "extended" || row.notMeasured.length > 0 ? 1 : 2;
}
