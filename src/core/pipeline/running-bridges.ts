// The workers of an appliance, one per bridge: begun, ended, and exchanged while the others go on.
//
//   opened ──run──▶ at work ──another version──▶ drained, closed ──▶ opened
//                       └─its file is gone──▶ drained, closed ──drops are open──▶ leaving (takes nothing)
//
// An exchange is a restart of one bridge: all that a worker knows is in the journal, and open drops keep the version they were taken with.

import type { LoadedBridge } from "../bridge/types.ts";
import type { OpenFace } from "../calls/open-face.ts";
import { BridgeError } from "../errors.ts";
import { openBridgeWorker } from "./bridge-worker.ts";
import { leaving } from "./leaving.ts";
import { untilAborted } from "./slots.ts";
import type { BridgeWorker, WorkerDeps } from "./worker-types.ts";

interface AtWork {
  readonly own: AbortController;
  readonly task: Promise<void>;
}

export interface RunningBridges {
  readonly workers: ReadonlyMap<string, BridgeWorker>;
  /** Bridges that are called, by name. One that is being exchanged stays in it, and takes no calls. */
  readonly faces: ReadonlyMap<string, OpenFace>;
  /** BRIDGE_UNKNOWN */
  of(name: string): BridgeWorker;
  /** A new bridge, or another version of one. Where it cannot be built, the one before goes on, and the failure is thrown. */
  put(bridge: LoadedBridge): Promise<void>;
  /** Its file is gone. */
  remove(name: string): Promise<void>;
  /** Until the signal; resolves when everything in flight has ended. */
  run(stop: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export function createRunningBridges(deps: WorkerDeps): RunningBridges {
  const { journal } = deps;
  const workers = new Map<string, BridgeWorker>();
  const faces = new Map<string, OpenFace>();
  const atWork = new Map<BridgeWorker, AtWork>();
  let stop: AbortSignal | undefined;

  function begin(worker: BridgeWorker): void {
    if (stop === undefined) return;
    const own = new AbortController();
    const task = worker.run(AbortSignal.any([stop, own.signal])).catch(deps.fatal);
    atWork.set(worker, { own, task });
  }

  async function end(worker: BridgeWorker): Promise<void> {
    const work = atWork.get(worker);
    work?.own.abort(new DOMException("another version of the bridge begins", "AbortError"));
    await work?.task;
    atWork.delete(worker);
    await worker.close();
  }

  async function open(bridge: LoadedBridge, isCalled = true): Promise<BridgeWorker> {
    const worker = await openBridgeWorker(bridge, deps);
    if ((await journal.get<boolean>(`paused/${bridge.name}`)) === true) worker.setPaused(true);
    workers.set(bridge.name, worker);
    if (worker.face && isCalled) faces.set(bridge.name, worker.face);
    else faces.delete(bridge.name);
    begin(worker);
    return worker;
  }

  /** Calls that are answered at once leave nothing in the journal: both versions may be there for a moment. */
  async function isSeamless(before: BridgeWorker, bridge: LoadedBridge): Promise<boolean> {
    const areCalled = [before.bridge.face, bridge.face].every(
      (face) => face && !face.async && !face.face.name.includes("rfc"),
    );
    return areCalled && (await journal.open(bridge.name, { after: "", limit: 1 })).length === 0;
  }

  async function exchange(before: BridgeWorker, bridge: LoadedBridge): Promise<void> {
    if (await isSeamless(before, bridge)) {
      await open(bridge);
      await end(before);
      return;
    }
    await end(before);
    workers.delete(bridge.name);
    if (stop?.aborted === true) return;
    try {
      await open(bridge);
    } catch (cause) {
      await open(before.bridge).catch(() => faces.delete(bridge.name));
      throw cause;
    }
  }

  return {
    workers,
    faces,
    of(name) {
      const worker = workers.get(name);
      if (worker) return worker;
      throw new BridgeError(
        "BRIDGE_UNKNOWN",
        `there is no bridge ${name}; there are: ${[...workers.keys()].join(", ")}`,
      );
    },
    async put(bridge) {
      const before = workers.get(bridge.name);
      if (before) await exchange(before, bridge);
      else await open(bridge);
    },
    async remove(name) {
      const before = workers.get(name);
      if (!before) return;
      faces.delete(name);
      await end(before);
      workers.delete(name);
      if (stop?.aborted === true || (await journal.open(name, { after: "", limit: 1 })).length === 0) return;
      await open(leaving(before.bridge), false);
    },
    async run(signal) {
      stop = signal;
      for (const worker of workers.values()) begin(worker);
      await untilAborted(signal);
      // Also those that began while others ended.
      for (const [worker, { task }] of atWork) {
        await task;
        atWork.delete(worker);
      }
    },
    async close() {
      await Promise.all([...workers.values()].map((worker) => worker.close()));
    },
  };
}
