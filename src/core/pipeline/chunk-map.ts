// What a chunk consists of: its units mapped, gathered to lots, numbered. Nothing is sent and nothing noted here.

import type { Attachment, Target } from "../contract.ts";
import type { BridgeError } from "../errors.ts";
import { wallTime } from "../lifecycle/dates.ts";
import type { LoadedBridge, Way } from "../bridge/types.ts";
import type { Run } from "./chunk-run.ts";
import type { Written } from "./chunk-straight.ts";
import type { Courier } from "./courier.ts";
import { laneOf } from "./lanes.ts";
import { mapUnit, scopeFor, type BatchTag, type MapResult, type Message } from "./map-unit.ts";
import { isBatched, lotOf, type Lot } from "./parcels.ts";
import type { TermFiles } from "./term-files.ts";
import type { ChunkRange } from "../telemetry/drop-trace.ts";
import type { Unit } from "./unit.ts";

/** A lot, or a unit that ended without one, with the lane it belongs to. */
export interface Item {
  readonly lane: number;
  readonly lot?: Lot;
  readonly result?: NoMessage;
  /** Messages that are bytes already. */
  readonly written?: Written;
  /** Instead of all that: it is still being made. Rejects only where the run ends. */
  readonly later?: () => Promise<Item>;
}
export type NoMessage = Exclude<MapResult, { kind: "message" }>;

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

/** What a message has of files beside the records, or why it can never have them. */
export type UnitFiles =
  | { readonly kind: "found"; readonly attachments: readonly Attachment[] }
  | { readonly kind: "dead"; readonly error: BridgeError };

export interface Chunk {
  /** Its first record, whatever part of it is worked on. */
  readonly first: number;
  readonly units: readonly Unit[];
  /** By unit; undefined = all in lane 0. */
  readonly lanes: readonly number[] | undefined;
  /** How many units have no outcome yet. */
  readonly open: number;
  /** Bridges with `receive.attach`: by first record, where a message is made at all. */
  readonly files?: ReadonlyMap<number, UnitFiles>;
}

export function rangeOf({ units }: Chunk): ChunkRange {
  return { first: (units[0] as Unit).first, last: (units.at(-1) as Unit).last };
}

export function chunkOf(run: Run, units: readonly Unit[]): Chunk {
  const { order } = run.running.bridge;
  const { first } = units[0] as Unit;
  const lanes = order.by === "key" ? units.map((unit) => laneFor(run, order, unit)) : undefined;
  // The usual case: nothing from here on was finished before, so nobody has to ask for each record.
  if (!run.lanes && run.tracker.untouched(first)) return { first, units, lanes, open: units.length };
  let open = 0;
  units.forEach((unit, i) => {
    if (isDone(run, unit, lanes?.[i] ?? 0)) run.tracker.passed(unit.last, unit.end);
    else open++;
  });
  return { first, units, lanes, open };
}

function laneFor(run: Run, order: LoadedBridge["order"], unit: Unit): number {
  const record = unit.records[0];
  return laneOf(order, record, () =>
    scopeFor(run.facts, record ?? {}, unit.first, unit.records, undefined, unit.member),
  );
}

export function isDone(run: Run, unit: Unit, lane: number): boolean {
  return run.lanes ? run.lanes.tracker.doneIn(lane, unit.first) : run.tracker.done(unit.first);
}

/**
 * Maps what is open. Batches are formed from all messages of the chunk, finished ones included, so that they are the same after
 * a restart; what a growing file holds is not written again. In a lane nothing overtakes: what goes elsewhere, or ends without
 * a message, ends the batch before it.
 */
function mapChunk(run: Run, chunk: Chunk, tag: BatchTag): readonly Item[] {
  const { running } = run;
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
    const result = mapOne(run, unit, tag, chunk.files);
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

function mapOne(run: Run, unit: Unit, tag: BatchTag, files: Chunk["files"]): MapResult {
  const { running, facts, terms } = run;
  const own = files?.get(unit.first);
  if (own?.kind === "dead") return { kind: "dead", unit, error: own.error };
  return mapUnit(running.bridge, running.ways, unit, facts, tag, terms?.tagOf, own?.attachments ?? (files && NONE));
}

const NONE: readonly Attachment[] = [];

/** The numbers of a day have no gaps: a chunk without any message takes none, which only mapping it can tell. */
export async function mapNumbered(run: Run, chunk: Chunk): Promise<readonly Item[]> {
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
  const key = run.append ? run.identity : `${run.identity}\u0000${chunk.first}`;
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
