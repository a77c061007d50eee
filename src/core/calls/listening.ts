// Faces with a protocol of their own (receive.rfc): what the HTTP server does for the others is done here, without HTTP. A face that
// cannot listen (its gateway is away) keeps nothing else from running, and tries again.

import { setTimeout as sleep } from "node:timers/promises";
import type { Call, CallEnd, Log } from "../contract.ts";
import { asBridgeError } from "../errors.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import { beginCall } from "./call-trace.ts";
import { mayCall, ownerOf, type Caller } from "./caller.ts";
import { failed } from "./failed.ts";
import { createMoments, type Clock, type Moment } from "./moment.ts";
import type { OpenFace } from "./open-face.ts";
import type { Rates } from "./rate.ts";
import { continuedTrace } from "../telemetry/trace-context.ts";

export interface ListeningDeps extends Clock {
  readonly rates: Rates;
  seen(caller: Caller, bridge: string): void;
  /** Spans of calls; absent = none are recorded. */
  readonly tracing?: Tracing | undefined;
  readonly log: Log;
  /** Milliseconds before a face that failed tries again. */
  readonly pause?: number;
}

const PAUSE = 30_000;

/** Resolves when the signal is aborted and all have stopped. */
export async function listenAll(faces: Iterable<OpenFace>, deps: ListeningDeps, signal: AbortSignal): Promise<void> {
  const momentOf = createMoments(deps);
  await Promise.all(Array.from(faces, (open) => listenTo(open, { ...deps, momentOf }, signal)));
}

type Deps = ListeningDeps & { readonly momentOf: (face: OpenFace) => Moment };

async function listenTo(open: OpenFace, deps: Deps, signal: AbortSignal): Promise<void> {
  const { face, bridge } = open;
  if (!face.listen) return;
  while (!signal.aborted) {
    try {
      await face.listen((call, name) => answer(open, deps, call, name), signal);
    } catch (cause) {
      if (signal.aborted) return;
      deps.log("error", "face.not_listening", { bridge: bridge.name, code: asBridgeError(cause, "receive").code });
    }
    await sleep(deps.pause ?? PAUSE, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

async function answer(open: OpenFace, deps: Deps, call: Call, name: string): Promise<CallEnd> {
  const { bridge, section, desk, lifetime } = open;
  const caller: Caller = { name, by: "rfc", scopes: [] };
  if (!mayCall(caller, section.callers)) return failed(403, "FORBIDDEN");
  deps.seen(caller, bridge.name);
  const { refused } = deps.momentOf(open);
  if (refused) return refused;
  if (open.closed()) return failed(503, "CALLS_TOO_MANY");
  const { rate } = section.limits;
  if (rate !== undefined && deps.rates.take(bridge.name, `rfc:${name}`, rate) > 0) return failed(429, "RATE_LIMITED");
  const owner = ownerOf(caller);
  const span = deps.tracing && beginCall(deps.tracing, bridge.name, undefined);
  span?.called(call.name);
  const traceparent = span?.traceparent ?? continuedTrace(undefined);
  const visit = { caller: name, owner, traceparent, idempotencyKey: undefined, headers: {} };
  const end = await desk.answer(call, visit, lifetime);
  if (end.end === "failed") span?.failed(end.code);
  span?.end(end.status);
  if (end.end === "failed" && end.status >= 500)
    deps.log("warn", "call.failed", { bridge: bridge.name, call: call.name, status: end.status, code: end.code });
  return end;
}
