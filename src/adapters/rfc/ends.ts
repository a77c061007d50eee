// How a call that did not succeed ends, whichever way it went (SOAP or SDK):
//
//   exception of the function            refused 422, its key in $fault.code
//   message of type E                    refused 422; of type A or X 502
//   short dump                           refused 502: whether it had an effect is unknown, so nothing repeats it by itself
//   logon failure                        unreachable 502, the circuit opens at once: every further attempt brings the user nearer its lock
//   no authority for the function        refused 502
//   invalid parameter                    refused 400
//   SAP cannot be reached                unreachable 503
//   no answer in time                    unreachable 504, unsure
//   SAP is busy, or its partner is away  retry 503

import type { Attempt, Reply, Value } from "../../core/contract.ts";
import type { AbapMessage } from "./soap-answer.ts";

export type Failure =
  | {
      readonly kind: "exception" | "message";
      readonly key: string;
      readonly text: string;
      readonly message: AbapMessage | undefined;
    }
  | {
      readonly kind: "dump" | "authority" | "parameter" | "unknown" | "busy";
      readonly key: string;
      readonly text: string;
    };

/** Codes of ABAP are constants and may stand in messages; anything else may be a value. */
export function shownKey(key: string): string {
  return /^[A-Z0-9_/:.() -]{1,60}$/u.test(key) ? key : "(a key that is none of ABAP's)";
}

type Plain = Exclude<Failure["kind"], "exception" | "message">;

const PLAIN: Readonly<
  Record<Plain, { readonly end: "refused" | "retry"; readonly status: number; readonly says: (key: string) => string }>
> = {
  dump: {
    end: "refused",
    status: 502,
    says: (key) => ` ended with a runtime error (${key}); whether it had an effect is unknown`,
  },
  authority: { end: "refused", status: 502, says: (key) => `: the user of the bridge may not call it (${key})` },
  parameter: { end: "refused", status: 400, says: (key) => ` does not take what the message says (${key})` },
  unknown: { end: "refused", status: 502, says: (key) => ` cannot be called there (${key})` },
  busy: { end: "retry", status: 503, says: (key) => ` could not be done now (${key})` },
};

/** `what` is the function and where it was called; `reply` the answer without its fault. */
export function endOf(failure: Failure, what: string, reply: Omit<Reply, "fault">): Attempt {
  const { text } = failure;
  const key = shownKey(failure.key);
  const words = {
    code: failure.kind === "authority" ? ("TARGET_AUTH" as const) : ("RFC_FAILED" as const),
    reply: { ...reply, fault: faultOf(failure) },
    ...(text === "" ? {} : { detail: text.slice(0, 4_000) }),
  };
  if (failure.kind === "exception") return { end: "refused", ...words, status: 422, message: `${what} raised ${key}` };
  if (failure.kind === "message") {
    const type = failure.message?.type ?? "E";
    const status = type === "A" || type === "X" ? 502 : 422;
    return { end: "refused", ...words, status, message: `${what} ended with message ${shownKey(type)} ${key}` };
  }
  const { end, status, says } = PLAIN[failure.kind];
  return { end, ...words, status, message: what + says(key) };
}

function faultOf(failure: Failure): NonNullable<Reply["fault"]> {
  const { key, text } = failure;
  const message = "message" in failure ? failure.message : undefined;
  if (!message) return { code: key, text };
  const detail: Record<string, Value> = { id: message.id, number: message.number };
  if (message.type !== undefined) detail["type"] = message.type;
  if (message.variables.length > 0) detail["variables"] = message.variables;
  return { code: key, text, detail };
}

/** Nobody may try again with these credentials before somebody has looked. */
export function logonFailure(what: string, how: string, detail: string | undefined): Attempt {
  return {
    end: "unreachable",
    unsure: false,
    opens: true,
    code: "TARGET_AUTH",
    status: 502,
    message: `${what} refuses the logon of the bridge (${how}); it is not tried again at once, because SAP locks a user after some failures`,
    ...(detail === undefined ? {} : { detail: detail.slice(0, 500) }),
  };
}

/** What `rfc:Error/type` (or a key of the SDK) says, by the words that SAP builds such keys of. */
export function kindOfKey(key: string): Failure["kind"] | "logon" {
  const upper = key.toUpperCase();
  if (/LOGON|AUTHENTICATION|PASSWORD|USER_LOCKED/u.test(upper)) return "logon";
  if (/NO_AUTHORITY|NOT_AUTHORIZED|AUTHORI[SZ]ATION/u.test(upper)) return "authority";
  if (/^ERROR_MESSAGE|ABAP_MESSAGE|^MESSAGE_TYPE_/u.test(upper)) return "message";
  if (/FUNC(?:TION)?_?(?:MODULE_)?NOT_FOUND|^FU_NOT_FOUND/u.test(upper)) return "unknown";
  if (
    /INVALID_PARAM|PARAMETER|CALL_FUNCTION_PARM|CONVERSION|DESERIALI|SERIALI[SZ]ATION|CX_ST_|SIMPLE_TRANSFORMATION/u.test(
      upper,
    )
  )
    return "parameter";
  if (/COMMUNICATION|RESOURCE|QUOTA|NO_FREE|BUSY/u.test(upper)) return "busy";
  return "dump";
}
