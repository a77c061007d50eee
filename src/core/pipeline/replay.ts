// Dead letters once more: decoded as the drop is pinned, mapped with today's mapping, delivered with the key that fits.
//
// The generation in the key is raised only after a definite refusal; a record that never reached the target keeps its key, and
// one of which nobody knows whether it arrived is sent again only when a person says so (engine, promise 3).

import { asBridgeError, type BridgeError } from "../errors.ts";
import type { DeadLetter, DropRow, Journal, ReplayOutcome, Spool } from "../journal/types.ts";
import type { Courier } from "./courier.ts";
import { checkNames, factsOf, type RunningBridge } from "./drop-run.ts";
import { mapUnit, scopeFor } from "./map-unit.ts";
import { dropIdentity } from "./identity.ts";
import { lotOf, parcelOf } from "./parcels.ts";
import { decodeUnits, type Unit } from "./units.ts";

export interface ReplayResult {
  readonly id: string;
  readonly outcome: "delivered" | "skipped" | "dead" | "would-deliver" | "needs-confirmation" | "payload-gone";
  readonly error?: BridgeError;
  /** Body of today's message, for showing what would be sent; only in a dry run. */
  readonly body?: string;
}

export interface ReplayRequest {
  readonly running: RunningBridge;
  readonly drop: DropRow;
  /** Where the bytes are read from: the drop itself, or a later drop with the same bytes. */
  readonly payload: DropRow;
  readonly letters: readonly DeadLetter[];
  readonly dryRun: boolean;
  /** Send again what may have arrived. */
  readonly confirmUnsure: boolean;
}

export async function* replayLetters(
  request: ReplayRequest,
  journal: Journal,
  spool: Spool,
  actor: string,
  signal: AbortSignal,
): AsyncGenerator<ReplayResult> {
  const { running, drop, payload, letters } = request;
  if (payload.payload === "purged") {
    for (const letter of letters) yield { id: letter.id, outcome: "payload-gone" };
    return;
  }
  const facts = factsOf(running.bridge, drop);
  const waiting = [...letters].sort((a, b) => a.first - b.first);
  const context = { signal, pinned: drop.pinned, detected: (): void => undefined };
  const units = decodeUnits(
    running.codec,
    spool.read(payload.id, signal),
    context,
    running.bridge.per,
    (record, index) => scopeFor(facts, record, index, [record], undefined),
  );
  const tag = { date: new Date(drop.received).toISOString().slice(0, 10), number: 0 };
  /** Units of the letter at the head of `waiting`. */
  let gathered: Unit[] = [];
  for await (const batch of units) {
    checkNames(running.bridge, batch.fields);
    for (const unit of batch.units) {
      const letter = waiting[0];
      if (!letter) return;
      if (unit.last < letter.first) continue;
      if (unit.first <= letter.last) gathered.push(unit);
      if (unit.last < letter.last) continue;
      waiting.shift();
      const result = await replayOne(
        request,
        letter,
        gathered,
        (one) => mapUnit(running.bridge, running.ways, one, facts, tag),
        signal,
      );
      gathered = [];
      if (result.journal) await journal.replayed([result.journal], actor);
      yield result.shown;
    }
  }
}

interface OneResult {
  readonly shown: ReplayResult;
  readonly journal?: ReplayOutcome;
}

async function replayOne(
  request: ReplayRequest,
  letter: DeadLetter,
  units: readonly Unit[],
  map: (unit: Unit) => ReturnType<typeof mapUnit>,
  signal: AbortSignal,
): Promise<OneResult> {
  const { dryRun, drop, running } = request;
  if (letter.code === "DELIVERY_UNSURE" && !request.confirmUnsure)
    return { shown: { id: letter.id, outcome: "needs-confirmation" } };
  const generation = letter.code === "DELIVERY_REFUSED" ? letter.generation + 1 : letter.generation;
  let skippedAll = true;
  let body: string | undefined;
  for (const unit of units) {
    const result = map(unit);
    if (result.kind === "dead") return dead(letter, result.error, false, dryRun, letter.attempts + 1);
    if (result.kind === "skipped") continue;
    skippedAll = false;
    body ??= result.message.body;
    if (dryRun) continue;
    const courier = running.couriers.get(result.message.way) as Courier;
    let parcel;
    try {
      parcel = parcelOf(lotOf(result.message.way, [result.message]), drop.id, dropIdentity(drop), generation);
    } catch (cause) {
      return dead(letter, asBridgeError(cause, "encode"), false, dryRun, letter.attempts + 1);
    }
    const final = await courier.deliver(parcel, letter.attempts > 0, { stop: signal, kill: signal });
    if (final.ending === "dead")
      return dead(letter, final.error as BridgeError, final.refused, dryRun, letter.attempts + final.attempts);
  }
  if (dryRun) return { shown: { id: letter.id, outcome: "would-deliver", ...(body === undefined ? {} : { body }) } };
  return {
    shown: { id: letter.id, outcome: skippedAll ? "skipped" : "delivered" },
    journal: {
      deadLetter: letter.id,
      delivered: !skippedAll,
      skipped: skippedAll,
      raiseGeneration: letter.code === "DELIVERY_REFUSED",
    },
  };
}

function dead(letter: DeadLetter, error: BridgeError, refused: boolean, dryRun: boolean, attempts: number): OneResult {
  const shown: ReplayResult = { id: letter.id, outcome: "dead", error };
  if (dryRun) return { shown };
  const failure = {
    stage: error.stage ?? "map",
    code: error.code,
    message: error.message,
    detail: error.detail,
    attempts,
    facts: error.facts,
  };
  return {
    shown,
    journal: {
      deadLetter: letter.id,
      delivered: false,
      failure,
      raiseGeneration: refused && letter.code === "DELIVERY_REFUSED",
    },
  };
}
