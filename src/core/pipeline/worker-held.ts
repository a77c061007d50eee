// What the end of a bridge means for drops that are here already.
//
//   held ──the bridge is open again (Notbetrieb, extension)──▶ open, in order of receipt, with the keys they always had
//   open, 14 days after the end──▶ parked for people ──the bridge is open again──▶ open
//
// Asked again and again, as everything of the lifecycle: no timer is set to a date. Only as many are released as work can follow: what is
// not its turn when the bridge closes again stays held, and may still be handed over.

import type { DropRow } from "../journal/types.ts";
import { isFatal } from "./fatal.ts";
import { pause } from "./slots.ts";
import type { WorkerDrops } from "./worker-drops.ts";
import { inOrder, wake } from "./worker-state.ts";
import type { WorkerParts } from "./worker-types.ts";

const LOOK_EVERY = 2_000;
/** Released drops that wait for their turn, and how many are released at a time. */
const LOW = 50;
const PAGE = 100;

export interface WorkerHeld {
  /** Held drops wait to be released, or may: nothing overtakes them. */
  readonly waits: boolean;
  /** A drop was taken and is held. */
  came(): void;
  /** Does what is due; answers how many drops were released. */
  step(): Promise<number>;
  /** Until the signal. */
  loop(signal: AbortSignal): Promise<void>;
}

export function createWorkerHeld(parts: WorkerParts, drops: WorkerDrops): WorkerHeld {
  const { bridge, deps, state } = parts;
  const { journal, log } = deps;
  /** undefined = nobody has looked yet what an earlier process holds. */
  let waits: boolean | undefined;
  let comings = 0;

  const held = (limit: number): Promise<readonly DropRow[]> =>
    journal.drops({ bridge: bridge.name, state: "held", limit });

  function followEnd(): void {
    const closed = !deps.finishes(bridge);
    if (closed === state.closed) return;
    state.closed = closed;
    if (closed)
      for (const stop of state.stops.values()) stop.abort(new DOMException("the bridge has ended", "AbortError"));
    else drops.reopen();
    wake(state);
  }

  async function releaseOne(drop: DropRow): Promise<boolean> {
    if (!(await journal.release(drop.id, "system"))) return false;
    state.touched?.add(drop.id);
    state.moved = Date.now();
    const { duplicateOf } = drop;
    if (duplicateOf === undefined) {
      parts.queue.add({ ...drop, state: "open", answered: false, answerDue: false });
      inOrder(state);
      return true;
    }
    const earlier = await journal.drop(duplicateOf);
    const released = { ...drop, state: "duplicate", answered: false, answerDue: true } as const;
    if (earlier) state.comings.set(drop.id, { drop: released, earlier, failed: false });
    return true;
  }

  async function release(): Promise<number> {
    if (waits !== true || state.paused || deps.holds(bridge) || !deps.polls(bridge)) return 0;
    if (state.queue.length + state.comings.size >= LOW) return 0;
    const seen = comings;
    const page = await held(PAGE);
    let count = 0;
    for (const drop of page) {
      // Its receipt is just being written; what came behind it waits with it.
      if (state.active.has(drop.id) || deps.holds(bridge)) break;
      if (await releaseOne(drop)) count++;
    }
    if (count === page.length && page.length < PAGE && seen === comings) waits = false;
    if (count > 0) {
      log("info", "held.released", { bridge: bridge.name, drops: count });
      wake(state);
    }
    return count;
  }

  async function step(): Promise<number> {
    followEnd();
    waits ??= (await held(1)).length > 0 || comings > 0;
    return await release();
  }

  return {
    get waits() {
      return waits === true;
    },
    came() {
      comings++;
      waits = true;
    },
    step,
    async loop(signal) {
      while (!signal.aborted) {
        try {
          await step();
          await pause(LOOK_EVERY, signal);
        } catch (cause) {
          if (isFatal(cause)) deps.fatal(cause);
          if (isFatal(cause) || signal.aborted) return;
          throw cause;
        }
      }
    },
  };
}
