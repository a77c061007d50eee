// Records → units: the records that make one message. Where decoding failed, the failure takes their place, so that
// every record of a drop ends up in exactly one unit.

import type { Batch, Cells, Codec, DecodeContext, MemberInfo, Rec } from "../contract.ts";
import { BridgeError } from "../errors.ts";
import type { Per } from "../bridge/types.ts";
import { groups } from "./groups.ts";
import { isFault, unreadable, type Gatherer, type ScopeFor, type Unit, type UnitBatch } from "./unit.ts";

/** Decodes a drop and gathers its records into units, batch by batch. */
export async function* decodeUnits(
  codec: Codec,
  bytes: AsyncIterable<Uint8Array>,
  context: DecodeContext,
  per: Per,
  scopeFor: ScopeFor,
): AsyncGenerator<UnitBatch> {
  const gather = gathererFor(per, scopeFor);
  let seen = 0;
  let end = 0;
  let fields: readonly string[] | undefined;
  let member: MemberInfo | undefined;
  try {
    for await (const batch of codec.decode(bytes, context)) {
      context.signal.throwIfAborted();
      if (batch.member !== member) {
        // Messages do not reach from one file of an archive into the next.
        yield { units: gather.end(), fields };
        member = batch.member;
        gather.enter(member);
      }
      fields = batch.fields;
      // Not `records`: rows of cells are no records until somebody reads them.
      const { length } = batch.ends;
      seen = batch.first + length - 1;
      end = batch.ends[length - 1] ?? end;
      yield { units: gather.add(batch), fields, cells: batch.cells };
    }
  } catch (cause) {
    if (context.signal.aborted || !isDecodeFailure(cause)) throw cause;
    // What came before stays good; the rest of the drop cannot be read and counts as one record.
    yield { units: [gather.broken(seen + 1, end + 1, cause)], fields };
    return;
  }
  yield { units: gather.end(), fields };
}

/** Nothing that a later attempt mends: the drop itself is at fault. */
export function isDecodeFailure(cause: unknown): cause is BridgeError {
  return cause instanceof BridgeError && cause.stage === "decode" && cause.code !== "SPOOL_DAMAGED";
}

function gathererFor(per: Per, scopeFor: ScopeFor): Gatherer {
  if (per.by === "record") return { enter: () => undefined, add: singles, end: () => [], broken: unreadable };
  return groups(per, scopeFor);
}

/** A row of cells: most of them are written without ever being a record. */
class CellUnit implements Unit {
  readonly first: number;
  readonly last: number;
  readonly line: number;
  readonly end: number;
  readonly cells: Cells;
  readonly row: number;
  readonly fault = undefined;
  private made: readonly Rec[] | undefined;

  constructor(number: number, line: number, end: number, cells: Cells, row: number) {
    this.first = number;
    this.last = number;
    this.line = line;
    this.end = end;
    this.cells = cells;
    this.row = row;
  }

  get records(): readonly Rec[] {
    return (this.made ??= [this.cells.record(this.row)]);
  }
}

function cellUnits(batch: Batch, cells: Cells): Unit[] {
  const { first, lines, ends, member } = batch;
  const units: Unit[] = [];
  for (let row = 0; row < ends.length; row++) {
    const other = cells.others[row];
    const number = first + row;
    const [line, end] = [lines[row] ?? 0, ends[row] ?? 0];
    units.push(
      other === undefined ? new CellUnit(number, line, end, cells, row) : single(other, number, line, end, member),
    );
  }
  return units;
}

function singles(batch: Batch): Unit[] {
  // A file out of an archive is rare, and not worth a shape of units of its own.
  if (batch.cells && batch.member === undefined) return cellUnits(batch, batch.cells);
  const units: Unit[] = [];
  for (let i = 0; i < batch.records.length; i++) {
    const record = batch.records[i] as Batch["records"][number];
    units.push(single(record, batch.first + i, batch.lines[i] ?? 0, batch.ends[i] ?? 0, batch.member));
  }
  return units;
}

function single(
  record: Batch["records"][number],
  number: number,
  line: number,
  end: number,
  member: MemberInfo | undefined,
): Unit {
  const fault = isFault(record) ? record.fault : undefined;
  return { first: number, last: number, line, end, records: fault ? [] : [record as Rec], fault, member };
}
