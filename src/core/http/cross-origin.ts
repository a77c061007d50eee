// CORS (Fetch Standard, section 3.2): off, unless the bridge file names the web pages that may call. Credentials are never allowed:
// callers send a token, not a cookie.

import type { FastifyRequest } from "fastify";
import type { FaceReply } from "../contract.ts";

type Headers = Readonly<Record<string, string>>;

/** Headers for an answer that this page may read; none for every other page. */
export function crossOrigin(origin: string | undefined, allowed: readonly string[]): Headers {
  if (allowed.length === 0) return {};
  if (origin === undefined || !allowed.includes(origin)) return { vary: "origin" };
  return {
    vary: "origin",
    "access-control-allow-origin": origin,
    "access-control-expose-headers": "deprecation, sunset, link, location, retry-after",
    // What the appliance says of all its answers would keep the page from reading this one.
    "cross-origin-resource-policy": "cross-origin",
  };
}

export function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === "OPTIONS" && headers["access-control-request-method"] !== undefined;
}

export function preflight({ headers }: FastifyRequest, origin: Headers): FaceReply {
  if (origin["access-control-allow-origin"] === undefined) return { status: 204, headers: origin, body: "" };
  const asked = headers["access-control-request-method"] ?? "";
  const allowed = {
    "access-control-allow-methods": /^[A-Z]{1,20}$/.test(asked) ? asked : "GET",
    "access-control-allow-headers": "authorization, content-type, idempotency-key, traceparent, tracestate",
    "access-control-max-age": "600",
  };
  return { status: 204, headers: { ...origin, ...allowed }, body: "" };
}
