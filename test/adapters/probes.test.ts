// probe.http against a real HTTP server, probe.prometheus against a real Prometheus.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { httpProbe } from "../../src/adapters/http/probe.ts";
import { prometheusProbe } from "../../src/adapters/prometheus/index.ts";
import type { Probe } from "../../src/core/contract.ts";
import { contextIn } from "../conformance/surroundings.ts";
import { prometheusMissing, startPrometheus, type PrometheusPeer } from "../peers/prometheus.ts";
import { describeNeeding } from "../peers/required.ts";

const never = new AbortController().signal;
const SPAN = { from: 0, to: 3_600_000 };

type Answering = (request: IncomingMessage, reply: ServerResponse) => void;

let answering: Answering = (_request, reply) => void reply.end("{}");
let origin = "";
let asked: IncomingMessage[] = [];
const server = createServer((request, reply) => {
  asked.push(request);
  answering(request, reply);
});
beforeAll(async () => {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const made: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  asked = [];
  for (const undo of made.splice(0).toReversed()) await undo();
});

const SERVER = {
  auth: undefined,
  ca: undefined,
  cert: undefined,
  key: undefined,
  passphrase: undefined,
  tls: "TLSv1.2",
  checkCertificate: true,
  timeout: 400,
  connectTimeout: 400,
} as const;
type HttpMore = Partial<Parameters<typeof httpProbe.build>[0]>;

async function probe(more: HttpMore = {}): Promise<Probe> {
  const options = {
    url: `${origin}/zahlen.json?mandant=1`,
    pointer: "/anfragen/gesamt",
    counts: "total",
    ...SERVER,
    ...more,
  } as const;
  const built = await httpProbe.build(options, contextIn("/"));
  made.push(() => built.close());
  return built;
}

function says(body: string, status = 200, headers: Readonly<Record<string, string>> = {}): void {
  answering = (_request, reply) => void reply.writeHead(status, headers).end(body);
}

/** What a look that fails says. */
async function fault(given: Probe): Promise<string> {
  const failure: unknown = await given.read(SPAN, never).catch((cause: unknown) => cause);
  expect(failure).toMatchObject({ code: "PROBE_FAILED" });
  return (failure as Error).message;
}

describe("probe.http", () => {
  it.each<[string, string, string, number]>([
    ["a number", '{"anfragen":{"gesamt":4711}}', "/anfragen/gesamt", 4711],
    ["a text with a number", '{"anfragen":{"gesamt":"4711"}}', "/anfragen/gesamt", 4711],
    ["the document itself", "0", "", 0],
    ["an item of a list", '[{"a/b":[1,2.5]}]', "/0/a~1b/1", 2.5],
    ["a key with a tilde", '{"a~b":7}', "/a~0b", 7],
  ])("reads %s", async (_name, body, pointer, figure) => {
    says(body);
    expect(await (await probe({ pointer })).read(SPAN, never)).toBe(figure);
    expect(asked.map(({ method, url }) => [method, url])).toEqual([["GET", "/zahlen.json?mandant=1"]]);
  });

  it.each<[string, string]>([
    ["nothing there", "{}"],
    ["a negative number", '{"anfragen":{"gesamt":-1}}'],
    ["a word", '{"anfragen":{"gesamt":"viele"}}'],
    ["a text in hexadecimal", '{"anfragen":{"gesamt":"0x10"}}'],
    ["null", '{"anfragen":{"gesamt":null}}'],
    ["what every object has", '{"anfragen":[]}'],
  ])("takes %s for no figure, never for 0", async (_name, body) => {
    says(body);
    expect(await fault(await probe())).toBe(
      `there is no figure from 0 on at /anfragen/gesamt of what ${origin}/zahlen.json answered`,
    );
  });

  it("says what is wrong with an answer, and follows no redirect", async () => {
    const given = await probe();
    says("<html>", 200);
    expect(await fault(given)).toBe(`${origin}/zahlen.json answered something that is no JSON`);
    says("", 302, { location: `${origin}/anderswo` });
    expect(await fault(given)).toBe(`${origin}/zahlen.json answered with status 302`);
    expect(asked).toHaveLength(2);
    says(`"${"x".repeat(1 << 20)}"`);
    expect(await fault(given)).toBe(`${origin}/zahlen.json answered more than 1 MiB`);
    answering = () => {};
    expect(await fault(given)).toBe(`${origin}/zahlen.json did not answer within 0.4 s`);
  });

  it("shows who it is", async () => {
    says('{"anfragen":{"gesamt":1}}');
    await (await probe({ auth: { bearer: " geheim\n" } })).read(SPAN, never);
    await (await probe({ auth: { basic: { user: "steg", password: "päss" } } })).read(SPAN, never);
    expect(asked.map(({ headers }) => headers.authorization)).toEqual([
      "Bearer geheim",
      `Basic ${Buffer.from("steg:päss").toString("base64")}`,
    ]);
  });

  it("refuses an address with a password in it", async () => {
    await expect(probe({ url: "https://steg:geheim@neu.example/x" })).rejects.toMatchObject({
      code: "OPTION_UNUSABLE",
    });
    await expect(probe({ url: "ftp://neu.example/x" })).rejects.toMatchObject({ code: "OPTION_UNUSABLE" });
  });
});

describeNeeding("prometheus", prometheusMissing, "probe.prometheus", () => {
  let peer: PrometheusPeer;
  let requests = 0;
  let began = 0;

  beforeAll(async () => {
    // Two instances of the successor, of which one begins anew in the middle.
    answering = (_request, reply) =>
      void reply
        .writeHead(200, { "content-type": "text/plain; version=0.0.4" })
        .end(`neu_requests_total{instanz="a"} ${requests}\nneu_requests_total{instanz="b"} ${requests % 50}\n`);
    peer = await startPrometheus(new URL(origin).host);
    // It looks for what to scrape five seconds after its start.
    for (let round = 0; round < 300 && asked.length < 2; round++) await sleep(50);
    began = Date.now();
    for (let round = 0; round < 12; round++) {
      requests += 10;
      await sleep(200);
    }
  });
  afterAll(async () => await peer.close());

  async function ask(query: string, span = { from: began, to: Date.now() }): Promise<number | string> {
    const built = await prometheusProbe.build({ url: peer.origin, query, ...SERVER, timeout: 5_000 }, contextIn("/"));
    made.push(() => built.close());
    expect(built.reads).toBe(query.includes("$__range") ? "span" : "total");
    return await built.read(span, never).catch((cause: unknown) => {
      const { code, message } = cause as { readonly code: string; readonly message: string };
      return code === "PROBE_FAILED" ? message : code;
    });
  }

  it("reads a counter, and an increase over the span that is asked for", async () => {
    expect(await ask('sum(neu_requests_total{instanz="a"})')).toBe(requests);
    expect(await ask("scalar(sum(vector(3)))")).toBe(3);
    // Counters that begin anew are seen by Prometheus itself: what both had since then is more than what they stand at.
    const grown = Number(await ask("sum(increase(neu_requests_total[$__range]))"));
    expect(grown).toBeGreaterThan(requests + (requests % 50));
    const long = { from: began - 3_600_000, to: began - 1_800_000 };
    expect(await ask("sum(increase(neu_requests_total[$__range]))", long)).toContain("gives no series");
  });

  it("says that a query gives no figure, or several", async () => {
    expect(await ask("neu_requests_total")).toContain(
      "gives 2 series where one value is wanted; write sum(…) around it",
    );
    expect(await ask("sum(gibt_es_nicht)")).toContain("gives no series where one value is wanted");
    expect(await ask("vector(NaN)")).toContain("gives no figure from 0 on");
    expect(await ask("vector(-1)")).toContain("gives no figure from 0 on");
    expect(await ask("sum(")).toContain("answered with status 400");
  });
});
