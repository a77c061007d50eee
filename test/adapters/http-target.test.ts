// deliver.http against real servers: the suite of all targets, then what each kind of answer and silence means.

import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import type { HttpOptions } from "../../src/adapters/http/target.ts";
import type { Attempt, Scope, Target } from "../../src/core/contract.ts";
import { buildHttpTarget } from "../conformance/builds.ts";
import { probeParcel } from "../conformance/probe.ts";
import { runTargetConformance } from "../conformance/target.ts";
import { contextIn, freshKey, messageOf, parcelOf, patternOf, pause, scopeOf } from "../conformance/surroundings.ts";
import { startReceiver, type Behaviour, type Receiver, type ReceiverOptions } from "../peers/receiver.ts";
import { startTcpProxy } from "../peers/tcp-proxy.ts";

const never = new AbortController().signal;
const made: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const undo of made.splice(0).toReversed()) await undo();
});
const folder = mkdtempSync(join(tmpdir(), "steg-http-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

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

runTargetConformance({
  name: "http",
  rounds: 6,
  async open() {
    const receiver = await startReceiver();
    return {
      connect: () => buildHttpTarget(`${receiver.origin}/in`),
      arrived: () => Promise.resolve(receiver.accepted),
      remains: () => Promise.resolve(receiver.doubled),
      nameOf: (parcel) => parcel.key,
      child: {
        module: pathToFileURL(join(import.meta.dirname, "../conformance/builds.ts")).href,
        export: "buildPlainHttpTarget",
        argument: `${receiver.origin}/in`,
      },
      close: () => receiver.close(),
    };
  },
});

describe("deliver.http: what is sent", () => {
  it("carries key, trace, origin and type, and the body as it is", async () => {
    const receiver = await receive();
    const target = await build(`${receiver.origin}/api/{id}?art={art}`, {
      headers: { Accept: "application/json", "X-Api-Key": "k1\n" },
    });
    const parcel = { ...parcelOf(7, "<a>ü</a>", { id: "a/b ?#ä", art: "x&y=z" }), last: 9 };
    expect((await target.deliver(parcel, never)).end).toBe("delivered");
    const [heard] = receiver.heard;
    expect(heard?.method).toBe("POST");
    expect(heard?.path).toBe("/api/a%2Fb%20%3F%23%C3%A4?art=x%26y%3Dz");
    expect(heard?.body.toString()).toBe("<a>ü</a>");
    expect(heard?.headers).toMatchObject({
      "idempotency-key": parcel.key,
      "x-steg-bridge": "probe",
      "x-steg-drop": "drop-1",
      "x-steg-record": "7-9",
      "content-type": "application/xml; charset=utf-8",
      accept: "application/json",
      "x-api-key": "k1",
    });
    expect(heard?.headers["traceparent"]).toMatch(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01$/u);
    await target.deliver(probeParcel(1), never);
    expect(receiver.heard[1]?.headers["traceparent"]).not.toBe(heard?.headers["traceparent"]);
    expect(receiver.heard[1]?.headers["x-steg-record"]).toBe("1");
  });

  it("sends GET and DELETE without a body", async () => {
    const receiver = await receive();
    for (const method of ["GET", "DELETE"] as const) {
      await (await build(receiver.origin, { method })).deliver(probeParcel(1), never);
    }
    expect(receiver.heard.map((each) => [each.method, each.body.length, each.headers["content-type"]])).toEqual([
      ["GET", 0, undefined],
      ["DELETE", 0, undefined],
    ]);
  });

  it.each([
    // A connection rests for a moment after an answer, so that twice as many as deliveries are under way keep them busy.
    [64, 6],
    [3, 3],
  ])("keeps connections: of %i allowed, three lanes need at most %i", async (connections, most) => {
    const receiver = await receive();
    const target = await build(receiver.origin, { connections });
    for (let n = 0; n < 60; n += 3)
      await Promise.all([1, 2, 3].map((each) => target.deliver(probeParcel(n + each), never)));
    expect(receiver.connections).toBeLessThanOrEqual(most);
  });

  it("goes on when the server has closed the kept connections", async () => {
    const receiver = await receive();
    const target = await build(receiver.origin);
    for (let n = 1; n <= 10; n++) {
      expect((await target.deliver(probeParcel(n), never)).end).toBe("delivered");
      receiver.dropConnections();
      await pause(20);
    }
    expect(receiver.accepted.size).toBe(10);
  });
});

describe("deliver.http: what an answer means", () => {
  const answers: [Behaviour, string, Partial<Extract<Attempt, { end: "retry" }>>?][] = [
    [{ status: 200 }, "delivered"],
    [{ status: 204 }, "delivered"],
    [{ status: 299 }, "delivered"],
    [{ status: 200, instead: "info" }, "delivered"],
    [{ status: 400 }, "refused"],
    [{ status: 404 }, "refused"],
    [{ status: 413 }, "refused"],
    [{ status: 422 }, "refused"],
    [{ status: 301, headers: { location: "http://127.0.0.1:1/" } }, "retry"],
    [{ status: 307, headers: { location: "http://127.0.0.1:1/" } }, "retry"],
    [{ status: 305 }, "retry"],
    [{ status: 401 }, "refused"],
    [{ status: 403 }, "refused"],
    [{ status: 408 }, "retry"],
    [{ status: 409 }, "retry"],
    [{ status: 425 }, "retry"],
    [{ status: 429, headers: { "retry-after": "7" } }, "retry", { after: 7_000 }],
    [{ status: 500 }, "retry"],
    [{ status: 500, accept: true }, "retry"],
    [{ status: 503, headers: { "retry-after": "0" } }, "retry", { after: 0 }],
    [
      {
        status: 503,
        headers: { date: "Sat, 21 Nov 2026 09:00:00 GMT", "retry-after": "Sat, 21 Nov 2026 09:02:00 GMT" },
      },
      "retry",
      { after: 120_000 },
    ],
    [
      {
        status: 503,
        headers: { date: "Sat, 21 Nov 2026 09:00:00 GMT", "retry-after": "Saturday, 21-Nov-26 09:00:30 GMT" },
      },
      "retry",
      { after: 30_000 },
    ],
    [
      { status: 503, headers: { date: "Sat, 21 Nov 2026 09:00:00 GMT", "retry-after": "Sat Nov 21 09:00:05 2026" } },
      "retry",
      { after: 5_000 },
    ],
    [{ status: 503, headers: { "retry-after": "Sun, 06 Nov 1994 08:49:37 GMT" } }, "retry", { after: 0 }],
    [{ status: 503, headers: { "retry-after": "9999999999" } }, "retry", { after: 86_400_000 }],
    [{ status: 503, headers: { "retry-after": "morgen" } }, "retry"],
  ];
  it.each(answers)("%j is %s", async (behaviour, end, more) => {
    const receiver = await receive();
    const target = await build(`${receiver.origin}/x`);
    receiver.script.push({ body: "Herr Beispiel wohnt dort nicht", ...behaviour });
    const attempt = await target.deliver(probeParcel(1), never);
    expect(attempt).toMatchObject({ end, ...more });
    if (attempt.end === "unreachable") throw new Error("there was an answer");
    expect(attempt.reply?.status).toBe(behaviour.status);
    if (attempt.end === "delivered") return;
    expect(attempt.message).toContain(`POST ${receiver.origin}/x answered ${behaviour.status}`);
    expect(attempt.message).not.toContain("Beispiel");
    expect(attempt.message.includes("redirects are not followed")).toBe([301, 307].includes(behaviour.status ?? 0));
    expect(attempt.detail).toBe("Herr Beispiel wohnt dort nicht");
    expect(attempt.end === "retry" ? attempt.after : undefined).toBe(more?.after);
    expect(receiver.heard.length).toBe(1);
  });

  it("gives the reply to formulas: JSON parsed, text as text, headers without cookies", async () => {
    const receiver = await receive();
    const target = await build(receiver.origin);
    const json = { "content-type": "application/problem+json; charset=utf-8", "set-cookie": "s=1", "x-two": "b" };
    receiver.script.push({ status: 200, headers: json, body: '{"returncode":"99","__proto__":{"x":1}}' });
    receiver.script.push({
      status: 200,
      headers: { "content-type": "text/plain; charset=iso-8859-1" },
      body: Buffer.from([0x47, 0x72, 0xfc, 0x6e]),
    });
    receiver.script.push({ status: 200, headers: { "content-type": "application/json" }, body: "{kaputt" });
    receiver.script.push({ status: 200, headers: { "content-type": "application/json" }, body: "[".repeat(60_000) });
    const replies = [];
    for (let n = 1; n <= 4; n++) {
      const attempt = await target.deliver(probeParcel(n), never);
      replies.push(attempt.end === "delivered" ? attempt.reply : undefined);
    }
    expect((replies[0]?.body as { returncode?: string } | undefined)?.returncode).toBe("99");
    expect(({} as { x?: number }).x).toBeUndefined();
    expect(replies[0]?.headers?.["x-two"]).toBe("b");
    expect(replies[0]?.headers?.["set-cookie"]).toBeUndefined();
    expect(replies[1]?.body).toBe("Grün");
    expect(replies[2]?.body).toBe("{kaputt");
    expect(typeof replies[3]?.body).toBe("string");
  });

  it("keeps 64 KiB of a long answer and gives up an endless one", async () => {
    const receiver = await receive();
    const target = await build(receiver.origin, { timeout: 10_000 });
    receiver.script.push({ status: 200, body: "x".repeat(100_000) }, { status: 400, instead: "endless" });
    const long = await target.deliver(probeParcel(1), never);
    expect(long).toMatchObject({ end: "delivered", reply: { body: "x".repeat(65_536) } });
    const endless = await target.deliver(probeParcel(2), never);
    expect(endless.end).toBe("refused");
    expect((await target.deliver(probeParcel(3), never)).end).toBe("delivered");
  });

  it("meets an honest receiver's word about a repeated key", async () => {
    const receiver = await receive();
    const target = await build(receiver.origin);
    const first = parcelOf(1, "eins");
    expect((await target.deliver(first, never)).end).toBe("delivered");
    expect(await target.deliver({ ...first, body: Buffer.from("zwei") }, never)).toMatchObject({
      end: "refused",
      reply: { status: 422 },
    });
    receiver.script.push({ status: 200, delay: 300 });
    const slow = target.deliver({ ...first, key: freshKey() }, never);
    expect((await slow).end).toBe("delivered");
  });
});

describe("deliver.http: no answer", () => {
  const silences: [Behaviour["instead"], boolean, RegExp][] = [
    ["hang", true, /did not answer within 0\.3 s/u],
    ["stall", true, /did not finish its answer within 0\.3 s/u],
    ["half", true, /within its answer/u],
    ["reset", true, /closed the connection/u],
    ["close", true, /closed the connection/u],
    ["garbage", true, /not HTTP/u],
  ];
  it.each(silences)("%s may have arrived: unsure", async (instead, unsure, words) => {
    const receiver = await receive();
    const target = await build(`${receiver.origin}/x`, { timeout: 300 });
    receiver.script.push({ ...(instead && { instead }), accept: true });
    const parcel = probeParcel(1);
    const attempt = await target.deliver(parcel, never);
    expect(attempt).toMatchObject({ end: "unreachable", unsure, code: "TARGET_UNREACHABLE" });
    expect(messageOf(attempt)).toMatch(words);
    // The same key again, and the honest receiver has it once.
    expect((await target.deliver(parcel, never)).end).toBe("delivered");
    expect(receiver.doubled).toEqual([]);
    expect(receiver.accepted.size).toBe(1);
  });

  it("knows that nothing was sent where no connection came about", async () => {
    const free = await receive();
    await free.close();
    const refused = await (await build(`${free.origin}/x`)).deliver(probeParcel(1), never);
    expect(refused).toMatchObject({ end: "unreachable", unsure: false });
    expect(refused.end === "unreachable" && refused.message).toMatch(/refuses connections \(ECONNREFUSED\)/u);
    const unknown = await (await build("http://gibt-es-nicht.invalid/x")).deliver(probeParcel(1), never);
    expect(unknown).toMatchObject({ end: "unreachable", unsure: false });
  });

  it("knows that nothing was sent where the TLS handshake hangs", async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => void silent.listen(0, "127.0.0.1", resolve));
    made.push(() => void silent.close());
    const { port } = silent.address() as { port: number };
    for (const more of [{ timeout: 300 }, { timeout: 20_000, connectTimeout: 1_000 }]) {
      const target = await build(`https://127.0.0.1:${port}/`, more);
      expect(await target.deliver(probeParcel(1), never)).toMatchObject({ end: "unreachable", unsure: false });
    }
  });

  it.each(["reset", "end", "silence"] as const)(
    "survives cuts at any byte by %s with one effect per key",
    async (how) => {
      const receiver = await receive();
      const proxy = await startTcpProxy(receiver.port);
      made.push(() => proxy.close());
      const target = await build(`http://127.0.0.1:${proxy.port}/x`, { timeout: how === "silence" ? 250 : 5_000 });
      for (let n = 1; n <= 12; n++) {
        proxy.plan = n % 2 === 0 ? { how, toServer: n * 60 } : { how, fromServer: n * 20 };
        const parcel = probeParcel(n);
        const attempt = await target.deliver(parcel, never);
        expect(attempt.end === "unreachable" ? attempt.unsure : true).toBe(true);
        proxy.plan = undefined;
        proxy.cut("reset");
        await pause(5);
        let end = "";
        for (let again = 0; again < 3 && end !== "delivered"; again++) end = (await target.deliver(parcel, never)).end;
        expect(end).toBe("delivered");
      }
      expect(receiver.accepted.size).toBe(12);
      expect(receiver.doubled).toEqual([]);
    },
  );

  it("20 % accepted and then answered 500: no second effect", async () => {
    const receiver = await receive();
    let count = 0;
    receiver.rule = (heard) =>
      ++count % 5 === 0 && !receiver.accepted.has(heard.key) ? { status: 500, accept: true } : undefined;
    const target = await build(receiver.origin);
    for (let n = 1; n <= 200; n++) {
      let end = "";
      while (end !== "delivered") end = (await target.deliver(probeParcel(n), never)).end;
    }
    expect(receiver.accepted.size).toBe(200);
    expect(receiver.doubled).toEqual([]);
    expect(receiver.heard.length).toBeGreaterThan(200);
  });
});

describe("deliver.http: where to", () => {
  it("refuses a server chosen by a value, unless hosts lists it", async () => {
    await expect(build("https://{host}/x")).rejects.toMatchObject({ code: "OPTION_UNUSABLE" });
    await expect(build("https://neu.example{zusatz}/x")).rejects.toMatchObject({ code: "OPTION_UNUSABLE" });
    await expect(build("https://a@{host}/x")).rejects.toMatchObject({ code: "OPTION_UNUSABLE" });
    await expect(build("{url}")).rejects.toMatchObject({ code: "OPTION_UNUSABLE" });
    const receiver = await receive();
    const target = await build(`http://{host}:${receiver.port}/x`, {
      hosts: [`127.0.0.1:${receiver.port}`, "*.neu.example"],
    });
    expect((await target.deliver(parcelOf(1, "x", { host: "127.0.0.1" }), never)).end).toBe("delivered");
    for (const host of ["169.254.169.254", "localhost", "evil.example", "neu.example", "x.neu.example.evil"]) {
      const attempt = await target.deliver(parcelOf(2, "x", { host }), never);
      expect(attempt).toMatchObject({ end: "refused", code: "TARGET_ADDRESS" });
      expect(attempt.end === "refused" && attempt.message).not.toContain(host);
    }
    expect(receiver.heard.length).toBe(1);
  });

  it.each(["..", ".", "%2e%2e", "x/../../y", "a\\b", "a\nb", "a b"])(
    "refuses the value %j where it reaches the path raw",
    async (id) => {
      const receiver = await receive();
      const target = await build(receiver.origin, { url: patternOf(`${receiver.origin}/api/{id}`, "raw") });
      expect(await target.deliver(parcelOf(1, "x", { id }), never)).toMatchObject({
        end: "refused",
        code: "TARGET_ADDRESS",
      });
      expect(receiver.heard.length).toBe(0);
    },
  );

  it("refuses dots also where values are encoded, since servers undo that", async () => {
    const receiver = await receive();
    const target = await build(`${receiver.origin}/api/{id}`);
    expect((await target.deliver(parcelOf(1, "x", { id: ".." }), never)).end).toBe("refused");
  });

  it("gives circuit and batches their address", async () => {
    const target = await build("https://neu.example/api/{id}?k=1");
    expect(target.address(parcelOf(1, "x", { id: "a" }))).toBe("https://neu.example");
    const destination = (scope: Scope): string | undefined => target.destination?.(scope);
    expect(destination(scopeOf({ id: "a" }))).toBe("https://neu.example/api/a?k=1");
    expect(destination(scopeOf({ id: "b" }))).not.toBe(destination(scopeOf({ id: "a" })));
    expect(target.locality).toBe("remote");
  });

  it("refuses addresses and headers that must not be, when it is built", async () => {
    const bad: [string, Partial<HttpOptions>][] = [
      ["ftp://neu.example/", {}],
      ["https://user:pass@neu.example/", {}],
      ["https://neu.example/", { hosts: ["*"] }],
      ["https://neu.example/", { headers: { Host: "x" } }],
      ["https://neu.example/", { headers: { "Idempotency-Key": "x" } }],
      ["https://neu.example/", { headers: { "X-A": "a\r\nX-B: b" } }],
      ["https://neu.example/", { auth: { bearer: "a\nb" } }],
      ["https://neu.example/", { headers: { Authorization: "x" }, auth: { bearer: "x" } }],
      ["https://neu.example/", { key: "x" }],
    ];
    for (const [url, more] of bad) {
      await expect(build(url, more)).rejects.toMatchObject({
        code: expect.stringMatching(/^(?:OPTION_UNUSABLE|TARGET_ADDRESS)$/u),
      });
    }
  });

  it("says nothing of values and secrets in any message", async () => {
    const receiver = await receive();
    const target = await build(`${receiver.origin}/p/{id}?name={name}&token=abc`, {
      timeout: 200,
      auth: { bearer: "geheim-kanarie" },
      headers: { "X-Key": "zweites-geheimnis" },
    });
    const values = { id: "wert-kanarie", name: "Erika" };
    const orders: Behaviour[] = [
      { status: 400 },
      { status: 401 },
      { status: 500 },
      { status: 302 },
      { instead: "hang" },
      { instead: "reset" },
      { instead: "garbage" },
    ];
    for (const [n, order] of orders.entries()) {
      receiver.script.push(order);
      const attempt = await target.deliver(parcelOf(n, "x", values), never);
      expect(JSON.stringify(attempt)).not.toMatch(/geheim|kanarie|Erika|zweites|abc/u);
    }
  });
});
