// The calendar as ical.js reads it, which others wrote: every event, its time through the zone that the file itself describes, its alarms.

import fc from "fast-check";
import ICAL from "ical.js";
import { describe, expect, it } from "vitest";
import { renderCalendar } from "../../src/core/lifecycle/calendar/calendar.ts";
import { lifecycleEvents } from "../../src/core/lifecycle/calendar/events.ts";
import { addDays, localMoment, takesEffect } from "../../src/core/lifecycle/dates.ts";
import { lifecycleOutline } from "../../src/core/lifecycle/outline.ts";
import type { LifecycleOutline } from "../../src/core/lifecycle/outline.ts";
import { standingOf } from "../../src/core/lifecycle/state.ts";
import { bridgeOf, lifecycleOf } from "./lifecycle-fixtures.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");

interface ReadEvent {
  readonly event: ICAL.Event;
  readonly component: ICAL.Component;
}

/** What a program holds after import. Zones are taken from the file, never from what the library might know. */
function read(text: string): ReadonlyMap<string, ReadEvent> {
  const calendar = new ICAL.Component(ICAL.parse(text) as unknown[]);
  const zones = new Map(
    calendar.getAllSubcomponents("vtimezone").map((component) => {
      const zone = new ICAL.Timezone(component);
      return [zone.tzid, zone];
    }),
  );
  const found = calendar.getAllSubcomponents("vevent").map((component): [string, ReadEvent] => {
    const event = new ICAL.Event(component);
    for (const name of ["dtstart", "dtend"]) {
      const property = component.getFirstProperty(name);
      const zone = property?.getParameter("tzid");
      if (property === null || typeof zone !== "string") continue;
      const time = property.getFirstValue() as ICAL.Time;
      expect(zones.has(zone)).toBe(true);
      time.zone = zones.get(zone) as ICAL.Timezone;
    }
    return [event.uid, { event, component }];
  });
  return new Map(found);
}

function triggers({ component }: ReadEvent): readonly string[] {
  return component
    .getAllSubcomponents("valarm")
    .map((alarm) => String(alarm.getFirstPropertyValue("trigger")))
    .toSorted();
}

const plain = (outline: Partial<LifecycleOutline> = {}): LifecycleOutline => ({
  ...lifecycleOutline(bridgeOf(), standingOf(lifecycleOf(), "Europe/Berlin", NOW)),
  ...outline,
});

describe("the calendar of one bridge", () => {
  const extended = lifecycleOf({
    deprecated: "2026-04-01",
    sunset: "2026-12-15",
    extensions: [{ to: "2027-02-09", reason: "Verzug", requestedBy: "a", approvedBy: "b", on: "2026-10-01" }],
    brownouts: [{ from: "2026-10-25T02:15", to: "2026-10-25T03:30" }],
    plan: [{ by: "2026-12-01", goal: "Testbetrieb" }],
  });
  const outline = lifecycleOutline(
    bridgeOf({ lifecycle: extended }),
    standingOf(extended, "Europe/Berlin", NOW, { firstSunset: "2026-12-15" }),
  );
  const events = [...read(renderCalendar([outline], NOW)).values()];
  const named = (summary: string): ReadEvent => {
    const found = events.find(({ event }) => event.summary === summary);
    if (!found) throw new Error(`no ${summary}`);
    return found;
  };
  const start = (summary: string): string => named(summary).event.startDate.toJSDate().toISOString();

  it("has its dates at 10:00 of their zone, in winter and in summer", () => {
    expect(events.map(({ event }) => event.summary)).toEqual([
      "Läuft aus: Gewerbeanmeldungen",
      "Testabschaltung: Gewerbeanmeldungen",
      "Meilenstein: Testbetrieb (Gewerbeanmeldungen)",
      "Erstes Ende, verlängert: Gewerbeanmeldungen",
      "Ende: Gewerbeanmeldungen",
    ]);
    expect(start("Läuft aus: Gewerbeanmeldungen")).toBe("2026-04-01T08:00:00.000Z");
    expect(start("Ende: Gewerbeanmeldungen")).toBe("2027-02-09T09:00:00.000Z");
    expect(start("Erstes Ende, verlängert: Gewerbeanmeldungen")).toBe("2026-12-15T09:00:00.000Z");
  });

  it("has a brownout with begin and end, also in the hour that comes twice", () => {
    const { event } = named("Testabschaltung: Gewerbeanmeldungen");
    expect(event.startDate.toJSDate().toISOString()).toBe("2026-10-25T00:15:00.000Z");
    expect(event.endDate.toJSDate().toISOString()).toBe("2026-10-25T02:30:00.000Z");
  });

  it("has a milestone as a day, whatever zone the reader is in", () => {
    const { event } = named("Meilenstein: Testbetrieb (Gewerbeanmeldungen)");
    expect([event.startDate.isDate, event.startDate.toString(), event.endDate.toString()]).toEqual([
      true,
      "2026-12-01",
      "2026-12-02",
    ]);
  });

  it("rings 365, 180, 90, 30, 7 and 1 days before, but for what has passed", () => {
    expect(triggers(named("Ende: Gewerbeanmeldungen"))).toEqual(["-P1D", "-P30D", "-P7D"]);
    expect(triggers(named("Läuft aus: Gewerbeanmeldungen"))).toEqual([]);
    expect(triggers(named("Meilenstein: Testbetrieb (Gewerbeanmeldungen)"))).toEqual(["-P6DT14H", "-PT14H"]);
    const far = plain({ end: "2029-11-13", sunset: "2029-11-13" });
    const [end] = [...read(renderCalendar([far], NOW)).values()].filter(({ event }) => event.summary.startsWith("End"));
    expect(end && triggers(end)).toEqual(["-P180D", "-P1D", "-P30D", "-P365D", "-P7D", "-P90D"]);
  });

  it("says how often an end was moved, who answers and where to go", () => {
    const { event, component } = named("Ende: Gewerbeanmeldungen");
    expect(event.sequence).toBe(1);
    expect(component.getFirstPropertyValue("url")).toBe("https://neu.example/api");
    expect(event.description).toBe(
      [
        "Die Brücke endet am 09.02.2027 um 10:00. Danach werden Aufrufe abgelehnt und Dateien gehalten, nicht zugestellt.",
        "Brücke: gewerbeanmeldung",
        "Nachfolger: Neues Verfahren (https://neu.example/api)",
        "Zuständig: Fachdienst Gewerbe, gewerbe@stadt.example",
      ].join("\n"),
    );
  });

  it("describes Berlin by the rule that every program knows", () => {
    const text = renderCalendar([outline], NOW);
    expect(text).toContain("RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n");
    expect(text).toContain("RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\n");
    expect(text).not.toContain("RDATE");
  });

  it("keeps its uids when dates move, and has others for a bridge of that name that starts anew", () => {
    const uids = (one: LifecycleOutline): readonly string[] => lifecycleEvents(one).map(({ uid }) => uid);
    const moved = { ...outline, end: "2027-05-04", plan: [{ by: "2027-01-12", goal: "Testbetrieb" }] };
    expect(uids(moved)).toEqual(uids(outline));
    expect(uids({ ...outline, started: "2030-01-08" }).filter((uid) => uids(outline).includes(uid))).toEqual([]);
  });

  it("has nothing that lies behind an early end", () => {
    const closed = { ...outline, state: "retired" as const, retired: "2026-11-20T12:00:00.000Z" };
    expect(lifecycleEvents(closed).map(({ category }) => category)).toEqual(["Abkündigung", "Testabschaltung"]);
  });
});

// ── whatever stands in bridge files ──────────────────────────────────────────────────────────────────────────────

const zone = fc.constantFrom(
  "Europe/Berlin",
  "Europe/Dublin",
  "America/New_York",
  "America/Sao_Paulo",
  "Africa/Casablanca",
  "Asia/Tehran",
  "Asia/Kathmandu",
  "Australia/Lord_Howe",
  "Pacific/Chatham",
  "UTC",
);
const date = fc.integer({ min: 0, max: 12_000 }).map((days) => addDays("2015-01-01", days));
const local = fc
  .tuple(date, fc.integer({ min: 0, max: 23 }), fc.constantFrom("00", "15", "59"))
  .map(([day, hour, minute]) => `${day}T${String(hour).padStart(2, "0")}:${minute}`);
// Hours that clocks skip or repeat, in Berlin, New York and on Lord Howe, where it is half of one.
const changes = fc.constantFrom(
  "2026-10-25T02:30",
  "2027-03-28T02:30",
  "2036-11-02T01:00",
  "2036-03-09T02:15",
  "2027-04-04T01:45",
);
const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 120 }),
  fc.string({ unit: "grapheme", maxLength: 120 }),
  fc.constantFrom(
    "a\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:x",
    "\\n;,:\\\\",
    'X"Y";TZID=Z:1',
    "\u202eegassem\u202c",
    "ÄÖÜ€😀".repeat(40),
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "\ud800\u0000\u0007\u001b[31m",
    "Zeile\u2028Zeile\u0085Ende",
  ),
);
const outlines = fc.array(
  fc
    .record({
      timezone: zone,
      title: hostile,
      deprecated: date,
      sunset: date,
      later: fc.constantFrom(0, 60),
      plan: fc.array(fc.record({ by: date, goal: hostile }), { maxLength: 3 }),
      brownouts: fc.uniqueArray(fc.record({ from: fc.oneof(local, changes), to: fc.oneof(local, changes) }), {
        maxLength: 3,
        selector: ({ from }) => from,
      }),
      owner: fc.record({ name: hostile, email: fc.constant("gewerbe@stadt.example") }),
      successor: fc.option(
        fc.record({
          title: hostile,
          url: fc.constantFrom(null, "https://neu.example/ä?a=1,2;b", "javascript:alert(1)", "https://x/\r\nX:1"),
          guide: fc.constant(null),
        }),
      ),
    })
    .map(({ later, ...rest }) => plain({ ...rest, end: addDays(rest.sunset, later), extensions: later === 0 ? 0 : 1 })),
  { maxLength: 4 },
);

/** What a program may show of a text: no controls, and breaks as breaks. */
function shown(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/\r\n?|[\u0085\u2028\u2029]/g, "\n")
    .replaceAll(/[^\P{Cc}\t\n]|[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu, "");
}

/** A day as it is written, a time as the moment that it is for everybody. */
function shownTime(time: ICAL.Time | undefined): string | undefined {
  return time?.isDate === true ? time.toString() : time?.toJSDate().toISOString();
}

function timeOf(text: string, where: string): string {
  return text.includes("T") ? new Date(localMoment(text, where)).toISOString() : text;
}

it("is read as it was meant, whatever stands in bridge files", () => {
  fc.assert(
    fc.property(outlines, (given) => {
      const named = given.map((outline, index) => ({ ...outline, bridge: `b${index}` }));
      const text = renderCalendar(named, NOW);
      expect(text.endsWith("\r\n")).toBe(true);
      for (const line of text.split("\r\n")) {
        expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
        expect(line).not.toMatch(/[^\P{Cc}\t]/u);
      }
      const found = read(text);
      const expected = named.flatMap((outline) => lifecycleEvents(outline));
      expect([...found.keys()].toSorted()).toEqual(expected.map(({ uid }) => uid).toSorted());
      for (const { uid, zone: where, from, to, summary, description } of expected) {
        const { event, component } = found.get(uid) ?? {};
        expect(shownTime(event?.startDate)).toBe(timeOf(from, where));
        expect(component?.hasProperty("dtend") === true ? shownTime(event?.endDate) : undefined).toBe(
          to === undefined ? undefined : timeOf(to, where),
        );
        const line = Array.from(shown(summary.replaceAll(/\s+/gu, " ")));
        expect(event?.summary).toBe((line.length > 250 ? [...line.slice(0, 249), "…"] : line).join(""));
        expect(event?.description).toBe(shown(description));
      }
      for (const { deprecated, end, timezone } of named) {
        const starts = [...found.values()].map(({ event }) => event.startDate.toJSDate().getTime());
        expect(starts).toContain(takesEffect(deprecated, timezone));
        expect(starts).toContain(takesEffect(end, timezone));
      }
    }),
    { numRuns: 80 },
  );
});
