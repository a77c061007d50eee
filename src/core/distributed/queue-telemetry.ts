// BullMQ's own telemetry, joined to the product's: a job is part of the trace of its drop, and workers count what they did.
//
//   drop ─▶ add chunks.chunk (appliance) ─▶ process chunks (worker) ─┬─ map
//                                                                    └─ deliver
//
// Between the two the context is a traceparent in the job's options. BullMQ has spans for its housekeeping as well: those belong to no
// drop and are not recorded. Of its attributes only names, ids and numbers pass; results, options and reasons do not.

import { AsyncLocalStorage } from "node:async_hooks";
import type { Attributes as Given, Span as JobSpan, Telemetry } from "bullmq";
import { createDurations } from "../telemetry/durations.ts";
import { family, histogram, type Family } from "../telemetry/metric.ts";
import type { Attributes, Span, Tracing } from "../telemetry/tracing.ts";

/** What is active: the span that what happens now is a part of. */
interface Context {
  readonly traceparent?: string | undefined;
}

export interface QueueTelemetry {
  /** For `new Queue` and `new Worker`. */
  readonly telemetry: Telemetry<Context>;
  /** Runs the work as a part of this span. */
  under<T>(traceparent: string | undefined, work: () => T): T;
  /** traceparent of the span that is active. */
  readonly active: string | undefined;
  /** Jobs that this process has ended, by how, since it began. */
  families(): readonly Family[];
}

const NONE: Context = {};
/** BullMQ's numbers, which are OpenTelemetry's. */
const KINDS = new Map([
  [3, "producer"],
  [4, "consumer"],
] as const);
const PASSED = [
  "bullmq.job.attempts.made",
  "bullmq.job.id",
  "bullmq.job.name",
  "bullmq.queue.name",
  "bullmq.worker.id",
] as const;
/** Seconds: from a chunk that only has to be looked at to one that goes back because its target dawdles. */
const BORDERS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export function createQueueTelemetry(tracing: Tracing): QueueTelemetry {
  const contexts = new AsyncLocalStorage<Context>();
  const active = (): Context => contexts.getStore() ?? NONE;
  const ended = createDurations(BORDERS);

  return {
    telemetry: {
      tracer: {
        startSpan(name, options, context = active()) {
          const kind = KINDS.get(options?.kind as 3 | 4);
          const { traceparent: parent } = context;
          if (kind === undefined || parent === undefined) return UNRECORDED;
          return recorded(tracing.begin(name, { kind, parent }));
        },
      },
      contextManager: {
        with: (context, work) => contexts.run(context, work) as ReturnType<typeof work>,
        active,
        root: () => NONE,
        getMetadata: ({ traceparent }) => traceparent ?? "",
        fromMetadata: (_active, traceparent) => ({ traceparent }),
      },
      meter: {
        createCounter: () => NO_INSTRUMENT,
        createGauge: () => NO_INSTRUMENT,
        // In milliseconds, and once for each job that has ended: that is the count as well.
        createHistogram: () => ({
          record: (milliseconds, attributes) =>
            ended.note({ state: String(attributes?.["bullmq.job.state"]) }, milliseconds),
        }),
      },
    },
    under: (traceparent, work) => (traceparent === undefined ? work() : contexts.run({ traceparent }, work)),
    get active() {
      return active().traceparent;
    },
    families() {
      const series = ended.series();
      return [
        family(
          "steg_worker_jobs_total",
          "counter",
          "Jobs that this worker has ended, by how",
          series.map(({ labels, count }) => [labels, count]),
        ),
        histogram("steg_worker_job_duration_seconds", "From taking a job to its end", BORDERS, series),
      ];
    },
  };
}

const NO_INSTRUMENT = { add: () => undefined, record: () => undefined };

const UNRECORDED: JobSpan<Context> = {
  setSpanOnContext: (context) => context,
  setAttribute: () => undefined,
  setAttributes: () => undefined,
  addEvent: () => undefined,
  recordException: () => undefined,
  end: () => undefined,
};

function recorded(span: Span): JobSpan<Context> {
  const given: Given = {};
  let error: string | undefined;
  return {
    ...UNRECORDED,
    setSpanOnContext: () => ({ traceparent: span.traceparent }),
    setAttribute: (name, value) => void (given[name] = value),
    setAttributes: (more) => void Object.assign(given, more),
    recordException: (exception) => void (error = codeOf(exception)),
    end: () => span.end({ attributes: passed(given), error }),
  };
}

function passed(given: Given): Attributes {
  const entries = PASSED.flatMap((name) => {
    const value = given[name];
    return typeof value === "string" || typeof value === "number" ? [[name, value] as const] : [];
  });
  return Object.fromEntries(entries);
}

/** Workers fail with the code alone as their message; anything else is not told. */
function codeOf(exception: unknown): string {
  const text = exception instanceof Error ? exception.message : exception;
  return typeof text === "string" && /^[A-Z][A-Z_]{2,40}$/.test(text) ? text : "INTERNAL";
}
