// What an answer means for the message. Status codes after RFC 9110, section 15; Retry-After after section 10.2.3.
//
//   2xx                          delivered
//   400, 404, 422 and other 4xx  refused: a definite no to this message
//   408, 409, 425, 429, 5xx      retry, not before what Retry-After says (409: a request with this key is under way)
//   3xx                          retry: redirects are not followed, somebody has to write the new address
//   no answer, half an answer    unreachable; `unsure` when the request had begun to be written

import type { IncomingHttpHeaders } from "node:http";
import type { Attempt, Reply, Value } from "../../core/contract.ts";
import type { Exchange } from "../shared/http/exchange.ts";
import { plainHeaders, retryAfter } from "../shared/http/headers.ts";
import { STATUS_CODES } from "../shared/http/node-http.ts";
import { unreachable } from "../shared/http/unreachable.ts";

const RETRIED = new Set([408, 409, 425, 429]);
const REDIRECTS = new Set([300, 301, 302, 303, 307, 308]);
const DETAIL = 16 * 1024;
const DEEPEST = 256;

/** `what` names method and address as written in the bridge file. `isCall`: somebody waits for the answer itself. */
export function attemptOf(result: Exchange, what: string, isCall = false): Attempt {
  if (result.kind === "failure") return unreachable(result, what);
  const { status } = result;
  const text = isCall && status < 300 ? "" : textOf(result.body, result.headers);
  const reply = isCall
    ? replyToCall(result)
    : { status, headers: plainHeaders(result.headers), ...bodyField(text, result.headers) };
  if (isCall && result.cut) {
    const message = `${what} answered more than the bridge lets through`;
    return { end: "refused", code: "REPLY_TOO_LARGE", status: 502, message };
  }
  if (status >= 200 && status < 300) return { end: "delivered", reply };
  const name = STATUS_CODES[status];
  const message = `${what} answered ${status}${name ? ` (${name})` : ""}${note(status)}`;
  const words = { reply, message, ...(text === "" ? {} : { detail: text.slice(0, DETAIL) }) };
  const code = status === 401 || status === 403 ? { code: "TARGET_AUTH" as const } : {};
  if (status >= 400 && status < 500 && !RETRIED.has(status)) return { end: "refused", ...words, ...code };
  const after = retryAfter(result.headers, Date.now());
  return { end: "retry", ...words, ...(after === undefined ? {} : { after }) };
}

/** Passed on as it came; what is in it is looked at only where a formula wants to know. */
function replyToCall({ status, headers, body }: Extract<Exchange, { kind: "answer" }>): Reply {
  let read: { body?: Value } | undefined;
  let plain: Reply["headers"];
  return {
    status,
    get headers() {
      plain ??= plainHeaders(headers);
      return plain;
    },
    bytes: body,
    contentType: headers["content-type"],
    get body() {
      read ??= bodyField(textOf(body, headers), headers);
      return read.body;
    },
  };
}

function note(status: number): string {
  if (REDIRECTS.has(status)) return "; redirects are not followed, write the new address into url";
  if (status === 401 || status === 403) return "; the target does not accept the bridge's credentials";
  if (status === 409) return "; a request with the same key is under way";
  return "";
}

function textOf(body: Buffer, headers: IncomingHttpHeaders): string {
  if (body.length === 0) return "";
  const charset = /charset="?([\w-]{1,40})/iu.exec(headers["content-type"] ?? "")?.[1] ?? "utf-8";
  if (/^utf-?8$/iu.test(charset)) return body.toString("utf8");
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    return new TextDecoder().decode(body);
  }
}

function bodyField(text: string, headers: IncomingHttpHeaders): { body?: Value } {
  if (text === "") return {};
  if (/[/+]json\b/iu.test(headers["content-type"] ?? "") && !tooDeep(text)) {
    try {
      return { body: JSON.parse(text) as Value };
    } catch {
      // Cut off or mislabelled: the text as it is.
    }
  }
  return { body: text };
}

/** Formulas walk over the reply; a stranger must not choose how deep. Counts inside strings too, which only errs on the safe side. */
function tooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5b || code === 0x7b) {
      if (++depth > DEEPEST) return true;
    } else if (code === 0x5d || code === 0x7d) {
      depth--;
    }
  }
  return false;
}
