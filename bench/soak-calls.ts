// Callers of a soak, in a process of their own and with an open loop: calls are sent when their time comes, whatever became of those
// before, and each is timed from then on, so that a slow moment is seen by all who would have called in it. Reads one job as a line of JSON
// on stdin, starts, and answers each further line with the figures since the one before.

import { createInterface } from "node:readline";
import { Pool } from "undici";

export interface SoakCalls {
  readonly origin: string;
  readonly token: string;
  /** Answered at once. */
  readonly call: { readonly path: string; readonly body: string; readonly perSecond: number };
  /** Accepted, and worked on later: each has a number in its body and a key of its own. */
  readonly accepted: { readonly path: string; readonly perSecond: number };
  /** The service itself, asked directly: what of a wait is the machine's and not the appliance's. */
  readonly direct: { readonly origin: string; readonly perSecond: number };
}

export interface SoakCallFigures {
  readonly calls: number;
  readonly failed: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
  readonly directP99: number;
  /** Requests of the asynchronous bridge that had their 202, since the beginning. */
  readonly accepted: number;
  /** Under way at the moment. */
  readonly open: number;
}

const CONNECTIONS = 64;

let times: number[] = [];
let directTimes: number[] = [];
let failed = 0;
let accepted = 0;
let open = 0;

function figures(): SoakCallFigures {
  const [through, direct] = [quantiles(times), quantiles(directTimes)];
  const [p50, p99, most] = [through(0.5), through(0.99), through(1)];
  const result = { calls: times.length, failed, p50, p99, most, directP99: direct(0.99), accepted, open };
  [times, directTimes, failed] = [[], [], 0];
  return result;
}

function quantiles(values: readonly number[]): (share: number) => number {
  const sorted = values.toSorted((one, other) => one - other);
  return (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Sends `perSecond` by the clock until it is stopped. */
function steadily(perSecond: number, send: (due: number, number: number) => Promise<void>): () => void {
  const since = performance.now();
  let sent = 0;
  let timer: NodeJS.Timeout;
  function next(): void {
    let due = since + (sent * 1_000) / perSecond;
    for (; due <= performance.now(); due = since + (sent * 1_000) / perSecond) {
      open++;
      send(due, ++sent)
        .catch((cause: unknown) => {
          failed++;
          process.stderr.write(`a call failed: ${String(cause)}\n`);
        })
        .finally(() => void open--);
    }
    timer = setTimeout(next, Math.max(1, due - performance.now()));
  }
  next();
  return () => clearTimeout(timer);
}

function start(job: SoakCalls): () => void {
  const pool = new Pool(job.origin, { connections: CONNECTIONS, pipelining: 1 });
  const headers = { "content-type": "application/json", authorization: `Bearer ${job.token}` };
  const service = new Pool(job.direct.origin, { connections: CONNECTIONS, pipelining: 1 });
  async function call(at: Pool, due: number, seen: () => number[]): Promise<void> {
    const answer = await at.request({ path: job.call.path, method: "POST", headers, body: job.call.body });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`${answer.statusCode} ${text}`);
    seen().push(performance.now() - due);
  }
  const stops = [
    steadily(job.call.perSecond, (due) => call(pool, due, () => times)),
    steadily(job.direct.perSecond, (due) => call(service, due, () => directTimes)),
    steadily(job.accepted.perSecond, async (_, number) => {
      const body = JSON.stringify({ nr: String(number) });
      const keyed = { ...headers, "idempotency-key": `soak-${number}` };
      const answer = await pool.request({ path: job.accepted.path, method: "POST", headers: keyed, body });
      const text = await answer.body.text();
      if (answer.statusCode !== 202) throw new Error(`${answer.statusCode} ${text}`);
      accepted++;
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

let stop: (() => void) | undefined;
for await (const line of createInterface({ input: process.stdin })) {
  if (stop === undefined) stop = start(JSON.parse(line) as SoakCalls);
  else {
    if (line === "stop") stop();
    process.stdout.write(`${JSON.stringify(figures())}\n`);
  }
}
process.exit(0);
