// Records with names that nobody chose: a header line may say `__proto__`, `constructor` or `toString`.
//
// A record type is a constructor whose prototype inherits nothing, so that every name is plain data, `in` and `.` find
// only cells, and all records of a layout share one hidden class, which keeps formulas over them fast.

import type { Rec, Value } from "../../../core/contract.ts";

/** A record to be filled, name by name. */
export type OpenRecord = { [name: string]: Value };

export type RecordType = new () => OpenRecord;

/** Records of one layout; fill them in one order. */
export function recordType(): RecordType {
  // A constructor of its own per layout, because the hidden class grows from the constructor.
  // oxlint-disable-next-line unicorn/consistent-function-scoping
  function Record(this: OpenRecord): void {}
  Record.prototype = Object.create(null);
  return Record as unknown as RecordType;
}

/** Makes records out of rows of cells: absent cells are undefined, so that the layout stays one. */
export function rowRecords(names: readonly string[], empty: ReadonlySet<string>): (cells: readonly Value[]) => Rec {
  const Record = recordType();
  const count = names.length;
  if (empty.size === 0) {
    return (cells) => {
      const record = new Record();
      for (let at = 0; at < count; at++) record[names[at]!] = cells[at];
      return record;
    };
  }
  return (cells) => {
    const record = new Record();
    for (let at = 0; at < count; at++) {
      const cell = cells[at];
      record[names[at]!] = empty.has(cell as string) ? undefined : cell;
    }
    return record;
  };
}
