// How far a drop has come: a watermark, the finished ranges above it, and counts that always fit both.
//
// Outcomes come in any order. A finished range is merged into the watermark as soon as it touches it and the byte offset of its
// end is known; after a restart that offset is learnt when decoding passes the record again.

import type { Counts, Progress } from "../journal/types.ts";

export type Ending = "delivered" | "skipped" | "dead";

interface Range {
  first: number;
  last: number;
  /** Byte offset behind `last`; NaN until decoding has passed it. */
  end: number;
}

export interface Tracker {
  /** Is this record finished already? */
  done(record: number): boolean;
  /** Whether neither this record nor any behind it is finished. */
  untouched(record: number): boolean;
  finish(first: number, last: number, end: number, ending: Ending): void;
  /** Decoding passed a record that an earlier run finished. */
  passed(record: number, end: number): void;
  /** Remembers that a batch was refused whole and is sent in halves from now on. */
  split(first: number, last: number): void;
  isSplit(first: number, last: number): boolean;
  /** Batches between these records that are sent in halves. */
  splitsWithin(first: number, last: number): readonly (readonly [number, number])[];
  /** Decoding reached the end: this is the number of records. */
  complete(records: number): void;
  readonly finished: boolean;
  /** Finished ranges above the watermark: what every commit writes. */
  readonly gaps: number;
  readonly watermark: number;
  readonly offset: number;
  readonly counts: Counts;
  snapshot(appenders: Readonly<Record<string, string>>, intent?: readonly [number, number]): Progress;
}

export function createTracker(from: Progress): Tracker {
  let watermark = from.watermark;
  let offset = from.offset;
  let complete = from.complete;
  const ranges: Range[] = from.ranges.map(([first, last]) => ({ first, last, end: Number.NaN }));
  const splits = new Map<string, readonly [number, number]>(from.splits.map((s) => [s.join("-"), s]));
  const counts = { ...from.counts };

  function merge(): void {
    for (let next = ranges[0]; next && next.first === watermark + 1 && !Number.isNaN(next.end); next = ranges[0]) {
      watermark = next.last;
      offset = next.end;
      ranges.shift();
    }
    for (const [key, [, last]] of splits) if (last <= watermark) splits.delete(key);
  }

  /** Index of the first range that begins behind `record`. */
  function behind(record: number): number {
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ranges[middle] as Range).first > record) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  function insert(first: number, last: number, end: number): void {
    if (first === watermark + 1 && ranges.length === 0) {
      watermark = last;
      offset = end;
      if (splits.size > 0) merge();
      return;
    }
    const at = behind(first);
    const left = ranges[at - 1];
    const right = ranges[at];
    if (left && left.last === first - 1) {
      left.last = last;
      left.end = end;
      if (right && right.first === last + 1) {
        left.last = right.last;
        left.end = right.end;
        ranges.splice(at, 1);
      }
    } else if (right && right.first === last + 1) {
      right.first = first;
    } else {
      ranges.splice(at, 0, { first, last, end });
    }
    merge();
  }

  return {
    done(record) {
      if (record <= watermark) return true;
      const range = ranges[behind(record) - 1];
      return range !== undefined && record <= range.last;
    },
    untouched: (record) => record > (ranges.at(-1)?.last ?? watermark),
    finish(first, last, end, ending) {
      counts[ending] += last - first + 1;
      insert(first, last, end);
    },
    passed(record, end) {
      if (record <= watermark) return;
      const range = ranges[behind(record) - 1];
      if (range && range.last === record) {
        range.end = end;
        merge();
      }
    },
    split(first, last) {
      splits.set(`${first}-${last}`, [first, last]);
    },
    isSplit(first, last) {
      return splits.has(`${first}-${last}`);
    },
    splitsWithin: (first, last) => [...splits.values()].filter((range) => range[0] >= first && range[1] <= last),
    complete(records) {
      counts.records = records;
      complete = true;
    },
    get finished() {
      return complete && ranges.length === 0 && watermark === counts.records;
    },
    get gaps() {
      return ranges.length;
    },
    get watermark() {
      return watermark;
    },
    get offset() {
      return offset;
    },
    get counts() {
      return counts;
    },
    snapshot(appenders, intent) {
      return {
        watermark,
        offset,
        ranges: ranges.map((range) => [range.first, range.last] as const),
        splits: [...splits.values()],
        counts: { ...counts },
        complete,
        intent,
        appenders: { ...appenders },
      };
    },
  };
}
