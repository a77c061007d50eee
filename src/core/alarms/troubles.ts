// What is wrong now: facts without words, derived in one place for the dashboard, the alarm book and notifications.

import type { BridgeView, DeadView, LifecycleView, ServerView } from "../operations/operations.ts";
import type { Milestone } from "../lifecycle/milestones.ts";
import { hasEnded, type LifecycleRow } from "../lifecycle/state-report.ts";
import { DEFAULT_ZONE, takesEffect } from "../lifecycle/dates.ts";
import type { ChannelView, RunningOut } from "./types.ts";

export interface TroubleFacts {
  readonly bridges: readonly BridgeView[];
  readonly rows: ReadonlyMap<string, LifecycleRow>;
  readonly lifecycle: Pick<LifecycleView, "alarm">;
  /** Open ones. */
  readonly letters: readonly Pick<DeadView, "bridge" | "due" | "erased" | "record" | "last">[];
  /** The same by cause, where somebody has grouped them; then these are looked at. */
  readonly causes?: readonly Pick<DeadView, "bridge" | "due" | "erased">[];
  readonly runningOut: readonly RunningOut[];
  readonly channels: readonly ChannelView[];
  /** Fields of the policy that became looser and wait for two persons. */
  readonly loosened?: number | undefined;
  /** Milliseconds, by the trusted clock. */
  readonly time: number;
}

type What =
  | { readonly kind: "clock"; readonly isAhead: boolean; readonly by: number }
  | { readonly kind: "overdue" | "held" | "notbetrieb" | "term" | "erased" }
  /** `runs`: its last valid version does. */
  | { readonly kind: "refused"; readonly runs: boolean }
  | { readonly kind: "server"; readonly server: ServerView }
  | { readonly kind: "stuck"; readonly how: "stuck" | "target" | "other"; readonly trouble: string }
  /** `by` is ISO 8601; `came` is how many records did. */
  | { readonly kind: "missing" | "small" | "large"; readonly by: string; readonly came: number }
  | { readonly kind: "milestone"; readonly milestone: Milestone }
  /** Callers that come after the end, and are refused. */
  | { readonly kind: "knocking"; readonly callers: number }
  | { readonly kind: "runs-out"; readonly end: RunningOut }
  | { readonly kind: "policy"; readonly fields: number }
  | { readonly kind: "channel"; readonly channel: ChannelView };

export type Trouble = What & {
  /** The same trouble has the same key, while figures in it change. */
  readonly key: string;
  /** undefined = the appliance's own. */
  readonly bridge: string | undefined;
  /** How bad: `danger` = people wait or something is lost, `warn` = it will be, `info` = good to know. */
  readonly weight: "danger" | "warn" | "info";
  /** Milliseconds left; negative = overdue; undefined = no deadline. */
  readonly left: number | undefined;
  /** ISO 8601, a moment or a day; undefined where there is none. */
  readonly due: string | undefined;
  /** How many records wait, are held or open; undefined where nobody counts. */
  readonly records: number | undefined;
};
export type TroubleKind = Trouble["kind"];
type Found = What & Partial<Pick<Trouble, "weight" | "left" | "due" | "records">>;

const DAY = 86_400_000;
/** Payload that goes within this time is somebody's business now: its loss is final. */
const ERASED_SOON = 14 * DAY;
/** Before a legal term ends, somebody has to act. */
const TERM_SOON = 2 * DAY;
/** What runs out needs an order, a signature, somebody who puts it there. */
export const RUNS_OUT_SOON = 30 * DAY;

/** Those of the appliance first, then those of bridges; most urgent first, what has no deadline last. */
export function troublesOf(facts: TroubleFacts): readonly Trouble[] {
  const letters = Map.groupBy(facts.causes ?? facts.letters, ({ bridge }) => bridge);
  const ends = Map.groupBy(facts.runningOut, ({ bridge }) => bridge ?? "");
  const own = [...clock(facts), ...policy(facts), ...channels(facts), ...runsOut(ends.get("") ?? [], facts)];
  const found = facts.bridges.flatMap((bridge) => {
    const open = letters.get(bridge.bridge) ?? [];
    const all = [
      ...heldBy(bridge, facts),
      ...refusal(bridge),
      ...servers(bridge),
      ...stuck(bridge),
      ...emergency(bridge, facts),
      ...measured(bridge, facts),
      ...unexpected(bridge),
      ...nearTerm(bridge, earliest(open.map(({ due }) => due)), facts),
      ...nearErasure(bridge, earliest(open.map(({ erased }) => erased)), facts),
      ...runsOut(ends.get(bridge.bridge) ?? [], facts),
    ];
    return all.map((one) => troubleOf(one, bridge.bridge));
  });
  return [...own.map((one) => troubleOf(one, undefined)), ...found.toSorted(byUrgency)];
}

/** Of a trouble, or of its row on a page. */
export interface Urgent {
  readonly left: number | undefined;
  /** `danger` before all others. */
  readonly weight: string;
}

const WEEK = 7 * DAY;

export function byUrgency(a: Urgent, b: Urgent): number {
  return rankOf(a) - rankOf(b) || (a.left ?? 0) - (b.left ?? 0);
}

/** What has a term comes first; but what only runs out in weeks waits behind what is broken now. */
function rankOf({ left, weight }: Urgent): number {
  if (left !== undefined && (weight === "danger" || left <= WEEK)) return 0;
  if (weight === "danger") return 1;
  return left === undefined ? 2 : 3;
}

function troubleOf(found: Found, bridge: string | undefined): Trouble {
  const key = `${bridge ?? ""}/${markOf(found)}`;
  return { key, bridge, weight: "danger", left: undefined, due: undefined, records: undefined, ...found };
}

/** What tells it from others of its bridge. */
function markOf(found: Found): string {
  if (found.kind === "server") return `server ${found.server.role} ${found.server.server}`;
  if (found.kind === "channel") return `channel ${found.channel.channel}`;
  if (found.kind === "milestone") return `milestone ${found.milestone.by}`;
  if (found.kind === "runs-out") return `runs-out ${found.end.of} ${found.end.what} ${found.end.until}`;
  return found.kind;
}

function clock({ lifecycle: { alarm } }: TroubleFacts): readonly Found[] {
  return alarm === null ? [] : [{ kind: "clock", isAhead: alarm.kind === "ahead", by: alarm.by }];
}

function policy({ loosened = 0 }: TroubleFacts): readonly Found[] {
  return loosened === 0 ? [] : [{ kind: "policy", fields: loosened, weight: "warn" }];
}

function channels({ channels: all }: TroubleFacts): readonly Found[] {
  return all.filter(({ failing }) => failing !== null).map((channel) => ({ kind: "channel", channel }));
}

/** One for each thing that ends; of what has ended only how long ago tells how urgent it is. */
function runsOut(ends: readonly RunningOut[], { time }: TroubleFacts): readonly Found[] {
  return ends.flatMap((end): Found[] => {
    const left = momentOf(end.until) - time;
    if (left > RUNS_OUT_SOON) return [];
    return [{ kind: "runs-out", end, weight: left <= 0 ? "danger" : "warn", left, due: end.until }];
  });
}

/** A day ends where the bridge's dates take effect: at 10:00. */
function momentOf(until: string): number {
  return until.includes("T") ? Date.parse(until) : takesEffect(until, DEFAULT_ZONE);
}

function heldBy(bridge: BridgeView, { rows }: TroubleFacts): readonly Found[] {
  const row = rows.get(bridge.bridge);
  if (bridge.held === 0 || row === undefined) return [];
  if (!row.overdue || !hasEnded(row)) return [{ kind: "held", weight: "info", records: bridge.held }];
  // Even on the day itself it is over, not short of time.
  const left = Math.min(row.daysLeft * DAY, -1);
  return [{ kind: "overdue", left, due: row.sunset, records: bridge.held }];
}

function emergency(bridge: BridgeView, { rows, time }: TroubleFacts): readonly Found[] {
  const until = rows.get(bridge.bridge)?.notbetriebUntil ?? null;
  if (until === null) return [];
  const left = Math.max(0, Date.parse(until) - time);
  return [{ kind: "notbetrieb", left, due: until, ...(bridge.held > 0 && { records: bridge.held }) }];
}

/** What is past its day is over, not short of time. */
function measured({ bridge }: BridgeView, { rows, time }: TroubleFacts): readonly Found[] {
  const row = rows.get(bridge);
  if (row === undefined) return [];
  const since = (date: string): number => Math.min(-1, takesEffect(date, DEFAULT_ZONE) - time);
  const missed = hasEnded(row) ? [] : row.milestones.filter(({ state }) => state === "missed");
  const found = missed.map((milestone): Found => {
    return { kind: "milestone", milestone, left: since(milestone.by), due: milestone.by };
  });
  if (row.knocking === 0) return found;
  return [...found, { kind: "knocking", callers: row.knocking, left: since(row.sunset), due: row.sunset }];
}

/** What should have come, and did not, or with oddly few or many records. */
function unexpected({ expected }: BridgeView): readonly Found[] {
  if (expected === null) return [];
  const { state, by, records: came } = expected;
  if (state === "missing") return [{ kind: state, by, came }];
  return state === "small" || state === "large" ? [{ kind: state, by, came, weight: "warn" }] : [];
}

/** `mappings/x/bridge.yaml:3:1 CODE text`: the file was refused, whatever runs in its place. */
const REFUSAL = /^\S+:\d+:\d+ [A-Z][A-Z_]+ /;

export function isRefused({ lifecycle, trouble }: BridgeView): boolean {
  return lifecycle === "refused" || REFUSAL.test(trouble ?? "");
}

function refusal(bridge: BridgeView): readonly Found[] {
  if (!isRefused(bridge)) return [];
  const runs = bridge.lifecycle !== "refused";
  return [{ kind: "refused", runs, weight: runs ? "warn" : "danger" }];
}

function servers(bridge: BridgeView): readonly Found[] {
  const waits = bridge.pending > 0 && { records: bridge.pending };
  return bridge.servers.filter(({ up }) => !up).map((server) => ({ kind: "server", server, ...waits }));
}

function stuck(bridge: BridgeView): readonly Found[] {
  const { trouble } = bridge;
  if (trouble === null || isRefused(bridge) || bridge.servers.some(({ up }) => !up)) return [];
  const how = trouble.startsWith("stuck at ") ? "stuck" : trouble.startsWith("waiting for ") ? "target" : "other";
  return [{ kind: "stuck", how, trouble, weight: "warn", ...(bridge.pending > 0 && { records: bridge.pending }) }];
}

function nearTerm(bridge: BridgeView, due: string | null, facts: TroubleFacts): readonly Found[] {
  const left = leftOf(bridge, due, TERM_SOON, facts);
  if (due === null || left === undefined) return [];
  // At its end it is over, not short of time.
  return [{ kind: "term", left: left <= 0 ? Math.min(left, -1) : left, due, records: bridge.openDead }];
}

function nearErasure(bridge: BridgeView, erased: string | null, facts: TroubleFacts): readonly Found[] {
  const left = leftOf(bridge, erased, ERASED_SOON, facts);
  if (erased === null || left === undefined) return [];
  return [{ kind: "erased", left: Math.max(0, left), due: erased, records: bridge.openDead, weight: "warn" }];
}

/** Of open dead letters for which something comes `at` a time that is near; undefined = it is not. */
function leftOf({ openDead }: BridgeView, at: string | null, within: number, { time }: TroubleFacts) {
  const left = at === null ? Number.POSITIVE_INFINITY : Date.parse(at) - time;
  return openDead === 0 || left > within ? undefined : left;
}

/** null where there is none. */
export function earliest(times: readonly (string | null)[]): string | null {
  return times.toSorted((a, b) => timeOf(a) - timeOf(b) || 0)[0] ?? null;
}

/** None comes last. */
export function timeOf(time: string | null): number {
  return time === null ? Number.POSITIVE_INFINITY : Date.parse(time);
}
