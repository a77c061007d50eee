// Asks the successors' probes in their turn and keeps what they say (progress.ts), while the appliance runs.
//
// A probe that fails stops nothing: the bridge goes on being counted, and the time until the probe answers is not measured.

import { setTimeout as sleep } from "node:timers/promises";
import type { LoadedBridge } from "../bridge/types.ts";
import type { AdapterContext, Log, Probe } from "../contract.ts";
import { asBridgeError } from "../errors.ts";
import type { AuditEntry } from "../journal/types.ts";
import { addDays, dateIn, takesEffect } from "../lifecycle/dates.ts";
import { countingOf } from "../lifecycle/milestones.ts";
import {
  countBridge,
  countDay,
  countTotal,
  decide,
  spansOf,
  startOf,
  type DaySpan,
  type Progress,
} from "../lifecycle/progress.ts";
import type { ProgressBook } from "./progress-book.ts";

export interface ProgressDeps {
  readonly book: ProgressBook;
  /** The trusted clock. */
  now(): number;
  /** What each bridge has done so far, by its name: calls, or records delivered. */
  counts(): Promise<ReadonlyMap<string, number>>;
  context(bridge: LoadedBridge): AdapterContext;
  readonly log: Log;
  onError(cause: unknown): void;
}

type Probed = LoadedBridge & { readonly probe: NonNullable<LoadedBridge["probe"]> };

function isProbed(bridge: LoadedBridge): bridge is Probed {
  return bridge.probe !== undefined;
}

/** Readings further apart than this many turns leave what lies between them unmeasured. */
const TURNS = 3;
/** Days before today that are asked for once more, where a probe can be asked for them. */
const BACK = 7;
/** One turn takes no longer, whatever the probe's own deadline is. */
const MOST_LOOK = 120_000;

/** Until the signal. */
export function watchProgress(deps: ProgressDeps, bridges: readonly LoadedBridge[], signal: AbortSignal): void {
  for (const bridge of bridges.filter(isProbed)) {
    void watchOne(deps, bridge, signal).catch((cause: unknown) => {
      if (!signal.aborted) deps.onError(cause);
    });
  }
}

/** Those whose turn has come, once. */
export async function lookOnce(
  deps: ProgressDeps,
  bridges: readonly LoadedBridge[],
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(
    bridges.filter(isProbed).map(async (bridge) => {
      if ((await waitOf(deps, bridge)) > 0) return;
      const probe = await openProbe(deps, bridge);
      try {
        await look(deps, bridge, probe, signal);
      } finally {
        await probe?.close();
      }
    }),
  );
}

async function watchOne(deps: ProgressDeps, bridge: Probed, signal: AbortSignal): Promise<void> {
  let probe: Probe | undefined;
  try {
    while (!signal.aborted) {
      const wait = await waitOf(deps, bridge);
      if (wait > 0) await sleep(Math.min(wait, bridge.probe.every), undefined, { signal, ref: false });
      probe ??= await openProbe(deps, bridge);
      await look(deps, bridge, probe, signal).catch((cause: unknown) => deps.onError(cause));
      // A journal that fails must not make this a loop without a pause.
      await sleep(1_000, undefined, { signal, ref: false });
    }
  } finally {
    await probe?.close();
  }
}

/** Milliseconds until its turn; across restarts, too. */
async function waitOf(deps: ProgressDeps, { name, probe: { every } }: Probed): Promise<number> {
  const { successor, failed } = await deps.book.of(name);
  const last = Math.max(successor?.at ?? 0, failed?.at ?? 0);
  return last > deps.now() ? 0 : last + every - deps.now();
}

/** undefined: it cannot be built (a secret is not set), which is kept as what failed. */
async function openProbe(deps: ProgressDeps, bridge: Probed): Promise<Probe | undefined> {
  try {
    return await bridge.probe.probe.build(deps.context(bridge));
  } catch (cause) {
    await failedTurn(deps, bridge, await deps.book.of(bridge.name), cause);
    return undefined;
  }
}

async function look(deps: ProgressDeps, bridge: Probed, probe: Probe | undefined, signal: AbortSignal): Promise<void> {
  if (!probe) return;
  const { book, log } = deps;
  const { name, timezone } = bridge;
  const counts = await deps.counts();
  const gap = TURNS * bridge.probe.every;
  const before = countBridge(await book.of(name), deps.now(), counts.get(name) ?? 0, gap, timezone);
  try {
    const turn = AbortSignal.any([signal, AbortSignal.timeout(MOST_LOOK)]);
    const after = await read(deps, bridge, probe, before, turn);
    if (before.failed !== undefined) log("info", "probe.answers", { bridge: name });
    await keep(deps, bridge, { ...after, failed: undefined });
  } catch (cause) {
    if (signal.aborted) return;
    await failedTurn(deps, bridge, before, cause);
  }
}

async function read(
  deps: ProgressDeps,
  { timezone, probe: { every } }: Probed,
  probe: Probe,
  progress: Progress,
  signal: AbortSignal,
): Promise<Progress> {
  const at = deps.now();
  const today = dateIn(at, timezone);
  const midnight = startOf(today, timezone);
  if (probe.reads === "total") {
    const total = await probe.read({ from: midnight, to: at }, signal);
    return countTotal(progress, at, total, TURNS * every, timezone);
  }
  // Of the time before the bridge was counted nothing can be compared.
  const since = progress.since ?? at;
  const spans =
    probe.reads === "span" ? openSpans(progress, since, at, timezone) : [{ date: today, from: midnight, to: at }];
  let after: Progress = progress;
  for (const span of spans) {
    const figure = await probe.read(span, signal);
    if (span.from >= since) after = countDay(after, span, figure);
  }
  return { ...after, successor: { at } };
}

/** Today so far, and the days before it of which something is not measured yet. */
function openSpans({ days }: Progress, since: number, now: number, zone: string): readonly DaySpan[] {
  const first = startOf(addDays(dateIn(now, zone), -BACK), zone);
  const today = dateIn(now, zone);
  return spansOf(Math.max(since, first), now, zone).filter(
    ({ date, from, to }) => date === today || (days[date]?.[2] ?? 0) < to - from,
  );
}

async function failedTurn(deps: ProgressDeps, bridge: Probed, progress: Progress, cause: unknown): Promise<void> {
  const { code, message } = asBridgeError(cause);
  const at = deps.now();
  if (progress.failed === undefined) deps.log("warn", "probe.failed", { bridge: bridge.name, code, why: message });
  await keep(deps, bridge, { ...progress, failed: { at, since: progress.failed?.since ?? at, message } });
}

/** What became of a milestone stands in the audit trail, once. */
async function keep(deps: ProgressDeps, bridge: Probed, progress: Progress): Promise<void> {
  const { name, lifecycle, timezone } = bridge;
  const now = deps.now();
  const effect = (date: string): number => takesEffect(date, timezone);
  const decided = decide(progress, lifecycle.plan, effect, now, countingOf(bridge));
  const entries = lifecycle.plan.flatMap(({ by, measure }): AuditEntry[] => {
    const share = decided.decided?.[by];
    const wanted = measure?.successorShare;
    if (share === undefined || wanted === undefined || progress.decided?.[by] !== undefined) return [];
    const event = share >= wanted ? "milestone.reached" : "milestone.missed";
    const facts = { by, wanted, share: Math.round(share * 10_000) / 10_000 };
    deps.log(share >= wanted ? "info" : "warn", event, { bridge: name, ...facts });
    return [{ at: now, event, bridge: name, drop: undefined, actor: "system", facts }];
  });
  await deps.book.keep(name, decided, entries);
}
