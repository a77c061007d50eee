// When somebody is to be told: reminders, payload that goes, alarms that nobody takes over, Notbetrieb. Clocks run by hours through years.

import { describe, expect, it } from "vitest";
import type { Alarm } from "../../src/core/alarms/book.ts";
import type { Trouble } from "../../src/core/alarms/troubles.ts";
import { standingOf } from "../../src/core/lifecycle/state.ts";
import { dueAlarms } from "../../src/core/notify/due-alarms.ts";
import { dueErasure, dueReminder, type ErasureMemory, type SunsetMemory } from "../../src/core/notify/due-dates.ts";
import { dueNotbetrieb, type NotbetriebMemory } from "../../src/core/notify/due-notbetrieb.ts";
import { bridgeOf, lifecycleOf } from "./lifecycle-fixtures.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Reminders that are told from one moment to another, an hour apart, with the days that were left. */
function reminders(bridge = bridgeOf(), from = "2026-11-01", to = "2027-12-31", before?: SunsetMemory) {
  let memory = before;
  const told: (readonly [day: string, reminder: number, days: number])[] = [];
  for (let now = Date.parse(from); now <= Date.parse(to); now += HOUR) {
    const standing = standingOf(bridge.lifecycle, bridge.timezone, now);
    const due = dueReminder(bridge, standing, now, memory);
    if (due === undefined) continue;
    told.push([new Date(now).toISOString().slice(0, 13), due.reminder, due.days]);
    memory = { end: standing.end, told: due.reminder };
  }
  return told;
}

describe("reminders of the end", () => {
  it("come once each, in the morning", () => {
    expect(reminders()).toEqual([
      ["2026-11-16T07", 365, 365],
      ["2027-05-20T06", 180, 180],
      ["2027-08-18T06", 90, 90],
      ["2027-10-17T06", 30, 30],
      ["2027-11-09T07", 7, 7],
      ["2027-11-15T07", 1, 1],
    ]);
  });

  it("are not repeated after a restart, and who starts late hears the newest only", () => {
    expect(reminders(bridgeOf(), "2027-05-21", "2027-08-01", { end: "2027-11-16", told: 180 })).toEqual([]);
    expect(reminders(bridgeOf(), "2027-10-20", "2027-11-01")).toEqual([["2027-10-20T00", 30, 28]]);
  });

  it("leave out what lies before the bridge began, what has ended, and what has not begun", () => {
    const lifecycle = lifecycleOf({ started: "2027-09-01", deprecated: "2027-09-02" });
    const told = reminders(bridgeOf({ lifecycle }), "2027-08-20");
    expect(told.map(([, reminder]) => reminder)).toEqual([30, 7, 1]);
  });

  it("begin anew for a new end", () => {
    const extension = { reason: "r", requestedBy: "a", approvedBy: "b", on: "2027-10-01" };
    const lifecycle = lifecycleOf({ extensions: [{ to: "2028-01-18", ...extension }] });
    const told = reminders(bridgeOf({ lifecycle }), "2027-11-10", "2028-02-01", { end: "2027-11-16", told: 7 });
    expect(told.map(([, reminder]) => reminder)).toEqual([90, 30, 7, 1]);
  });
});

describe("payload that will be erased", () => {
  /** One record every six hours for forty days, kept for thirty. */
  const letters = Array.from({ length: 160 }, (_, at) => ({ at: (30 + at / 4) * DAY, records: 1 }));

  it("is told of at least a day before, at most twice a day, every record", () => {
    let memory: ErasureMemory | undefined;
    const told: { now: number; records: number; first: number }[] = [];
    for (let now = 0; now < 75 * DAY; now += HOUR) {
      const due = dueErasure(letters, now, memory);
      if (due === undefined) continue;
      told.push({ now, records: due.records, first: due.first });
      ({ memory } = due);
    }
    for (const { at } of letters) {
      const before = told.filter(({ now, first, records }) => now <= at - DAY && first <= at && records > 0);
      expect(before.length).toBeGreaterThan(0);
    }
    const days = Map.groupBy(told, ({ now }) => Math.floor(now / DAY));
    expect(Math.max(...[...days.values()].map((some) => some.length))).toBeLessThanOrEqual(2);
    expect(told[0]).toEqual({ now: 23 * DAY, records: 5, first: 30 * DAY });
  });

  it("is told twice where it is one record: a week and a day before; once where it is seen late", () => {
    const one = [{ at: 100 * DAY, records: 37 }];
    const times = (from: number): number[] => {
      let memory: ErasureMemory | undefined;
      const found: number[] = [];
      for (let now = from; now < 101 * DAY; now += HOUR) {
        const due = dueErasure(one, now, memory);
        if (due !== undefined) found.push((one[0]!.at - now) / DAY);
        memory = due?.memory ?? memory;
      }
      return found;
    };
    expect(times(0)).toEqual([7, 1]);
    expect(times(99.5 * DAY)).toEqual([0.5]);
    expect(dueErasure(one, 100 * DAY, undefined)).toBeUndefined();
  });
});

describe("alarms", () => {
  const trouble = { key: "a/stuck", kind: "stuck", how: "stuck", trouble: "x", bridge: "a" } as Trouble;
  const troubles = new Map([[trouble.key, trouble]]);
  const address = { title: "A", owner: ["gewerbe@stadt.example"], deputy: ["it@stadt.example"] };
  const first: Alarm = { key: "k", trouble: trouble.key, kind: "stuck", bridge: "a", since: 0 };

  function run(alarm: Alarm, hours: number, step = 60_000) {
    let current = alarm;
    const told: (readonly [hours: number, stage: string, to: number])[] = [];
    for (let now = 0; now <= hours * HOUR; now += step) {
      const [due] = dueAlarms([current], troubles, now, () => address);
      if (due === undefined) continue;
      told.push([Math.round((now / HOUR) * 100) / 100, due.item.stage, due.item.to.length]);
      const { first: begun = now, times = 0 } = current.told ?? {};
      current = { ...current, told: { first: begun, last: now, times: times + 1 } };
    }
    return told;
  }

  it("are told after two minutes, and every day to the deputy, too", () => {
    expect(run(first, 75)).toEqual([
      [0.03, "begun", 1],
      [24.03, "escalated", 2],
      [48.03, "repeated", 2],
      [72.03, "repeated", 2],
    ]);
  });

  it("are repeated no more once somebody has them", () => {
    expect(run({ ...first, taken: { by: "token:a", at: 1 } }, 75)).toEqual([]);
  });

  it("are not silenced by a clock that was set back, nor doubled by one that wobbles", () => {
    const told = { first: 50 * DAY, last: 50 * DAY, times: 1 };
    expect(dueAlarms([{ ...first, told }], troubles, 40 * DAY, () => address)).toHaveLength(1);
    expect(dueAlarms([{ ...first, told }], troubles, 50 * DAY - 5_000, () => address)).toHaveLength(0);
  });

  it("have ids of their own for each telling, the same when it is tried again", () => {
    const idsOf = (alarm: Alarm, now: number) =>
      dueAlarms([alarm], troubles, now, () => address).map(({ item }) => item.id);
    const again = { ...first, told: { first: 0, last: 0, times: 1 } };
    expect(idsOf(first, HOUR)).toEqual(idsOf(first, 2 * HOUR));
    expect(idsOf(again, 2 * DAY)).not.toEqual(idsOf(first, HOUR));
  });

  it("of what is told in words of its own are not told, nor what is no trouble", () => {
    for (const kind of ["notbetrieb", "erased", "held"] as const) {
      const quiet = { ...trouble, kind } as Trouble;
      const alarm = { ...first, kind };
      expect(dueAlarms([alarm], new Map([[quiet.key, quiet]]), 30 * HOUR, () => address)).toEqual([]);
    }
  });

  it("that are no more say nothing", () => {
    expect(dueAlarms([first], new Map(), HOUR, () => address)).toEqual([]);
  });
});

describe("Notbetrieb", () => {
  const last = { from: 0, until: DAY, stage: 1 as const, reason: "frist", ticket: "T", by: "token:a" };
  const confirmed = { ...last, until: 14 * DAY, stage: 2 as const };

  it("is told once each: begun, confirmed, ended, and the next one again", () => {
    const told: string[] = [];
    let memory: NotbetriebMemory | undefined;
    const look = (book: Parameters<typeof dueNotbetrieb>[0], now: number): void => {
      const due = dueNotbetrieb(book, now, memory);
      told.push(...(due?.stages ?? []));
      memory = due?.memory ?? memory;
    };
    look(undefined, 0);
    for (const now of [1, 2, 3]) look({ uses: 1, last }, now);
    for (const now of [4, 5]) look({ uses: 1, last: confirmed }, now);
    for (const now of [14 * DAY, 15 * DAY]) look({ uses: 1, last: confirmed }, now);
    look({ uses: 2, last: { ...last, from: 16 * DAY, until: 17 * DAY } }, 16 * DAY);
    expect(told).toEqual(["begun", "confirmed", "ended", "begun"]);
  });

  it("is told whole where it happened while nothing ran, and not at all where it is history", () => {
    expect(dueNotbetrieb({ uses: 3, last }, 2 * DAY, undefined)?.stages).toEqual(["begun", "ended"]);
    expect(dueNotbetrieb({ uses: 3, last }, 30 * DAY, undefined)?.stages).toEqual([]);
  });
});
