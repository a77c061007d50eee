// Order by key: keys are dealt into 64 lanes; what is in one lane ends in the order of the records. `order: strict` is one lane.
//
// A lane is an exact memory: all its records up to a number are finished, so that a lane may stand still (a dead letter with
// `onDead: hold`) while the others go on, however long the drop is.

import type { Rec, Scope } from "../contract.ts";
import { BridgeError } from "../errors.ts";
import type { LoadedBridge } from "../bridge/types.ts";
import type { DeadLetter, Progress } from "../journal/types.ts";
import type { Tracker } from "./progress.ts";

export const LANES = 64;

/** The lane a dead letter blocks stands in its facts, so that later drops of the bridge know it too. */
export const LANE_FACT = "lane";

/** FNV-1a, 32 bits: spreads well and never changes, because lanes stand in the journal. */
function spread(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Lane of a record; a key that cannot be computed shares lane 0, and the record fails when it is mapped. */
export function laneOf(order: LoadedBridge["order"], record: Rec | undefined, scope: () => Scope): number {
  if (order.by !== "key" || !record) return 0;
  try {
    return spread(JSON.stringify(order.key.evaluate(record, scope())) ?? "") % LANES;
  } catch {
    return 0;
  }
}

export function blockedLanes(letters: readonly DeadLetter[]): Set<number> {
  const blocked = new Set<number>();
  for (const letter of letters) blocked.add(Number(letter.facts?.[LANE_FACT] ?? 0));
  return blocked;
}

export interface LaneTracker extends Tracker {
  doneIn(lane: number, record: number): boolean;
  finishIn(lane: number, first: number, last: number, end: number, ending: "delivered" | "skipped" | "dead"): void;
}

function misuse(): never {
  throw new BridgeError("INTERNAL", "ordered drops keep their progress by lanes");
}

/** The same promises as the range tracker, kept by lanes. */
export function createLaneTracker(from: Progress): LaneTracker {
  const lanes = [...(from.lanes ?? Array.from({ length: LANES }, () => 0))];
  const counts = { ...from.counts };
  let { watermark, offset, complete } = from;
  const splits = new Map<string, readonly [number, number]>(from.splits.map((range) => [range.join("-"), range]));
  const ended = (): number => counts.delivered + counts.skipped + counts.dead;
  return {
    doneIn: (lane, record) => record <= (lanes[lane] ?? 0),
    finishIn(lane, first, last, end, ending) {
      lanes[lane] = last;
      counts[ending] += last - first + 1;
      if (last > watermark) {
        watermark = last;
        offset = end;
      }
      // The last record of a halved batch ends in its own lane as the last of the batch; other lanes say nothing about it.
      for (const [key, range] of splits) if (range[1] === last) splits.delete(key);
    },
    done: misuse,
    untouched: misuse,
    finish: misuse,
    passed: () => undefined,
    split: (first, last) => void splits.set(`${first}-${last}`, [first, last]),
    isSplit: (first, last) => splits.has(`${first}-${last}`),
    splitsWithin: (first, last) => [...splits.values()].filter((range) => range[0] >= first && range[1] <= last),
    complete(records) {
      counts.records = records;
      complete = true;
    },
    get finished() {
      return complete && ended() === counts.records;
    },
    gaps: 0,
    get watermark() {
      return watermark;
    },
    get offset() {
      return offset;
    },
    get counts() {
      return counts;
    },
    snapshot: (appenders, intent) => ({
      watermark,
      offset,
      ranges: [],
      splits: [...splits.values()],
      counts: { ...counts },
      complete,
      lanes: [...lanes],
      intent,
      appenders: { ...appenders },
    }),
  };
}
