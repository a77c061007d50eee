// One drop from the spool to its end.
//
//   decode ─▶ units ─▶ chunk (at most 128 records, a batch, or 1 MiB, at message borders) ─▶ map ▸ validate ─▶ lots ─▶ deliver ─▶ progress
//
// Chunk borders depend on the drop alone, never on how far an earlier run came, so a restart makes the same batches with the same
// keys. What an earlier run finished is passed over.

import type { Cells, Codec } from "../contract.ts";
import { BridgeError } from "../errors.ts";
import type { DropRow, Journal, Progress, Spool } from "../journal/types.ts";
import type { LoadedBridge, Way } from "../bridge/types.ts";
import type { LaterAnswers } from "../calls/later-answers.ts";
import type { Executor } from "../distributed/executor.ts";
import { growsFile } from "./chunk-map.ts";
import { createAside } from "./aside.ts";
import type { Desk } from "./attach-desk.ts";
import { dropAsFile } from "./attach-drop.ts";
import { createAwaited, type Awaited } from "./attach-run.ts";
import { sendChunk } from "./chunk-away.ts";
import { buryUnit, commit, commitFiles, endTerms, processChunk, type Run } from "./chunk-run.ts";
import { documentWay } from "./chunk-documents.ts";
import { straightWay } from "./chunk-straight.ts";
import { createCommitter } from "./committer.ts";
import type { Courier, Signals } from "./courier.ts";
import { isFatal } from "./fatal.ts";
import { createGrowingFiles } from "./growing.ts";
import { dropIdentity } from "./identity.ts";
import { blockedLanes, createLaneTracker } from "./lanes.ts";
import { scopeFor, stemOf, type DropFacts, type OpenWay } from "./map-unit.ts";
import { letOthers } from "./others.ts";
import { onlyOnce } from "./only-once.ts";
import { createPinning, type Pinning } from "./pinning.ts";
import { createTracker, type Tracker } from "./progress.ts";
import { createSenderBook, type Senders } from "./senders.ts";
import { createSlots } from "./slots.ts";
import type { TermFiles } from "./term-files.ts";
import type { DropTrace } from "../telemetry/drop-trace.ts";
import { heardByMany } from "../on-abort.ts";
import type { Unit } from "./unit.ts";
import { decodeUnits } from "./units.ts";

export interface RunningBridge {
  readonly bridge: LoadedBridge;
  readonly codec: Codec;
  readonly ways: readonly OpenWay[];
  readonly couriers: ReadonlyMap<Way, Courier>;
  /** Whether formulas or patterns read `$batch`. */
  readonly usesBatch: boolean;
  /** Of a bridge that is called: drops are calls that were accepted, and their callers ask what became of them. */
  readonly later?: LaterAnswers | undefined;
  /** Works on chunks elsewhere; undefined = here. */
  readonly executor?: Executor | undefined;
}

export interface RunEvents {
  progress(drop: string, tracker: Tracker): void;
  /** A rule of `validate` remarked on so many messages of the drop without keeping them back; told at the drop's end. */
  noticed?(drop: string, rule: string, count: number): void;
  /** Whom the interchanges of the drop name as their senders, before anything of it is delivered where its frame is read first. */
  senders?(senders: Senders): void;
  /** The run ends because records wait for files beside them. */
  awaits?(awaited: Awaited): void;
  /** Spans of the drop; absent = none are recorded. */
  readonly trace?: DropTrace | undefined;
}

/** Messages of a batch where nothing else ends it. */
const BATCH_RECORDS = 500;
/** Chunks that are no batches are small: they are forgotten before V8 moves them to where long lives are expected. */
const CHUNK_RECORDS = 128;
const CHUNK_BYTES = 1 << 20;
const BATCH_BYTES = 8 << 20;
/** After a restart, this many of the first outcomes may already have been sent by the process before. */
const MAY_REPEAT = 200;
/** Open dead letters that are looked at to find blocked lanes. */
const OPEN_LETTERS = 10_000;

/** Brings a drop to its end. Rejects with the signal's reason where it was stopped; what was finished by then is in the journal. */
export async function runDrop(
  running: RunningBridge,
  drop: DropRow,
  journal: Journal,
  spool: Spool,
  resumed: boolean,
  events: RunEvents,
  outer: Signals,
  terms?: TermFiles,
  desk?: Desk,
): Promise<void> {
  const { bridge } = running;
  const progress = await journal.progress(drop.id);
  const abort = new AbortController();
  const kill = heardByMany(AbortSignal.any([outer.kill, abort.signal]));
  const signal = heardByMany(AbortSignal.any([outer.stop, kill]));
  const ordered = bridge.order.by !== "none";
  const laneTracker = ordered ? createLaneTracker(progress) : undefined;
  const tracker = laneTracker ?? createTracker(progress);
  const append = running.ways.some(({ way }) => growsFile(way, running.couriers));
  const committer = createCommitter(journal, drop.id, tracker, !append, (cause) => abort.abort(cause));
  const facts = { ...factsOf(bridge, drop), payload: await dropAsFile(bridge, drop, spool, signal) };
  const { attach } = bridge;
  const documents = append ? undefined : documentWay(running, terms, drop);
  const run: Run = {
    running,
    drop,
    facts,
    identity: dropIdentity(drop),
    tracker,
    committer,
    growing: createGrowingFiles(progress.appenders),
    straight: append ? straightWay(running, terms) : undefined,
    documents,
    terms,
    window: createSlots(running.executor?.window ?? windowOf(running, documents?.areLarge === true)),
    journal,
    spool,
    events,
    abort,
    stop: outer.stop,
    signal,
    signals: { stop: signal, kill },
    inFlight: new Set(),
    append,
    lanes: laneTracker && {
      tracker: laneTracker,
      tails: new Map(),
      blocked:
        bridge.onDead === "hold"
          ? blockedLanes(await journal.dead({ bridge: bridge.name, state: "open", limit: OPEN_LETTERS }))
          : new Set(),
      waiting: 0,
    },
    aside: createAside(running, tracker),
    awaited:
      attach && desk
        ? createAwaited({ bridge, attach, ways: running.ways, facts, drop, journal, spool, desk }, () => tracker.gaps)
        : undefined,
    doubtful: bridge.onDoubt === "ask" ? progress.intent : undefined,
    mayRepeat: resumed ? MAY_REPEAT : 0,
    lastCommit: Date.now(),
    turn: Promise.resolve(),
    told: progress.counts.delivered + progress.counts.skipped + progress.counts.dead,
    notices: new Map(),
  };
  if (terms) terms.endInRun = () => endTerms(run, terms).catch((cause: unknown) => abort.abort(cause));
  const pinning = createPinning(drop, journal);
  try {
    try {
      await decodeAll(run, spool, progress, pinning);
    } catch (cause) {
      if (signal.aborted || !condemnsDrop(cause)) throw cause;
      await Promise.all(run.inFlight);
      signal.throwIfAborted();
      await buryRest(run, spool, cause);
    }
    await pinning.atEnd();
    await Promise.all(run.inFlight);
    // Who was waiting for his turn when somebody asked to stop has no outcome yet.
    if (!tracker.finished) signal.throwIfAborted();
    if (!run.aside.reason && run.awaited?.reason) {
      events.awaits?.(run.awaited);
      throw run.awaited.reason;
    }
    if (run.lanes && run.lanes.waiting > 0) {
      await commit(run);
      throw new BridgeError("ORDER_HELD", `${run.lanes.waiting} records wait for a dead letter before them`, {
        stage: "deliver",
      });
    }
    if (run.away) throw run.away;
    if (run.aside.reason) throw run.aside.reason;
    if (append) await endFiles(run);
    await committer.finish(Date.now());
    events.progress(drop.id, tracker);
    for (const [rule, count] of run.notices) events.noticed?.(drop.id, rule, count);
  } catch (cause) {
    if (terms) terms.endInRun = undefined;
    // Asked to stop: what is in flight may end, so that nothing has to be sent twice. Anything else ends it now.
    if (!outer.stop.aborted || isFatal(cause)) abort.abort(cause);
    await Promise.allSettled(run.inFlight);
    throw (await keepOutcomes(run, kill)) ?? cause;
  } finally {
    committer.stop();
    run.documents?.writers.close();
    await run.growing.close().catch(() => undefined);
  }
}

/** What is known by now is committed; answers what made that impossible for good. */
async function keepOutcomes(run: Run, kill: AbortSignal): Promise<unknown> {
  if (run.committer.failure !== undefined) return run.committer.failure;
  // Everything that was on its way has its answer, unless it was cut.
  if (!kill.aborted) run.committer.intend(undefined);
  try {
    await commit(run);
  } catch (cause) {
    if (isFatal(cause)) return cause;
  }
  return undefined;
}

/**
 * A large message holds the rows it comes from until it is away: no more of them than can be out at the same time. But never one alone:
 * where its target never takes it, the next one goes past it.
 */
function windowOf(running: RunningBridge, areLarge: boolean): number {
  const windows = [...running.couriers.values()].map(({ window, atOnce }) => (areLarge ? Math.max(2, atOnce) : window));
  return Math.max(1, ...windows);
}

export function factsOf(
  bridge: LoadedBridge,
  drop: Pick<DropRow, "bridge" | "name" | "size" | "sha256" | "occurrence" | "received">,
): DropFacts {
  return {
    file: {
      name: drop.name,
      stem: stemOf(drop.name),
      size: drop.size,
      sha256: drop.sha256,
      received: new Date(drop.received).toISOString(),
    },
    bridge: bridge.name,
    received: drop.received,
    dropIdentity: dropIdentity(drop),
    timezone: bridge.timezone,
    tables: bridge.loadTables().tables,
  };
}

/** Failures of decoding that no later attempt mends: the records that are left become dead letters. */
function condemnsDrop(cause: unknown): cause is BridgeError {
  return (
    cause instanceof BridgeError &&
    cause.stage === "decode" &&
    cause.code !== "SPOOL_DAMAGED" &&
    cause.code !== "DECODE_CHANGED"
  );
}

/** One dead letter for all records that have no outcome yet; decodes once more to count them. */
async function buryRest(run: Run, spool: Spool, error: BridgeError): Promise<void> {
  const { tracker, drop, signal } = run;
  const counted =
    error.code === "NAMES_MISSING"
      ? await countRecords(run.running, drop, spool, signal)
      : { records: 1, end: drop.size };
  const first = tracker.watermark + 1;
  const last = Math.max(counted.records, first);
  if (counted.records >= first) {
    buryUnit(
      run,
      { first, last, line: 0, end: Math.max(counted.end, tracker.offset + 1), records: [], fault: error },
      error,
      0,
    );
  }
  tracker.complete(Math.max(counted.records, tracker.watermark));
}

/** Decodes to the end without mapping. */
export async function countRecords(
  running: RunningBridge,
  drop: DropRow,
  spool: Spool,
  signal: AbortSignal,
): Promise<{ readonly records: number; readonly end: number }> {
  const context = { signal, pinned: drop.pinned, detected: (): void => undefined };
  let records = 0;
  let end = 0;
  const facts = factsOf(running.bridge, drop);
  for await (const { units } of decodeUnits(
    running.codec,
    spool.read(drop.id, signal),
    context,
    { by: "record" },
    (record, index, member) => scopeFor(facts, record, index, [record], undefined, member),
  )) {
    const unit = units.at(-1);
    if (unit) ({ last: records, end } = unit);
  }
  return { records, end };
}

async function decodeAll(run: Run, spool: Spool, from: Progress, pinning: Pinning): Promise<void> {
  const { running, drop, facts, signal, tracker } = run;
  const { codec, bridge } = running;
  const senders = createSenderBook((heard) => run.events.senders?.(heard));
  const context = { signal, ...pinning, sender: senders.add, cells: (run.straight ?? run.documents) !== undefined };
  const once = onlyOnce(codec, drop, run.journal);
  try {
    if (codec.checkFrame) await codec.checkFrame(spool.read(drop.id, signal), { ...context, ...once.hears });
  } finally {
    // Also of a drop whose frame is broken: it came from somebody.
    if (!signal.aborted) senders.tell();
  }
  await once.settle();
  let chunk: Unit[] = [];
  const spent: Cells[] = [];
  let chunkStart = 0;
  let last = 0;
  let began = Date.now();
  const limits = chunkLimits(run);
  const { executor } = running;
  const work = (units: readonly Unit[], since: number): Promise<void> =>
    executor ? sendChunk(run, executor, units, since) : processChunk(run, units, since);
  for await (const batch of decodeUnits(
    codec,
    spool.read(drop.id, signal),
    context,
    bridge.per,
    (record, index, member) => scopeFor(facts, record, index, [record], undefined, member),
  )) {
    await pinning.beforeDelivery();
    checkNames(bridge, batch.fields);
    for (const unit of batch.units) {
      if (
        from.watermark > 0 &&
        unit.first <= from.watermark &&
        unit.last >= from.watermark &&
        (unit.last !== from.watermark || unit.end !== from.offset)
      ) {
        throw new BridgeError(
          "DECODE_CHANGED",
          `record ${from.watermark} ended at byte ${from.offset} before and ends at ${unit.end} now`,
          { stage: "decode" },
        );
      }
      chunk.push(unit);
      last = unit.last;
      const records = last - (chunk[0] as Unit).first + 1;
      if (chunk.length >= limits.messages || records >= limits.records || unit.end - chunkStart >= limits.bytes) {
        await work(chunk, began);
        await letOthers();
        if (run.awaited?.full) return;
        // All of their units were in chunks before this one, or in it.
        for (const cells of spent.splice(0)) cells.release();
        for (const done of chunk) done.release?.();
        began = Date.now();
        chunk = [];
        chunkStart = unit.end;
      }
    }
    // Messages of several rows hold their own, and one that never ends must not hold all of the drop.
    if (bridge.per.by !== "record") batch.cells?.release();
    else if (batch.cells) spent.push(batch.cells);
  }
  if (chunk.length > 0) await work(chunk, began);
  if (last < from.watermark || (from.complete && last !== from.counts.records)) {
    const before = from.complete ? from.counts.records : from.watermark;
    throw new BridgeError(
      "DECODE_CHANGED",
      `there were ${from.complete ? "" : "at least "}${before} records before, there are ${last} now`,
      {
        stage: "decode",
      },
    );
  }
  tracker.complete(last);
  senders.tell();
}

interface ChunkLimits {
  readonly messages: number;
  readonly records: number;
  readonly bytes: number;
}

/** Batches are cut from chunks, so there the number of messages decides; elsewhere the records, however few messages they make. */
function chunkLimits({ running, append }: Run): ChunkLimits {
  const batches = running.ways.map(({ way }) => way.deliver.batch).filter((batch) => batch !== undefined);
  if (batches.length === 0 || (append && batches.every((batch) => batch.records === undefined))) {
    return { messages: CHUNK_RECORDS, records: CHUNK_RECORDS, bytes: CHUNK_BYTES };
  }
  const messages = Math.min(...batches.map((batch) => batch.records ?? BATCH_RECORDS));
  return { messages, records: Number.POSITIVE_INFINITY, bytes: BATCH_BYTES };
}

/** "Names are closed": what formulas read must be there, unless it is optional. Once per layout. */
const checked = new WeakMap<readonly string[], WeakSet<LoadedBridge>>();
export function checkNames(bridge: LoadedBridge, fields: readonly string[] | undefined): void {
  if (!fields || checked.get(fields)?.has(bridge)) return;
  const known = new Set([...fields, ...bridge.optional]);
  const missing = bridge.names.find((used) => !known.has(used.name));
  if (missing) {
    throw new BridgeError("NAMES_MISSING", `the drop has no column ${missing.name}, which a formula reads`, {
      stage: "decode",
      position: missing.at,
      facts: { column: missing.name },
    });
  }
  const bridges = checked.get(fields) ?? new WeakSet();
  bridges.add(bridge);
  checked.set(fields, bridges);
}

/** Tails, fsync and commit, final names; the commit that ends the drop follows. */
async function endFiles(run: Run): Promise<void> {
  // A term that is over from now on is ended by the keeper: this drop's progress takes no more commits beside its last one.
  if (run.terms) run.terms.endInRun = undefined;
  await run.growing.tails((number) => {
    const way = run.running.ways.find((open) => open.way.number === number)?.way as Way;
    const courier = run.running.couriers.get(way) as Courier;
    return { way, target: courier.target, scope: scopeFor(run.facts, {}, 0, [], undefined) };
  }, run.signal);
  await commitFiles(run);
  await run.growing.rename();
}
