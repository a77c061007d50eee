// How many calls a bridge had, how they ended and how long they took: for metrics, of this process. Who called lies in the journal.

/** Upper borders in seconds. */
export const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;

export interface CallFigures {
  readonly bridge: string;
  /** By HTTP status. */
  readonly byStatus: ReadonlyMap<number, number>;
  /** As many as there are borders; each counts what is within its own and not within the one before. */
  readonly byDuration: readonly number[];
  readonly count: number;
  /** Seconds in all. */
  readonly sum: number;
}

export interface CallTally {
  /** A call has its answer, after so many milliseconds. */
  note(bridge: string, status: number, milliseconds: number): void;
  figures(): readonly CallFigures[];
}

interface Counted {
  readonly byStatus: Map<number, number>;
  readonly byDuration: number[];
  count: number;
  sum: number;
}

export function createCallTally(): CallTally {
  const bridges = new Map<string, Counted>();

  function countedOf(bridge: string): Counted {
    const known = bridges.get(bridge);
    if (known) return known;
    const made = { byStatus: new Map<number, number>(), byDuration: BUCKETS.map(() => 0), count: 0, sum: 0 };
    bridges.set(bridge, made);
    return made;
  }

  return {
    note(bridge, status, milliseconds) {
      const counted = countedOf(bridge);
      const seconds = milliseconds / 1_000;
      counted.byStatus.set(status, (counted.byStatus.get(status) ?? 0) + 1);
      const at = BUCKETS.findIndex((border) => seconds <= border);
      if (at >= 0) counted.byDuration[at] = (counted.byDuration[at] ?? 0) + 1;
      counted.count++;
      counted.sum += seconds;
    },
    figures: () => [...bridges].map(([bridge, counted]) => ({ bridge, ...counted })),
  };
}
