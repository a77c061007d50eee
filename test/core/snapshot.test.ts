// What an appliance says of itself: whole, signed, without values, and the same where nothing changed.

import { generateKeyPairSync, webcrypto } from "node:crypto";
import { Ajv } from "ajv";
import { default as addFormats } from "ajv-formats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canonicalJson, type Json } from "../../src/core/canonical-json.ts";
import { snapshotSchema } from "../../src/core/fleet/snapshot-schema.ts";
import { applianceId, isSignedSnapshot, keyLine, type Snapshot } from "../../src/core/fleet/snapshot.ts";
import { createServer } from "../../src/core/http/server.ts";
import { MOST_SNAPSHOT } from "../../src/core/fleet/snapshot.ts";
import { OPERATION_NAMES, ROLES, type Operations } from "../../src/core/operations/operations.ts";
import type { TokenBook } from "../../src/core/operations/tokens.ts";
import { bridgeView, deadView, dropView, lifecycleRow } from "./dashboard-views.ts";
import { testAppliance, type TestAppliance } from "./fleet-scene.ts";

let appliance: TestAppliance;
beforeAll(async () => void (appliance = await testAppliance()));
afterAll(async () => await appliance.remove());

/** A key of another kind. */
const rsa = generateKeyPairSync("rsa", { modulusLength: 1_024 })
  .publicKey.export({ type: "spki", format: "der" })
  .toString("base64");

const ajv = new Ajv({ strict: false });
(addFormats as unknown as (one: Ajv) => void)(ajv);
const fits = ajv.compile(snapshotSchema);

describe("canonical JSON (RFC 8785)", () => {
  it("sorts names by UTF-16, writes numbers and texts as ECMAScript does", () => {
    // The examples of sections 3.2.2 and 3.2.3.
    const numbers = [Number("333333333.33333329"), 1e30, 4.5, 2e-3, 0.000000000000000000000000001];
    const string = "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\u002f";
    expect(canonicalJson({ numbers, string, literals: [null, true, false] })).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
    const names = { "\u20ac": 1, "\r": 2, "\ufb33": 3, "\ud83d\ude00": 5, "\u0080": 6, "\u00f6": 7 };
    const order = [...canonicalJson(names).matchAll(/:(\d)/g)].map((match) => Number(match[1]));
    expect(order).toEqual([2, 6, 7, 1, 5, 3]);
  });
  it("has a limit of depth", () => {
    expect(() => canonicalJson(JSON.parse("[".repeat(33) + "]".repeat(33)))).not.toThrow();
    expect(() => canonicalJson(JSON.parse("[".repeat(34) + "]".repeat(34)))).toThrow(RangeError);
  });
});

describe("a snapshot", () => {
  it("fits its schema, and says who, what and how far", async () => {
    const { document } = await appliance.snapshot();
    expect([fits(document), fits.errors]).toEqual([true, null]);
    const { publicKey, id } = document.appliance;
    expect(publicKey).toBe(keyLine(appliance.state.publicKey));
    expect(id).toBe(applianceId(publicKey));
    expect(document).toMatchObject({
      version: "0.1.0",
      policy: appliance.policy,
      today: { date: "2027-11-22", came: [{ state: "done", drops: 1 }, { state: "held" }] },
      causes: [{ code: "CODE_UNKNOWN", records: 1 }],
    });
    const [bridge] = document.bridges;
    expect(bridge).toMatchObject({ mapping: appliance.mapping, callers: { count: 1 }, row: { daysLeft: 358 } });
    // Whom a file is about may stand in its name.
    expect(JSON.stringify(document)).not.toContain("meier");
  });

  it("is signed by the key of the trail; another implementation agrees, and any change is noticed", async () => {
    const { document } = await appliance.snapshot();
    const { publicKey } = document.appliance;
    const signed = (one: Snapshot): boolean => isSignedSnapshot(one, publicKey, one.signature);
    expect(signed(document)).toBe(true);
    expect(signed(JSON.parse(canonicalJson(document as unknown as Json)) as Snapshot)).toBe(true);
    const { signature, ...unsigned } = document;
    const key = await webcrypto.subtle.importKey("spki", Buffer.from(publicKey, "base64"), "Ed25519", false, [
      "verify",
    ]);
    const bytes = Buffer.from(canonicalJson(unsigned as unknown as Json));
    const sure = await webcrypto.subtle.verify("Ed25519", key, Buffer.from(signature, "base64"), bytes);
    expect(sure).toBe(true);
    const text = canonicalJson(document as unknown as Json);
    let tried = 0;
    for (let at = 0; at < text.length; at += 7) {
      const changed = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1);
      try {
        const parsed = JSON.parse(changed) as Snapshot;
        tried++;
        // The last two signs of base64 have bits that nobody reads.
        const bytesOf = (text: unknown): string => Buffer.from(String(text), "base64").toString("hex");
        if (
          canonicalJson({ ...parsed, signature } as unknown as Json) === text &&
          bytesOf(parsed.signature) === bytesOf(signature)
        )
          continue;
        expect([at, isSignedSnapshot(parsed, publicKey, parsed.signature)]).toEqual([at, false]);
      } catch (cause) {
        if (!(cause instanceof SyntaxError)) throw cause;
      }
    }
    expect(tried).toBeGreaterThan(100);
    expect(isSignedSnapshot(document, rsa, signature)).toBe(false);
    expect(isSignedSnapshot(document, "AAAA", signature)).toBe(false);
  });

  it("has the same tag as long as nothing changed but the time", async () => {
    const { tag } = await appliance.snapshot();
    expect((await appliance.snapshot({ since: 0 })).tag).toBe(tag);
    const { answers } = appliance;
    appliance.answers = {
      ...answers,
      lifecycle: { ...(answers.lifecycle as object), now: "2027-11-22T06:00:59.000Z" },
    };
    expect((await appliance.snapshot()).tag).toBe(tag);
    appliance.answers = { ...answers, bridges: [bridgeView({ openDead: 2 })] };
    expect((await appliance.snapshot()).tag).not.toBe(tag);
    appliance.answers = answers;
    await appliance.happens();
    expect((await appliance.snapshot()).tag).not.toBe(tag);
  });

  it("repeats the hash of an entry that was the head before, and writes nothing to do so", async () => {
    await appliance.happens(3);
    const before = (await appliance.snapshot()).document.audit;
    await appliance.happens(2);
    const { audit } = (await appliance.snapshot({ since: before.seq })).document;
    expect(audit.seq).toBe(before.seq + 2);
    expect(audit.earlier).toEqual([{ seq: before.seq, hash: before.hash }]);
    expect((await appliance.snapshot({ since: audit.seq + 1 })).document.audit.earlier).toEqual([]);
    // Its head is a checkpoint as the trail itself knows them.
    const { earlier: _, ...checkpoint } = audit;
    expect(await appliance.state.journal.auditVerify(checkpoint)).toMatchObject({ broken: undefined });
  });

  it("as a file has the hashes of earlier files' heads, also after a restart", async () => {
    const first = (await appliance.snapshot({ file: true })).document.audit;
    await appliance.happens();
    await appliance.snapshot({ file: true });
    await appliance.reopen();
    await appliance.happens();
    const { earlier } = (await appliance.snapshot({ file: true })).document.audit;
    expect(earlier.map(({ seq }) => seq)).toEqual([first.seq, first.seq + 1]);
    expect(earlier[0]?.hash).toBe(first.hash);
    for (let at = 0; at < 70; at++) {
      await appliance.happens();
      await appliance.snapshot({ file: true });
    }
    const last = (await appliance.snapshot({ file: true })).document;
    expect(last.audit.earlier).toHaveLength(64);
    expect(fits(last)).toBe(true);
  });

  it("has an end, whatever there is", async () => {
    const many = <T>(count: number, make: (at: number) => T): readonly T[] =>
      Array.from({ length: count }, (_, at) => make(at));
    const { answers } = appliance;
    const long = "ß".repeat(5_000);
    const servers = many(200, (at) => ({ role: "target", server: `h${at}`, up: true, since: null, code: null }));
    appliance.answers = {
      ...answers,
      bridges: many(1_200, (at) =>
        bridgeView({ bridge: `b${at}`, title: long, trouble: long, servers: servers as never }),
      ),
      lifecycle: {
        ...(answers.lifecycle as object),
        rows: many(1_200, (at) => lifecycleRow({ bridge: `b${at}`, owner: long })),
      },
      dead: many(1_000, (at) => deadView({ code: `C${at}`, message: long })),
      drops: many(1_000, (at) => dropView({ id: String(at), bridge: `b${at}`, trouble: long })),
    };
    const { document } = await appliance.snapshot();
    appliance.answers = answers;
    expect([fits(document), fits.errors]).toEqual([true, null]);
    expect(document.left).toEqual({ bridges: 950, causes: 500, notable: 950 });
    expect(document.today.capped).toBe(true);
    expect(Buffer.byteLength(canonicalJson(document as unknown as Json))).toBeLessThan(MOST_SNAPSHOT);
  });
});

describe("/api/v1/snapshot", () => {
  const unused = async (): Promise<never> => {
    throw new Error("nobody asks for this here");
  };
  const server = createServer({
    operations: {
      ...(Object.fromEntries(OPERATION_NAMES.map((name) => [name, unused])) as unknown as Operations),
      snapshot: async (query) => await appliance.snapshot(query as never),
    },
    tokens: {
      authenticate: async (token: string) =>
        ROLES.map((role) => ({ name: role, role, tags: [] })).find(({ role }) => role === token),
    } as unknown as TokenBook,
    version: "0.1.0",
    log: () => undefined,
    tls: undefined,
    ready: () => true,
    zoneOf: () => "Europe/Berlin",
  });
  afterAll(async () => await server.close());
  const get = async (url: string, headers: Record<string, string> = { authorization: "Bearer viewer" }) =>
    await server.inject({ url, headers });

  it.each([
    [{}, 401],
    [{ authorization: "Bearer wrong" }, 401],
    [{ authorization: "Bearer caller" }, 403],
    [{ authorization: "Bearer viewer" }, 200],
    [{ authorization: "Bearer operator" }, 200],
  ])("%j is answered by %i", async (headers, status) => {
    expect((await get("/api/v1/snapshot", headers as Record<string, string>)).statusCode).toBe(status);
  });

  it("sends what was signed, and nothing where it is known", async () => {
    const { body, headers } = await get("/api/v1/snapshot?since=1");
    const document = JSON.parse(body) as Snapshot;
    expect(isSignedSnapshot(document, document.appliance.publicKey, document.signature)).toBe(true);
    expect(document.audit.earlier.map(({ seq }) => seq)).toEqual([1]);
    expect(headers["cache-control"]).toBe("no-store");
    const known = { authorization: "Bearer viewer", "if-none-match": String(headers.etag) };
    const again = await get("/api/v1/snapshot?since=2", known);
    expect([again.statusCode, again.body]).toEqual([304, ""]);
    expect((await get("/api/v1/snapshot?since=x")).json()).toMatchObject({ code: "REQUEST_INVALID" });
    expect((await server.inject({ method: "POST", url: "/api/v1/snapshot" })).statusCode).toBe(405);
  });
});
