// Callers that send too much, to a real appliance: whoever they are and however they send, they read why, and no broken line.

import { execFile, spawnSync } from "node:child_process";
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callWithPhp, phpMissing } from "../peers/php-soap-client.ts";
import { type Receiver, startReceiver } from "../peers/receiver.ts";
import { describeNeeding } from "../peers/required.ts";
import { headOf, writeWithContracts } from "./called-bridges.ts";
import { createPlace, type Place } from "./steg.ts";

const MOST = 256 * 1024;
/** More than the sockets between two processes hold. */
const LARGE = 12 << 20;

const bridge = (name: string, receive: string): string => `${headOf(name)}receive:
  ${receive}
deliver: { http: { url: "${service.origin}/echo" } }
`;

let place: Place;
let service: Receiver;
let origin = "";

beforeAll(async () => {
  place = await createPlace();
  service = await startReceiver();
  service.rule = ({ body }) => ({ headers: { "content-type": "application/json" }, body });
  const limits = `limits: { body: ${MOST}B }`;
  const rest = `callers: anyone, method: POST, path: /hunde, ${limits}`;
  await place.write("mappings/offen/bridge.yaml", bridge("offen", `rest: { ${rest} }`));
  await place.write("mappings/portal/bridge.yaml", bridge("portal", `rest: { ${rest.replace("anyone", "[portal]")} }`));
  await writeWithContracts(
    place,
    "hunde",
    bridge("hunde", `soap: { wsdl: schemas/hunde.wsdl, callers: anyone, ${limits} }`),
  );
  origin = (await place.startUp()).url;
});
afterAll(async () => {
  await place.remove();
  await service.close();
});

const FACES = [
  ["REST", "/bridges/offen/hunde", "application/json", /^HTTP\/1\.1 413 .*"code":"CALL_TOO_LARGE"/s],
  ["SOAP", "/soap/hunde", "text/xml", /^HTTP\/1\.1 500 .*<faultcode>soap:Client<.*<code>CALL_TOO_LARGE</s],
] as const;
const LINES = ["close", "keep-alive"] as const;
const WAYS = ["announced", "in chunks"] as const;
const cases = FACES.flatMap(([name, ...face]) =>
  LINES.flatMap((line) => WAYS.map((way) => [name, line, way, ...face] as const)),
);

function open(): Socket {
  const { hostname, port } = new URL(origin);
  return connect(Number(port), hostname);
}

function head(path: string, more: Readonly<Record<string, string | number>>): string {
  const lines = Object.entries({ host: "steg.example", ...more }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** Sends all it has before it reads a byte, as clients with blocking sockets do. Rejects where the line breaks. */
async function sendThenRead(text: string): Promise<string> {
  const socket = open();
  let answer = "";
  const ended = new Promise<void>((resolve, reject) => socket.once("error", reject).once("close", resolve));
  socket.pause();
  await Promise.race([ended, new Promise<void>((resolve) => socket.write(text, "latin1", () => resolve()))]);
  socket
    .setEncoding("utf8")
    .on("data", (piece) => (answer += String(piece)))
    .resume();
  await ended;
  return answer;
}

function chunked(size: number): string {
  const piece = `10000\r\n${" ".repeat(65_536)}\r\n`;
  return `${piece.repeat(size / 65_536)}0\r\n\r\n`;
}

describe("a body that is too large", () => {
  it.each(cases)("is answered: %s, %s, %s", async (_face, connection, way, path, type, expected) => {
    const common = { connection, "content-type": type };
    const text =
      way === "announced"
        ? head(path, { ...common, "content-length": LARGE }) + " ".repeat(LARGE)
        : head(path, { ...common, "transfer-encoding": "chunked" }) + chunked(LARGE);
    const answer = await sendThenRead(text);
    expect(answer).toMatch(expected);
    expect(answer).toMatch(/^connection: close\r$/im);
  });

  it.each(LINES)("is answered to node:http (%s), to undici likewise", async (connection) => {
    const agent = new Agent({ keepAlive: connection === "keep-alive" });
    const status = await new Promise((resolve, reject) => {
      const sent = request(
        `${origin}bridges/offen/hunde`,
        { method: "POST", agent, headers: { connection } },
        (reply) => reply.resume().on("end", () => resolve(reply.statusCode)),
      );
      sent.on("error", reject).end(Buffer.alloc(LARGE));
    });
    expect(status).toBe(413);
    agent.destroy();
    const headers = { "content-type": "application/json", connection };
    const reply = await fetch(`${origin}bridges/offen/hunde`, { method: "POST", headers, body: Buffer.alloc(LARGE) });
    expect([reply.status, await reply.json()]).toMatchObject([413, { code: "CALL_TOO_LARGE" }]);
  });

  it("is answered to one who may not call, and to one of the admin side", async () => {
    const large = { connection: "close", "content-type": "application/json", "content-length": LARGE };
    expect(await sendThenRead(head("/bridges/portal/hunde", large) + " ".repeat(LARGE))).toMatch(/^HTTP\/1\.1 401 /);
    expect(await sendThenRead(head("/bridges/nix", large) + " ".repeat(LARGE))).toMatch(/^HTTP\/1\.1 404 /);
    expect(await sendThenRead(head("/nix", large) + " ".repeat(LARGE))).toMatch(/^HTTP\/1\.1 404 /);
    expect(await sendThenRead(head("/api/v1/bridges/offen/pause", large) + " ".repeat(LARGE))).toMatch(
      /^HTTP\/1\.1 401 .*"UNAUTHENTICATED"/s,
    );
  });

  it("keeps nobody waiting who stops within it", async () => {
    const began = performance.now();
    const socket = open();
    let answer = "";
    socket.setEncoding("utf8").on("data", (piece) => (answer += String(piece)));
    socket.write(`${head("/bridges/offen/hunde", { "content-length": LARGE })}{`);
    await expect.poll(() => answer).toMatch(/^HTTP\/1\.1 413 .*"CALL_TOO_LARGE"/s);
    expect(performance.now() - began).toBeLessThan(2_000);
    await new Promise((resolve) => socket.once("close", resolve));
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it("ends no connection where it is little: the next call comes on the same one", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    const send = (path: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const sent = request(origin + path, { method: "POST", agent }, (reply) =>
          reply.resume().on("end", () => resolve(reply.statusCode)),
        );
        sent.on("socket", ({ localPort }) => ports.add(localPort)).on("error", reject);
        sent.setHeader("content-type", "application/json").end(JSON.stringify({ text: "x".repeat(20_000) }));
      });
    // A little later, so that the first one's port is known when the second asks.
    expect(await send("bridges/offen/hunde")).toBe(200);
    expect(await send("bridges/portal/hunde")).toBe(401);
    expect(await send("bridges/offen/hunde")).toBe(200);
    agent.destroy();
    ports.delete(undefined);
    expect(ports.size).toBe(1);
  });
});

describe("a caller who asks before sending (Expect: 100-continue)", () => {
  /** What comes to a head alone, until the line is quiet for a moment or closed. */
  async function ask(path: string, more: Readonly<Record<string, string | number>>, body = ""): Promise<string> {
    const socket = open();
    let answer = "";
    socket.setEncoding("utf8").on("data", (piece) => {
      answer += String(piece);
      if (answer === "HTTP/1.1 100 Continue\r\n\r\n") socket.write(body);
    });
    socket.write(head(path, { "content-type": "application/json", expect: "100-continue", ...more }));
    await expect.poll(() => answer).toMatch(/\r\n\r\n.*[}>]$/s);
    socket.destroy();
    return answer;
  }

  it("is told to go on, and served", async () => {
    const answer = await ask("/bridges/offen/hunde", { "content-length": 9 }, '{"a":"b"}');
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 .*\{"a":"b"\}$/s);
  });
  it.each(FACES)("hears at once that it is too much: %s", async (_face, path, type, expected) => {
    const answer = await ask(path, { "content-type": type, "content-length": MOST + 1 });
    expect(answer).toMatch(expected);
    expect(answer).toMatch(/^connection: close\r$/im);
  });
  it("hears at once that it may not call, or that there is nothing", async () => {
    expect(await ask("/bridges/nix", { "content-length": 9 })).toMatch(/^HTTP\/1\.1 404 /);
    expect(await ask("/nix", { "content-length": 9 })).toMatch(/^HTTP\/1\.1 404 /);
    expect(await ask("/bridges/portal/hunde", { "content-length": 9 })).toMatch(/^HTTP\/1\.1 401 /);
    expect(await ask("/api/v1/bridges/offen/pause", { "content-length": 9 })).toMatch(/^HTTP\/1\.1 401 /);
  });
  it("is told to go on by the admin side, too", async () => {
    const token = await place.token("ops", "operator");
    const more = { authorization: `Bearer ${token}`, "content-length": 14 };
    const answer = await ask("/api/v1/bridges/nix/pause", more, '{"ticket":"T"}');
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 404 .*BRIDGE_UNKNOWN/s);
  });
});

const curlMissing = spawnSync("curl", ["--version"]).error ? "there is no curl" : undefined;

describeNeeding("curl", curlMissing, "curl", () => {
  const url = (path: string): string => new URL(path, origin).href;

  it.each(FACES)(
    "reads the answer, asking first or not, with a length or in chunks: %s",
    async (_face, path, type, expected) => {
      await place.write("large", " ".repeat(LARGE));
      const ways = [
        ["expect: 100-continue"],
        ["expect:"],
        ["expect:", "connection: close"],
        ["transfer-encoding: chunked"],
      ];
      for (const headers of ways) {
        const words = [`content-type: ${type}`, ...headers].flatMap((header) => ["-H", header]);
        const given = ["-sS", "-i", "--http1.1", "--noproxy", "*", "--data-binary", `@${place.path("large")}`];
        const { stdout } = await promisify(execFile)("curl", [...given, ...words, url(path)]);
        expect(stdout.replace("HTTP/1.1 100 Continue\r\n\r\n", "")).toMatch(expected);
      }
    },
  );
});

describeNeeding("php", phpMissing, "PHP's SoapClient", () => {
  it("hears the fault", async () => {
    const input = { kennzeichen: "0".repeat(LARGE) };
    const result = await callWithPhp({ wsdl: `${origin}soap/hunde?wsdl`, operation: "LeseHund", input });
    const detail = { error: { code: "CALL_TOO_LARGE" } };
    expect(result).toMatchObject({ fault: { code: expect.stringMatching(/:Client$/) as string, detail } });
  });
});
