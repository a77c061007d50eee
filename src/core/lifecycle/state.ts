// The state of a bridge. Nobody writes it down: it follows from the dates, the extensions and the clock, and is
// computed again for every request and on every tick.
//
//   planned ──started──▶ active ──deprecated──▶ deprecated ──sunset──▶ sunset ──closed by people──▶ retired
//                                                    └─sunset, with an extension─▶ extended ──its end──▶ sunset
//   sunset ──people open it for a time──▶ notbetrieb ──that time is over, or they end it──▶ sunset
//
// A brownout is no state of its own: it is an hour within deprecated or extended in which calls are refused.

import type { Lifecycle } from "../bridge/types.ts";
import { dateIn, daysBetween, localMoment, takesEffect } from "./dates.ts";

export type LifecycleState = "planned" | "active" | "deprecated" | "extended" | "sunset" | "notbetrieb" | "retired";

export interface LifecycleFacts {
  /** When people closed the bridge for good; undefined = not yet. */
  readonly retiredAt?: number | undefined;
  /** The first sunset that the ledger saw, where it is earlier than the file's. */
  readonly firstSunset?: string | undefined;
  /** The latest time for which people opened it after its sunset: from its begin on, before its end. */
  readonly notbetrieb?: { readonly from: number; readonly until: number } | undefined;
}

export interface Standing {
  readonly state: LifecycleState;
  /** When this state began; undefined for planned. */
  readonly since: number | undefined;
  /** What comes next by the calendar alone, and when; undefined at the end. */
  readonly next: { readonly state: LifecycleState; readonly at: number } | undefined;
  /** First sunset, and the day on which it really ends: the latest extension, or the same, or when it was retired before. */
  readonly sunset: string;
  readonly end: string;
  readonly endsAt: number;
  /** Calendar days from today to the end, in the bridge's zone; 0 on the day itself, negative after it. */
  readonly daysLeft: number;
  readonly extensions: number;
  /** End of the brownout that runs now. */
  readonly brownoutUntil: number | undefined;
  /** End of the Notbetrieb that runs now. */
  readonly notbetriebUntil: number | undefined;
  /** Sunset and retired: since when nothing is taken any more, Notbetrieb included. */
  readonly closedAt: number | undefined;
}

/** What was taken while the bridge was open is brought to its end for so long; then it is a matter for clearing. */
export const FINISHES_WITHIN = 14 * 86_400_000;

/** The day after which nothing is delivered any more, extensions included. */
export function endOf(lifecycle: Lifecycle): string {
  return lifecycle.extensions.reduce((end, extension) => (extension.to > end ? extension.to : end), lifecycle.sunset);
}

export function standingOf(lifecycle: Lifecycle, zone: string, now: number, facts: LifecycleFacts = {}): Standing {
  const planned = endOf(lifecycle);
  const first =
    facts.firstSunset !== undefined && facts.firstSunset < lifecycle.sunset ? facts.firstSunset : lifecycle.sunset;
  const steps = stepsOf(lifecycle, first, planned, zone);
  const passed = steps.filter((step) => step.at <= now);
  const phase = phaseOf(passed.at(-1), now, facts);
  const { state } = phase;
  const isOver = state === "retired" || state === "notbetrieb";
  // Closed by people before its day, it has ended then: that is what callers and receipts are told.
  const early = state === "retired" && phase.since !== undefined && phase.since < takesEffect(planned, zone);
  const endsAt = early ? phase.since : takesEffect(planned, zone);
  const end = early ? dateIn(endsAt, zone) : planned;
  return {
    ...phase,
    next: phase.next ?? (isOver ? undefined : steps.find((step) => step.at > now)),
    sunset: first,
    end,
    endsAt,
    daysLeft: daysBetween(dateIn(now, zone), end),
    extensions: lifecycle.extensions.length,
    // Who opens a bridge in an emergency wants no interruption, announced or not.
    brownoutUntil: isOver ? undefined : brownoutAt(lifecycle, zone, now),
  };
}

type Phase = Pick<Standing, "state" | "since" | "next" | "notbetriebUntil" | "closedAt">;

/** What the calendar says, then what people did: only a bridge that has ended can be opened, and never one that was retired. */
function phaseOf(current: Step | undefined, now: number, { retiredAt, notbetrieb }: LifecycleFacts): Phase {
  const plain = { next: undefined, notbetriebUntil: undefined, closedAt: undefined };
  const retired = retiredAt !== undefined && retiredAt <= now ? retiredAt : undefined;
  if (current?.state !== "sunset") {
    if (retired !== undefined) return { ...plain, state: "retired", since: retired, closedAt: retired };
    return { ...plain, state: current?.state ?? "planned", since: current?.at };
  }
  const { from, until } = notbetrieb ?? { from: Number.POSITIVE_INFINITY, until: Number.NEGATIVE_INFINITY };
  if (retired === undefined && from <= now && now < until) {
    const next = { state: "sunset", at: until } as const;
    return { ...plain, state: "notbetrieb", since: Math.max(current.at, from), next, notbetriebUntil: until };
  }
  const closedAt = from <= now ? Math.max(current.at, until) : current.at;
  if (retired !== undefined)
    return { ...plain, state: "retired", since: retired, closedAt: Math.min(closedAt, retired) };
  return { ...plain, state: "sunset", since: closedAt, closedAt };
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

/** Whether what was taken before may still be delivered. */
export function mayFinish({ closedAt }: Pick<Standing, "closedAt">, now: number): boolean {
  return closedAt === undefined || now < closedAt + FINISHES_WITHIN;
}
