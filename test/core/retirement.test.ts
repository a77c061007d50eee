// When a bridge can be retired: how long it was silent, whether somebody would have noticed, and what stands against it.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LONGEST_PAUSE, observe, observedOf } from "../../src/core/lifecycle/retirement/observed.ts";
import type { ObservedBook, ObservedKept } from "../../src/core/lifecycle/retirement/observed.ts";
import { retirementOf, retirementView } from "../../src/core/lifecycle/retirement/retirement.ts";
import type { RetirementFacts } from "../../src/core/lifecycle/retirement/retirement.ts";

const DAY = 86_400_000;
const MINUTE = 60_000;
const NOW = Date.parse("2027-06-01T10:00:00Z");

function quiet(changes: Partial<RetirementFacts> = {}): RetirementFacts {
  return {
    state: "active",
    cycles: [],
    observed: { from: NOW - 500 * DAY, to: NOW, gap: undefined },
    lastDrop: NOW - 40 * DAY,
    lastCall: undefined,
    held: 0,
    inWork: false,
    handingOver: false,
    openDead: 0,
    waiting: 0,
    ...changes,
  };
}
const viewOf = (changes: Partial<RetirementFacts>, now = NOW) => {
  const facts = quiet(changes);
  return retirementView(retirementOf(facts, now), facts.state, "Europe/Berlin");
};
const againstOf = (changes: Partial<RetirementFacts>, now = NOW): readonly string[] =>
  viewOf(changes, now).against.map(({ what }) => what);

describe("what is watched", () => {
  const beat = (book: ObservedBook, seen: readonly string[], now: number): ObservedBook => ({
    at: now,
    bridges: new Map([...book.bridges, ...observe(book, new Set(seen), now)]),
  });
  const nothing: ObservedBook = { at: undefined, bridges: new Map() };

  it("bears a restart, and begins anew behind a gap, which it names", () => {
    let book = beat(nothing, ["a"], 0);
    book = beat(book, ["a"], MINUTE);
    book = beat(book, ["a"], MINUTE + LONGEST_PAUSE);
    expect(observedOf(book, "a")).toEqual({ from: 0, to: MINUTE + LONGEST_PAUSE, gap: undefined });
    const end = MINUTE + LONGEST_PAUSE;
    book = beat(book, ["a"], end + LONGEST_PAUSE + 1);
    expect(observedOf(book, "a")).toEqual({ from: end + LONGEST_PAUSE + 1, to: end + LONGEST_PAUSE + 1, gap: end });
    expect(observedOf(book, "b")).toBeUndefined();
  });

  it("writes of a bridge nothing while nothing changes", () => {
    const book = beat(nothing, ["a"], 0);
    expect(observe(book, new Set(["a"]), MINUTE).size).toBe(0);
    expect([...observe(book, new Set(), MINUTE).values()]).toEqual([{ from: 0, to: 0 }]);
    expect(observe(beat(book, [], MINUTE), new Set(), 2 * MINUTE).size).toBe(0);
  });

  it("is what a plain account of all heartbeats says", () => {
    const step = fc.record({
      wait: fc.oneof(fc.constant(MINUTE), fc.integer({ min: 0, max: 2 * LONGEST_PAUSE })),
      seen: fc.boolean(),
      isCut: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let book = nothing;
        let now = NOW;
        const times: number[] = [];
        for (const { wait, seen, isCut } of steps) {
          now += wait;
          const before = book;
          book = beat(book, seen ? ["a"] : [], now);
          // The process ended before the time was written; what it had seen is found again by the next one.
          if (isCut && before.at !== undefined) {
            const again = { at: before.at, bridges: book.bridges };
            book = beat(again, seen ? ["a"] : [], now);
          }
          if (seen) times.push(now);
        }
        const to = times.at(-1);
        let from = to;
        for (const time of times.toReversed()) {
          if (from !== undefined && from - time > LONGEST_PAUSE) break;
          from = time;
        }
        const found = observedOf(book, "a");
        expect(found && [found.from, found.to]).toEqual(to === undefined ? undefined : [from, to]);
      }),
      { numRuns: 500 },
    );
  });

  it("kept documents are all there is", () => {
    const kept: ObservedKept = { from: 5 };
    expect(observedOf({ at: undefined, bridges: new Map([["a", kept]]) }, "a")).toBeUndefined();
  });
});

describe("before the sunset", () => {
  it("proposes what nobody has used for 30 days or longer", () => {
    expect(viewOf({ lastDrop: NOW - 30 * DAY })).toMatchObject({
      proposed: true,
      allowed: true,
      days: 30,
      cycle: null,
    });
    const used = viewOf({ lastDrop: NOW - 30 * DAY + 1 });
    expect(used).toMatchObject({ proposed: false, allowed: false, silentSince: "2027-05-02T12:00:00+02:00" });
    expect(used.against).toEqual([
      { what: "drop", count: null, at: "2027-05-02T12:00:00+02:00", until: "2027-06-01T12:00:00+02:00" },
    ]);
    expect(againstOf({ lastCall: NOW - DAY })).toEqual(["call"]);
    expect(viewOf({ lastDrop: undefined })).toMatchObject({ proposed: true, silentSince: null });
  });

  it("waits a tenth longer than the longest cycle", () => {
    const cycles = [
      { name: "Monat", period: "P1M" },
      { name: "Jahresabschluss", period: "P1Y" },
    ];
    const after = (days: number) => viewOf({ cycles, lastDrop: NOW - days * DAY });
    // 365 days and a tenth, rounded up.
    expect(after(402)).toMatchObject({ proposed: true, days: 402, cycle: "Jahresabschluss" });
    expect(after(401)).toMatchObject({ proposed: false, days: 402 });
    expect(viewOf({ cycles: [{ name: "Woche", period: "P7D" }] })).toMatchObject({ days: 30, cycle: null });
    expect(viewOf({ cycles: [{ name: "Monat", period: "P30D" }] })).toMatchObject({ days: 33, cycle: "Monat" });
  });

  it("counts only time in which somebody would have noticed", () => {
    const observed = (from: number, to = NOW) => ({ from, to, gap: from - DAY });
    expect(againstOf({ observed: undefined })).toEqual(["not-watched"]);
    expect(againstOf({ observed: observed(NOW - 20 * DAY) })).toEqual(["watched-since"]);
    expect(againstOf({ observed: observed(NOW - 30 * DAY) })).toEqual([]);
    expect(againstOf({ observed: observed(NOW - 90 * DAY, NOW - LONGEST_PAUSE - 1) })).toEqual(["not-watched"]);
    expect(againstOf({ observed: observed(NOW - 90 * DAY, NOW - LONGEST_PAUSE) })).toEqual([]);
  });

  it("is exactly: watched and unused over the whole time that is asked for", () => {
    const moment = fc.integer({ min: 0, max: 600 * DAY }).map((ago) => NOW - ago);
    const maybe = fc.option(moment, { nil: undefined });
    // By hand, for periods that are the same from every day on.
    const lengths = { P7D: 30, P30D: 33, P100D: 110, P52W: 401 };
    const cycles = fc.subarray(Object.keys(lengths) as (keyof typeof lengths)[]);
    fc.assert(
      fc.property(cycles, moment, maybe, maybe, fc.nat(30 * MINUTE), (periods, from, lastDrop, lastCall, ago) => {
        const observed = { from: Math.min(from, NOW - ago), to: NOW - ago, gap: undefined };
        const facts = quiet({
          cycles: periods.map((period) => ({ name: period, period })),
          observed,
          lastDrop,
          lastCall,
        });
        const days = Math.max(30, ...periods.map((period) => lengths[period]));
        const begin = NOW - days * DAY;
        const isUsed = [lastDrop, lastCall].some((time) => time !== undefined && time > begin);
        const isWatched = observed.from <= begin && ago <= LONGEST_PAUSE;
        const found = retirementOf(facts, NOW);
        expect([found.days, found.early.length === 0]).toEqual([days, isWatched && !isUsed]);
        // What is said of the future comes true, if nothing else comes.
        const [against] = found.early;
        if (against === undefined || !("until" in against)) return;
        const later = { ...facts, observed: { ...observed, to: against.until } };
        expect(retirementOf(later, against.until).early).toEqual([]);
        expect(retirementOf(later, against.until - 1).early).not.toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("a caller has left", () => {
  const before = (changes: Partial<RetirementFacts>): string | null => viewOf(changes).leftBefore;
  it("when it was silent for the longest cycle, and somebody watched so long", () => {
    expect(before({})).toBe("2027-05-02T12:00:00+02:00");
    const cycles = [{ name: "Quartal", period: "P100D" }];
    expect(before({ cycles })).toBe("2027-02-21T11:00:00+01:00");
    const observed = (from: number, to = NOW) => ({ from, to, gap: undefined });
    expect(before({ cycles, observed: observed(NOW - 100 * DAY) })).toBe("2027-02-21T11:00:00+01:00");
    expect(before({ cycles, observed: observed(NOW - 100 * DAY + 1) })).toBeNull();
    expect(before({ observed: observed(NOW - 90 * DAY, NOW - LONGEST_PAUSE - 1) })).toBeNull();
    expect(before({ observed: undefined })).toBeNull();
  });
});

describe("at any time", () => {
  it.each([
    [{ held: 2 }, ["held"]],
    [{ inWork: true }, ["in-work"]],
    [{ openDead: 3 }, ["dead"]],
    [{ handingOver: true, waiting: 1 }, ["handing-over", "waiting"]],
    [{ state: "notbetrieb" }, ["state"]],
    [{ state: "planned" }, ["state"]],
    [{ state: "retired" }, ["state"]],
  ] as const)("%o stands against it", (changes, what) => {
    expect(againstOf({ ...changes })).toEqual(what);
    expect(viewOf({ ...changes }).allowed).toBe(false);
  });

  it("after the sunset silence is of no account, what is held is", () => {
    const view = viewOf({ state: "sunset", lastCall: NOW - 1, observed: undefined });
    expect(view).toMatchObject({ allowed: true, proposed: false, against: [] });
    expect(againstOf({ state: "sunset", held: 1, lastCall: NOW - 1 })).toEqual(["held"]);
  });
});
