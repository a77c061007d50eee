// Callers in a process of their own: as many connections as callers, each sends its next call when it has its answer. Reads jobs as lines
// of JSON on stdin, prints one line of figures for each.

import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";

export interface LoadJob {
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly callers: number;
  readonly milliseconds: number;
  /** Between two calls of a caller, milliseconds; absent = none. */
  readonly pause?: number;
}

export interface LoadFigures {
  readonly calls: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

async function load({ origin, path, headers, body, callers, milliseconds, pause }: LoadJob): Promise<LoadFigures> {
  const pool = new Pool(origin, { connections: callers, pipelining: 1 });
  const times: number[] = [];
  const since = performance.now();
  const until = since + milliseconds;
  const caller = async (): Promise<void> => {
    for (let now = performance.now(); now < until;) {
      const answer = await pool.request({ path, method: "POST", headers, body });
      const text = await answer.body.text();
      if (answer.statusCode !== 200) throw new Error(`${origin}${path} answered ${answer.statusCode}: ${text}`);
      const then = performance.now();
      times.push(then - now);
      if (pause !== undefined) await sleep(pause);
      now = pause === undefined ? then : performance.now();
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const seconds = (performance.now() - since) / 1_000;
  await pool.close();
  times.sort((one, other) => one - other);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { calls: times.length, perSecond: times.length / seconds, p50: at(0.5), p99: at(0.99) };
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await load(JSON.parse(line) as LoadJob))}\n`);
}
