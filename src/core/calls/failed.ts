// How calls fail, in words for callers: a status, a code, a title, and a detail without values of others.

import type { CallEnd, Reply } from "../contract.ts";
import type { BridgeError, Code } from "../errors.ts";
import type { CallAttempt } from "../pipeline/courier.ts";

export type Failed = Extract<CallEnd, { end: "failed" }>;

const STATUS: Readonly<Partial<Record<Code, number>>> = {
  CALL_DEADLINE: 504,
  CALL_INVALID: 400,
  CALL_KEY_REUSED: 422,
  CALL_METHOD: 405,
  CALL_OPEN: 409,
  CALL_TOO_LARGE: 413,
  CALL_TYPE: 415,
  CALL_UNKNOWN: 404,
  CALLS_TOO_MANY: 503,
  FORBIDDEN: 403,
  IDENTITY_UNAVAILABLE: 503,
  NOT_FOUND: 404,
  RATE_LIMITED: 429,
  UNAUTHENTICATED: 401,
};

const TITLES: Readonly<Record<number, string>> = {
  400: "The request is not as described",
  401: "Not authenticated",
  403: "Not allowed",
  404: "There is nothing of that name",
  405: "This path takes other methods",
  409: "A request with the same key is under way",
  413: "The request is too large",
  415: "The content type is not taken",
  422: "The request cannot be processed",
  429: "Too many requests",
  500: "Internal error",
  502: "The service behind this interface failed",
  503: "Not available at the moment",
  504: "The service behind this interface did not answer in time",
};

export function failed(status: number, code: Code, more: Partial<Failed> = {}): Failed {
  const title = TITLES[status] ?? (status < 500 ? "The request was refused" : "The request failed");
  return { end: "failed", status, code, title, detail: undefined, sender: status < 500, headers: {}, ...more };
}

/** What was wrong with the request itself, before or while it was translated. A message holds no values, so callers may read it. */
export function failedByError(error: BridgeError): Failed {
  const { code, message, stage } = error;
  if (code === "INTERNAL") return failed(500, "INTERNAL", { title: "Internal error" });
  const own = STATUS[code];
  const allow = error.facts?.["allow"];
  const headers = typeof allow === "string" ? { allow } : {};
  if (own !== undefined) return failed(own, code, { detail: error.detail ?? message, headers });
  // The answer of the service could not be put into the caller's words: that is nothing the caller could mend.
  if (stage === "answer") return failed(502, code, { detail: undefined });
  if (stage === "map" || stage === "validate" || stage === "decode" || stage === "receive") {
    return failed(422, code, { detail: message });
  }
  return failed(502, code);
}

/** Said by us before anything was sent. */
const UNFIT: ReadonlySet<Code> = new Set<Code>(["PATTERN_VALUE", "RFC_VALUE", "SCHEMA_INVALID", "TARGET_ADDRESS"]);

const HIDDEN: ReadonlySet<number> = new Set([401, 403, 407]);

/** The status of a service's own "no". Its trouble with our credentials is not the caller's. */
function statusOf(reply: Reply | undefined): number {
  const status = reply?.status ?? 0;
  return status >= 400 && status < 500 && !HIDDEN.has(status) ? status : 502;
}

export function failedByService(attempt: Exclude<CallAttempt, { end: "delivered" }>, isLate: boolean): Failed {
  switch (attempt.end) {
    case "closed":
      return failed(503, "TARGET_UNREACHABLE", { after: Math.max(1, Math.ceil(attempt.after / 1_000)) });
    case "unjudged":
      return failed(502, "REPLY_INVALID");
    case "refused": {
      const { reply, message, code = reply?.fault ? "SERVICE_FAULT" : "DELIVERY_REFUSED" } = attempt;
      // Nothing was asked: what the caller sent does not fit what the service takes. A message holds no values.
      if (!reply && UNFIT.has(code)) return failed(attempt.status ?? 422, code, { detail: message });
      return failed(attempt.status ?? statusOf(reply), code, wordsOf(attempt));
    }
    case "retry": {
      const busy = attempt.reply?.status === 429 || attempt.reply?.status === 503;
      const after = attempt.after === undefined ? undefined : Math.max(1, Math.ceil(attempt.after / 1_000));
      const status = attempt.status ?? (busy ? 503 : 502);
      return failed(status, attempt.code ?? "DELIVERY_FAILED", {
        ...wordsOf(attempt),
        after: after ?? (status === 503 ? 5 : undefined),
      });
    }
    default: {
      if (isLate) return failed(504, "CALL_DEADLINE");
      const status = attempt.status ?? (attempt.unsure ? 504 : 503);
      return failed(status, attempt.code ?? "TARGET_UNREACHABLE", status === 503 ? { after: 5 } : {});
    }
  }
}

/** The service's own words reach the caller only where the bridge says so. */
function wordsOf({ reply, byRule, detail }: { reply?: Reply; byRule?: true; detail?: string }): Partial<Failed> {
  return { detail: byRule ? detail : undefined, ...(byRule && reply?.fault && { fault: reply.fault }) };
}
