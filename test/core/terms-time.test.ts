// When terms end, and which drops a gate lets go: with a clock of the test's own, over the days on which clocks change.

import { describe, expect, it } from "vitest";
import { wallTime } from "../../src/core/lifecycle/dates.ts";
import { dailyGate, everyGate } from "../../src/core/pipeline/gate.ts";
import {
  dateOfTerm,
  endOfTerm,
  localMinute,
  openTermNotice,
  termRule,
  type TermRule,
} from "../../src/core/pipeline/term-time.ts";

const batch = { records: undefined, drop: false, at: undefined, every: undefined };
const at = (time: string, zone = "Europe/Berlin"): TermRule => termRule({ ...batch, at: time }, zone) as TermRule;
const every = (milliseconds: number): TermRule =>
  termRule({ ...batch, every: milliseconds }, "Europe/Berlin") as TermRule;
const utc = (text: string): number => Date.parse(text);
const iso = (time: number): string => new Date(time).toISOString().replace(".000Z", "Z");

describe("the end of a term", () => {
  it("is the next such time of day on the bridge's wall, later than the moment itself", () => {
    const rule = at("22:00");
    expect(iso(endOfTerm(rule, utc("2026-11-20T08:00:00Z")))).toBe("2026-11-20T21:00:00Z");
    expect(iso(endOfTerm(rule, utc("2026-11-20T20:59:59.999Z")))).toBe("2026-11-20T21:00:00Z");
    expect(iso(endOfTerm(rule, utc("2026-11-20T21:00:00Z")))).toBe("2026-11-21T21:00:00Z");
    expect(iso(endOfTerm(rule, utc("2026-12-31T23:30:00Z")))).toBe("2027-01-01T21:00:00Z");
    expect(iso(endOfTerm(at("22:00", "America/New_York"), utc("2026-11-20T08:00:00Z")))).toBe("2026-11-21T03:00:00Z");
  });

  it("moves with the clock change: the term before it has 23 hours, the one behind it 25", () => {
    const rule = at("22:00");
    expect(iso(endOfTerm(rule, utc("2027-03-27T21:00:00Z")))).toBe("2027-03-28T20:00:00Z");
    expect(iso(endOfTerm(rule, utc("2027-10-30T20:00:00Z")))).toBe("2027-10-31T21:00:00Z");
  });

  it("comes that much later where the clock skips it, and once where the clock shows it twice", () => {
    const rule = at("02:30");
    expect(iso(endOfTerm(rule, utc("2027-03-28T00:00:00Z")))).toBe("2027-03-28T01:30:00Z");
    expect(iso(endOfTerm(rule, utc("2027-03-28T01:30:00Z")))).toBe("2027-03-29T00:30:00Z");
    expect(iso(endOfTerm(rule, utc("2027-10-30T23:00:00Z")))).toBe("2027-10-31T00:30:00Z");
    expect(iso(endOfTerm(rule, utc("2027-10-31T00:30:00Z")))).toBe("2027-11-01T01:30:00Z");
    // Cairo's clocks skip midnight itself.
    expect(iso(endOfTerm(at("00:00", "Africa/Cairo"), utc("2026-04-23T12:00:00Z")))).toBe("2026-04-23T22:00:00Z");
  });

  it.each([
    ["Europe/Berlin", "02:30"],
    ["Europe/Berlin", "00:00"],
    ["America/New_York", "01:59"],
    ["Australia/Lord_Howe", "02:00"],
    ["Africa/Cairo", "00:00"],
    ["Asia/Kathmandu", "23:59"],
  ])("comes on each day of the year once: %s %s", (zone, time) => {
    const rule = at(time, zone);
    const dates: string[] = [];
    let moment = utc("2026-12-31T23:00:00Z");
    for (let term = 0; term < 365; term++) {
      const end = endOfTerm(rule, moment);
      expect(end).toBeGreaterThan(moment);
      expect(endOfTerm(rule, end - 1)).toBe(end);
      dates.push(dateOfTerm(rule, end));
      moment = end;
    }
    expect(new Set(dates).size).toBe(365);
    expect(dates).toEqual(dates.toSorted());
  });

  it("every: so long after the first message; the date is that of the end", () => {
    expect(endOfTerm(every(300_000), 1_000)).toBe(301_000);
    const end = endOfTerm(every(300_000), utc("2026-11-20T22:58:00Z"));
    expect(dateOfTerm(every(300_000), end)).toBe("2026-11-21");
  });

  it("is told in local time", () => {
    expect(localMinute(utc("2026-11-20T21:00:00Z"), "Europe/Berlin")).toBe("2026-11-20 22:00");
    expect(localMinute(utc("2026-11-20T21:00:07Z"), "Europe/Berlin")).toBe("2026-11-20 22:00:07");
    expect(openTermNotice(utc("2026-11-20T21:00:00Z"), "Europe/Berlin")).toContain("am 20.11.2026 um 22:00");
  });
});

describe("a gate until a time of day", () => {
  it("lets each drop go at the first such time after its receipt, also after a restart", () => {
    let now = utc("2026-11-20T08:00:00Z");
    const gate = dailyGate(at("22:00"), () => now);
    const yesterday = { received: utc("2026-11-19T20:59:00Z") };
    const today = { received: now };
    const tonight = { received: utc("2026-11-20T21:00:00Z") };
    expect([yesterday, today].map((drop) => gate.lets(drop))).toEqual([true, false]);
    expect(gate.open([yesterday])).toBeUndefined();
    expect(iso(gate.open([yesterday, today]) ?? 0)).toBe("2026-11-20T21:00:00Z");
    now = utc("2026-11-20T21:00:00Z");
    for (const one of [gate, dailyGate(at("22:00"), () => now)]) {
      expect([yesterday, today, tonight].map((drop) => one.lets(drop))).toEqual([true, true, false]);
      expect(iso(one.open([today, tonight]) ?? 0)).toBe("2026-11-21T21:00:00Z");
    }
  });

  it("agrees with the end of each drop's term, hour by hour over the clock changes", () => {
    for (const [zone, time] of [
      ["Europe/Berlin", "02:30"],
      ["Africa/Cairo", "00:00"],
    ] as const) {
      const rule = at(time, zone);
      let now = utc("2027-03-20T00:00:00Z");
      const gate = dailyGate(rule, () => now);
      for (let hour = 0; hour < 24 * 50; hour++, now += 3_600_000) {
        for (const back of [0, 1, 5, 24, 30]) {
          const received = now - back * 3_600_000;
          expect(gate.lets({ received }), `${iso(received)} at ${iso(now)}`).toBe(endOfTerm(rule, received) <= now);
        }
      }
      expect(wallTime(now, zone).date > "2027-05-01").toBe(true);
    }
  });
});

describe("a gate that opens every so often", () => {
  it("counts from the first drop that waits; what came within the term goes with it", () => {
    let now = 1_000;
    const kept: number[] = [];
    const gate = everyGate(
      every(5_000),
      0,
      () => now,
      (until) => kept.push(until),
    );
    const [a, b, c] = [{ received: 1_000 }, { received: 6_000 }, { received: 6_001 }];
    expect(gate.open([])).toBeUndefined();
    expect(gate.open([a])).toBe(6_000);
    now = 6_001;
    expect(gate.open([a, b, c])).toBe(11_001);
    expect([a, b, c].map((drop) => gate.lets(drop))).toEqual([true, true, false]);
    expect(kept).toEqual([6_000]);
    // While its drops are still at work, what was let go stays free, also for the next process.
    now = 7_000;
    const next = everyGate(
      every(5_000),
      6_000,
      () => now,
      (until) => kept.push(until),
    );
    expect(next.open([b, c])).toBe(11_001);
    expect(next.lets(b)).toBe(true);
    expect(kept).toEqual([6_000]);
  });

  it("catches up after a time without a process", () => {
    const kept: number[] = [];
    const gate = everyGate(
      every(5_000),
      0,
      () => 100_000,
      (until) => kept.push(until),
    );
    const drops = [1_000, 3_000, 20_000, 97_000].map((received) => ({ received }));
    expect(gate.open(drops)).toBe(102_000);
    expect(drops.map((drop) => gate.lets(drop))).toEqual([true, true, true, false]);
    expect(kept).toEqual([25_000]);
  });
});
