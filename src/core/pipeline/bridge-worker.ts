// One bridge at work: its source, its open drops, its receipts; each has a room of its own (worker-*.ts), this one puts them together.
//
// Bridges share nothing but the journal and the spool, so a dead target or server of one never blocks another.

import type { AdapterContext, Source } from "../contract.ts";
import type { LoadedBridge } from "../bridge/types.ts";
import { asBridgeError } from "../errors.ts";
import type { DropRow } from "../journal/types.ts";
import { asAccepted } from "../calls/accepted.ts";
import { openCallbacks, type Callbacks } from "../calls/callbacks.ts";
import { drained, openFace, type OpenFace } from "../calls/open-face.ts";
import { openShadow } from "../shadow/open-shadow.ts";
import { createAnswering } from "./answering.ts";
import { awaitsNote, openDesk, type Desk } from "./attach-desk.ts";
import { openBridgeTerms } from "./bridge-terms.ts";
import type { CourierEvents } from "./courier.ts";
import { noticesOf } from "./pinning.ts";
import { openRuntimes, type Runtimes } from "./pinned-runtimes.ts";
import { countRecords } from "./count-records.ts";
import { unfinishedComings } from "./second-coming.ts";
import type { Runtime } from "./runtime.ts";
import { targetServers, worstOf } from "./server-health.ts";
import { untilAborted } from "./slots.ts";
import { takeAgain } from "./take-again.ts";
import { attachContextName, createWorkerAttachments, type AttachmentSource } from "./worker-attachments.ts";
import { createWorkerDrops, type WorkerDrops } from "./worker-drops.ts";
import { createWorkerQueue } from "./worker-queue.ts";
import { createWorkerIntake } from "./worker-intake.ts";
import { createWorkerPartners } from "./worker-partners.ts";
import { createWorkerHeld } from "./worker-held.ts";
import { workOnce } from "./worker-once.ts";
import { replayInWorker } from "./worker-replay.ts";
import { changed, newState, requeue, requeueAll, wake, type WorkerState } from "./worker-state.ts";
import type { BridgeWorker, WorkerDeps, WorkerParts, WorkerStatus } from "./worker-types.ts";

/** How long deliveries in flight may take to end when the appliance stops. */
const DRAIN_MILLISECONDS = 30_000;

export async function openBridgeWorker(bridge: LoadedBridge, deps: WorkerDeps): Promise<BridgeWorker> {
  const lifetime = new AbortController();
  const parts = await openParts(bridge, deps, lifetime.signal);
  const { state, runtimes, source, terms, desk, beside, face, callbacks } = parts;
  const drops = createWorkerDrops(parts);
  const held = createWorkerHeld(parts, drops);
  const intake = createWorkerIntake(parts, drops, held);
  const attachments = beside && createWorkerAttachments(parts, beside, desk);

  async function workLoop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const next = changed(state, signal);
      drops.start(signal);
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
    face,
    async run(signal) {
      // Nobody asks for the figures of a run that has no end.
      state.touched = undefined;
      drainAfter(signal);
      // Before anything is taken, so that nothing overtakes what is held.
      await held.step();
      const calls = face && untilAborted(signal).then(() => drained(face));
      state.stop = signal;
      const intaking = intake.loop(signal).finally(() => asAccepted(source)?.stop());
      const calling = callbacks?.run(signal);
      const working = [workLoop(signal), held.loop(signal), attachments?.loop(signal), terms.run(signal)];
      await Promise.all([calls, intaking, calling, ...working]);
    },
    async once(patience, signal) {
      const stop = new AbortController();
      drainAfter(AbortSignal.any([signal, stop.signal]));
      return await workOnce(parts, drops, { intake, attachments, held }, patience, signal, stop);
    },
    setPaused(paused) {
      state.paused = paused;
      if (paused) {
        for (const stop of state.stops.values()) stop.abort(new DOMException("the bridge is paused", "AbortError"));
      }
      wake(state);
    },
    replay: (letters, how, signal) => replayInWorker(parts, drops, letters, how, signal),
    takeAgain: (drop, actor) => again(parts, drops, drop, actor),
    async countRecords(drop, signal) {
      if (drop.bridgeVersion !== bridge.version) return undefined;
      return await countRecords(runtimes.today.codec, drop, deps.spool, signal);
    },
    forget: (ids) => desk.forget(ids),
    givenUp(id) {
      state.parked.delete(id);
      const rest = state.queue.filter((drop) => drop.id !== id);
      state.queue.splice(0, state.queue.length, ...rest);
      wake(state);
    },
    release: () => drops.release(),
    status: () => statusOf(parts),
    async close() {
      lifetime.abort(new DOMException("the appliance stops", "AbortError"));
      terms.close();
      desk.close();
      await Promise.allSettled(state.active.values());
      await source.close();
      await beside?.source.close();
      await callbacks?.close();
      await runtimes.close();
    },
  };
}

async function openParts(bridge: LoadedBridge, deps: WorkerDeps, lifetime: AbortSignal): Promise<WorkerParts> {
  const { journal, log, alarm, fatal } = deps;
  const state = newState(await journal.knownHints(bridge.name));
  const contextOf = (one: LoadedBridge) => deps.context(one, (hint) => state.known.has(hint));
  const events = courierEvents(bridge, state, deps);
  deps.tally?.begin(bridge.name);
  const shadowed = async (context: AdapterContext) => await openShadow(bridge, context, journal, log);
  const { loadVersion, executor } = deps;
  const runtimes = await openRuntimes({ bridge, contextOf, loadVersion, events, openShadow: shadowed, executor });
  const desk = await openDesk({
    bridge,
    journal,
    hasSource: bridge.attach !== undefined,
    wake(drops) {
      requeueAll(state, drops);
      wake(state);
    },
    unassigned: ({ id, size }) => log("warn", "attachment.unassigned", { bridge: bridge.name, attachment: id, size }),
  });
  state.awaiting = desk.resting;
  const closers: (() => Promise<void>)[] = [() => runtimes.close()];
  let source: Source;
  let beside: AttachmentSource | undefined;
  let face: OpenFace | undefined;
  let callbacks: Callbacks | undefined;
  try {
    source = await bridge.source.build(contextOf(bridge));
    closers.push(() => source.close());
    beside = await besideOf(bridge, deps, desk);
    const accepting = { journal, accepted: asAccepted(source), isActive: (drop: string) => state.active.has(drop) };
    face = openFace(runtimes.today, closedOf(state, lifetime), lifetime, accepting, deps.tracing);
    const deliver = bridge.face?.callback;
    if (face && deliver)
      callbacks = await openCallbacks({ bridge, deliver, face: face.face, context: contextOf(bridge), deps, lifetime });
  } catch (cause) {
    for (const close of closers.toReversed()) await close();
    throw cause;
  }
  const paused = (): boolean => state.paused;
  const woken = (): void => wake(state);
  const terms = await openBridgeTerms({ bridge, runtimes, journal, paused, wake: woken, log, alarm, fatal });
  const notices = (one: LoadedBridge, drop: DropRow): readonly string[] => [
    ...deps.notices(one, drop),
    ...noticesOf(drop),
    ...terms.notices(drop),
  ];
  const answering =
    callbacks ??
    createAnswering({
      bridge,
      today: runtimes.today,
      versionOf: (version) => versionOf(runtimes, version),
      journal,
      spool: deps.spool,
      notices,
      signal: lifetime,
      servers: state.servers,
      log,
    });
  await journal.keepVersion(bridge.version, bridge.files);
  const queue = createWorkerQueue({ bridge, deps, state });
  await queue.load();
  state.closed = !deps.finishes(bridge);
  for (const [id, coming] of await unfinishedComings({ bridge, journal })) state.comings.set(id, coming);
  const { codec } = runtimes.today;
  const partners = createWorkerPartners({ bridge: bridge.name, deps, codec, signal: lifetime });
  const rooms = { queue, runtimes, source, answering, terms, partners, desk, beside, face, callbacks };
  return { bridge, deps, state, ...rooms, lifetime };
}

async function versionOf(runtimes: Runtimes, version: string): Promise<Runtime | undefined> {
  try {
    return await runtimes.of(version);
  } catch (cause) {
    if (asBridgeError(cause).code === "VERSION_MISSING") return undefined;
    throw cause;
  }
}

function closedOf(state: WorkerState, lifetime: AbortSignal): OpenFace["closed"] {
  return () => {
    if (state.stop?.aborted || lifetime.aborted) return "stopping";
    return state.paused ? "paused" : undefined;
  };
}

/** The source of files that come beside the records. */
async function besideOf(bridge: LoadedBridge, deps: WorkerDeps, desk: Desk): Promise<AttachmentSource | undefined> {
  const { attach } = bridge;
  if (!attach) return undefined;
  const base: AdapterContext = deps.context(bridge, (hint) => desk.known.has(hint));
  return { attach, source: await attach.source.build({ ...base, bridge: attachContextName(bridge) }) };
}

function courierEvents(bridge: LoadedBridge, state: WorkerState, { alarm, tally }: WorkerDeps): CourierEvents {
  return {
    stuck(address, why) {
      if (state.stuck.has(address)) return;
      state.stuck.set(address, why);
      alarm(bridge.name, "BRIDGE_STUCK", { address, why });
    },
    moving(address) {
      state.stuck.delete(address);
    },
    attempted: (end, milliseconds) => tally?.attempted(bridge.name, end, milliseconds),
  };
}

/** The bytes of a drop once more, as a drop of their own. */
async function again(parts: WorkerParts, drops: WorkerDrops, drop: DropRow, actor: string): Promise<DropRow> {
  const { bridge, deps, state, runtimes, answering, lifetime } = parts;
  const { journal, spool, newDropId } = deps;
  const holds = (): boolean => deps.holds(bridge);
  const codecVersion = runtimes.today.codec.version;
  const taken = await takeAgain({ bridge, codecVersion, journal, spool, newDropId, holds }, drop, actor, lifetime);
  state.touched?.add(taken.id);
  if (taken.state === "open") requeue(state, taken);
  else drops.track(taken.id, answering.answer(taken.id));
  wake(state);
  return taken;
}

function statusOf({ bridge, state, runtimes, source, terms, desk, beside, callbacks }: WorkerParts): WorkerStatus {
  const circuits = circuitsOf(runtimes);
  const parked = [...state.parked.values()].map(({ error }) => `${error.code}: ${error.message}`);
  const queue = runtimes.today.executor?.status.trouble;
  return {
    bridge: bridge.name,
    paused: state.paused,
    running: state.active.size,
    waiting: state.queue.length,
    oldest: oldestOf(state),
    growing: source.growing + (beside?.source.growing ?? 0),
    sourceError: state.sourceError ?? state.full ?? state.unread ?? state.attachments,
    stuck: [
      ...(queue === undefined ? [] : [queue]),
      ...state.stuck.keys(),
      ...new Set([...parked, ...state.away.values()]),
      ...terms.trouble,
    ],
    owed: state.cleanUp ?? state.owed ?? callbacks?.trouble,
    servers: [...worstOf([state.servers, state.besideServers]), ...targetServers(runtimes.opened())],
    term: terms.note(state.queue) ?? awaitsNote(desk, bridge.timezone),
    circuits,
  };
}

function oldestOf({ queue, looking, parked }: WorkerState): number | undefined {
  let oldest = queue[0]?.received ?? Number.POSITIVE_INFINITY;
  for (const received of looking.values()) oldest = Math.min(oldest, received);
  for (const { drop } of parked.values()) oldest = Math.min(oldest, drop.received);
  return Number.isFinite(oldest) ? oldest : undefined;
}

function circuitsOf(runtimes: Runtimes): WorkerStatus["circuits"] {
  const couriers = runtimes.opened().flatMap((runtime) => [...runtime.couriers.values()]);
  return couriers
    .flatMap((courier) => [...courier.circuits()])
    .map(([address, { state, since, nextTry, why }]) => ({ address, state, since, nextTry, why }));
}
