// The pages over many appliances: what appliances say is text, nothing can be done here, and unknown is never green.

import { generateKeyPairSync } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ApplianceEntry } from "../../src/core/fleet/fleet-file.ts";
import type { ApplianceStanding } from "../../src/core/fleet/gather.ts";
import { knownPart, openSnapshot } from "../../src/core/fleet/open-snapshot.ts";
import type { Snapshot } from "../../src/core/fleet/snapshot.ts";
import { createScreen } from "../../src/core/http/dashboard/screen.ts";
import { applianceRows } from "../../src/core/http/fleet/acute.ts";
import { fleetFacts } from "../../src/core/http/fleet/fleet-facts.ts";
import { createFleetServer } from "../../src/core/http/fleet/server.ts";
import { ROLES } from "../../src/core/operations/operations.ts";
import type { TokenBook } from "../../src/core/operations/tokens.ts";
import { bridgeView, EVIL, lifecycleRow } from "./dashboard-views.ts";
import { NOW, standing as standingOf, testAppliance, type TestAppliance } from "./fleet-scene.ts";

let appliance: TestAppliance;
let document: Snapshot;
let standings: readonly ApplianceStanding[];
let server: FastifyInstance;
let cookie = "";
const time = Date.parse(NOW);
const publicKey = generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "der" }).toString("base64");

beforeAll(async () => {
  appliance = await testAppliance();
  await appliance.happens(3);
  ({ document } = await appliance.snapshot());
});
afterAll(async () => await appliance.remove());

beforeEach(async () => {
  standings = [];
  server = createFleetServer({
    name: "IT-Verbund",
    standings: () => standings,
    tags: ["kommune"],
    tokens: {
      authenticate: async (token: string) =>
        token === "part"
          ? { name: token, role: "viewer", tags: ["kommune:adorf"] }
          : ROLES.map((role) => ({ name: role, role, tags: [] })).find(({ role }) => role === token),
      holds: async () => true,
    } as unknown as TokenBook,
    version: "0.1.0",
    log: () => undefined,
    tls: undefined,
    now: () => time,
  });
  cookie = await signIn("viewer");
  return async () => await server.close();
});

async function signIn(token: string): Promise<string> {
  const form = await server.inject({ url: "/anmeldung" });
  const nonce = String(form.headers["set-cookie"]).split(";")[0] ?? "";
  const csrf = /name="csrf" value="([^"]+)"/.exec(form.body)?.[1] ?? "";
  const headers = { "content-type": "application/x-www-form-urlencoded", cookie: nonce };
  const entered = await server.inject({
    method: "POST",
    url: "/anmeldung",
    headers,
    body: `csrf=${csrf}&token=${token}`,
  });
  return String(entered.headers["set-cookie"]).split(";")[0] ?? "";
}

const get = async (url: string) => await server.inject({ url, headers: { cookie } });

function standing(
  name: string,
  change: Partial<ApplianceStanding> = {},
  entry: Partial<ApplianceEntry> = {},
): ApplianceStanding {
  return standingOf(name, document, { seen: time, ...change }, entry);
}

const textOf = (body: string): string =>
  body
    .replace(/<svg class="sprite[\s\S]*?<\/svg>/, "")
    .replaceAll(/<[^>]+>/g, " ")
    .replaceAll(/\s+/g, " ");
const SILENT = { unknown: true, failure: { code: "APPLIANCE_AWAY", message: "m", why: "ECONNREFUSED", since: time } };
const head = { seq: 1, at: 0, hash: "0".repeat(64), signature: "" };

describe("unknown is never green", () => {
  it("an appliance that is silent stands first among what has to be done, and its bridges run nowhere", async () => {
    standings = [
      standing("adorf"),
      standing("bdorf", SILENT),
      standing("neu", { ...SILENT, snapshot: undefined, seen: undefined }),
    ];
    const { body } = await get("/");
    const text = textOf(body);
    expect(text).toContain("1 Brücke läuft, 1 unbekannt, 2 Anlagen unbekannt");
    expect(text).toContain("Unbekannt: noch nichts gehört antwortet nicht (ECONNREFUSED)");
    expect(text).toContain("Unbekannt seit heute 07:00");
    expect(text).toContain("ohne unbekannte Anlagen (2)");
    expect(body).not.toContain("#i-ok");
    // It knows no single drop, and its appliances have that page.
    expect(body).not.toContain("/eingaenge");
    expect(textOf((await get("/bruecken")).body)).toContain("farben · Stadt bdorf".replace("farben", "Farben"));
    expect((await get("/bruecken")).body).toContain("Unbekannt");
    expect((await get("/anlagen")).body).not.toContain("#i-ok");
  });

  it("where nobody was heard yet, nothing is fine", async () => {
    standings = [standing("neu", { ...SILENT, snapshot: undefined, seen: undefined })];
    for (const page of ["/", "/klaerfaelle", "/kalender", "/anlagen", "/anlagen/neu", "/bruecken"]) {
      const { body, statusCode } = await get(page);
      expect([page, statusCode, body.includes("#i-ok")]).toEqual([page, 200, false]);
    }
  });

  it("a broken trail is red everywhere, whether the appliance is heard or not", async () => {
    const broken = { kind: "changed" as const, since: time, found: { publicKey, head } };
    standings = [standing("adorf", { broken }), standing("bdorf", { broken: { ...broken, passed: true }, ...SILENT })];
    const text = textOf((await get("/")).body);
    expect(text).toContain("2 Nachweisketten unterbrochen, 1 Anlage unbekannt");
    expect(text).toContain(
      "Ein Eintrag ist ein anderer als zuvor, seit heute 07:00, danach wieder wie erwartet, Unbekannt seit heute 07:00",
    );
    expect(textOf((await get("/anlagen/adorf")).body)).toContain(`1 ${head.hash} ${publicKey}`);
    const metrics = (await server.inject({ url: "/metrics" })).body;
    expect(metrics).toContain('steg_fleet_chain_broken{appliance="bdorf"} 1');
    expect(metrics).not.toContain('steg_fleet_lifecycle_state{appliance="bdorf"');
  });
});

describe("a fleet reads only", () => {
  it("has no form but signing out and choosing, and answers no other method", async () => {
    standings = [standing("adorf"), standing("bdorf", {}, { link: undefined, contact: "Frau Muster" })];
    const bridge = `/bruecken/${encodeURIComponent("bdorf/farben")}`;
    for (const page of ["/", "/bruecken", "/klaerfaelle", "/kalender", "/anlagen", "/anlagen/adorf", bridge]) {
      const { body, headers } = await get(page);
      const posts = [...body.matchAll(/<form[^>]*method="post"[^>]*action="([^"]+)"/g)].map((match) => match[1]);
      expect([page, posts]).toEqual([page, ["/abmeldung"]]);
      expect(String(headers["content-security-policy"])).not.toContain("unsafe");
      expect((await server.inject({ method: "POST", url: page, headers: { cookie } })).statusCode).toBe(404);
      const stranger = await server.inject({ url: page, headers: { accept: "text/html" } });
      expect([page, stranger.statusCode, stranger.headers["location"]]).toEqual([page, 303, "/anmeldung"]);
    }
    expect(
      (await server.inject({ url: "/api/v1/bridges", headers: { authorization: "Bearer operator" } })).statusCode,
    ).toBe(404);
  });

  it("has nothing for a role for a part of the bridges", async () => {
    standings = [standing("adorf"), standing("bdorf")];
    const part = { cookie: await signIn("part"), authorization: "Bearer part", "x-forwarded-for": "192.0.2.1" };
    const bridge = `/bruecken/${encodeURIComponent("bdorf/farben")}`;
    for (const url of [
      "/",
      "/bruecken",
      "/klaerfaelle",
      "/anlagen",
      "/anlagen/adorf",
      bridge,
      "/metrics",
      "/lifecycle.ics",
    ]) {
      const { statusCode, body } = await server.inject({ url, headers: part });
      expect([url, statusCode, body.includes("bdorf")]).toEqual([url, 403, false]);
    }
  });

  it("leads to the appliance, at the address of fleet.yaml", async () => {
    standings = [standing("adorf")];
    const to = async (url: string) => (await get(url)).headers["location"];
    expect(await to("/bruecken/adorf%2Ffarben")).toBe("https://adorf.example/bruecken/farben");
    expect(await to("/klaerfaelle?bruecke=adorf%2Ffarben&stelle=map&code=X")).toBe(
      "https://adorf.example/klaerfaelle?bruecke=farben&stelle=map&code=X",
    );
    expect((await get("/bruecken/adorf%2Fnie")).statusCode).toBe(404);
    expect((await get("/bruecken/nie%2Ffarben")).statusCode).toBe(404);
    expect((await get("/anlagen/adorf")).body).toContain('href="https://adorf.example/"');
  });

  it("shows what differs, and is found by tag, appliance and owner", async () => {
    const other = {
      ...document,
      version: "0.2.0",
      bridges: document.bridges.map((one) => ({ ...one, mapping: "c".repeat(64) })),
    };
    standings = [standing("adorf"), standing("bdorf", { snapshot: other }), standing("cdorf")];
    const text = textOf((await get("/anlagen")).body);
    expect(text).toContain("0.2.0 weicht ab");
    // All of them are one document here: one key, as if somebody had copied a state.
    const lage = textOf((await get("/")).body);
    expect(lage).toContain("Zwei Anlagen zeigen denselben Schlüssel wie Stadt bdorf, Stadt cdorf");
    const screen = createScreen({ language: "de", csrf: "", address: "/" });
    expect(applianceRows([standing("adorf")], time, screen)).toEqual([]);
    expect(text).toContain("aaaaaaaa auf Stadt adorf, Stadt cdorf cccccccc auf Stadt bdorf");
    const running = async (query: string): Promise<string> =>
      /\d+ Brücken? (?:läuft|laufen)/.exec(textOf((await get(`/?${query}`)).body))?.[0] ?? "";
    expect(await running("")).toBe("3 Brücken laufen");
    expect(await running("m.kommune=bdorf")).toBe("1 Brücke läuft");
    expect(await running("anlage=Stadt+cdorf")).toBe("1 Brücke läuft");
    expect(await running("zustaendig=Fachdienst+Farben")).toBe("3 Brücken laufen");
    expect(await running("zustaendig=Niemand")).toBe("0 Brücken laufen");
    expect((await get("/bruecken?name=cdorf&m.kommune=cdorf")).body).toContain("1 von 1");
    expect(textOf((await get("/klaerfaelle?m.kommune=adorf")).body)).toContain("Farben · Stadt adorf");
    // What an appliance says of its bridge goes before what fleet.yaml says of the appliance.
    const tagged = document.bridges.map((one) => ({
      ...one,
      view: { ...one.view, tags: ["kommune:zdorf", "verfahren:farbe"] },
    }));
    standings = [standing("adorf"), standing("bdorf", { snapshot: { ...document, bridges: tagged } })];
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    expect(await running("m.kommune=zdorf")).toBe("1 Brücke läuft");
    expect(await running("m.verfahren=farbe")).toBe("1 Brücke läuft");
    expect(textOf((await get("/anlagen?m.verfahren=farbe")).body)).toContain("Stadt bdorf");
    expect(textOf((await get("/anlagen?m.verfahren=farbe")).body)).not.toContain("Stadt adorf 0");
    expect(await running("m.kommune=bdorf")).toBe("0 Brücken laufen");
    expect(textOf((await get("/")).body)).toContain("Verfahren alle 2 FARB-ALT farbe");
  });
});

describe("the calendar of a fleet", () => {
  it("has the dates of all appliances, each with its bridge and whose it is, and the way to subscribe", async () => {
    standings = [standing("adorf"), standing("bdorf")];
    const { body } = await get("/kalender");
    const text = textOf(body);
    expect(text).toMatch(/Ende .*Farben · Stadt adorf Fachdienst Farben/);
    expect(text).toMatch(/Ende .*Farben · Stadt bdorf Fachdienst Farben/);
    expect(body).toContain('href="/bruecken/adorf%2Ffarben"');
    expect(body).toContain('href="/lifecycle.ics"');
    // What only an appliance has.
    expect(body).not.toContain("/nachweis");
    const one = textOf((await get("/kalender?anlage=Stadt+bdorf")).body);
    expect(one).toContain("Farben · Stadt bdorf");
    expect(one).not.toContain("Farben · Stadt adorf Fachdienst");
    const calendar = await server.inject({ url: "/lifecycle.ics", headers: { authorization: "Bearer viewer" } });
    expect(calendar.body.match(/BEGIN:VEVENT/g)?.length).toBeGreaterThan(1);
    expect((await server.inject({ url: "/lifecycle.ics" })).statusCode).toBe(401);
  });
});

describe("what an appliance says", () => {
  it("is text in every field, and breaks no page", async () => {
    const poisoned = (value: unknown, key: string): unknown => {
      if (Array.isArray(value)) return value.map((item) => poisoned(item, key));
      if (typeof value === "object" && value !== null)
        return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, poisoned(member, name)]));
      return typeof value === "string" && FREE.has(key) ? EVIL : value;
    };
    appliance.answers = {
      ...appliance.answers,
      bridges: [
        bridgeView({
          trouble: "x",
          term: "x",
          servers: [{ role: "target", server: "x", up: false, since: NOW, code: "x" }],
          expected: { state: "missing", by: NOW, next: NOW, first: null, drops: 0, records: 0 },
        }),
        bridgeView({ bridge: EVIL.slice(0, 100) }),
      ],
      lifecycle: {
        rows: [lifecycleRow({ successor: "x" }), lifecycleRow({ bridge: EVIL.slice(0, 100) })],
        alarm: { kind: "ahead", by: 7e6 },
        now: NOW,
      },
    };
    const { document: made } = await appliance.snapshot();
    const evil = poisoned(made, "") as Snapshot;
    // It is one that would be taken.
    const taken = knownPart(openSnapshot(Buffer.from(JSON.stringify(evil))));
    standings = [
      standing("adorf", { snapshot: taken }),
      standing(
        "bdorf",
        { snapshot: taken, ...SILENT, failure: { ...SILENT.failure, why: EVIL, code: EVIL } },
        { link: undefined, title: EVIL, contact: EVIL, tags: { kommune: EVIL } },
      ),
    ];
    const evilBridge = encodeURIComponent(`bdorf/${EVIL.slice(0, 100)}`);
    for (const lang of ["de", "en"]) {
      await get(`/?lang=${lang}`);
      for (const page of [
        "/",
        "/bruecken",
        "/klaerfaelle",
        "/kalender",
        "/anlagen",
        "/anlagen/adorf",
        "/anlagen/bdorf",
        "/bruecken/bdorf%2Ffarben",
        `/bruecken/${evilBridge}`,
      ]) {
        const { body, statusCode } = await get(page);
        expect([page, statusCode]).toEqual([page, 200]);
        expect(body).not.toMatch(/<img|<script(?! type="module" src="\/dashboard)|\u0000|href="javascript|="[^"]*'>/);
        expect(body).toContain("&lt;img src=x");
      }
    }
    const calendar = await server.inject({ url: "/lifecycle.ics", headers: { authorization: "Bearer viewer" } });
    expect(calendar.statusCode).toBe(200);
    expect((await server.inject({ url: "/metrics" })).statusCode).toBe(200);
  });

  it("may be of any time", async () => {
    const when = (text: string, key: string): string =>
      /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:/.test(text)
        ? EXTREMES.time
        : /^\d{4}-\d{2}-\d{2}/.test(text) && key !== "at"
          ? text.replace(/^.{10}/, EXTREMES.day)
          : text;
    const moved = (value: unknown, key: string): unknown => {
      if (Array.isArray(value)) return value.map((item) => moved(item, key));
      if (typeof value === "object" && value !== null)
        return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, moved(member, name)]));
      return typeof value === "string" ? when(value, key) : value;
    };
    for (const [time, day] of [
      ["0000-01-01T00:00:00Z", "0000-01-01"],
      ["9999-12-31T23:59:59.999999999-23:59", "9999-12-31"],
    ] as const) {
      Object.assign(EXTREMES, { time, day });
      const taken = knownPart(openSnapshot(Buffer.from(JSON.stringify(moved(document, "")))));
      standings = [
        standing("adorf", { snapshot: taken }),
        standing("bdorf", { snapshot: taken, ...SILENT }, { link: undefined }),
      ];
      for (const page of [
        "/",
        "/bruecken",
        "/klaerfaelle",
        "/kalender",
        "/anlagen",
        "/anlagen/adorf",
        "/bruecken/bdorf%2Ffarben",
      ])
        expect([time, page, (await get(page)).statusCode]).toEqual([time, page, 200]);
      const calendar = await server.inject({ url: "/lifecycle.ics", headers: { authorization: "Bearer viewer" } });
      expect([time, calendar.statusCode]).toEqual([time, 200]);
      expect([time, (await server.inject({ url: "/metrics" })).statusCode]).toEqual([time, 200]);
      await new Promise((resolve) => setTimeout(resolve, 1_050));
    }
  });

  it("300 appliances of three bridges are shown in a moment", async () => {
    const three = { ...document, bridges: [1, 2, 3].map((at) => bridgeNumber(at)) };
    standings = Array.from({ length: 300 }, (_, at) => standing(`a${at}`, { snapshot: three }));
    const took: Record<string, number> = {};
    for (const page of ["/", "/bruecken", "/klaerfaelle", "/kalender", "/anlagen"]) {
      await get(page);
      // What is put together for all pages is put together anew after a second; that belongs to the first who asks.
      const began = performance.now();
      const { body } = await get(page);
      took[page] = performance.now() - began;
      expect(body.length).toBeLessThan(1_500_000);
      // Some 5 to 40 ms; the limit is for a machine under load.
      expect(took[page]).toBeLessThan(2_000);
    }
    const began = performance.now();
    fleetFacts({ standings: () => standings, tags: ["kommune"], now: () => time });
    took["facts"] = performance.now() - began;
    if (process.env["STEG_FIGURES"] !== undefined) console.log(took);
  });
});

const EXTREMES = { time: "", day: "" };

/** Texts that may be anything. */
const FREE = new Set([
  "title",
  "server",
  "code",
  "trouble",
  "term",
  "owner",
  "successor",
  "reason",
  "message",
  "goal",
  "name",
  "email",
  "first",
]);

function bridgeNumber(at: number): Snapshot["bridges"][number] {
  const [one] = document.bridges as [Snapshot["bridges"][number]];
  const bridge = `farben-${at}`;
  const { row, outline, view } = one;
  return {
    ...one,
    view: { ...view, bridge },
    row: row && { ...row, bridge },
    outline: outline && { ...outline, bridge },
  };
}
