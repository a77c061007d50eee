// W3C Trace Context, section 3.2: a caller's trace goes on with a span of ours; without one, or with one that is none, a new one begins.

import { randomBytes } from "node:crypto";

const TRACEPARENT =
  /^(?!ff)[0-9a-f]{2}-(?<trace>(?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-(?<flags>[0-9a-f]{2})(?:$|-)/u;

const POOL = 24 * 256;
let pool = Buffer.alloc(0);
let used = 0;

/** Many at a time: asking the system for a few bytes costs more than all the rest. */
function random(length: number): string {
  if (used + length > pool.length) {
    pool = randomBytes(POOL);
    used = 0;
  }
  used += length;
  return pool.toString("hex", used - length, used);
}

/** The header to send on. */
export function continuedTrace(given: string | undefined): string {
  const known = given === undefined || given.length > 200 ? undefined : TRACEPARENT.exec(given)?.groups;
  return `00-${known?.["trace"] ?? random(16)}-${random(8)}-${known?.["flags"] ?? "01"}`;
}
