// deliver.http: who the bridge is and whom it trusts — TLS with certificates made here, tokens of a real token server.

import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { HttpOptions } from "../../src/adapters/http/target.ts";
import type { Target } from "../../src/core/contract.ts";
import { buildHttpTarget } from "../conformance/builds.ts";
import { probeParcel } from "../conformance/probe.ts";
import { contextIn, pause } from "../conformance/surroundings.ts";
import { makeAuthority, type Authority } from "../peers/certificates.ts";
import { startTokenServer, type TokenServer } from "../peers/oauth.ts";
import { startReceiver, type Receiver, type ReceiverOptions } from "../peers/receiver.ts";

const never = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), "steg-tls-"));
let authority: Authority;
let other: Authority;
beforeAll(() => {
  authority = makeAuthority(join(folder, "ca"));
  other = makeAuthority(join(folder, "other"));
  writeFileSync(join(folder, "ca.pem"), authority.ca);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const made: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const undo of made.splice(0).toReversed()) await undo();
});

async function receive(options: ReceiverOptions = {}): Promise<Receiver> {
  const receiver = await startReceiver(options);
  made.push(() => receiver.close());
  return receiver;
}
async function build(url: string, more: Partial<HttpOptions> = {}): Promise<Target> {
  const target = await buildHttpTarget(url, more, contextIn(folder));
  made.push(() => target.close());
  return target;
}

function clientOf(tokenUrl: string) {
  const none = { scope: undefined, audience: undefined };
  return { tokenUrl, clientId: "steg", clientSecret: "geheim", send: "basic", ...none } as const;
}

describe("deliver.http: TLS", () => {
  it("trusts the named authority and nobody else", async () => {
    const receiver = await receive({ tls: authority.issue("server") });
    expect((await (await build(receiver.origin, { ca: "ca.pem" })).deliver(probeParcel(1), never)).end).toBe(
      "delivered",
    );
    const stranger = await (await build(receiver.origin)).deliver(probeParcel(2), never);
    expect(stranger).toMatchObject({ end: "unreachable", unsure: false });
    expect(stranger.end === "unreachable" && stranger.message).toMatch(/unknown authority; name it in ca/u);
    expect(receiver.heard.length).toBe(1);
  });

  it("refuses a certificate that has expired, is for another name, or is of another authority", async () => {
    const cases = [
      [authority.issue("alt", { days: 0 }), /has expired|CERT_HAS_EXPIRED/u],
      [authority.issue("fremd", { names: "DNS:anders.example" }), /for another name/u],
      [other.issue("anders"), /unknown authority|failed/u],
    ] as const;
    for (const [tls, words] of cases) {
      const receiver = await receive({ tls });
      const attempt = await (await build(receiver.origin, { ca: "ca.pem" })).deliver(probeParcel(1), never);
      expect(attempt).toMatchObject({ end: "unreachable", unsure: false });
      expect(attempt.end === "unreachable" && attempt.message).toMatch(words);
      expect(receiver.heard.length).toBe(0);
    }
  });

  it("says how long the server's certificate is good, once for each handshake, where it is checked", async () => {
    const good = authority.issue("gut");
    const receiver = await receive({ tls: good });
    const shown: (readonly [string, number])[] = [];
    const context = { ...contextIn(folder), serverShowed: (...one: [string, number]) => void shown.push(one) };
    const open = async (url: string, more: Partial<HttpOptions>): Promise<Target> => {
      const target = await buildHttpTarget(url, more, context);
      made.push(() => target.close());
      return target;
    };
    const target = await open(receiver.origin, { ca: "ca.pem" });
    for (const number of [1, 2, 3]) expect((await target.deliver(probeParcel(number), never)).end).toBe("delivered");
    const end = new X509Certificate(good.cert).validToDate.getTime();
    expect(shown).toEqual([[`127.0.0.1:${receiver.port}`, end]]);
    // Where nothing is checked, no end matters; and who is refused showed nothing that is used.
    await (await open(receiver.origin, { checkCertificate: false })).deliver(probeParcel(4), never);
    await (await open(receiver.origin, {})).deliver(probeParcel(5), never);
    await (await open((await receive()).origin, {})).deliver(probeParcel(6), never);
    expect(shown).toHaveLength(1);
  });

  it("speaks no TLS before 1.2 unless the bridge says so", async () => {
    const receiver = await receive({
      tls: { ...authority.issue("altbau"), minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" },
    });
    const modern = await (await build(receiver.origin, { ca: "ca.pem" })).deliver(probeParcel(1), never);
    expect(modern).toMatchObject({ end: "unreachable", unsure: false });
    expect(modern).toHaveProperty("message", expect.stringContaining("only versions of TLS that the bridge does not"));
    const weak = await (await build(receiver.origin, { ca: "ca.pem", tls: "TLSv1.1" })).deliver(probeParcel(2), never);
    expect(weak.end).toBe("delivered");
    const strict = await receive({ tls: { ...authority.issue("zwoelf"), maxVersion: "TLSv1.2" } });
    expect(
      (await (await build(strict.origin, { ca: "ca.pem", tls: "TLSv1.3" })).deliver(probeParcel(3), never)).end,
    ).toBe("unreachable");
    expect((await (await build(strict.origin, { ca: "ca.pem" })).deliver(probeParcel(4), never)).end).toBe("delivered");
  });

  it("accepts an unchecked certificate only where the bridge says so", async () => {
    const receiver = await receive({ tls: other.issue("ungeprueft") });
    expect((await (await build(receiver.origin, { checkCertificate: false })).deliver(probeParcel(1), never)).end).toBe(
      "delivered",
    );
  });

  it("shows its own certificate, and says when it is refused", async () => {
    const client = authority.issue("bruecke");
    writeFileSync(join(folder, "client.pem"), client.cert);
    const tls = { ...authority.issue("gegenseitig"), ca: authority.ca, requestCert: true, rejectUnauthorized: true };
    const receiver = await receive({ tls });
    const good = await build(receiver.origin, { ca: "ca.pem", cert: "client.pem", key: client.key.toString() });
    expect((await good.deliver(probeParcel(1), never)).end).toBe("delivered");
    const without = await (await build(receiver.origin, { ca: "ca.pem" })).deliver(probeParcel(2), never);
    expect(without.end).toBe("unreachable");
    expect(receiver.heard.length).toBe(1);
  });

  it("says so where a server asks for a certificate in the handshake, or speaks no TLS at all", async () => {
    const asks = { ca: authority.ca, requestCert: true, rejectUnauthorized: true, maxVersion: "TLSv1.2" } as const;
    const strict = await receive({ tls: { ...authority.issue("fragend"), ...asks } });
    const without = await (await build(strict.origin, { ca: "ca.pem" })).deliver(probeParcel(1), never);
    expect(without).toMatchObject({ end: "unreachable", unsure: false });
    expect(without).toHaveProperty("message", expect.stringContaining("it may want a client certificate, see cert"));
    const plain = await receive();
    const target = await build(plain.origin.replace("http:", "https:"));
    const attempt = await target.deliver(probeParcel(1), never);
    expect(attempt).toMatchObject({ end: "unreachable", unsure: false });
    expect(attempt).toHaveProperty("message", expect.stringContaining("does not speak TLS at this port"));
  });

  it("refuses keys that do not belong together, without showing them", async () => {
    const client = authority.issue("eins");
    writeFileSync(join(folder, "eins.pem"), client.cert);
    const key = authority.issue("zwei").key.toString();
    await expect(build("https://neu.example/", { cert: "eins.pem", key })).rejects.toMatchObject({
      code: "OPTION_UNUSABLE",
      message: expect.not.stringContaining("PRIVATE") as string,
    });
  });
});

const client = { id: "steg ü", secret: "s:e/c+r et" };

async function tokens(): Promise<{
  server: TokenServer;
  receiver: Receiver;
  oauth: (more?: object) => Partial<HttpOptions>;
}> {
  const server = await startTokenServer(client);
  made.push(() => server.close());
  const receiver = await receive();
  receiver.rule = (heard) =>
    server.good.has(heard.headers.authorization?.replace("Bearer ", "") ?? "")
      ? undefined
      : { status: 401, accept: false };
  const base = {
    tokenUrl: server.url,
    clientId: client.id,
    clientSecret: client.secret,
    scope: undefined,
    audience: undefined,
    send: "basic",
  } as const;
  return { server, receiver, oauth: (more = {}) => ({ auth: { oauth2: { ...base, ...more } } }) };
}

describe("deliver.http: credentials", () => {
  it("sends a bearer token or user and password", async () => {
    const receiver = await receive();
    await (await build(receiver.origin, { auth: { bearer: "abc\n" } })).deliver(probeParcel(1), never);
    await (
      await build(receiver.origin, { auth: { basic: { user: "ü", password: "p:w" } } })
    ).deliver(probeParcel(2), never);
    expect(receiver.heard.map((each) => each.headers.authorization)).toEqual([
      "Bearer abc",
      `Basic ${Buffer.from("ü:p:w").toString("base64")}`,
    ]);
    await expect(build(receiver.origin, { auth: { basic: { user: "a:b", password: "x" } } })).rejects.toMatchObject({
      code: "OPTION_UNUSABLE",
    });
  });

  it("refuses a token server that is no web address or holds a password", async () => {
    for (const tokenUrl of ["ftp://login.example/", "login.example/token", "https://user:pass@login.example/"]) {
      const refused = build("https://neu.example/", { auth: { oauth2: clientOf(tokenUrl) } });
      await expect(refused).rejects.toMatchObject({ code: "OPTION_UNUSABLE" });
    }
  });

  it("warns where messages or the client's secret would travel readable", async () => {
    const warned = async (url: string, more: Partial<HttpOptions> = {}) => {
      const context = contextIn(folder);
      const target = await buildHttpTarget(url, more, context);
      made.push(() => target.close());
      return context.logged.map(({ event, fields }) => `${event} ${String(fields["url"])}`);
    };
    expect(await warned("http://neu.example/x?a=b")).toEqual(["target.plain_http http://neu.example/x"]);
    expect(await warned("https://neu.example/", { auth: { oauth2: clientOf("http://login.example/token") } })).toEqual([
      "target.plain_http http://login.example",
    ]);
    // Whoever sets the variable may not know what travels there.
    const outside = { source: "${env:ZIEL}/{id}", head: "http://neu.example/" };
    const url = Object.assign(() => "http://neu.example/a", outside);
    expect(await warned("", { url })).toEqual(["target.plain_http ${env:ZIEL}/{id}"]);
    expect(await warned("http://localhost:1/", { auth: { oauth2: clientOf("https://login.example/token") } })).toEqual(
      [],
    );
  });

  it("fetches one token for many deliveries that start together, and keeps it", async () => {
    const { server, receiver, oauth } = await tokens();
    server.delay = 100;
    const target = await build(receiver.origin, oauth({ scope: "a b", audience: "x" }));
    const ends = await Promise.all(Array.from({ length: 20 }, (_each, n) => target.deliver(probeParcel(n), never)));
    expect(ends.every((each) => each.end === "delivered")).toBe(true);
    expect((await target.deliver(probeParcel(21), never)).end).toBe("delivered");
    expect(server.asked.length).toBe(1);
    expect(Object.fromEntries(server.asked[0]?.form ?? [])).toEqual({
      grant_type: "client_credentials",
      scope: "a b",
      audience: "x",
    });
    expect(server.asked[0]?.authorization).toMatch(/^Basic /u);
  });

  it("can show the client in the form instead", async () => {
    const { server, receiver, oauth } = await tokens();
    expect((await (await build(receiver.origin, oauth({ send: "body" }))).deliver(probeParcel(1), never)).end).toBe(
      "delivered",
    );
    expect(server.asked[0]?.authorization).toBeUndefined();
  });

  it("renews a token before it ends", async () => {
    const { server, receiver, oauth } = await tokens();
    server.term = 1;
    const target = await build(receiver.origin, oauth());
    await target.deliver(probeParcel(1), never);
    await pause(600);
    expect((await target.deliver(probeParcel(2), never)).end).toBe("delivered");
    expect(server.asked.length).toBe(2);
    expect(receiver.heard.length).toBe(2);
  });

  it("fetches a new token once when the target withdraws it, and no more", async () => {
    const { server, receiver, oauth } = await tokens();
    const target = await build(receiver.origin, oauth());
    await target.deliver(probeParcel(1), never);
    server.good.clear();
    expect((await target.deliver(probeParcel(2), never)).end).toBe("delivered");
    expect(server.asked.length).toBe(2);
    receiver.rule = () => ({ status: 401, accept: false });
    expect(await target.deliver(probeParcel(3), never)).toMatchObject({
      end: "refused",
      code: "TARGET_AUTH",
      reply: { status: 401 },
    });
    expect(server.asked.length).toBe(3);
    expect(receiver.doubled).toEqual([]);
  });

  it("tells a refused client from a token server that is down, sends nothing, and does not knock for every message", async () => {
    const { server, receiver, oauth } = await tokens();
    const wrong = await build(receiver.origin, oauth({ clientSecret: "falsch-kanarie" }));
    const refused = await Promise.all([1, 2, 3].map((n) => wrong.deliver(probeParcel(n), never)));
    for (const attempt of refused) {
      expect(attempt).toMatchObject({
        end: "unreachable",
        unsure: false,
        code: "TARGET_AUTH",
        detail: "unknown client",
      });
      expect(attempt.end === "unreachable" && attempt.message).toMatch(/refused the client with 401: invalid_client$/u);
      expect(JSON.stringify(attempt)).not.toContain("kanarie");
    }
    await wrong.deliver(probeParcel(4), never);
    expect(server.asked.length).toBe(1);

    const down = await build(receiver.origin, oauth());
    server.script.push({ status: 503, body: "" });
    expect(await down.deliver(probeParcel(5), never)).toMatchObject({
      end: "unreachable",
      unsure: false,
      code: "TARGET_UNREACHABLE",
    });
    await pause(1_050);
    server.script.push({ status: 200, body: '{"token":"?"}' });
    expect(await down.deliver(probeParcel(6), never)).toMatchObject({ end: "unreachable", code: "TARGET_AUTH" });
    await pause(1_050);
    expect((await down.deliver(probeParcel(7), never)).end).toBe("delivered");
    expect(receiver.heard.length).toBe(1);

    const silent = await build(receiver.origin, { ...oauth(), timeout: 200 });
    server.script.push("hang");
    const attempt = await silent.deliver(probeParcel(8), never);
    expect(attempt.end === "unreachable" && attempt.message).toMatch(/token server .* did not answer in time/u);
  });

  it("lets a delivery that is stopped go without stopping the others", async () => {
    const { server, receiver, oauth } = await tokens();
    server.delay = 200;
    const target = await build(receiver.origin, oauth());
    const stop = new AbortController();
    const first = target.deliver(probeParcel(1), stop.signal);
    const second = target.deliver(probeParcel(2), never);
    stop.abort(new Error("told to"));
    expect(await first).toMatchObject({ end: "unreachable", unsure: false });
    expect((await second).end).toBe("delivered");
    expect(server.asked.length).toBe(1);
  });
});
