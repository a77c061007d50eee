// One chunk of a drop: map and validate its units, form lots, give them on their way, note every outcome.
//
// Without order, outcomes come as they come. With order (lanes), everything of one lane, dead letters and skips included, ends one after
// the other; a dead letter in a lane that holds makes the rest of the lane wait for people.

import type { Target } from "../contract.ts";
import { BridgeError } from "../errors.ts";
import type { DropRow, Journal } from "../journal/types.ts";
import type { Way } from "../bridge/types.ts";
import { COMMIT_MILLISECONDS, type Committer } from "./committer.ts";
import type { Courier, Signals } from "./courier.ts";
import type { RunEvents, RunningBridge } from "./drop-run.ts";
import type { GrowingFiles } from "./growing.ts";
import { LANE_FACT, laneOf, type LaneTracker } from "./lanes.ts";
import { mapUnit, scopeFor, type BatchTag, type DropFacts, type MapResult, type Message } from "./map-unit.ts";
import { halves, isBatched, lotOf, parcelOf, type Lot } from "./parcels.ts";
import type { Ending, Tracker } from "./progress.ts";
import type { Slots } from "./slots.ts";
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
  readonly window: Slots;
  readonly journal: Journal;
  readonly events: RunEvents;
  /** Ends this run alone, when its journal or a delivery failed. */
  readonly abort: AbortController;
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
}

/** A lot, or a unit that ended without one, with the lane it belongs to. */
interface Item {
  readonly lane: number;
  readonly lot?: Lot;
  readonly result?: Exclude<MapResult, { kind: "message" }>;
}

export function growsFile(way: Way, couriers: ReadonlyMap<Way, Courier>): boolean {
  const { batch } = way.deliver;
  return isBatched(way) && batch?.records === undefined && couriers.get(way)?.target.append !== undefined;
}

export async function processChunk(run: Run, units: readonly Unit[]): Promise<void> {
  run.signal.throwIfAborted();
  const lanes = units.map((unit) => laneFor(run, unit));
  let open = 0;
  units.forEach((unit, i) => {
    if (isDone(run, unit, lanes[i] as number)) run.tracker.passed(unit.last, unit.end);
    else open++;
  });
  if (open === 0) return;
  const tag = await batchTag(run, units);
  if (run.running.bridge.onDoubt === "ask") await announce(run, units);
  for (const item of mapChunk(run, units, lanes, tag)) await hand(run, item);
  if (run.append && Date.now() - run.lastCommit >= COMMIT_MILLISECONDS) await commitFiles(run);
}

function laneFor(run: Run, unit: Unit): number {
  const { order } = run.running.bridge;
  if (order.by !== "key") return 0;
  const record = unit.records[0];
  return laneOf(order, record, () => scopeFor(run.facts, record ?? {}, unit.first, unit.records, undefined));
}

function isDone(run: Run, unit: Unit, lane: number): boolean {
  return run.lanes ? run.lanes.tracker.doneIn(lane, unit.first) : run.tracker.done(unit.first);
}

/** Maps what is open. Batches are formed from all messages of the chunk, finished ones included, so that they are the same after a restart. */
function mapChunk(run: Run, units: readonly Unit[], lanes: readonly number[], tag: BatchTag): readonly Item[] {
  const { running, facts } = run;
  const batched = running.ways.some(({ way }) => isBatched(way)) && !run.append;
  const items: Item[] = [];
  const lots = new Map<string, { readonly lane: number; readonly messages: Message[] }>();
  units.forEach((unit, i) => {
    const lane = lanes[i] as number;
    const done = isDone(run, unit, lane);
    if (done && !batched) return;
    const result = mapUnit(running.bridge, running.ways, unit, facts, tag);
    if (result.kind !== "message") {
      if (!done) items.push({ lane, result });
      return;
    }
    const { message } = result;
    if (!isBatched(message.way)) {
      if (!done) items.push({ lane, lot: lotOf(message.way, [message]) });
      return;
    }
    const target = running.couriers.get(message.way)?.target as Target;
    const key = `${message.way.number} ${lane} ${target.destination?.(message.scope) ?? ""}`;
    const lot = lots.get(key);
    if (lot) lot.messages.push(message);
    else lots.set(key, { lane, messages: [message] });
  });
  for (const { lane, messages } of lots.values()) {
    items.push({ lane, lot: lotOf((messages[0] as Message).way, messages) });
  }
  // Within a lane the order of the records holds, also between batches and what ended without one.
  return run.lanes && lots.size > 0 ? items.sort((a, b) => firstOf(a) - firstOf(b)) : items;
}

function firstOf(item: Item): number {
  return item.lot?.first ?? item.result?.unit.first ?? 0;
}

async function batchTag(run: Run, units: readonly Unit[]): Promise<BatchTag> {
  if (!run.running.usesBatch) return undefined;
  const { bridge } = run.running;
  const date = new Intl.DateTimeFormat("sv-SE", { timeZone: bridge.timezone }).format(run.drop.received);
  const key = run.append ? run.identity : `${run.identity}\u0000${(units[0] as Unit).first}`;
  return { date, number: await run.journal.batchNumber(bridge.name, date, key) };
}

/** The target ignores keys: what may be on its way is in the journal before it goes. */
async function announce(run: Run, units: readonly Unit[]): Promise<void> {
  await Promise.all(run.inFlight);
  run.committer.intend([(units[0] as Unit).first, (units.at(-1) as Unit).last]);
  await run.committer.flush();
}

/** Gives an item on its way; resolves as soon as there is room for the next. */
async function hand(run: Run, item: Item): Promise<void> {
  const { lot, result } = item;
  if (lot && growsFile(lot.way, run.running.couriers)) {
    await run.growing.write((run.running.couriers.get(lot.way) as Courier).target, lot, run.signal);
    for (const { unit } of lot.messages) finish(run, item.lane, unit, "delivered");
    return;
  }
  if (!run.lanes && result) {
    end(run, item.lane, result);
    return;
  }
  await run.window.acquire(run.signal);
  const before = run.lanes?.tails.get(item.lane);
  const task = (before ? before.then(() => inLane(run, item)) : inLane(run, item))
    .catch((cause: unknown) => run.abort.abort(cause))
    .finally(() => {
      run.window.release();
      run.inFlight.delete(task);
    });
  run.lanes?.tails.set(item.lane, task);
  run.inFlight.add(task);
}

async function inLane(run: Run, item: Item): Promise<void> {
  const { lanes } = run;
  if (run.abort.signal.aborted) return;
  if (lanes?.blocked.has(item.lane)) {
    lanes.waiting += item.lot?.messages.length ?? 1;
    return;
  }
  if (item.result) end(run, item.lane, item.result);
  else if (item.lot) await send(run, item.lane, item.lot);
}

function end(run: Run, lane: number, result: Exclude<MapResult, { kind: "message" }>): void {
  if (result.kind === "skipped") finish(run, lane, result.unit, "skipped");
  else buryUnit(run, result.unit, result.error, 1, lane);
}

function finish(run: Run, lane: number, unit: Unit, ending: Ending): void {
  if (run.lanes) run.lanes.tracker.finishIn(lane, unit.first, unit.last, unit.end, ending);
  else run.tracker.finish(unit.first, unit.last, unit.end, ending);
  run.committer.outcome(unit.last - unit.first + 1);
  run.events.progress(run.drop.id, run.tracker);
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
    for (const { unit } of lot.messages) finish(run, lane, unit, "delivered");
    return;
  }
  const error = final.error as BridgeError;
  if (lot.messages.length === 1 || !final.refused) {
    for (const { unit } of lot.messages) buryUnit(run, unit, error, final.attempts, lane);
    return;
  }
  // The batch was refused whole: the halves get keys of their own, and the journal knows before they go.
  run.tracker.split(lot.first, lot.last);
  await run.committer.flush();
  await sendHalves(run, lane, lot);
}

async function sendHalves(run: Run, lane: number, lot: Lot): Promise<void> {
  for (const half of halves(lot)) {
    if (run.lanes?.blocked.has(lane)) run.lanes.waiting += half.messages.length;
    else await send(run, lane, half);
  }
}

export async function commitFiles(run: Run): Promise<void> {
  await run.committer.flush(await run.growing.sync());
  run.lastCommit = Date.now();
}
