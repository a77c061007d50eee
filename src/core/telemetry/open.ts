// Telemetry of one process: spans and figures to one address. Nothing waits for it: what the other side does not take in time is dropped
// and counted, and people hear of it once.

import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { ExportResultCode } from "@opentelemetry/core";
import { detectResources, envDetector, resourceFromAttributes, type Resource } from "@opentelemetry/resources";
import { BatchSpanProcessor } from "@opentelemetry/sdk-trace";
import type { Log } from "../contract.ts";
import type { TelemetrySettings } from "../settings-telemetry.ts";
import { createBounded, type SpanCounts } from "./bounded.ts";
import { family, type Family } from "./metric.ts";
import { otlpMetrics } from "./otlp-metrics.ts";
import { metricsExporter, traceExporter } from "./otlp.ts";
import { createTracer } from "./tracer.ts";
import type { Tracing } from "./tracing.ts";

export interface Telemetry {
  readonly tracing: Tracing;
  /** What became of the spans and the figures. */
  families(): readonly Family[];
  /** Sends figures every minute until the signal, and once more then. Never rejects. */
  push(figures: () => Promise<readonly Family[]>, signal: AbortSignal): Promise<void>;
  /** What is on its way has a few seconds to get there. */
  close(): Promise<void>;
}

/** A kibibyte each. */
const MOST_SPANS = 16_384;
const BATCH = 512;
const BATCH_EVERY = 2_000;
const PUSH_EVERY = 60_000;
const LAST_WORDS = 3_000;

export interface TelemetryOptions {
  readonly settings: TelemetrySettings;
  readonly version: string;
  readonly log: Log;
  readonly pushEvery?: number;
}

export function openTelemetry({ settings, version, log, pushEvery = PUSH_EVERY }: TelemetryOptions): Telemetry {
  const resource = resourceOf(settings, version);
  const bounded = createBounded(MOST_SPANS);
  const tracesHeard = createTeller("traces", log);
  const metricsHeard = createTeller("metrics", log);
  const batches = new BatchSpanProcessor({
    exporter: bounded.counting(traceExporter(settings), tracesHeard),
    maxQueueSize: MOST_SPANS,
    maxExportBatchSize: BATCH,
    scheduledDelayMillis: BATCH_EVERY,
  });
  const processor = bounded.before(batches);
  const metrics = metricsExporter(settings);
  const began = Date.now() - process.uptime() * 1_000;
  const pushes = { sent: 0, failed: 0 };

  async function pushOnce(figures: () => Promise<readonly Family[]>): Promise<void> {
    let error: Error | undefined;
    try {
      const points = otlpMetrics(await figures(), resource, version, began, Date.now());
      error = await new Promise((resolve) =>
        metrics.export(points, (result) =>
          resolve(result.code === ExportResultCode.SUCCESS ? undefined : (result.error ?? NOT_TAKEN)),
        ),
      );
    } catch (cause) {
      error = cause instanceof Error ? cause : NOT_TAKEN;
    }
    pushes[error ? "failed" : "sent"]++;
    metricsHeard(error);
  }

  return {
    tracing: createTracer({ ratio: settings.ratio, version, resource, processor }),
    families: () => familiesOf(bounded.counts, pushes),
    async push(figures, signal) {
      for (let isLast = false; !isLast;) {
        await sleep(pushEvery, undefined, { signal, ref: false }).catch(() => undefined);
        isLast = signal.aborted;
        await Promise.race([pushOnce(figures), ...(isLast ? [lastWords()] : [])]);
      }
    },
    async close() {
      const ending = Promise.allSettled([processor.shutdown(), metrics.shutdown()]);
      await Promise.race([ending, lastWords()]);
    },
  };
}

const NOT_TAKEN = new Error("not taken");

/** Who waits longer keeps the process from ending. */
async function lastWords(): Promise<void> {
  await sleep(LAST_WORDS, undefined, { ref: false });
}

function resourceOf({ service }: TelemetrySettings, version: string): Resource {
  const own = { "service.name": service, "service.version": version, "service.instance.id": hostname() };
  return resourceFromAttributes(own).merge(detectResources({ detectors: [envDetector] }));
}

/** Tells once that it does not work, and once that it does again. */
function createTeller(kind: string, log: Log): (error: Error | undefined) => void {
  let failing = false;
  return (error) => {
    if (error && !failing) log("warn", "telemetry.failing", { kind, code: codeOf(error) });
    if (!error && failing) log("info", "telemetry.works", { kind });
    failing = error !== undefined;
  };
}

/** HTTP status or the system's code; never what the other side said. */
function codeOf(error: Error): string {
  const { code } = error as { readonly code?: unknown };
  return typeof code === "string" || typeof code === "number" ? String(code) : "TIMEOUT";
}

function familiesOf(
  { sent, failed, dropped, waiting }: SpanCounts,
  pushes: Readonly<Record<"sent" | "failed", number>>,
): readonly Family[] {
  return [
    family("steg_telemetry_spans_total", "counter", "Spans, by whether OTLP's other side has them", [
      [{ outcome: "sent" }, sent],
      [{ outcome: "failed" }, failed],
      [{ outcome: "dropped" }, dropped],
    ]),
    family("steg_telemetry_spans_waiting", "gauge", "Spans on their way out", [[{}, waiting]]),
    family("steg_telemetry_pushes_total", "counter", "Metrics sent by OTLP, by whether the other side has them", [
      [{ outcome: "sent" }, pushes.sent],
      [{ outcome: "failed" }, pushes.failed],
    ]),
  ];
}
