// Whether a bridge can be retired, and what stands against it. Two questions:
//
//   after the sunset     nothing is held, nothing is open
//   before it (early)    that, and nobody has used it for max(30 days, 1.1 × its longest cycle), watched without a gap
//
// Only rules: nothing here retires anything. Early retirement is proposed, never automatic.

import type { Lifecycle } from "../../bridge/types.ts";
import { addPeriod, parsePeriod } from "../../options/units.ts";
import { isoIn } from "../dates.ts";
import type { LifecycleState } from "../state.ts";
import { LONGEST_PAUSE } from "./observed.ts";
import type { Observed } from "./observed.ts";

const DAY = 86_400_000;
const LEAST_DAYS = 30;

/** Times in milliseconds by the trusted clock. */
export interface RetirementFacts {
  readonly state: LifecycleState;
  readonly cycles: Lifecycle["cycles"];
  readonly observed: Observed | undefined;
  /** When a drop came last, whatever became of it; when somebody called last, refused or not. */
  readonly lastDrop: number | undefined;
  readonly lastCall: number | undefined;
  /** Drops. */
  readonly held: number;
  /** Whether drops are in work, or their hand-over was cut. */
  readonly inWork: boolean;
  readonly handingOver: boolean;
  /** Records of open dead letters. */
  readonly openDead: number;
  /** Files that wait for their record. */
  readonly waiting: number;
}

export type Against =
  /** planned, notbetrieb, retired: the state alone forbids it. */
  | { readonly what: "state" }
  | { readonly what: "held" | "dead" | "waiting"; readonly count: number }
  | { readonly what: "in-work" | "handing-over" }
  /** Somebody used it at that time, or it was not watched before it: so long that is not enough. */
  | { readonly what: "drop" | "call" | "watched-since"; readonly at: number; readonly until: number }
  /** Nobody watches it now; absent = nobody ever did. */
  | { readonly what: "not-watched"; readonly at?: number };

export interface RetirementFound {
  /** Days for which it has to be silent. */
  readonly days: number;
  /** The longest cycle, where it counts for more than the least. */
  readonly cycle: string | undefined;
  readonly silentSince: number | undefined;
  readonly observedFrom: number | undefined;
  /** A caller that called last before this has left: silent for a whole cycle. undefined = so long nobody has watched. */
  readonly leftBefore: number | undefined;
  /** Against retiring it at all. */
  readonly obstacles: readonly Against[];
  /** Against doing so before the sunset; of no account after it. */
  readonly early: readonly Against[];
}

export function retirementOf(facts: RetirementFacts, now: number): RetirementFound {
  const { observed, lastDrop, lastCall } = facts;
  const silentSince = latest(lastDrop, lastCall);
  const counts = latest(silentSince, observed?.from) ?? now;
  const { days, cycle } = silenceOf(facts.cycles, counts);
  return {
    days,
    cycle,
    silentSince,
    observedFrom: observed?.from,
    leftBefore: leftBefore(facts, now),
    obstacles: obstaclesOf(facts),
    early: notSilent(facts, counts + days * DAY, now),
  };
}

function obstaclesOf({ state, held, inWork, handingOver, openDead, waiting }: RetirementFacts): readonly Against[] {
  const found: Against[] = [];
  if (state === "planned" || state === "notbetrieb" || state === "retired") found.push({ what: "state" });
  if (held > 0) found.push({ what: "held", count: held });
  if (handingOver) found.push({ what: "handing-over" });
  if (inWork) found.push({ what: "in-work" });
  if (openDead > 0) found.push({ what: "dead", count: openDead });
  if (waiting > 0) found.push({ what: "waiting", count: waiting });
  return found;
}

function notSilent({ observed, lastDrop, lastCall }: RetirementFacts, until: number, now: number): readonly Against[] {
  if (observed === undefined) return [{ what: "not-watched" }];
  if (now - observed.to > LONGEST_PAUSE) return [{ what: "not-watched", at: observed.to }];
  if (now >= until) return [];
  const used = latest(lastDrop, lastCall);
  if (used === undefined || used < observed.from) return [{ what: "watched-since", at: observed.from, until }];
  return [{ what: used === lastCall ? "call" : "drop", at: used, until }];
}

function leftBefore({ cycles, observed }: RetirementFacts, now: number): number | undefined {
  const day = Math.floor(now / DAY);
  const lengths = cycles.map(({ period }) => addPeriod(day, parsePeriod(period) ?? { months: 0, days: 0 }) - day);
  const time = now - Math.max(LEAST_DAYS, ...lengths) * DAY;
  const isWatched = observed !== undefined && observed.from <= time && now - observed.to <= LONGEST_PAUSE;
  return isWatched ? time : undefined;
}

/** Whole days from that moment on; a year that begins in front of a leap day is a day longer. */
function silenceOf(cycles: Lifecycle["cycles"], from: number): { readonly days: number; readonly cycle?: string } {
  const day = Math.floor(from / DAY);
  const lengths = cycles.map(({ name, period }) => {
    const parsed = parsePeriod(period) ?? { months: 0, days: 0 };
    return { cycle: name, days: tenthMore(addPeriod(day, parsed) - day) };
  });
  const longest = lengths.toSorted((a, b) => b.days - a.days)[0];
  return longest === undefined || longest.days <= LEAST_DAYS ? { days: LEAST_DAYS } : longest;
}

/** Rounded up, in whole numbers: 1.1 × 10 is not exactly 11 as a float. */
function tenthMore(days: number): number {
  return Math.ceil((days * 11) / 10);
}

function latest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** The same as plain JSON: what the command line, the admin API and the pages show. */
export interface RetirementView {
  /** People can retire it now. */
  readonly allowed: boolean;
  /** Before its sunset: nobody uses it, nothing stands against it. */
  readonly proposed: boolean;
  /** Days of silence that are asked for, and the cycle that they come from; null = the least there is. */
  readonly days: number;
  readonly cycle: string | null;
  /** ISO 8601 with offset; null = never used, never watched. */
  readonly silentSince: string | null;
  readonly observedFrom: string | null;
  /** Callers whose last call lies before it have left for the successor: silent for a whole cycle; null = not watched for so long. */
  readonly leftBefore: string | null;
  readonly against: readonly {
    readonly what: Against["what"];
    readonly count: number | null;
    readonly at: string | null;
    /** When it stands against it no longer, if nothing else comes. */
    readonly until: string | null;
  }[];
}

export function retirementView(found: RetirementFound, state: LifecycleState, zone: string): RetirementView {
  const isOver = state === "sunset";
  const against = isOver ? found.obstacles : [...found.obstacles, ...found.early];
  const iso = (time: number | undefined): string | null => (time === undefined ? null : isoIn(time, zone));
  const allowed = against.length === 0;
  return {
    allowed,
    proposed: allowed && !isOver,
    days: found.days,
    cycle: found.cycle ?? null,
    silentSince: iso(found.silentSince),
    observedFrom: iso(found.observedFrom),
    leftBefore: iso(found.leftBefore),
    against: against.map((one) => ({
      what: one.what,
      count: "count" in one ? one.count : null,
      at: iso("at" in one ? one.at : undefined),
      until: iso("until" in one ? one.until : undefined),
    })),
  };
}
