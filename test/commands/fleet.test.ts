// A fleet over real appliances: two that are asked, one that is away, one whose snapshots are carried as files; and a trail that was put
// back to where it was before.

import { cp, rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ApplianceView } from "../../src/core/fleet/operations.ts";
import { createPlace, ENDED, type Place, type Running, type Up } from "./steg.ts";

describe("steg fleet", () => {
  const places: Place[] = [];
  let home: Place;
  let appliances: Place[];
  let ups: Up[];
  let fleet: Running;
  let url: string;
  let token: string;
  let tokens: readonly string[];
  const STATE = ["--state", "fleet-state"];

  beforeAll(async () => {
    const made = await Promise.all(Array.from({ length: 4 }, async () => await createPlace("here")));
    places.push(...made);
    [home, ...appliances] = made as [Place, ...Place[]];
    const [a, b, c] = appliances as [Place, Place, Place];
    await a.bridge("farben", { deliver: "http: { url: http://127.0.0.1:9/ablage }" });
    await b.bridge("farben");
    await b.bridge("beendet", { dates: ENDED });
    await c.bridge("formen");
    await a.drop("farben/in/a.csv", "NAME;FARBE\nAnna;rot\nBert;lila\n");
    await c.drop("formen/in/c.csv", "NAME;FARBE\nCarl;lila\n");
    tokens = await Promise.all([a.token("fleet", "viewer"), b.token("fleet", "viewer")]);
    await c.steg(["up", "--once"]);
    ups = await Promise.all([a.startUp(), b.startUp()]);
    await home.write("a.token", `${tokens[0]}\n`);
    await home.write("einwurf/readme.txt", "");
    const written = await c.steg(["snapshot", "--out", home.path("einwurf", "cdorf.json")]);
    if (written.code !== 0) throw new Error(written.stderr);
    const key = (await b.steg(["snapshot", "--key"])).stdout.trim();
    await home.write(
      "fleet.yaml",
      `fleet: 1
name: IT-Verbund Mitte
every: 1s
appliances:
  - { name: adorf, title: Stadt Adorf, url: "${ups[0]?.url}", token: "\${file:a.token}", tags: { kommune: Adorf } }
  - { name: bdorf, title: Stadt Bdorf, url: "${ups[1]?.url}", token: "\${env:TOKEN_B}", publicKey: ${key}, tags: { kommune: Bdorf } }
  - { name: weg, url: "http://127.0.0.1:9", token: "\${file:a.token}" }
snapshots:
  - folder: einwurf
    appliances: [{ name: cdorf, title: Gemeinde Cdorf, contact: Frau Muster, tags: { kommune: Cdorf } }]
`,
    );
    fleet = home.start(["fleet", "fleet.yaml", ...STATE], {
      env: {
        TOKEN_B: tokens[1] ?? "",
        STEG_OIDC_ISSUER: "http://127.0.0.1:9",
        STEG_OIDC_CLIENT_ID: "steg-fleet",
      },
    });
    await fleet.says(/"fleet\.started"/);
    url = /"listen":"([^"]+)"/.exec(fleet.said())?.[1] ?? "";
    token = (await home.json<{ token: string }>(["token", "new", "ansicht", "--role", "viewer", ...STATE])).token;
  }, 60_000);
  afterAll(async () => {
    for (const place of places) await place.remove();
  });

  const list = async (): Promise<readonly ApplianceView[]> =>
    await home.json(["fleet", "fleet.yaml", "--list", ...STATE], { env: { TOKEN_B: "" } });
  const bearer = (): Record<string, string> => ({ authorization: `Bearer ${token}` });

  /** What the fleet says of one appliance to Prometheus; undefined = nothing. */
  async function figure(name: string, appliance: string): Promise<number | undefined> {
    const text = await (await fetch(`${url}metrics`)).text();
    const found = new RegExp(`^steg_fleet_${name}{appliance="${appliance}"} (.*)$`, "m").exec(text)?.[1];
    return found === undefined ? undefined : Number(found);
  }

  async function until(name: string, appliance: string, is: (value: number) => boolean): Promise<void> {
    for (let tries = 0; tries < 300; tries++) {
      if (is((await figure(name, appliance)) ?? Number.NaN)) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`${name} of ${appliance} is ${await figure(name, appliance)}: ${fleet.said().slice(-2_000)}`);
  }

  /** Signed in with the form, as a browser does it. */
  async function signedIn(): Promise<(path: string) => Promise<Response>> {
    const form = await fetch(`${url}anmeldung`);
    const csrf = /name="csrf" value="([^"]+)"/.exec(await form.text())?.[1] ?? "";
    const cookie = form.headers
      .getSetCookie()
      .map((one) => one.split(";")[0])
      .join("; ");
    const body = new URLSearchParams({ csrf, token });
    const entered = await fetch(`${url}anmeldung`, { method: "POST", body, headers: { cookie }, redirect: "manual" });
    const session = entered.headers
      .getSetCookie()
      .map((one) => one.split(";")[0])
      .join("; ");
    return async (path) =>
      await fetch(new URL(path, url), { headers: { cookie: session, accept: "text/html" }, redirect: "manual" });
  }

  it("makes no token for a part of its bridges, which would open nothing", async () => {
    const asked = ["token", "new", "teil", "--role", "viewer", "--tags", "kommune:Adorf", ...STATE];
    const { code, stderr } = await home.steg(asked);
    expect([code, stderr]).toEqual([1, expect.stringContaining("a fleet has no roles for a part of its bridges")]);
  });

  it("shows who is known, who is away, and what of them needs somebody", async () => {
    for (const name of ["adorf", "bdorf", "cdorf"]) await until("appliance_up", name, (up) => up === 1);
    const all = await list();
    expect(all.map(({ appliance, known, failure, bridges }) => [appliance, known, failure, bridges])).toEqual([
      ["adorf", true, null, 1],
      ["bdorf", true, null, 2],
      ["weg", false, "APPLIANCE_AWAY", 0],
      ["cdorf", true, null, 1],
    ]);
    const get = await signedIn();
    const page = await (await get("/")).text();
    expect(page).toContain("Steg IT-Verbund Mitte</title>");
    expect(page).toContain("1 Anlage unbekannt");
    expect(page).toContain("Unbekannt: noch nichts gehört");
    expect(page).toContain("farben · Stadt Adorf");
    expect(page).toContain("Spalte FARBE");
    expect(page).not.toContain("Kein Klärfall ist offen");
    const own = await (await get("/?m.kommune=Bdorf")).text();
    expect(own).toContain("1 Brücke läuft, 1 beendet");
    expect(own).not.toContain("Stadt Adorf ");
    const overview = await (await get("/anlagen")).text();
    expect(overview).toContain("Schlüssel festgelegt");
    expect(overview).toContain("antwortet nicht (ECONNREFUSED)");
    // The same bridge with two mappings.
    expect(overview).toMatch(/<code>farben<\/code>[\s\S]*Stadt Adorf[\s\S]*Stadt Bdorf/);
    const away = await get(`/bruecken/${encodeURIComponent("bdorf/farben")}`);
    expect([away.status, away.headers.get("location")]).toEqual([303, `${ups[1]?.url}bruecken/farben`]);
    const here = await (await get(`/bruecken/${encodeURIComponent("cdorf/formen")}`)).text();
    expect(here).toContain("Ansprechpartner: Frau Muster");
    expect(here).toContain("1 Sätze = 0 zugestellt");
    for (const path of ["/bruecken", "/klaerfaelle", "/kalender", "/anlagen/cdorf", "/anlagen/weg"])
      expect((await get(path)).status).toBe(200);
    expect((await get("/anlagen/nie")).status).toBe(404);
  });

  it("tells Prometheus and calendars, and nobody who has no token", async () => {
    const metrics = await (await fetch(`${url}metrics`)).text();
    expect(metrics).toContain('steg_fleet_appliance_up{appliance="adorf"} 1');
    expect(metrics).toContain('steg_fleet_appliance_up{appliance="weg"} 0');
    expect(metrics).toContain('steg_fleet_dead_letters_open{appliance="cdorf",bridge="formen"} 1');
    const calendar = await (await fetch(`${url}lifecycle.ics`, { headers: bearer() })).text();
    expect(calendar).toContain("Ende: farben · Stadt Adorf");
    for (const path of ["lifecycle.ics", "api/v1/bridges"])
      expect((await fetch(url + path)).status).toBeGreaterThan(400);
    expect((await fetch(`${url}anlagen`, { headers: bearer(), redirect: "manual" })).status).toBe(303);
  });

  it("offers the identity provider, says when it is away, and its trail knows who signed in", async () => {
    const form = await (await fetch(`${url}anmeldung`)).text();
    expect(form).toContain('href="/anmeldung/anbieter"');
    expect(form).toContain("127.0.0.1:9");
    // While it runs, too.
    const trail = await home.steg(["audit", "export", ...STATE]);
    expect([trail.code, trail.stdout.split("\n")[0]]).toEqual([0, expect.stringContaining('"publicKey"')]);
    expect(trail.stdout).toMatch(/session\.begun.*token:ansicht/);
    expect((await home.steg(["audit", "verify", ...STATE])).code).toBe(0);
    const away = await fetch(`${url}anmeldung/anbieter`, { redirect: "manual" });
    expect([away.status, await away.text()]).toEqual([503, expect.stringContaining("Anmeldedienst antwortet nicht")]);
  });

  it("sees that a trail was put back, says so until people look at it, and is right after a restart", async () => {
    const [, b] = appliances as [Place, Place];
    const [, up] = ups as [Up, Up];
    const end = async (one: Running): Promise<void> => {
      one.child.kill("SIGTERM");
      expect((await one.ended).code).toBe(0);
    };
    const port = new URL(up.url).port;
    await end(up);
    await cp(b.path("state"), b.path("backup"), { recursive: true });
    const listen = { env: { STEG_LISTEN: `127.0.0.1:${port}` } };
    let again = await b.startUp(listen);
    await b.steg(["pause", "farben", "--ticket", "T-1"]);
    await b.steg(["resume", "farben", "--ticket", "T-1"]);
    const before = (await b.json<{ head: string; entries: number }>(["audit", "verify"])).entries;
    await until("audit_entries", "bdorf", (entries) => entries >= before);
    await end(again);
    await rm(b.path("state"), { recursive: true });
    await cp(b.path("backup"), b.path("state"), { recursive: true });
    again = await b.startUp(listen);
    await until("chain_broken", "bdorf", (broken) => broken === 1);
    const page = await (await (await signedIn())("/")).text();
    expect(page).toContain("1 Nachweiskette unterbrochen");
    expect(page).toContain("Die Kette ist kürzer als zuvor");
    await end(fleet);
    fleet = home.start(["fleet", "fleet.yaml", ...STATE], { env: { TOKEN_B: tokens[1] ?? "" } });
    await fleet.says(/"fleet\.started"/);
    url = /"listen":"([^"]+)"/.exec(fleet.said())?.[1] ?? "";
    expect((await list())[1]).toMatchObject({ broken: "cut" });
    const wrong = await home.steg(["fleet", "fleet.yaml", "--acknowledge", "adorf", "--ticket", "INC-1", ...STATE]);
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining("CHAIN_UNBROKEN")]);
    const done = await home.steg(["fleet", "fleet.yaml", "--acknowledge", "bdorf", "--ticket", "INC-1", ...STATE], {
      env: { TOKEN_B: "x" },
    });
    expect([done.code, done.stdout]).toEqual([0, expect.stringContaining("counts from now on")]);
    await until("appliance_up", "bdorf", (up) => up === 1);
    expect(await figure("chain_broken", "bdorf")).toBe(0);
    const heads = await home.steg(["fleet", "fleet.yaml", "--heads", "bdorf", ...STATE]);
    expect([heads.code, heads.stderr]).toEqual([0, ""]);
    expect(JSON.parse(heads.stdout.split("\n")[0] ?? "")).toMatchObject({
      seq: expect.any(Number),
      hash: expect.any(String),
    });
    await end(fleet);
    const trail = (await home.steg(["audit", "export", ...STATE])).stdout;
    expect(trail).toMatch(/fleet\.chain-acknowledged.*INC-1/);
    expect(trail).toMatch(/session\.begun.*token:ansicht/);
  });

  it("takes no state of an appliance for its own", async () => {
    const state = ["--state", appliances[2]?.path("state") ?? ""];
    const end = await home.steg(["fleet", "fleet.yaml", ...state], { env: { TOKEN_B: "x" } });
    expect([end.code, end.stderr]).toEqual([3, expect.stringContaining("--state fleet-state")]);
  });

  it("names what is wrong with its file", async () => {
    await home.write(
      "schlecht.yaml",
      "fleet: 1\nname: F\nappliances:\n  - { name: a, url: https://a.example, tokn: x }\n",
    );
    const wrong = await home.steg(["fleet", "schlecht.yaml", "--check"]);
    expect([wrong.code, wrong.stdout]).toEqual([1, expect.stringContaining("schlecht.yaml:4:40 UNKNOWN_KEY")]);
    const whole = await home.steg(["fleet", "fleet.yaml", "--check"], { env: { TOKEN_B: "x" } });
    expect([whole.code, whole.stdout]).toEqual([0, expect.stringContaining("IT-Verbund Mitte: 4 appliances")]);
  });
});
