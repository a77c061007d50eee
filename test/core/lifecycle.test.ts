import { describe, expect, it } from "vitest";
import type { Lifecycle } from "../../src/core/bridge/types.ts";
import {
  atLocal,
  dayNumber,
  daysBetween,
  addDays,
  germanDate,
  localMoment,
  takesEffect,
  wallTime,
} from "../../src/core/lifecycle/dates.ts";
import { deprecationNotice, heldNotice } from "../../src/core/lifecycle/state-notice.ts";
import { NO_PROGRESS } from "../../src/core/lifecycle/progress.ts";
import { lifecycleRow, worstFirst } from "../../src/core/lifecycle/state-report.ts";
import { endOf, fileTreatment, standingOf } from "../../src/core/lifecycle/state.ts";
import { bridgeOf, lifecycleOf } from "./lifecycle-fixtures.ts";

const BERLIN = "Europe/Berlin";
const at = (text: string): number => Date.parse(text);

describe("calendar", () => {
  it("knows every month, leap years and what is no day", () => {
    expect(dayNumber("1970-01-01")).toBe(0);
    expect(dayNumber("2028-02-29")).toBe(21_243);
    expect(dayNumber("2000-02-29")).toBeDefined();
    for (const wrong of [
      "2027-02-29",
      "2100-02-29",
      "2027-04-31",
      "2027-13-01",
      "2027-00-10",
      "2027-1-1",
      "soon",
      "9999-99-99",
    ]) {
      expect(dayNumber(wrong)).toBeUndefined();
    }
  });

  it("counts days across leap days and clock changes", () => {
    expect(daysBetween("2028-02-28", "2028-03-01")).toBe(2);
    expect(daysBetween("2027-02-28", "2027-03-01")).toBe(1);
    expect(daysBetween("2027-03-27", "2027-03-29")).toBe(2);
    expect(daysBetween("2027-11-22", "2028-02-15")).toBe(85);
    expect(daysBetween("2027-11-22", "2027-11-18")).toBe(-4);
    expect(addDays("2028-02-28", 2)).toBe("2028-03-01");
    expect(addDays("2027-01-01", -1)).toBe("2026-12-31");
  });

  it("takes effect at 10:00 local time, summer and winter, in every zone", () => {
    expect(new Date(takesEffect("2027-11-16", BERLIN)).toISOString()).toBe("2027-11-16T09:00:00.000Z");
    expect(new Date(takesEffect("2027-07-01", BERLIN)).toISOString()).toBe("2027-07-01T08:00:00.000Z");
    expect(new Date(takesEffect("2027-07-01", "America/New_York")).toISOString()).toBe("2027-07-01T14:00:00.000Z");
    expect(new Date(takesEffect("2027-07-01", "Asia/Kathmandu")).toISOString()).toBe("2027-07-01T04:15:00.000Z");
  });

  it("is right on the days on which the clock changes", () => {
    // 28 March 2027: 02:00 becomes 03:00. 31 October 2027: 03:00 becomes 02:00.
    expect(new Date(takesEffect("2027-03-28", BERLIN)).toISOString()).toBe("2027-03-28T08:00:00.000Z");
    expect(new Date(takesEffect("2027-03-27", BERLIN)).toISOString()).toBe("2027-03-27T09:00:00.000Z");
    expect(new Date(takesEffect("2027-10-31", BERLIN)).toISOString()).toBe("2027-10-31T09:00:00.000Z");
    expect(new Date(takesEffect("2027-10-30", BERLIN)).toISOString()).toBe("2027-10-30T08:00:00.000Z");
  });

  it("takes the first of a time that comes twice, and moves one that is skipped", () => {
    expect(new Date(atLocal("2027-10-31", 2, 30, BERLIN)).toISOString()).toBe("2027-10-31T00:30:00.000Z");
    expect(wallTime(atLocal("2027-03-28", 2, 30, BERLIN), BERLIN).time).toBe("03:30:00");
    expect(new Date(localMoment("2027-10-05T10:30", BERLIN)).toISOString()).toBe("2027-10-05T08:30:00.000Z");
  });

  it("writes dates as German readers do", () => {
    expect(germanDate("2028-11-14")).toBe("14.11.2028");
  });
});

const left = (text: string, zone = BERLIN): number => standingOf(lifecycleOf(), zone, at(text)).daysLeft;

describe("state", () => {
  const lifecycle = lifecycleOf();
  const stateAt = (text: string, of: Lifecycle = lifecycle): string => standingOf(of, BERLIN, at(text)).state;

  it.each([
    ["2026-10-31T12:00:00+01:00", "planned"],
    ["2026-11-01T09:59:59.999+01:00", "planned"],
    ["2026-11-01T10:00:00+01:00", "active"],
    ["2027-04-01T09:59:59.999+02:00", "active"],
    ["2027-04-01T10:00:00+02:00", "deprecated"],
    ["2027-11-16T09:59:59.999+01:00", "deprecated"],
    ["2027-11-16T10:00:00+01:00", "sunset"],
    ["2039-01-01T00:00:00+01:00", "sunset"],
  ])("at %s it is %s", (time, expected) => expect(stateAt(time)).toBe(expected));

  it.each([
    ["2027-11-16T09:59:59.999+01:00", "deprecated"],
    ["2027-11-16T10:00:00+01:00", "extended"],
    ["2028-02-01T09:59:59.999+01:00", "extended"],
    ["2028-02-01T10:00:00+01:00", "sunset"],
  ])("with an extension, at %s it is %s", (time, expected) => {
    expect(stateAt(time, lifecycleOf({ extensions: [extension("2028-02-01")] }))).toBe(expected);
  });

  it("ends with the latest of several extensions", () => {
    const twice = lifecycleOf({ extensions: [extension("2028-04-01"), extension("2028-02-01")] });
    expect(endOf(twice)).toBe("2028-04-01");
    expect(stateAt("2028-03-01T12:00:00+01:00", twice)).toBe("extended");
  });

  it("is extended from the first sunset that the ledger saw", () => {
    const moved = lifecycleOf({ sunset: "2028-02-01", extensions: [extension("2028-02-01")] });
    const standing = standingOf(moved, BERLIN, at("2027-12-01T12:00:00+01:00"), { firstSunset: "2027-11-16" });
    expect(standing).toMatchObject({ state: "extended", sunset: "2027-11-16", end: "2028-02-01" });
  });

  it("is retired when people closed it, and by no date", () => {
    const now = at("2028-06-01T12:00:00+02:00");
    expect(standingOf(lifecycle, BERLIN, now, { retiredAt: now })).toMatchObject({ state: "retired", next: undefined });
    expect(standingOf(lifecycle, BERLIN, now, { retiredAt: now + 1 }).state).toBe("sunset");
  });

  it("counts calendar days in the bridge's zone", () => {
    expect(left("2027-11-15T00:00:00+01:00")).toBe(1);
    expect(left("2027-11-15T23:59:59+01:00")).toBe(1);
    expect(left("2027-11-16T00:00:00+01:00")).toBe(0);
    expect(left("2027-11-16T23:00:00+01:00")).toBe(0);
    expect(left("2027-11-20T08:00:00+01:00")).toBe(-4);
    expect(left("2027-11-15T23:30:00+01:00", "Pacific/Auckland")).toBe(0);
  });

  it("says what comes next, and when", () => {
    const standing = standingOf(lifecycle, BERLIN, at("2027-01-01T00:00:00+01:00"));
    expect(standing.next).toEqual({ state: "deprecated", at: at("2027-04-01T10:00:00+02:00") });
    expect(standing.since).toBe(at("2026-11-01T10:00:00+01:00"));
  });

  it("knows when a brownout runs", () => {
    const browned = lifecycleOf({ brownouts: [{ from: "2027-10-05T10:00", to: "2027-10-05T11:00" }] });
    const until = (text: string): number | undefined => standingOf(browned, BERLIN, at(text)).brownoutUntil;
    expect(until("2027-10-05T09:59:59+02:00")).toBeUndefined();
    expect(until("2027-10-05T10:00:00+02:00")).toBe(at("2027-10-05T11:00:00+02:00"));
    expect(until("2027-10-05T11:00:00+02:00")).toBeUndefined();
  });

  it("a start on a leap day takes effect on that day", () => {
    const leap = lifecycleOf({ started: "2028-02-29", deprecated: "2028-06-01", sunset: "2029-02-28" });
    expect(stateAt("2028-02-29T09:00:00+01:00", leap)).toBe("planned");
    expect(stateAt("2028-02-29T10:00:00+01:00", leap)).toBe("active");
    expect(standingOf(leap, BERLIN, at("2028-02-29T12:00:00+01:00")).daysLeft).toBe(365);
  });

  it("tells the engine what to do with files", () => {
    const all = ["planned", "active", "deprecated", "extended", "sunset", "retired"] as const;
    expect(all.map(fileTreatment)).toEqual(["leave", "process", "process", "process", "hold", "hold"]);
  });
});

const standing = (text: string) => standingOf(lifecycleOf(), BERLIN, at(text));

describe("what a receipt says", () => {
  it("nothing before it is deprecated, then end and successor", () => {
    expect(deprecationNotice(lifecycleOf(), standing("2027-01-01T12:00:00Z"))).toBeUndefined();
    expect(deprecationNotice(lifecycleOf(), standing("2027-05-01T12:00:00Z"))).toBe(
      "Hinweis: Diese Schnittstelle endet am 16.11.2027. Nachfolger: https://neu.example/api",
    );
  });

  it("names the extended end while it is extended", () => {
    const longer = lifecycleOf({ extensions: [extension("2028-02-01")] });
    const text = deprecationNotice(longer, standingOf(longer, BERLIN, at("2027-12-01T12:00:00Z")));
    expect(text).toContain("endet am 01.02.2028");
  });

  it("held: hash, time, successor and contact", () => {
    const drop = { sha256: "6c1f".padEnd(64, "0"), received: at("2027-11-19T18:04:12+01:00") };
    const text = heldNotice(lifecycleOf(), standing("2027-11-19T18:04:12+01:00"), drop, BERLIN);
    expect(text).toMatch(/^gehalten: Diese Schnittstelle ist am 16\.11\.2027 beendet worden\./);
    expect(text).toContain("am 19.11.2027 um 18:04:12 angenommen");
    expect(text).toContain(drop.sha256);
    expect(text).toContain("https://neu.example/api");
    expect(text).toContain("gewerbe@stadt.example");
  });

  it("says so where there is no successor", () => {
    const none = lifecycleOf({ successor: undefined, noSuccessorReason: "die Aufgabe entfällt" });
    expect(deprecationNotice(none, standing("2027-05-01T12:00:00Z"))).toContain("Einen Nachfolger gibt es nicht.");
  });
});

describe("the list of ends", () => {
  const now = at("2027-11-22T07:00:00+01:00");
  const row = (name: string, lifecycle: Lifecycle, held = 0) => {
    const bridge = bridgeOf({ name, lifecycle });
    return lifecycleRow(bridge, standingOf(lifecycle, BERLIN, now), held, now);
  };

  it("is overdue after the sunset with held drops, and only then", () => {
    expect(row("a", lifecycleOf(), 412)).toMatchObject({ state: "sunset", overdue: true, daysLeft: -6, held: 412 });
    expect(row("a", lifecycleOf(), 0).overdue).toBe(false);
    expect(row("a", lifecycleOf({ sunset: "2028-02-15" }), 3).overdue).toBe(false);
  });

  it("is overdue while callers come after the sunset, and while a measured milestone is missed", () => {
    const plan = [{ by: "2027-09-30", goal: "Mehrheit", measure: { successorShare: 0.5 } }];
    const measured = (sunset: string, more: Partial<Parameters<typeof lifecycleRow>[4]>) => {
      const lifecycle = lifecycleOf({ sunset, plan });
      const bridge = bridgeOf({ lifecycle });
      return lifecycleRow(bridge, standingOf(lifecycle, BERLIN, now), 0, now, {
        progress: NO_PROGRESS,
        lasts: [],
        ...more,
      });
    };
    const missed = { days: {}, decided: { "2027-09-30": 0.38 } };
    expect(measured("2028-02-15", { progress: missed })).toMatchObject({
      overdue: true,
      notMeasured: [],
      milestones: [{ state: "missed", wanted: 0.5, measured: 0.38 }],
    });
    // Before the end, after it, and after it long ago.
    const lasts = ["2027-11-10T09:00:00Z", "2027-11-20T09:00:00Z"].map(at);
    expect(measured("2027-11-16", { lasts })).toMatchObject({ overdue: true, callers: 2, using: 2, knocking: 1 });
    expect(measured("2027-09-16", { lasts: [at("2027-10-01T09:00:00Z")] })).toMatchObject({ overdue: false, using: 0 });
    expect(measured("2027-11-16", { progress: missed, lasts: [] }).overdue).toBe(false);
  });

  it("says that a milestone was not measured, never 0 or 100 %", () => {
    const plan = [
      { by: "2027-09-30", goal: "Mehrheit", measure: { successorShare: 0.5 } },
      { by: "2027-09-30", goal: "Test" },
    ];
    expect(row("a", lifecycleOf({ sunset: "2028-02-15", plan })).notMeasured).toEqual(["2027-09-30"]);
    expect(
      row("a", lifecycleOf({ sunset: "2028-02-15", plan: [{ ...plan[0]!, by: "2027-12-01" }] })).notMeasured,
    ).toEqual([]);
  });

  it("puts the worst first", () => {
    const rows = [
      row("healthy", lifecycleOf({ deprecated: "2028-06-01", sunset: "2029-01-01" })),
      row("over-and-empty", lifecycleOf()),
      row("ends-soon", lifecycleOf({ sunset: "2027-12-01" })),
      row("ends-later", lifecycleOf({ sunset: "2028-02-15" })),
      row("overdue", lifecycleOf(), 1),
    ];
    expect(worstFirst(rows).map((one) => one.bridge)).toEqual([
      "overdue",
      "ends-soon",
      "ends-later",
      "healthy",
      "over-and-empty",
    ]);
  });
});

function extension(to: string) {
  return { to, reason: "Abnahme verschoben", requestedBy: "A. Muster", approvedBy: "B. Beispiel", on: "2027-10-01" };
}
