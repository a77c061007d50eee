// Signing in by an OpenID provider that nobody here wrote, followed as a browser follows it: cookies per site, redirects, forms.

import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createServer } from "../../src/core/http/server.ts";
import { createProvider, identityOf } from "../../src/core/http/dashboard/provider.ts";
import type { Operations } from "../../src/core/operations/operations.ts";
import type { Role } from "../../src/core/operations/roles.ts";
import type { TokenBook } from "../../src/core/operations/tokens.ts";
import { loadSettings } from "../../src/core/settings.ts";
import type { OidcSettings } from "../../src/core/settings-oidc.ts";
import { CookieBrowser } from "./cookie-browser.ts";
import { startIdentityProvider, type IdentityProvider } from "../peers/identity-provider.ts";

const PEOPLE = {
  "u-17": { preferred_username: "m.brandt", roles: ["it-betrieb", "klaerung", "sonstwer"] },
  "u-18": { preferred_username: "a.sommer", roles: ["fd-leitung"] },
  "u-19": { preferred_username: "gast", roles: ["kantine"] },
};
const ROLES = "operator=it-betrieb, clearing=klaerung, approver=fd-leitung";

let peer: IdentityProvider;
let server: FastifyInstance;
let origin = "";
let settings: OidcSettings;

const signed: unknown[] = [];
const operations = {
  bridges: async () => [],
  alarms: async () => ({ alarms: [], channels: [], runningOut: [] }),
  signed: async (request: unknown) => void signed.push(request),
  drops: async () => [],
  dead: async () => [],
  lifecycle: async () => ({ rows: [], alarm: null, now: "2027-11-22T07:00:00.000Z" }),
} as unknown as Operations;
const log = (): void => undefined;
const tokens = { authenticate: async () => undefined, holds: async () => false } as unknown as TokenBook;

const COMMON = {
  operations,
  tokens,
  log,
  version: "1",
  tls: undefined,
  ready: () => true,
  zoneOf: () => "Europe/Berlin",
};

async function oidcSettings(env: Readonly<Record<string, string>>): Promise<OidcSettings> {
  const { oidc } = await loadSettings({ env, cwd: "/nowhere", flags: {} });
  return oidc as OidcSettings;
}

beforeAll(async () => {
  peer = await startIdentityProvider(PEOPLE);
  settings = await oidcSettings({ ...peer.env, STEG_OIDC_ROLES: ROLES });
  server = createServer({
    ...COMMON,
    provider: createProvider({ settings, log }),
  });
  origin = await server.listen({ host: "127.0.0.1", port: 0 });
  peer.allow(`${origin}/anmeldung/zurueck`);
});
afterAll(async () => {
  await server.close();
  await peer.close();
});

describe("signing in by a provider", () => {
  it("makes a person of it, with all roles that are ours", async () => {
    const browser = new CookieBrowser();
    expect((await browser.go(`${origin}/anmeldung`)).body).toContain('href="/anmeldung/anbieter"');
    const arrived = await browser.signIn(origin, "u-17");
    expect([arrived.status, arrived.url.pathname]).toEqual([200, "/anmeldung/zurueck"]);
    const page = await browser.go(`${origin}/`);
    expect(page.body).toContain("m.brandt · Betrieb, Klärung");
    expect(signed).toEqual([
      { actor: "oidc:m.brandt/u-17", grants: [grant("operator"), grant("clearing")], what: "begun" },
    ]);
    // Gone with the way back: what is left is the session.
    expect([...(browser.jars.get(origin)?.keys() ?? [])]).not.toContain("steg_anbieter");
  });

  it("lets nobody in who has no role here, and says so", async () => {
    const browser = new CookieBrowser();
    const page = await browser.signIn(origin, "u-19");
    expect([page.status, page.body]).toEqual([403, expect.stringContaining("Sie haben hier keine Rolle")]);
    expect((await browser.go(`${origin}/bruecken`)).url.pathname).toBe("/anmeldung");
  });

  it("takes a way back once, and only in the browser that began", async () => {
    const [mine, other] = [new CookieBrowser(), new CookieBrowser()];
    const asked = await mine.go(`${origin}/anmeldung/anbieter`);
    const agree = await mine.send(asked, { login: "u-18", password: "x" });
    // As somebody who has seen the address: it is followed there, and then here.
    const action = /action="([^"]+)"/.exec(agree.body)?.[1] ?? "";
    const jar = mine.jars.get(peer.issuer) ?? new Map<string, string>();
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const body = new URLSearchParams({ prompt: "consent" });
    let reply = await fetch(new URL(action, agree.url), {
      method: "POST",
      body,
      redirect: "manual",
      headers: { cookie },
    });
    const resume = new URL(reply.headers.get("location") ?? "", agree.url);
    const fresh = reply.headers.getSetCookie().map((set) => set.split(";")[0] ?? "");
    reply = await fetch(resume, { redirect: "manual", headers: { cookie: [cookie, ...fresh].join("; ") } });
    const back = reply.headers.get("location") ?? "";
    expect(back.startsWith(`${origin}/anmeldung/zurueck?code=`)).toBe(true);
    await other.go(`${origin}/anmeldung/anbieter`);
    expect((await other.go(back)).status).toBe(401);
    expect((await new CookieBrowser().go(back)).status).toBe(401);
    const forged = new URL(back);
    forged.searchParams.set("iss", "https://another.example");
    const again = new CookieBrowser();
    again.jars.set(origin, new Map(mine.jars.get(origin)));
    expect((await again.go(forged.href)).status).toBe(401);
    // That was its one time.
    expect((await mine.go(back)).status).toBe(401);
  });

  it("says when the provider is away, and still takes tokens", async () => {
    const gone = createProvider({ settings: { ...settings, issuer: "http://127.0.0.1:9" }, log });
    await expect(gone.begin(`${origin}/x`)).rejects.toMatchObject({ code: "IDENTITY_UNAVAILABLE" });
    const lonely = createServer({
      ...COMMON,
      provider: gone,
    });
    const page = await lonely.inject({ url: "/anmeldung/anbieter" });
    expect([page.statusCode, page.body]).toEqual([503, expect.stringContaining("Der Anmeldedienst antwortet nicht")]);
    expect(page.body).toContain('id="token"');
    await lonely.close();
  });
});

describe("what a provider says of somebody", () => {
  const claims = { sub: "u-1", preferred_username: "x", roles: ["fd-leitung"] };

  it.each([
    [{ ...claims, preferred_username: "a/b\n\u202Ec" }, "oidc:a b c/u-1"],
    [{ sub: "u/1", roles: "fd-leitung" }, "oidc:/u/1"],
    [{ ...claims, preferred_username: 4 }, "oidc:/u-1"],
  ])("%j", (given, actor) => {
    expect(identityOf(given, settings)).toEqual({ actor, grants: [grant("approver")] });
  });

  it.each([{ ...claims, sub: "" }, { ...claims, sub: 3 }, { roles: ["fd-leitung"] }])("%j is nobody", (given) => {
    expect(() => identityOf(given, settings)).toThrow(expect.objectContaining({ code: "UNAUTHENTICATED" }));
  });

  it.each([
    { ...claims, roles: ["__proto__", "constructor"] },
    { ...claims, roles: { 0: "fd-leitung" } },
    { sub: "u-1" },
  ])("%j has no role", (given) =>
    expect(() => identityOf(given, settings)).toThrow(expect.objectContaining({ code: "FORBIDDEN" })),
  );

  it("looks for roles where the settings say", () => {
    const deep = { ...settings, rolesClaim: "realm_access.roles" };
    const given = { sub: "u", realm_access: { roles: ["klaerung", "klaerung", "it-betrieb"] } };
    expect(identityOf(given, deep).grants).toEqual([grant("clearing"), grant("operator")]);
    const named = { sub: "u", "https://stadt.example/roles": ["it-betrieb"] };
    expect(identityOf(named, { ...settings, rolesClaim: "https://stadt.example/roles" }).grants).toEqual([
      grant("operator"),
    ]);
  });
});

describe("roles for a part of the bridges", () => {
  const ROLES =
    "viewer=alle, operator@kommune:adorf+verfahren:melde=melde-adorf,\n operator@kommune:bdorf=cn=it,operator=cn=it,clearing@kommune:Bad Adorf = alle";

  it("come with the names that the provider knows; one name may be several roles", async () => {
    const known = (await oidcSettings({ ...peer.env, STEG_OIDC_ROLES: ROLES }))?.roles;
    expect([...(known ?? [])]).toEqual([
      ["alle", [grant("viewer"), grant("clearing", "kommune:Bad Adorf")]],
      ["melde-adorf", [grant("operator", "kommune:adorf", "verfahren:melde")]],
      ["cn=it", [grant("operator", "kommune:bdorf"), grant("operator")]],
    ]);
  });

  it("are put together, each once", () => {
    const roles = new Map([
      ["a", [grant("operator", "kommune:adorf")]],
      ["b", [grant("operator", "kommune:adorf"), grant("operator", "kommune:bdorf")]],
    ]);
    const { grants } = identityOf({ sub: "u", roles: ["a", "b", "a"] }, { ...settings, roles, rolesClaim: "roles" });
    expect(grants).toEqual([grant("operator", "kommune:adorf"), grant("operator", "kommune:bdorf")]);
  });

  it.each(["operator@=x", "operator@kommune=x", "operator@kommune:=x", "operator@ =x", "operator@Kommune:a=x"])(
    "that cannot be read are refused: %s",
    async (pair) => {
      const failure = oidcSettings({ ...peer.env, STEG_OIDC_ROLES: `viewer=y,${pair}` });
      await expect(failure).rejects.toMatchObject({ code: "SETTING_INVALID" });
      await expect(failure).rejects.toThrow(
        /STEG_OIDC_ROLES from STEG_OIDC_ROLES: (?:an @ has tags|a tag is key:value)/,
      );
    },
  );
});

describe("the settings", () => {
  it.each([
    [{ STEG_OIDC_CLIENT_ID: "" }, "STEG_OIDC_CLIENT_ID is missing"],
    [{ STEG_OIDC_ISSUER: "http://login.stadt.example" }, "must be an https address"],
    [{ STEG_OIDC_ROLES: "operater=x" }, "pairs role=name"],
    [{ STEG_OIDC_ROLES: "caller=x" }, "pairs role=name"],
    [{ STEG_OIDC_SCOPE: "profile" }, "must hold openid"],
    [{ STEG_URL: "https://steg.stadt.example/dort" }, "an address without a path"],
  ])("%j: %s", async (env, says) => {
    await expect(oidcSettings({ ...peer.env, ...env })).rejects.toMatchObject({
      code: "SETTING_INVALID",
      message: expect.stringContaining(says),
    });
  });

  it("are all absent where nothing is set", async () => {
    expect(await oidcSettings({})).toBeUndefined();
  });
});

function grant(role: Role, ...tags: string[]) {
  return { role, tags };
}
