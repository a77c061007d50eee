// Callers of a real appliance over real TLS: certificates (optional beside tokens), JWTs, the rate, and who was seen.

import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { request } from "node:https";
import { SignJWT } from "jose";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeAuthority, type Authority } from "../peers/certificates.ts";
import { type Receiver, startReceiver } from "../peers/receiver.ts";
import { describeNeeding } from "../peers/required.ts";
import { spawnSync } from "node:child_process";
import { headOf } from "./called-bridges.ts";
import { createPlace, type Place, type Up } from "./steg.ts";

const lacksOpenssl = spawnSync("openssl", ["version"]).error ? "there is no openssl" : undefined;

interface Heard {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

function bridge(name: string, target: string, rest: string): string {
  return `${headOf(name)}receive:
  rest: { ${rest} }
cases:
  - call: GET /wer
    deliver: { http: { url: "${target}/", method: GET } }
    answer: { json: { von: = $request.caller } }
`;
}

describeNeeding("openssl", lacksOpenssl, "callers over TLS", () => {
  const key = generateKeyPairSync("ec", { namedCurve: "P-256" });
  let service: Receiver;
  let place: Place;
  let up: Up;
  let own: Authority;
  let other: Authority;
  let port = 0;
  let admin = "";

  function call(path: string, more: { cert?: { cert: Buffer; key: Buffer }; token?: string } = {}): Promise<Heard> {
    return new Promise((resolve, reject) => {
      const headers = more.token === undefined ? {} : { authorization: `Bearer ${more.token}` };
      const sent = request(
        { host: "localhost", port, path, ca: own.ca, headers, ...more.cert, agent: false },
        (response) => {
          let body = "";
          response.on("data", (part) => (body += String(part)));
          response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
        },
      );
      sent.on("error", reject);
      sent.end();
    });
  }

  async function jwt(claims: object = {}): Promise<string> {
    return await new SignJWT({ client_id: "portal", scope: "melde", ...claims })
      .setProtectedHeader({ alg: "ES256", kid: "k1" })
      .setIssuer("https://login.example")
      .setAudience("steg")
      .setExpirationTime("5m")
      .sign(key.privateKey);
  }

  beforeAll(async () => {
    service = await startReceiver();
    place = await createPlace("here");
    own = makeAuthority(place.path("own"));
    other = makeAuthority(place.path("other"));
    const server = own.issue("server");
    await place.write("server.pem", server.cert.toString());
    await place.write("server.key", server.key.toString());
    writeFileSync(
      place.path("jwks.json"),
      JSON.stringify({ keys: [{ ...key.publicKey.export({ format: "jwk" }), kid: "k1" }] }),
    );
    await place.write("mappings/offen/bridge.yaml", bridge("offen", service.origin, "deadline: 3s"));
    await place.write(
      "mappings/liste/bridge.yaml",
      bridge("liste", service.origin, 'callers: ["certificate:kasse", "scope:melde"]'),
    );
    await place.write("mappings/selten/bridge.yaml", bridge("selten", service.origin, "limits: { rate: 3 }"));
    const env = {
      STEG_LISTEN: "localhost:0",
      STEG_TLS_CERT: "server.pem",
      STEG_TLS_KEY: "server.key",
      STEG_TLS_CLIENT_CA: own.caFile,
      STEG_TLS_CLIENT_CERT: "optional",
      STEG_JWT_ISSUER: "https://login.example",
      STEG_JWT_AUDIENCE: "steg",
      STEG_JWT_JWKS: "jwks.json",
    };
    up = await place.startUp({ env });
    port = Number(new URL(up.url).port);
    admin = await place.token("ops", "viewer");
  });
  afterAll(async () => {
    up.child.kill("SIGTERM");
    await up.ended;
    await place.remove();
    await service.close();
  });

  it("a certificate of the authority is a caller where the bridge names it", async () => {
    const kasse = own.issue("kasse");
    expect(await call("/bridges/liste/wer", { cert: kasse })).toMatchObject({ status: 200, body: '{"von":"kasse"}' });
    // Without a list only tokens are let in: the authority may give certificates to others, too.
    expect((await call("/bridges/offen/wer", { cert: kasse })).status).toBe(403);
    expect((await call("/bridges/liste/wer", { cert: own.issue("andere") })).status).toBe(403);
    expect((await call("/bridges/liste/wer", { cert: other.issue("kasse") })).status).toBe(401);
    expect((await call("/bridges/liste/wer", { cert: own.issue("alt", { days: 0 }) })).status).toBe(401);
    expect((await call("/bridges/liste/wer")).status).toBe(401);
  });

  it("a JWT is one by its client, or by its scope", async () => {
    expect(await call("/bridges/offen/wer", { token: await jwt() })).toMatchObject({
      status: 200,
      body: '{"von":"portal"}',
    });
    expect((await call("/bridges/liste/wer", { token: await jwt() })).status).toBe(200);
    expect((await call("/bridges/liste/wer", { token: await jwt({ scope: "kfz" }) })).status).toBe(403);
    const foreign = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const forged = await new SignJWT({ client_id: "portal", iss: "https://login.example", aud: "steg" })
      .setProtectedHeader({ alg: "ES256", kid: "k1" })
      .setExpirationTime("5m")
      .sign(foreign.privateKey);
    const refused = await call("/bridges/offen/wer", { token: forged });
    expect(refused.status).toBe(401);
    expect(refused.headers["www-authenticate"]).toContain("Bearer");
    // A caller is nobody on the admin side.
    expect((await call("/api/v1/bridges", { token: await jwt() })).status).toBe(401);
    expect((await call("/api/v1/bridges", { cert: own.issue("kasse") })).status).toBe(401);
  });

  it("calls at its rate, each caller for itself", async () => {
    const token = await jwt({ client_id: "eilig" });
    const statuses = [];
    for (let at = 0; at < 4; at++) statuses.push((await call("/bridges/selten/wer", { token })).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    const late = await call("/bridges/selten/wer", { token });
    expect(Number(late.headers["retry-after"])).toBeGreaterThan(10);
    expect(JSON.parse(late.body)).toMatchObject({ status: 429, code: "RATE_LIMITED" });
    expect((await call("/bridges/selten/wer", { token: await jwt() })).status).toBe(200);
  });

  it("is seen: in the admin API, in the metrics, and after a restart", async () => {
    const { items, next } = JSON.parse((await call("/api/v1/callers?limit=2", { token: admin })).body);
    expect(items.map(({ id }: { id: string }) => id)).toEqual(["certificate:kasse", "jwt:eilig"]);
    expect(next).toBe("jwt:eilig");
    const rest = JSON.parse((await call(`/api/v1/callers?after=${next}`, { token: admin })).body);
    const today = new Date().toISOString().slice(0, 10);
    expect(rest.items).toEqual([
      expect.objectContaining({
        id: "jwt:portal",
        calls: 3,
        bridges: [
          expect.objectContaining({ bridge: "liste", calls: 1, days: [{ date: today, calls: 1 }] }),
          expect.objectContaining({ bridge: "offen", calls: 1 }),
          expect.objectContaining({ bridge: "selten", calls: 1 }),
        ],
      }),
    ]);
    expect((await call("/metrics", { token: admin })).body).toMatch(
      /^steg_caller_last_seen_timestamp_seconds\{bridge="selten",caller="eilig",by="jwt"\} \d{10}/m,
    );
    const token = await place.token("web");
    expect((await call("/bridges/offen/wer", { token })).status).toBe(200);
    up.child.kill("SIGTERM");
    await up.ended;
    up = await place.startUp();
    const kept = await fetch(`${up.url}api/v1/callers`, { headers: { authorization: `Bearer ${admin}` } });
    const all = ((await kept.json()) as { items: { id: string }[] }).items;
    expect(all.map(({ id }) => id)).toEqual(["certificate:kasse", "jwt:eilig", "jwt:portal", "token:web"]);
  });

  it("settings that cannot be meant are refused at the start", async () => {
    const ended = await Promise.all(
      [
        { STEG_JWT_ISSUER: "i", STEG_JWT_AUDIENCE: "a", STEG_JWT_JWKS: "none.json" },
        { STEG_JWT_ISSUER: "i", STEG_JWT_AUDIENCE: "a", STEG_JWT_JWKS: "http://login.example/jwks" },
      ].map((env, at) => place.steg(["up", "--state", `other-${at}`], { env })),
    );
    for (const { code, stderr } of ended) {
      expect(stderr).toContain("SETTING_INVALID");
      expect(code).toBe(1);
    }
  });
});
