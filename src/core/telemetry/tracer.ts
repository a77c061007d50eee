// Spans by OpenTelemetry's SDK: its ids, sampling and limits. Loaded only where an address for OTLP is set.

import { createHash } from "node:crypto";
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Context, type Span as SdkSpan } from "@opentelemetry/api";
import type { Resource } from "@opentelemetry/resources";
import {
  ParentBasedSampler,
  RandomIdGenerator,
  SamplingDecision,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type SpanProcessor,
} from "@opentelemetry/sdk-trace";
import { readTraceparent, SAMPLED, writeTraceparent, type SpanName } from "./trace-context.ts";
import type { Attributes, Span, SpanEnd, Tracing } from "./tracing.ts";

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;
/** Codes, names of bridges and operations: what is longer is none. */
const LONGEST_ATTRIBUTE = 200;

export interface TracerOptions {
  readonly ratio: number;
  readonly version: string;
  readonly resource: Resource;
  readonly processor: SpanProcessor;
}

export function createTracer({ ratio, version, resource, processor }: TracerOptions): Tracing {
  const ids = createIds();
  const provider = new TracerProvider({
    resource,
    idGenerator: ids,
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [processor],
    spanLimits: { attributeValueLengthLimit: LONGEST_ATTRIBUTE },
  });
  const tracer = provider.getTracer("steg", version);
  const byRatio = new TraceIdRatioBasedSampler(ratio);
  const contextOf = rememberingContext();

  return {
    begin(name, { kind = "internal", parent, at, attributes } = {}) {
      const options = {
        kind: KINDS[kind],
        ...(attributes && { attributes }),
        ...(at !== undefined && { startTime: at }),
      };
      return wrapped(tracer.startSpan(name, options, contextOf(parent)));
    },
    dropParent(drop) {
      const name = dropName(drop);
      const isSampled = byRatio.shouldSample(ROOT_CONTEXT, name.trace).decision === SamplingDecision.RECORD_AND_SAMPLED;
      return writeTraceparent({ ...name, flags: isSampled ? SAMPLED : 0 });
    },
    endDrop(drop, name, at, end) {
      ids.next = dropName(drop);
      const span = tracer.startSpan(name, { root: true, startTime: at }, ROOT_CONTEXT);
      ids.next = undefined;
      wrapped(span).end(end);
    },
  };
}

/** 24 bytes of a hash: the same in every process and after every restart, and as evenly spread as random ones. */
function dropName(drop: string): SpanName {
  const hash = createHash("sha256").update(`steg drop ${drop}`).digest("hex");
  return { trace: hash.slice(0, 32), span: hash.slice(32, 48), flags: 0 };
}

/** Random ids, but for the one span that says its own. */
function createIds(): RandomIdGenerator & { next: SpanName | undefined } {
  const random = new RandomIdGenerator();
  const ids = {
    next: undefined as SpanName | undefined,
    generateTraceId: (): string => ids.next?.trace ?? random.generateTraceId(),
    generateSpanId: (): string => ids.next?.span ?? random.generateSpanId(),
  };
  return ids;
}

/** Most spans have the parent of the one before: chunks of one drop. */
function rememberingContext(): (parent: string | undefined) => Context {
  let latest: { readonly parent: string | undefined; readonly context: Context } | undefined;
  return (parent) => {
    if (latest?.parent !== parent) latest = { parent, context: contextOf(parent) };
    return latest?.context ?? ROOT_CONTEXT;
  };
}

function contextOf(parent: string | undefined): Context {
  const name = readTraceparent(parent);
  if (!name) return ROOT_CONTEXT;
  const { trace: traceId, span: spanId, flags } = name;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: flags & SAMPLED, isRemote: true });
}

function wrapped(span: SdkSpan): Span {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return {
    traceparent: writeTraceparent({ trace: traceId, span: spanId, flags: traceFlags }),
    link(traceparent) {
      const other = readTraceparent(traceparent);
      if (other)
        span.addLink({ context: { traceId: other.trace, spanId: other.span, traceFlags: other.flags & SAMPLED } });
    },
    end: (end = {}) => endOf(span, end),
  };
}

function endOf(span: SdkSpan, { name, attributes, error }: SpanEnd): void {
  if (name !== undefined) span.updateName(name);
  const all: Attributes = error === undefined ? { ...attributes } : { ...attributes, "error.type": error };
  for (const [key, value] of Object.entries(all)) if (value !== undefined) span.setAttribute(key, value);
  // Without a message: what others said may hold values.
  if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}
