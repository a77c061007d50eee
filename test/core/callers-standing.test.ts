// Who has moved on: silent for a whole cycle, the longest that the bridge names.

import { describe, expect, it } from "vitest";
import { callerState, longestCycle } from "../../src/core/lifecycle/callers-standing.ts";

const ZONE = "Europe/Berlin";
const now = Date.parse("2027-11-22T07:00:00+01:00");
const YEAR = { name: "Jahresabschluss", period: "P1Y" };
const MONTH = { name: null, period: "P1M" };

describe("a caller", () => {
  it.each<[last: string, cycle: typeof YEAR | typeof MONTH, closed: string | undefined, state: string]>([
    ["2027-11-22T06:41:00+01:00", MONTH, undefined, "using"],
    ["2027-10-22T00:00:00+02:00", MONTH, undefined, "using"],
    ["2027-10-21T23:59:00+02:00", MONTH, undefined, "migrated"],
    ["2026-11-22T00:00:00+01:00", YEAR, undefined, "using"],
    ["2026-11-21T23:59:00+01:00", YEAR, undefined, "migrated"],
    ["2027-11-20T09:00:00+01:00", YEAR, "2027-11-16T10:00:00+01:00", "knocking"],
    ["2027-11-16T09:59:00+01:00", MONTH, "2027-11-16T10:00:00+01:00", "using"],
    ["2027-10-01T09:00:00+02:00", YEAR, "2027-09-16T10:00:00+02:00", "migrated"],
  ])("that came last at %s in %o, closed %s, is %s", (last, cycle, closed, state) => {
    const closedAt = closed === undefined ? undefined : Date.parse(closed);
    expect(callerState(Date.parse(last), cycle, now, ZONE, closedAt)).toBe(state);
  });

  it("is looked at by the longest cycle, or by a month", () => {
    const named = [
      { name: "Monat", period: "P5W" },
      { name: "Quartal", period: "P3M" },
      { name: "Hundert Tage", period: "P100D" },
    ];
    expect(longestCycle({ cycles: named })).toMatchObject({ name: "Hundert Tage" });
    expect(longestCycle({ cycles: [] })).toEqual(MONTH);
  });
});
