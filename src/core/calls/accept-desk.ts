// Calls that are accepted now and worked on later: 202 means that the journal has the call, and not a moment before.
//
//   key known? ──same request──▶ where the first one is      ──other request──▶ 422
//      │ no
//      ▼
//   offered to the intake ─▶ spool ─▶ journal, with caller, key and request in one commit ─▶ 202 with its Location

import { createHash, randomUUID } from "node:crypto";
import type { Call, CallEnd, Value } from "../contract.ts";
import { asBridgeError, BridgeError } from "../errors.ts";
import type { FaceSection } from "../bridge/types.ts";
import type { Journal } from "../journal/types.ts";
import { uuidV5 } from "../pipeline/identity.ts";
import type { AcceptedSource } from "./accepted.ts";
import { MOST_CALL, requestOf, writeCall } from "./call-record.ts";
import type { CallResources } from "./call-resources.ts";
import { createDeadlines } from "./deadline.ts";
import type { Visit } from "./desk.ts";
import { failed, failedByError } from "./failed.ts";

export interface AcceptDesk {
  /** Callers that have not heard yet. */
  readonly inFlight: number;
  /** Never rejects. */
  accept(call: Call, visit: Visit, signal: AbortSignal): Promise<CallEnd>;
}

export interface AcceptDeps {
  readonly bridge: string;
  readonly section: FaceSection;
  readonly accepted: AcceptedSource;
  readonly resources: CallResources;
  readonly journal: Pick<Journal, "callByKey">;
}

/** Until a disk has room again, or the process that starts after this one. */
const AFTER = 5;

/** A call with this key that is being accepted at this moment: the journal does not know it yet. */
interface Coming {
  readonly request: string;
  readonly id: Promise<string>;
}

export function createAcceptDesk({ bridge, section, accepted, resources, journal }: AcceptDeps): AcceptDesk {
  const coming = new Map<string, Coming>();
  const deadlineOf = createDeadlines(section.deadline);
  let inFlight = 0;

  async function take(call: Call, visit: Visit, id: string, request: string, signal: AbortSignal): Promise<string> {
    const { caller, owner, idempotencyKey: key, traceparent, headers } = visit;
    const seen = { ...call, headers: { ...call.headers, ...headers } };
    const bytes = writeCall({ ...requestOf(seen, caller), id }, traceparent);
    if (bytes.length > MOST_CALL) {
      throw new BridgeError("CALL_TOO_LARGE", `an accepted call holds at most ${MOST_CALL} bytes`, {
        stage: "receive",
      });
    }
    await accepted.offer(call.name, { id, caller: owner, key, request }, bytes, signal);
    return id;
  }

  async function takeOnce(call: Call, visit: Visit, key: string, signal: AbortSignal): Promise<string> {
    const { owner: caller } = visit;
    const request = requestHash(call);
    const name = JSON.stringify([caller, key]);
    const first = coming.get(name);
    if (first) {
      if (first.request !== request) throw keyReused();
      return await first.id;
    }
    const find = async (): Promise<string> => {
      const known = await journal.callByKey({ bridge, caller, key, request });
      if (known) {
        if (!known.same) throw keyReused();
        return known.id;
      }
      // The same request under the same key has the same bytes for ever, and so the same keys at the target.
      return await take(call, visit, uuidV5("call", bridge, caller, key, request), request, signal);
    };
    const id = find().finally(() => coming.delete(name));
    coming.set(name, { request, id });
    return await id;
  }

  async function accept(call: Call, visit: Visit, signal: AbortSignal): Promise<CallEnd> {
    const { owner, idempotencyKey: key } = visit;
    const id =
      key === undefined
        ? await take(call, visit, randomUUID(), requestHash(call), signal)
        : await takeOnce(call, visit, key, signal);
    return await resources.accepted(id, owner);
  }

  return {
    get inFlight() {
      return inFlight;
    },
    async accept(call, visit, signal) {
      if (inFlight >= section.limits.inFlight) return failed(503, "CALLS_TOO_MANY", { after: 1 });
      inFlight++;
      const deadline = deadlineOf(signal);
      try {
        return await accept(call, visit, deadline.signal);
      } catch (cause) {
        const end = failedByError(asBridgeError(cause, "receive"));
        return end.status === 503 ? { ...end, after: AFTER } : end;
      } finally {
        deadline.done();
        inFlight--;
      }
    },
  };
}

function keyReused(): BridgeError {
  return new BridgeError("CALL_KEY_REUSED", "this Idempotency-Key was sent with another request before", {
    stage: "receive",
  });
}

/** What was asked for. Headers are no part of it: a proxy may add its own to a request that is sent again. */
function requestHash({ name, path, query, body }: Call): string {
  return createHash("sha256")
    .update(canonical([name, path, query, body]))
    .digest("hex");
}

/** RFC 8785 as far as it matters here: names sorted, no blanks. */
function canonical(value: Value): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "";
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const record = value as { readonly [name: string]: Value };
  const names = Object.keys(record).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(record[name])}`).join(",")}}`;
}
