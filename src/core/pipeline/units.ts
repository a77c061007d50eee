// Records → units: the records that make one message. Where decoding failed, the failure takes their place, so that
// every record of a drop ends up in exactly one unit.

import type { Batch, Cells, Codec, DecodeContext, DecodeFault, MemberInfo, Rec, Scope } from "../contract.ts";
import { asBridgeError, BridgeError } from "../errors.ts";
import { truthy } from "../mapping/formula/runtime.ts";
import type { Per } from "../bridge/types.ts";

export interface Unit {
  /** Numbers of the first and last record in the drop, from 1. */
  readonly first: number;
  readonly last: number;
  /** Line of the first record; 0 where there are none. */
  readonly line: number;
  /** Byte offset in the drop behind the last record. */
  readonly end: number;
  readonly records: readonly Rec[];
  readonly fault: BridgeError | undefined;
  /** The file of an archive that the records come from. */
  readonly member?: MemberInfo | undefined;
  /** The one record as a row of cells; `records` makes it when somebody reads it. */
  readonly cells?: Cells | undefined;
  /** Which row. */
  readonly row?: number;
}

export interface UnitBatch {
  readonly units: readonly Unit[];
  /** Closed names of the records; undefined = open. */
  readonly fields: readonly string[] | undefined;
  /** Rows that the units are, where they are rows of cells. */
  readonly cells?: Cells | undefined;
}

export type ScopeFor = (record: Rec, index: number, member: MemberInfo | undefined) => Scope;

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

interface Gatherer {
  /** What comes now is out of this file. */
  enter(member: MemberInfo | undefined): void;
  add(batch: Batch): readonly Unit[];
  end(): readonly Unit[];
  /** Nothing can be read from this record on. A message that is still open would be sent without its rest: it fails whole. */
  broken(record: number, end: number, fault: BridgeError): Unit;
}

function gathererFor(per: Per, scopeFor: ScopeFor): Gatherer {
  if (per.by === "record") return { enter: () => undefined, add: singles, end: () => [], broken: unreadable };
  return groups(per, scopeFor);
}

function unreadable(record: number, end: number, fault: BridgeError): Unit {
  return { first: record, last: record, line: 0, end, records: [], fault };
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
  return cells.others.map((other, row): Unit => {
    const number = first + row;
    const [line, end] = [lines[row] ?? 0, ends[row] ?? 0];
    if (other === undefined) return new CellUnit(number, line, end, cells, row);
    return single(other, number, line, end, member);
  });
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

function isFault(record: Batch["records"][number]): record is { readonly fault: BridgeError } {
  return (record as { fault?: unknown }).fault instanceof BridgeError;
}

interface Open {
  first: number;
  last: number;
  line: number;
  begin: number;
  end: number;
  records: Rec[];
  fault: BridgeError | undefined;
  key: string;
}

/** Consecutive records with one key, from one start to the next, or all of the file. */
function groups(per: Exclude<Per, { by: "record" }>, scopeFor: ScopeFor): Gatherer {
  let open: Open | undefined;
  let previousEnd = 0;
  let member: MemberInfo | undefined;

  function close(): Unit[] {
    if (!open) return [];
    const { first, last, line, end, records, fault } = open;
    open = undefined;
    return [{ first, last, line, end, records: fault ? [] : records, fault, member }];
  }

  function place(
    record: Rec | undefined,
    number: number,
    line: number,
    end: number,
    fault: BridgeError | undefined,
    begins = false,
  ): Unit[] {
    const out: Unit[] = [];
    const isOwn = begins && per.by === "from";
    const border: Border = fault
      ? { begins: open === undefined || isOwn, key: open?.key ?? "", fault: undefined }
      : beginsMessage(per, record as Rec, number, open, (one, index) => scopeFor(one, index, member));
    if (border.begins) {
      out.push(...close());
      open = {
        first: number,
        last: number,
        line,
        begin: previousEnd,
        end,
        records: [],
        fault: border.fault,
        key: border.key,
      };
    }
    const current = open as Open;
    current.last = number;
    current.end = end;
    if (fault) {
      current.fault ??= isOwn
        ? fault
        : new BridgeError(
            "GROUP_UNDECODABLE",
            `record ${number}, a part of this message, cannot be decoded (${fault.code}): ${fault.message}`,
            { stage: "decode", detail: fault.detail, facts: { record: number } },
          );
    } else if (end - current.begin > per.most) {
      current.fault ??= new BridgeError("GROUP_TOO_LARGE", `the records of one message exceed ${per.most} bytes`, {
        stage: "map",
        facts: { most: per.most },
      });
    } else if (!current.fault) current.records.push(record as Rec);
    if (current.fault) current.records.length = 0;
    previousEnd = end;
    return out;
  }

  return {
    enter(next) {
      member = next;
    },
    add(batch) {
      const out: Unit[] = [];
      for (let i = 0; i < batch.records.length; i++) {
        const record = batch.records[i] as Batch["records"][number];
        const fault = isFault(record) ? record.fault : undefined;
        out.push(
          ...place(
            fault ? undefined : (record as Rec),
            batch.first + i,
            batch.lines[i] ?? 0,
            batch.ends[i] ?? 0,
            fault,
            (record as DecodeFault).begins,
          ),
        );
      }
      return out;
    },
    end: close,
    broken(record, end, fault) {
      const unit = unreadable(record, end, fault);
      return open ? { ...unit, first: open.first, line: open.line } : unit;
    },
  };
}

interface Border {
  readonly begins: boolean;
  readonly key: string;
  readonly fault: BridgeError | undefined;
}

function beginsMessage(
  per: Exclude<Per, { by: "record" }>,
  record: Rec,
  number: number,
  open: Open | undefined,
  scopeFor: (record: Rec, index: number) => Scope,
): Border {
  if (per.by === "file") return { begins: open === undefined, key: "", fault: undefined };
  const formula = per.by === "group" ? per.key : per.starts;
  try {
    const value = formula.evaluate(record, scopeFor(record, number));
    if (per.by === "from") {
      if (truthy(value)) return { begins: true, key: "", fault: undefined };
      const fault = new BridgeError("GROUP_WITHOUT_START", "no record before this one begins a message", {
        stage: "map",
        position: per.starts.at,
      });
      return { begins: open === undefined, key: "", fault: open === undefined ? fault : undefined };
    }
    const key = value === undefined ? "" : JSON.stringify(value);
    return { begins: open === undefined || open.key !== key, key, fault: undefined };
  } catch (cause) {
    // A key that cannot be computed makes a message of its own: a dead letter.
    return { begins: true, key: `\u0000${number}`, fault: asBridgeError(cause, "map") };
  }
}
