// What should have come (`expect`), asked of the journal: for whoever looks, and once a minute for the alarm.
//
// An appliance expects a bridge's first turn after it has seen the bridge: what was due before that nobody could have taken.

import type { LoadedBridge } from "../bridge/types.ts";
import type { Log } from "../contract.ts";
import type { Journal } from "../journal/types.ts";
import { isoIn } from "../lifecycle/dates.ts";
import { expectedState, turnAt, type ExpectedState } from "../lifecycle/expected.ts";
import { fileTreatment } from "../lifecycle/state.ts";
import type { LifecycleWatch } from "../lifecycle/state-watch.ts";
import type { ExpectedView } from "./operations.ts";

const PREFIX = "expected/";
const EVERY = 60_000;

interface Remembered {
  /** When the bridge was seen first with something to expect. */
  readonly since: number;
  /** The turn and state that were told last. */
  readonly by?: number;
  readonly state?: ExpectedState;
}

export interface ExpectationDeps {
  readonly journal: Pick<Journal, "get" | "set" | "arrivals">;
  readonly watch: Pick<LifecycleWatch, "standing" | "now">;
}

interface Found {
  readonly state: ExpectedState | "waiting";
  readonly by: number;
  readonly next: number;
  readonly first: number | undefined;
  readonly drops: number;
  readonly records: number;
}

/** undefined = nothing is expected of it, by its file or because it is not in operation. */
async function look(
  { journal, watch }: ExpectationDeps,
  bridge: LoadedBridge,
  since: number,
): Promise<Found | undefined> {
  const { expect, name, timezone } = bridge;
  if (!expect || fileTreatment(watch.standing(bridge).state) !== "process") return undefined;
  const now = watch.now();
  const turn = turnAt(expect, now, timezone);
  const { by, next, from, to } = turn;
  const all = await journal.arrivals(name, from, now);
  const counted = to < now ? await journal.arrivals(name, from, to) : all;
  const state = by <= since ? "waiting" : expectedState(expect, turn, counted, all);
  return {
    state,
    by: state === "waiting" ? next : by,
    next,
    first: all.first,
    drops: counted.drops,
    records: counted.records,
  };
}

export async function expectedView(deps: ExpectationDeps, bridge: LoadedBridge): Promise<ExpectedView | null> {
  if (!bridge.expect) return null;
  const known = await deps.journal.get<Remembered>(PREFIX + bridge.name);
  const found = await look(deps, bridge, known?.since ?? deps.watch.now());
  if (!found) return null;
  const iso = (time: number): string => isoIn(time, bridge.timezone);
  const { state, by, next, first, drops, records } = found;
  return { state, by: iso(by), next: iso(next), first: first === undefined ? null : iso(first), drops, records };
}

const ALARMS: ReadonlySet<string> = new Set<ExpectedState>(["missing", "small", "large"]);

/** Looks at all bridges; what became odd, or is no longer, goes into the log and the trail, once. */
export async function tellExpected(deps: ExpectationDeps, bridges: readonly LoadedBridge[], log: Log): Promise<void> {
  for (const bridge of bridges.filter(({ expect }) => expect !== undefined)) {
    const key = PREFIX + bridge.name;
    const known = await deps.journal.get<Remembered>(key);
    const since = known?.since ?? deps.watch.now();
    if (!known) await deps.journal.set(key, { since });
    const found = await look(deps, bridge, since);
    if (!found || found.state === "waiting") continue;
    const { state, by, drops, records } = found;
    if (known?.state === state && known.by === by) continue;
    const wasAlarm = known?.state !== undefined && ALARMS.has(known.state);
    const facts = { by: new Date(by).toISOString(), drops, records };
    const event = `expected.${state}`;
    if (!ALARMS.has(state) && !wasAlarm) {
      await deps.journal.set(key, { since, by, state });
      continue;
    }
    const entry = { at: deps.watch.now(), event, bridge: bridge.name, drop: undefined, actor: "system", facts };
    await deps.journal.set(key, { since, by, state }, entry);
    log(ALARMS.has(state) ? "warn" : "info", event, { bridge: bridge.name, ...facts });
  }
}

/** Until the signal; an attempt that fails is made again a minute later. */
export function watchExpected(
  deps: ExpectationDeps & { readonly onError: (cause: unknown) => void },
  bridges: () => readonly LoadedBridge[],
  log: Log,
  signal: AbortSignal,
): void {
  let isBusy = false;
  const turn = async (): Promise<void> => {
    if (isBusy) return;
    isBusy = true;
    await tellExpected(deps, bridges(), log).catch(deps.onError);
    isBusy = false;
  };
  void turn();
  const timer = setInterval(() => void turn(), EVERY);
  timer.unref();
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
}
