// W3C Trace Context, level 2, sections 3.2 and 3.3: what callers send as traceparent and tracestate, and what is sent on.

import { randomBytes } from "node:crypto";

/** One span as others may name it as their parent. */
export interface SpanName {
  /** 32 and 16 lower-case hexadecimal digits. */
  readonly trace: string;
  readonly span: string;
  /** `sampled` (1) and `random` (2); what no version of the standard gives a meaning is not passed on. */
  readonly flags: number;
}

export const SAMPLED = 1;
const KNOWN_FLAGS = 3;
/** Of version 00 exactly; a later one may have more behind it. */
const LENGTH = 55;
const LONGEST = 200;
const TRACEPARENT =
  /^(?<version>(?!ff)[0-9a-f]{2})-(?<trace>(?!0{32})[0-9a-f]{32})-(?<span>(?!0{16})[0-9a-f]{16})-(?<flags>[0-9a-f]{2})(?:$|-)/u;

/** undefined = there is none, or one that is not valid: then a new trace begins. */
export function readTraceparent(given: string | undefined): SpanName | undefined {
  if (given === undefined || given.length > LONGEST) return undefined;
  const parts = TRACEPARENT.exec(given)?.groups;
  if (!parts || (parts["version"] === "00" && given.length !== LENGTH)) return undefined;
  const { trace = "", span = "", flags = "" } = parts;
  return { trace, span, flags: Number.parseInt(flags, 16) & KNOWN_FLAGS };
}

export function writeTraceparent({ trace, span, flags }: SpanName): string {
  return `00-${trace}-${span}-0${flags & KNOWN_FLAGS}`;
}

/** Its trace as a field of logs, so that both are found by each other; nothing where there is none. */
export function traceField(traceparent: string | undefined): { readonly trace: string } | undefined {
  const trace = readTraceparent(traceparent)?.trace;
  return trace === undefined ? undefined : { trace };
}

const MOST_MEMBERS = 32;
const LONGEST_STATE = 512;
const MEMBER =
  /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\u0020-\u002b\u002d-\u003c\u003e-\u007e]{0,255}[\u0021-\u002b\u002d-\u003c\u003e-\u007e]$/u;

/** tracestate as it is sent on: whole or not at all, because half of it would be another vendor's word. */
export function readTracestate(given: string | undefined): string | undefined {
  if (given === undefined || given.length > LONGEST_STATE) return undefined;
  const members = given
    .split(",")
    .map((member) => member.replaceAll(/^[ \t]+|[ \t]+$/gu, ""))
    .filter((member) => member !== "");
  const keys = new Set(members.map((member) => member.slice(0, member.indexOf("="))));
  const isValid = members.length <= MOST_MEMBERS && keys.size === members.length;
  return isValid && members.length > 0 && members.every((member) => MEMBER.test(member))
    ? members.join(",")
    : undefined;
}

const POOL = 24 * 256;
let pool = Buffer.alloc(0);
let used = 0;

/** As many bytes in hexadecimal digits. Many at a time: asking the system for a few costs more than all the rest. */
export function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    pool = randomBytes(POOL);
    used = 0;
  }
  used += bytes;
  return pool.toString("hex", used - bytes, used);
}

/** The traceparent to send on where nothing is recorded here: a caller's trace goes on with a span of ours, or a new one begins. */
export function continuedTrace(given: string | undefined): string {
  const parent = readTraceparent(given);
  return writeTraceparent({
    trace: parent?.trace ?? randomHex(16),
    span: randomHex(8),
    flags: parent?.flags ?? SAMPLED,
  });
}
