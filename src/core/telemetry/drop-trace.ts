// The spans of one drop: one for each stage of each chunk, under the one that is the drop. All that another process needs to go on with
// them is the text `parent`, which travels with a chunk.
//
//   drop ─┬─ receive
//         ├─ decode, map, deliver     of the first chunk
//         ├─ decode, map, deliver     of the next one …
//         └─ receipt

import { readTraceparent, SAMPLED } from "./trace-context.ts";
import type { Attributes, Span, SpanEnd, Tracing } from "./tracing.ts";

/** Of one drop: what shows traces takes some ten thousand spans of one, and a drop may have millions of records. */
const MOST_CHUNKS = 3_000;

export interface DropTrace {
  /** traceparent of the drop's span: for whoever works on a part of it, and for deliveries of chunks that have no spans of their own. */
  readonly parent: string;
  /** Chunks that have no spans, because enough have. */
  readonly untraced: number;
  /** undefined = no spans for this one. */
  chunk(): ChunkTrace | undefined;
}

/** Numbers of the first and the last record. */
export interface ChunkRange {
  readonly first: number;
  readonly last: number;
}

export interface ChunkTrace {
  /** The chunk was read from the spool and decoded since `at`, in milliseconds since 1970. */
  decoded(range: ChunkRange, at: number): void;
  /** Mapping and validating it begin. */
  map(range: ChunkRange): Span;
  deliver(range: ChunkRange): Delivering;
}

/** Handing over what a chunk became: begins with its first message, and ends when all of them have ended. */
export interface Delivering {
  readonly traceparent: string;
  /** A message, or a batch, is on its way. */
  began(): void;
  /** It has ended, somehow. */
  done(): void;
  /** How delivering one of them ended. `error`: a code. */
  outcome(messages: number, attempts: number, error: string | undefined): void;
  link(traceparent: string): void;
  /** No more are coming. */
  handed(): void;
}

/** `parent`: of `Tracing.dropParent`, or as it came from another process. */
export function createDropTrace(tracing: Tracing, parent: string, bridge: string, drop: string): DropTrace {
  const isSampled = ((readTraceparent(parent)?.flags ?? 0) & SAMPLED) === SAMPLED;
  const own: Attributes = { "steg.bridge": bridge, "steg.drop": drop };
  let chunks = 0;
  let untraced = 0;

  function begin(name: string, { first, last }: ChunkRange, at?: number): Span {
    const attributes = { ...own, "steg.record.first": first, "steg.record.last": last };
    const kind = name === "deliver" ? "client" : "internal";
    return tracing.begin(name, { parent, kind, attributes, ...(at !== undefined && { at }) });
  }

  const chunk: ChunkTrace = {
    decoded: (range, at) => begin("decode", range, at).end(),
    map: (range) => begin("map", range),
    deliver: (range) => delivering(begin("deliver", range)),
  };

  return {
    parent,
    get untraced() {
      return untraced;
    },
    chunk() {
      if (!isSampled) return undefined;
      if (++chunks <= MOST_CHUNKS) return chunk;
      untraced++;
      return undefined;
    },
  };
}

function delivering(span: Span): Delivering {
  let open = 1;
  let messages = 0;
  let attempts = 0;
  let failed = 0;
  let error: string | undefined;

  function done(): void {
    if (--open > 0) return;
    const attributes = { "steg.messages": messages, "steg.attempts": attempts, "steg.dead": failed };
    span.end({ attributes, error });
  }

  return {
    traceparent: span.traceparent,
    began: () => void open++,
    done,
    outcome(count, tries, code) {
      messages += count;
      attempts += tries;
      if (code === undefined) return;
      failed += count;
      error ??= code;
    },
    link: (traceparent) => span.link(traceparent),
    handed: done,
  };
}

/** How a whole drop ended. */
export function dropEnd(
  trace: DropTrace,
  bridge: string,
  drop: { readonly id: string; readonly size: number },
  counts: Readonly<Record<"records" | "delivered" | "skipped" | "dead", number>> | undefined,
): SpanEnd {
  return {
    attributes: {
      "steg.bridge": bridge,
      "steg.drop": drop.id,
      "steg.drop.size": drop.size,
      "steg.records": counts?.records,
      "steg.delivered": counts?.delivered,
      "steg.skipped": counts?.skipped,
      "steg.dead": counts?.dead,
      "steg.untraced_chunks": trace.untraced === 0 ? undefined : trace.untraced,
    },
  };
}
