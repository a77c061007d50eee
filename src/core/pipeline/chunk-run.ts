// One chunk of a drop: map and validate its units, form lots, give them on their way, note every outcome.
//
// Without order, outcomes come as they come. With order (lanes), everything of one lane, dead letters and skips included, ends one after
// the other; a dead letter in a lane that holds makes the rest of the lane wait for people.

import type { Target } from "../contract.ts";
import { BridgeError } from "../errors.ts";
import type { DropRow, Journal } from "../journal/types.ts";
import { wallTime } from "../lifecycle/dates.ts";
import type { LoadedBridge, Way } from "../bridge/types.ts";
import { COMMIT_FILES_MILLISECONDS, type Committer } from "./committer.ts";
import type { Courier, Signals } from "./courier.ts";
import type { RunEvents, RunningBridge } from "./drop-run.ts";
import { isFatal } from "./fatal.ts";
import { isOwnFault, type GrowingFiles } from "./growing.ts";
import { LANE_FACT, laneOf, type LaneTracker } from "./lanes.ts";
import { mapUnit, scopeFor, type BatchTag, type DropFacts, type MapResult, type Message } from "./map-unit.ts";
import { halves, isBatched, lotOf, parcelOf, type Lot } from "./parcels.ts";
import type { Ending, Tracker } from "./progress.ts";
import type { Slots } from "./slots.ts";
import type { TermFiles } from "./term-files.ts";
import { turnTerm } from "./term-run.ts";
import type { Unit } from "./units.ts";

export interface Lanes {
  readonly tracker: LaneTracker;
  /** The last task of each lane. */
  readonly tails: Map<number, Promise<void>>;
  readonly blocked: Set<number>;
  /** Records that wait behind a dead letter. */
  waiting: number;
}

export interface Run {
  readonly running: RunningBridge;
  readonly drop: DropRow;
  readonly facts: DropFacts;
  readonly identity: string;
  readonly tracker: Tracker;
  readonly committer: Committer;
  readonly growing: GrowingFiles;
  /** Files that grow across drops; undefined where no way of the bridge has any. */
  readonly terms: TermFiles | undefined;
  readonly window: Slots;
  readonly journal: Journal;
  readonly events: RunEvents;
  /** Ends this run alone, when its journal or a delivery failed. */
  readonly abort: AbortController;
  /** Somebody asked to stop: nothing more begins, what is in flight may end. */
  readonly stop: AbortSignal;
  /** Decoding, mapping and handing over end with it. */
  readonly signal: AbortSignal;
  readonly signals: Signals;
  readonly inFlight: Set<Promise<void>>;
  readonly append: boolean;
  readonly lanes: Lanes | undefined;
  /** `onDoubt: ask` after a crash: records that may have been on their way. */
  readonly doubtful: readonly [number, number] | undefined;
  /** Deliveries left for which an earlier process may have used the key. */
  mayRepeat: number;
  lastCommit: number;
  /** The last of the steps on growing files: a write with its outcomes, or an fsync with its commit; one after the other. */
  turn: Promise<unknown>;
  /** Outcomes that were reported as progress; growing files report at their commits. */
  told: number;
}

/** A lot, or a unit that ended without one, with the lane it belongs to. */
interface Item {
  readonly lane: number;
  readonly lot?: Lot;
  readonly result?: NoMessage;
}
type NoMessage = Exclude<MapResult, { kind: "message" }>;

/** A batch that is being gathered. */
interface Gathering {
  readonly lane: number;
  readonly way: Way;
  readonly destination: string;
  readonly messages: Message[];
}

export function growsFile(way: Way, couriers: ReadonlyMap<Way, Courier>): boolean {
  const { batch } = way.deliver;
  return isBatched(way) && batch?.records === undefined && couriers.get(way)?.target.append !== undefined;
}

export async function processChunk(run: Run, units: readonly Unit[]): Promise<void> {
  run.signal.throwIfAborted();
  const chunk = chunkOf(run, units);
  if (chunk.open === 0) return;
  const items = await mapNumbered(run, chunk);
  if (run.running.bridge.onDoubt === "ask") await announce(run, units);
  for (const item of items) await hand(run, item);
  if (run.append && Date.now() - run.lastCommit >= COMMIT_FILES_MILLISECONDS) await commitFiles(run);
}

interface Chunk {
  readonly units: readonly Unit[];
  /** By unit; undefined = all in lane 0. */
  readonly lanes: readonly number[] | undefined;
  /** How many units have no outcome yet. */
  readonly open: number;
}

function chunkOf(run: Run, units: readonly Unit[]): Chunk {
  const { order } = run.running.bridge;
  const lanes = order.by === "key" ? units.map((unit) => laneFor(run, order, unit)) : undefined;
  // The usual case: nothing from here on was finished before, so nobody has to ask for each record.
  if (!run.lanes && run.tracker.untouched((units[0] as Unit).first)) return { units, lanes, open: units.length };
  let open = 0;
  units.forEach((unit, i) => {
    if (isDone(run, unit, lanes?.[i] ?? 0)) run.tracker.passed(unit.last, unit.end);
    else open++;
  });
  return { units, lanes, open };
}

function laneFor(run: Run, order: LoadedBridge["order"], unit: Unit): number {
  const record = unit.records[0];
  return laneOf(order, record, () => scopeFor(run.facts, record ?? {}, unit.first, unit.records, undefined));
}

function isDone(run: Run, unit: Unit, lane: number): boolean {
  return run.lanes ? run.lanes.tracker.doneIn(lane, unit.first) : run.tracker.done(unit.first);
}

/**
 * Maps what is open. Batches are formed from all messages of the chunk, finished ones included, so that they are the same after
 * a restart; what a growing file holds is not written again. In a lane nothing overtakes: what goes elsewhere, or ends without
 * a message, ends the batch before it.
 */
function mapChunk(run: Run, chunk: Chunk, tag: BatchTag): readonly Item[] {
  const { running, facts } = run;
  const { units, lanes } = chunk;
  const fresh = chunk.open === units.length;
  const grows = (way: Way): boolean => run.append && growsFile(way, running.couriers);
  const batched = running.ways.some(({ way }) => isBatched(way) && !grows(way));
  const items: (Item | Gathering)[] = [];
  const gathering = new Map<string, Gathering>();
  let latest: Gathering | undefined;
  units.forEach((unit, i) => {
    const lane = lanes?.[i] ?? 0;
    const done = !fresh && isDone(run, unit, lane);
    if (done && !batched) return;
    const result = mapUnit(running.bridge, running.ways, unit, facts, tag, run.terms?.tagOf);
    const message = result.kind === "message" ? result.message : undefined;
    if (!message || !isBatched(message.way)) {
      if (run.lanes) gathering.delete(String(lane));
      if (done) return;
      items.push(message ? { lane, lot: lotOf(message.way, [message]) } : { lane, result: result as NoMessage });
      return;
    }
    if (done && grows(message.way)) return;
    const { way } = message;
    const target = running.couriers.get(way)?.target as Target;
    const destination = target.destination?.(message.scope) ?? "";
    const fits = (batch: Gathering | undefined): batch is Gathering =>
      batch?.way === way && batch.lane === lane && batch.destination === destination;
    const place = run.lanes ? String(lane) : fits(latest) ? "" : `${way.number} ${destination}`;
    const open = place === "" ? latest : gathering.get(place);
    if (fits(open)) {
      open.messages.push(message);
      latest = open;
      return;
    }
    latest = { lane, way, destination, messages: [message] };
    gathering.set(place, latest);
    items.push(latest);
  });
  return items.map((item) => ("messages" in item ? { lane: item.lane, lot: lotOf(item.way, item.messages) } : item));
}

/** The numbers of a day have no gaps: a chunk without any message takes none, which only mapping it can tell. */
async function mapNumbered(run: Run, chunk: Chunk): Promise<readonly Item[]> {
  if (run.terms) return mapForTerms(run, chunk, run.terms);
  if (!run.running.usesBatch) return mapChunk(run, chunk, undefined);
  const { date } = wallTime(run.drop.received, run.running.bridge.timezone);
  const trial = mapChunk(run, chunk, { date, number: 0 });
  if (trial.every((item) => item.lot === undefined)) return trial;
  return mapChunk(run, chunk, await chunkTag(run, chunk));
}

async function chunkTag(run: Run, chunk: Chunk): Promise<BatchTag> {
  const { bridge } = run.running;
  const { date } = wallTime(run.drop.received, bridge.timezone);
  const key = run.append ? run.identity : `${run.identity}\u0000${(chunk.units[0] as Unit).first}`;
  return { date, number: await run.journal.batchNumber(bridge.name, date, key) };
}

/** Messages that go to files of terms have the number of their term; what else the chunk holds has one of its own. */
async function mapForTerms(run: Run, chunk: Chunk, terms: TermFiles): Promise<readonly Item[]> {
  const { bridge, usesBatch } = run.running;
  const unnumbered = usesBatch ? { date: wallTime(run.drop.received, bridge.timezone).date, number: 0 } : undefined;
  const trial = mapChunk(run, chunk, unnumbered);
  const ways = new Set(trial.flatMap(({ lot }) => (lot ? [lot.way] : [])));
  const isNew = await terms.number(ways);
  const needsOwn = usesBatch && [...ways].some((way) => terms.tagOf(way) === undefined);
  if (!isNew && !needsOwn) return trial;
  return mapChunk(run, chunk, needsOwn ? await chunkTag(run, chunk) : unnumbered);
}

/** The target ignores keys: what may be on its way is in the journal before it goes. */
async function announce(run: Run, units: readonly Unit[]): Promise<void> {
  await Promise.all(run.inFlight);
  run.committer.intend([(units[0] as Unit).first, (units.at(-1) as Unit).last]);
  await commit(run);
}

/** Gives an item on its way; resolves as soon as there is room for the next. */
async function hand(run: Run, item: Item): Promise<void> {
  const { lot, result } = item;
  if (lot && run.append && growsFile(lot.way, run.running.couriers)) return grow(run, item.lane, lot);
  if (!run.lanes && result) {
    end(run, item.lane, result);
    return;
  }
  await run.window.acquire(run.signal);
  const before = run.lanes?.tails.get(item.lane);
  const task = (before ? before.then(() => inLane(run, item)) : inLane(run, item))
    .catch((cause: unknown) => {
      // Whoever waits for his turn ends at once when somebody asks to stop; that is no reason to cut what is in flight.
      if (!run.stop.aborted || isFatal(cause)) run.abort.abort(cause);
    })
    .finally(() => {
      run.window.release();
      run.inFlight.delete(task);
    });
  run.lanes?.tails.set(item.lane, task);
  run.inFlight.add(task);
}

/** Written at once and in the order of the records; its outcomes are committed with the fsync that covers them. */
async function grow(run: Run, lane: number, lot: Lot): Promise<void> {
  const { lanes } = run;
  await lanes?.tails.get(lane);
  run.signal.throwIfAborted();
  if (lanes?.blocked.has(lane)) {
    lanes.waiting += lot.messages.length;
    return;
  }
  await inTurn(run, () => (isTermed(run, lot.way) ? appendInTerm(run, lane, lot) : append(run, lane, lot)));
}

function isTermed(run: Run, way: Way): boolean {
  return run.terms?.tagOf(way) !== undefined;
}

async function appendInTerm(run: Run, lane: number, given: Lot): Promise<void> {
  const { lot, others } = await turnTerm(run, run.terms as TermFiles, given, () => saveFiles(run));
  for (const result of others) end(run, lane, result);
  if (lot) await append(run, lane, lot);
}

/** Ends the terms that are over, between two writes. */
export function endTerms(run: Run, terms: TermFiles): Promise<void> {
  return inTurn(run, () => terms.end(() => saveFiles(run), run.signal));
}

/** A message that cannot be written is found by halving, as in a refused batch; nothing of it has been written then. */
async function append(run: Run, lane: number, lot: Lot): Promise<void> {
  try {
    const files = isTermed(run, lot.way) ? (run.terms as TermFiles) : run.growing;
    await files.write((run.running.couriers.get(lot.way) as Courier).target, lot, run.signal);
  } catch (cause) {
    if (!isOwnFault(cause)) throw cause;
    if (lot.messages.length === 1) {
      buryUnit(run, (lot.messages[0] as Message).unit, cause, 0, lane);
      return;
    }
    for (const half of halves(lot)) {
      if (run.lanes?.blocked.has(lane)) run.lanes.waiting += half.messages.length;
      else await append(run, lane, half);
    }
    return;
  }
  finishAll(run, lane, lot.messages, "delivered");
}

async function inLane(run: Run, item: Item): Promise<void> {
  const { lanes } = run;
  // What came before in the lane may have been stopped: nothing may end behind it.
  if (run.signal.aborted) return;
  if (lanes?.blocked.has(item.lane)) {
    lanes.waiting += item.lot?.messages.length ?? 1;
    return;
  }
  if (item.result) end(run, item.lane, item.result);
  else if (item.lot) await send(run, item.lane, item.lot);
}

function end(run: Run, lane: number, result: NoMessage): void {
  if (result.kind === "skipped") finish(run, lane, result.unit, "skipped");
  else buryUnit(run, result.unit, result.error, 1, lane);
}

/** Records that follow each other end in one step. */
function finishAll(run: Run, lane: number, messages: readonly Message[], ending: Ending): void {
  for (let at = 0; at < messages.length;) {
    const { first } = (messages[at] as Message).unit;
    let { last, end } = (messages[at] as Message).unit;
    for (at++; messages[at]?.unit.first === last + 1; at++) ({ last, end } = (messages[at] as Message).unit);
    finish(run, lane, { first, last, end }, ending);
  }
}

function finish(run: Run, lane: number, unit: Pick<Unit, "first" | "last" | "end">, ending: Ending): void {
  if (run.lanes) run.lanes.tracker.finishIn(lane, unit.first, unit.last, unit.end, ending);
  else run.tracker.finish(unit.first, unit.last, unit.end, ending);
  run.committer.outcome(unit.last - unit.first + 1);
  if (!run.append) run.events.progress(run.drop.id, run.tracker);
}

export function buryUnit(run: Run, unit: Unit, error: BridgeError, attempts: number, lane = 0): void {
  const holds = run.lanes && run.running.bridge.onDead === "hold";
  run.committer.dead({
    first: unit.first,
    last: unit.last,
    line: unit.line,
    stage: error.stage ?? "map",
    code: error.code,
    message: error.message,
    detail: error.detail,
    attempts,
    facts: holds ? { ...error.facts, [LANE_FACT]: lane } : error.facts,
  });
  if (holds) run.lanes?.blocked.add(lane);
  finish(run, lane, unit, "dead");
}

async function send(run: Run, lane: number, lot: Lot): Promise<void> {
  const left = lot.messages.filter((message) => !isDone(run, message.unit, lane));
  if (left.length === 0) return;
  const courier = run.running.couriers.get(lot.way) as Courier;
  if (lot.messages.length > 1 && run.tracker.isSplit(lot.first, lot.last)) return sendHalves(run, lane, lot);
  if (run.doubtful && lot.first >= run.doubtful[0] && lot.last <= run.doubtful[1]) {
    const error = new BridgeError("DELIVERY_UNSURE", "it may have been on its way when the appliance stopped", {
      stage: "deliver",
    });
    for (const { unit } of left) buryUnit(run, unit, error, 1, lane);
    return;
  }
  let parcel;
  try {
    parcel = parcelOf(lot, run.drop.id, run.identity, 0);
  } catch (cause) {
    if (!(cause instanceof BridgeError)) throw cause;
    if (lot.messages.length > 1) return sendHalves(run, lane, lot);
    buryUnit(run, (lot.messages[0] as Message).unit, cause, 0, lane);
    return;
  }
  const final = await courier.deliver(parcel, run.mayRepeat-- > 0, run.signals);
  if (final.ending === "delivered") {
    finishAll(run, lane, left, "delivered");
    return;
  }
  const error = final.error as BridgeError;
  if (lot.messages.length === 1 || !final.refused) {
    for (const { unit } of left) buryUnit(run, unit, error, final.attempts, lane);
    return;
  }
  // The batch was refused whole: the halves get keys of their own, and the journal knows before they go.
  run.tracker.split(lot.first, lot.last);
  await commit(run);
  await sendHalves(run, lane, lot);
}

async function sendHalves(run: Run, lane: number, lot: Lot): Promise<void> {
  for (const half of halves(lot)) {
    if (run.lanes?.blocked.has(lane)) run.lanes.waiting += half.messages.length;
    else await send(run, lane, half);
  }
}

/** Everything so far is in the journal when this resolves. */
export function commit(run: Run): Promise<void> {
  return run.append ? commitFiles(run) : run.committer.flush();
}

export function commitFiles(run: Run): Promise<void> {
  return inTurn(run, () => saveFiles(run));
}

async function saveFiles(run: Run): Promise<void> {
  await run.committer.flush(await run.growing.sync(), await run.terms?.sync());
  run.lastCommit = Date.now();
  // What is written but not durable is no progress: a full disk may take it back.
  const { delivered, skipped, dead } = run.tracker.counts;
  if (delivered + skipped + dead === run.told) return;
  run.told = delivered + skipped + dead;
  run.events.progress(run.drop.id, run.tracker);
}

/** A commit between a write and its outcomes, or an outcome between an fsync and its commit, would lose or double records. */
function inTurn(run: Run, step: () => Promise<void>): Promise<void> {
  const done = run.turn.then(step);
  run.turn = done.catch(() => undefined);
  return done;
}
