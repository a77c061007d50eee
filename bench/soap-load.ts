// Callers that speak SOAP themselves, with the package soap: what a call costs without a bridge. As call-load, but over its client.

import { createInterface } from "node:readline";
import { createClientAsync } from "soap";
import type { LoadFigures, LoadJob } from "./call-load.ts";
import { QUESTION } from "./soap-contract.ts";

async function load({ origin, path, callers, milliseconds }: LoadJob): Promise<LoadFigures> {
  // `path` is the file of the WSDL; the package keeps no connections by itself.
  const client = await createClientAsync(path, { endpoint: origin, forceSoap12Headers: false });
  const { Agent } = await import("node:http");
  const agent = new Agent({ keepAlive: true, maxSockets: callers });
  const call = client["LesePersonAsync"] as (input: object, options: object) => Promise<readonly unknown[]>;
  const times: number[] = [];
  const since = performance.now();
  const until = since + milliseconds;
  const caller = async (): Promise<void> => {
    for (let now = performance.now(); now < until;) {
      await call.call(client, QUESTION, { httpAgent: agent });
      const then = performance.now();
      times.push(then - now);
      now = then;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const seconds = (performance.now() - since) / 1_000;
  agent.destroy();
  times.sort((one, other) => one - other);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { calls: times.length, perSecond: times.length / seconds, p50: at(0.5), p99: at(0.99) };
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await load(JSON.parse(line) as LoadJob))}\n`);
}
