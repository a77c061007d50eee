// How long things took, counted in classes: one series for each set of labels, which must be few.

import type { Distribution, Labels } from "./metric.ts";

export interface Durations {
  /** The series is there from now on, with nothing in it: what comes first is an increase then. */
  begin(labels: Labels): void;
  note(labels: Labels, milliseconds: number): void;
  /** In seconds. */
  series(): readonly Distribution[];
}

interface Counted {
  readonly labels: Labels;
  readonly counts: number[];
  count: number;
  sum: number;
}

/** A label with values of records would end here, not in somebody's database. */
const MOST_SERIES = 10_000;

/** `borders`: upper ones in seconds, ascending. */
export function createDurations(borders: readonly number[]): Durations {
  const all = new Map<string, Counted>();

  function countedOf(labels: Labels): Counted | undefined {
    const key = Object.values(labels).join("\u0000");
    const known = all.get(key);
    if (known || all.size >= MOST_SERIES) return known;
    const made = { labels, counts: borders.map(() => 0), count: 0, sum: 0 };
    all.set(key, made);
    return made;
  }

  return {
    begin: (labels) => void countedOf(labels),
    note(labels, milliseconds) {
      const counted = countedOf(labels);
      if (!counted) return;
      const seconds = milliseconds / 1_000;
      const at = borders.findIndex((border) => seconds <= border);
      if (at >= 0) counted.counts[at] = (counted.counts[at] ?? 0) + 1;
      counted.count++;
      counted.sum += seconds;
    },
    series: () => [...all.values()],
  };
}
