// Errors over HTTP: application/problem+json (RFC 9457). What stands in it is a code, a message and a hint, never a
// value of a record, a stack or the words of a foreign library.

import { asBridgeError } from "../errors.ts";
import type { Code } from "../errors.ts";

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
}

const STATUS: Readonly<Partial<Record<Code, number>>> = {
  APPROVAL_NEEDED: 403,
  ALARM_UNKNOWN: 404,
  APPLIANCE_UNKNOWN: 404,
  BRIDGE_UNKNOWN: 404,
  CALL_INVALID: 400,
  CALLS_TOO_MANY: 503,
  CONFIRMATION_NEEDED: 409,
  DEAD_LETTER_UNKNOWN: 404,
  DROP_HANDED_OVER: 409,
  DROP_HELD: 409,
  DROP_UNKNOWN: 404,
  FORBIDDEN: 403,
  IDENTITY_UNAVAILABLE: 503,
  LIFECYCLE_EXTENSION: 409,
  METHOD_NOT_ALLOWED: 405,
  NOT_FOUND: 404,
  NOTBETRIEB_REFUSED: 409,
  POLICY_APPROVER: 403,
  POLICY_CHANGED: 409,
  POLICY_DAY: 409,
  POLICY_EXTENSIONS: 409,
  RATE_LIMITED: 429,
  REQUEST_INVALID: 400,
  RETIRE_REFUSED: 409,
  STATE_BUSY: 503,
  TOKEN_INVALID: 400,
  UNAUTHENTICATED: 401,
};

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad request",
  401: "Not authenticated",
  403: "Not allowed",
  404: "Not found",
  405: "Method not allowed",
  409: "Conflict",
  413: "Too large",
  415: "Unsupported media type",
  429: "Too many attempts",
  500: "Internal error",
  503: "Not available",
};

export function problem(status: number, code: string, detail: string): Problem {
  return {
    type: `urn:steg:error:${code.toLowerCase().replaceAll("_", "-")}`,
    title: TITLES[status] ?? "Error",
    status,
    detail,
    code,
  };
}

/** Anything thrown by a route. Errors of fastify itself carry a status and a code of their own. */
export function problemOf(cause: unknown): Problem {
  const foreign = cause as {
    readonly statusCode?: unknown;
    readonly validation?: unknown;
    readonly validationContext?: unknown;
  };
  if (Array.isArray(foreign?.validation))
    return problem(400, "REQUEST_INVALID", validationText(foreign.validation, foreign.validationContext));
  if (typeof foreign?.statusCode === "number" && foreign.statusCode >= 400 && foreign.statusCode < 500) {
    const status = TITLES[foreign.statusCode] === undefined ? 400 : foreign.statusCode;
    return problem(
      status,
      status === 404 ? "NOT_FOUND" : "REQUEST_INVALID",
      "The request cannot be read as it is. See /api/v1/openapi.json.",
    );
  }
  const error = asBridgeError(cause);
  const status = STATUS[error.code] ?? 500;
  // What is no business of the caller stands in the log only.
  const text = status === 500 ? "An error inside Steg; its log says more." : `${error.message}. ${error.hint}`;
  return problem(status, status === 500 ? "INTERNAL" : error.code, text);
}

/** Path and rule, without the offending value. */
function validationText(errors: readonly unknown[], context: unknown): string {
  const first = errors[0] as {
    readonly instancePath?: string;
    readonly keyword?: string;
    readonly params?: Readonly<Record<string, unknown>>;
  };
  const place = `${typeof context === "string" ? context : "request"}${first.instancePath ?? ""}`;
  const missing = first.params?.["missingProperty"];
  const rule = typeof missing === "string" ? `${missing} is missing` : `breaks the rule "${first.keyword ?? "schema"}"`;
  return `${place}: ${rule}. See /api/v1/openapi.json.`;
}
