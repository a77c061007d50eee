// The records that make one message, and who gathers them.

import type { Batch, Cells, MemberInfo, Rec, Scope } from "../contract.ts";
import { BridgeError } from "../errors.ts";
import type { RowRun } from "../mapping/rows.ts";

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
  /** Of a message of several records: all of them, where they are rows of cells; `records` makes them when somebody reads it. */
  readonly rows?: readonly RowRun[];
  /** Whoever is done with the unit lets go of its rows. Absent = it holds none. */
  release?(): void;
}

export interface UnitBatch {
  readonly units: readonly Unit[];
  /** Closed names of the records; undefined = open. */
  readonly fields: readonly string[] | undefined;
  /** Rows that these units are, each by itself, or parts of messages that hold them; whoever is done with the units releases them. */
  readonly cells?: Cells | undefined;
}

export type ScopeFor = (record: Rec, index: number, member: MemberInfo | undefined) => Scope;

export interface Gatherer {
  /** What comes now is out of this file. */
  enter(member: MemberInfo | undefined): void;
  add(batch: Batch): readonly Unit[];
  end(): readonly Unit[];
  /** Nothing can be read from this record on. A message that is still open would be sent without its rest: it fails whole. */
  broken(record: number, end: number, fault: BridgeError): Unit;
}

export function unreadable(record: number, end: number, fault: BridgeError): Unit {
  return { first: record, last: record, line: 0, end, records: [], fault };
}

export function isFault(record: Batch["records"][number]): record is { readonly fault: BridgeError } {
  return (record as { fault?: unknown }).fault instanceof BridgeError;
}
