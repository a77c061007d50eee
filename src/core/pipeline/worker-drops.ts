// The open drops of one bridge: which of them run, what becomes of a run that did not reach its end.
//
//   waiting ──run──▶ done ──receipt──▶ answered
//              ├─asked to stop (pause, replay, end of the process)──▶ waiting
//              ├─target away as a whole──▶ tried again, with back-off
//              ├─some of its targets away──▶ at rest, then waiting; others run meanwhile
//              ├─its bridge ended 14 days ago──▶ parked until the bridge is opened
//              └─trouble (tables, spool, decoder, a dead letter before it)──▶ parked until people act or the next start

import { asBridgeError, BridgeError, type Code } from "../errors.ts";
import { FINISHES_WITHIN } from "../lifecycle/state.ts";
import { standsAside } from "./aside.ts";
import { awaitsFiles, type Awaited } from "./attach-run.ts";
import type { DropRow } from "../journal/types.ts";
import { backOff } from "./circuit.ts";
import type { Signals } from "./courier.ts";
import { runDrop } from "./drop-run.ts";
import { isFatal, isTargetAway } from "./fatal.ts";
import type { Tracker } from "./progress.ts";
import type { Runtime } from "./runtime.ts";
import { deliverAgain } from "./second-coming.ts";
import { pause } from "./slots.ts";
import type { Senders } from "./senders.ts";
import { traceField } from "../telemetry/trace-context.ts";
import type { TermFiles } from "./term-files.ts";
import { isCrowded, MOST_UNFINISHED, requeue, wake, type Coming } from "./worker-state.ts";
import { traceDrop, type TracedDrop } from "./worker-trace.ts";
import type { WorkerParts } from "./worker-types.ts";

/** Drops of a bridge without order that run at the same time, so that a small one does not wait for a large one. */
const DROPS_AT_ONCE = 4;
/** Of one drop, no alarm: somebody is told of all of them, or knows. */
const QUIET_CODES: ReadonlySet<string> = new Set(["ORDER_HELD", "SUNSET_PASSED"]);
const FINISH_DAYS = FINISHES_WITHIN / 86_400_000;
const RETRY = { first: 1_000, most: 60_000 };
/** So many tries in a row find the target away before people hear of it. */
const AWAY_ALARM = 3;

export interface WorkerDrops {
  /** Starts what may run now. */
  start(stop: AbortSignal): void;
  /** A task for a drop, under way until it settles; its failure is reported here. */
  track(id: string, task: Promise<void>): void;
  /** A dead letter was closed: drops that waited for one look again. */
  release(): void;
  /** The bridge was opened again: drops that its end had stopped go on. */
  reopen(): void;
  /** Its receipt is not due yet: something is still to be done for it. */
  isBusy(drop: DropRow): boolean;
}

export function createWorkerDrops(parts: WorkerParts): WorkerDrops {
  const { bridge, deps, state, runtimes, answering, terms, desk, lifetime } = parts;
  const { journal, spool, log } = deps;
  const ordered = bridge.order.by !== "none";
  /** A call is one message: as many as may be on their way. */
  const atOnce = bridge.face
    ? Math.max(DROPS_AT_ONCE, ...bridge.ways.map(({ deliver }) => deliver.inFlight ?? 0))
    : DROPS_AT_ONCE;
  /** Of runs that ended because records wait for their files. */
  const awaited = new Map<string, Awaited>();

  function track(id: string, task: Promise<void>): void {
    const guarded = task
      .catch((cause: unknown) => {
        if (isFatal(cause)) deps.fatal(cause);
        else if (!lifetime.aborted)
          log("error", "drop.failed", { bridge: bridge.name, drop: id, code: asBridgeError(cause).code });
      })
      .finally(() => {
        if (state.active.get(id) === guarded) state.active.delete(id);
        if (!state.rests.has(id)) state.moved = Date.now();
        wake(state);
      });
    state.active.set(id, guarded);
  }

  /** Runs with a stop of its own, beside the one that ends everything. */
  function begin(id: string, stop: AbortSignal, work: (signals: Signals) => Promise<void>): void {
    const own = new AbortController();
    state.stops.set(id, own);
    const signals = { stop: AbortSignal.any([stop, own.signal, lifetime]), kill: lifetime };
    track(
      id,
      work(signals).finally(() => state.stops.delete(id)),
    );
  }

  function unpark(code: Code): void {
    for (const [id, { drop, error }] of state.parked) {
      if (error.code !== code) continue;
      state.parked.delete(id);
      requeue(state, drop);
    }
    wake(state);
  }

  function release(): void {
    state.releases++;
    unpark("ORDER_HELD");
  }

  /** Long after the end of the bridge nothing begins any more: what is left is a matter for clearing. */
  function parkAll(): void {
    const most = Math.max(0, MOST_UNFINISHED - state.parked.size);
    const left = state.queue.filter(({ id }) => !state.replaying.has(id)).slice(0, most);
    if (left.length === 0) return;
    const ids = new Set(left.map(({ id }) => id));
    const others = state.queue.filter(({ id }) => !ids.has(id));
    state.queue.splice(0, state.queue.length, ...others);
    if (![...state.parked.values()].some(({ error }) => error.code === "SUNSET_PASSED"))
      deps.alarm(bridge.name, "SUNSET_PASSED", { drops: left.length });
    for (const drop of left) track(drop.id, park(drop, sunsetPassed(drop)));
  }

  /** One that a restore left without payload goes on where it stopped, with the same keys, from the bytes that came again. */
  async function goOnFrom(drop: DropRow, id: string, signals: Signals): Promise<void> {
    const lost = await journal.drop(id);
    if (lost?.state !== "open" || lost.payload === "kept") return;
    // Its own run, from before a start, would only find that it has no payload.
    const rest = state.queue.filter((waiting) => waiting.id !== id);
    state.queue.splice(0, state.queue.length, ...rest);
    await state.active.get(id)?.catch(() => undefined);
    const { name, sha256, size } = drop;
    const bytes = { ...spool, read: (of: string, signal: AbortSignal) => spool.read(of === id ? drop.id : of, signal) };
    await runWhileAway({ ...lost, name, sha256, size, payload: "kept" }, signals, undefined, bytes);
    state.parked.delete(id);
    log("info", "drop.finished", { bridge: bridge.name, drop: id });
  }

  /** The same bytes again: only what failed of the earlier drop has something to do. */
  async function comeAgain(coming: Coming, signals: Signals): Promise<void> {
    const { drop, earlier } = coming;
    try {
      await deliverAgain({ bridge, journal, spool, runtimes, answering, desk, log, signals }, drop, earlier);
      await goOnFrom(drop, earlier.id, signals);
    } catch (cause) {
      if (isFatal(cause)) throw cause;
      if (signals.stop.aborted) return;
      coming.failed = true;
      throw cause;
    }
    state.comings.delete(drop.id);
    release();
    await answering.answer(drop.id);
  }

  /** For the `tries`-th time in a row a target is away: who looks is told why, and who does not look after some of them. */
  function waits(drop: DropRow, code: Code, message: string, shown: string, tries: number): void {
    state.away.set(drop.id, shown);
    log("warn", "drop.waits", { bridge: bridge.name, drop: drop.id, code, message });
    if (tries === AWAY_ALARM) deps.alarm(bridge.name, "BRIDGE_STUCK", { drop: drop.id, why: message });
  }

  /** Tries again for as long as the target is away as a whole: nothing is marked failed for that (engine, promise 5). */
  async function runWhileAway(
    drop: DropRow,
    signals: Signals,
    traced: TracedDrop | undefined,
    bytes = spool,
  ): Promise<void> {
    const running = await runtimes.of(drop.bridgeVersion);
    const events = {
      trace: traced?.trace,
      progress(_id: string, tracker: Tracker): void {
        traced?.counts(tracker);
        report(drop, tracker);
      },
      noticed: (id: string, rule: string, count: number): void =>
        log("info", "drop.noticed", { bridge: bridge.name, drop: id, rule, count }),
      senders: (senders: Senders): void => parts.partners.heard(drop, senders),
      awaits: (files: Awaited): void => void awaited.set(drop.id, files),
    };
    for (let failures = 1; ; failures++) {
      try {
        const work = (files?: TermFiles): Promise<void> =>
          runDrop(running, drop, journal, bytes, state.inherited.has(drop.id), events, signals, files, desk);
        await terms.during(running, drop.id, work, signals.stop);
        return;
      } catch (cause) {
        if (signals.stop.aborted || !isTargetAway(cause)) throw cause;
        const { code, message } = cause;
        // What another way had under way was cut: the next run may send it again.
        state.inherited.add(drop.id);
        waits(drop, code, message, `${code}: ${message}`, failures);
        await pause(backOff(failures, awayPauses(running)), signals.stop);
      }
    }
  }

  /** Its other records were served: other drops go on until it is worth another try. */
  function rest(drop: DropRow, running: Runtime, { code, message }: BridgeError): void {
    const rests = (state.rests.get(drop.id) ?? 0) + 1;
    state.rests.set(drop.id, rests);
    waits(drop, code, message, message, rests);
    void pause(backOff(rests, awayPauses(running)), lifetime)
      .then(() => {
        requeue(state, drop);
        wake(state);
      })
      .catch(() => undefined);
  }

  /** All its records were looked at; a file that comes, or the end of their time, brings it back. */
  function restForFiles(drop: DropRow, { message }: BridgeError): void {
    const files = awaited.get(drop.id);
    awaited.delete(drop.id);
    if (!files?.full) state.looking.delete(drop.id);
    log("info", "drop.waits", { bridge: bridge.name, drop: drop.id, code: "ATTACHMENTS_AWAITED", message });
    if (files) desk.rest(files.rest(drop));
  }

  async function park(drop: DropRow, cause: unknown): Promise<void> {
    const error = asBridgeError(cause);
    const { code, message } = error;
    state.looking.delete(drop.id);
    state.parked.set(drop.id, { drop: { ...drop, trouble: code }, error });
    const level = QUIET_CODES.has(code) ? "warn" : "error";
    log(level, "drop.parked", { bridge: bridge.name, drop: drop.id, code, message });
    if (level === "error") deps.alarm(bridge.name, code, { drop: drop.id });
    await journal.trouble(drop.id, code);
  }

  async function runOne(drop: DropRow, signals: Signals): Promise<void> {
    state.touched?.add(drop.id);
    state.looking.set(drop.id, drop.received);
    const { releases } = state;
    const traced = traceDrop(deps.tracing, bridge.name, drop);
    try {
      if (drop.trouble !== undefined) await journal.trouble(drop.id, undefined);
      await runWhileAway(drop, signals, traced);
    } catch (cause) {
      if (isFatal(cause)) throw cause;
      state.away.delete(drop.id);
      await goOnLater({ ...drop, trouble: undefined }, cause, signals, releases);
      return;
    }
    state.away.delete(drop.id);
    state.rests.delete(drop.id);
    state.inherited.delete(drop.id);
    state.looking.delete(drop.id);
    log("info", "drop.finished", { bridge: bridge.name, drop: drop.id, ...traceField(traced?.trace.parent) });
    deps.tally?.finished(bridge.name, Date.now() - drop.received);
    const answer = (): Promise<void> => answering.answer(drop.id);
    await (traced ? traced.receipt(answer) : answer());
  }

  /** A run that did not reach its end. */
  async function goOnLater(drop: DropRow, cause: unknown, { stop }: Signals, releases: number): Promise<void> {
    const away = standsAside(cause);
    // A message that waited for its next attempt may have arrived at the one before.
    if (away || stop.aborted) state.inherited.add(drop.id);
    if (stop.aborted) {
      requeue(state, drop);
    } else if (away) {
      rest(drop, await runtimes.of(drop.bridgeVersion), cause);
    } else if (awaitsFiles(cause)) {
      state.rests.delete(drop.id);
      restForFiles(drop, cause);
    } else if (asBridgeError(cause).code === "ORDER_HELD" && state.releases !== releases) {
      requeue(state, drop);
    } else {
      state.rests.delete(drop.id);
      await park(drop, cause);
    }
  }

  function report(drop: DropRow, tracker: Tracker): void {
    state.moved = Date.now();
    state.away.delete(drop.id);
    const { delivered, dead, skipped, records } = tracker.counts;
    const { id, name, size } = drop;
    const { offset, finished: complete } = tracker;
    deps.progress({ bridge: bridge.name, drop: id, name, size, offset, delivered, dead, skipped, records, complete });
  }

  function mayRun(drop: DropRow): boolean {
    if (isCrowded(state) && !state.rests.has(drop.id)) return false;
    return !state.replaying.has(drop.id) && terms.lets(drop);
  }

  function startComings(stop: AbortSignal, most: number): void {
    for (const [id, coming] of state.comings) {
      if (state.active.size >= most) return;
      if (!coming.failed && !state.active.has(id)) begin(id, stop, (signals) => comeAgain(coming, signals));
    }
  }

  return {
    track,
    release,
    reopen: () => unpark("SUNSET_PASSED"),
    isBusy: ({ id }) => state.comings.has(id) || state.active.has(id) || state.replaying.has(id),
    start(stop) {
      if (state.paused || stop.aborted) return;
      const most = ordered || terms.serial ? 1 : atOnce;
      parts.queue.fill();
      if (state.closed) {
        parkAll();
        return;
      }
      startComings(stop, most);
      // In an ordered bridge nothing overtakes a drop that people must look at.
      if (ordered && [...state.parked.values()].some(({ error }) => error.code !== "ORDER_HELD")) return;
      // Nor one whose records wait for their files.
      if (ordered && state.awaiting.size > 0) return;
      terms.arrange(state.queue);
      while (state.active.size < most && state.queue.length > 0) {
        const at = state.queue.findIndex((drop) => mayRun(drop));
        if (at < 0) return;
        const drop = state.queue.splice(at, 1)[0] as DropRow;
        begin(drop.id, stop, (signals) => runOne(drop, signals));
      }
    },
  };
}

function sunsetPassed({ id }: DropRow): BridgeError {
  return new BridgeError("SUNSET_PASSED", `drop ${id} is not at its end ${FINISH_DAYS} days after the bridge's`);
}

/** Between two tries of a drop whose target is away: as patient as the target's own attempts. */
function awayPauses(running: Runtime): { readonly first: number; readonly most: number } {
  const [way] = running.couriers.keys();
  return way?.deliver.retry ?? RETRY;
}
