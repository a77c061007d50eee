// A SOAP service for benchmarks, in a process of its own: answers every POST with the same person, whatever it asked. Prints {"port"};
// ends with its stdin.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ANSWER } from "./soap-contract.ts";

const headers = { "content-type": "text/xml; charset=utf-8", "content-length": Buffer.byteLength(ANSWER) };

const server = createServer((request, response) => {
  request.resume();
  request.on("end", () => response.writeHead(200, headers).end(ANSWER));
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`);
});
process.stdin.on("end", () => process.exit(0)).resume();
