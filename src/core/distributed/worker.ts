// The other side: takes chunks, works on them, gives their outcomes back. It keeps nothing: it may be killed at any time, and any number
// of them may run.

import { setTimeout as sleep } from "node:timers/promises";
import type { Job } from "bullmq";
import type { Log } from "../contract.ts";
import { asBridgeError, BridgeError } from "../errors.ts";
import type { RunningBridge } from "../pipeline/drop-run.ts";
import { untilAborted } from "../pipeline/slots.ts";
import { readTraceparent } from "../telemetry/trace-context.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import type { ChunkJob, ChunkOutcome, SentEnding } from "./chunk-job.ts";
import { type JobData, versionKey } from "./queue.ts";
import type { QueueTelemetry } from "./queue-telemetry.ts";
import { connect, PREFIX, QUEUE, Worker } from "./redis.ts";
import type { RedisSettings } from "./redis-address.ts";
import type { Sealed, Sealer } from "./sealed.ts";
import { workChunk } from "./work-chunk.ts";

/** Whoever has not said for so long that he works on a chunk, does not; another takes it. */
const LOCK_MS = 5_000;
/** A chunk may be taken up again as often as workers die. */
const NO_LIMIT = 1_000_000_000;
/** What has not ended by then goes back, so that no chunk keeps a place for itself while its target dawdles. */
const CHUNK_MS = 60_000;
/** At most so often. */
const PROGRESS_MS = 250;
/** Chunks in flight have so long to end when the worker is asked to stop. */
const DRAIN_MS = 25_000;

export interface WorkerDeps {
  readonly redis: RedisSettings;
  readonly sealer: Sealer;
  /** How many chunks at the same time. */
  readonly concurrency: number;
  /** A bridge as of this version, built from its files; VERSION_MISSING where it does not load here. */
  readonly open: (bridge: string, version: string, files: ReadonlyMap<string, Uint8Array>) => Promise<RunningBridge>;
  /** Absent = nobody wants to know. */
  readonly telemetry?: { readonly tracing: Tracing; readonly queue: QueueTelemetry } | undefined;
  readonly log: Log;
}

/** Works until the signal, and until what is in flight has ended. */
export async function runWorker(deps: WorkerDeps, signal: AbortSignal): Promise<{ readonly chunks: number }> {
  const { sealer, log, concurrency } = deps;
  const onError = (cause: unknown): void => log("debug", "redis.error", { why: asBridgeError(cause).detail ?? "" });
  const connection = connect(deps.redis, true, onError);
  const kill = new AbortController();
  const bridges = createBridgeShelf(deps, async (key) => await connection.get(key));
  const renewed = new Map<string, number>();
  let chunks = 0;

  async function work(job: Job<JobData, Sealed>, _token?: string, lost?: unknown): Promise<Sealed> {
    const id = String(job.id);
    renewed.set(id, Date.now());
    try {
      const chunk = sealer.open(`chunk ${id}`, job.data.s) as ChunkJob;
      const ended = endedBefore(job, id);
      const telling = tellOfProgress(job, id, ended);
      const outcome = await outcomeOf(chunk, ended, lost as AbortSignal | undefined).finally(telling);
      chunks++;
      return sealer.seal(`outcome ${id}`, outcome);
    } catch (cause) {
      // Redis keeps the reason in the clear: a code, no values.
      const { code, message } = asBridgeError(cause);
      log("error", "chunk.failed", { bridge: job.data.b, job: id, code, message });
      throw new Error(code, { cause });
    } finally {
      renewed.delete(id);
    }
  }

  /** Of a worker that died over it. */
  function endedBefore(job: Job<JobData, Sealed>, id: string): Map<number, SentEnding> {
    const { progress } = job;
    if (typeof progress !== "object" || !("p" in progress)) return new Map();
    return new Map(sealer.open(`progress ${id}`, progress as Sealed) as Map<number, SentEnding>);
  }

  /** What has ended so far is with the appliance soon, so that little goes twice when somebody dies. Answers what ends it. */
  function tellOfProgress(job: Job<JobData, Sealed>, id: string, ended: Map<number, SentEnding>): () => void {
    let told = ended.size;
    const timer = setInterval(() => {
      if (ended.size === told) return;
      told = ended.size;
      job.updateProgress(sealer.seal(`progress ${id}`, ended)).catch(onError);
    }, PROGRESS_MS);
    return () => clearInterval(timer);
  }

  async function outcomeOf(
    chunk: ChunkJob,
    ended: Map<number, SentEnding>,
    lost: AbortSignal | undefined,
  ): Promise<ChunkOutcome> {
    const running = await bridges.of(chunk.bridge, chunk.version);
    if (running === undefined) return { ...NOTHING, lacks: "version" };
    const late = AbortSignal.timeout(CHUNK_MS);
    const cut = AbortSignal.any(lost ? [kill.signal, lost] : [kill.signal]);
    const signals = { stop: AbortSignal.any([late, signal, cut]), kill: cut };
    return await workChunk(running, partOf(chunk), ended, signals, deps.telemetry?.tracing);
  }

  /** What is done belongs to the job's span, if that is of the drop's trace: Redis can be written by others. */
  function partOf(chunk: ChunkJob): ChunkJob {
    const traceparent = deps.telemetry?.queue.active;
    const isOfDrop = readTraceparent(traceparent)?.trace === readTraceparent(chunk.traceparent)?.trace;
    return isOfDrop ? { ...chunk, traceparent } : chunk;
  }

  const worker = new Worker<JobData, Sealed>(QUEUE, work, {
    connection,
    prefix: PREFIX,
    concurrency,
    lockDuration: LOCK_MS,
    stalledInterval: LOCK_MS,
    maxStalledCount: NO_LIMIT,
    drainDelay: 5,
    ...(deps.telemetry && { telemetry: deps.telemetry.queue.telemetry }),
  });
  worker.on("error", onError);
  worker.on("locksRenewed", ({ jobIds }) => {
    for (const id of jobIds) if (renewed.has(id)) renewed.set(id, Date.now());
  });
  worker.on("lockRenewalFailed", (jobIds) => {
    for (const id of jobIds) worker.cancelJob(id, "lost");
  });
  // Cut off from Redis, nobody says that the lock is gone: the clock does.
  const clock = setInterval(() => {
    for (const [id, at] of renewed) if (Date.now() - at > LOCK_MS) worker.cancelJob(id, "lost");
  }, 500);
  try {
    await untilAborted(signal);
    setTimeout(() => kill.abort(new DOMException("the time to drain is over", "AbortError")), DRAIN_MS).unref();
    await Promise.race([worker.close(), sleep(DRAIN_MS + 2_000, undefined, { ref: false })]);
  } finally {
    clearInterval(clock);
    connection.disconnect();
    await bridges.close();
  }
  return { chunks };
}

const NOTHING: ChunkOutcome = { ended: new Map(), splits: [], notices: new Map(), away: undefined };

interface BridgeShelf {
  /** undefined = nobody has published this version: its appliance will. */
  of(bridge: string, version: string): Promise<RunningBridge | undefined>;
  close(): Promise<void>;
}

/** More than the bridges of a few appliances, in two versions each. */
const MOST_BRIDGES = 200;

/** Bridges by version, opened once; the one not used for longest makes room. */
function createBridgeShelf({ sealer, open }: WorkerDeps, read: (key: string) => Promise<string | null>): BridgeShelf {
  type Opened = RunningBridge & { close?: () => Promise<void> };
  const shelf = new Map<string, Promise<Opened | undefined>>();

  async function fetch(bridge: string, version: string): Promise<Opened | undefined> {
    const text = await read(versionKey(version));
    if (text === null) return undefined;
    const kept = sealer.open(`version ${version}`, JSON.parse(text) as Sealed) as {
      bridge: string;
      files: ReadonlyMap<string, Uint8Array>;
    };
    if (kept.bridge !== bridge)
      throw new BridgeError("VERSION_MISSING", `version ${version} is of bridge ${kept.bridge}, not of ${bridge}`);
    return await open(bridge, version, kept.files);
  }

  return {
    async of(bridge, version) {
      const key = `${bridge} ${version}`;
      const known = shelf.get(key);
      if (known) {
        shelf.delete(key);
        shelf.set(key, known);
        return await known;
      }
      const fresh = fetch(bridge, version);
      shelf.set(key, fresh);
      const opened = await fresh.catch((cause: unknown) => {
        shelf.delete(key);
        throw cause;
      });
      if (opened === undefined) shelf.delete(key);
      const oldest = shelf.size > MOST_BRIDGES ? shelf.keys().next().value : undefined;
      if (oldest !== undefined) {
        const gone = shelf.get(oldest);
        shelf.delete(oldest);
        // What still runs on it may take as long as a chunk may.
        void gone?.then((one) => sleep(CHUNK_MS, undefined, { ref: false }).then(() => one?.close?.()));
      }
      return opened;
    },
    async close() {
      for (const one of await Promise.allSettled(shelf.values()))
        if (one.status === "fulfilled") await one.value?.close?.();
    },
  };
}
