// What went wrong, as the errors of the product: which of them a reply code, a socket's failure or a certificate means.

import { BridgeError, type Code } from "../../core/errors.ts";
import { shownName } from "../shared/names.ts";

/** A reply of 400 and above (RFC 959, 4.2), as the library throws it. */
export interface Refusal extends Error {
  readonly code: number;
}

export function isRefusal(cause: unknown): cause is Refusal {
  return cause instanceof Error && typeof (cause as { code?: unknown }).code === "number";
}

/** The connection went silent, or ended before its time. */
export class CutError extends Error {}

/** Service not available, data connection not opened, data connection cut: the connection's trouble, not the request's. */
const CONNECTION_REPLIES = new Set([421, 425, 426]);

const CERTIFICATE =
  /^(?:CERT_|ERR_TLS_CERT|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH)/u;

const CERTIFICATE_WORDS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is signed by itself; name it in ca, or pin its fingerprint",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is of an unknown authority; name it in ca",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate is of an unknown authority; name it in ca",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is of an unknown authority; name it in ca",
};

/** What was asked for: the command's word, and the path that goes into the detail only. */
export interface Asked {
  readonly word: string;
  readonly path?: Uint8Array | undefined;
  /** TLS was still being agreed upon; later its failures are cuts. */
  readonly greeting?: boolean;
}

/** `address` is host:port. What is a BridgeError already, or the signal's reason, passes. */
export function faultOf(cause: unknown, address: string, asked: Asked, signal?: AbortSignal): unknown {
  if (cause instanceof BridgeError || (signal?.aborted && cause === signal.reason)) return cause;
  const path = asked.path && `path ${shownName(asked.path)}`;
  const fail = (code: Code, message: string, said?: string): BridgeError =>
    new BridgeError(code, message, { detail: [path, said].filter(Boolean).join("; ") || undefined, cause });
  if (isRefusal(cause)) {
    const said = replyText(cause.message);
    if (CONNECTION_REPLIES.has(cause.code))
      return fail("SERVER_UNREACHABLE", `ftp ${address} ended ${asked.word} with ${cause.code}`, said);
    return fail("SERVER_REFUSED", `ftp ${address} refused ${asked.word} with ${cause.code}`, said);
  }
  const code = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined;
  const text = code ?? "";
  if (CERTIFICATE.test(text)) {
    const words = CERTIFICATE_WORDS[text] ?? `its certificate was not accepted (${text})`;
    return fail("CERTIFICATE_REFUSED", `ftp ${address}: ${words}`);
  }
  if (asked.greeting && /^(?:ERR_SSL_(?!UNEXPECTED_EOF)|EPROTO)/u.test(text))
    return fail("TLS_REFUSED", `ftp ${address}: no TLS that both sides may speak came about (${text})`);
  const kind = code ?? (cause instanceof CutError ? cause.message : "the connection was cut or timed out");
  return fail("SERVER_UNREACHABLE", `ftp ${address}: ${asked.word} failed: ${kind}`, said(cause));
}

function said(cause: unknown): string | undefined {
  return cause instanceof Error ? cause.message.slice(0, 200) : undefined;
}

/** A foreign text of unknown length, in the encoding of the control connection. */
export function replyText(message: string): string {
  return shownName(Buffer.from(message.slice(0, 300), "latin1"));
}
