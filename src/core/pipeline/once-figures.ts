// What `up --once` tells of a bridge: sums over the drops it has seen, and why something is left, if something is.

import type { DropRow, Journal } from "../journal/types.ts";
import type { Runtime } from "./runtime.ts";
import type { WorkerState } from "./worker-state.ts";
import type { OnceFigures } from "./worker-types.ts";

/** `count` decodes a drop that has not been decoded to its end, so that what is pending is known and not guessed. */
export async function figuresOf(
  drops: ReadonlySet<string>,
  journal: Journal,
  count: (drop: DropRow) => Promise<number>,
): Promise<Omit<OnceFigures, "bridge" | "why" | "notReady">> {
  const sum = { records: 0, delivered: 0, skipped: 0, dead: 0 };
  for (const id of drops) {
    const drop = await journal.drop(id);
    if (!drop || (drop.state !== "open" && drop.state !== "done")) continue;
    sum.records += drop.complete ? drop.records : await count(drop);
    sum.delivered += drop.delivered;
    sum.skipped += drop.skipped;
    sum.dead += drop.dead;
  }
  return { drops: drops.size, ...sum, pending: sum.records - sum.delivered - sum.skipped - sum.dead };
}

/** The nearest cause first; undefined where everything came to its end. */
export function whyUnfinished(
  state: WorkerState,
  runtimes: readonly Pick<Runtime, "asked" | "couriers">[],
  timezone: string,
  impatient: boolean,
): string | undefined {
  const parked = [...state.parked.values()][0]?.error;
  if (parked) return `${parked.code}: ${parked.message}`;
  if (impatient) {
    const asked = runtimes.map((runtime) => runtime.asked.why(timezone)).find((why) => why !== undefined);
    const couriers = runtimes.flatMap((runtime) => [...runtime.couriers.values()]);
    const circuits = couriers.flatMap((courier) => [...courier.circuits().values()]);
    const open = circuits.find((circuit) => circuit.state !== "closed");
    const known = asked ?? open?.why ?? [...state.stuck.values()][0] ?? [...state.away.values()][0];
    return known ?? "the target did not take them";
  }
  if (state.full !== undefined) return `what lies there was not taken: ${state.full}`;
  if (state.unread !== undefined) return state.unread;
  return state.paused && state.queue.length > 0 ? "the bridge is paused" : undefined;
}
