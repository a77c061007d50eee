// Headers of requests to targets: which a bridge may set, what Steg says about a message or passes on for a caller, and
// how the bridge shows who it is.

import type { Parcel, ParcelCall, Refuse } from "../../../core/contract.ts";
import { validateHeaderName, validateHeaderValue } from "./node-http.ts";
import { traceparent } from "./trace.ts";

// What belongs to the connection or is Steg's own word.
const RESERVED =
  "host|connection|content-length|transfer-encoding|keep-alive|upgrade|te|trailer|expect|proxy-.*|idempotency-key|traceparent|tracestate|x-steg-.*";
/** Names of headers that a bridge may set. */
export const HEADER = new RegExp(`^(?!(?:${RESERVED})$)[A-Za-z0-9!#$%&'*+.^_\`|~-]{1,100}$`, "iu");

/** As the bridge file gives them; values from outside may not be known yet. */
export interface OwnHeaders {
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  readonly auth?:
    | {
        readonly bearer?: string | undefined;
        readonly basic?: { readonly user?: string | undefined; readonly password?: string | undefined } | undefined;
      }
    | undefined;
}

/** Headers and credentials that cannot be sent as they are. */
export function checkHeaders({ headers = {}, auth }: OwnHeaders, refuse: Refuse): void {
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (!HEADER.test(lower)) refuse(`headers.${name}`, "is set by Steg or by the connection");
    else if (lower === "authorization" && auth) refuse(`headers.${name}`, "stands beside auth, which sets it");
    else if (value !== undefined && !isSendable(name, value)) refuse(`headers.${name}`, UNSENDABLE);
  }
  if (auth?.bearer !== undefined && !isSendable("authorization", auth.bearer)) refuse("auth.bearer", UNSENDABLE);
  if (auth?.basic?.user?.includes(":")) refuse("auth.basic.user", "holds a colon, which RFC 7617 forbids");
}

const UNSENDABLE = "cannot be sent as a header: it holds a character that headers must not hold";

export function isSendable(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value.trim());
    return true;
  } catch {
    return false;
  }
}

/** Names lower-case and values in turn. A secret that was read from a file often ends in a line end. */
export function fixedHeaders({ headers = {}, auth }: OwnHeaders): string[] {
  const fixed = ["user-agent", "steg"];
  for (const [name, value] of Object.entries(headers)) {
    // The body's type is set with the body.
    if (name.toLowerCase() !== "content-type") fixed.push(name.toLowerCase(), (value ?? "").trim());
  }
  if (auth?.bearer !== undefined) fixed.push("authorization", `Bearer ${auth.bearer.trim()}`);
  if (auth?.basic) {
    const { user = "", password = "" } = auth.basic;
    fixed.push("authorization", `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`);
  }
  return fixed;
}

/** Of a caller that waits: its trace, its key, and what the bridge lets through unless it says so itself. */
export function headersOfCall(
  { traceparent: trace, tracestate, idempotencyKey, headers }: ParcelCall,
  given: OwnHeaders,
): string[] {
  const sent = ["traceparent", trace];
  if (tracestate !== undefined) sent.push("tracestate", tracestate);
  if (idempotencyKey !== undefined) sent.push("idempotency-key", idempotencyKey);
  const own = new Set(["content-type", ...Object.keys(given.headers ?? {}).map((name) => name.toLowerCase())]);
  if (given.auth) own.add("authorization");
  for (const [name, value] of Object.entries(headers)) {
    if (HEADER.test(name) && !own.has(name) && isSendable(name, value)) sent.push(name, value.trim());
  }
  return sent;
}

/** What Steg says about a message. */
export function headersOf(parcel: Parcel, bridge: string): string[] {
  return [
    "idempotency-key",
    parcel.key,
    "traceparent",
    parcel.traceparent ?? traceparent(),
    "x-steg-bridge",
    bridge,
    "x-steg-drop",
    parcel.drop,
    "x-steg-record",
    parcel.first === parcel.last ? String(parcel.first) : `${parcel.first}-${parcel.last}`,
  ];
}
