// The pages and files of Nachweis, made from what operations answer.

import { parse as parseCsv } from "csv-parse/sync";
import { describe, expect, it } from "vitest";
import type { Facts } from "../../src/core/http/dashboard/facts.ts";
import { nachweisPage } from "../../src/core/http/dashboard/page-nachweis.ts";
import { reportPage } from "../../src/core/http/dashboard/page-report.ts";
import { trailCsv, trailPage } from "../../src/core/http/dashboard/page-trail.ts";
import { retirableLine, retirementSection } from "../../src/core/http/dashboard/retirement-section.ts";
import type { Shown } from "../../src/core/http/dashboard/page-route.ts";
import { PAGES } from "../../src/core/http/dashboard/routes.ts";
import { createScreen, type Screen } from "../../src/core/http/dashboard/screen.ts";
import type { Session } from "../../src/core/http/dashboard/sessions.ts";
import type { AuditView, Operations, Role } from "../../src/core/operations/operations.ts";
import { bridgeView, lifecycleRow } from "./dashboard-views.ts";
import { auditView, bridgeReport, certificateView, retirementView } from "./nachweis-views.ts";

const screenFor = (role: Role = "operator", address = "/", language: "de" | "en" = "de"): Screen =>
  createScreen({ language, identity: { actor: "token:x", grants: [{ role, tags: [] }] }, csrf: "c", address });
const bridges = [bridgeView({}), bridgeView({ bridge: "leer", title: "" })];
const row = lifecycleRow({});
const appliance = { id: "sha256:00", publicKey: "" };
const facts = {
  bridges,
  byName: new Map(bridges.map((bridge) => [bridge.bridge, bridge])),
  rows: new Map([["farben", row]]),
} as unknown as Facts;
const plain = (text: string): string => text.replaceAll(/<[^>]*>/g, " ").replaceAll(/\s+/g, " ");

/** A trail of so many entries, answered as the journal does. */
function trailOf(all: readonly AuditView[]): Pick<Operations, "audit"> & { readonly asked: unknown[] } {
  const asked: unknown[] = [];
  return {
    asked,
    async audit(query) {
      asked.push(query);
      const { after = Number.POSITIVE_INFINITY, limit = 100, bridge } = query;
      expect(query.newestFirst).toBe(true);
      return all
        .filter((entry) => entry.seq < after && (bridge === undefined || entry.bridge === bridge))
        .toSorted((a, b) => b.seq - a.seq)
        .slice(0, limit);
    },
  };
}

describe("a bridge that can be closed", () => {
  const section = (
    changes: Parameters<typeof lifecycleRow>[0],
    role: Role = "operator",
    language: "de" | "en" = "de",
  ) => retirementSection(lifecycleRow(changes), screenFor(role, "/", language)).html;

  it("has the form, what it means beside it, for operators alone", () => {
    const retirement = retirementView();
    const shown = section({ retirement });
    expect(plain(shown)).toContain("Still seit 03.01.2027, seit 02.11.2026 ohne Lücke beobachtet");
    expect(plain(shown)).toContain("Endgültig: Kein Datum");
    expect(shown).toMatch(/action="\/bruecken\/farben\/abschalten"/);
    expect(shown).toMatch(/type="checkbox"[^>]*required/);
    for (const role of ["viewer", "clearing", "approver"] as const)
      expect(section({ retirement }, role)).not.toContain("<form");
    expect(plain(section({ retirement: retirementView({ silentSince: null }) }, "operator", "en"))).toContain(
      "Never used",
    );
    expect(plain(section({ state: "sunset", retirement: retirementView({ proposed: false }) }))).toContain(
      "Nichts gehalten",
    );
  });

  it("says in both languages what stands against it", () => {
    const at = "2027-01-03T10:00:00+01:00";
    const against = (
      [
        "state",
        "held",
        "handing-over",
        "in-work",
        "dead",
        "waiting",
        "drop",
        "call",
        "watched-since",
        "not-watched",
      ] as const
    ).map((what) => ({ what, count: 1_234, at, until: "2028-02-01T10:00:00+01:00" }));
    const retirement = retirementView({ allowed: false, proposed: false, cycle: "Jahr", days: 402, against });
    const german = section({ retirement });
    expect(german.match(/<li>/g)).toHaveLength(10);
    expect(german).not.toContain("<form");
    expect(plain(german)).toContain("wenn sie 402 Tage lang still war (wegen des Zyklus »Jahr«)");
    expect(plain(german)).toContain("Gehaltene Eingänge: 1.234.");
    expect(plain(german)).toContain("Am 03.01.2027 kam ein Aufruf; frühestens am 01.02.2028.");
    expect(plain(section({ retirement, state: "sunset" }, "viewer", "en"))).toMatch(
      /Not possible yet.*Held drops: 1,234/,
    );
    expect(section({ retirement: null })).toBe("");
    expect(plain(section({ state: "retired", retirement }))).toContain("Abgeschaltet");
  });

  it("stands quietly where ends are shown, five by name", () => {
    const many = ["a", "b", "c", "d", "e", "f", "g"].map((bridge) =>
      lifecycleRow({ bridge, retirement: retirementView() }),
    );
    const line = plain(retirableLine([...many, lifecycleRow({})], facts, screenFor()).html);
    expect(line).toMatch(/Kann abgeschaltet werden: a \(still seit 03.01.2027\) · .* e \(.*\) und 2 weitere/);
    const ended = lifecycleRow({ state: "sunset", retirement: retirementView({ proposed: false }) });
    expect(plain(retirableLine([ended], facts, screenFor()).html)).toContain("Farben (beendet, nichts gehalten)");
    expect(retirableLine([lifecycleRow({})], facts, screenFor()).html).toBe("");
  });
});

describe("Nachweis", () => {
  it("lists certificates, and leads only those to the trail who may see it", () => {
    const page = (role: Role): string =>
      nachweisPage({ appliance, items: [certificateView()] }, facts, screenFor(role)).body.html;
    expect(page("viewer")).toContain('href="/nachweis/zertifikat/farben"');
    expect(page("viewer")).toContain('href="/nachweis/bruecke/farben"');
    expect(page("viewer")).not.toContain("/nachweis/protokoll");
    expect(page("approver")).toContain('href="/nachweis/protokoll.csv"');
    expect(plain(nachweisPage({ appliance, items: [] }, facts, screenFor()).body.html)).toContain(
      "Noch keine Brücke ist abgeschaltet.",
    );
  });

  it("shows a report whose sum is written, and the certificate with what proves it", () => {
    const asOf = "2027-11-22T06:00:00.000Z";
    const report = plain(reportPage({ report: bridgeReport(), asOf }, screenFor()).body.html);
    expect(report).toContain("12.345 Sätze = 12.300 zugestellt + 5 übersprungen + 40 Klärfälle + 0 in Arbeit");
    expect(report).toContain("30 nachträglich zugestellt, 9 verworfen, 1 abgelaufen, 0 offen");
    expect(report).toContain("Nach dem Ende: 0 gehalten, 3 übergeben, 0 gelöscht");
    expect(report).toContain("einmal, zuletzt vom 20.11.2027 10:00");
    expect(report).toMatch(/50 % nicht gemessen/);
    expect(report).toContain("Stand 22.11.2027 07:00");
    expect(report).not.toContain("Signatur");
    const certificate = certificateView();
    const certified = plain(reportPage({ report: bridgeReport(), asOf, certificate }, screenFor()).body.html);
    expect(certified).toMatch(/Zertifikat: Farben.*Von Farben.*sha256:00.*7, ab.*0123456789abcdef01.*ef/);
  });
});

describe("what is done and saved", () => {
  const asked: { name: string; request: unknown }[] = [];
  const answers: Readonly<Record<string, unknown>> = { certificate: certificateView(), lifecycle: { rows: [row] } };
  const operations = new Proxy({} as Operations, {
    get: (_, name: string) => async (request: unknown) => {
      asked.push({ name, request });
      return answers[name] ?? { bridges: [] };
    },
  });
  async function show(route: string, form: Readonly<Record<string, string>> = {}): Promise<Shown> {
    const [method, path] = route.split(" ");
    const page = PAGES.find((one) => one.method === method && one.path === path);
    const session = { identity: { actor: "token:op", role: "operator" } } as unknown as Session;
    const fields = new URLSearchParams(form);
    asked.length = 0;
    if (page === undefined) throw new Error(`there is no page ${route}`);
    return await page.show({
      operations,
      facts,
      screen: screenFor(),
      session,
      params: { bridge: "farben" },
      form: fields,
    });
  }

  it("closes no bridge for good without a reason and the box that says so", async () => {
    const close = "POST /bruecken/:bridge/abschalten";
    for (const form of [{ reason: "abgelöst" }, { reason: " ", sure: "1" }, { sure: "1" }])
      await expect(show(close, form)).rejects.toMatchObject({ code: "REQUEST_INVALID" });
    expect(asked).toEqual([]);
    expect(await show(close, { reason: "abgelöst", sure: "1" })).toEqual({ location: "/bruecken/farben" });
    const request = { bridge: "farben", actor: "token:op", reason: "abgelöst" };
    expect(asked).toEqual([{ name: "retire", request }]);
  });

  it("saves the certificate as it is, and tables", async () => {
    const { document } = certificateView();
    const name = "farben.certificate.json";
    const download = { name, type: "application/json; charset=utf-8", content: document };
    expect(await show("GET /nachweis/zertifikat/:bridge")).toEqual({ download });
    const table = { name: "enden.csv", type: "text/csv; charset=utf-8", content: expect.stringMatching(/\r\nfarben,/) };
    expect(await show("GET /nachweis/enden.csv")).toEqual({ download: table });
  });
});

describe("the trail", () => {
  const all = Array.from({ length: 120 }, (_, at) =>
    auditView({ seq: at + 1, bridge: at % 2 === 0 ? "farben" : "leer" }),
  );

  it("is paged from the newest on, also for one bridge", async () => {
    const trail = trailOf(all);
    const page = async (address: string): Promise<string> =>
      (await trailPage(trail as unknown as Operations, facts, screenFor("operator", address))).body.html;
    const numbers = (text: string): readonly string[] =>
      [...text.matchAll(/<small>Nr\. (\d+)</g)].map((match) => match[1] ?? "");
    const first = await page("/nachweis/protokoll");
    expect([numbers(first)[0], numbers(first).at(-1), numbers(first).length]).toEqual(["120", "71", 50]);
    expect(first).toContain("?vor=71");
    const last = await page("/nachweis/protokoll?vor=21");
    expect([numbers(last).at(-1), last.includes("?vor=")]).toEqual(["1", false]);
    const own = await page("/nachweis/protokoll?bruecke=farben");
    expect([numbers(own)[0], numbers(own).length]).toEqual(["119", 50]);
    expect(own).toContain("?bruecke=farben&amp;vor=21");
    expect(own).toContain('value="farben" selected');
    expect(numbers(await page("/nachweis/protokoll?vor=-1e9&bruecke="))).toHaveLength(50);
    expect(plain(await page("/nachweis/protokoll?bruecke=niemand"))).toContain("Kein Eintrag.");
  });

  it("says what became of the chain when somebody asked, and only then", async () => {
    const page = async (verdict?: Parameters<typeof trailPage>[3]): Promise<string> =>
      plain((await trailPage(trailOf(all) as unknown as Operations, facts, screenFor(), verdict)).body.html);
    expect(await page()).not.toContain("lückenlos");
    expect(await page({ entries: 4_711, head: "ab", broken: null })).toContain(
      "4.711 Einträge, lückenlos. Kopf der Kette: ab",
    );
    const broken = { seq: 3, why: "an entry is missing before this one" };
    expect(await page({ entries: 2, head: "ab", broken })).toContain("Gebrochen bei Eintrag 3");
  });

  it("goes into spreadsheets as text, never as a formula, in pages", async () => {
    const evil = auditView({ seq: 121, actor: "=cmd|'/c calc'!A0", facts: { reason: '+1, "zwei"\n' }, bridge: "@x" });
    const trail = trailOf([...all, evil]);
    const text = await trailCsv(trail as unknown as Operations, new URLSearchParams());
    const rows = parseCsv<Readonly<Record<string, string>>>(text, { columns: true });
    expect(rows).toHaveLength(121);
    expect(rows[0]).toMatchObject({
      seq: "121",
      actor: "'=cmd|'/c calc'!A0",
      bridge: "'@x",
      at: "2027-11-22T05:00:00.000Z",
    });
    expect(JSON.parse(rows[0]?.["facts"] ?? "")).toEqual({ reason: '+1, "zwei"\n' });
    const leer = new URLSearchParams({ bruecke: "leer" });
    const only = (await trailCsv(trailOf(all) as unknown as Operations, leer)).trimEnd().split("\r\n");
    expect(only).toHaveLength(61);
    const long = Array.from({ length: 10_500 }, (_, at) => auditView({ seq: at + 1 }));
    const asked = trailOf(long);
    const lines = (await trailCsv(asked as unknown as Operations, new URLSearchParams())).trimEnd().split("\r\n");
    expect([lines.length, asked.asked.length]).toEqual([10_001, 10]);
  });
});
