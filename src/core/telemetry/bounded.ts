// Spans on their way out: so many at most, and what is more is dropped and counted. The SDK gathers them to batches behind this; it never
// sees more than it has room for, so that its own queue never drops any that nobody counts.

import { ExportResultCode } from "@opentelemetry/core";
import type { ReadableSpan, SpanExporter, SpanProcessor } from "@opentelemetry/sdk-trace";

/** Of spans that have ended. */
export interface SpanCounts {
  sent: number;
  /** Given to the other side, which did not take them in its time. */
  failed: number;
  /** Never given to anybody: too many were on their way. */
  dropped: number;
  /** On their way now. */
  waiting: number;
}

export interface Bounded {
  readonly counts: Readonly<SpanCounts>;
  /** Between the SDK's batches and the exporter, which says here how a batch ended. */
  counting(exporter: SpanExporter, ended: (error: Error | undefined) => void): SpanExporter;
  before(processor: SpanProcessor): SpanProcessor;
}

export function createBounded(most: number): Bounded {
  const counts: SpanCounts = { sent: 0, failed: 0, dropped: 0, waiting: 0 };
  return {
    counts,
    counting: (exporter, ended) => ({
      export(spans, done) {
        exporter.export(spans, (result) => {
          const isSent = result.code === ExportResultCode.SUCCESS;
          counts.waiting -= spans.length;
          counts[isSent ? "sent" : "failed"] += spans.length;
          ended(isSent ? undefined : (result.error ?? new Error("not taken")));
          done(result);
        });
      },
      shutdown: () => exporter.shutdown(),
      forceFlush: async () => await exporter.forceFlush?.(),
    }),
    before: (processor) => ({
      onStart: (span, context) => processor.onStart(span, context),
      onEnd(span: ReadableSpan) {
        if (counts.waiting >= most) {
          counts.dropped++;
          return;
        }
        counts.waiting++;
        processor.onEnd(span);
      },
      forceFlush: () => processor.forceFlush(),
      shutdown: () => processor.shutdown(),
    }),
  };
}
