// The spans of a drop that a bridge worker runs: what runDrop does not see of it, its receipt and its end.

import { asBridgeError } from "../errors.ts";
import type { DropRow } from "../journal/types.ts";
import { createDropTrace, dropEnd, type DropTrace } from "../telemetry/drop-trace.ts";
import type { Span, Tracing } from "../telemetry/tracing.ts";
import type { Tracker } from "./progress.ts";

export interface TracedDrop {
  readonly trace: DropTrace;
  /** How far it has come. */
  counts(tracker: Tracker): void;
  /** It is at its end: its receipt is written, and with it the span of the drop ends. */
  receipt(write: () => Promise<void>): Promise<void>;
}

/** undefined = nothing is recorded. */
export function traceDrop(tracing: Tracing | undefined, bridge: string, drop: DropRow): TracedDrop | undefined {
  if (!tracing) return undefined;
  const parent = tracing.dropParent(drop.id);
  const trace = createDropTrace(tracing, parent, bridge, drop.id);
  let counts: Tracker["counts"] | undefined;
  return {
    trace,
    counts: (tracker) => void (counts = tracker.counts),
    async receipt(write) {
      const span = tracing.begin("receipt", { parent, attributes: { "steg.bridge": bridge, "steg.drop": drop.id } });
      let error: string | undefined;
      try {
        await write();
      } catch (cause) {
        error = asBridgeError(cause).code;
        throw cause;
      } finally {
        span.end({ error });
        tracing.endDrop(drop.id, `drop ${bridge}`, drop.received, dropEnd(trace, bridge, drop, counts));
      }
    },
  };
}

/** From the moment that its first byte was read until the journal has it. */
export function traceReceive(tracing: Tracing | undefined, bridge: string, { id, size, received }: DropRow): void {
  if (!tracing) return;
  const attributes = { "steg.bridge": bridge, "steg.drop": id, "steg.drop.size": size };
  tracing.begin("receive", { parent: tracing.dropParent(id), at: received, attributes }).end();
}

/** Dead letters of a drop once more, as a part of it however long it has ended. */
export function traceReplay(tracing: Tracing | undefined, bridge: string, { id }: DropRow): Span | undefined {
  const attributes = { "steg.bridge": bridge, "steg.drop": id };
  return tracing?.begin("replay", { parent: tracing.dropParent(id), kind: "client", attributes });
}
