// One bridge at work: its source, its open drops, its receipts.
//
//   drop: open ──run──▶ done ──receipt──▶ answered        open ──trouble (tables, spool, decoder)──▶ parked until the next start
//   held and duplicate drops have no run, only a receipt
//
// Bridges share nothing but the journal and the spool, so a dead target or server of one never blocks another.

import type { Source } from "../contract.ts";
import { asBridgeError, BridgeError } from "../errors.ts";
import type { LoadedBridge } from "../bridge/types.ts";
import type { DropRow, TakeResult } from "../journal/types.ts";
import { countRecords, runDrop } from "./drop-run.ts";
import type { Signals } from "./courier.ts";
import { lookOnce } from "./intake.ts";
import type { Tracker } from "./progress.ts";
import { createAnswering } from "./answering.ts";
import { replayLetters } from "./replay.ts";
import { openRuntime, type Runtime } from "./runtime.ts";
import type { BridgeWorker, OnceFigures, WorkerDeps } from "./worker-types.ts";
import { pause } from "./slots.ts";

/** Drops of a bridge without order that run at the same time, so that a small one does not wait for a large one. */
const DROPS_AT_ONCE = 4;
const RETRY_FIRST = 1_000;
const RETRY_MOST = 60_000;

interface State {
  paused: boolean;
  sourceError: string | undefined;
  readonly known: Set<string>;
  readonly queue: DropRow[];
  readonly active: Map<string, Promise<void>>;
  /** Ends the run of one drop, so that its dead letters can be replayed. */
  readonly stops: Map<string, AbortController>;
  readonly parked: Map<string, { readonly drop: DropRow; readonly error: BridgeError }>;
  /** Drops whose dead letters are being replayed: not started meanwhile. */
  readonly replaying: Set<string>;
  readonly stuck: Map<string, string>;
  /** Drops this process has seen, for the figures of one run. */
  readonly touched: Set<string>;
  /** Open when this process began: their last outcomes may not have reached the journal. */
  readonly inherited: Set<string>;
  moved: number;
  wake: (() => void) | undefined;
}

export async function openBridgeWorker(bridge: LoadedBridge, deps: WorkerDeps): Promise<BridgeWorker> {
  const { journal, spool } = deps;
  const state: State = {
    paused: false,
    sourceError: undefined,
    known: new Set(await journal.knownHints(bridge.name)),
    queue: [],
    active: new Map(),
    stops: new Map(),
    replaying: new Set(),
    parked: new Map(),
    stuck: new Map(),
    touched: new Set(),
    inherited: new Set(),
    moved: Date.now(),
    wake: undefined,
  };
  const context = deps.context(bridge, (hint) => state.known.has(hint));
  const courierEvents = {
    stuck(address: string, why: string) {
      if (state.stuck.has(address)) return;
      state.stuck.set(address, why);
      deps.alarm(bridge.name, "BRIDGE_STUCK", { address, why });
    },
    moving(address: string) {
      state.stuck.delete(address);
    },
  };
  const runtime = await openRuntime(bridge, context, courierEvents);
  let source: Source;
  try {
    source = await bridge.source.build(context);
  } catch (cause) {
    await runtime.close();
    throw cause;
  }
  const lifetime = new AbortController();
  const answering = createAnswering(bridge, runtime.answers, journal, deps.notices, lifetime.signal);
  const older = new Map<string, Promise<Runtime>>();
  await journal.keepVersion(bridge.version, bridge.files);
  for (const drop of await journal.open(bridge.name)) {
    state.queue.push(drop);
    state.inherited.add(drop.id);
  }

  function logFailure(event: string, drop: string, cause: unknown): void {
    if (isFatal(cause)) throw cause;
    deps.log("warn", event, { bridge: bridge.name, drop, code: asBridgeError(cause).code });
  }

  function wake(): void {
    state.wake?.();
    state.wake = undefined;
  }

  function changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener("abort", done);
        resolve();
      };
      state.wake = done;
      signal.addEventListener("abort", done, { once: true });
      if (signal.aborted) done();
    });
  }

  async function runtimeFor(version: string): Promise<Runtime> {
    if (version === bridge.version) return runtime;
    let opened = older.get(version);
    if (!opened) {
      opened = deps.loadVersion(bridge.name, version).then((pinned) => openRuntime(pinned, context, courierEvents));
      older.set(version, opened);
    }
    return opened;
  }

  function taken(result: TakeResult, hint: string): void {
    const { drop } = result;
    state.known.add(hint);
    state.touched.add(drop.id);
    state.moved = Date.now();
    deps.log("info", result.taken ? "drop.taken" : "drop.duplicate", {
      bridge: bridge.name,
      drop: drop.id,
      size: drop.size,
    });
    if (drop.state === "open") state.queue.push(drop);
    else if (drop.state === "duplicate" && !result.taken)
      track(
        drop.id,
        secondComing(drop, result.earlier).then(() => answering.answer(drop.id)),
      );
    else track(drop.id, answering.answer(drop.id));
    wake();
  }

  /** The same bytes again: the dead and expired records of the earlier drop get another try from this payload. */
  async function secondComing(drop: DropRow, earlier: DropRow): Promise<void> {
    const letters = (await journal.dead({ drop: earlier.id, limit: 10_000 })).filter(
      (letter) => letter.state === "open" || letter.state === "expired",
    );
    if (letters.length === 0) return;
    for await (const result of replayLetters(
      { running: runtime, drop: earlier, payload: drop, letters, dryRun: false, confirmUnsure: false },
      journal,
      spool,
      "system",
      lifetime.signal,
    )) {
      deps.log("info", "dead.second-coming", {
        bridge: bridge.name,
        drop: earlier.id,
        letter: result.id,
        outcome: result.outcome,
      });
    }
    await answering.answer(earlier.id);
  }

  function track(id: string, task: Promise<void>): void {
    const guarded = task
      .catch((cause: unknown) => {
        if (isFatal(cause)) deps.fatal(cause);
        else if (!lifetime.signal.aborted)
          deps.log("error", "drop.failed", { bridge: bridge.name, drop: id, code: asBridgeError(cause).code });
      })
      .finally(() => {
        if (state.active.get(id) === guarded) state.active.delete(id);
        state.moved = Date.now();
        wake();
      });
    state.active.set(id, guarded);
  }

  async function runOne(drop: DropRow, signals: Signals): Promise<void> {
    state.touched.add(drop.id);
    try {
      const running = await runtimeFor(drop.bridgeVersion);
      const events = { progress: (id: string, tracker: Tracker): void => report(drop, id, tracker) };
      await runDrop(running, drop, journal, spool, state.inherited.has(drop.id), events, signals);
    } catch (cause) {
      if (isFatal(cause)) throw cause;
      if (signals.stop.aborted) {
        state.queue.unshift(drop);
        return;
      }
      const error = asBridgeError(cause);
      state.parked.set(drop.id, { drop, error });
      const level = error.code === "ORDER_HELD" ? "warn" : "error";
      deps.log(level, "drop.parked", { bridge: bridge.name, drop: drop.id, code: error.code, message: error.message });
      if (level === "error") deps.alarm(bridge.name, error.code, { drop: drop.id });
      return;
    }
    deps.log("info", "drop.finished", { bridge: bridge.name, drop: drop.id });
    await answering.answer(drop.id);
  }

  function report(drop: DropRow, id: string, tracker: Tracker): void {
    state.moved = Date.now();
    const { delivered, dead, skipped, records } = tracker.counts;
    deps.progress({
      bridge: bridge.name,
      drop: id,
      name: drop.name,
      size: drop.size,
      offset: tracker.offset,
      delivered,
      dead,
      skipped,
      records,
      complete: tracker.finished,
    });
  }

  async function settleRest(signal: AbortSignal): Promise<void> {
    for (const { drop, name, hint } of await journal.unsettled(bridge.name)) {
      if (state.active.has(drop)) continue;
      try {
        await source.settleAgain(name, hint, drop, signal);
        await journal.settled(drop);
      } catch (cause) {
        if (isFatal(cause)) throw cause;
        deps.log("warn", "intake.clean-up-pending", {
          bridge: bridge.name,
          drop,
          code: asBridgeError(cause, "receive").code,
        });
      }
    }
  }

  /** A dead letter was closed: drops that waited for one look again. */
  function release(): void {
    for (const [id, { drop, error }] of state.parked) {
      if (error.code !== "ORDER_HELD") continue;
      state.parked.delete(id);
      state.queue.push(drop);
    }
    state.queue.sort((a, b) => (a.id < b.id ? -1 : 1));
    wake();
  }

  function startDrops(stop: AbortSignal): void {
    const most = bridge.order.by === "none" ? DROPS_AT_ONCE : 1;
    while (!state.paused && !stop.aborted && state.active.size < most && state.queue.length > 0) {
      const at = state.queue.findIndex((drop) => !state.replaying.has(drop.id));
      if (at < 0) return;
      const drop = state.queue.splice(at, 1)[0] as DropRow;
      const own = new AbortController();
      state.stops.set(drop.id, own);
      const stops = AbortSignal.any([stop, own.signal]);
      track(
        drop.id,
        runOne(drop, { stop: stops, kill: lifetime.signal }).finally(() => state.stops.delete(drop.id)),
      );
    }
  }

  const look = (signal: AbortSignal): Promise<number> =>
    lookOnce(
      {
        bridge,
        codecVersion: runtime.codec.version,
        source,
        journal,
        spool,
        newDropId: deps.newDropId,
        holds: () => deps.holds(bridge),
        full: deps.full,
        taken,
        log: deps.log,
      },
      signal,
    );

  async function intakeLoop(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      try {
        if (deps.polls(bridge)) {
          await look(signal);
          await settleRest(signal);
          await answering.answerRest(state.active, logFailure);
        }
        failures = 0;
        state.sourceError = undefined;
        await source.wait(signal);
      } catch (cause) {
        if (signal.aborted) return;
        if (isFatal(cause)) {
          deps.fatal(cause);
          return;
        }
        const error = asBridgeError(cause, "receive");
        state.sourceError = `${error.code}: ${error.message}`;
        deps.log("warn", "source.failed", { bridge: bridge.name, code: error.code, message: error.message });
        await pause(Math.min(RETRY_MOST, RETRY_FIRST * 2 ** Math.min(failures++, 10)), signal).catch(() => undefined);
      }
    }
  }

  async function workLoop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const next = changed(signal);
      startDrops(signal);
      await next;
    }
    await Promise.allSettled(state.active.values());
  }

  return {
    bridge,
    async run(signal) {
      await Promise.all([intakeLoop(signal), workLoop(signal)]);
    },
    async once(patience, signal) {
      const stop = new AbortController();
      const both = AbortSignal.any([signal, stop.signal]);
      if (deps.polls(bridge)) {
        await look(both);
        if (source.growing > 0) {
          // One wait gives a file that has just been finished the time to settle; what still grows is for the next run.
          await source.wait(both);
          while ((await look(both)) > 0);
        }
        await settleRest(both);
      }
      state.moved = Date.now();
      let impatient = false;
      while (!both.aborted && (state.queue.length > 0 || state.active.size > 0)) {
        const next = changed(both);
        startDrops(both);
        if (state.active.size === 0) break;
        await Promise.race([next, pause(Math.min(250, patience), both).catch(() => undefined)]);
        if (waits() && Date.now() - state.moved >= patience) {
          impatient = true;
          stop.abort(new DOMException("patience is over", "AbortError"));
        }
      }
      await Promise.allSettled(state.active.values());
      await answering.answerRest(state.active, logFailure);
      return figures(impatient, AbortSignal.any([signal, lifetime.signal]));
    },
    setPaused(paused) {
      state.paused = paused;
      wake();
    },
    async *replay(letters, options, signal) {
      const byDrop = Map.groupBy(letters, (letter) => letter.drop);
      const both = AbortSignal.any([signal, lifetime.signal]);
      for (const [id, group] of byDrop) {
        // A drop that is still running keeps its counts in memory: it pauses while the journal changes them.
        state.replaying.add(id);
        try {
          state.stops.get(id)?.abort(new DOMException("dead letters are being replayed", "AbortError"));
          await state.active.get(id);
          const drop = await journal.drop(id);
          if (!drop) continue;
          const { dryRun, confirmUnsure, actor } = options;
          const request = { running: runtime, drop, payload: drop, letters: group, dryRun, confirmUnsure };
          yield* replayLetters(request, journal, spool, actor, both);
          if (!dryRun && drop.state === "done") await answering.answer(id);
        } finally {
          state.replaying.delete(id);
          release();
        }
      }
    },
    release,
    status() {
      const circuits = [...runtime.couriers.values()].flatMap((courier) => [...courier.circuits()]);
      return {
        bridge: bridge.name,
        paused: state.paused,
        running: state.active.size,
        waiting: state.queue.length,
        growing: source.growing,
        sourceError: state.sourceError,
        stuck: [...state.stuck.keys()],
        circuits: circuits.map(([address, { state: circuit, since, nextTry, why }]) => ({
          address,
          state: circuit,
          since,
          nextTry,
          why,
        })),
      };
    },
    kill() {
      lifetime.abort(new DOMException("the time to drain is over", "AbortError"));
    },
    async close() {
      lifetime.abort(new DOMException("the appliance stops", "AbortError"));
      await Promise.allSettled(state.active.values());
      await source.close();
      for (const opened of older.values()) await opened.then((other) => other.close()).catch(() => undefined);
      await runtime.close();
    },
  };

  /** Is there nothing to do but to wait for a target? */
  function waits(): boolean {
    for (const courier of runtime.couriers.values()) {
      for (const circuit of courier.circuits().values()) if (circuit.state !== "closed") return true;
    }
    return state.stuck.size > 0 || Date.now() - state.moved > 1_000;
  }

  async function figures(impatient: boolean, signal: AbortSignal): Promise<OnceFigures> {
    const sum = { records: 0, delivered: 0, skipped: 0, dead: 0 };
    for (const id of state.touched) {
      const drop = await journal.drop(id);
      if (!drop || drop.state === "duplicate" || drop.state === "held") continue;
      const records = drop.complete
        ? drop.records
        : (await countRecords(await runtimeFor(drop.bridgeVersion), drop, spool, signal)).records;
      sum.records += records;
      sum.delivered += drop.delivered;
      sum.skipped += drop.skipped;
      sum.dead += drop.dead;
    }
    const open = [...runtime.couriers.values()]
      .flatMap((courier) => [...courier.circuits().values()])
      .find((circuit) => circuit.state !== "closed");
    const parked = [...state.parked.values()][0]?.error;
    const why = parked
      ? `${parked.code}: ${parked.message}`
      : impatient
        ? (open?.why ?? [...state.stuck.values()][0] ?? "the target did not take them")
        : undefined;
    return {
      bridge: bridge.name,
      drops: state.touched.size,
      ...sum,
      pending: sum.records - sum.delivered - sum.skipped - sum.dead,
      why,
    };
  }
}

function isFatal(cause: unknown): boolean {
  return cause instanceof BridgeError && cause.code === "JOURNAL_FAILED";
}
