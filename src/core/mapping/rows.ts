// Rows of one message that nobody has made records of (contract-formats.ts, `Cells`).

import type { Cells, Rec } from "../contract.ts";

/** Rows of one batch that follow each other: `from` to before `to`. Some of them may be records, never faults. */
export interface RowRun {
  readonly cells: Cells;
  readonly from: number;
  readonly to: number;
}

export function recordsOf(runs: readonly RowRun[]): Rec[] {
  const records: Rec[] = [];
  for (const { cells, from, to } of runs) {
    for (let row = from; row < to; row++) records.push(recordAt(cells, row));
  }
  return records;
}

export function recordAt(cells: Cells, row: number): Rec {
  return (cells.others[row] as Rec | undefined) ?? cells.record(row);
}
