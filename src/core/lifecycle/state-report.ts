// `steg sunset` and /api/v1/lifecycle: every bridge with its end, worst first.

import type { LoadedBridge } from "../bridge/types.ts";
import { isoIn, takesEffect } from "./dates.ts";
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
  /** After the sunset with drops still held. */
  readonly overdue: boolean;
  /** Until when people have opened it after its sunset, ISO 8601; null = they have not. */
  readonly notbetriebUntil: string | null;
  /** Milestones whose measure nobody has taken. */
  readonly notMeasured: readonly string[];
  /** How it stands to its retirement; null = only its file is known. */
  readonly retirement: RetirementView | null;
}

export function lifecycleRow(bridge: LoadedBridge, standing: Standing, held: number, now: number): LifecycleRow {
  const { lifecycle } = bridge;
  const ended = ["sunset", "notbetrieb", "retired"].includes(standing.state);
  const { notbetriebUntil } = standing;
  const due = lifecycle.plan.filter(
    (milestone) => milestone.measure !== undefined && takesEffect(milestone.by, bridge.timezone) <= now,
  );
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
    overdue: ended && held > 0,
    notbetriebUntil: notbetriebUntil === undefined ? null : isoIn(notbetriebUntil, bridge.timezone),
    // The successor's share cannot be measured without a probe; not measured is said, never shown as 0 or 100 %.
    notMeasured: ended ? [] : due.map((milestone) => milestone.by),
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
