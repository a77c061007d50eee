// The spans of a call: one for all of it, which is a part of the caller's trace, and one for what the service behind it is asked.

import type { Parcel } from "../contract.ts";
import { asBridgeError } from "../errors.ts";
import type { CallAttempt, Courier } from "../pipeline/courier.ts";
import type { Span, Tracing } from "../telemetry/tracing.ts";
import type { Visit } from "./desk.ts";

/** What is asked is known when the request is read: its name comes with its end. */
export interface CallSpan {
  readonly traceparent: string;
  called(name: string): void;
  failed(code: string): void;
  end(status: number): void;
}

/** `parent`: the caller's traceparent, if it sent one. */
export function beginCall(tracing: Tracing, bridge: string, parent: string | undefined, method?: string): CallSpan {
  const own = { "steg.bridge": bridge, "http.request.method": method };
  const span = tracing.begin(`call ${bridge}`, { kind: "server", parent, attributes: own });
  let call: string | undefined;
  let code: string | undefined;
  return {
    traceparent: span.traceparent,
    called: (name) => void (call = name),
    failed: (why) => void (code = why),
    end(status) {
      const attributes = { "steg.call": call, "http.response.status_code": status };
      // By OpenTelemetry's rules for servers: what the caller did wrong is no failure of ours.
      const error = status >= 500 ? (code ?? String(status)) : undefined;
      span.end({ attributes, error, ...(call !== undefined && { name: `call ${bridge} ${call}` }) });
    },
  };
}

/** One attempt at the service, whose traceparent is that of the span for it. */
export async function callTraced(
  tracing: Tracing,
  bridge: string,
  courier: Courier,
  visit: Visit,
  parcelFor: (traceparent: string) => Parcel,
  signal: AbortSignal,
): Promise<CallAttempt> {
  const own = { "steg.bridge": bridge, "server.address": courier.target.server };
  const span = tracing.begin("deliver", { kind: "client", parent: visit.traceparent, attributes: own });
  try {
    const attempt = await courier.call(parcelFor(span.traceparent), signal);
    endAttempt(span, attempt);
    return attempt;
  } catch (cause) {
    span.end({ error: signal.aborted ? "CALL_DEADLINE" : asBridgeError(cause, "deliver").code });
    throw cause;
  }
}

function endAttempt(span: Span, attempt: CallAttempt): void {
  const status = "reply" in attempt ? attempt.reply?.status : undefined;
  const attributes = { "steg.outcome": attempt.end, "http.response.status_code": status };
  const code = "code" in attempt ? attempt.code : undefined;
  span.end({ attributes, error: attempt.end === "delivered" ? undefined : (code ?? attempt.end) });
}
