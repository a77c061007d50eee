// The other side of a soak in a process of its own: takes batches of rows and single requests, counts each number that comes, and says 503
// to one request in two hundred before it has an effect. Prints {"port"}; GET /zahlen says what came; ends with its stdin.
//
// A repeated Idempotency-Key has no second effect, as the standard asks of a target; a number that comes under two keys came twice.

import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Numbers } from "./soak-numbers.ts";

const REFUSE_EVERY = 200;

const rows = new Numbers();
const requests = new Numbers();
const keys = new Set<string>();
let asked = 0;
let repeats = 0;
let refused = 0;

function take(path: string, key: string, body: string, response: ServerResponse): void {
  if (++asked % REFUSE_EVERY === 0) {
    refused++;
    response.writeHead(503).end();
    return;
  }
  if (keys.has(key)) repeats++;
  else if (path === "/zeilen") for (const { id } of JSON.parse(body) as { id: string }[]) rows.add(Number(id));
  else requests.add(Number((JSON.parse(body) as { nr: string }).nr));
  keys.add(key);
  response.writeHead(200, { "content-type": "application/json" }).end('{"ok":true}');
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    if (request.method === "GET") {
      response.end(JSON.stringify({ rows: rows.figures(), requests: requests.figures(), repeats, refused }));
      return;
    }
    const key = String(request.headers["idempotency-key"] ?? "");
    take(request.url ?? "", key, Buffer.concat(chunks).toString("utf8"), response);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`);
});
process.stdin.on("end", () => process.exit(0)).resume();
