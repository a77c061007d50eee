// The admin side on a real port, addressed by what is no proper client: it answers 4xx or hangs up, and goes on serving others.

import { createConnection } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startServer } from "../../src/core/http/server.ts";
import type { HttpServer } from "../../src/core/http/server.ts";
import type { Operations } from "../../src/core/operations/operations.ts";
import { OPERATION_NAMES } from "../../src/core/operations/operations.ts";
import type { TokenBook } from "../../src/core/operations/tokens.ts";

const asked: string[] = [];
const operations = Object.fromEntries(
  OPERATION_NAMES.map((name) => [name, async () => void asked.push(name)]),
) as unknown as Operations;
let server: HttpServer;
const deps = {
  operations,
  tokens: { authenticate: async () => ({ name: "x", role: "operator", tags: [] }) } as unknown as TokenBook,
  version: "1",
  log: () => undefined,
  tls: undefined,
  ready: () => true,
  zoneOf: () => "Europe/Berlin",
};
beforeAll(async () => {
  server = await startServer(deps, { host: "127.0.0.1", port: 0 });
});
afterAll(async () => await server.close());

async function raw(text: string): Promise<string> {
  const socket = createConnection(Number(new URL(server.url).port), "127.0.0.1");
  let answer = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => (answer += chunk));
  socket.on("error", () => undefined);
  socket.setTimeout(5_000, () => socket.destroy());
  socket.end(text);
  await new Promise((resolve) => socket.once("close", resolve));
  return answer;
}

const pause = (headers: string, body: string): string =>
  `POST /api/v1/bridges/a/pause HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\nContent-Type: application/json\r\n${headers}\r\n${body}`;
const BODY = '{"ticket":"T"}';

describe("the admin side", () => {
  it.each([
    ["no HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"],
    ["a line that is no request", "GARBAGE\r\n\r\n"],
    ["an unknown version", "GET / HTTP/9.9\r\nHost: x\r\n\r\n"],
    ["no host", "GET / HTTP/1.1\r\n\r\n"],
    ["two lengths", pause(`Content-Length: ${BODY.length}\r\nContent-Length: 5\r\n`, BODY)],
    ["a length and chunks", pause(`Content-Length: ${BODY.length}\r\nTransfer-Encoding: chunked\r\n`, BODY)],
    ["a length that is none", pause("Content-Length: -1\r\n", BODY)],
    ["a folded header", pause(`Content-Length: ${BODY.length}\r\nX-A: b\r\n c: d\r\n`, BODY)],
    ["a header with a NUL", pause(`Content-Length: ${BODY.length}\r\nX-A: b\0c\r\n`, BODY)],
    ["headers without end", `GET / HTTP/1.1\r\nHost: x\r\nX-A: ${"a".repeat(100_000)}\r\n\r\n`],
    ["a length beyond the limit", pause("Content-Length: 99999999999\r\n", BODY)],
    [
      "a body that poisons prototypes",
      pause("Content-Length: 43\r\n", '{"ticket":"T","__proto__":{"admin":"yes!!"}}'.slice(0, 43)),
    ],
    ["a path that leaves the API", "GET /api/v1/../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["a path with a NUL", "GET /api/v1/bridges/%00 HTTP/1.1\r\nHost: x\r\n\r\n"],
  ])("refuses %s", async (_what, text) => {
    asked.length = 0;
    const answer = await raw(text);
    expect(answer).toMatch(/^(?:HTTP\/1\.1 4\d\d |$)/);
    expect(answer).not.toMatch(/\n\s+at |node_modules/);
    expect(asked).toEqual([]);
    expect((await fetch(`${server.url}health/live`)).status).toBe(200);
  });

  it("does what a proper one asks, so that the refusals above mean something", async () => {
    asked.length = 0;
    expect(await raw(pause(`Content-Length: ${BODY.length}\r\n`, BODY))).toMatch(/^HTTP\/1\.1 204 /);
    expect(asked).toEqual(["pause"]);
  });

  it.each([
    ["127.0.0.1", "the port is taken"],
    ["192.0.2.1", "this machine has no such address"],
    ["no-such-host.invalid", "host"],
  ])("says why it cannot listen on %s", async (host, why) => {
    const failure = await startServer(deps, { host, port: Number(new URL(server.url).port) }).catch(
      (cause: unknown) => cause,
    );
    expect(failure).toMatchObject({ code: "LISTEN_FAILED", message: expect.stringContaining(why) as string });
  });
});
