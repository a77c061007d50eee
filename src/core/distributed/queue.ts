// Chunks through BullMQ: the appliance's side. The spool is the queue; Redis holds only what is on its way, and may lose all of it.
//
//   submit (epoch 1) ─▶ waits for its end ──outcome──▶ done
//                          └─ no such job, or it failed ─▶ submit again, in the next epoch
//
// Events only wake: what is true is read from the job. The id of a job is process ‖ drop ‖ first record ‖ part ‖ epoch, so that nothing an
// earlier process left in Redis is taken for an answer to this one.

import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Job } from "bullmq";
import type { Log } from "../contract.ts";
import { asBridgeError } from "../errors.ts";
import type { Journal } from "../journal/types.ts";
import { backOff } from "../pipeline/circuit.ts";
import type { Signals } from "../pipeline/courier.ts";
import { pause } from "../pipeline/slots.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import type { ChunkJob, ChunkOutcome } from "./chunk-job.ts";
import type { Executor, Heard } from "./executor.ts";
import { createQueueTelemetry } from "./queue-telemetry.ts";
import { connect, PREFIX, Queue, QUEUE, QueueEvents } from "./redis.ts";
import type { RedisSettings } from "./redis-address.ts";
import type { Sealed, Sealer } from "./sealed.ts";

/** How often each chunk that is on its way is looked for, whatever events said. */
const LOOK_EVERY_MS = 5_000;
/** BullMQ's own commands wait for ever while Redis is away. */
const COMMAND_MS = 5_000;
const AGAIN = { first: 200, most: 5_000 };
/** So long Redis may be away before people hear of it. */
const TROUBLE_MS = 30_000;
/** Enough for every worker to have the next one waiting; a drop's chunks wait in the spool, not in Redis. */
const WINDOW = 32;
/** A version is published again where a worker lacks it. */
const VERSION_SECONDS = 86_400;
/** More than all drops at once have on their way. */
const MOST_LEFT = 5_000;
/** Results that nobody fetched: their appliance is gone. */
const KEPT = { age: 3_600, count: 10_000 };

export interface QueueDeps {
  readonly redis: RedisSettings;
  readonly sealer: Sealer;
  /** Tells this appliance's chunks from those of others in the same Redis. */
  readonly appliance: string;
  readonly journal: Pick<Journal, "version">;
  /** Where spans go; absent = nowhere. */
  readonly tracing?: Tracing | undefined;
  readonly log: Log;
}

/** What stands in Redis; appliance, bridge and version for people who look, all else sealed. */
export interface JobData {
  readonly a: string;
  readonly b: string;
  readonly v: string;
  readonly s: Sealed;
}

export function versionKey(version: string): string {
  return `${PREFIX}:version:${version}`;
}

export function openQueue({ redis, sealer, appliance, journal, tracing, log }: QueueDeps): Executor {
  const boot = randomBytes(6).toString("hex");
  const watch = watchConnection(log);
  const onError = (cause: unknown): void => watch.failed(cause);
  const connection = connect(redis, false, onError);
  const listening = connect(redis, true, onError);
  const spans = tracing && createQueueTelemetry(tracing);
  const queue = new Queue<JobData, Sealed>(QUEUE, {
    connection,
    prefix: PREFIX,
    ...(spans && { telemetry: spans.telemetry }),
    defaultJobOptions: { attempts: 1, removeOnComplete: KEPT, removeOnFail: KEPT },
  });
  const events = new QueueEvents(QUEUE, { connection: listening, prefix: PREFIX });
  queue.on("error", onError);
  events.on("error", onError);
  const wakes = new Map<string, () => void>();
  const wake = ({ jobId }: { jobId: string }): void => wakes.get(jobId)?.();
  events.on("completed", wake);
  events.on("failed", wake);
  events.on("progress", wake);
  let open = 0;
  /** Jobs of an earlier process that may have ended or may still end, by chunk. */
  const left = new Map<string, string>();
  const swept = within(queue.waitUntilReady().then(sweep)).catch(() => undefined);

  /** Once, within its time; whatever comes of it later is nobody's. */
  async function within<T>(command: Promise<T>): Promise<T> {
    const timer = new AbortController();
    command.catch(() => undefined);
    const late = sleep(COMMAND_MS, undefined, { signal: timer.signal }).then(() => {
      throw new Error("no answer");
    });
    late.catch(() => undefined);
    try {
      const value = await Promise.race([command, late]);
      watch.works();
      return value;
    } catch (cause) {
      watch.failed(cause);
      throw cause;
    } finally {
      timer.abort();
    }
  }

  /** Until Redis has taken it. Adding the same id twice is adding it once. */
  async function untilTaken(command: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
    for (let tries = 1; ; tries++) {
      signal.throwIfAborted();
      try {
        await within(command());
        return;
      } catch {
        await pause(backOff(tries, AGAIN), signal);
      }
    }
  }

  /** undefined = it has not ended; `lost` = it never will. */
  async function look(id: string, heard: Heard): Promise<ChunkOutcome | "lost" | undefined> {
    // The state first: what has ended by then has its outcome in the job.
    const state = await within(queue.getJobState(id));
    const job = await within(queue.getJob(id));
    if (!job) return "lost";
    if (state === "failed" || state === "unknown") {
      log("warn", "chunk.failed", { job: id, why: (job.failedReason ?? "it is gone").slice(0, 200) });
      return "lost";
    }
    if (state !== "completed") {
      if (isSealed(job.progress)) heard(sealer.open(`progress ${id}`, job.progress) as ChunkOutcome["ended"], false);
      return undefined;
    }
    const outcome = sealer.open(`outcome ${id}`, job.returnvalue) as ChunkOutcome;
    await within(job.remove()).catch(() => undefined);
    return outcome;
  }

  /** Until the job has ended, or is lost. Once nothing may begin any more, one that no worker has begun is taken back. */
  async function ending(id: string, heard: Heard, signals: Signals): Promise<ChunkOutcome | "lost"> {
    let hasBegun = false;
    try {
      for (;;) {
        signals.kill.throwIfAborted();
        if (signals.stop.aborted && !hasBegun) {
          if (await removed(id)) signals.stop.throwIfAborted();
          hasBegun = true;
        }
        const woken = new Promise<void>((resolve) => wakes.set(id, resolve));
        try {
          const outcome = await look(id, heard);
          if (outcome !== undefined) return outcome;
        } catch (cause) {
          if (asBridgeError(cause).code === "CHUNK_DAMAGED") throw cause;
        }
        await firstOf(woken, LOOK_EVERY_MS, signals, hasBegun);
      }
    } finally {
      wakes.delete(id);
    }
  }

  async function removed(id: string): Promise<boolean> {
    try {
      return (await within(queue.remove(id))) > 0;
    } catch {
      return false;
    }
  }

  /**
   * What an earlier process of this appliance left: what waits is in the journal and goes again from there; what a worker has begun is
   * waited for, by chunk, because it would go twice otherwise.
   */
  async function sweep(): Promise<void> {
    for (const job of (await queue.getWaiting(0, MOST_LEFT)).filter((one) => isOld(one, appliance, boot)))
      await job.remove();
    for (const job of (await queue.getJobs(["active", "completed"], 0, MOST_LEFT)).filter((one) =>
      isOld(one, appliance, boot),
    )) {
      const [, ...name] = (job.id ?? "").split("-");
      left.set(name.slice(0, -1).join("-"), job.id ?? "");
    }
  }

  async function publish({ bridge, version }: ChunkJob, signal: AbortSignal): Promise<void> {
    const files = await journal.version(version);
    if (files === undefined) return;
    const sealed = JSON.stringify(sealer.seal(`version ${version}`, { bridge, files }));
    await untilTaken(() => connection.set(versionKey(version), sealed, "EX", VERSION_SECONDS), signal);
  }

  async function submitted(job: ChunkJob, heard: Heard, signals: Signals): Promise<ChunkOutcome> {
    const name = `${job.drop.id}-${job.first}-${job.part}`;
    await swept;
    const before = left.get(name);
    if (before !== undefined) {
      left.delete(name);
      const outcome = await ending(before, (ended) => heard(ended, true), signals);
      if (outcome !== "lost") {
        heard(outcome.ended, true);
        return { ...outcome, ended: new Map(), splits: [], away: undefined, cut: true };
      }
    }
    const earlier: string[] = [];
    for (let epoch = 1; ; epoch++) {
      const id = `${boot}-${name}-${serial++}`;
      const sent = epoch === 1 ? job : { ...job, mayRepeat: true };
      const data: JobData = { a: appliance, b: job.bridge, v: job.version, s: sealer.seal(`chunk ${id}`, sent) };
      const add = (): Promise<unknown> => queue.add("chunk", data, { jobId: id });
      await untilTaken(() => (spans ? spans.under(job.traceparent, add) : add()), signals.stop);
      const outcome = await ending(id, heard, signals);
      if (outcome === "lost") {
        log("info", "chunk.again", { job: id, epoch });
        earlier.push(id);
        await pause(backOff(epoch, AGAIN), signals.stop);
      } else if (outcome.lacks === "version") await publish(job, signals.stop);
      else {
        for (const old of earlier)
          await look(old, () => undefined).then(
            (late) => isOutcome(late) && heard(late.ended, true),
            () => undefined,
          );
        return outcome;
      }
    }
  }
  let serial = 1;

  return {
    window: WINDOW,
    async run(job, heard, signals) {
      open++;
      try {
        return await submitted(job, heard, signals);
      } finally {
        open--;
      }
    },
    get status() {
      return { open, trouble: watch.trouble, since: watch.since };
    },
    async close() {
      // Neither may wait for a Redis that is away.
      await Promise.race([
        Promise.allSettled([queue.close(), events.close()]),
        sleep(1_000, undefined, { ref: false }),
      ]);
      connection.disconnect();
      listening.disconnect();
    },
  };
}

/** Of this appliance, by a process before this one. */
function isOld({ data, id }: Job<JobData>, appliance: string, boot: string): boolean {
  return data.a === appliance && id?.startsWith(boot) === false;
}

function isSealed(progress: unknown): progress is Sealed {
  return typeof progress === "object" && progress !== null && "p" in progress;
}

function isOutcome(late: ChunkOutcome | "lost" | undefined): late is ChunkOutcome {
  return late !== undefined && late !== "lost";
}

/** Resolves when woken, after `milliseconds`, or when a signal says that something changes. */
async function firstOf(
  woken: Promise<void>,
  milliseconds: number,
  signals: Signals,
  isStopping: boolean,
): Promise<void> {
  const timer = new AbortController();
  const ends = isStopping ? [signals.kill] : [signals.kill, signals.stop];
  const signal = AbortSignal.any([timer.signal, ...ends]);
  try {
    await Promise.race([woken, sleep(milliseconds, undefined, { signal }).catch(() => undefined)]);
  } finally {
    timer.abort();
  }
}

interface ConnectionWatch {
  works(): void;
  failed(cause: unknown): void;
  readonly trouble: string | undefined;
  readonly since: number | undefined;
}

/** People hear of it once when it lasts, and once when it is over. */
function watchConnection(log: Log): ConnectionWatch {
  let trouble: string | undefined;
  let since: number | undefined;
  let told = false;
  return {
    works() {
      if (told) log("info", "redis.back", { seconds: Math.round((Date.now() - (since ?? 0)) / 1_000) });
      trouble = undefined;
      since = undefined;
      told = false;
    },
    failed(cause) {
      const text = cause instanceof Error ? cause.message : String(cause);
      trouble = text.startsWith("OOM ") ? "Redis is full" : "Redis does not answer";
      since ??= Date.now();
      if (told || Date.now() - since < TROUBLE_MS) return;
      told = true;
      log("error", "redis.away", { why: trouble });
    },
    get trouble() {
      return trouble;
    },
    get since() {
      return since;
    },
  };
}
