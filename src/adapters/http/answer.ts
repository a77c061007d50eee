// What an answer means for the message. Status codes after RFC 9110, section 15; Retry-After after section 10.2.3.
//
//   2xx                          delivered
//   400, 404, 422 and other 4xx  refused: a definite no to this message
//   408, 409, 425, 429, 5xx      retry, not before what Retry-After says (409: a request with this key is under way)
//   3xx                          retry: redirects are not followed, somebody has to write the new address
//   no answer, half an answer    unreachable; `unsure` when the request had begun to be written

import { STATUS_CODES, type IncomingHttpHeaders } from "node:http";
import type { Attempt, Reply, Value } from "../../core/contract.ts";
import { errorCode } from "../shared/atomic.ts";
import type { Exchange } from "./exchange.ts";
import { ADDRESS_REFUSED } from "./resolve.ts";

const RETRIED = new Set([408, 409, 425, 429]);
const REDIRECTS = new Set([300, 301, 302, 303, 307, 308]);
const DAY = 86_400_000;
const DETAIL = 16 * 1024;
const DEEPEST = 256;

/** `what` names method and address as written in the bridge file. `isCall`: somebody waits for the answer itself. */
export function attemptOf(result: Exchange, what: string, isCall = false): Attempt {
  if (result.kind === "failure") return unreachable(result, what);
  const { status } = result;
  const text = textOf(result.body, result.headers);
  const reply: Reply = {
    status,
    headers: plainHeaders(result.headers),
    ...bodyField(text, result.headers),
    ...(isCall && { bytes: result.body, contentType: one(result.headers["content-type"]) }),
  };
  if (isCall && result.isCut) {
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

function note(status: number): string {
  if (REDIRECTS.has(status)) return "; redirects are not followed, write the new address into url";
  if (status === 401 || status === 403) return "; the target does not accept the bridge's credentials";
  if (status === 409) return "; a request with the same key is under way";
  return "";
}

const REASONS: Readonly<Record<string, string>> = {
  [ADDRESS_REFUSED]:
    "has a name that leads to this machine or its link; where that is meant, list the address in hosts",
  ECONNREFUSED: "refuses connections",
  ENOTFOUND: "has a name that does not resolve",
  EAI_AGAIN: "has a name that cannot be resolved at the moment",
  EHOSTUNREACH: "cannot be reached over the network",
  ENETUNREACH: "cannot be reached over the network",
  ETIMEDOUT: "did not accept the connection in time",
  UND_ERR_CONNECT_TIMEOUT: "did not accept the connection in time",
  ECONNRESET: "closed the connection",
  EPIPE: "closed the connection",
  UND_ERR_SOCKET: "closed the connection",
  UND_ERR_HEADERS_TIMEOUT: "did not answer in time",
  UND_ERR_BODY_TIMEOUT: "did not finish its answer in time",
  UND_ERR_HEADERS_OVERFLOW: "answered with too many headers",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "broke off its answer",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "has a certificate of an unknown authority; name it in ca",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "has a certificate of an unknown authority; name it in ca",
  SELF_SIGNED_CERT_IN_CHAIN: "has a certificate of an unknown authority; name it in ca",
  DEPTH_ZERO_SELF_SIGNED_CERT: "has a self-signed certificate; name it in ca",
  CERT_HAS_EXPIRED: "has a certificate that has expired",
  ERR_TLS_CERT_ALTNAME_INVALID: "has a certificate for another name",
  CERT_NOT_YET_VALID: "has a certificate that is not valid yet; look at the clocks",
  ERR_SSL_WRONG_VERSION_NUMBER: "does not speak TLS at this port; look at http: or https: and at the port in url",
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: "speaks only versions of TLS that the bridge does not",
  ERR_SSL_UNSUPPORTED_PROTOCOL: "speaks only versions of TLS that the bridge does not",
  "ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE": "refused the TLS handshake; it may want a client certificate, see cert",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: "wants a client certificate, see cert",
};

function unreachable(failure: Extract<Exchange, { kind: "failure" }>, what: string): Attempt {
  const base = { end: "unreachable", unsure: failure.sent, code: "TARGET_UNREACHABLE" } as const;
  if (failure.reason === "aborted") return { ...base, message: `${what} was stopped before the answer was complete` };
  if (failure.reason === "timeout") {
    const phase = failure.sent
      ? failure.status === undefined
        ? "did not answer"
        : "did not finish its answer"
      : "was not reached";
    return { ...base, message: `${what} ${phase} within ${Math.round(failure.within) / 1000} s` };
  }
  const isParserError = failure.cause instanceof Error && failure.cause.name === "HTTPParserError";
  const reason = reasonOf(errorCode(failure.cause) ?? (isParserError ? "HPE_INVALID" : "unknown"));
  const cause = failure.cause instanceof Error ? { detail: failure.cause.message.slice(0, 500) } : {};
  return {
    ...base,
    message: `${what} ${reason}${failure.status === undefined ? "" : ", within its answer"}`,
    ...cause,
  };
}

function reasonOf(code: string): string {
  if (Object.hasOwn(REASONS, code)) return `${REASONS[code]} (${code})`;
  if (code.startsWith("HPE_")) return `answered something that is not HTTP (${code})`;
  // TLS alerts and OpenSSL's reasons are constants; anything else stays in the detail.
  return /^[A-Z][A-Z0-9_/]{2,60}$/u.test(code) ? `failed (${code})` : "failed";
}

/** Milliseconds until the time that Retry-After names, at most a day; undefined = it names none. */
export function retryAfter(headers: IncomingHttpHeaders, now: number): number | undefined {
  const text = one(headers["retry-after"])?.trim();
  if (!text) return undefined;
  if (/^\d{1,10}$/u.test(text)) return Math.min(Number(text) * 1000, DAY);
  const at = httpDate(text);
  if (at === undefined) return undefined;
  // The target's own clock, where it tells it: the two may be minutes apart.
  const from = httpDate(one(headers.date) ?? "") ?? now;
  return Math.min(Math.max(0, at - from), DAY);
}

const IMF = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/u;
const RFC850 = /^[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/u;
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/u;

/** The three forms of RFC 9110, section 5.6.7. */
function httpDate(text: string): number | undefined {
  const readable = ASCTIME.test(text) ? `${text} GMT` : IMF.test(text) || RFC850.test(text) ? text : undefined;
  const time = readable === undefined ? Number.NaN : Date.parse(readable);
  return Number.isNaN(time) ? undefined : time;
}

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

/** For formulas: joined where repeated; cookies are nobody's business. */
function plainHeaders(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  const plain: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name === "set-cookie") continue;
    plain[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return plain;
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
