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

/** `most` bytes of a batch: fewer where records are many objects each, which would grow old in a large one. */
export function batches(most = BYTES): Batches {
  let first = 1;
  let records: (Rec | DecodeFault)[] = [];
  let lines: number[] = [];
  let ends: number[] = [];
  let from = 0;
  const add = (record: Rec | DecodeFault, line: number, end: number): void => {
    records.push(record);
    lines.push(line);
    ends.push(end);
  };
  return {
    fields: undefined,
    add,
    fault: (fault, line, end, begins) => add(begins ? { fault, begins } : { fault }, line, end),
    get full() {
      return records.length >= RECORDS || (records.length > 0 && ends[ends.length - 1]! - from >= most);
    },
    get count() {
      return records.length;
    },
    take() {
      if (records.length === 0) return undefined;
      const batch: Batch = { first, records, lines, ends, fields: this.fields };
      first += records.length;
      from = ends[ends.length - 1]!;
      records = [];
      lines = [];
      ends = [];
      return batch;
    },
  };
}
