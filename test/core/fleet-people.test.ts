// People sign in to the pages of a fleet as to an appliance's: by a provider that nobody here wrote, with any role, to look.

import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createProvider } from "../../src/core/http/dashboard/provider.ts";
import { createFleetServer } from "../../src/core/http/fleet/server.ts";
import type { TokenBook } from "../../src/core/operations/tokens.ts";
import { loadSettings } from "../../src/core/settings.ts";
import { startIdentityProvider, type IdentityProvider } from "../peers/identity-provider.ts";
import { CookieBrowser } from "./cookie-browser.ts";

const PEOPLE = {
  "u-17": { preferred_username: "m.brandt", roles: ["steg-viewer"] },
  "u-18": { preferred_username: "gast", roles: ["kantine"] },
};
let peer: IdentityProvider;
let server: FastifyInstance;
let origin = "";
const signed: unknown[] = [];

beforeAll(async () => {
  peer = await startIdentityProvider(PEOPLE);
  const { oidc } = await loadSettings({ env: peer.env, cwd: "/nowhere", flags: {} });
  const log = (): void => undefined;
  server = createFleetServer({
    name: "IT-Verbund",
    standings: () => [],
    tags: [],
    tokens: {
      authenticate: async (token: string) =>
        token === "good" ? { name: "ansicht", role: "viewer", tags: [] } : undefined,
      holds: async () => true,
    } as unknown as TokenBook,
    version: "0.1.0",
    log,
    tls: undefined,
    provider: oidc && createProvider({ settings: oidc, log }),
    signed: async (request) => void signed.push(request),
    now: Date.now,
  });
  origin = await server.listen({ host: "127.0.0.1", port: 0 });
  peer.allow(`${origin}/anmeldung/zurueck`);
});
afterAll(async () => {
  await server.close();
  await peer.close();
});

it("lets in who has a role here, and enters it into the trail", async () => {
  const browser = new CookieBrowser();
  expect((await browser.go(`${origin}/anmeldung`)).body).toContain('href="/anmeldung/anbieter"');
  expect((await browser.signIn(origin, "u-17")).status).toBe(200);
  const page = await browser.go(`${origin}/anlagen`);
  expect([page.status, page.body]).toEqual([200, expect.stringContaining("m.brandt · Ansicht")]);
  expect(signed).toEqual([{ actor: "oidc:m.brandt/u-17", grants: [{ role: "viewer", tags: [] }], what: "begun" }]);
});

it("lets nobody in whose roles are none here", async () => {
  const browser = new CookieBrowser();
  expect((await browser.signIn(origin, "u-18")).status).toBe(403);
  expect((await browser.go(`${origin}/anlagen`)).url.pathname).toBe("/anmeldung");
});

it("still takes a token", async () => {
  const browser = new CookieBrowser();
  const form = await browser.go(`${origin}/anmeldung`);
  const page = await browser.send(form, { token: "good" });
  expect([page.status, page.url.pathname]).toEqual([200, "/"]);
  const other = new CookieBrowser();
  const refused = await other.send(await other.go(`${origin}/anmeldung`), { token: "bad" });
  expect([refused.status, (await other.go(`${origin}/anlagen`)).url.pathname]).toEqual([401, "/anmeldung"]);
});
