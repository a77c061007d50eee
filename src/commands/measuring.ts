// What the measuring of successors needs, out of the parts of an appliance.

import type { Log } from "../core/contract.ts";
import type { ProgressDeps } from "../core/operations/progress-watch.ts";
import type { Settings } from "../core/settings.ts";
import { splitCounts } from "../core/pipeline/split-counts.ts";
import { adapterContext } from "./adapter-context.ts";
import type { Machine } from "./machine.ts";

export async function measuringOf(
  machine: Machine,
  settings: Settings,
  log: Log,
  onError: (cause: unknown) => void,
): Promise<ProgressDeps> {
  const { operations, state } = machine;
  const watch = await machine.watch();
  await machine.admission();
  return {
    book: operations.progressBook,
    now: () => watch.now(),
    // A call that is accepted for later is counted when it is made, not once more as a drop. What a split sends to the successor is the
    // successor's: it counts there.
    async counts() {
      const called = new Set(machine.loaded().flatMap(({ name, face }) => (face ? [name] : [])));
      const drops = (await state.journal.sums()).filter(({ bridge }) => !called.has(bridge));
      const calls = [...(await operations.seenCallers.counts())].filter(([bridge]) => called.has(bridge));
      const moved = await splitCounts(state.journal);
      const all = [...drops.map(({ bridge, delivered }) => [bridge, delivered] as const), ...calls];
      return new Map(all.map(([bridge, count]) => [bridge, count - (moved.get(bridge)?.moved ?? 0)]));
    },
    context: (bridge) => adapterContext(bridge, settings, log, () => false, operations.shownCertificates),
    log,
    onError,
  };
}
