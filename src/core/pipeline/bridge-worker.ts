// One bridge at work: its source, its open drops, its receipts.
//
//   drop: open ──run──▶ done ──receipt──▶ answered        open ──trouble (tables, spool, decoder)──▶ parked until the next start
//   held and duplicate drops have no run, only a receipt
//
// Bridges share nothing but the journal and the spool, so a dead target or server of one never blocks another.

import type { Source } from "../contract.ts";
import { asBridgeError } from "../errors.ts";
import type { LoadedBridge } from "../bridge/types.ts";
import type { DropRow, TakeResult } from "../journal/types.ts";
import { openBridgeTerms } from "./bridge-terms.ts";
import { backOff } from "./circuit.ts";
import { countRecords, runDrop } from "./drop-run.ts";
import { isFatal, isTargetAway } from "./fatal.ts";
import { figuresOf, whyUnfinished } from "./once-figures.ts";
import type { Signals } from "./courier.ts";
import { lookOnce } from "./intake.ts";
import type { Tracker } from "./progress.ts";
import { createAnswering } from "./answering.ts";
import { replayLetters } from "./replay.ts";
import { openRuntime, type Runtime } from "./runtime.ts";
import { deliverAgain, unfinishedComings } from "./second-coming.ts";
import { takeAgain } from "./take-again.ts";
import type { TermFiles } from "./term-files.ts";
import { newState } from "./worker-state.ts";
import type { BridgeWorker, WorkerDeps } from "./worker-types.ts";
import { pause } from "./slots.ts";

/** Drops of a bridge without order that run at the same time, so that a small one does not wait for a large one. */
const DROPS_AT_ONCE = 4;
const RETRY_FIRST = 1_000;
const RETRY_MOST = 60_000;
/** So many tries in a row find the target away before people hear of it. */
const AWAY_ALARM = 3;
/** How long deliveries in flight may take to end when the appliance stops. */
const DRAIN_MILLISECONDS = 30_000;

export async function openBridgeWorker(bridge: LoadedBridge, deps: WorkerDeps): Promise<BridgeWorker> {
  const { journal, spool } = deps;
  const state = newState(await journal.knownHints(bridge.name));
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
  /** Of the run that is under way: nothing more begins. */
  let stopping: AbortSignal = lifetime.signal;
  const answering = createAnswering(bridge, runtime.answers, journal, noticesOf, lifetime.signal);
  const older = new Map<string, Promise<Runtime>>();
  const { log, alarm, fatal } = deps;
  const paused = (): boolean => state.paused;
  const terms = await openBridgeTerms({ bridge, runtime, runtimeFor, journal, paused, wake, log, alarm, fatal });
  await journal.keepVersion(bridge.version, bridge.files);
  for (const drop of await journal.open(bridge.name)) {
    state.queue.push(drop);
    state.inherited.add(drop.id);
    state.touched.add(drop.id);
  }

  function logFailure(event: string, drop: string, cause: unknown): void {
    if (isFatal(cause)) throw cause;
    deps.log("warn", event, { bridge: bridge.name, drop, code: asBridgeError(cause).code });
  }

  function noticesOf(one: LoadedBridge, drop: DropRow): readonly string[] {
    return [...deps.notices(one, drop), ...terms.notices(drop)];
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
      // A version that cannot be had now may be there at the next try.
      opened.catch(() => older.delete(version));
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
    else if (drop.state === "duplicate" && !result.taken) secondComing(drop, result.earlier);
    else track(drop.id, answering.answer(drop.id));
    wake();
  }

  /** The same bytes again: only what failed of the earlier drop has something to do. A pause keeps it for later. */
  function secondComing(drop: DropRow, earlier: DropRow): void {
    if (state.paused || state.active.has(drop.id) || state.cameAgain.has(drop.id)) return;
    const signals = { stop: AbortSignal.any([stopping, lifetime.signal]), kill: lifetime.signal };
    const parts = { bridge, journal, spool, runtime, runtimeFor, answering, log: deps.log, signals };
    const task = deliverAgain(parts, drop, earlier).then(() => {
      state.cameAgain.add(drop.id);
      release();
      return answering.answer(drop.id);
    });
    track(
      drop.id,
      task.catch((cause: unknown) => {
        if (!signals.stop.aborted) throw cause;
      }),
    );
  }

  async function resumeSecondComings(): Promise<void> {
    for (const { drop, earlier } of await unfinishedComings({ bridge, journal })) secondComing(drop, earlier);
  }

  /** Its receipt is not due yet: something is still to be done for it. */
  function isBusy(drop: DropRow): boolean {
    const comesAgain = drop.state === "duplicate" && drop.payload === "kept" && !state.cameAgain.has(drop.id);
    return comesAgain || state.active.has(drop.id);
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

  /** Tries again for as long as the target is away as a whole: nothing is marked failed for that (engine, promise 5). */
  async function runWhileAway(drop: DropRow, signals: Signals): Promise<void> {
    const running = await runtimeFor(drop.bridgeVersion);
    const events = { progress: (id: string, tracker: Tracker): void => report(drop, id, tracker) };
    for (let failures = 1; ; failures++) {
      try {
        const work = (files?: TermFiles): Promise<void> =>
          runDrop(running, drop, journal, spool, state.inherited.has(drop.id), events, signals, files);
        await terms.during(running, drop.id, work, signals.stop);
        state.away.delete(drop.id);
        return;
      } catch (cause) {
        if (signals.stop.aborted || !isTargetAway(cause)) throw cause;
        // What another way had under way was cut: the next run may send it again.
        state.inherited.add(drop.id);
        state.away.set(drop.id, `${cause.code}: ${cause.message}`);
        deps.log("warn", "drop.waits", {
          bridge: bridge.name,
          drop: drop.id,
          code: cause.code,
          message: cause.message,
        });
        if (failures === AWAY_ALARM) deps.alarm(bridge.name, "BRIDGE_STUCK", { drop: drop.id, why: cause.message });
        await pause(backOff(failures, awayPauses(running)), signals.stop);
      }
    }
  }

  async function runOne(drop: DropRow, signals: Signals): Promise<void> {
    state.touched.add(drop.id);
    try {
      await runWhileAway(drop, signals);
    } catch (cause) {
      if (isFatal(cause)) throw cause;
      if (signals.stop.aborted) {
        state.queue.unshift(drop);
        return;
      }
      const error = asBridgeError(cause);
      state.away.delete(drop.id);
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
    state.away.delete(id);
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

  /** Removes at the source what was taken; answers why something still lies there. */
  async function settleRest(signal: AbortSignal): Promise<string | undefined> {
    let why: string | undefined;
    for (const { drop, name, hint } of await journal.unsettled(bridge.name)) {
      if (state.active.has(drop)) continue;
      try {
        await source.settleAgain(name, hint, drop, signal);
        await journal.settled(drop);
      } catch (cause) {
        if (isFatal(cause)) throw cause;
        const { code, message } = asBridgeError(cause, "receive");
        why ??= `what was taken still lies at the source: ${code}: ${message}`;
        deps.log("warn", "intake.clean-up-pending", { bridge: bridge.name, drop, code });
      }
    }
    return why;
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
    const ordered = bridge.order.by !== "none";
    // In an ordered bridge nothing overtakes a drop that people must look at.
    if (ordered && [...state.parked.values()].some(({ error }) => error.code !== "ORDER_HELD")) return;
    const most = ordered || terms.serial ? 1 : DROPS_AT_ONCE;
    terms.arrange(state.queue);
    while (!state.paused && !stop.aborted && state.active.size < most && state.queue.length > 0) {
      const at = state.queue.findIndex((drop) => !state.replaying.has(drop.id) && terms.lets(drop));
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

  async function look(signal: AbortSignal): Promise<number> {
    let full: string | undefined;
    const intake = {
      bridge,
      codecVersion: runtime.codec.version,
      source,
      journal,
      spool,
      newDropId: deps.newDropId,
      holds: () => deps.holds(bridge),
      full: async () => (full = await deps.full(bridge)),
      taken,
      log: deps.log,
    };
    const count = await lookOnce(intake, signal);
    if (full !== undefined && state.full === undefined)
      deps.log("warn", "intake.full", { bridge: bridge.name, why: full });
    state.full = full;
    return count;
  }

  async function intakeLoop(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      try {
        if (deps.polls(bridge)) {
          await look(signal);
          await settleRest(signal);
          await answering.answerRest(isBusy, logFailure);
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

  function cut(): void {
    lifetime.abort(new DOMException("the time to drain is over", "AbortError"));
  }

  /** What is in flight when somebody asks to stop may end by itself; after that it is cut. */
  function drainAfter(signal: AbortSignal): void {
    signal.addEventListener("abort", () => void setTimeout(cut, DRAIN_MILLISECONDS).unref(), { once: true });
  }

  return {
    bridge,
    async run(signal) {
      stopping = signal;
      drainAfter(signal);
      await resumeSecondComings();
      await Promise.all([intakeLoop(signal), workLoop(signal), terms.run(signal)]);
    },
    async once(patience, signal) {
      const stop = new AbortController();
      const both = AbortSignal.any([signal, stop.signal]);
      drainAfter(both);
      let owed: string | undefined;
      stopping = both;
      await resumeSecondComings();
      if (deps.polls(bridge)) {
        await look(both);
        if (source.growing > 0) {
          // One wait gives a file that has just been finished the time to settle; what still grows is for the next run.
          await source.wait(both);
          while ((await look(both)) > 0);
        }
        owed = await settleRest(both);
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
      if (!state.paused && !signal.aborted) owed ??= await terms.endDue(patience, signal);
      await answering.answerRest(isBusy, (event, drop, cause) => {
        logFailure(event, drop, cause);
        const { code, message } = asBridgeError(cause);
        owed ??= `a receipt could not be written: ${code}: ${message}`;
      });
      const sums = await figuresOf(state.touched, journal, (drop) => countAgain(drop, signal));
      const why = whyUnfinished(state, runtime.couriers.values(), impatient) ?? owed;
      return { bridge: bridge.name, ...sums, why, term: terms.note(state.queue) };
    },
    setPaused(paused) {
      state.paused = paused;
      if (!paused) resumeSecondComings().catch(deps.fatal);
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
          const pinned = await runtimeFor(drop.bridgeVersion);
          const what = { running: runtime, pinned, drop, payload: drop, letters: group };
          const how = { dryRun, confirmUnsure, patience: "attempts" } as const;
          yield* replayLetters({ ...what, ...how }, journal, spool, actor, { stop: both, kill: both });
          if (!dryRun && drop.state === "done") await answering.answer(id);
        } finally {
          state.replaying.delete(id);
          release();
        }
      }
    },
    async takeAgain(drop, actor) {
      const { newDropId } = deps;
      const holds = (): boolean => deps.holds(bridge);
      const codecVersion = runtime.codec.version;
      const more = { bridge, codecVersion, journal, spool, newDropId, holds };
      const again = await takeAgain(more, drop, actor, lifetime.signal);
      state.touched.add(again.id);
      if (again.state === "open") state.queue.push(again);
      else track(again.id, answering.answer(again.id));
      wake();
      return again;
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
        sourceError: state.sourceError ?? state.full,
        stuck: [...state.stuck.keys(), ...new Set(state.away.values()), ...terms.trouble],
        term: terms.note(state.queue),
        circuits: circuits.map(([address, { state: circuit, since, nextTry, why }]) => ({
          address,
          state: circuit,
          since,
          nextTry,
          why,
        })),
      };
    },
    async close() {
      lifetime.abort(new DOMException("the appliance stops", "AbortError"));
      terms.close();
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
    return state.stuck.size > 0 || state.away.size > 0 || Date.now() - state.moved > 1_000;
  }

  async function countAgain(drop: DropRow, signal: AbortSignal): Promise<number> {
    return (await countRecords(await runtimeFor(drop.bridgeVersion), drop, spool, signal)).records;
  }
}

/** Between two tries of a drop whose target is away: as patient as the target's own attempts. */
function awayPauses(running: Runtime): { readonly first: number; readonly most: number } {
  const [way] = running.couriers.keys();
  return way?.deliver.retry ?? { first: RETRY_FIRST, most: RETRY_MOST };
}
