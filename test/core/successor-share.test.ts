// Bridge and successor by day: what is measured, what is not, and the share that follows; with clocks that are moved by hand.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addDays, dateIn, takesEffect } from "../../src/core/lifecycle/dates.ts";
import { milestonesOf } from "../../src/core/lifecycle/milestones.ts";
import {
  countBridge,
  countDay,
  countTotal,
  decide,
  isMeasured,
  MOST_DAYS,
  NO_PROGRESS,
  shareBefore,
  shareNow,
  spansOf,
  startOf,
  type Progress,
} from "../../src/core/lifecycle/progress.ts";

const ZONE = "Europe/Berlin";
const HOUR = 3_600_000;
const counting = { withBridge: false, timezone: ZONE };
const at = (text: string): number => Date.parse(text);

/** Hourly readings of two counters, from one moment to another. */
function hourly(
  from: number,
  hours: number,
  perHour: readonly [bridge: number, successor: number],
  start = NO_PROGRESS,
): Progress {
  let progress = start;
  let [bridge, successor] = [progress.bridge?.total ?? 0, progress.successor?.total ?? 0];
  for (let hour = 0; hour <= hours; hour++) {
    const now = from + hour * HOUR;
    progress = countTotal(countBridge(progress, now, bridge, 3 * HOUR, ZONE), now, successor, 3 * HOUR, ZONE);
    bridge += perHour[0];
    successor += perHour[1];
  }
  return progress;
}

describe("counters", () => {
  it("give the share of 30 days once seven are measured", () => {
    const begin = at("2027-05-01T00:00:00+02:00");
    const six = hourly(begin, 6 * 24 - 1, [6, 2]);
    expect(shareNow(six, begin + (6 * 24 - 1) * HOUR, counting)).toBeUndefined();
    const ten = hourly(begin, 10 * 24, [6, 2]);
    const share = shareNow(ten, begin + 10 * 24 * HOUR, counting);
    expect(share?.successor).toBeCloseTo(0.25, 2);
    expect(share?.days).toBe(10);
  });

  it("begin anew at 0 when the successor does, and nothing is counted twice or below zero", () => {
    const [one, two, three] = [
      at("2027-05-02T08:00:00+02:00"),
      at("2027-05-02T09:00:00+02:00"),
      at("2027-05-02T10:00:00+02:00"),
    ];
    let progress = countTotal(NO_PROGRESS, one, 1_000, 3 * HOUR, ZONE);
    progress = countTotal(progress, two, 1_040, 3 * HOUR, ZONE);
    progress = countTotal(progress, three, 7, 3 * HOUR, ZONE);
    expect(progress.days["2027-05-02"]).toEqual([0, 47, 2 * HOUR]);
  });

  it("are dealt to days by time where midnight lies between two readings", () => {
    let progress = countTotal(NO_PROGRESS, at("2027-05-02T23:00:00+02:00"), 0, 3 * HOUR, ZONE);
    progress = countTotal(progress, at("2027-05-03T01:00:00+02:00"), 100, 3 * HOUR, ZONE);
    expect(progress.days).toEqual({ "2027-05-02": [0, 50, HOUR], "2027-05-03": [0, 50, HOUR] });
  });

  it("leave a silence unmeasured: such a day counts for neither side", () => {
    const begin = at("2027-05-01T00:00:00+02:00");
    const before = hourly(begin, 8 * 24, [5, 5]);
    // A day and a half later both have done much, but when nobody knows.
    const after = hourly(begin + (9 * 24 + 12) * HOUR, 4 * 24, [5, 5], {
      ...before,
      successor: { at: before.successor?.at ?? 0, total: 50_000 },
    });
    const now = begin + (13 * 24 + 12) * HOUR;
    expect(isMeasured(after, "2027-05-09", now, ZONE)).toBe(false);
    expect(isMeasured(after, "2027-05-10", now, ZONE)).toBe(false);
    expect(shareNow(after, now, counting)).toMatchObject({ successor: 0.5, days: 12 });
  });

  it("say nothing any more 48 hours after the probe fell silent", () => {
    const begin = at("2027-05-01T00:00:00+02:00");
    const progress = hourly(begin, 10 * 24, [5, 5]);
    const end = begin + 10 * 24 * HOUR;
    expect(shareNow(progress, end + 47 * HOUR, counting)).toBeDefined();
    expect(shareNow(progress, end + 49 * HOUR, counting)).toBeUndefined();
  });

  it("give no share where nobody did anything: that is neither 0 nor 100 %", () => {
    const begin = at("2027-05-01T00:00:00+02:00");
    expect(shareNow(hourly(begin, 10 * 24, [0, 0]), begin + 10 * 24 * HOUR, counting)).toBeUndefined();
    expect(shareNow(hourly(begin, 10 * 24, [0, 3]), begin + 10 * 24 * HOUR, counting)?.successor).toBe(1);
  });

  it("lose what the bridge itself sent where the successor counts it, too", () => {
    const begin = at("2027-05-01T00:00:00+02:00");
    const share = shareNow(hourly(begin, 10 * 24, [6, 8]), begin + 10 * 24 * HOUR, { ...counting, withBridge: true });
    expect(share?.successor).toBeCloseTo(0.25, 2);
  });

  it("property: whatever the times of the readings, all that was counted lies in some day, and no day is longer than it is", () => {
    const steps = fc.array(fc.record({ hours: fc.double({ min: 0.01, max: 2.9, noNaN: true }), more: fc.nat(1_000) }), {
      minLength: 1,
      maxLength: 200,
    });
    fc.assert(
      // Begins before the clocks change, so that a day of 23 hours may be among them.
      fc.property(fc.constantFrom("2027-03-26T12:00:00Z", "2027-10-29T12:00:00Z"), steps, (begin, all) => {
        let now = at(begin);
        let total = 0;
        let progress = countTotal(NO_PROGRESS, now, total, 3 * HOUR, ZONE);
        for (const { hours, more } of all) {
          now += Math.ceil(hours * HOUR);
          total += more;
          progress = countTotal(progress, now, total, 3 * HOUR, ZONE);
        }
        const sum = Object.values(progress.days).reduce((whole, [, successor]) => whole + successor, 0);
        expect(sum).toBeCloseTo(total, 5);
        for (const [date, [, , covered]] of Object.entries(progress.days))
          expect(covered).toBeLessThanOrEqual(startOf(addDays(date, 1), ZONE) - startOf(date, ZONE));
      }),
      { numRuns: 60 },
    );
  });

  it("are kept for 400 days", () => {
    let progress: Progress = NO_PROGRESS;
    for (let day = 0; day < MOST_DAYS + 30; day++) {
      const date = addDays("2027-01-01", day);
      progress = countDay(progress, { date, from: startOf(date, ZONE), to: startOf(addDays(date, 1), ZONE) }, 1);
    }
    const dates = Object.keys(progress.days).toSorted();
    expect(dates).toHaveLength(MOST_DAYS);
    expect(dates[0]).toBe("2027-01-31");
  });
});

describe("spans", () => {
  it("are cut at midnight of the zone, on days of 23 and 25 hours, too", () => {
    const spans = spansOf(at("2027-03-27T12:00:00Z"), at("2027-03-29T12:00:00Z"), ZONE);
    expect(spans.map(({ date, from, to }) => [date, (to - from) / HOUR])).toEqual([
      ["2027-03-27", 11],
      ["2027-03-28", 23],
      ["2027-03-29", 14],
    ]);
  });
});

describe("milestones", () => {
  const plan = [
    { by: "2027-06-10", goal: "Mehrheit", measure: { successorShare: 0.5 } },
    { by: "2027-05-20", goal: "Test" },
    { by: "2027-07-10", goal: "Alle", measure: { successorShare: 0.95 } },
  ];
  const begin = at("2027-05-01T00:00:00+02:00");
  const effect = (date: string): number => takesEffect(date, ZONE);
  const states = (progress: Progress, now: number) =>
    milestonesOf(plan, progress, shareNow(progress, now, counting)?.successor, (by) => effect(by) <= now).map(
      ({ state, measured }) => [state, measured],
    );

  it("are decided at 10:00 of their day by the 30 days before, and stay so", () => {
    const early = at("2027-06-10T09:59:00+02:00");
    const progress = hourly(begin, 40 * 24 + 9, [62, 38]);
    expect(decide(progress, plan, effect, early, counting).decided).toBeUndefined();
    expect(states(progress, early)[0]).toEqual(["open", null]);
    const now = at("2027-06-10T10:00:00+02:00");
    const decided = decide(progress, plan, effect, now, counting);
    expect(decided.decided?.["2027-06-10"]).toBeCloseTo(0.38, 5);
    expect(states(decided, now).map(([state]) => state)).toEqual(["missed", "declared", "open"]);
    // A year later the days are gone; what was decided is not.
    const later = { ...decided, days: {} };
    expect(decide(later, plan, effect, now + 300 * 24 * HOUR, counting).decided).toEqual(decided.decided);
  });

  it("that were missed are late once the share is there", () => {
    const missed = decide(hourly(begin, 41 * 24, [62, 38]), plan, effect, at("2027-06-11T00:00:00+02:00"), counting);
    const after = hourly(begin + 41 * 24 * HOUR, 30 * 24, [1, 99], missed);
    const now = begin + 71 * 24 * HOUR;
    expect(dateIn(now, ZONE)).toBe("2027-07-11");
    expect(states(after, now)[0]).toEqual(["late", expect.closeTo(0.38, 5) as number]);
  });

  it("are not measured where fewer than seven days of the 30 were", () => {
    const progress = hourly(at("2027-06-05T00:00:00+02:00"), 5 * 24 + 10, [0, 100]);
    const now = at("2027-06-10T10:00:00+02:00");
    expect(shareBefore(progress, "2027-06-10", now, counting)).toBeUndefined();
    expect(states(decide(progress, plan, effect, now, counting), now)[0]).toEqual(["unmeasured", null]);
  });
});
