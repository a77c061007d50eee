import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { createTracker } from "../../src/core/pipeline/progress.ts";
import { progressTo } from "./journal-state.ts";

const START = progressTo(0);

/** Every record is ten bytes long. */
const endOf = (record: number): number => record * 10;

describe("progress", () => {
  it("merges outcomes in any order into one watermark, also across restarts", () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(
          Array.from({ length: 80 }, (_, i) => i + 1),
          { minLength: 80 },
        ),
        fc.integer({ min: 0, max: 80 }),
        (order, cut) => {
          let tracker = createTracker(START);
          for (const record of order.slice(0, cut)) tracker.finish(record, record, endOf(record), "delivered");
          const saved = tracker.snapshot({});
          expect(saved.counts.delivered).toBe(cut);
          expect(saved.watermark + saved.ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0)).toBe(cut);
          expect(saved.offset).toBe(endOf(saved.watermark));

          tracker = createTracker(saved);
          const done = new Set(order.slice(0, cut));
          for (let record = 1; record <= 80; record++) {
            expect(tracker.done(record)).toBe(done.has(record));
            if (done.has(record)) tracker.passed(record, endOf(record));
          }
          for (const record of order.slice(cut)) tracker.finish(record, record, endOf(record), "dead");
          tracker.complete(80);
          expect(tracker.finished).toBe(true);
          expect(tracker.offset).toBe(endOf(80));
          expect(tracker.counts).toEqual({ records: 80, delivered: cut, skipped: 0, dead: 80 - cut });
        },
      ),
      { numRuns: 200 },
    );
  });

  it("does not raise the watermark over a range whose end it does not know yet", () => {
    const tracker = createTracker({
      ...START,
      ranges: [[2, 5]],
      counts: { records: 0, delivered: 4, skipped: 0, dead: 0 },
    });
    tracker.finish(1, 1, 10, "delivered");
    expect(tracker.snapshot({})).toMatchObject({ watermark: 0, offset: 0, ranges: [[1, 5]] });
    tracker.passed(5, 50);
    expect(tracker.snapshot({})).toMatchObject({ watermark: 5, offset: 50, ranges: [] });
  });

  it("remembers halved batches until the watermark has passed them", () => {
    const tracker = createTracker(START);
    tracker.split(1, 4);
    expect(createTracker(tracker.snapshot({})).isSplit(1, 4)).toBe(true);
    tracker.finish(1, 2, 20, "delivered");
    tracker.finish(3, 4, 40, "delivered");
    expect(tracker.isSplit(1, 4)).toBe(false);
  });
});
