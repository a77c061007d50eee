// One bridge that is called: a call comes in, its answer goes out, and nothing of it is kept.
//
//   way (case) ─▶ map ─▶ validate ─▶ one attempt at the target ─▶ deliver.outcomes ─▶ answer
//
// The deadline covers all of it. A call that a caller no longer waits for is not cut: whether it had an effect would be unknown.

import { randomUUID } from "node:crypto";
import type { Call, CallEnd, Parcel, Reply, Scope } from "../contract.ts";
import { asBridgeError, BridgeError } from "../errors.ts";
import type { FaceSection, LoadedBridge, Way } from "../bridge/types.ts";
import { replyVariables, type CallAttempt, type Courier } from "../pipeline/courier.ts";
import { uuidV5 } from "../pipeline/identity.ts";
import { mapUnit, type DropFacts, type Message, type OpenWay } from "../pipeline/map-unit.ts";
import type { Unit } from "../pipeline/unit.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import { recordOf, requestOf } from "./call-record.ts";
import { callTraced } from "./call-trace.ts";
import { createDeadlines } from "./deadline.ts";
import { failed, failedByError, failedByService } from "./failed.ts";

/** Of a call, beside what it asks for. */
export interface Visit {
  readonly caller: string;
  /** Who may ask what became of it: the caller, and how it was recognised. */
  readonly owner: string;
  readonly traceparent: string;
  /** What came with the caller's, if it is valid. */
  readonly tracestate?: string | undefined;
  readonly idempotencyKey: string | undefined;
  /** Headers that the bridge lets through to the service. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What a call needs of a bridge that runs. */
export interface Callable {
  readonly bridge: LoadedBridge;
  readonly ways: readonly OpenWay[];
  readonly couriers: ReadonlyMap<Way, Courier>;
}

export interface CallDesk {
  readonly inFlight: number;
  /** Never rejects. `signal`: the appliance stops. */
  answer(call: Call, visit: Visit, signal: AbortSignal): Promise<CallEnd>;
}

let latest = { at: 0, iso: "" };

/** Many calls come in one millisecond. */
function isoOf(at: number): string {
  if (latest.at !== at) latest = { at, iso: new Date(at).toISOString() };
  return latest.iso;
}

export function createCallDesk(
  running: Callable,
  section: FaceSection,
  /** A call was answered on one side of a split. */
  went?: (side: "moved" | "stayed") => void,
  tracing?: Tracing,
): CallDesk {
  const { bridge, ways, couriers } = running;
  const { tables } = bridge.loadTables();
  // Calls without a key of their own are told apart by number, and those of another run by its name.
  const run = randomUUID();
  let count = 0;
  const deadlineOf = createDeadlines(section.deadline);
  let inFlight = 0;

  function factsOf(call: Call, visit: Visit): DropFacts {
    const received = Date.now();
    const key = visit.idempotencyKey;
    const id = key === undefined ? `${run}-${++count}` : uuidV5("call", visit.caller, key);
    const file = {
      name: call.name,
      stem: call.name,
      size: 0,
      sha256: "",
      received: isoOf(received),
    };
    return {
      file,
      bridge: bridge.name,
      received,
      dropIdentity: `${bridge.name}\u0000call\u0000${id}`,
      timezone: bridge.timezone,
      tables,
    };
  }

  async function answer(call: Call, visit: Visit, deadline: AbortSignal): Promise<CallEnd> {
    const seen = { ...call, headers: { ...call.headers, ...visit.headers } };
    const record = recordOf(requestOf(seen, visit.caller));
    const unit: Unit = { first: 1, last: 1, line: 1, end: 0, records: [record], fault: undefined };
    const facts = factsOf(call, visit);
    const result = mapUnit(bridge, ways, unit, facts, undefined);
    if (result.kind === "dead") return failedByError(result.error);
    if (result.kind === "skipped") return { end: "answered", status: 204, headers: {}, contentType: "", body: "" };
    const { message } = result;
    const courier = couriers.get(message.way);
    if (!courier) throw new BridgeError("INTERNAL", "a way has no target");
    const parcel = (traceparent: string): Parcel =>
      parcelFor(message, { ...visit, traceparent }, facts.dropIdentity, section.limits.reply);
    const attempt = tracing
      ? await callTraced(tracing, bridge.name, courier, visit, parcel, deadline)
      : await courier.call(parcel(visit.traceparent), deadline);
    if (attempt.end === "delivered" && message.way.split) went?.(message.way.split.side);
    return attempt.end === "delivered"
      ? answered(message, attempt, section)
      : failedByService(attempt, deadline.aborted);
  }

  return {
    get inFlight() {
      return inFlight;
    },
    async answer(call, visit, signal) {
      if (inFlight >= section.limits.inFlight) return failed(503, "CALLS_TOO_MANY", { after: 1 });
      inFlight++;
      const deadline = deadlineOf(signal);
      try {
        return await answer(call, visit, deadline.signal);
      } catch (cause) {
        return deadline.signal.aborted ? failed(504, "CALL_DEADLINE") : failedByError(asBridgeError(cause, "encode"));
      } finally {
        deadline.done();
        inFlight--;
      }
    },
  };
}

function parcelFor({ way, body, scope }: Message, visit: Visit, drop: string, mostReply: number): Parcel {
  const { encode } = way;
  const { traceparent, tracestate, idempotencyKey, headers } = visit;
  return {
    first: 1,
    last: 1,
    messages: 1,
    body: encode.toBytes(body),
    contentType: encode.contentType,
    key: drop,
    scope,
    drop,
    call: { traceparent, tracestate, idempotencyKey, headers, mostReply },
  };
}

/** The service has done it: its answer in the words of the bridge file, or as it came. */
export function answered(
  { way, scope }: Pick<Message, "way" | "scope">,
  attempt: Extract<CallAttempt, { end: "delivered" }>,
  section: Pick<FaceSection, "headersOut">,
): CallEnd {
  const reply = attempt.reply ?? {};
  const own = way.answer;
  // Reading what the service said takes its time, so it is done where somebody looks.
  const isSeen =
    own !== undefined && (own.template !== undefined || own.status !== undefined || own.headers.length > 0);
  const seen: Scope = isSeen ? { ...scope, extra: { ...scope.extra, ...replyVariables(reply) } } : scope;
  try {
    const status = statusOf(own?.status, attempt.status, reply, own?.template !== undefined, seen);
    const headers = { ...passedOut(reply, section.headersOut), ...headersOf(own?.headers ?? [], seen) };
    const { contentType, body } = own?.template ? written(own.template, seen) : asItCame(reply);
    return { end: "answered", status: body.length === 0 && status === 200 ? 204 : status, headers, contentType, body };
  } catch (cause) {
    const { code, message, position, detail } = asBridgeError(cause, "answer");
    return failedByError(new BridgeError(code, message, { stage: "answer", position, detail }));
  }
}

type Answer = NonNullable<Way["answer"]>;

function statusOf(
  own: Answer["status"],
  byRule: number | undefined,
  reply: Reply,
  isWritten: boolean,
  scope: Scope,
): number {
  if (typeof own === "number") return own;
  if (own === undefined) return byRule ?? (isWritten ? 200 : (reply.status ?? 200));
  const value = own.evaluate(scope.root, scope);
  const status = typeof value === "string" && /^\d{3}$/.test(value) ? Number(value) : value;
  if (typeof status === "number" && Number.isInteger(status) && status >= 200 && status <= 599) return status;
  throw new BridgeError("VALUE_NOT_TEXT", "answer.status gives no HTTP status from 200 to 599", { position: own.at });
}

function headersOf(own: Answer["headers"], scope: Scope): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const { name, value } of own) {
    const text = typeof value === "string" ? value : value.evaluate(scope.root, scope);
    if (text === undefined || text === null || text === false) continue;
    if (typeof text === "object") {
      const at = typeof value === "string" ? undefined : value.at;
      throw new BridgeError("VALUE_NOT_TEXT", `answer.headers.${name} gives no text`, { position: at });
    }
    // RFC 9110, section 5.5: a line break would begin a header of the value's own.
    headers[name] = String(text)
      .replaceAll(/[^\t\u0020-\u007e\u00a0-\u00ff]+/g, " ")
      .trim();
  }
  return headers;
}

function passedOut(reply: Reply, names: readonly string[]): Readonly<Record<string, string>> {
  const passed: Record<string, string> = {};
  for (const name of names) {
    const { headers } = reply;
    const value = headers && Object.hasOwn(headers, name) ? headers[name] : undefined;
    if (value !== undefined) passed[name] = value;
  }
  return passed;
}

type Written = { readonly contentType: string; readonly body: Uint8Array | string };

function written(template: NonNullable<Answer["template"]>, scope: Scope): Written {
  const body = template.render(scope.root, scope) ?? "";
  return { contentType: template.contentType, body };
}

/** Bytes of a service that speaks HTTP stay bytes; what another one said is JSON. */
function asItCame(reply: Reply): Written {
  if (reply.bytes) return { contentType: reply.contentType ?? "application/octet-stream", body: reply.bytes };
  const { body } = reply;
  return body === undefined
    ? { contentType: "", body: "" }
    : { contentType: "application/json", body: JSON.stringify(body) };
}
