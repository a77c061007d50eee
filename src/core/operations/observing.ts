// The heartbeat by which bridges count as watched: once a minute while the appliance runs.

import type { Journal } from "../journal/types.ts";
import { observe, type ObservedBook, type ObservedKept } from "../lifecycle/retirement/observed.ts";
import type { LifecycleWatch } from "../lifecycle/state-watch.ts";
import type { WorkerStatus } from "../pipeline/appliance.ts";

const KEY = "observed";
const PREFIX = "observed/";
const EVERY = 60_000;

export interface ObservingDeps {
  readonly journal: Pick<Journal, "get" | "set" | "entries">;
  readonly watch: Pick<LifecycleWatch, "now">;
  readonly status: () => readonly Pick<WorkerStatus, "bridge" | "paused" | "sourceError">[];
}

export async function readObserved(journal: Pick<Journal, "get" | "entries">): Promise<ObservedBook> {
  const [beat, kept] = await Promise.all([
    journal.get<{ readonly at: number }>(KEY),
    journal.entries<ObservedKept>(PREFIX),
  ]);
  return { at: beat?.at, bridges: new Map([...kept].map(([key, value]) => [key.slice(PREFIX.length), value])) };
}

/** One heartbeat. The time is written last: cut before it, the same is found again. */
export async function noteObserved({ journal, watch, status }: ObservingDeps): Promise<void> {
  const seen = status().filter(({ paused, sourceError }) => !paused && sourceError === undefined);
  const now = watch.now();
  const changed = observe(await readObserved(journal), new Set(seen.map(({ bridge }) => bridge)), now);
  await Promise.all([...changed].map(([bridge, kept]) => journal.set(PREFIX + bridge, kept)));
  await journal.set(KEY, { at: now });
}

/** Until the signal; an attempt that fails is made again a minute later. */
export function watchObserved(
  deps: ObservingDeps & { readonly onError: (cause: unknown) => void },
  signal: AbortSignal,
): void {
  let isBusy = false;
  const turn = async (): Promise<void> => {
    if (isBusy) return;
    isBusy = true;
    await noteObserved(deps).catch(deps.onError);
    isBusy = false;
  };
  void turn();
  const timer = setInterval(() => void turn(), EVERY);
  timer.unref();
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
}
