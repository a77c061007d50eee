// The Monday on which the successor is late, as people play it in the browser: an appliance, an identity provider, a receiver and a
// Chromium, all real. A bridge has ended, and 412 records are held.

import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { headOf } from "../bridge-head.ts";
import { lacksBrowser, startBrowser, violations } from "../peers/browser.ts";
import { startIdentityProvider, type IdentityProvider } from "../peers/identity-provider.ts";
import { startReceiver, type Receiver } from "../peers/receiver.ts";
import { describeNeeding } from "../peers/required.ts";
import { go, press, signIn, textOf } from "./people.ts";
import { createPlace, ENDED, type Place, type Up } from "./steg.ts";

const PEOPLE = {
  "u-17": { preferred_username: "m.brandt", roles: ["steg-operator", "steg-clearing"] },
  "u-18": { preferred_username: "a.sommer", roles: ["steg-approver"] },
};
/** As they came, one after the other. */
const FILES = [96, 141, 58, 117];
const ALL = FILES.reduce((sum, count) => sum + count, 0);
const HOUR = 3_600_000;

describeNeeding("chromium", lacksBrowser, "the Monday", () => {
  let place: Place;
  let peer: IdentityProvider;
  let target: Receiver;
  let up: Up;
  let token = "";
  let operator = "";
  let browser: Browser;
  const people = new Map<string, Page>();

  beforeAll(async () => {
    place = await createPlace();
    peer = await startIdentityProvider(PEOPLE);
    target = await startReceiver();
    for (const name of ["rueckmeldungen", "nachtrag"])
      await place.write(
        `mappings/${name}/bridge.yaml`,
        `${headOf(name, { title: name === "nachtrag" ? "Nachtrag" : "Rückmeldungen", dates: ENDED })}deadline: 3 workdays
order: strict
receive: { folder: { path: ${name}, files: "*.csv", settle: 0s } }
decode: { csv: { delimiter: ";", header: true } }
map: { json: { nr: = NR } }
deliver: { http: { url: "${target.origin}/${name}" } }
`,
      );
    await place.write("clock", "0");
    const clock = new URL("set-clock.ts", import.meta.url).href;
    const env = { NODE_OPTIONS: `--import=${clock}`, TEST_CLOCK: place.path("clock"), ...peer.env };
    up = await place.startUp({ env });
    token = await place.token("auge", "viewer");
    operator = await place.token("leitstand", "operator");
    peer.allow(`${up.url}anmeldung/zurueck`);
    let record = 0;
    for (const [at, count] of FILES.entries()) {
      const lines = Array.from({ length: count }, () => `${++record}\n`).join("");
      await place.drop(`rueckmeldungen/tag${at + 1}.csv`, `NR\n${lines}`);
      await held(at + 1);
    }
    await place.drop("nachtrag/n1.csv", "NR\n1\n2\n");
    browser = await startBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await place.remove();
    await target.close();
    await peer.close();
  });

  const statesOf = async (bridge: string): Promise<readonly string[]> => {
    const reply = await fetch(`${up.url}api/v1/drops?bridge=${bridge}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return ((await reply.json()) as { items: readonly { state: string }[] }).items.map(({ state }) => state);
  };
  async function held(count: number): Promise<void> {
    const wanted = Array.from({ length: count }, () => "held");
    await vi.waitFor(async () => expect(await statesOf("rueckmeldungen")).toEqual(wanted), 30_000);
  }
  const heard = (name: string) => target.heard.filter(({ path }) => path === `/${name}`);

  /** In a browser of their own, through the provider's pages. */
  async function person(login: keyof typeof PEOPLE): Promise<Page> {
    const known = people.get(login);
    if (known) return known;
    const page = await signIn(browser, up.url, login);
    people.set(login, page);
    return page;
  }

  it("07:00: somebody is needed, and takes it over", async () => {
    const page = await person("u-17");
    // Until the alarms are in the book: somebody looks every 15 s.
    const nobody = async () => (await page.reload(), (await textOf(page)).split("niemand").length - 1);
    await expect.poll(nobody, { timeout: 40_000, interval: 1_000 }).toBe(2);
    expect(await textOf(page, "h1")).toContain("2 Brücken brauchen Sie");
    expect(await textOf(page, ".bar")).toContain("m.brandt · Betrieb, Klärung");
    await press(page, "Übernehmen", "Rückmeldungen");
    expect(await textOf(page)).toContain("m.brandt");
    await press(page, "Entscheiden", "Rückmeldungen");
    expect(await textOf(page, "h1")).toMatch(new RegExp(`^Rückmeldungen: ${ALL} Sätze gehalten, noch `));
    const text = await textOf(page);
    for (const count of FILES) expect(text).toContain(String(count));
    expect(text).toContain("ja, binnen einer Minute");
    expect(await violations(page)).toEqual([]);
    expect(heard("rueckmeldungen")).toEqual([]);
  });

  it("07:05: opened for 24 hours; what was held flows in its order, each once, with its key", async () => {
    const page = await person("u-17");
    // By keyboard alone.
    await page.focus("#grund");
    await page.keyboard.type("ausfall");
    await page.keyboard.press("Tab");
    await page.keyboard.type("INC-20271122-03");
    await go(page, async () => await page.keyboard.press("Enter"));
    expect(await textOf(page)).toContain("Geöffnet bis");
    expect(await textOf(page)).toContain("ausfall-nachfolger");
    await expect.poll(() => heard("rueckmeldungen").length, { timeout: 60_000 }).toBe(ALL);
    const numbers = heard("rueckmeldungen").map(({ body }) => Number((JSON.parse(String(body)) as { nr: unknown }).nr));
    expect(numbers).toEqual(Array.from({ length: ALL }, (_, at) => at + 1));
    expect(new Set(heard("rueckmeldungen").map(({ key }) => key)).size).toBe(ALL);
    expect(target.doubled).toEqual([]);
    await expect.poll(async () => await statesOf("rueckmeldungen")).toEqual(FILES.map(() => "done"));
    await page.goto(up.url);
    expect(await textOf(page)).toContain("Notbetrieb bis");
    await press(page, "Entscheiden", "Rückmeldungen");
    // Who opened it cannot be the second one, and is told who may.
    expect(await textOf(page)).not.toContain("Auf 14 Tage verlängern");
    expect(await textOf(page)).toContain("zweite Person mit der Rolle Freigabe");
    expect(await violations(page)).toEqual([]);
  });

  it("07:20: a second person confirms", async () => {
    const page = await person("u-18");
    await page.goto(`${up.url}notbetrieb`);
    expect(await violations(page)).toEqual([]);
    await press(page, "Entscheiden", "Rückmeldungen");
    expect(await textOf(page)).not.toContain("Für 24 Stunden öffnen");
    await press(page, "Auf 14 Tage verlängern");
    expect(await textOf(page)).toContain("zweite Stufe, bis zu 14 Tage");
    expect(await textOf(page)).toContain("Bestätigt von a.sommer");
    const [row] = (await place.json<readonly { bridge: string; notbetriebUntil: string }[]>(["sunset"])).filter(
      ({ bridge }) => bridge === "rueckmeldungen",
    );
    const days = (Date.parse(row?.notbetriebUntil ?? "") - Date.now()) / (24 * HOUR);
    expect(days).toBeGreaterThan(13.9);
    await place.drop("rueckmeldungen/tag5.csv", "NR\n413\n");
    await expect.poll(() => heard("rueckmeldungen").length, { timeout: 30_000 }).toBe(ALL + 1);
    const trail = (await place.steg(["audit", "export"])).stdout;
    for (const said of ['"oidc:m.brandt/u-17"', '"oidc:a.sommer/u-18"', '"notbetrieb.begun"', '"notbetrieb.confirmed"'])
      expect(trail).toContain(said);
  });

  it("what is held may be erased by two, and by nobody alone", async () => {
    const page = await person("u-17");
    await page.goto(`${up.url}notbetrieb/nachtrag`);
    await page.type("#erase-held", "Der Nachfolger hat die Datei schon");
    await press(page, "Löschen beantragen");
    expect(await textOf(page)).toContain("1 gehaltene Eingänge löschen");
    expect(await textOf(page)).not.toContain("Bestätigen");
    const second = await person("u-18");
    await second.goto(`${up.url}notbetrieb`);
    expect(await violations(second)).toEqual([]);
    await press(second, "Bestätigen", "Der Nachfolger hat die Datei schon");
    expect(await textOf(second)).toContain("erledigt: 1");
    expect(await statesOf("nachtrag")).toEqual(["erased"]);
    expect(heard("nachtrag")).toEqual([]);
  });

  it("handing over takes two as well, then the command line does it once", async () => {
    await place.drop("nachtrag/n2.csv", "NR\n4\n");
    await expect.poll(async () => await statesOf("nachtrag"), { timeout: 30_000 }).toContain("held");
    await place.write("uebergabe/.keep", "");
    const handOver = async () =>
      await place.steg(["hand-over", "nachtrag", "--to", place.path("uebergabe"), "--ticket", "INC-5", "--yes"], {
        env: peer.env,
      });
    const alone = await handOver();
    expect([alone.code, alone.stderr]).toEqual([1, expect.stringContaining("an act of two persons here")]);
    const page = await person("u-17");
    await page.goto(`${up.url}notbetrieb/nachtrag`);
    await page.type("#hand-over", "Übergabe an das neue Verfahren");
    await press(page, "Übergabe beantragen");
    const second = await person("u-18");
    await second.goto(`${up.url}notbetrieb`);
    await press(second, "Bestätigen", "Übergabe an das neue Verfahren");
    expect(await textOf(second)).toContain("steg hand-over nachtrag");
    expect((await handOver()).code).toBe(0);
    expect(await statesOf("nachtrag")).toEqual(["erased", "handed-over"]);
    expect((await place.names("uebergabe")).filter((name) => name.endsWith("n2.csv"))).toHaveLength(1);
  });

  it("the other bridge: nobody confirms, and after 24 hours it holds again", async () => {
    await place.drop("nachtrag/n3.csv", "NR\n5\n6\n");
    await expect.poll(async () => await statesOf("nachtrag"), { timeout: 30_000 }).toContain("held");
    let page = await person("u-17");
    await page.goto(`${up.url}notbetrieb/nachtrag`);
    await page.type("#ticket", "INC-20271122-04");
    await press(page, "Für 24 Stunden öffnen");
    await expect.poll(() => heard("nachtrag").length, { timeout: 30_000 }).toBe(2);
    // The machine's clock a day on: that it is so is for a person to say.
    await place.write("clock", String(24 * HOUR + 60_000));
    // Sessions end with the day, and no provider's word is good for a machine whose clock is off: a token still is.
    page = await (await browser.createBrowserContext()).newPage();
    await page.goto(up.url);
    await page.type("#token", operator);
    await go(page, async () => await page.keyboard.press("Enter"));
    await page.goto(`${up.url}uhr`);
    const doubts = async () => (await page.reload(), await page.$$("form[action='/uhr']")).length;
    await expect.poll(doubts, { timeout: 60_000, interval: 1_000 }).toBe(1);
    await go(page, async () => await page.click("form[action='/uhr'] button"));
    await expect
      .poll(
        async () =>
          (await place.json<readonly { bridge: string; state: string }[]>(["sunset"])).map(
            ({ bridge, state }) => `${bridge} ${state}`,
          ),
        { timeout: 60_000 },
      )
      .toEqual(expect.arrayContaining(["nachtrag sunset", "rueckmeldungen notbetrieb"]));
    await place.drop("nachtrag/n4.csv", "NR\n7\n");
    await expect
      .poll(async () => await statesOf("nachtrag"), { timeout: 30_000 })
      .toEqual(["erased", "handed-over", "done", "held"]);
    expect(heard("nachtrag")).toHaveLength(2);
  }, 180_000);
});
