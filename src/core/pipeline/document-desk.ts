// One thread that writes documents of many rows, shared by all bridges of the process. It starts with the first document that is given to
// it and ends when there was none for a while; whatever becomes of it, its documents are written here instead.

import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { RowRun } from "../mapping/rows.ts";
import type { ByteSink } from "../mapping/template/byte-sink.ts";
import type { DocumentPlan } from "../mapping/template/straight-plan.ts";
import type { Outcome } from "../mapping/template/straight-xml.ts";

export interface PlanMessage {
  readonly kind: "plan";
  readonly plan: number;
  readonly names: readonly string[];
  readonly document: DocumentPlan;
}

export interface WriteMessage {
  readonly kind: "write";
  readonly job: number;
  readonly plan: number;
  readonly runs: readonly {
    readonly bytes: Uint8Array;
    readonly places: Int32Array;
    readonly from: number;
    readonly to: number;
  }[];
  /** Where the document is written; shared memory. */
  readonly out: Uint8Array;
}

export type ThreadMessage = PlanMessage | WriteMessage | { readonly kind: "forget"; readonly plan: number };

export interface Answer {
  readonly job: number;
  readonly outcome: Outcome;
  /** Where the document ends. */
  readonly at: number;
  /** Where it was written instead, because it needed more room. */
  readonly bytes?: Uint8Array;
}

/** What documents are made by in the thread. */
export interface ThreadPlan {
  /** Rows and sink lie in shared memory and are nobody else's until it resolves. Never rejects. */
  write(runs: readonly RowRun[], out: ByteSink): Promise<Outcome>;
  close(): void;
}

/** Nobody asked for so long, milliseconds: the thread goes. */
const REST = 10_000;
/** Young objects of the thread, MiB: there are hardly any. */
const YOUNG = 1;

interface Opened {
  readonly worker: Worker;
  readonly jobs: Map<number, (answer: Answer | undefined) => void>;
  /** Plans that it knows. */
  readonly plans: Set<number>;
  readonly timer: NodeJS.Timeout;
}

let opened: Opened | undefined;
let lastPlan = 0;
let lastJob = 0;

/** A second processor is there that could write. */
export function mayWriteElsewhere(): boolean {
  return availableParallelism() > 1;
}

/** Documents will come soon: the thread starts while their drop is still being received. It goes as it does after work. */
export function readyThread(): void {
  try {
    opened ??= start();
  } catch {
    // No room for a thread: documents are written here.
    return;
  }
  if (opened.jobs.size === 0) opened.timer.refresh();
}

export function openThreadPlan(document: DocumentPlan, names: readonly string[]): ThreadPlan {
  const plan = ++lastPlan;

  /** undefined = there is no thread, or none any more. */
  function ask(runs: readonly RowRun[], out: ByteSink): Promise<Answer | undefined> {
    const { promise, resolve } = Promise.withResolvers<Answer | undefined>();
    try {
      const desk = (opened ??= start());
      if (!desk.plans.has(plan)) {
        desk.worker.postMessage({ kind: "plan", plan, names, document } satisfies PlanMessage, []);
        desk.plans.add(plan);
      }
      const rows = runs.map(({ cells: { bytes, places }, from, to }) => ({ bytes, places, from, to }));
      const job = ++lastJob;
      desk.worker.postMessage({ kind: "write", job, plan, runs: rows, out: out.bytes } satisfies WriteMessage, []);
      if (desk.jobs.size === 0) desk.worker.ref();
      desk.jobs.set(job, resolve);
    } catch {
      // No room for a thread: nothing is wrong with the document.
      resolve(undefined);
    }
    return promise;
  }

  return {
    async write(runs, out) {
      const answer = await ask(runs, out);
      if (answer === undefined || answer.outcome === "left") return "left";
      out.take(answer.bytes ? bufferOf(answer.bytes) : out.bytes, answer.at);
      return answer.outcome;
    },
    close() {
      if (opened?.plans.delete(plan)) opened.worker.postMessage({ kind: "forget", plan } satisfies ThreadMessage, []);
    },
  };
}

function bufferOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

function start(): Opened {
  const worker = new Worker(new URL("./document-thread.ts", import.meta.url), {
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG },
  });
  const rest = (): void => (desk.jobs.size > 0 ? void desk.timer.refresh() : end(desk));
  const desk: Opened = { worker, jobs: new Map(), plans: new Set(), timer: setTimeout(rest, REST).unref() };
  const settle = (answer: Answer): void => {
    desk.jobs.get(answer.job)?.(answer);
    desk.jobs.delete(answer.job);
    if (desk.jobs.size > 0) return;
    worker.unref();
    desk.timer.refresh();
  };
  worker.on("message", settle);
  worker.on("error", () => end(desk));
  worker.on("exit", () => end(desk));
  worker.unref();
  return desk;
}

/** What it was still asked for is left. */
function end(desk: Opened): void {
  if (opened === desk) opened = undefined;
  clearTimeout(desk.timer);
  for (const resolve of desk.jobs.values()) resolve(undefined);
  desk.jobs.clear();
  void desk.worker.terminate();
}
