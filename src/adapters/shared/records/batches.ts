// Gathers decoded records into batches of some hundred: one await per batch is what makes decoding fast.

import type { Batch, DecodeFault, Rec } from "../../../core/contract.ts";
import type { BridgeError } from "../../../core/errors.ts";

/** A batch never has more. */
export const RECORDS = 500;
const BYTES = 1024 * 1024;

export interface Batches {
  /** Set before the first record that has other names. */
  fields: readonly string[] | undefined;
  add(record: Rec, line: number, end: number): void;
  /** `begins` as in DecodeFault. */
  fault(fault: BridgeError, line: number, end: number, begins?: boolean): void;
  /** Worth handing over. */
  readonly full: boolean;
  /** How many records wait. */
  readonly count: number;
  /** What was gathered, or undefined for nothing; starts the next batch. */
  take(): Batch | undefined;
}

/** For a codec that keeps some of its records as rows of cells. */
export interface BatchesOfRows extends Batches {
  /** One that its codec keeps. */
  row(line: number, end: number): void;
  /** As `take`, with the records up to the last that is no row; undefined among them stands for rows. */
  takeOthers(): BatchOfOthers | undefined;
}

export interface BatchOfOthers extends Pick<Batch, "first" | "fields"> {
  readonly lines: readonly number[];
  readonly ends: readonly number[];
  readonly records: readonly (Rec | DecodeFault | undefined)[];
}

/** `most` bytes of a batch: fewer where records are many objects each, which would grow old in a large one. */
export function batches(most = BYTES): BatchesOfRows {
  let first = 1;
  let records: (Rec | DecodeFault | undefined)[] = [];
  // Of all batches one after the other: what grows with each anew is copied several times before it is as long as it will be.
  const lines: number[] = [];
  const ends: number[] = [];
  let count = 0;
  let from = 0;
  const row = (line: number, end: number): void => {
    lines[count] = line;
    ends[count] = end;
    count++;
  };
  const add = (record: Rec | DecodeFault, line: number, end: number): void => {
    while (records.length < count) records.push(undefined);
    records.push(record);
    row(line, end);
  };
  const batch: BatchesOfRows = {
    fields: undefined,
    add,
    row,
    fault: (fault, line, end, begins) => add(begins ? { fault, begins } : { fault }, line, end),
    get full() {
      return count >= RECORDS || (count > 0 && ends[count - 1]! - from >= most);
    },
    get count() {
      return count;
    },
    takeOthers() {
      if (count === 0) return undefined;
      const { fields } = batch;
      const taken = { first, records, lines: lines.slice(0, count), ends: ends.slice(0, count), fields };
      first += count;
      from = ends[count - 1]!;
      records = [];
      count = 0;
      return taken;
    },
    // Without rows there is a record at each place.
    take: () => batch.takeOthers() as Batch | undefined,
  };
  return batch;
}
