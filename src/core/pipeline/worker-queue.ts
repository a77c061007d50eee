// The open drops of a bridge that wait for their turn. There may be hundreds of thousands, when a bridge was away from its target for days
// or begins with an archive: the queue holds the next ones, the journal all of them.

import type { LoadedBridge } from "../bridge/types.ts";
import type { DropRow, Journal } from "../journal/types.ts";
import { inOrder, wake, type WorkerState } from "./worker-state.ts";
import type { WorkerDeps } from "./worker-types.ts";

/** A drop in memory is a kibibyte or two; where so few are left, the next page is read. */
const LIMITS = { most: 10_000, low: 2_000 };

export interface WorkerQueue {
  /** A drop that has just been taken. */
  add(drop: DropRow): void;
  /** The first page, of what an earlier process has left. */
  load(): Promise<void>;
  /** Reads the next page where few wait, and wakes when it is there. */
  fill(): void;
  /** Whether drops may wait that only the journal knows. */
  readonly hasMore: boolean;
}

interface Parts {
  readonly bridge: Pick<LoadedBridge, "name">;
  readonly deps: Pick<WorkerDeps, "newDropId" | "fatal"> & { readonly journal: Pick<Journal, "open"> };
  readonly state: WorkerState;
}

export function createWorkerQueue({ bridge, deps, state }: Parts, { most, low } = LIMITS): WorkerQueue {
  /** Undefined where the queue holds all that wait; else only the journal knows the drops behind this id. */
  let readTo: string | undefined;
  let filling = false;
  /** Drops of an earlier process may have had something under way. */
  const begun = deps.newDropId();

  function readBehind(id: string): void {
    if (readTo === undefined || id < readTo) readTo = id;
  }

  async function readOn(): Promise<void> {
    const after = readTo ?? "";
    const here = idsIn(state);
    readTo = undefined;
    const page = await deps.journal.open(bridge.name, { after, limit: most });
    if (page.length === most) readBehind((page.at(-1) as DropRow).id);
    for (const drop of page) {
      if (here.has(drop.id)) continue;
      if (drop.id < begun) state.inherited.add(drop.id);
      state.touched?.add(drop.id);
      state.queue.push(drop);
    }
    inOrder(state);
  }

  return {
    add(drop) {
      // While a page is read it may hold this drop as well. Several are taken side by side, so ids come out of order: one that is
      // less is read behind as well, and what is read twice is recognised.
      if (filling || readTo !== undefined || state.queue.length >= most) readBehind(drop.id.slice(0, -1));
      else state.queue.push(drop);
    },
    load: readOn,
    fill() {
      if (filling || readTo === undefined || state.queue.length > low) return;
      filling = true;
      readOn()
        .catch(deps.fatal)
        .finally(() => {
          filling = false;
          wake(state);
        });
    },
    get hasMore() {
      return filling || readTo !== undefined;
    },
  };
}

function idsIn({ queue, active, parked, rests, awaiting }: WorkerState): ReadonlySet<string> {
  return new Set([
    ...queue.map(({ id }) => id),
    ...active.keys(),
    ...parked.keys(),
    ...rests.keys(),
    ...awaiting.keys(),
  ]);
}
