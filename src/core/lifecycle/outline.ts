// The lifecycle of one bridge with all its dates, as plain JSON: what calendar, CSV and page are made of.

import { runningOutOf } from "../alarms/running-out.ts";
import type { RunningOut } from "../alarms/types.ts";
import type { LoadedBridge } from "../bridge/types.ts";
import type { LifecycleState, Standing } from "./state.ts";

export interface LifecycleOutline {
  readonly bridge: string;
  readonly title: string;
  readonly timezone: string;
  readonly state: LifecycleState;
  readonly started: string;
  readonly deprecated: string;
  /** The first sunset, and the day on which it really ends, extensions included. */
  readonly sunset: string;
  readonly end: string;
  readonly daysLeft: number;
  readonly extensions: number;
  /** When people closed it for good, ISO 8601; null = they have not. */
  readonly retired: string | null;
  readonly plan: readonly { readonly by: string; readonly goal: string }[];
  /** Local times: `2027-10-05T10:00`. */
  readonly brownouts: readonly { readonly from: string; readonly to: string }[];
  /** What of it ends besides: certificates, exceptions, the support of the legacy system. */
  readonly runningOut: readonly RunningOut[];
  readonly owner: { readonly name: string; readonly email: string };
  readonly successor: { readonly title: string; readonly url: string | null; readonly guide: string | null } | null;
}

/** `shown`: certificates of its servers. */
export function lifecycleOutline(
  bridge: LoadedBridge,
  standing: Standing,
  shown: readonly RunningOut[] = [],
): LifecycleOutline {
  const { lifecycle } = bridge;
  const { successor } = lifecycle;
  const retired = standing.state === "retired" && standing.since !== undefined ? standing.since : undefined;
  return {
    bridge: bridge.name,
    title: bridge.title,
    timezone: bridge.timezone,
    state: standing.state,
    started: lifecycle.started,
    deprecated: lifecycle.deprecated,
    sunset: standing.sunset,
    end: standing.end,
    daysLeft: standing.daysLeft,
    extensions: standing.extensions,
    retired: retired === undefined ? null : new Date(retired).toISOString(),
    plan: lifecycle.plan.map(({ by, goal }) => ({ by, goal })),
    brownouts: lifecycle.brownouts.map(({ from, to }) => ({ from, to })),
    runningOut: runningOutOf(bridge, standing.state, shown),
    owner: { name: lifecycle.owner.name, email: lifecycle.owner.email },
    successor:
      successor === undefined
        ? null
        : { title: successor.title, url: successor.url ?? null, guide: successor.guide ?? null },
  };
}
