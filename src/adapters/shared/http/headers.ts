// Headers of answers: Retry-After (RFC 9110, section 10.2.3), parameters of a media type, and all of them as formulas see them.

import type { IncomingHttpHeaders } from "node:http";

const DAY = 86_400_000;

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
export function plainHeaders(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  const plain: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name === "set-cookie") continue;
    plain[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return plain;
}

/** Parameters of a header value: `multipart/related; boundary="x"; start="<y>"`. */
export function parameter(value: string, name: string): string | undefined {
  const match = new RegExp(`;\\s*${name}\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;"]+))`, "i").exec(
    value.slice(0, 4_096),
  );
  return match?.[1]?.replaceAll(/\\(.)/g, "$1") ?? match?.[2];
}
