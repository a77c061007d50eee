// How much went which way of `deliver.split`, in the journal: records of drops with their outcomes, calls every few seconds.

import type { SplitSide } from "../bridge/section-split.ts";
import type { Journal } from "../journal/types.ts";

const PREFIX = "split/";
const EVERY = 5_000;

type Side = SplitSide["side"];

export interface SplitCounts {
  readonly moved: number;
  readonly stayed: number;
}

export function splitKey(bridge: string, side: Side): string {
  return `${PREFIX}${bridge}/${side}`;
}

/** By bridge; absent = nothing went through a split yet. */
export async function splitCounts(journal: Pick<Journal, "entries">): Promise<ReadonlyMap<string, SplitCounts>> {
  const counts = new Map<string, { moved: number; stayed: number }>();
  for (const [key, count] of await journal.entries<number>(PREFIX)) {
    const [bridge = "", side] = key.slice(PREFIX.length).split("/");
    const own = counts.get(bridge) ?? { moved: 0, stayed: 0 };
    counts.set(bridge, own);
    if (side === "moved" || side === "stayed") own[side] = count;
  }
  return counts;
}

/** For calls, of which nothing is written one by one: a crash loses the last seconds of counts. */
export interface SplitTally {
  note(side: Side): void;
  flush(): Promise<void>;
}

export function createSplitTally(journal: Pick<Journal, "get" | "set">, bridge: string, every = EVERY): SplitTally {
  const fresh = { moved: 0, stayed: 0 };
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  async function write(): Promise<void> {
    for (const side of ["moved", "stayed"] as const) {
      const more = fresh[side];
      if (more === 0) continue;
      const key = splitKey(bridge, side);
      const before = (await journal.get<number>(key)) ?? 0;
      await journal.set(key, before + more);
      fresh[side] -= more;
    }
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    // Counts are no reason to stop: what could not be written is tried again with the next ones.
    writing = writing.then(write).catch(() => undefined);
    return writing;
  }

  return {
    note(side) {
      fresh[side]++;
      timer ??= setTimeout(() => void flush(), every).unref();
    },
    flush,
  };
}
