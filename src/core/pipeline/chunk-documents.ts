// Chunks of a bridge whose rows become documents of their own: bytes, without a record or text for each row. What is not so plain is
// mapped as elsewhere; every document has the same bytes either way. Those of many rows are written by another thread, where there is one,
// while this one reads on.

import type { Rec, Scope } from "../contract.ts";
import type { Way } from "../bridge/types.ts";
import { asBridgeError } from "../errors.ts";
import type { DropRow } from "../journal/types.ts";
import { recordAt, recordsOf, type RowRun } from "../mapping/rows.ts";
import type { Outcome, StraightDocument } from "../mapping/template/straight-xml.ts";
import { isDone, type Chunk, type Item } from "./chunk-map.ts";
import type { Run } from "./chunk-run.ts";
import { plainWay } from "./chunk-straight.ts";
import { readyThread, type ThreadPlan } from "./document-desk.ts";
import { documentWriters, isLarge, mayGoElsewhere, type DocumentWriters } from "./document-writers.ts";
import type { RunningBridge } from "./drop-run.ts";
import {
  mapUnit,
  scopeFor,
  verdictOf,
  type DropFacts,
  type MapResult,
  type Message,
  type OpenWay,
} from "./map-unit.ts";
import { lotOf } from "./parcels.ts";
import { createSheets, type Sheet, type Sheets } from "./sheets.ts";
import type { TermFiles } from "./term-files.ts";
import type { Unit } from "./unit.ts";

/** The one way that all records of a drop go, and how rows are written on it. */
export interface DocumentWay {
  readonly open: OpenWay;
  readonly writers: DocumentWriters;
  readonly sheets: Sheets;
  /** Documents of many rows, of a drop that has many. */
  readonly areLarge: boolean;
}

/** undefined = something of the bridge needs more of a record than its cells, or more of a message than its bytes. */
function plainDocument(
  running: RunningBridge,
  terms: TermFiles | undefined,
): { readonly open: OpenWay; readonly document: StraightDocument } | undefined {
  const { bridge } = running;
  const open = plainWay(running, terms);
  const { document } = open?.way.template ?? {};
  if (!open || !document || open.way.encode.format !== "xml" || bridge.shadow) return undefined;
  const { per } = bridge;
  if (per.by === "from" || (per.by === "group" && per.key.cells?.kind !== "cell" && per.key.cells?.kind !== "part"))
    return undefined;
  return { open, document };
}

/** A drop of `size` bytes is being received: who writes its documents gets ready. */
export function getReady(running: RunningBridge, size: number): void {
  if (!isLarge(size) || running.bridge.per.by === "record") return;
  const plain = plainDocument(running, undefined);
  if (plain && mayGoElsewhere(plain.open, size)) readyThread();
}

/** As `plainDocument`. */
export function documentWay(
  running: RunningBridge,
  terms: TermFiles | undefined,
  { size }: Pick<DropRow, "size">,
): DocumentWay | undefined {
  const plain = plainDocument(running, terms);
  if (!plain) return undefined;
  const { open, document } = plain;
  const again = running.couriers.get(open.way)?.target.releasesBody === true;
  const writers = documentWriters(open, document, size);
  return { open, writers, sheets: createSheets(again), areLarge: running.bridge.per.by !== "record" && isLarge(size) };
}

/** Holds its rows and its sheet until it is released. */
class DocumentMessage implements Message {
  readonly unit: Unit;
  readonly way: Way;
  readonly scope: Scope;
  readonly bytes: Uint8Array;
  private readonly runs: readonly RowRun[];
  private readonly sheet: Sheet;

  /** `began` = where it begins in the sheet. */
  constructor(unit: Unit, way: Way, scope: Scope, runs: readonly RowRun[], sheet: Sheet, began: number) {
    this.unit = unit;
    this.way = way;
    this.scope = scope;
    this.runs = runs;
    this.sheet = sheet;
    this.bytes = sheet.out.bytes.subarray(began, sheet.out.at);
    sheet.hold();
    for (const { cells } of runs) cells.hold();
  }

  get body(): string {
    const { buffer, byteOffset, length } = this.bytes;
    return Buffer.from(buffer, byteOffset, length).toString("utf8");
  }

  release(): void {
    this.sheet.drop();
    for (const { cells } of this.runs) cells.release();
  }
}

export function mapDocuments(run: Run, documents: DocumentWay, chunk: Chunk): readonly Item[] {
  const { sheets, writers } = documents;
  const fresh = chunk.open === chunk.units.length;
  const sheet = sheets.take();
  const items: Item[] = [];
  for (const unit of chunk.units) {
    if (!fresh && isDone(run, unit, 0)) continue;
    const { rows } = unit;
    const thread = rows && isPlain(rows) ? writers.elsewhere(namesOf(rows)) : undefined;
    if (rows && thread) items.push({ lane: 0, later: writeElsewhere(run, documents, unit, rows, thread) });
    else items.push(itemOf(writeHere(run, documents, unit, sheet)));
  }
  sheet.drop();
  return items;
}

function itemOf(result: MapResult): Item {
  if (result.kind !== "message") return { lane: 0, result };
  return { lane: 0, lot: lotOf(result.message.way, [result.message]) };
}

function namesOf(runs: readonly RowRun[]): readonly string[] {
  return (runs[0] as RowRun).cells.names;
}

/** All of them are rows of the same columns. */
function isPlain(runs: readonly RowRun[]): boolean {
  const names = namesOf(runs);
  return runs.every(({ cells, from, to }) => {
    if (cells.names !== names) return false;
    for (let row = from; row < to; row++) if (cells.others[row] !== undefined) return false;
    return true;
  });
}

/** The rows are held from now on, because the chunk is done before the document is. */
function writeElsewhere(
  run: Run,
  documents: DocumentWay,
  unit: Unit,
  runs: readonly RowRun[],
  thread: ThreadPlan,
): () => Promise<Item> {
  const { way } = documents.open;
  for (const { cells } of runs) cells.hold();
  return async () => {
    const sheet = await documents.sheets.takeWithin(run.signal);
    const outcome = await thread.write(runs, sheet.out);
    documents.writers.tell(outcome);
    const result =
      outcome === "left"
        ? writeHere(run, documents, unit, sheet)
        : resultOf(
            documents,
            new DocumentMessage(unit, way, scopeOver(run.facts, unit, runs), runs, sheet, 0),
            outcome,
          );
    sheet.drop();
    for (const { cells } of runs) cells.release();
    return itemOf(result);
  };
}

function writeHere({ running, facts }: Run, documents: DocumentWay, unit: Unit, sheet: Sheet): MapResult {
  const { cells, row, rows } = unit;
  const runs = rows ?? (cells && [{ cells, from: row as number, to: (row as number) + 1 }]);
  const result = runs && writeDocument(facts, documents, unit, runs, sheet);
  return result ?? mapUnit(running.bridge, running.ways, unit, facts, undefined);
}

/** undefined = the general way has to look at it. */
function writeDocument(
  facts: DropFacts,
  documents: DocumentWay,
  unit: Unit,
  runs: readonly RowRun[],
  sheet: Sheet,
): MapResult | undefined {
  const { out } = sheet;
  const began = out.at;
  const scope = scopeOver(facts, unit, runs);
  let outcome: Outcome;
  try {
    outcome = documents.writers.of(namesOf(runs))(runs, scope, out);
  } catch {
    // The general way comes to the same fault and says it.
    outcome = "left";
  }
  if (outcome === "left") {
    out.at = began;
    return undefined;
  }
  const message = new DocumentMessage(unit, documents.open.way, scope, runs, sheet, began);
  return resultOf(documents, message, outcome);
}

/** Whoever still has to look at the document does. */
function resultOf({ open, writers }: DocumentWay, message: DocumentMessage, outcome: Outcome): MapResult {
  const { unit, way } = message;
  const validators = outcome === "valid" ? writers.rest : open.validators;
  if (validators.length === 0) return { kind: "message", message };
  try {
    const { error, notices } = verdictOf({ way, validators }, message.body);
    if (!error) return { kind: "message", message: notices.length > 0 ? Object.assign(message, { notices }) : message };
    message.release();
    return { kind: "dead", unit, error };
  } catch (cause) {
    message.release();
    return { kind: "dead", unit, error: asBridgeError(cause, "map") };
  }
}

/** `$group` makes records only where somebody reads it. */
function scopeOver(facts: DropFacts, unit: Unit, runs: readonly RowRun[]): Scope {
  const { cells, from } = runs[0] as RowRun;
  const record = recordAt(cells, from);
  if (unit.rows === undefined) return scopeFor(facts, record, unit.first, [record], undefined);
  let group: readonly Rec[] | undefined;
  return Object.defineProperty(scopeFor(facts, record, unit.first, [], undefined), "group", {
    enumerable: true,
    get: () => (group ??= recordsOf(runs)),
  });
}
