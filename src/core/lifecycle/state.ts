// The state of a bridge. Nobody writes it down: it follows from the dates, the extensions and the clock, and is
// computed again for every request and on every tick.
//
//   planned ──started──▶ active ──deprecated──▶ deprecated ──sunset──▶ sunset ──closed by people──▶ retired
//                                                    └─sunset, with an extension─▶ extended ──its end──▶ sunset
//
// A brownout is no state of its own: it is an hour within deprecated or extended in which calls are refused.

import type { Lifecycle } from "../bridge/types.ts";
import { dateIn, daysBetween, localMoment, takesEffect } from "./dates.ts";

export type LifecycleState = "planned" | "active" | "deprecated" | "extended" | "sunset" | "retired";

export interface LifecycleFacts {
  /** When people closed the bridge for good; undefined = not yet. */
  readonly retiredAt?: number | undefined;
  /** The first sunset that the ledger saw, where it is earlier than the file's. */
  readonly firstSunset?: string | undefined;
}

export interface Standing {
  readonly state: LifecycleState;
  /** When this state began; undefined for planned. */
  readonly since: number | undefined;
  /** What comes next by the calendar alone, and when; undefined at the end. */
  readonly next: { readonly state: LifecycleState; readonly at: number } | undefined;
  /** First sunset, and the day on which it really ends: the latest extension, or the same. */
  readonly sunset: string;
  readonly end: string;
  readonly endsAt: number;
  /** Calendar days from today to the end, in the bridge's zone; 0 on the day itself, negative after it. */
  readonly daysLeft: number;
  readonly extensions: number;
  /** End of the brownout that runs now. */
  readonly brownoutUntil: number | undefined;
}

/** The day after which nothing is delivered any more, extensions included. */
export function endOf(lifecycle: Lifecycle): string {
  return lifecycle.extensions.reduce((end, extension) => (extension.to > end ? extension.to : end), lifecycle.sunset);
}

export function standingOf(lifecycle: Lifecycle, zone: string, now: number, facts: LifecycleFacts = {}): Standing {
  const end = endOf(lifecycle);
  const first =
    facts.firstSunset !== undefined && facts.firstSunset < lifecycle.sunset ? facts.firstSunset : lifecycle.sunset;
  const steps = stepsOf(lifecycle, first, end, zone);
  const passed = steps.filter((step) => step.at <= now);
  const current = passed.at(-1);
  const retired = facts.retiredAt !== undefined && facts.retiredAt <= now;
  const upcoming = steps.find((step) => step.at > now);
  return {
    state: retired ? "retired" : (current?.state ?? "planned"),
    since: retired ? facts.retiredAt : current?.at,
    next: retired ? undefined : upcoming,
    sunset: first,
    end,
    endsAt: takesEffect(end, zone),
    daysLeft: daysBetween(dateIn(now, zone), end),
    extensions: lifecycle.extensions.length,
    brownoutUntil: retired ? undefined : brownoutAt(lifecycle, zone, now),
  };
}

interface Step {
  readonly state: LifecycleState;
  readonly at: number;
}

function stepsOf(lifecycle: Lifecycle, sunset: string, end: string, zone: string): readonly Step[] {
  const steps: Step[] = [
    { state: "active", at: takesEffect(lifecycle.started, zone) },
    { state: "deprecated", at: takesEffect(lifecycle.deprecated, zone) },
  ];
  if (end > sunset) steps.push({ state: "extended", at: takesEffect(sunset, zone) });
  steps.push({ state: "sunset", at: takesEffect(end, zone) });
  return steps;
}

function brownoutAt(lifecycle: Lifecycle, zone: string, now: number): number | undefined {
  for (const brownout of lifecycle.brownouts) {
    const until = localMoment(brownout.to, zone);
    if (localMoment(brownout.from, zone) <= now && now < until) return until;
  }
  return undefined;
}

/** What the engine does with files that are polled: leave them, process them, or take and hold them. */
export function fileTreatment(state: LifecycleState): "leave" | "process" | "hold" {
  if (state === "planned") return "leave";
  return state === "sunset" || state === "retired" ? "hold" : "process";
}
