// What every call can be answered besides its own answer: problems (RFC 9457), and the headers that say when it all ends.

import type { JsonSchema } from "../contract.ts";

export const problemSchema: JsonSchema = {
  type: "object",
  description: "What went wrong (RFC 9457)",
  required: ["type", "title", "status", "code"],
  properties: {
    type: { type: "string", format: "uri", description: "Names the kind of problem: urn:steg:error:…" },
    title: { type: "string" },
    status: { type: "integer", minimum: 400, maximum: 599 },
    detail: { type: "string", description: "Without values of the request" },
    code: { type: "string", pattern: "^[A-Z][A-Z_]*$", description: "Stable; for programs" },
    errors: {
      type: "array",
      description: "Everything that is wrong with the request, at once",
      items: {
        type: "object",
        required: ["pointer", "detail"],
        properties: {
          pointer: { type: "string", description: "/path/name, /query/name, or a place in the body: /body/a/b" },
          detail: { type: "string" },
        },
      },
    },
  },
};

interface Kind {
  readonly status: number;
  readonly description: string;
  /** The codes that come with this status, the usual one first. */
  readonly codes: readonly [string, ...string[]];
  readonly title: string;
  readonly retryAfter?: true;
}

/** By the name of the component. */
const KINDS = {
  Invalid: {
    status: 400,
    description: "The request is not as described",
    codes: ["CALL_INVALID"],
    title: "The request is not as described",
  },
  Unauthenticated: {
    status: 401,
    description: "Nobody is known by what was presented",
    codes: ["UNAUTHENTICATED"],
    title: "Not authenticated",
  },
  Forbidden: {
    status: 403,
    description: "This caller may not call this interface",
    codes: ["FORBIDDEN"],
    title: "Not allowed",
  },
  NotFound: {
    status: 404,
    description: "What was asked for does not exist",
    codes: ["DELIVERY_REFUSED", "SERVICE_FAULT", "CALL_UNKNOWN"],
    title: "There is nothing of that name",
  },
  Conflict: {
    status: 409,
    description: "There is no result yet",
    codes: ["CALL_OPEN"],
    title: "There is no result yet",
    retryAfter: true,
  },
  Ended: {
    status: 410,
    description: "The interface has ended; the problem names its successor",
    codes: ["BRIDGE_SUNSET"],
    title: "This interface has ended",
  },
  TooLarge: {
    status: 413,
    description: "The request is larger than this interface takes",
    codes: ["CALL_TOO_LARGE"],
    title: "The request is too large",
  },
  WrongType: {
    status: 415,
    description: "The content type is not taken",
    codes: ["CALL_TYPE"],
    title: "The content type is not taken",
  },
  Unprocessable: {
    status: 422,
    description: "The request fits its description, and cannot be processed all the same",
    codes: ["SCHEMA_INVALID", "RULE_BROKEN", "FORMULA_FAILED", "CODE_UNKNOWN", "CALL_KEY_REUSED"],
    title: "The request cannot be processed",
  },
  TooMany: {
    status: 429,
    description: "Too many calls of this caller",
    codes: ["RATE_LIMITED"],
    title: "Too many requests",
    retryAfter: true,
  },
  BadService: {
    status: 502,
    description: "The service behind this interface failed, or answered something else than it should",
    codes: ["DELIVERY_FAILED", "SERVICE_FAULT", "REPLY_INVALID", "REPLY_TOO_LARGE"],
    title: "The service behind this interface failed",
  },
  Unavailable: {
    status: 503,
    description: "Not available at the moment: too many calls, an announced rest, or the service is away",
    codes: ["CALLS_TOO_MANY", "BRIDGE_BROWNOUT", "TARGET_UNREACHABLE"],
    title: "Not available at the moment",
    retryAfter: true,
  },
  TooLate: {
    status: 504,
    description: "The service did not answer in time; whether the call had an effect is unknown",
    codes: ["CALL_DEADLINE", "TARGET_UNREACHABLE"],
    title: "The service behind this interface did not answer in time",
  },
  Unexpected: {
    status: 500,
    description: "Any other problem",
    codes: ["INTERNAL"],
    title: "Internal error",
  },
} as const satisfies Readonly<Record<string, Kind>>;
export type ErrorKind = keyof typeof KINDS;

export const ERROR_EXAMPLE = { summary: "A problem", value: exampleOf(KINDS.Invalid) };

/** `components.responses` */
export const errorResponses: Readonly<Record<string, unknown>> = Object.fromEntries(
  Object.entries(KINDS).map(([name, kind]: [string, Kind]) => [
    name,
    {
      description: `${kind.description} (${kind.codes.join(", ")})`,
      ...(kind.retryAfter && { headers: { "Retry-After": { $ref: "#/components/headers/Retry-After" } } }),
      content: {
        "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" }, example: exampleOf(kind) },
      },
    },
  ]),
);

function exampleOf({ status, codes, title }: Kind): object {
  const [code] = codes;
  const base = { type: `urn:steg:error:${code.toLowerCase().replaceAll("_", "-")}`, title, status, code };
  if (code !== "CALL_INVALID" || status !== 400) return base;
  const [pointer, text] = ["/query/seite", "must be a whole number"];
  return { ...base, detail: `${pointer} ${text}`, errors: [{ pointer, detail: text }] };
}

/** The part of an operation's responses that is not its own. */
export function errorsOf(kinds: readonly ErrorKind[]): Record<string, unknown> {
  const entries = kinds
    .map((kind): [string, unknown] => [String(KINDS[kind].status), { $ref: `#/components/responses/${kind}` }])
    .sort(([one], [other]) => one.localeCompare(other));
  return { ...Object.fromEntries(entries), default: { $ref: "#/components/responses/Unexpected" } };
}

/** `components.headers` */
export const LIFECYCLE_HEADERS: Readonly<Record<string, unknown>> = {
  Deprecation: {
    description: "Since when, or from when on, this interface should not be used any more (RFC 9745)",
    schema: { type: "string", pattern: "^@-?[0-9]+$" },
    example: "@1806566400",
  },
  Sunset: {
    description: "When this interface ends (RFC 8594)",
    schema: { type: "string" },
    example: "Tue, 16 Nov 2027 09:00:00 GMT",
  },
  Link: {
    description: "The successor (rel=successor-version) and how to get there (rel=deprecation, rel=sunset; RFC 8288)",
    schema: { type: "string" },
    example: '<https://neu.example/api>; rel="successor-version"',
  },
  "Retry-After": {
    description: "Seconds until it is worth trying again",
    schema: { type: "integer", minimum: 1 },
    example: 5,
  },
};

/** What every answer of a bridge that runs carries. */
export const ANSWER_HEADERS = Object.fromEntries(
  ["Deprecation", "Sunset", "Link"].map((name) => [name, { $ref: `#/components/headers/${name}` }]),
);
