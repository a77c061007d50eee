// Spans as the engine sees them. Who records them stands behind this (tracer.ts); where nothing is recorded there is none of it, and the
// engine asks nobody. From one process to another a span travels as its traceparent, a text.

/**
 * What may stand beside a span: names of things, numbers, codes. There is no name for a value of a record, a file name or an address that
 * a record chose, so none can get out by accident.
 */
export type AttributeName =
  | "bullmq.job.attempts.made"
  | "bullmq.job.id"
  | "bullmq.job.name"
  | "bullmq.queue.name"
  | "bullmq.worker.id"
  | "error.type"
  | "http.request.method"
  | "http.response.status_code"
  | "server.address"
  | "steg.attempts"
  | "steg.bridge"
  | "steg.call"
  | "steg.dead"
  | "steg.delivered"
  | "steg.drop"
  | "steg.drop.size"
  | "steg.messages"
  | "steg.outcome"
  | "steg.record.first"
  | "steg.record.last"
  | "steg.records"
  | "steg.skipped"
  | "steg.untraced_chunks";
export type Attributes = Readonly<Partial<Record<AttributeName, string | number | undefined>>>;

export interface SpanStart {
  readonly kind?: "internal" | "server" | "client" | "producer" | "consumer";
  /** traceparent of the span that this one is a part of; absent or not valid = a new trace begins. */
  readonly parent?: string | undefined;
  /** Milliseconds since 1970; absent = now. */
  readonly at?: number;
  readonly attributes?: Attributes;
}

export interface SpanEnd {
  /** Where it is known only now what it is about. */
  readonly name?: string;
  readonly attributes?: Attributes;
  /** A code: the span failed of it. */
  readonly error?: string | undefined;
}

export interface Span {
  /** W3C traceparent under which others, here or elsewhere, are a part of this one; its flag says whether it is recorded. */
  readonly traceparent: string;
  /** Another span that has to do with this one and is no part of it. */
  link(traceparent: string): void;
  end(end?: SpanEnd): void;
}

export interface Tracing {
  begin(name: string, start?: SpanStart): Span;
  /** Of the one span that a whole drop is: the same for the same drop, whoever asks, in whatever process. */
  dropParent(drop: string): string;
  /** The drop is at its end: its span is recorded from `at` until now. */
  endDrop(drop: string, name: string, at: number, end: SpanEnd): void;
}
