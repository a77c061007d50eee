// Plan against measure, and callers, as the pages show them.

import { parse as parseCsv } from "csv-parse/sync";
import { describe, expect, it } from "vitest";
import type { SeenCaller } from "../../src/core/calls/seen-callers.ts";
import { acuteOf } from "../../src/core/http/dashboard/acute.ts";
import { callerLines, callersCsv } from "../../src/core/http/dashboard/callers.ts";
import { createFacts, type Facts } from "../../src/core/http/dashboard/facts.ts";
import { lifeSection } from "../../src/core/http/dashboard/life.ts";
import { callersPage } from "../../src/core/http/dashboard/page-callers.ts";
import { createScreen, type Screen } from "../../src/core/http/dashboard/screen.ts";
import type { Milestone } from "../../src/core/lifecycle/milestones.ts";
import type { LifecycleRow } from "../../src/core/lifecycle/state-report.ts";
import type { Operations } from "../../src/core/operations/operations.ts";
import { shadowSection } from "../../src/core/http/dashboard/shadow-section.ts";
import type { ShadowView } from "../../src/core/operations/shadow-view.ts";
import type { ProgressView } from "../../src/core/operations/progress-view.ts";
import { bridgeView, lifecycleRow, progressView } from "./dashboard-views.ts";

const NOW = "2027-11-22T06:00:00.000Z";
const CLOSED = "2027-11-16T10:00:00+01:00";

const milestones: readonly Milestone[] = [
  { by: "2027-03-31", goal: "Testbetrieb", wanted: null, measured: null, state: "declared" },
  { by: "2027-09-30", goal: "Mehrheit umgestellt", wanted: 0.5, measured: 0.389, state: "missed" },
  { by: "2028-01-15", goal: "Fast alle", wanted: 0.95, measured: null, state: "open" },
];
const row = lifecycleRow({
  deprecated: "2027-07-01",
  sunset: "2028-02-15",
  daysLeft: 85,
  successorShare: 0.46,
  milestones,
});
const progress = progressView({
  probe: "prometheus",
  last: "2027-11-22T06:59:00+01:00",
  successorShare: 0.46,
  measuredDays: 28,
  milestones,
  trend: [
    { date: "2027-08-23", share: 0.3 },
    { date: "2027-09-13", share: null },
    { date: "2027-10-11", share: 0.4 },
    { date: "2027-11-22", share: 0.46 },
  ],
  days: [
    { date: "2027-11-20", bridge: 1_200, successor: null, share: null },
    { date: "2027-11-21", bridge: 540, successor: 460, share: 0.46 },
  ],
});

async function factsOf(rows: readonly LifecycleRow[]): Promise<Facts> {
  return await createFacts({
    bridges: async () => [
      bridgeView({ openDead: 0 }),
      bridgeView({ bridge: "alt", title: "Alte Brücke", openDead: 0, lifecycle: "sunset" }),
    ],
    lifecycle: async () => ({ rows, alarm: null, now: NOW }),
    drops: async () => [],
    dead: async () => [],
    outlines: async () => ({ bridges: [], now: NOW }),
    alarms: async () => ({ alarms: [], channels: [], runningOut: [] }),
  } as unknown as Operations).read();
}

const screenOf = (address = "/", language: "de" | "en" = "de"): Screen => createScreen({ language, csrf: "", address });

async function life(changes: Partial<ProgressView> = {}, changedRow: Partial<LifecycleRow> = {}): Promise<string> {
  const one = { ...row, ...changedRow };
  return lifeSection(one, { ...progress, ...changes }, await factsOf([one]), screenOf()).html;
}

describe("the life of a bridge with a measured plan", () => {
  it("draws what was measured, what was planned, and where the pace leads", async () => {
    const text = await life();
    // A gap is a gap, not a line across it.
    expect([...text.matchAll(/<polyline\s+class="line"/g)]).toHaveLength(2);
    const [, plan = ""] = /class="plan" points="([^"]+)"/.exec(text) ?? [];
    expect(plan.split(" ")).toHaveLength(3);
    expect([...text.matchAll(/class="fc"/g)]).toHaveLength(1);
    // 6 per cent in 42 days; 85 more until the end.
    expect(text).toContain("Am Ende liefen bei diesem Tempo noch 41 % über die Brücke.");
    expect(text).toContain("Mehrheit umgestellt: 38 % statt 50 %");
    expect(text).toContain("Nachfolger 46 % in 30 Tagen, an 28 Tagen gemessen");
    expect(text).toContain("Sonde: Prometheus, zuletzt heute 06:59");
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
  });

  it("has the same data as a table, and a day without a figure is not 0", async () => {
    const text = (await life()).replaceAll(/\s+/g, " ");
    expect(text).toMatch(/30\.09\.2027<\/time>.*?Mehrheit umgestellt.*?50 %.*?38 %/);
    expect(text).toMatch(/20\.11\.2027<\/time>.*?1\.200.*?nicht gemessen/);
  });

  it("says that it is not measured, and why: never 0 or 100 %", async () => {
    const failing = { since: "2027-11-20T06:00:00+01:00", message: "answered with status 503" };
    const text = await life({ failing, successorShare: null, trend: [], days: [] }, { successorShare: null });
    expect(text).toContain("nicht gemessen");
    expect(text).toContain("Die Sonde antwortet nicht, seit 20.11. 06:00");
    expect(text).not.toContain('class="line"');
    const without = await life({ probe: null, last: null, trend: [], days: [] }, { successorShare: null });
    expect(without).toContain("Die Brücke hat keine Sonde.");
  });

  it("stays a plain line where nothing is to be measured", async () => {
    const text = await life({ probe: null, milestones: [] }, { milestones: [] });
    expect(text).not.toContain("points=");
    expect(text).toContain('class="gone"');
  });
});

describe("who is needed now", () => {
  it("is told of a missed milestone, and of callers after the end", async () => {
    const ended = lifecycleRow({
      bridge: "alt",
      state: "sunset",
      sunset: "2027-11-16",
      closed: CLOSED,
      knocking: 2,
      overdue: true,
      milestones,
    });
    const rows = acuteOf(await factsOf([{ ...row, overdue: true }, ended]), screenOf());
    expect(rows.map(({ key, what, detail, href }) => [key, what, detail, href])).toEqual([
      [
        "farben/milestone 2027-09-30",
        "Meilenstein verfehlt",
        "Mehrheit umgestellt: 38 % statt 50 %",
        "/bruecken/farben",
      ],
      [
        "alt/knocking",
        "Wird nach dem Ende noch aufgerufen",
        "2 Aufrufer, werden abgelehnt",
        "/aufrufer?bruecke=alt&stand=knocking",
      ],
    ]);
    expect(rows.every(({ left }) => (left ?? 1) < 0)).toBe(true);
  });
});

const seen = (
  name: string,
  bridge: string,
  last: string,
  days: SeenCaller["bridges"][number]["days"] = [],
): SeenCaller => ({
  id: `token:${name}`,
  name,
  by: "token",
  first: "2026-11-02T08:00:00.000Z",
  last,
  calls: 12,
  bridges: [{ bridge, first: "2026-11-02T08:00:00.000Z", last, calls: 12, days }],
});

describe("callers", () => {
  const all = [
    seen("bueroserver", "farben", "2027-10-12T08:00:00.000Z"),
    seen("portal", "farben", "2027-11-22T05:41:00.000Z", [
      { date: "2027-10-23", calls: 9 },
      { date: "2027-10-24", calls: 2 },
      { date: "2027-11-22", calls: 1 },
    ]),
    seen("=kasse", "alt", "2027-11-20T08:00:00.000Z"),
    // Once a year is enough for a bridge with a yearly cycle.
    seen("jahresabschluss", "selten", "2027-01-04T08:00:00.000Z"),
  ];
  const operations = { callers: async () => all } as unknown as Operations;
  const rows = [
    row,
    lifecycleRow({ bridge: "alt", state: "sunset", closed: CLOSED }),
    lifecycleRow({ bridge: "selten", cycle: { name: "Jahresabschluss", period: "P1Y" } }),
  ];

  it("stand by what it means that they came: after the end first", async () => {
    const facts = await factsOf(rows);
    const lines = await callerLines(operations, facts);
    expect(lines.map(({ name, state }) => [name, state])).toEqual([
      ["=kasse", "knocking"],
      ["portal", "using"],
      ["jahresabschluss", "using"],
      ["bueroserver", "migrated"],
    ]);
    // 30 days up to today: the one before them is none of them.
    expect(lines[1]?.days.reduce((sum, calls) => sum + calls, 0)).toBe(3);
    const { body } = callersPage(lines, facts, screenOf("/aufrufer"));
    expect(body.html.replaceAll(/\s+/g, " ")).toMatch(/bueroserver.*?umgestellt.*?seit 12\.10\.2027 still/);
    expect(callersPage(lines, facts, screenOf("/aufrufer?stand=using&bruecke=selten")).body.html).toContain("1 von 4");
    expect(callersPage(lines, facts, screenOf("/aufrufer?stand=nichts", "en")).body.html).toContain("No caller fits.");
  });

  it("are a table for spreadsheets, without formulas", async () => {
    const facts = await factsOf(rows);
    const table = parseCsv<Readonly<Record<string, string>>>(callersCsv(await callerLines(operations, facts), facts), {
      columns: true,
    });
    expect(
      table.map(({ caller, bridge, state, silentDays, calls30 }) => [caller, bridge, state, silentDays, calls30]),
    ).toEqual([
      ["'=kasse", "alt", "knocking", "2", "0"],
      ["portal", "farben", "using", "0", "3"],
      ["jahresabschluss", "selten", "using", "322", "0"],
      ["bueroserver", "farben", "migrated", "41", "0"],
    ]);
  });
});

describe("the comparison with the successor", () => {
  const NONE = { equal: 0, explained: 0, open: 0, failed: 0, dropped: 0, uncompared: 0 };
  const view: ShadowView = {
    bridge: "farben",
    active: true,
    to: "http:https://neu.example/api",
    until: "2027-12-31",
    approval: { by: "Datenschutz", on: "2027-10-01", reference: "DSFA 7" },
    since: NOW,
    types: [
      { ...NONE, type: "message", equal: 1_208, open: 2 },
      { ...NONE, type: "GET /wer", equal: 2, explained: 6, open: 1 },
    ],
    differences: [
      { type: "message", path: "/body/ort", count: 3, last: NOW, reason: null, ours: "0011223344556677", theirs: null },
    ],
  };
  const shown = async (role: "operator" | "viewer", changes: Partial<ShadowView> = {}): Promise<string> => {
    const screen = createScreen({
      language: "de",
      identity: { actor: "token:x", grants: [{ role, tags: [] }] },
      csrf: "x",
      address: "/",
    });
    return shadowSection({ ...view, ...changes }, await factsOf([row]), screen).html.replaceAll(/\s+/g, " ");
  };

  it("says n equal, m explained, k open, who approved it, and until when", async () => {
    const text = await shown("viewer");
    expect(text).toContain("1.210 gleich, 6 erklärt, 3 offen");
    expect(text).toContain("läuft bis 31.12.2027 · Freigegeben von Datenschutz am 01.10.2027 (DSFA 7)");
    expect(text).toMatch(/\/body\/ort.*?offen.*?00112233<\/code> \/ <code>–/);
    expect(text).not.toContain("abgleich-loeschen");
    expect(await shown("viewer", { active: false })).toContain("endete am 31.12.2027");
    expect(await shown("viewer", { to: null, until: null, approval: null })).toContain("steht kein Abgleich mehr");
  });

  it("can be erased by the operators, as long as there is something", async () => {
    expect(await shown("operator")).toContain('action="/bruecken/farben/abgleich-loeschen"');
    expect(await shown("operator", { since: null, types: [], differences: [] })).not.toContain("abgleich-loeschen");
  });
});
