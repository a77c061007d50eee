// What a caller hears of a call that was accepted, made at the moment its outcome is known: the same answer, or the same problem, that
// a caller who waits would have got. It is committed with the outcome, so that neither is ever there without the other.

import type { Call, CallEnd, Face, Parcel, ParcelCall, Rec } from "../contract.ts";
import type { BridgeError } from "../errors.ts";
import type { FaceSection } from "../bridge/types.ts";
import type { KeptAnswer } from "../journal/types.ts";
import type { Final } from "../pipeline/courier.ts";
import type { Message } from "../pipeline/map-unit.ts";
import { acceptedTrace, requestBehind } from "./call-record.ts";
import { answered } from "./desk.ts";
import { failed, failedByError, failedByService, type Failed } from "./failed.ts";
import { keptEnd } from "./kept-end.ts";

export interface LaterAnswers {
  /** The parcel of an accepted call asks its target for the answer itself; its key stays the drop's. */
  parcel(parcel: Parcel, message: Message): Parcel;
  delivered(message: Message, final: Final): KeptAnswer;
  /** `final` is absent where nothing was sent. */
  dead(error: BridgeError, final?: Final): KeptAnswer;
  skipped(): KeptAnswer;
}

/** The largest that is kept; services may answer less than `limits.reply`, but an answer may say more than they did. */
export const MOST_KEPT = 16 << 20;

const NOTHING: CallEnd = { end: "answered", status: 204, headers: {}, contentType: "", body: "" };

export function createLaterAnswers(section: FaceSection, face: Pick<Face, "answerFault">): LaterAnswers {
  const { limits, headersIn } = section;

  function callOf(trace: string, key: string, record: Rec): ParcelCall {
    const given = requestBehind(record)?.headers ?? {};
    const headers: Record<string, string> = {};
    for (const name of headersIn) {
      const value = Object.hasOwn(given, name) ? given[name] : undefined;
      if (typeof value === "string") headers[name] = value;
    }
    return { traceparent: trace, idempotencyKey: key, headers, mostReply: Math.min(limits.reply, MOST_KEPT) };
  }

  function endOf(message: Message, final: Final): CallEnd {
    const { heard } = final;
    const end = answered(message, heard?.end === "delivered" ? heard : { end: "delivered" }, section);
    if (end.end !== "answered") return end;
    const request = requestBehind(message.scope.root);
    const fault = request && face.answerFault?.(callAgain(request), end);
    if (fault) return failedByError(fault);
    const { body } = end;
    const size = typeof body === "string" ? Buffer.byteLength(body) : body.length;
    return size > MOST_KEPT ? failed(502, "REPLY_TOO_LARGE") : end;
  }

  return {
    parcel(parcel, { scope }) {
      const trace = acceptedTrace(scope.root);
      return trace === undefined ? parcel : { ...parcel, call: callOf(trace, parcel.key, scope.root) };
    },
    delivered: (message, final) => keptEnd(endOf(message, final)),
    dead: (error, final) => keptEnd(lasting(problemOf(error, final))),
    skipped: () => keptEnd(NOTHING),
  };
}

function callAgain({ call, path, query, headers, body }: NonNullable<ReturnType<typeof requestBehind>>): Call {
  return { name: call, path, query, headers, body };
}

/** Where nobody knows whether it arrived, that is what the caller must hear, whatever the last attempt was told. */
function problemOf(error: BridgeError, final: Final | undefined): Failed {
  const heard = final?.heard;
  if (error.code === "DELIVERY_UNSURE") {
    return failed(502, error.code, { title: "It is not known whether the service behind this interface has it" });
  }
  if (!heard || heard.end === "delivered") return failedByError(error);
  return failedByService(heard, false);
}

/** When to come again is no part of an answer that stays. */
function lasting({ after: _after, ...end }: Failed): Failed {
  return end;
}
