// The service behind an interface, for benchmarks of calls: a small node server in a process of its own that answers every POST with
// the same person. Prints {"port"}; ends with its stdin.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const ANSWER = JSON.stringify({
  om: "04711007",
  name: "Mustermann",
  vornamen: ["Erika", "Änne"],
  geburt: "1964-08-12",
  anschrift: { strasse: "Lindenstraße", nr: "12a", plz: "01067", ort: "Musterstadt" },
  vermerke: [
    { art: "A", text: "Vermerk mit etwas Text", seit: "2019-01-01" },
    { art: "B", text: "Noch ein Vermerk", seit: "2021-06-30" },
  ],
});
const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(ANSWER) };

const server = createServer((request, response) => {
  request.resume();
  request.on("end", () => response.writeHead(200, headers).end(ANSWER));
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`);
});
process.stdin.on("end", () => process.exit(0)).resume();
