// Dead letters once more: decoded as the drop is pinned, mapped with today's mapping, delivered with the key that fits.
//
// The generation in the key is raised only after a definite refusal; a record that never reached the target keeps its key, and
// one of which nobody knows whether it arrived is sent again only when a person says so (engine, promise 3).

import { dropAsFile } from "./attach-drop.ts";
import { asBridgeError, BridgeError } from "../errors.ts";
import type { DeadLetter, DropRow, Journal, KeptAnswer, ReplayOutcome, Spool } from "../journal/types.ts";
import { wallTime } from "../lifecycle/dates.ts";
import type { Desk } from "./attach-desk.ts";
import { joinUnits, withContent } from "./attach-run.ts";
import type { UnitFiles } from "./chunk-map.ts";
import type { Courier, Final, Patience, Signals } from "./courier.ts";
import { checkNames, factsOf, type RunningBridge } from "./drop-run.ts";
import { LANE_FACT } from "./lanes.ts";
import { mapUnit, scopeFor, type BatchTag, type DropFacts, type MapResult, type Message } from "./map-unit.ts";
import { dropIdentity } from "./identity.ts";
import { onlyOnce } from "./only-once.ts";
import { lotOf, parcelOf } from "./parcels.ts";
import { otherSide, SIDE_FACT, sideOf } from "./replay-side.ts";
import { splitKey } from "./split-counts.ts";
import type { Unit } from "./unit.ts";
import { decodeUnits, isDecodeFailure } from "./units.ts";

export interface ReplayResult {
  readonly id: string;
  readonly outcome: "delivered" | "skipped" | "dead" | "would-deliver" | "needs-confirmation" | "payload-gone";
  readonly error?: BridgeError;
  /** Body of today's message, for showing what would be sent; only in a dry run. */
  readonly body?: string;
}

export interface ReplayRequest {
  /** Today's mapping and target. */
  readonly running: RunningBridge;
  /** The bridge as it was when the drop was taken: records and their numbers are those of then. */
  readonly pinned: Pick<RunningBridge, "bridge" | "codec">;
  readonly drop: DropRow;
  /** Where the bytes are read from: the drop itself, or a later drop with the same bytes. */
  readonly payload: DropRow;
  readonly letters: readonly DeadLetter[];
  readonly dryRun: boolean;
  /** Send again what may have arrived. */
  readonly confirmUnsure: boolean;
  /** Whether somebody waits for the end. */
  readonly patience: Patience;
  /** Files that come beside the records. */
  readonly desk: Desk;
  /** W3C traceparent that deliveries belong to; absent = none is recorded. */
  readonly traceparent?: string | undefined;
}

export async function* replayLetters(
  request: ReplayRequest,
  journal: Journal,
  spool: Spool,
  actor: string,
  signals: Signals,
): AsyncGenerator<ReplayResult> {
  const { payload, letters } = request;
  if (payload.payload === "purged") {
    for (const letter of letters) yield { id: letter.id, outcome: "payload-gone" };
    return;
  }
  const waiting = [...letters].sort((a, b) => a.first - b.first);
  try {
    for await (const result of replayWaiting(request, waiting, journal, spool, signals)) {
      if (result.journal) await journal.replayed([result.journal], actor);
      yield result.shown;
    }
  } catch (cause) {
    if (!isDecodeFailure(cause)) throw cause;
    // The drop cannot be read, or not by today's names: that is the end of each of them.
    for (const letter of waiting) {
      const result = dead(letter, cause, request.dryRun, letter.attempts + 1);
      if (result.journal) await journal.replayed([result.journal], actor);
      yield result.shown;
    }
  }
}

/** Takes letters from the head of `waiting`. */
async function* replayWaiting(
  request: ReplayRequest,
  waiting: DeadLetter[],
  journal: Journal,
  spool: Spool,
  signals: Signals,
): AsyncGenerator<OneResult> {
  const { running, pinned, drop, payload } = request;
  const signal = signals.stop;
  const context = { signal, pinned: drop.pinned, detected: (): void => undefined };
  const once = onlyOnce(pinned.codec, drop, journal, request.dryRun);
  if (pinned.codec.checkFrame)
    await pinned.codec.checkFrame(spool.read(payload.id, signal), { ...context, ...once.hears });
  await once.settle();
  const file = await dropAsFile(running.bridge, payload, spool, signal);
  const facts = { ...factsOf(running.bridge, drop), payload: file };
  const decoding = factsOf(pinned.bridge, drop);
  const attached = attachedTo(request, facts, journal, spool, signal);
  const units = decodeUnits(
    pinned.codec,
    spool.read(payload.id, signal),
    context,
    pinned.bridge.per,
    (record, index, member) => scopeFor(decoding, record, index, [record], undefined, member),
  );
  let open: LetterReplay | undefined;
  for await (const batch of units) {
    checkNames(running.bridge, batch.fields);
    for (const unit of batch.units) {
      const letter = waiting[0];
      if (!letter) return;
      if (unit.last < letter.first) continue;
      const map = async (one: Unit): Promise<MapResult> => {
        const files = attached && (await attached(one, letter));
        if (files?.kind === "dead") return { kind: "dead", unit: one, error: files.error };
        const tag = await batchTag(request, letter, journal);
        return mapUnit(running.bridge, running.ways, one, facts, tag, undefined, files?.attachments);
      };
      open ??= beginLetter(request, letter, map, spool, signals);
      if (unit.first <= letter.last) await open.add(unit);
      if (unit.last < letter.last) continue;
      const result = open.end();
      open = undefined;
      waiting.shift();
      yield result;
    }
  }
  // The letters stay as they are: what they failed of is still what people should see.
  for (const { id } of waiting.splice(0)) {
    const error = new BridgeError("DECODE_CHANGED", "the drop has no such record any more", { stage: "decode" });
    yield { shown: { id, outcome: "dead", error } };
  }
}

/**
 * The files of a message: those that it had, if it may have been sent with them; else what is there now, so that a better file that
 * came since goes with it. A person waits, so a record does not. undefined without `receive.attach`.
 */
function attachedTo(
  { running, drop, payload, desk, dryRun }: ReplayRequest,
  facts: DropFacts,
  journal: Journal,
  spool: Spool,
  signal: AbortSignal,
): ((unit: Unit, letter: DeadLetter) => Promise<UnitFiles>) | undefined {
  const { bridge, ways } = running;
  const { attach } = bridge;
  if (!attach) return undefined;
  const earlier = drop.id === payload.id ? undefined : drop;
  const deps = { bridge, attach, ways, facts, drop: payload, earlier, journal, spool, desk, dry: dryRun };
  return async (unit, letter) => {
    const files = (await joinUnits(deps, [unit], !keyWasSent(letter))).get(unit.first);
    if (files?.kind === "waits") return { kind: "dead", error: files.error };
    if (files?.kind === "dead") return files;
    return { kind: "found", attachments: await withContent(deps, files?.attachments ?? [], signal) };
  };
}

/**
 * A replayed record is a batch of its own with a number of its own; the same attempt gets the same number again. Trying it out
 * takes none.
 */
async function batchTag(
  { running, drop, dryRun }: ReplayRequest,
  letter: DeadLetter,
  journal: Journal,
): Promise<BatchTag> {
  if (!running.usesBatch) return undefined;
  const { name, timezone } = running.bridge;
  const { date } = wallTime(drop.received, timezone);
  if (dryRun) return { date, number: 0 };
  const key = [dropIdentity(drop), "replay", letter.first, generationOf(letter)].join("\u0000");
  return { date, number: await journal.batchNumber(name, date, key) };
}

/** The key of a record that was definitely refused is used up; every other one keeps its key. */
function generationOf(letter: DeadLetter): number {
  return letter.code === "DELIVERY_REFUSED" ? letter.generation + 1 : letter.generation;
}

/** A fact of letters whose key has been on its way before they failed of something else. */
const SENT_FACT = "sent";

/** May the target know this key already? Then its 422 says nothing certain. */
function keyWasSent(letter: DeadLetter): boolean {
  if (letter.code === "DELIVERY_REFUSED") return false;
  return letter.stage === "deliver" || letter.facts?.[SENT_FACT] !== undefined;
}

/** What stays true of a letter whatever it fails of now: the lane that waits behind it, and that its key was used. */
function keptFacts(letter: DeadLetter): Readonly<Record<string, string | number>> {
  const lane = letter.facts?.[LANE_FACT];
  const side = letter.facts?.[SIDE_FACT];
  return {
    ...(lane === undefined ? {} : { [LANE_FACT]: lane }),
    ...(keyWasSent(letter) ? { [SENT_FACT]: 1 } : {}),
    ...(side === undefined ? {} : { [SIDE_FACT]: side }),
  };
}

interface OneResult {
  readonly shown: ReplayResult;
  readonly journal?: ReplayOutcome;
}

/** A letter may stand for a whole drop: its messages go as they are decoded, none waits for the others. */
interface LetterReplay {
  add(unit: Unit): Promise<void>;
  end(): OneResult;
}

function beginLetter(
  request: ReplayRequest,
  letter: DeadLetter,
  map: (unit: Unit) => Promise<MapResult>,
  spool: Spool,
  signals: Signals,
): LetterReplay {
  const { dryRun, drop, running } = request;
  const generation = generationOf(letter);
  let skippedAll = true;
  let body: string | undefined;
  const adds: Record<string, number> = {};
  let side: string | undefined;
  /** Of a call: what its caller is told now. */
  let answer: KeptAnswer | undefined = running.later?.skipped();
  /** Nothing of it goes out any more. */
  let early: OneResult | undefined;
  if (letter.code === "DELIVERY_UNSURE" && !request.confirmUnsure)
    early = { shown: { id: letter.id, outcome: "needs-confirmation" } };

  const failed = (error: BridgeError, attempts: number, final?: Final): OneResult =>
    dead(letter, error, dryRun, attempts, running.later?.dead(error, final), side);

  async function deliver(message: Message): Promise<OneResult | undefined> {
    const { way } = message;
    let parcel;
    try {
      const lot = lotOf(way, [message]);
      parcel = parcelOf(lot, drop.id, dropIdentity(drop), generation, spool, request.traceparent);
      if (running.later) parcel = running.later.parcel(parcel, message);
    } catch (cause) {
      return failed(asBridgeError(cause, "encode"), letter.attempts + 1);
    }
    if (way.split || request.pinned.bridge.ways.some(({ split }) => split)) side = sideOf(way);
    const courier = running.couriers.get(way) as Courier;
    const final = await courier.deliver(parcel, keyWasSent(letter), signals, request.patience);
    const error = final.error as BridgeError;
    // Nothing new is known of the record: its letter stays as it is.
    if (final.away === true) return { shown: { id: letter.id, outcome: "dead", error } };
    if (final.ending === "dead") return failed(error, letter.attempts + final.attempts, final);
    answer = running.later?.delivered(message, final);
    if (way.split) {
      const key = splitKey(running.bridge.name, way.split.side);
      adds[key] = (adds[key] ?? 0) + message.unit.last - message.unit.first + 1;
    }
    return undefined;
  }

  return {
    async add(unit) {
      if (early) return;
      const result = await map(unit);
      if (result.kind === "skipped") return;
      if (result.kind === "dead") {
        early = failed(result.error, letter.attempts + 1);
        return;
      }
      const other = keyWasSent(letter) && otherSide(letter, result.message, request.pinned.bridge);
      if (other) {
        // The letter stays as it is.
        early = { shown: { id: letter.id, outcome: "dead", error: other } };
        return;
      }
      skippedAll = false;
      body ??= result.message.body;
      if (!dryRun) early = await deliver(result.message);
    },
    end() {
      const { id } = letter;
      if (early) return early;
      if (dryRun) return { shown: { id, outcome: "would-deliver", ...(body === undefined ? {} : { body }) } };
      return {
        shown: { id, outcome: skippedAll ? "skipped" : "delivered" },
        journal: {
          deadLetter: id,
          delivered: !skippedAll,
          skipped: skippedAll,
          raiseGeneration: letter.code === "DELIVERY_REFUSED",
          adds,
          answer,
        },
      };
    },
  };
}

function dead(
  letter: DeadLetter,
  error: BridgeError,
  dryRun: boolean,
  attempts: number,
  answer?: KeptAnswer,
  side?: string,
): OneResult {
  const shown: ReplayResult = { id: letter.id, outcome: "dead", error };
  if (dryRun) return { shown };
  const failure = {
    stage: error.stage ?? "map",
    code: error.code,
    message: error.message,
    detail: error.detail,
    attempts,
    facts: { ...error.facts, ...keptFacts(letter), ...(side === undefined ? {} : { [SIDE_FACT]: side }) },
  };
  return {
    shown,
    journal: {
      deadLetter: letter.id,
      delivered: false,
      failure,
      // The refused key is used up, however this attempt ended.
      raiseGeneration: letter.code === "DELIVERY_REFUSED",
      answer,
    },
  };
}
