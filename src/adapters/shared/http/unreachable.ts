// What it means that no answer came, or half of one: in words that say what to look at, and never hold a value.

import type { Attempt } from "../../../core/contract.ts";
import { errorCode } from "../atomic.ts";
import type { Exchange } from "./exchange.ts";
import { ADDRESS_REFUSED } from "./resolve.ts";

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

/** `what` names method and address as written in the bridge file. `unsure` where the request had begun to be written. */
export function unreachable(failure: Extract<Exchange, { kind: "failure" }>, what: string): Attempt {
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
