// The pages over many appliances in Debian's Chromium: readable for all, live, and leading to the appliance.

import type { FastifyInstance } from "fastify";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ApplianceStanding } from "../../src/core/fleet/gather.ts";
import { createFleetServer } from "../../src/core/http/fleet/server.ts";
import type { TokenBook } from "../../src/core/operations/tokens.ts";
import { standing, testAppliance, type TestAppliance } from "../core/fleet-scene.ts";
import { lacksBrowser, scrollsSideways, startBrowser, violations } from "../peers/browser.ts";
import { describeNeeding } from "../peers/required.ts";

describeNeeding("chromium", lacksBrowser, "the pages of a fleet", () => {
  let appliance: TestAppliance;
  let standings: readonly ApplianceStanding[];
  let server: FastifyInstance;
  let browser: Browser;
  let page: Page;
  let url: string;
  const complaints: string[] = [];

  beforeAll(async () => {
    appliance = await testAppliance();
    await appliance.happens(2);
    const { document } = await appliance.snapshot();
    const { publicKey } = document.appliance;
    const found = { publicKey, head: document.audit };
    standings = [
      standing("adorf", document),
      standing("bdorf", document, { broken: { kind: "cut", since: Date.now(), found } }),
      standing("cdorf", document, {}, { link: undefined, contact: "Frau Muster" }),
      standing("weg", undefined, { unknown: true, seen: undefined }),
    ];
    server = createFleetServer({
      name: "IT-Verbund Mitte",
      standings: () => standings,
      tags: ["kommune"],
      tokens: {
        authenticate: async () => ({ name: "ansicht", role: "viewer", tags: [] }),
        holds: async () => true,
      } as unknown as TokenBook,
      version: "0.1.0",
      log: () => undefined,
      tls: undefined,
      now: Date.now,
    });
    url = `${await server.listen({ host: "127.0.0.1", port: 0 })}/`;
    browser = await startBrowser();
    page = await browser.newPage();
    page.on("pageerror", (error) => void complaints.push(String(error)));
    page.on("request", (request) => {
      const asked = request.url();
      if (!asked.startsWith(url) && !asked.startsWith("data:")) complaints.push(asked);
    });
    await page.goto(url);
    await page.type("#token", "steg_x");
    await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await server.close();
    await appliance.remove();
  });

  it.each(["/", "/anlagen", "/anlagen/bdorf", "/bruecken", "/bruecken/cdorf%2Ffarben", "/klaerfaelle", "/kalender"])(
    "%s: axe-core has nothing against it, and it fits in 360 pixels",
    async (path) => {
      for (const [theme, width] of [
        ["light", 1440],
        ["dark", 360],
      ] as const) {
        await page.setViewport({ width, height: 900 });
        await page.goto(`${new URL(path, url).href}?theme=${theme}`);
        expect([theme, await violations(page)]).toEqual([theme, []]);
        expect(await scrollsSideways(page)).toBe(false);
      }
    },
  );

  it("changes while it is open", async () => {
    await page.goto(url);
    expect(await page.$eval("h1", (node) => node.textContent)).toContain("1 Anlage unbekannt");
    const [first, ...rest] = standings as [ApplianceStanding, ...ApplianceStanding[]];
    standings = [{ ...first, unknown: true }, ...rest];
    await page.waitForFunction(() => document.querySelector("h1")?.textContent.includes("2 Anlagen unbekannt"));
    await page.waitForFunction(() => document.querySelector(".newer a")?.textContent === "1 neue – anzeigen");
    expect(complaints).toEqual([]);
  });
});
