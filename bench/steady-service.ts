// What the services of benchmarks have in common: each is a small node server in a process of its own that answers everything alike.
// Prints {"port"}; ends with its stdin.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export function answerAlways(contentType: string, answer: string): void {
  const headers = { "content-type": contentType, "content-length": Buffer.byteLength(answer) };
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => response.writeHead(200, headers).end(answer));
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, "127.0.0.1", () => {
    process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`);
  });
  process.stdin.on("end", () => process.exit(0)).resume();
}
