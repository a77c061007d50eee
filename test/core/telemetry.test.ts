// Spans within one process: their ids, what is recorded, and what becomes of more than can be sent.

import { ExportResultCode } from "@opentelemetry/core";
import { emptyResource } from "@opentelemetry/resources";
import { BatchSpanProcessor, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace";
import { describe, expect, it } from "vitest";
import { createBounded } from "../../src/core/telemetry/bounded.ts";
import { createDropTrace } from "../../src/core/telemetry/drop-trace.ts";
import { readTraceparent } from "../../src/core/telemetry/trace-context.ts";
import { createTracer } from "../../src/core/telemetry/tracer.ts";
import type { Tracing } from "../../src/core/telemetry/tracing.ts";

const { SUCCESS, FAILED } = ExportResultCode;
const RANGE = { first: 1, last: 128 };

function scene(ratio = 1): { readonly tracing: Tracing; readonly recorded: InMemorySpanExporter } {
  const recorded = new InMemorySpanExporter();
  const processor = new SimpleSpanProcessor({ exporter: recorded });
  return { tracing: createTracer({ ratio, version: "1", resource: emptyResource(), processor }), recorded };
}

describe("the span of a drop", () => {
  it("has the same name in every process, and another one for every drop", () => {
    const [one, other] = [scene().tracing, scene().tracing];
    const first = one.dropParent("01m7xtre3w3z29ze");
    expect(other.dropParent("01m7xtre3w3z29ze")).toBe(first);
    expect(readTraceparent(first)).toBeDefined();
    expect(one.dropParent("01m7xtre3w3z29zf")).not.toBe(first);
  });

  it("is recorded under that name when the drop ends, and nothing else is", () => {
    const { tracing, recorded } = scene();
    const { trace, span } = readTraceparent(tracing.dropParent("a"))!;
    tracing.endDrop("a", "drop farben", Date.now() - 5_000, { attributes: { "steg.records": 3 } });
    tracing.begin("other").end();
    const [root, other] = recorded.getFinishedSpans();
    expect(root?.spanContext()).toMatchObject({ traceId: trace, spanId: span });
    expect(root?.duration[0]).toBe(5);
    expect(other?.spanContext().traceId).not.toBe(trace);
  });

  it("is recorded or not by its id, as its parts are", () => {
    const { tracing, recorded } = scene(0.25);
    const drops = Array.from({ length: 400 }, (_, at) => `drop-${at}`);
    for (const drop of drops) {
      const trace = createDropTrace(tracing, tracing.dropParent(drop), "farben", drop);
      trace.chunk()?.map(RANGE).end();
      tracing.endDrop(drop, "drop farben", Date.now(), {});
    }
    const spans = recorded.getFinishedSpans();
    const roots = spans.filter(({ name }) => name.startsWith("drop"));
    expect(roots.length).toBeGreaterThan(60);
    expect(roots.length).toBeLessThan(150);
    const traces = (which: typeof spans): readonly string[] =>
      which.map((span) => span.spanContext().traceId).toSorted();
    expect(traces(spans.filter(({ name }) => name === "map"))).toEqual(traces(roots));
  });

  it("has spans of so many chunks, counts the others, and goes on as their parent", () => {
    const { tracing } = scene();
    const trace = createDropTrace(tracing, tracing.dropParent("a"), "farben", "a");
    const traced = Array.from({ length: 3_005 }, () => trace.chunk()).filter((chunk) => chunk !== undefined);
    expect([traced.length, trace.untraced]).toEqual([3_000, 5]);
  });

  it("goes on in another process by its text alone", () => {
    const { tracing, recorded } = scene();
    const carried = scene().tracing.dropParent("a");
    createDropTrace(tracing, carried, "farben", "a")
      .chunk()
      ?.decoded(RANGE, Date.now() - 10);
    expect(recorded.getFinishedSpans()[0]?.parentSpanContext).toMatchObject({
      spanId: readTraceparent(carried)?.span,
      isRemote: true,
    });
  });
});

describe("delivering a chunk", () => {
  it("ends when nothing more comes and all have ended, with the first code", () => {
    const { tracing, recorded } = scene();
    const trace = createDropTrace(tracing, tracing.dropParent("a"), "farben", "a");
    const delivering = trace.chunk()!.deliver(RANGE);
    delivering.began();
    delivering.began();
    delivering.outcome(2, 1, undefined);
    delivering.done();
    delivering.handed();
    expect(recorded.getFinishedSpans()).toHaveLength(0);
    delivering.outcome(1, 3, "DELIVERY_FAILED");
    delivering.done();
    const [span] = recorded.getFinishedSpans();
    expect(span?.attributes).toMatchObject({ "steg.messages": 3, "steg.attempts": 4, "steg.dead": 1 });
    expect(span?.attributes["error.type"]).toBe("DELIVERY_FAILED");
    expect(span?.status).toEqual({ code: 2 });
  });
});

describe("texts of spans", () => {
  it("end after 200 characters", () => {
    const { tracing, recorded } = scene();
    tracing.begin("x", { attributes: { "steg.call": "y".repeat(5_000) } }).end();
    expect(recorded.getFinishedSpans()[0]?.attributes["steg.call"]).toHaveLength(200);
  });
});

describe("more spans than can be sent", () => {
  it("are dropped and counted, and there is room again when some were taken", async () => {
    const waiting: ((taken: boolean) => void)[] = [];
    const bounded = createBounded(5);
    const errors: boolean[] = [];
    const exporter = bounded.counting(
      {
        export: (_spans, done) => void waiting.push((taken) => done({ code: taken ? SUCCESS : FAILED })),
        shutdown: () => Promise.resolve(),
      },
      (error) => errors.push(error !== undefined),
    );
    const batches = new BatchSpanProcessor({ exporter, maxQueueSize: 5, maxExportBatchSize: 2 });
    const processor = bounded.before(batches);
    const tracing = createTracer({ ratio: 1, version: "1", resource: emptyResource(), processor });
    const end = (count: number): void => {
      for (let at = 0; at < count; at++) tracing.begin("x").end();
    };
    end(9);
    expect(bounded.counts).toEqual({ sent: 0, failed: 0, dropped: 4, waiting: 5 });
    const answer = async (taken: boolean): Promise<void> => {
      while (waiting.length === 0) await new Promise(setImmediate);
      waiting.shift()?.(taken);
    };
    await answer(true);
    expect(bounded.counts).toEqual({ sent: 2, failed: 0, dropped: 4, waiting: 3 });
    end(3);
    expect(bounded.counts).toMatchObject({ dropped: 5, waiting: 5 });
    await answer(false);
    expect(bounded.counts).toEqual({ sent: 2, failed: 2, dropped: 5, waiting: 3 });
    expect(errors).toEqual([false, true]);
  });
});
