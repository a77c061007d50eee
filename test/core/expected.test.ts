// `expect`: turns on a real calendar, what counts for which, and what is told of it, once, over a real journal.

import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OpenState } from "../../src/core/journal/types.ts";
import { atLocal, wallTime } from "../../src/core/lifecycle/dates.ts";
import { type Expectation, turnAt } from "../../src/core/lifecycle/expected.ts";
import { standingOf } from "../../src/core/lifecycle/state.ts";
import { expectedView, tellExpected } from "../../src/core/operations/expectations.ts";
import { content, finishDrop, takeNew, testState } from "./journal-state.ts";
import { bridgeOf } from "./lifecycle-fixtures.ts";

const ZONE = "Europe/Berlin";
const DAILY: Expectation = { by: "06:00", on: "daily", land: undefined, records: undefined };
const WORKDAYS: Expectation = { ...DAILY, on: "workdays" };

function at(date: string, time: string): number {
  return atLocal(date, Number(time.slice(0, 2)), Number(time.slice(3)), ZONE);
}

function shown(time: number): string {
  const wall = wallTime(time, ZONE);
  return `${wall.date} ${wall.time.slice(0, 5)}`;
}

describe("a turn", () => {
  it.each<[string, Expectation, now: string, by: string, next: string, from: string, to: string]>([
    [
      "every day",
      DAILY,
      "2026-12-09 07:00",
      "2026-12-09 06:00",
      "2026-12-10 06:00",
      "2026-12-08 18:00",
      "2026-12-09 18:00",
    ],
    [
      "before the time",
      DAILY,
      "2026-12-09 05:59",
      "2026-12-08 06:00",
      "2026-12-09 06:00",
      "2026-12-07 18:00",
      "2026-12-08 18:00",
    ],
    [
      "on the time",
      DAILY,
      "2026-12-09 06:00",
      "2026-12-09 06:00",
      "2026-12-10 06:00",
      "2026-12-08 18:00",
      "2026-12-09 18:00",
    ],
    // Friday evening counts for Monday, because being late ends after twelve hours.
    [
      "over a weekend",
      WORKDAYS,
      "2026-12-13 12:00",
      "2026-12-11 06:00",
      "2026-12-14 06:00",
      "2026-12-10 18:00",
      "2026-12-11 18:00",
    ],
    [
      "over Easter",
      WORKDAYS,
      "2027-03-29 12:00",
      "2027-03-25 06:00",
      "2027-03-30 06:00",
      "2027-03-24 18:00",
      "2027-03-25 18:00",
    ],
    [
      "on two days",
      { ...DAILY, on: ["monday", "thursday"] },
      "2026-12-09 12:00",
      "2026-12-07 06:00",
      "2026-12-10 06:00",
      "2026-12-03 18:00",
      "2026-12-07 18:00",
    ],
    [
      "when clocks change",
      DAILY,
      "2027-03-28 12:00",
      "2027-03-28 06:00",
      "2027-03-29 06:00",
      "2027-03-27 17:30",
      "2027-03-28 18:00",
    ],
  ])("%s", (_, expectation, now, by, next, from, to) => {
    const [date = "", time = ""] = now.split(" ");
    const turn = turnAt(expectation, at(date, time), ZONE);
    expect([turn.by, turn.next, turn.from, turn.to].map(shown)).toEqual([by, next, from, to]);
  });

  it("begins where the one before it ends, and every moment has one", () => {
    const on = fc.constantFrom<Expectation["on"]>("daily", "workdays", ["monday"], ["tuesday", "saturday"]);
    const hour = fc.integer({ min: 0, max: 23 }).map((value) => `${String(value).padStart(2, "0")}:30`);
    fc.assert(
      fc.property(fc.integer({ min: 1.7e12, max: 2.2e12 }), on, hour, (now, days, by) => {
        const expectation = { ...DAILY, on: days, by };
        const turn = turnAt(expectation, now, ZONE);
        expect(turn.by).toBeLessThanOrEqual(now);
        expect(turn.next).toBeGreaterThan(now);
        expect(turn.from).toBeLessThan(turn.by);
        expect(turn.to).toBeGreaterThan(turn.by);
        expect(turn.to).toBeLessThan(turn.next);
        expect(turnAt(expectation, turn.next, ZONE).from).toBe(turn.to);
      }),
    );
  });
});

describe("what should have come", () => {
  const folder = testState();
  let state: OpenState;
  let now = at("2026-12-08", "12:00");
  let logged: string[] = [];
  const bridge = bridgeOf({ name: "kasse", expect: { ...WORKDAYS, records: { least: 2, most: 5 } }, files: new Map() });
  const deps = () => ({
    journal: state.journal,
    watch: { now: () => now, standing: () => standingOf(bridge.lifecycle, ZONE, now) },
  });
  const tell = async (): Promise<readonly string[]> => {
    logged = [];
    await tellExpected(deps(), [bridge], (level, event) => void logged.push(`${level} ${event}`));
    return logged;
  };
  const come = async (text: string, records?: number): Promise<string> => {
    const drop = await takeNew(state, content(text), { bridge: "kasse", received: now });
    if (records !== undefined) await finishDrop(state, drop, records);
    return drop;
  };
  const view = async () => await expectedView(deps(), bridge);

  beforeEach(async () => {
    now = at("2026-12-08", "12:00");
    state = await folder.open({ clock: () => now });
  });
  afterEach(async () => {
    await state.close();
    await folder.remove();
  });

  it("is waited for, missing, late, small, large, and told once each", async () => {
    // What was due before the appliance saw the bridge nobody could have taken.
    expect(await tell()).toEqual([]);
    expect(await view()).toMatchObject({ state: "waiting", by: "2026-12-09T06:00:00+01:00", first: null });
    now = at("2026-12-09", "06:00");
    expect(await tell()).toEqual(["warn expected.missing"]);
    expect(await tell()).toEqual([]);
    expect(await view()).toMatchObject({ state: "missing", by: "2026-12-09T06:00:00+01:00", drops: 0 });
    now = at("2026-12-09", "07:10");
    await come("a", 3);
    expect(await tell()).toEqual(["info expected.late"]);
    expect(await view()).toMatchObject({ state: "late", first: "2026-12-09T07:10:00+01:00", records: 3 });
    // The late one does not count for Thursday.
    now = at("2026-12-10", "06:01");
    expect(await tell()).toEqual(["warn expected.missing"]);
    now = at("2026-12-11", "03:00");
    await come("b", 1);
    now = at("2026-12-11", "06:01");
    expect(await tell()).toEqual(["warn expected.small"]);
    // The evening before a weekend counts for Monday. As long as it is read, nobody knows how much it is.
    now = at("2026-12-11", "20:00");
    const monday = await come("c");
    now = at("2026-12-14", "06:01");
    expect(await tell()).toEqual(["info expected.here"]);
    await finishDrop(state, monday, 6);
    expect(await tell()).toEqual(["warn expected.large"]);
    const trail = await state.journal.auditEntries({ limit: 100, bridge: "kasse" });
    expect(trail.filter(({ event }) => event.startsWith("expected.")).map(({ event }) => event)).toEqual([
      "expected.missing",
      "expected.late",
      "expected.missing",
      "expected.small",
      "expected.here",
      "expected.large",
    ]);
  });

  it("is not the same bytes again", async () => {
    await tell();
    now = at("2026-12-09", "03:00");
    await come("same", 3);
    now = at("2026-12-10", "03:00");
    const drop = { bridge: "kasse", received: now };
    await expect(takeNew(state, content("same"), drop)).rejects.toThrow("expected a new drop");
    now = at("2026-12-10", "06:01");
    expect(await view()).toMatchObject({ state: "missing", drops: 0 });
  });

  it("is nothing while the bridge is not in operation", async () => {
    now = at("2027-12-08", "12:00");
    expect(await view()).toBeNull();
    expect(await tell()).toEqual([]);
  });

  it("is remembered over a restart", async () => {
    await tell();
    now = at("2026-12-09", "06:30");
    expect(await tell()).toEqual(["warn expected.missing"]);
    await state.close();
    state = await folder.open({ clock: () => now });
    expect(await tell()).toEqual([]);
    expect(await view()).toMatchObject({ state: "missing" });
  });
});
