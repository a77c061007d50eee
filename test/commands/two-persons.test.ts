// Two persons move an end and loosen the policy, as they do it in the browser: an appliance, an identity provider and a Chromium, all real,
// and a restart in between.

import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { headOf, POLICY } from "../bridge-head.ts";
import { lacksBrowser, startBrowser, violations } from "../peers/browser.ts";
import { startIdentityProvider, type IdentityProvider } from "../peers/identity-provider.ts";
import { describeNeeding } from "../peers/required.ts";
import { press, signIn, textOf } from "./people.ts";
import { createPlace, inDays, type Place, type Up } from "./steg.ts";

const PEOPLE = {
  "u-17": { preferred_username: "m.brandt", roles: ["steg-operator", "steg-approver"] },
  "u-18": { preferred_username: "a.sommer", roles: ["steg-approver"] },
};
/** East of Greenwich, so that it is two in the afternoon there: what ends today has ended at ten. */
const OFFSET = 14 - new Date().getUTCHours();
const ZONE = `Etc/GMT${OFFSET > 0 ? "-" : "+"}${Math.abs(OFFSET)}`;
const TODAY = new Date(Date.now() + OFFSET * 3_600_000).toISOString().slice(0, 10);
const daysOn = (days: number): string =>
  new Date(Date.parse(`${TODAY}T12:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
const german = (date: string): string => date.split("-").toReversed().join(".");

interface Row {
  readonly bridge: string;
  readonly state: string;
  readonly sunset: string;
}

describeNeeding("chromium", lacksBrowser, "two persons", () => {
  let place: Place;
  let peer: IdentityProvider;
  let up: Up;
  let browser: Browser;

  beforeAll(async () => {
    place = await createPlace();
    peer = await startIdentityProvider(PEOPLE);
    const dates = { started: inDays(-500), deprecated: inDays(-250), sunset: TODAY };
    await place.write(
      "mappings/meldung/bridge.yaml",
      `${headOf("meldung", { title: "Meldungen", dates })}timezone: ${ZONE}
receive: { folder: { path: meldung, files: "*.csv", settle: 0s } }
decode: { csv: { delimiter: ";", header: true } }
map: { json: { nr: = NR } }
deliver: { folder: { path: out, name: "{NR}.json" } }
`,
    );
    await start();
    browser = await startBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await place.remove();
    await peer.close();
  });

  async function start(): Promise<void> {
    up = await place.startUp({ env: peer.env });
    peer.allow(`${up.url}anmeldung/zurueck`);
  }

  async function restart(): Promise<void> {
    up.child.kill("SIGTERM");
    await up.ended;
    await start();
  }

  const person = async (login: keyof typeof PEOPLE): Promise<Page> => await signIn(browser, up.url, login);
  const row = async (): Promise<Row | undefined> => (await place.json<readonly Row[]>(["sunset"]))[0];
  const delivered = async (): Promise<readonly string[]> => await place.names("data/out");

  it("extend a bridge on the day of its end: what was held flows, and a restart changes nothing", async () => {
    await place.drop("meldung/a.csv", "NR\n1\n2\n");
    const held = async () => (await place.json<readonly { state: string }[]>(["drops"])).map(({ state }) => state);
    await expect.poll(held, { timeout: 30_000 }).toEqual(["held"]);
    expect(await row()).toMatchObject({ state: "sunset", sunset: TODAY });
    const first = await person("u-17");
    await first.goto(`${up.url}notbetrieb/meldung`);
    expect(await textOf(first)).toContain(`ja, bis ${german(daysOn(90))}`);
    await first.goto(`${up.url}bruecken/meldung`);
    expect(await violations(first)).toEqual([]);
    await first.$eval("#extend-to", (node, to) => ((node as HTMLInputElement).value = to), daysOn(60));
    await first.type("#extend-reason", "Die Abnahme ist verschoben");
    await first.type("#extend-ticket", "INC-4711");
    await press(first, "Verlängerung beantragen");
    // Whoever asked is an approver, too, and still no second person.
    expect(await textOf(first)).toContain(`Verlängern bis ${german(daysOn(60))}: Ende um 60 Tage verschieben`);
    expect(await textOf(first)).toContain("bestätigen muss jemand anderes");
    expect(await delivered()).toEqual([]);
    const second = await person("u-18");
    await second.goto(`${up.url}notbetrieb`);
    expect(await violations(second)).toEqual([]);
    await press(second, "Bestätigen", "INC-4711");
    expect(await textOf(second)).toContain("in Kraft");
    await expect.poll(delivered, { timeout: 60_000 }).toEqual(["1.json", "2.json"]);
    expect(await row()).toMatchObject({ state: "extended", sunset: daysOn(60) });
    await first.goto(`${up.url}bruecken/meldung`);
    for (const said of ["nur hier", `to: ${daysOn(60)}`, "requestedBy: m.brandt", "approvedBy: a.sommer"])
      expect(await textOf(first)).toContain(said);
    await restart();
    expect(await row()).toMatchObject({ state: "extended", sunset: daysOn(60) });
    await place.drop("meldung/b.csv", "NR\n3\n");
    await expect.poll(delivered, { timeout: 30_000 }).toEqual(["1.json", "2.json", "3.json"]);
    const trail = (await place.steg(["audit", "export"])).stdout;
    for (const event of ["act.asked", "act.confirmed", "lifecycle.extended", "act.done"])
      expect(trail).toContain(`"${event}"`);
  }, 120_000);

  it("see how the policy became looser before it holds", async () => {
    await place.write("sunset/policy.yaml", `${POLICY}extensions: { most: 3, longest: P60D }\n`);
    await restart();
    expect(up.said()).toContain('"policy.waits"');
    const first = await person("u-17");
    const used = async (): Promise<string> => {
      await first.goto(`${up.url}bruecken/meldung`);
      return await textOf(first, "section:has(#extend)");
    };
    // Tighter at once, looser not yet.
    expect(await used()).toContain("1 von 2 Verlängerungen");
    expect(await used()).toContain("60 Tage");
    await first.goto(up.url);
    expect(await textOf(first)).toContain("Richtlinie gelockert – nicht bestätigt");
    await press(first, "Ansehen", "Richtlinie gelockert");
    expect(await textOf(first)).toContain("Verlängerungen je Brückeextensions.most 2 3");
    expect(await violations(first)).toEqual([]);
    await first.type("#reason", "Beschluss vom 3. November");
    await press(first, "Lockerung beantragen");
    const second = await person("u-18");
    await second.goto(`${up.url}notbetrieb`);
    await press(second, "Unterschied ansehen");
    expect(await violations(second)).toEqual([]);
    await press(second, "Bestätigen", "Beschluss vom 3. November");
    expect(await used()).toContain("1 von 3 Verlängerungen");
    await first.goto(`${up.url}richtlinie`);
    expect(await textOf(first)).toContain("wie sie in der Datei steht");
    await restart();
    expect(up.said()).not.toContain('"policy.waits"');
    expect((await place.steg(["audit", "verify"])).code).toBe(0);
  }, 120_000);
});
