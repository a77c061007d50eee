// One chunk of a drop: its lots (chunk-map.ts) go on their way, every outcome is noted.
//
// Without order, outcomes come as they come. With order (lanes), everything of one lane, dead letters and skips included, ends one after
// the other; a dead letter in a lane that holds makes the rest of the lane wait for people.

import { BridgeError } from "../errors.ts";
import type { Aside } from "./aside.ts";
import type { Awaited } from "./attach-run.ts";
import { inPieces } from "./chunk-attached.ts";
import type { DropRow, Journal, Spool } from "../journal/types.ts";
import type { Way } from "../bridge/types.ts";
import { countNotices, mapTraced } from "./chunk-items.ts";
import {
  chunkOf,
  growsFile,
  isDone,
  mapNumbered,
  rangeOf,
  type Chunk,
  type Item,
  type NoMessage,
} from "./chunk-map.ts";
import type { DocumentWay } from "./chunk-documents.ts";
import type { StraightWay, Written } from "./chunk-straight.ts";
import { COMMIT_FILES_MILLISECONDS, type Committer } from "./committer.ts";
import type { Courier, Final, Signals } from "./courier.ts";
import type { RunEvents, RunningBridge } from "./drop-run.ts";
import { isFatal } from "./fatal.ts";
import { isOwnFault, type GrowingFiles } from "./growing.ts";
import { LANE_FACT, type LaneTracker } from "./lanes.ts";
import type { DropFacts, Message } from "./map-unit.ts";
import { halves, parcelOf, type Lot } from "./parcels.ts";
import type { Ending, Tracker } from "./progress.ts";
import type { Slots } from "./slots.ts";
import { splitKey } from "./split-counts.ts";
import type { ChunkTrace, Delivering } from "../telemetry/drop-trace.ts";
import type { TermFiles } from "./term-files.ts";
import { turnTerm } from "./term-run.ts";
import type { Unit } from "./unit.ts";

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
  /** Where rows of cells go into the file without becoming records. */
  straight?: StraightWay | undefined;
  /** Where they become documents without becoming records. */
  readonly documents?: DocumentWay | undefined;
  /** Files that grow across drops; undefined where no way of the bridge has any. */
  readonly terms: TermFiles | undefined;
  readonly window: Slots;
  readonly journal: Journal;
  readonly spool: Spool;
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
  readonly aside: Aside;
  /** Bridges with `receive.attach`: records that wait for their files. */
  readonly awaited: Awaited | undefined;
  /** `onDoubt: ask` after a crash: records that may have been on their way. */
  readonly doubtful: readonly [number, number] | undefined;
  /** The target of chunks that others work on is away as a whole: nothing more goes. */
  away?: BridgeError;
  /** Deliveries left for which an earlier process may have used the key. */
  mayRepeat: number;
  lastCommit: number;
  /** The last of the steps on growing files: a write with its outcomes, or an fsync with its commit; one after the other. */
  turn: Promise<unknown>;
  /** Outcomes that were reported as progress; growing files report at their commits. */
  told: number;
  /** How often a rule was remarked on that does not keep messages back, by its id. */
  readonly notices: Map<string, number>;
}

/** `began`: when the first of it was read, in milliseconds since 1970. */
export async function processChunk(run: Run, units: readonly Unit[], began: number): Promise<void> {
  run.signal.throwIfAborted();
  const chunk = chunkOf(run, units);
  if (chunk.open === 0) return;
  const trace = run.events.trace?.chunk();
  trace?.decoded(rangeOf(chunk), began);
  if (run.awaited) await inPieces(run, run.awaited, chunk, (piece) => mapAndHand(run, piece, trace));
  else await mapAndHand(run, chunk, trace);
  if (run.append && Date.now() - run.lastCommit >= COMMIT_FILES_MILLISECONDS) await commitFiles(run);
}

async function mapAndHand(run: Run, chunk: Chunk, trace: ChunkTrace | undefined): Promise<void> {
  const items = await mapTraced(run, chunk, trace);
  countNotices(run, items);
  const delivering = items.some(({ lot, written, later }) => lot ?? written ?? later)
    ? trace?.deliver(rangeOf(chunk))
    : undefined;
  try {
    if (run.running.bridge.onDoubt === "ask") await handAnnounced(run, items, delivering);
    else for (const item of items) await hand(run, item, delivering);
  } finally {
    delivering?.handed();
  }
}

/**
 * The target ignores keys: what may be on its way is in the journal before it goes. Only as many as can be out at the same time, because
 * after a crash people have to ask about each of them.
 */
async function handAnnounced(run: Run, items: readonly Item[], delivering: Delivering | undefined): Promise<void> {
  const most = Math.max(1, ...[...run.running.couriers.values()].map(({ atOnce }) => atOnce));
  for (let at = 0; at < items.length; at += most) {
    const group = items.slice(at, at + most);
    const lots = group.flatMap(({ lot }) => lot ?? []);
    if (lots.length > 0) {
      await Promise.all(run.inFlight);
      run.committer.intend([Math.min(...lots.map(({ first }) => first)), Math.max(...lots.map(({ last }) => last))]);
      await commit(run);
    }
    for (const item of group) await hand(run, item, delivering);
  }
}

/** Gives an item on its way; resolves as soon as there is room for the next. */
async function hand(run: Run, item: Item, delivering: Delivering | undefined): Promise<void> {
  const { lot, result, written } = item;
  if (written) {
    await inTurn(run, () => appendWritten(run, written));
    delivering?.outcome(written.units.length, 1, undefined);
    return;
  }
  if (lot && run.append && growsFile(lot.way, run.running.couriers)) {
    await grow(run, item.lane, lot);
    delivering?.outcome(lot.messages.length, 1, undefined);
    return;
  }
  if (!run.lanes && result) {
    end(run, item.lane, result);
    return;
  }
  await run.window.acquire(run.signal);
  const before = run.lanes?.tails.get(item.lane);
  delivering?.began();
  const step = (): Promise<void> => inLane(run, item, delivering);
  const task = (before ? before.then(step) : step())
    .catch((cause: unknown) => {
      // Whoever waits for his turn ends at once when somebody asks to stop; that is no reason to cut what is in flight.
      if (!run.stop.aborted || isFatal(cause)) run.abort.abort(cause);
    })
    .finally(() => {
      delivering?.done();
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
  countSplit(run, lot.way, lot.messages);
  finishAll(run, lane, unitsOf(lot.messages), "delivered");
}

/** What cannot have a name is told message by message, in the general way. */
async function appendWritten(run: Run, written: Written): Promise<void> {
  const { way, units } = written;
  try {
    await run.growing.writeBytes((run.running.couriers.get(way) as Courier).target, written, run.signal);
  } catch (cause) {
    if (!isOwnFault(cause)) throw cause;
    run.straight = undefined;
    const { first } = units[0] as Unit;
    const items = await mapNumbered(run, { first, units, lanes: undefined, open: units.length });
    for (const { lane, lot } of items) if (lot) await append(run, lane, lot);
    return;
  }
  finishAll(run, 0, units, "delivered");
}

/** Together with the outcome, so that neither is in the journal without the other. */
function countSplit({ committer, running }: Run, { split }: Way, messages: readonly Message[]): void {
  if (!split) return;
  const records = messages.reduce((sum, { unit }) => sum + unit.last - unit.first + 1, 0);
  committer.count(splitKey(running.bridge.name, split.side), records);
}

async function inLane(run: Run, item: Item, delivering: Delivering | undefined): Promise<void> {
  const { lanes } = run;
  // What came before in the lane may have been stopped: nothing may end behind it.
  if (run.signal.aborted) return;
  if (lanes?.blocked.has(item.lane)) {
    lanes.waiting += item.lot?.messages.length ?? 1;
    return;
  }
  const { lane, lot, result } = item.later ? await item.later() : item;
  if (result) end(run, lane, result);
  if (!lot) return;
  try {
    await send(run, lane, lot, delivering);
  } finally {
    for (const message of lot.messages) message.release?.();
  }
}

function end(run: Run, lane: number, result: NoMessage): void {
  if (result.kind === "skipped") {
    if (run.running.later) run.committer.answer(run.running.later.skipped());
    finish(run, lane, result.unit, "skipped");
  } else buryUnit(run, result.unit, result.error, 1, lane);
}

function unitsOf(messages: readonly Message[]): readonly Unit[] {
  return messages.map(({ unit }) => unit);
}

/** Messages that follow each other end in one step. */
function finishAll(run: Run, lane: number, units: readonly Unit[], ending: Ending): void {
  for (let at = 0; at < units.length;) {
    const began = at;
    const { first } = units[at] as Unit;
    let { last, end } = units[at] as Unit;
    for (at++; units[at]?.first === last + 1; at++) ({ last, end } = units[at] as Unit);
    finish(run, lane, { first, last, end }, ending, at - began);
  }
}

/** `messages` = how many outcomes that is. */
export function finish(
  run: Run,
  lane: number,
  unit: Pick<Unit, "first" | "last" | "end">,
  ending: Ending,
  messages = 1,
): void {
  if (run.lanes) run.lanes.tracker.finishIn(lane, unit.first, unit.last, unit.end, ending);
  else run.tracker.finish(unit.first, unit.last, unit.end, ending);
  run.committer.outcome(messages);
  if (!run.append) run.events.progress(run.drop.id, run.tracker);
}

/** `final`: how delivering it ended, where it came so far. */
export function buryUnit(run: Run, unit: Unit, error: BridgeError, attempts: number, lane = 0, final?: Final): void {
  if (run.running.later) run.committer.answer(run.running.later.dead(error, final));
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

async function send(run: Run, lane: number, lot: Lot, delivering: Delivering | undefined): Promise<void> {
  const left = lot.messages.filter((message) => !isDone(run, message.unit, lane));
  if (left.length === 0) return;
  const courier = run.running.couriers.get(lot.way) as Courier;
  if (lot.messages.length > 1 && run.tracker.isSplit(lot.first, lot.last))
    return sendHalves(run, lane, lot, delivering);
  if (run.doubtful && lot.first >= run.doubtful[0] && lot.last <= run.doubtful[1]) {
    const error = new BridgeError("DELIVERY_UNSURE", "it may have been on its way when the appliance stopped", {
      stage: "deliver",
    });
    for (const { unit } of left) buryUnit(run, unit, error, 1, lane);
    return;
  }
  let parcel;
  try {
    const traceparent = delivering?.traceparent ?? run.events.trace?.parent;
    parcel = parcelOf(lot, run.drop.id, run.identity, 0, run.spool, traceparent);
    if (run.running.later) parcel = run.running.later.parcel(parcel, lot.messages[0] as Message);
    if (parcel.call) delivering?.link(parcel.call.traceparent);
  } catch (cause) {
    if (!(cause instanceof BridgeError)) throw cause;
    if (lot.messages.length > 1) return sendHalves(run, lane, lot, delivering);
    buryUnit(run, (lot.messages[0] as Message).unit, cause, 0, lane);
    return;
  }
  const patience = run.aside.mayGrow ? "aside" : "endless";
  const final = await courier.deliver(parcel, run.mayRepeat-- > 0, run.signals, patience);
  const isHalved = final.refused && lot.messages.length > 1;
  delivering?.outcome(isHalved ? 0 : left.length, final.attempts, isHalved ? undefined : final.error?.code);
  if (final.away) {
    run.aside.add(left.length, (final.error as BridgeError).message);
    run.lanes?.blocked.add(lane);
    return;
  }
  if (final.ending === "delivered") {
    if (run.running.later) run.committer.answer(run.running.later.delivered(lot.messages[0] as Message, final));
    countSplit(run, lot.way, left);
    finishAll(run, lane, unitsOf(left), "delivered");
    return;
  }
  const error = final.error as BridgeError;
  if (lot.messages.length === 1 || !final.refused) {
    for (const { unit } of left) buryUnit(run, unit, error, final.attempts, lane, final);
    return;
  }
  // The batch was refused whole: the halves get keys of their own, and the journal knows before they go.
  run.tracker.split(lot.first, lot.last);
  await commit(run);
  await sendHalves(run, lane, lot, delivering);
}

async function sendHalves(run: Run, lane: number, lot: Lot, delivering: Delivering | undefined): Promise<void> {
  for (const half of halves(lot)) {
    if (run.lanes?.blocked.has(lane)) run.lanes.waiting += half.messages.length;
    else await send(run, lane, half, delivering);
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
