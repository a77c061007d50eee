// Who calls: API tokens, JWTs with real keys from a real server, certificates.

import { createHmac, createPrivateKey, generateKeyPairSync, sign, type JsonWebKey, type KeyObject } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SignJWT } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { mayCall, type Caller, type CallerBook } from "../../src/core/calls/caller.ts";
import { createCallerBook, type JwtIdentity } from "../../src/core/calls/identity.ts";
import { createKeySet } from "../../src/core/calls/identity-keys.ts";
import { createJwtIdentity, type JwtSettings } from "../../src/core/calls/identity-jwt.ts";
import { firstAlternative } from "../../src/core/calls/shown-certificate.ts";
import { createBrake } from "../../src/core/http/auth.ts";
import type { TokenBook } from "../../src/core/operations/tokens.ts";

interface Pair {
  readonly privateKey: KeyObject;
  readonly jwk: JsonWebKey & { readonly kid: string };
}

function pair(kid: string, made: { readonly privateKey: KeyObject; readonly publicKey: KeyObject }): Pair {
  return { privateKey: made.privateKey, jwk: { ...made.publicKey.export({ format: "jwk" }), kid } };
}

const rsa = pair("rsa", generateKeyPairSync("rsa", { modulusLength: 2_048 }));
const weak = pair("weak", generateKeyPairSync("rsa", { modulusLength: 1_024 }));
const ec = pair("ec", generateKeyPairSync("ec", { namedCurve: "P-256" }));
const wide = pair("wide", generateKeyPairSync("ec", { namedCurve: "P-384" }));
const ed = pair("ed", generateKeyPairSync("ed25519"));
const stranger = pair("stranger", generateKeyPairSync("ec", { namedCurve: "P-256" }));

const ISSUER = "https://login.example/realms/stadt";
const AUDIENCE = "steg";
const NOW = Date.UTC(2026, 10, 21, 9);
const seconds = (offset: number): number => NOW / 1_000 + offset;

interface TokenChoice {
  readonly key?: Pair;
  readonly alg?: string;
  readonly header?: object;
  readonly claims?: object;
}

async function token({ key = rsa, alg = "RS256", header = {}, claims = {} }: TokenChoice = {}): Promise<string> {
  const payload = {
    iss: ISSUER,
    aud: [AUDIENCE, "andere"],
    exp: seconds(300),
    nbf: seconds(-10),
    sub: "erika.muster",
    client_id: "portal",
    scope: "melde.lesen melde.schreiben",
    ...claims,
  };
  return await new SignJWT(payload)
    .setProtectedHeader({ alg, kid: key.jwk.kid, typ: "at+jwt", ...header })
    .sign(key.privateKey);
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

let served: { status: number; body: string; location?: string; slow?: boolean };
let asked = 0;
let server: Server;
let address: string;
const folder = mkdtempSync(join(tmpdir(), "steg-callers-"));

beforeAll(async () => {
  server = createServer((_request, response) => {
    asked++;
    if (served.slow === true) return;
    response.writeHead(served.status, served.location === undefined ? {} : { location: served.location });
    response.end(served.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  asked = 0;
  served = { status: 200, body: JSON.stringify({ keys: [rsa, ec, ed, weak, wide].map(({ jwk }) => jwk) }) };
});

let time = NOW;
const logged: string[] = [];
function identity(more: Partial<JwtSettings> = {}): JwtIdentity {
  time = NOW;
  const settings = { issuer: ISSUER, audience: AUDIENCE, keys: address, claim: undefined, scopes: [], ...more };
  return createJwtIdentity(
    settings,
    (_level, event) => void logged.push(event),
    () => time,
  );
}

const tokens = {
  authenticate: async (text: string) =>
    text === "steg_caller"
      ? { name: "altverfahren", role: "caller" as const, tags: [] }
      : text === "steg_viewer"
        ? { name: "v", role: "viewer" as const, tags: [] }
        : undefined,
} as TokenBook;

function book(jwt?: JwtIdentity): CallerBook {
  return createCallerBook({ tokens, brake: createBrake(() => time), jwt });
}

const bearer = (text: string) => ({ authorization: `Bearer ${text}`, ip: "192.0.2.1" });
const refusal = async (asking: Promise<unknown>): Promise<string> => {
  try {
    await asking;
  } catch (cause) {
    const { code, message } = cause as { code: string; message: string };
    return `${code}: ${message}`;
  }
  return "let in";
};

describe("JWTs", () => {
  it.each<[string, Pair]>([
    ["RS256", rsa],
    ["PS256", rsa],
    ["ES256", ec],
    ["EdDSA", ed],
  ])("signed with %s are taken", async (alg, key) => {
    expect(await book(identity()).identify(bearer(await token({ alg, key })))).toEqual({
      name: "portal",
      by: "jwt",
      scopes: ["melde.lesen", "melde.schreiben"],
    });
  });

  it("come as the password of Basic, too, which is all that some can do", async () => {
    const pair64 = Buffer.from(`egal:${await token()}`).toString("base64");
    const found = await book(identity()).identify({ authorization: `Basic ${pair64}`, ip: "::1" });
    expect(found?.name).toBe("portal");
  });

  it.each<[string, TokenChoice, string]>([
    ["another issuer", { claims: { iss: "https://evil.example" } }, "another issuer"],
    ["another audience", { claims: { aud: "andere" } }, "somebody else (aud)"],
    ["no audience", { claims: { aud: undefined } }, "somebody else (aud)"],
    ["expired", { claims: { exp: seconds(-31) } }, "has expired"],
    ["no end", { claims: { exp: undefined } }, "lacks a claim"],
    ["not yet valid", { claims: { nbf: seconds(31) } }, "not valid yet"],
    ["no kid", { header: { kid: undefined } }, "does not name its key"],
    ["an unknown kid", { header: { kid: "other" } }, "key that is not known"],
    ["a key of another kind", { header: { kid: "ec" } }, "key that is not known"],
    [
      "a stranger's key under a known kid",
      { key: stranger, alg: "ES256", header: { kid: "ec" } },
      "signature is wrong",
    ],
    ["an algorithm that is not taken", { alg: "RS512" }, "not taken"],
    ["a curve that is not taken", { key: wide, alg: "ES384" }, "not taken"],
    ["an ID token", { header: { typ: "logout+jwt" } }, "another type"],
    ["nobody's", { claims: { client_id: undefined } }, "does not name its client"],
    ["a name with control characters", { claims: { client_id: "a\nb" } }, "no name that a caller may have"],
    ["the name of everybody", { claims: { client_id: "anyone" } }, "no name that a caller may have"],
    ["bound to a certificate that is not shown", { claims: { cnf: { "x5t#S256": "abc" } } }, "another certificate"],
    ["bound to a key by DPoP", { claims: { cnf: { jkt: "abc" } } }, "cannot be looked at here"],
  ])("of %s are refused", async (_what, choice, why) => {
    const said = await refusal(book(identity()).identify(bearer(await token(choice))));
    expect(said).toContain("UNAUTHENTICATED: ");
    expect(said).toContain(why);
  });

  it("within the tolerance of clocks are taken", async () => {
    const asking = identity();
    expect(await refusal(book(asking).identify(bearer(await token({ claims: { exp: seconds(-25) } }))))).toBe("let in");
    expect(await refusal(book(asking).identify(bearer(await token({ claims: { nbf: seconds(25) } }))))).toBe("let in");
  });

  it("without a signature, or with the public key as a secret, are refused", async () => {
    const claims = part({ iss: ISSUER, aud: AUDIENCE, exp: seconds(300), client_id: "portal" });
    const none = `${part({ alg: "none", kid: "rsa" })}.${claims}.`;
    expect(await refusal(book(identity()).identify(bearer(none)))).toContain("not taken");
    const pem = createPrivateKey(rsa.privateKey.export({ type: "pkcs8", format: "pem" }));
    expect(pem.type).toBe("private");
    const signed = `${part({ alg: "HS256", kid: "rsa" })}.${claims}`;
    for (const secret of [JSON.stringify(rsa.jwk), String(rsa.jwk.n)]) {
      const hash = createHmac("sha256", secret).update(signed).digest("base64url");
      expect(await refusal(book(identity()).identify(bearer(`${signed}.${hash}`)))).toContain("not taken");
    }
    const header = part({ alg: "RS256", kid: "rsa" });
    const good = sign("sha256", Buffer.from(`${header}.${claims}`), rsa.privateKey).toString("base64url");
    expect(await refusal(book(identity()).identify(bearer(`${header}.${claims}.${good}`)))).toBe("let in");
    const critical = part({ alg: "RS256", kid: "rsa", crit: ["x"], x: 1 });
    const extended = sign("sha256", Buffer.from(`${critical}.${claims}`), rsa.privateKey).toString("base64url");
    expect(await refusal(book(identity()).identify(bearer(`${critical}.${claims}.${extended}`)))).toContain(
      "signature",
    );
    const changed = part({ iss: ISSUER, aud: AUDIENCE, exp: seconds(300), client_id: "chef" });
    expect(await refusal(book(identity()).identify(bearer(`${header}.${changed}.${good}`)))).toContain("signature");
  });

  it("bound to the certificate of the connection are taken on it", async () => {
    const bound = await token({ claims: { cnf: { "x5t#S256": "thumb" } } });
    const certificate = { trusted: true, commonName: "x", alternative: undefined, thumbprint: "thumb" };
    expect((await book(identity()).identify({ ...bearer(bound), certificate }))?.name).toBe("portal");
  });

  it("name the client by azp, or by the claim of the settings, never by sub", async () => {
    const azp = await token({ claims: { client_id: undefined, azp: "fachverfahren" } });
    expect((await book(identity()).identify(bearer(azp)))?.name).toBe("fachverfahren");
    const own = await token({ claims: { appid: "eigen" } });
    expect((await book(identity({ claim: "appid" })).identify(bearer(own)))?.name).toBe("eigen");
  });

  it("need the scopes of the settings; scp in both forms is understood", async () => {
    const strict = book(identity({ scopes: ["melde.lesen", "steg"] }));
    expect(await refusal(strict.identify(bearer(await token())))).toBe("FORBIDDEN: the token lacks the scope steg");
    for (const scp of ["melde.lesen steg", ["melde.lesen", "steg"]]) {
      const given = await token({ claims: { scope: undefined, scp } });
      expect((await strict.identify(bearer(given)))?.scopes).toEqual(["melde.lesen", "steg"]);
    }
  });
});

describe("the keys of the authorization server", () => {
  it("are asked for once, and again at an unknown kid at most once a minute", async () => {
    const asking = book(identity());
    const good = await token();
    await Promise.all(Array.from({ length: 20 }, () => asking.identify(bearer(good))));
    expect(asked).toBe(1);
    for (let at = 0; at < 5; at++) {
      const made = await token({ header: { kid: `made-up-${at}` } });
      expect(await refusal(asking.identify(bearer(made)))).toContain("not known");
    }
    expect(asked).toBe(1);
    time += 61_000;
    served = { status: 200, body: JSON.stringify({ keys: [rsa.jwk, stranger.jwk] }) };
    expect((await asking.identify(bearer(await token({ key: stranger, alg: "ES256" }))))?.name).toBe("portal");
    expect(asked).toBe(2);
    // A key that was withdrawn is none any more.
    expect(await refusal(asking.identify(bearer(await token({ key: ec, alg: "ES256" }))))).toContain("not known");
  });

  it("hold while the server is away, for a day", async () => {
    const asking = book(identity());
    const long = await token({ claims: { exp: seconds(200_000) } });
    expect((await asking.identify(bearer(long)))?.name).toBe("portal");
    served = { status: 500, body: "" };
    time += 11 * 60_000;
    expect((await asking.identify(bearer(long)))?.name).toBe("portal");
    expect(asked).toBe(2);
    time += 24 * 3_600_000;
    expect(await refusal(asking.identify(bearer(long)))).toContain("IDENTITY_UNAVAILABLE");
    expect(logged).toContain("jwks.unavailable");
  });

  it.each<[string, () => void]>([
    ["refused", () => (served = { status: 404, body: "" })],
    ["redirected", () => (served = { status: 302, body: "", location: "https://evil.example/jwks" })],
    ["too long", () => (served = { status: 200, body: JSON.stringify({ keys: [rsa.jwk], pad: "x".repeat(300_000) }) })],
    ["no JSON", () => (served = { status: 200, body: "<html>" })],
    ["too many", () => (served = { status: 200, body: JSON.stringify({ keys: Array(101).fill(rsa.jwk) }) })],
    ["secrets", () => (served = { status: 200, body: '{"keys":[{"kty":"oct","k":"AAAA","kid":"rsa"}]}' })],
    [
      "private",
      () =>
        (served = {
          status: 200,
          body: JSON.stringify({ keys: [{ ...rsa.privateKey.export({ format: "jwk" }), kid: "rsa" }] }),
        }),
    ],
    [
      "twice",
      () => (served = { status: 200, body: JSON.stringify({ keys: [rsa.jwk, { ...stranger.jwk, kid: "rsa" }] }) }),
    ],
  ])("that are %s are none: 503, not 401", async (_what, prepare) => {
    prepare();
    expect(await refusal(book(identity()).identify(bearer(await token())))).toContain("IDENTITY_UNAVAILABLE");
  });

  it("are not waited for longer than a moment, and asked for soon again while there are none", async () => {
    served = { status: 200, body: "", slow: true };
    const keys = createKeySet({ from: address, log: () => undefined, now: () => time, timeout: 500 });
    const began = performance.now();
    expect(await refusal(keys.find("rsa"))).toContain("IDENTITY_UNAVAILABLE");
    expect(performance.now() - began).toBeLessThan(5_000);
    served = { status: 200, body: JSON.stringify({ keys: [rsa.jwk] }) };
    expect(await refusal(keys.find("rsa"))).toContain("IDENTITY_UNAVAILABLE");
    expect(asked).toBe(1);
    time += 5_000;
    expect((await keys.find("rsa"))?.kid).toBe("rsa");
  });

  it("that are too weak are left out", async () => {
    expect(await refusal(book(identity()).identify(bearer(await token({ key: weak }).catch(() => ""))))).not.toBe(
      "let in",
    );
  });

  it("may lie in a file; an address in the clear is refused at the start", async () => {
    const file = join(folder, "jwks.json");
    writeFileSync(file, JSON.stringify({ keys: [ec.jwk] }));
    const found = await book(identity({ keys: file })).identify(bearer(await token({ key: ec, alg: "ES256" })));
    expect(found?.name).toBe("portal");
    expect(asked).toBe(0);
    expect(() => identity({ keys: "http://login.example/jwks" })).toThrow("https address");
    expect(() => identity({ keys: "https://u:p@login.example/jwks" })).toThrow("https address");
    expect(() => identity({ keys: join(folder, "none.json") })).toThrow("holds no keys");
  });
});

describe("other ways to show who one is", () => {
  const certificate = { trusted: true, commonName: "kasse", alternative: "kasse.stadt.example", thumbprint: "t" };
  it("API tokens as Bearer and as Basic, of the role caller only", async () => {
    const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}`, ip: "::1" });
    const expected = { name: "altverfahren", by: "token", scopes: [] };
    expect(await book().identify(bearer("steg_caller"))).toEqual(expected);
    expect(await book().identify(basic("x:steg_caller"))).toEqual(expected);
    expect(await refusal(book().identify(bearer("steg_viewer")))).toContain("FORBIDDEN");
    expect(await refusal(book().identify(basic("steg_caller")))).toContain("UNAUTHENTICATED");
    expect(await refusal(book().identify({ authorization: "Digest x", ip: "::1" }))).toContain("UNAUTHENTICATED");
    expect(await book().identify({ authorization: undefined, ip: "::1" })).toBeUndefined();
    // Without settings for JWTs one is a token that nobody knows.
    expect(await refusal(book().identify(bearer(await token())))).toContain("UNAUTHENTICATED: this token is not known");
  });

  it("a certificate by its common name, else by its first alternative name", async () => {
    const shown = (more: object) =>
      book().identify({ authorization: undefined, ip: "::1", certificate: { ...certificate, ...more } });
    expect(await shown({})).toEqual({ name: "kasse", by: "certificate", scopes: [] });
    expect((await shown({ commonName: undefined }))?.name).toBe("kasse.stadt.example");
    expect(await refusal(shown({ trusted: false }))).toContain("UNAUTHENTICATED");
    expect(await refusal(shown({ commonName: undefined, alternative: undefined }))).toContain("no name");
    expect(await refusal(shown({ commonName: "anyone" }))).toContain("no name");
    // A token that is written out goes first, also where it is wrong.
    expect((await book().identify({ ...bearer("steg_caller"), certificate }))?.name).toBe("altverfahren");
    expect(await refusal(book().identify({ ...bearer("steg_no"), certificate }))).toContain("UNAUTHENTICATED");
  });

  it("alternative names of the plain kinds only", () => {
    expect(firstAlternative("IP Address:10.0.0.1, DNS:a.example, DNS:b.example")).toBe("a.example");
    expect(firstAlternative('DNS:"a.example, DNS:b.example"')).toBeUndefined();
    expect(firstAlternative("URI:urn:stadt:kasse")).toBe("urn:stadt:kasse");
    expect(firstAlternative(undefined)).toBeUndefined();
  });

  it("guessing is braked, a token past its time is not", async () => {
    const asking = book(identity());
    const old = await token({ claims: { exp: seconds(-100) } });
    for (let at = 0; at < 15; at++) expect(await refusal(asking.identify(bearer(old)))).toContain("expired");
    const wrong = `${(await token()).slice(0, -4)}AAAA`;
    for (let at = 0; at < 10; at++) expect(await refusal(asking.identify(bearer(wrong)))).toContain("signature");
    expect(await refusal(asking.identify(bearer(wrong)))).toContain("RATE_LIMITED");
    expect(await refusal(asking.identify(bearer("steg_wrong")))).toContain("RATE_LIMITED");
    // Who shares the address (a proxy) and is right is not shut out.
    expect(await refusal(asking.identify(bearer(await token())))).toBe("let in");
    expect(await refusal(asking.identify(bearer("steg_caller")))).toBe("let in");
    expect(await refusal(asking.identify({ ...bearer(await token()), ip: "192.0.2.9" }))).toBe("let in");
  });

  it("who may call", () => {
    const caller = (by: Caller["by"], scopes: string[] = []): Caller => ({ name: "portal", by, scopes });
    expect(mayCall(undefined, undefined)).toBe(false);
    expect(mayCall(undefined, ["anyone"])).toBe(true);
    expect(mayCall(caller("token"), undefined)).toBe(true);
    expect(mayCall(caller("jwt"), undefined)).toBe(true);
    expect(mayCall(caller("certificate"), undefined)).toBe(false);
    expect(mayCall(caller("certificate"), ["portal"])).toBe(true);
    expect(mayCall(caller("jwt"), ["certificate:portal"])).toBe(false);
    expect(mayCall(caller("jwt"), ["jwt:portal"])).toBe(true);
    expect(mayCall({ name: "jwt:portal", by: "token", scopes: [] }, ["jwt:portal"])).toBe(false);
    expect(mayCall(caller("jwt", ["lesen"]), ["scope:lesen"])).toBe(true);
    expect(mayCall(caller("jwt", ["lesen"]), ["scope:schreiben", "andere"])).toBe(false);
    expect(mayCall(caller("token"), [])).toBe(false);
  });
});
