// The page Kalender: what it lists, in which order, and for whom.

import { describe, expect, it } from "vitest";
import { calendarDates, yearAfter } from "../../src/core/http/dashboard/calendar-dates.ts";
import { createFacts, type Facts } from "../../src/core/http/dashboard/facts.ts";
import { calendarPage } from "../../src/core/http/dashboard/page-calendar.ts";
import { createScreen, type Screen } from "../../src/core/http/dashboard/screen.ts";
import type { LifecycleOutline } from "../../src/core/lifecycle/outline.ts";
import type { LifecycleRow } from "../../src/core/lifecycle/state-report.ts";
import type { RunningOut } from "../../src/core/alarms/types.ts";
import type { Operations } from "../../src/core/operations/operations.ts";
import { bridgeView, lifecycleRow, outlineView } from "./dashboard-views.ts";

const NOW = "2027-11-22T06:00:00.000Z";

const kasse = { name: "Stadtkasse", email: "kasse@stadt.example" };
const outlines = [
  outlineView({
    state: "deprecated",
    started: "2026-11-02",
    deprecated: "2027-11-16",
    sunset: "2028-05-16",
    end: "2028-08-15",
    extensions: 1,
    plan: [
      { by: "2027-09-30", goal: "Testbetrieb" },
      { by: "2027-12-31", goal: "Mehrheit umgestellt" },
    ],
    brownouts: [{ from: "2027-12-07T10:00", to: "2027-12-07T11:30" }],
  }),
  outlineView({ bridge: "neu", started: "2027-11-22", deprecated: "2028-11-22", end: "2029-11-20", owner: kasse }),
  outlineView({ bridge: "alt", state: "notbetrieb", end: "2027-11-16", plan: [{ by: "2027-12-01", goal: "Ende" }] }),
  outlineView({ bridge: "zu", state: "retired", retired: "2027-10-01T10:00:00+02:00", end: "2028-02-15" }),
];
const rows = [
  lifecycleRow({}),
  lifecycleRow({ bridge: "neu", owner: "Stadtkasse" }),
  lifecycleRow({ bridge: "alt", state: "notbetrieb", notbetriebUntil: "2027-12-03T09:30:00+01:00" }),
];
const runningOut: readonly RunningOut[] = [
  { bridge: null, of: "certificate", what: "STEG_TLS_CERT", until: "2027-11-30T12:00:00+01:00" },
  { bridge: "neu", of: "exception", what: "deliver.ftp.tls", until: "2028-01-31" },
  { bridge: "neu", of: "support", what: "Neu 3", until: "2029-06-30" },
];

interface Known {
  readonly bridges?: readonly LifecycleOutline[];
  readonly known?: readonly LifecycleRow[];
}

async function factsOf({ bridges = outlines, known = rows }: Known = {}): Promise<Facts> {
  return await createFacts({
    bridges: async () => bridges.map(({ bridge }) => bridgeView({ bridge, title: `Brücke ${bridge}` })),
    lifecycle: async () => ({ rows: known, alarm: null, now: NOW }),
    outlines: async () => ({ bridges, now: NOW }),
    drops: async () => [],
    dead: async () => [],
    alarms: async () => ({ alarms: [], channels: [], runningOut }),
  } as unknown as Operations).read();
}

const screenOf = (address = "/kalender", language: "de" | "en" = "de"): Screen =>
  createScreen({ language, csrf: "", address });
const plain = (html: string): string => html.replaceAll(/<[^>]*>/g, " ").replaceAll(/\s+/g, " ");

describe("the calendar", () => {
  it("has all that begins, ends and runs out within a year, the next one first", async () => {
    const dates = calendarDates(await factsOf(), screenOf());
    expect(dates.map(({ date, time, shape, word, bridge }) => [date, time, shape, word, bridge])).toEqual([
      ["2027-11-22", "10:00", "plan", "Beginn", "neu"],
      ["2027-11-30", "12:00", "cert", "Zertifikat läuft ab", undefined],
      ["2027-12-03", "09:30", "nb", "Notbetrieb endet", "alt"],
      ["2027-12-07", "10:00", "brown", "Testabschaltung", "farben"],
      ["2027-12-31", "", "plan", "Meilenstein", "farben"],
      ["2028-01-31", "", "exc", "Ausnahme endet", "neu"],
      ["2028-05-16", "10:00", "ext", "Erstes Ende, verlängert", "farben"],
      ["2028-08-15", "10:00", "end", "Ende", "farben"],
      ["2028-11-14", "10:00", "ext", "Erstes Ende, verlängert", "neu"],
      ["2028-11-22", "10:00", "dep", "Läuft aus", "neu"],
    ]);
  });

  it("is by month, with weekday and days left, and a month without a date says so", async () => {
    const { title, body } = calendarPage(await factsOf(), screenOf());
    const text = plain(body.html);
    expect(title).toBe("Kalender");
    expect(text).toContain("10 Termine bis 22.11.2028");
    expect(text).toMatch(/November 2027 2 Termine .*Mo 22\.11\.2027, 10:00 heute Beginn Brücke neu Stadtkasse/);
    expect(text).toMatch(/Di 07\.12\.2027, 10:00 noch 15 Tage Testabschaltung 10:00 bis 11:30, Aufrufe werden/);
    expect(text).toMatch(/Meilenstein Mehrheit umgestellt/);
    expect(text).toMatch(/Februar 2028 kein Termin März 2028 kein Termin/);
    expect(text).toMatch(/Ende einmal verlängert/);
    expect(text.match(/kein Termin/g)).toHaveLength(7);
    expect(text).toMatch(/Zertifikat läuft ab STEG_TLS_CERT Dieses Gerät –/);
    for (const href of ["/lifecycle.ics", "/nachweis/enden.csv", "/bruecken/farben"])
      expect(body.html).toContain(`href="${href}"`);
    const english = plain(calendarPage(await factsOf(), screenOf("/kalender", "en")).body.html);
    expect(english).toMatch(/10 dates until 2028-11-22 .*November 2027 2 dates .*Mon 2027-11-22, 10:00 today Begins/);
  });

  it("can be that of one owner, with what is the appliance's own", async () => {
    const { body } = calendarPage(await factsOf(), screenOf("/kalender?zustaendig=Stadtkasse"));
    const text = plain(body.html);
    expect(text).toContain("5 Termine");
    expect(text).toContain("STEG_TLS_CERT");
    expect(text).not.toContain("Brücke farben");
  });

  it("without a date is empty in words, and of very many says how many it leaves out", async () => {
    const facts = await factsOf({ bridges: [], known: [] });
    const none = plain(calendarPage({ ...facts, runningOut: [] }, screenOf()).body.html);
    expect(none).toContain("kein Termin bis 22.11.2028");
    const plan = Array.from({ length: 1_100 }, (_, at) => ({ by: "2028-03-01", goal: `Ziel ${at}` }));
    const many = await factsOf({ bridges: [outlineView({ plan, end: "2028-08-15", sunset: "2028-08-15" })] });
    const { body } = calendarPage({ ...many, runningOut: [] }, screenOf());
    expect(body.html.match(/<time /g)).toHaveLength(1_000);
    // Besides the milestones: when the other bridge's emergency opening ends, when it runs out and when it ends.
    expect(plain(body.html)).toContain("Weitere 103 Termine");
    expect(plain(body.html)).not.toContain("August 2028");
  });

  it("a year after a 29th of February is the 1st of March", () => {
    expect(["2027-11-22", "2028-02-29", "2027-02-28"].map(yearAfter)).toEqual([
      "2028-11-22",
      "2029-03-01",
      "2028-02-28",
    ]);
  });
});
