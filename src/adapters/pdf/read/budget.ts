// What one file may cost. Everything that a file makes grow is counted before it grows: the heap of a thread is no limit, because V8
// ends the whole process where a large table does not fit, and what is inflated lies outside the heap anyway.

import { beyond } from "./faults.ts";

export interface Limits {
  readonly pages: number;
  readonly objects: number;
  /** Bytes, of all streams together. */
  readonly inflated: number;
}

export interface Budget {
  readonly limits: Limits;
  /** Entries of the cross-reference table. */
  entries(count: number): void;
  /** Values that were parsed: a number, name or reference is one; what takes more memory counts for several. */
  values(count: number): void;
  page(): void;
  /** Bytes that may still be inflated. */
  readonly inflatable: number;
  inflated(bytes: number): void;
}

/** An object is mostly a dictionary of some five entries. A value takes some 50 bytes. */
const VALUES_PER_OBJECT = 20;
/** As many values as a dictionary by itself, a list or a string take. */
export const WEIGHTS = { dict: 8, list: 2, string: 3 };

export function budgetOf(limits: Limits): Budget {
  let entries = 0;
  let values = 0;
  let pages = 0;
  let inflated = 0;
  return {
    limits,
    entries(count) {
      entries += count;
      if (entries > limits.objects) throw beyond("objects", `has more than ${limits.objects} objects`);
    },
    values(count) {
      values += count;
      if (values > limits.objects * VALUES_PER_OBJECT) {
        throw beyond("objects", `holds more values than ${limits.objects} objects have`);
      }
    },
    page() {
      if (++pages > limits.pages) throw beyond("pages", `has more than ${limits.pages} pages`);
    },
    get inflatable() {
      return limits.inflated - inflated;
    },
    inflated(bytes) {
      inflated += bytes;
      if (inflated > limits.inflated) throw tooInflated(limits);
    },
  };
}

export function tooInflated({ inflated }: Limits): Error {
  return beyond("inflated", `is larger than ${inflated} bytes when it is unpacked`);
}
