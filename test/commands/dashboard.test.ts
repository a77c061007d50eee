// The dashboard as people use it: the real appliance, and Debian's Chromium.

import { readFile } from "node:fs/promises";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { openState } from "../../src/core/journal/open.ts";
import { verifyCertificate } from "../../src/core/lifecycle/retirement/certificate.ts";
import { lacksBrowser, scrollsSideways, startBrowser, violations } from "../peers/browser.ts";
import { describeNeeding } from "../peers/required.ts";
import { createPlace, ENDED, inDays, type Place, type Up } from "./steg.ts";

const EVIL = "<img src=x onerror=alert(1)>";

/** What an appliance has kept after half a year: a plan whose first milestone was reached, figures by day, callers. */
async function measured(place: Place, bridge: string): Promise<void> {
  const file = `mappings/${bridge}/bridge.yaml`;
  const yaml = await readFile(place.path(file), "utf8");
  const by = inDays(-60);
  const plan = `plan:\n    - { by: ${by}, goal: Mehrheit, measure: { successorShare: 0.5 } }\n    - { by: ${inDays(90)}, goal: Fast alle, measure: { successorShare: 0.95 } }\n`;
  await place.write(file, yaml.replace("plan:\n", plan));
  const DAY = 86_400_000;
  const dates = Array.from({ length: 200 }, (_, at) => inDays(at - 200));
  const days = Object.fromEntries(dates.map((date, at) => [date, [1_000 - 3 * at, 2 * at, at % 50 < 40 ? DAY : 0]]));
  const failed = { at: Date.now(), since: Date.now() - DAY, message: `${EVIL} answered with status 503` };
  const progress = { days, since: 0, successor: { at: Date.now() - DAY }, failed, decided: { [by]: 0.5 } };
  const seen = (days: number) => ({
    first: 0,
    last: Date.now() - days * DAY,
    calls: 12,
    days: { [inDays(-days)]: 12 },
  });
  const state = await openState({ dir: place.path("state"), log: () => {} });
  await state.journal.set(`progress/${bridge}`, progress);
  await state.journal.set("caller/token:portal", { name: EVIL, by: "token", bridges: { [bridge]: seen(1) } });
  await state.journal.set("caller/token:still", { name: "still", by: "token", bridges: { [bridge]: seen(80) } });
  const counts = { equal: 208, explained: 6, open: 3, failed: 1, dropped: 0, uncompared: 0 };
  const hashes = { ours: "00112233445566aa", theirs: null };
  const differences = [
    { type: "message", path: `/body/${EVIL}`, count: 3, first: 0, last: 0, explained: false, ...hashes },
  ];
  await state.journal.set(`shadow/${bridge}`, { key: "00", since: 0, types: { message: counts }, differences });
  await state.close();
}

describeNeeding("chromium", lacksBrowser, "the dashboard", () => {
  let place: Place;
  let up: Up;
  let browser: Browser;
  const tokens: Record<string, string> = {};
  const complaints: string[] = [];

  beforeAll(async () => {
    place = await createPlace();
    await place.bridge("farben");
    await place.bridge("fertig", { dates: ENDED });
    await place.bridge("ziel-weg", {
      deliver: "http: { url: http://127.0.0.1:9/ablage }",
      extra: `probe: { http: { url: "http://127.0.0.1:9/zahlen", pointer: /gesamt } }
shadow:
  to: { http: { url: "http://127.0.0.1:9/neu" } }
  approval: { by: Datenschutz, on: ${inDays(-9)}, reference: DSFA 7 }
  until: ${inDays(9)}
`,
    });
    await measured(place, "ziel-weg");
    for (const role of ["viewer", "operator", "clearing"])
      tokens[role] = (await place.json<{ token: string }>(["token", "new", role, "--role", role])).token;
    // A name that a file system takes, and a value that no list has: both are somebody else's text.
    await place.drop(
      `farben/in/${EVIL.replaceAll("/", "")}.csv`,
      `NAME;FARBE\nAnna;rot\nBert;GEHEIM${EVIL}\nCarl;lila\n`,
    );
    await place.drop("ziel-weg/in/a.csv", "NAME;FARBE\nAnna;rot\n");
    up = await place.startUp();
    browser = await startBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await place.remove();
  });

  async function closeAll(): Promise<void> {
    const contexts = browser.browserContexts().filter((context) => context !== browser.defaultBrowserContext());
    for (const context of contexts) await context.close();
  }
  afterEach(async () => {
    await closeAll();
    const { exitCode, signalCode } = up.child;
    // One that ends by itself takes all tests behind it along; what it said last is the reason.
    if (exitCode !== null && exitCode !== 0)
      throw new Error(`the appliance ended with ${exitCode}: ${up.said().slice(-4_000)}`);
    if (signalCode !== null) throw new Error(`the appliance was ended by ${signalCode}`);
  });

  /** A browser of its own, signed in by keyboard alone. */
  async function signedIn(role: string): Promise<Page> {
    const page = await (await browser.createBrowserContext()).newPage();
    page.on("dialog", (dialog) => void complaints.push(`dialog ${dialog.message()}`));
    page.on("pageerror", (error) => void complaints.push(String(error)));
    page.on("console", (message) => void (message.type() === "error" && complaints.push(message.text())));
    // The arrow of a list lies in the style sheet.
    const isOurs = (url: string): boolean => url.startsWith(up.url) || url.startsWith("data:image/svg+xml,");
    page.on("request", (request) => void (isOurs(request.url()) || complaints.push(request.url())));
    await page.setViewport({ width: 1440, height: 900 });
    await page.goto(up.url);
    expect(await page.title()).toBe("Anmeldung – Steg");
    await page.focus("#token");
    await page.keyboard.type(tokens[role] ?? "");
    await press(page, "Enter");
    expect(page.url()).toBe(up.url);
    return page;
  }

  /** A key that leads to another page. */
  async function press(page: Page, key: "Enter"): Promise<void> {
    await Promise.all([page.waitForNavigation(), page.keyboard.press(key)]);
  }

  const textOf = async (page: Page, selector = "main"): Promise<string> =>
    (await page.$eval(selector, (node) => node.textContent)).replaceAll(/\s+/g, " ");

  /** Tab until the link or button of this text has the focus. */
  async function tabTo(page: Page, text: string): Promise<void> {
    for (let at = 0; at < 60; at++) {
      await page.keyboard.press("Tab");
      if (((await page.evaluate("document.activeElement?.textContent")) as string).trim() === text) return;
    }
    throw new Error(`nobody gets to ${text} by keyboard`);
  }

  async function shownUntil(page: Page, text: string): Promise<void> {
    await page.waitForFunction(
      (wanted) => document.body.textContent.replaceAll(/\s+/g, " ").includes(wanted),
      {},
      text,
    );
  }

  it("says at once who is needed, and by keyboard leads there", async () => {
    const page = await signedIn("viewer");
    await page.waitForFunction(() => document.title.startsWith("1 handeln"), { timeout: 30_000 });
    await page.reload();
    expect(await textOf(page, "h1")).toContain("1 Brücke braucht Sie, 1 läuft");
    expect(await textOf(page)).toContain("Ziel nicht erreichbar");
    await tabTo(page, "Ansehen");
    await press(page, "Enter");
    expect(page.url()).toBe(`${up.url}bruecken/ziel-weg`);
    expect(await textOf(page)).toContain("nicht erreichbar");
  });

  it.each([
    "/",
    "/bruecken",
    "/bruecken/farben",
    "/bruecken/ziel-weg",
    "/eingaenge",
    "drop",
    "/klaerfaelle",
    "letter",
    "/uhr",
    "/aufrufer",
    "/kalender",
    "/nachweis",
    "/nachweis/protokoll",
  ])("%s: axe-core has nothing against it, light, dark and narrow, and it fits in 360 pixels", async (path) => {
    const page = await signedIn("operator");
    const first = async (list: "dead" | "drops"): Promise<string> =>
      (await place.json<readonly { id: string }[]>([list]))[0]?.id ?? "";
    const ways: Readonly<Record<string, () => Promise<string>>> = {
      letter: async () => `/klaerfaelle/${await first("dead")}`,
      drop: async () => `/eingaenge/${await first("drops")}`,
    };
    const url = new URL((await ways[path]?.()) ?? path, up.url).href;
    for (const [theme, width] of [
      ["light", 1440],
      ["dark", 1440],
      ["system", 360],
    ] as const) {
      await page.setViewport({ width, height: 900 });
      await page.goto(`${url}?theme=${theme}`);
      expect([theme, await violations(page)]).toEqual([theme, []]);
      expect(await scrollsSideways(page)).toBe(false);
    }
    await page.goto(`${url}?lang=en`);
    expect(await page.$eval("html", (node) => node.lang)).toBe("en");
    expect(await violations(page)).toEqual([]);
  });

  it("an operator closes a bridge for good; its certificate is one page of paper, and holds", async () => {
    const page = await signedIn("operator");
    await page.goto(`${up.url}bruecken/fertig`);
    await page.type("#close-reason", "Neues Verfahren läuft");
    await page.click("#close-sure");
    await Promise.all([page.waitForNavigation(), page.click('form[action$="/abschalten"] button')]);
    expect(await textOf(page)).toContain("das Zertifikat ist ausgestellt");
    expect(await textOf(page, "#close")).toBe("Abschalten");
    await page.goto(`${up.url}nachweis/bruecke/fertig`);
    expect(await textOf(page)).toMatch(/Zertifikat: fertig.*token:operator.*sha256:[0-9a-f]{64}/);
    expect(await violations(page)).toEqual([]);
    await page.setViewport({ width: 360, height: 900 });
    expect([await violations(page), await scrollsSideways(page)]).toEqual([[], false]);
    const paper = Buffer.from(await page.pdf({ preferCSSPageSize: true })).toString("latin1");
    expect(paper.match(/\/Type\s*\/Page\b/g)).toHaveLength(1);
    expect(paper).toMatch(/\/MediaBox\s*\[0 0 59[45]/);
    const [file = "", saved] = await page.evaluate(async () => {
      const answer = await fetch("/nachweis/zertifikat/fertig");
      return [await answer.text(), answer.headers.get("content-disposition")];
    });
    expect(saved).toBe('attachment; filename="fertig.certificate.json"');
    expect(verifyCertificate(new TextEncoder().encode(file ?? ""))).toMatchObject({ ok: true });
    await page.goto(`${up.url}nachweis/protokoll`);
    expect(await textOf(page)).toMatch(/certificate\.issued.*bridge\.retired.*session\.begun/);
  });

  it("figures change while the page is open; rows stay where they are", async () => {
    const page = await signedIn("viewer");
    await page.goto(`${up.url}bruecken/farben`);
    const before = await page.$$eval("[data-row]", (rows) => rows.length);
    await place.drop("farben/in/neu.csv", "NAME;FARBE\nDora;blau\n");
    await shownUntil(page, "1 neue – anzeigen");
    await shownUntil(page, "4 Sätze = 2 zugestellt");
    expect(await page.$$eval("[data-row]", (rows) => rows.length)).toBe(before);
    await page.focus(".newer a");
    await press(page, "Enter");
    expect(await page.$$eval("[data-row]", (rows) => rows.length)).toBe(before + 1);
    expect(await textOf(page, "[data-row] th")).toContain("neu.csv");
  });

  it("somebody else's text is text, wherever it stands", async () => {
    const page = await signedIn("operator");
    for (const path of ["", "bruecken/farben", "klaerfaelle"]) {
      await page.goto(up.url + path);
      expect(await page.$$("main img, main script")).toEqual([]);
    }
    await page.goto(`${up.url}bruecken/farben`);
    expect(await textOf(page)).toContain(EVIL);
  });

  it("values are open to the role clearing, with a ticket, and the trail says so", async () => {
    const page = await signedIn("clearing");
    const letters = await place.json<readonly { id: string; record: number }[]>(["dead"]);
    const { id } = letters.find(({ record }) => record === 2) ?? { id: "" };
    await page.goto(`${up.url}klaerfaelle/${id}`);
    expect(await textOf(page)).not.toContain("GEHEIM");
    await page.focus("#ticket");
    await page.keyboard.type("KL-2231");
    await press(page, "Enter");
    expect(await textOf(page, "pre.src")).toContain(`GEHEIM${EVIL}`);
    expect(await page.$$("main img")).toEqual([]);
    expect(await violations(page)).toEqual([]);
    const trail = await place.steg(["audit", "export"]);
    expect(trail.stdout).toMatch(/dead\.viewed.*KL-2231|KL-2231.*dead\.viewed/);
  });

  it("a dead letter is previewed and delivered when its cause is gone, or dismissed for a reason", async () => {
    let page = await signedIn("operator");
    const letters = await place.json<readonly { id: string; record: number }[]>(["dead"]);
    const idOf = (record: number): string => letters.find((letter) => letter.record === record)?.id ?? "";
    await page.goto(`${up.url}klaerfaelle/${idOf(3)}`);
    await tabTo(page, "Vorschau zeigen");
    await press(page, "Enter");
    expect(await textOf(page)).toContain("würde wieder ein Klärfall");
    expect(await violations(page)).toEqual([]);
    expect(await textOf(page)).toContain("hat sich seit damals nichts geändert");
    up.child.kill("SIGTERM");
    await up.ended;
    await closeAll();
    await place.write("mappings/farben/codes/farben.csv", "NAME;CODE\nrot;1\nblau;2\nlila;3\n");
    up = await place.startUp();
    page = await signedIn("operator");
    await page.goto(`${up.url}klaerfaelle/${idOf(3)}`);
    await tabTo(page, "Vorschau zeigen");
    await press(page, "Enter");
    expect(await textOf(page)).toContain("würde zugestellt");
    expect(await textOf(page)).toContain("Seit damals geändert: codes/farben.csv");
    expect(await violations(page)).toEqual([]);
    // Without the tick the browser does not even send it.
    await page.focus("#changed");
    await page.keyboard.press("Space");
    await tabTo(page, "Satz zustellen");
    await press(page, "Enter");
    expect(await textOf(page)).toContain("Der Satz ist zugestellt.");
    expect(await place.names("data/farben/out")).toContain("Carl.json");
    await page.goto(`${up.url}klaerfaelle/${idOf(2)}`);
    await page.focus("#reason");
    await page.keyboard.type(`doppelt ${EVIL}`);
    await press(page, "Enter");
    expect(await textOf(page)).toContain("Der Klärfall ist verworfen.");
    expect(await textOf(page)).toContain(`doppelt ${EVIL}`);
    expect(await page.$$("main img")).toEqual([]);
    expect(await place.json<readonly unknown[]>(["dead"])).toEqual([]);
    await page.goto(up.url);
    expect(await textOf(page)).toContain("Kein Klärfall ist offen.");
    expect(await textOf(page)).toContain("Kein Eingang von heute fällt auf.");
  });

  it("a bridge is paused with a ticket, and goes on", async () => {
    const page = await signedIn("operator");
    await page.goto(`${up.url}bruecken/farben`);
    for (const said of ["Die Brücke ist angehalten.", "Die Brücke läuft wieder."]) {
      await page.focus("#ticket");
      await page.keyboard.type("B-1");
      await press(page, "Enter");
      expect(await textOf(page)).toContain(said);
    }
  });

  it("an alarm is taken over by keyboard, and the list says by whom", async () => {
    const page = await signedIn("operator");
    await page.waitForFunction(() => document.querySelector("form[action$='/uebernehmen']") !== null, {
      timeout: 30_000,
    });
    await tabTo(page, "Übernehmen");
    await press(page, "Enter");
    expect(await textOf(page)).toContain("Der Alarm ist übernommen.");
    expect(await textOf(page, "td[data-k='Übernommen']")).toMatch(/^\s*operatorseit heute/);
    expect(await page.$$("form[action$='/uebernehmen']")).toEqual([]);
    expect(await violations(page)).toEqual([]);
    expect((await place.steg(["audit", "export"])).stdout).toContain("alarm.taken-over");
  });

  it("prints without what cannot be pressed on paper", async () => {
    const page = await signedIn("viewer");
    await page.emulateMediaType("print");
    expect(await page.$eval("nav", (node) => getComputedStyle(node).display)).toBe("none");
    expect((await page.pdf({ format: "A4" })).length).toBeGreaterThan(5_000);
  });

  it("an open page does not keep the appliance from ending, and says that it is old", async () => {
    const page = await signedIn("viewer");
    up.child.kill("SIGTERM");
    expect((await up.ended).code).toBe(0);
    await shownUntil(page, "Verbindung unterbrochen seit 0 Minuten");
  });

  it("the demo prints a link that signs in once", async () => {
    const demo = place.start(["up", "--demo", "--dir", "mappings"]);
    await demo.says(/\/anmeldung\?code=[\w-]{43}/);
    const link = /http:\S+\/anmeldung\?code=[\w-]{43}/.exec(demo.said())?.[0] ?? "";
    const page = await (await browser.createBrowserContext()).newPage();
    await page.goto(link);
    await page.waitForSelector(".clock");
    expect(page.url()).toBe(new URL("/", link).href);
    expect((await fetch(link)).status).toBe(401);
    demo.child.kill("SIGTERM");
    expect((await demo.ended).code).toBe(0);
  });

  it("nothing complained meanwhile, and nothing was asked of anybody else", () => {
    // However a stream sees the appliance end.
    const ended =
      /ERR_CONNECTION_(?:REFUSED|RESET|CLOSED)|ERR_SOCKET_NOT_CONNECTED|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE/;
    expect(complaints.filter((text) => !ended.test(text))).toEqual([]);
  });
});
