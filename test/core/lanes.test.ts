// Lanes: how far an ordered drop has come is known exactly, whatever order the lanes end their records in.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LoadedBridge } from "../../src/core/bridge/types.ts";
import type { DeadLetter, Progress } from "../../src/core/journal/types.ts";
import { blockedLanes, createLaneTracker, LANE_FACT, LANES, laneOf } from "../../src/core/pipeline/lanes.ts";
import { halves, lotOf } from "../../src/core/pipeline/parcels.ts";
import type { Message } from "../../src/core/pipeline/map-unit.ts";
import type { Way } from "../../src/core/bridge/types.ts";
import { progressTo } from "./journal-state.ts";

const START = progressTo(0);

const byKey = {
  by: "key",
  key: {
    evaluate: (record: unknown) => {
      const { K } = record as { K: unknown };
      if (K === "throws") throw new Error("no key");
      return K;
    },
  },
} as unknown as LoadedBridge["order"];
const scope = () => undefined as never;
const endings = fc.constantFrom("delivered" as const, "skipped" as const, "dead" as const);

describe("the lane of a record", () => {
  it("is one of 64, always the same for a key; without a key order there is one", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (key) => {
        const lane = laneOf(byKey, { K: key as never }, scope);
        expect(lane).toBeGreaterThanOrEqual(0);
        expect(lane).toBeLessThan(LANES);
        expect(laneOf(byKey, { K: key as never, other: 1 }, scope)).toBe(lane);
      }),
    );
    expect(laneOf({ by: "drop" }, { K: "x" }, scope)).toBe(0);
    expect(laneOf(byKey, { K: "throws" }, scope)).toBe(0);
    expect(laneOf(byKey, undefined, scope)).toBe(0);
  });

  it("never changes: lanes stand in the journal", () => {
    expect(["", "a", "Ulm", "4711"].map((key) => laneOf(byKey, { K: key }, scope))).toEqual([5, 42, 59, 16]);
  });

  it("spreads keys: of 64,000 none of the lanes gets a third more or less than its share", () => {
    const counts = Array.from({ length: LANES }, () => 0);
    for (let key = 0; key < 64_000; key++) counts[laneOf(byKey, { K: `KONTO-${key}` }, scope)]! += 1;
    expect(Math.min(...counts)).toBeGreaterThan(667);
    expect(Math.max(...counts)).toBeLessThan(1_333);
  });
});

/** Records 1…n dealt into lanes, and an order in which lanes end their next record. */
const run = fc.record({
  lanes: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 40 }),
  turns: fc.array(fc.nat(5), { maxLength: 80 }),
  ending: endings,
  restart: fc.nat(40),
});

describe("the lane tracker", () => {
  it("knows every finished record and no other, also after a restart, and its counts always fit", () => {
    fc.assert(
      fc.property(run, ({ lanes, turns, ending, restart }) => {
        let tracker = createLaneTracker(START);
        const finished = new Set<number>();
        const rest = Map.groupBy(
          lanes.map((lane, index) => ({ lane, record: index + 1 })),
          ({ lane }) => lane,
        );
        turns.forEach((lane, turn) => {
          const next = rest.get(lane)?.shift();
          if (next) {
            tracker.finishIn(lane, next.record, next.record, next.record * 10, ending);
            finished.add(next.record);
          }
          if (turn === restart) {
            tracker = createLaneTracker(JSON.parse(JSON.stringify(tracker.snapshot({}))) as Progress);
          }
        });
        lanes.forEach((lane, index) => expect(tracker.doneIn(lane, index + 1)).toBe(finished.has(index + 1)));
        const { delivered, skipped, dead } = tracker.counts;
        expect(delivered + skipped + dead).toBe(finished.size);
        const highest = Math.max(0, ...finished);
        expect(tracker.watermark).toBe(highest);
        expect(tracker.offset).toBe(highest * 10);
        tracker.complete(lanes.length);
        expect(tracker.finished).toBe(finished.size === lanes.length);
      }),
      { numRuns: 500 },
    );
  });

  it("refuses to be asked as if there were no lanes", () => {
    const tracker = createLaneTracker(START);
    expect(() => tracker.done(1)).toThrow("lanes");
    expect(() => tracker.finish(1, 1, 1, "delivered")).toThrow("lanes");
  });
});

describe("blocked lanes", () => {
  it("are those of the open letters; one without a lane blocks the only lane there is", () => {
    const letter = (facts: DeadLetter["facts"]): DeadLetter => ({ facts }) as DeadLetter;
    expect([...blockedLanes([letter({ [LANE_FACT]: 7 }), letter({ column: "K" })])]).toEqual([7, 0]);
    expect([...blockedLanes([])]).toEqual([]);
  });
});

describe("halves of a refused batch", () => {
  const lotWith = (count: number) =>
    lotOf(
      {} as Way,
      Array.from(
        { length: count },
        (_, at) => ({ unit: { first: at * 3 + 1, last: at * 3 + 3 }, body: String(at) }) as unknown as Message,
      ),
    );

  it("hold the same messages in the same order, none is empty, and the culprit is alone after few steps", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 500 }), fc.nat(499), (count, at) => {
        const culprit = at % count;
        let lot = lotWith(count);
        let steps = 0;
        while (lot.messages.length > 1) {
          const [left, right] = halves(lot);
          expect([...left.messages, ...right.messages]).toEqual(lot.messages);
          expect(left.messages.length).toBeGreaterThan(0);
          expect(right.messages.length).toBeGreaterThan(0);
          expect([left.first, right.last]).toEqual([lot.first, lot.last]);
          expect(right.first).toBe(left.last + 1);
          lot = left.messages.some(({ body }) => body === String(culprit)) ? left : right;
          steps++;
        }
        expect(lot.messages[0]?.body).toBe(String(culprit));
        expect(steps).toBeLessThanOrEqual(Math.ceil(Math.log2(count)));
      }),
    );
  });
});
