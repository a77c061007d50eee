// All bridges of one appliance on one state. Commands and the admin API act on it; only it writes to the journal.

import type { AdapterContext, Log } from "../contract.ts";
import { asBridgeError, BridgeError } from "../errors.ts";
import type { OpenFace } from "../calls/open-face.ts";
import type { Executor, ExecutorStatus } from "../distributed/executor.ts";
import type { LoadedBridge } from "../bridge/types.ts";
import { LOW_DISK } from "../journal/disk.ts";
import type { DeadLetter, DropRow, Journal, OpenState, Retention } from "../journal/types.ts";
import { createRunningBridges } from "./running-bridges.ts";
import type { DropProgress, OnceFigures, WorkerDeps, WorkerStatus } from "./worker-types.ts";
import type { ReplayResult } from "./replay.ts";
import { pause } from "./slots.ts";

const UPKEEP_EVERY = 60_000;
const CHECKPOINT_EVERY = 60;

export interface ApplianceDeps {
  readonly bridges: readonly LoadedBridge[];
  readonly state: OpenState;
  readonly context: (bridge: LoadedBridge, known: (hint: string) => boolean) => AdapterContext;
  readonly newDropId: () => string;
  readonly loadVersion: (bridge: string, version: string) => Promise<LoadedBridge>;
  /** Lifecycle as computed from dates, policy, ledger and clock. */
  readonly lifecycle: {
    readonly holds: (bridge: LoadedBridge) => boolean;
    readonly finishes: (bridge: LoadedBridge) => boolean;
    readonly polls: (bridge: LoadedBridge) => boolean;
    readonly notices: (bridge: LoadedBridge, drop: DropRow) => readonly string[];
    /** Called on every tick. */
    readonly tick: () => Promise<void>;
  };
  readonly progress: (progress: DropProgress) => void;
  readonly seen?: (user: string, bridge: string) => void;
  /** As in WorkerDeps. */
  readonly partnerSeen?: WorkerDeps["partnerSeen"];
  /** Works on chunks elsewhere; undefined = all here. Closed with the appliance. */
  readonly executor?: Executor | undefined;
  readonly tally?: WorkerDeps["tally"];
  readonly tracing?: WorkerDeps["tracing"];
  readonly log: Log;
  /** Aborted when the state has failed, also where nobody is waiting for it at that moment. */
  readonly failed?: AbortSignal;
}

export interface ReplayOptions {
  readonly ids: readonly string[];
  readonly actor: string;
  readonly dryRun: boolean;
  readonly confirmUnsure?: boolean;
}

export interface Appliance {
  readonly bridges: readonly LoadedBridge[];
  /** A new bridge, or another version of one, while the others go on; where it cannot be built, the one before does, and this rejects. */
  put(bridge: LoadedBridge): Promise<void>;
  /** Its file is gone: it takes nothing more, and open drops reach their end. */
  remove(bridge: string): Promise<void>;
  /** Runs until the signal; what is in flight then has 30 s to end. Rejects where the journal failed. */
  run(signal: AbortSignal): Promise<void>;
  once(options: { readonly patience: number; readonly signal: AbortSignal }): Promise<readonly OnceFigures[]>;
  pause(bridge: string, actor: string, ticket: string): Promise<void>;
  resume(bridge: string, actor: string, ticket: string): Promise<void>;
  replay(options: ReplayOptions, signal: AbortSignal): AsyncGenerator<ReplayResult>;
  /** `--as-new`: the whole drop once more, with new keys; answers the new drop. */
  takeAgain(drop: string, actor: string): Promise<DropRow>;
  /** How many records a drop holds; undefined where that cannot be known. */
  countRecords(drop: DropRow, signal: AbortSignal): Promise<number | undefined>;
  /** Closes dead letters without delivering; answers how many. */
  dismiss(ids: readonly string[], actor: string, reason: string): Promise<number>;
  /** As the journal's. */
  readonly giveUp: Journal["giveUp"];
  status(): readonly WorkerStatus[];
  /** How it stands with chunks that workers have; undefined = there are no workers. */
  readonly queue: ExecutorStatus | undefined;
  /** Bridges that are called, by name. */
  readonly faces: ReadonlyMap<string, OpenFace>;
  close(): Promise<void>;
}

export async function createAppliance(deps: ApplianceDeps): Promise<Appliance> {
  const { state } = deps;
  const { journal, spool } = state;
  const failure = new AbortController();
  let lowDisk = false;

  const fatal = (cause: unknown): void => {
    if (failure.signal.aborted) return;
    deps.log("error", "appliance.failed", { code: asBridgeError(cause).code });
    failure.abort(cause);
  };

  const workerDeps = {
    journal,
    spool,
    context: deps.context,
    newDropId: deps.newDropId,
    loadVersion: deps.loadVersion,
    holds: deps.lifecycle.holds,
    finishes: deps.lifecycle.finishes,
    polls: deps.lifecycle.polls,
    notices: deps.lifecycle.notices,
    seen: deps.seen,
    partnerSeen: deps.partnerSeen,
    executor: deps.executor,
    progress: deps.progress,
    tally: deps.tally,
    tracing: deps.tracing,
    log: deps.log,
    full,
    fatal,
    alarm(bridge: string, code: string, facts: Readonly<Record<string, string | number>>) {
      deps.log("error", "alarm", { bridge, code, ...facts });
      journal
        .audit({ at: Date.now(), event: "bridge.alarm", bridge, drop: undefined, actor: "system", facts: { code } })
        .catch((cause: unknown) => fatal(cause));
    },
  };

  const running = createRunningBridges(workerDeps);
  const { workers } = running;

  async function full(bridge: LoadedBridge): Promise<string | undefined> {
    if (await diskIsLow()) return `DISK_LOW: less than ${LOW_DISK >> 20} MiB are free under the state folder`;
    return spool.used(bridge.name) >= bridge.spoolMost ? "the spool holds as much as spool.most allows" : undefined;
  }

  /** Also keeps the reserve in step with the room that is left. */
  async function diskIsLow(): Promise<boolean> {
    const low = await spool.low();
    if (low && !lowDisk) {
      deps.log("error", "alarm", {
        code: "DISK_LOW",
        free: await spool.free(),
        message: "nothing is taken until there is room",
      });
    } else if (!low && lowDisk) {
      deps.log("info", "disk.room", { free: await spool.free() });
    }
    lowDisk = low;
    return low;
  }

  const retentionOf = (name: string): Retention => workers.get(name)?.bridge.retention ?? DEFAULT_RETENTION;

  async function upkeep(signal: AbortSignal): Promise<void> {
    for (let round = 1; !signal.aborted; round++) {
      await pause(UPKEEP_EVERY, signal).catch(() => undefined);
      if (signal.aborted) return;
      await diskIsLow();
      await deps.lifecycle.tick();
      const { expired, attachments } = await journal.purge(Date.now(), retentionOf);
      if (attachments) for (const worker of workers.values()) worker.forget(attachments);
      // What waited behind a dead letter that has expired waits for nobody any more.
      if (expired > 0) for (const worker of workers.values()) worker.release();
      if (round % CHECKPOINT_EVERY === 0) await journal.auditCheckpoint();
    }
  }

  async function setPaused(name: string, paused: boolean, actor: string, ticket: string): Promise<void> {
    const worker = running.of(name);
    const event = paused ? "bridge.paused" : "bridge.resumed";
    await journal.set(`paused/${name}`, paused, {
      at: Date.now(),
      event,
      bridge: name,
      drop: undefined,
      actor,
      facts: { ticket },
    });
    worker.setPaused(paused);
  }

  const stateFailed = (): void => fatal(deps.failed?.reason);
  deps.failed?.addEventListener("abort", stateFailed, { once: true });
  if (deps.failed?.aborted === true) stateFailed();
  await diskIsLow();
  try {
    for (const bridge of deps.bridges) await running.put(bridge);
  } catch (cause) {
    await running.close();
    throw cause;
  }

  return {
    get bridges() {
      return [...workers.values()].map(({ bridge }) => bridge);
    },
    put: (bridge) => running.put(bridge),
    remove: (name) => running.remove(name),
    async run(signal) {
      const stop = AbortSignal.any([signal, failure.signal]);
      // One that fails stops the others, which end in order: nobody is cut by somebody else's failure.
      await Promise.all([running.run(stop), upkeep(stop).catch(fatal)]);
      if (failure.signal.aborted) throw asBridgeError(failure.signal.reason);
    },
    async once({ patience, signal }) {
      const stop = AbortSignal.any([signal, failure.signal]);
      const runs = await Promise.allSettled([...workers.values()].map((worker) => worker.once(patience, stop)));
      if (failure.signal.aborted) throw asBridgeError(failure.signal.reason);
      const figures = runs.map((run) => {
        if (run.status === "rejected") throw asBridgeError(run.reason);
        return run.value;
      });
      await journal.purge(Date.now(), retentionOf);
      return figures;
    },
    pause: (name, actor, ticket) => setPaused(name, true, actor, ticket),
    resume: (name, actor, ticket) => setPaused(name, false, actor, ticket),
    async *replay(options, signal) {
      const letters: DeadLetter[] = [];
      for (const id of options.ids) {
        const letter = await journal.deadLetter(id);
        if (!letter) throw new BridgeError("DEAD_LETTER_UNKNOWN", `there is no dead letter ${id}`);
        if (letter.state === "open" || letter.state === "expired") letters.push(letter);
      }
      for (const [name, group] of Map.groupBy(letters, (letter) => letter.bridge)) {
        const { actor, dryRun, confirmUnsure = false } = options;
        yield* running
          .of(name)
          .replay(group, { dryRun, confirmUnsure, actor }, AbortSignal.any([signal, failure.signal]));
      }
    },
    async takeAgain(id, actor) {
      const drop = await journal.drop(id);
      if (!drop) throw new BridgeError("DROP_UNKNOWN", "there is no drop of that id");
      return await running.of(drop.bridge).takeAgain(drop, actor);
    },
    async countRecords(drop, signal) {
      try {
        return await workers.get(drop.bridge)?.countRecords(drop, AbortSignal.any([signal, failure.signal]));
      } catch (cause) {
        if (signal.aborted) throw cause;
        // It may have left meanwhile, or its spool file is damaged: that is found when it is worked on.
        return undefined;
      }
    },
    async dismiss(ids, actor, reason) {
      const count = await journal.dismiss(ids, actor, reason);
      for (const worker of workers.values()) worker.release();
      return count;
    },
    async giveUp(what) {
      const drop = await journal.drop(what.drop);
      const isGiven = await journal.giveUp(what);
      if (drop && isGiven) workers.get(drop.bridge)?.givenUp(drop.id);
      return isGiven;
    },
    status: () => [...workers.values()].map((worker) => worker.status()),
    get queue() {
      return deps.executor?.status;
    },
    faces: running.faces,
    async close() {
      deps.failed?.removeEventListener("abort", stateFailed);
      await running.close();
      await deps.executor?.close();
    },
  };
}

const DAY = 86_400_000;
/** For bridges whose file is gone: the shipped defaults. */
const DEFAULT_RETENTION: Retention = { payload: 7 * DAY, dead: 30 * DAY, held: 90 * DAY };

export type { DropProgress, OnceFigures, WorkerStatus, ReplayResult };
