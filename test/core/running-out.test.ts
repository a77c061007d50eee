// What runs out: read from real certificates, and shown on the line of 90 days, in the calendar and as a metric.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ICAL from "ical.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endOfCertificate, ownCertificate, runningOutOf } from "../../src/core/alarms/running-out.ts";
import type { RunningOut } from "../../src/core/alarms/types.ts";
import type { GrantedException } from "../../src/core/options/checked.ts";
import { endsSection } from "../../src/core/http/dashboard/ends.ts";
import { createFacts } from "../../src/core/http/dashboard/facts.ts";
import { createScreen } from "../../src/core/http/dashboard/screen.ts";
import { renderMetrics } from "../../src/core/http/metrics.ts";
import { renderCalendar } from "../../src/core/lifecycle/calendar/calendar.ts";
import { lifecycleOutline } from "../../src/core/lifecycle/outline.ts";
import { standingOf } from "../../src/core/lifecycle/state.ts";
import type { Operations } from "../../src/core/operations/operations.ts";
import { makeAuthority } from "../peers/certificates.ts";
import { bridgeView, outlineView } from "./dashboard-views.ts";
import { bridgeOf, lifecycleOf } from "./lifecycle-fixtures.ts";

const folder = mkdtempSync(join(tmpdir(), "steg-ends-"));
let chain: Buffer;
/** Of the first certificate, by the second. */
let end: number;
beforeAll(() => {
  const authority = makeAuthority(folder);
  const { cert } = authority.issue("client");
  chain = Buffer.concat([cert, authority.ca]);
  // Issued for a day, a moment ago; the authority's own goes on for another.
  end = endOfCertificate(cert) ?? 0;
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("the end of a certificate", () => {
  it("is that of the first in a chain, whatever stands before it", () => {
    const now = Date.now();
    expect(end).toBeGreaterThan(now + 23 * 3_600_000);
    expect(end).toBeLessThan(now + 25 * 3_600_000);
    expect(endOfCertificate(chain)).toBe(end);
    expect(endOfCertificate(Buffer.concat([Buffer.from("Bag Attributes\n  CN = x\n"), chain]))).toBe(end);
    expect(endOfCertificate(readFileSync(join(folder, "ca.pem")))).toBeGreaterThan(end);
  });

  it.each([
    ["nothing", ""],
    ["a key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"],
    ["what only looks so", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"],
    ["one that never ends", `-----BEGIN CERTIFICATE-----\n${"A".repeat(600_000)}`],
  ])("is unknown of %s", (_name, text) => {
    expect(endOfCertificate(Buffer.from(text))).toBeUndefined();
  });

  it("of the appliance's own is looked up when asked, and a file that is exchanged says nothing", () => {
    const path = join(folder, "own.pem");
    expect(ownCertificate(undefined, "STEG_TLS_CERT")).toEqual([]);
    expect(ownCertificate(path, "STEG_TLS_CERT")).toEqual([]);
    writeFileSync(path, chain);
    const [own] = ownCertificate(path, "STEG_TLS_CERT");
    expect(own).toMatchObject({ bridge: null, of: "certificate", what: "STEG_TLS_CERT" });
    expect(Date.parse(own?.until ?? "")).toBe(end);
  });
});

const exception = { option: "deliver.ftp.tls", reason: "alt", approvedBy: "b", until: "2027-06-30" };
const legacy = { system: "Gewerbe-Alt 7.2", endOfSupport: "2027-05-31" };
const bridge = () =>
  bridgeOf({
    lifecycle: lifecycleOf({ legacy }),
    files: new Map([["client.pem", chain]]),
    exceptions: [exception as GrantedException],
  });

describe("a bridge", () => {
  it("has certificates, exceptions and the support of its legacy system, until it has ended", () => {
    expect(runningOutOf(bridge(), "active").map(({ of, what }) => `${of} ${what}`)).toEqual([
      "certificate client.pem",
      "exception deliver.ftp.tls",
      "support Gewerbe-Alt 7.2",
    ]);
    for (const state of ["sunset", "retired"] as const) expect(runningOutOf(bridge(), state)).toEqual([]);
  });

  it("has them in the calendar", () => {
    const now = Date.parse("2027-05-01T00:00:00Z");
    const one = bridge();
    const outline = lifecycleOutline(one, standingOf(one.lifecycle, one.timezone, now));
    const own: RunningOut = { bridge: null, of: "certificate", what: "STEG_TLS_CERT", until: "2027-05-20T12:00:00Z" };
    const calendar = new ICAL.Component(ICAL.parse(renderCalendar([outline], now, [own])) as unknown[]);
    const events = calendar.getAllSubcomponents("vevent").map((component) => new ICAL.Event(component));
    const found = events.filter(({ component }) => component.getFirstPropertyValue("categories") === "Ablauf");
    expect(found.map(({ summary, startDate }) => [summary, startDate.toString().slice(0, 10)]).slice(1)).toEqual([
      ["Zertifikat läuft ab: STEG_TLS_CERT (Steg)", "2027-05-20"],
      ["Wartung des Altverfahrens endet: Gewerbe-Alt 7.2 (Gewerbeanmeldungen)", "2027-05-31"],
      ["Ausnahme endet: deliver.ftp.tls (Gewerbeanmeldungen)", "2027-06-30"],
    ]);
    expect(found[0]?.summary).toBe("Zertifikat läuft ab: client.pem (Gewerbeanmeldungen)");
    expect(new Set(found.map(({ uid }) => uid)).size).toBe(4);
  });
});

const runningOut: readonly RunningOut[] = [
  { bridge: null, of: "certificate", what: "STEG_TLS_CERT", until: "2027-11-30T12:00:00+01:00" },
  { bridge: "farben", of: "exception", what: "deliver.ftp.tls", until: "2027-12-24" },
  { bridge: "farben", of: "support", what: "Farben 3", until: "2028-06-30" },
];
const alarms = { alarms: [], channels: [], runningOut };
const brownouts = [
  { from: "2027-11-10T10:00", to: "2027-11-10T11:00" },
  { from: "2028-01-11T10:00", to: "2028-01-11T11:30" },
];
const outlines = [
  outlineView({ state: "deprecated", brownouts }),
  // Nobody is refused any more by what has ended.
  outlineView({ bridge: "alt", state: "retired", brownouts }),
];

it("stands on the line of the next 90 days, and in the table under it", async () => {
  const operations = {
    bridges: async () => [bridgeView({})],
    lifecycle: async () => ({ rows: [], alarm: null, now: "2027-11-22T06:00:00.000Z" }),
    dead: async () => [],
    drops: async () => [],
    outlines: async () => ({ bridges: outlines, now: "" }),
    alarms: async () => alarms,
  } as unknown as Operations;
  const screen = createScreen({ language: "de", csrf: "", address: "/" });
  const { html } = endsSection(await createFacts(operations).read(), [], screen);
  for (const text of [
    "3 Termine",
    "Testabschaltung: Farben",
    "<small>10:00 bis 11:30</small>",
    'href="#i-brown"',
    "Zertifikat läuft ab: Dieses Gerät",
    "Ausnahme endet: Farben",
    "<small>deliver.ftp.tls</small>",
    'href="#i-cert"',
    'datetime="2027-11-30"',
  ])
    expect(html).toContain(text);
  expect(html).not.toContain("Farben 3");
});

it("is a metric, where it is a certificate", () => {
  const lifecycle = { rows: [], alarm: null, now: "2027-11-22T06:00:00.000Z" };
  const zoneOf = (): string => "Europe/Berlin";
  const text = renderMetrics({ version: "1", bridges: [], lifecycle, alarms, callers: [], calls: [], zoneOf });
  const line = 'steg_certificate_not_after_timestamp_seconds{bridge="",file="STEG_TLS_CERT"} 1827572400\n';
  expect(text.match(/^steg_certificate_not_after.*\n/gm)).toEqual([line]);
});
