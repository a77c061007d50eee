// How every bridge stands to its retirement, out of journal, callers and heartbeat.

import type { LoadedBridge } from "../bridge/types.ts";
import type { CallsSeen, SeenCallers } from "../calls/seen-callers.ts";
import type { BridgeUse, Journal } from "../journal/types.ts";
import { observedOf } from "../lifecycle/retirement/observed.ts";
import type { ObservedBook } from "../lifecycle/retirement/observed.ts";
import { retirementOf, retirementView } from "../lifecycle/retirement/retirement.ts";
import type { RetirementFound, RetirementView } from "../lifecycle/retirement/retirement.ts";
import type { LifecycleState } from "../lifecycle/state.ts";
import { readObserved } from "./observing.ts";

/** What is known of all bridges, read at one moment. */
export interface UseFacts {
  readonly uses: ReadonlyMap<string, BridgeUse>;
  readonly calls: ReadonlyMap<string, CallsSeen>;
  readonly observed: ObservedBook;
  readonly sums: ReadonlyMap<string, Awaited<ReturnType<Journal["sums"]>>[number]>;
}

export async function readUse(journal: Journal, seen: Pick<SeenCallers, "byBridge">): Promise<UseFacts> {
  const [uses, calls, observed, sums] = await Promise.all([
    journal.uses(),
    seen.byBridge(),
    readObserved(journal),
    journal.sums(),
  ]);
  return {
    uses: new Map(uses.map((use) => [use.bridge, use])),
    calls,
    observed,
    sums: new Map(sums.map((sum) => [sum.bridge, sum])),
  };
}

export function foundFor(
  { name, lifecycle }: Pick<LoadedBridge, "name" | "lifecycle">,
  state: LifecycleState,
  { uses, calls, observed, sums }: UseFacts,
  now: number,
): RetirementFound {
  const use = uses.get(name);
  const sum = sums.get(name);
  return retirementOf(
    {
      state,
      cycles: lifecycle.cycles,
      observed: observedOf(observed, name),
      lastDrop: use?.last,
      lastCall: calls.get(name)?.last,
      held: sum?.held ?? 0,
      inWork: use?.inWork ?? false,
      handingOver: use?.handingOver ?? false,
      openDead: sum?.openDead ?? 0,
      waiting: sum?.attachmentsWaiting ?? 0,
    },
    now,
  );
}

export function viewFor(bridge: LoadedBridge, state: LifecycleState, facts: UseFacts, now: number): RetirementView {
  return retirementView(foundFor(bridge, state, facts, now), state, bridge.timezone);
}
