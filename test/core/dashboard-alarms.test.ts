// Lage: who sees to what, the button for it, and what the appliance itself needs.

import { describe, expect, it } from "vitest";
import type { AlarmsView, AlarmView } from "../../src/core/alarms/types.ts";
import { acuteOf } from "../../src/core/http/dashboard/acute.ts";
import { createFacts } from "../../src/core/http/dashboard/facts.ts";
import { lagePage } from "../../src/core/http/dashboard/page-lage.ts";
import { createScreen } from "../../src/core/http/dashboard/screen.ts";
import type { Operations, Role } from "../../src/core/operations/operations.ts";
import { bridgeView, deadView } from "./dashboard-views.ts";

const NOW = "2027-11-22T06:00:00.000Z";
const since = "2027-11-22T05:12:00+01:00";
const down = [{ role: "target" as const, server: "neu.example:443", up: false, since: NOW, code: "TARGET_DOWN" }];
const TROUBLE = "farben/server target neu.example:443";

function operationsOf(view: Partial<AlarmsView>): Operations {
  return {
    bridges: async () => [bridgeView({ servers: down, openDead: 2, pending: 7 })],
    lifecycle: async () => ({ rows: [], alarm: null, now: NOW }),
    dead: async () => [deadView({ due: "2027-11-23T00:00:00+01:00" })],
    drops: async () => [],
    outlines: async () => ({ bridges: [], now: NOW }),
    alarms: async () => ({ alarms: [], channels: [], runningOut: [], ...view }),
  } as unknown as Operations;
}

const alarm = (changes: Partial<AlarmView>): AlarmView => ({
  key: "a1",
  trouble: TROUBLE,
  kind: "server",
  bridge: "farben",
  since,
  told: null,
  takenOver: null,
  ...changes,
});

async function lage(view: Partial<AlarmsView>, role: Role = "operator", language: "de" | "en" = "de") {
  const screen = createScreen({
    language,
    identity: { actor: "token:x", grants: [{ role, tags: [] }] },
    csrf: "x",
    address: "/",
  });
  const facts = await createFacts(operationsOf(view)).read();
  return { rows: acuteOf(facts, screen), html: lagePage(facts, screen).body.html };
}

describe("taking over", () => {
  it("shows that nobody has, since when, and a button to the role that may", async () => {
    const { html } = await lage({ alarms: [alarm({})] });
    expect(html).toContain("niemand");
    expect(html).toContain("Alarm seit heute 05:12");
    expect(html).toContain('action="/alarme/a1/uebernehmen"');
    expect(html).toContain('aria-label="Übernehmen: Ziel nicht erreichbar, Farben"');
    expect((await lage({ alarms: [alarm({})] }, "viewer")).html).not.toContain("uebernehmen");
  });

  it("shows who did, and asks for what nobody sees to first", async () => {
    const takenOver = { by: "token:brandt", at: since };
    const { html } = await lage({ alarms: [alarm({ takenOver })] });
    expect(html).toContain("brandt");
    expect(html).toContain("seit heute 05:12");
    expect(html).not.toContain("uebernehmen");
    const term = alarm({ key: "a2", trouble: "farben/term", kind: "term" });
    const { rows, html: both } = await lage({ alarms: [alarm({ takenOver }), term] });
    // One row per bridge, headed by what is most urgent.
    expect(rows.map(({ key }) => key)).toEqual(["farben/term"]);
    expect(both).toContain("a2/uebernehmen");
    const other = [alarm({}), { ...term, takenOver }];
    expect((await lage({ alarms: other })).html).toContain("a1/uebernehmen");
  });

  it("has no button before the book knows of it", async () => {
    expect((await lage({})).html).not.toContain("uebernehmen");
  });
});

describe("the appliance itself", () => {
  const failing = { since, code: "SMTP_AUTH" };
  const runningOut = [
    { bridge: null, of: "certificate" as const, what: "STEG_TLS_CERT", until: "2027-12-01T12:00:00+01:00" },
    { bridge: "farben", of: "exception" as const, what: "deliver.ftp.tls", until: "2027-11-20" },
    { bridge: "farben", of: "support" as const, what: "Farben 3", until: "2028-06-30" },
  ];

  it.each([
    ["de", "Benachrichtigungen kommen nicht an: E-Mail", "Zertifikat läuft ab: STEG_TLS_CERT", "das Gerät selbst"],
    ["en", "Notifications do not get through: mail", "Certificate expires: STEG_TLS_CERT", "the appliance itself"],
  ] as const)("says what it needs (%s)", async (language, mail, certificate, sentence) => {
    const view = { channels: [{ channel: "mail" as const, failing, waiting: 3 }], runningOut };
    const { rows, html } = await lage(view, "viewer", language);
    expect(rows.map(({ key }) => key)).toEqual([
      "/channel mail",
      "/runs-out certificate STEG_TLS_CERT 2027-12-01T12:00:00+01:00",
      "farben/runs-out exception deliver.ftp.tls 2027-11-20",
    ]);
    for (const text of [mail, certificate, sentence, "SMTP_AUTH"]) expect(html).toContain(text);
    expect(rows[2]?.left).toBeLessThan(0);
    expect(html).not.toContain("Farben 3");
  });

  it("has thirty days for what runs out", async () => {
    const ends = (until: string) => [{ bridge: null, of: "certificate" as const, what: "STEG_TLS_CERT", until }];
    const rowsOf = async (until: string) => (await lage({ runningOut: ends(until) })).rows.map(({ title }) => title);
    expect(await rowsOf("2027-12-22T07:00:00+01:00")).toContain("Dieses Gerät");
    expect(await rowsOf("2027-12-22T07:00:01+01:00")).not.toContain("Dieses Gerät");
  });

  it("is quiet where everything gets through and nothing ends soon", async () => {
    const { rows } = await lage({
      channels: [{ channel: "mail", failing: null, waiting: 0 }],
      runningOut: runningOut.slice(2),
    });
    expect(rows.map(({ key }) => key)).toEqual(["farben/term"]);
  });
});
