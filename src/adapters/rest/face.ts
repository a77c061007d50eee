// receive.rest as callers meet it: a request becomes a call, the end of a call an answer or a problem (RFC 9457).

import type { Call, CallEnd, Face, FaceReply, FaceRequest, Rec, Value } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { mediaTypeOf, readBody } from "./body.ts";
import type { RestCall } from "./calls.ts";
import { readPath, readQuery, type Problem } from "./parameters.ts";
import { createRoutes, type Found } from "./routes.ts";

/** Of every caller, without an allow-list: they name nobody and open nothing. Core adds what the bridge lets through. */
const SAFE_HEADERS = [
  "accept-language",
  "content-language",
  "x-request-id",
  "if-match",
  "if-none-match",
  "prefer",
] as const;
const MOST_PROBLEMS = 20;

export function restFace(calls: readonly RestCall[]): Face {
  const routes = createRoutes(calls);
  const byName = new Map(calls.map((call) => [call.name, call]));
  /** What `read` found, for the answer to the same request. */
  const problemsOf = new WeakMap<FaceRequest, readonly Problem[]>();

  function read(request: FaceRequest): Call {
    const found = routes.find(request.path);
    if (!found) throw new BridgeError("CALL_UNKNOWN", "there is nothing at this path", { stage: "receive" });
    const call = callFor(found, request.method);
    const problems: Problem[] = [];
    const path = readPath(call.path, found.texts, problems);
    const query = readQuery(call.query, request.query, problems);
    const body = bodyOf(call, request, problems);
    if (problems.length > 0) {
      problemsOf.set(request, problems);
      throw invalid(problems);
    }
    return { name: call.name, path, query, headers: safeHeaders(request), body };
  }

  function answerFault(call: Call, end: Extract<CallEnd, { end: "answered" }>): BridgeError | undefined {
    const schema = byName.get(call.name)?.reply;
    if (!schema || end.status < 200 || end.status > 299) return undefined;
    const text = typeof end.body === "string" ? end.body : new TextDecoder("utf-8").decode(end.body);
    const [first] = schema.validator.validate(text);
    if (!first) return undefined;
    const { shown, path, message, detail } = first;
    return new BridgeError("REPLY_INVALID", `the answer does not fit reply.schema: ${shown ?? path} ${message}`, {
      stage: "answer",
      detail,
    });
  }

  return {
    operations: calls.map(({ operation }) => operation),
    read,
    answerFault,
    document(request) {
      const found = request.method === "OPTIONS" ? routes.find(request.path) : undefined;
      return found && { status: 204, headers: { allow: allowed(found) }, body: "" };
    },
    write(_call, end, request) {
      if (end.end === "answered") return answered(end);
      const found = end.code === "CALL_METHOD" ? routes.find(request.path) : undefined;
      return problem(end, problemsOf.get(request) ?? [], found && allowed(found));
    },
    close: () => Promise.resolve(),
  };
}

function callFor(found: Found, method: string): RestCall {
  const call = found.calls.get(method === "HEAD" ? "GET" : method);
  if (call) return call;
  const allow = allowed(found);
  throw new BridgeError("CALL_METHOD", `this path takes ${allow}`, { stage: "receive", facts: { allow } });
}

/** RFC 9110, sections 9.3.2 and 9.3.7: whoever has GET has HEAD, and every path has OPTIONS. */
function allowed({ calls }: Found): string {
  const methods = [...calls.keys()].flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
  return [...methods, "OPTIONS"].join(", ");
}

function bodyOf(call: RestCall, request: FaceRequest, problems: Problem[]): Value {
  if (request.body.length === 0) {
    if (call.body === "required") problems.push({ place: "/body", text: "is missing" });
    return undefined;
  }
  if (call.body === "none") {
    problems.push({ place: "/body", text: `must be empty: ${request.method} has none` });
    return undefined;
  }
  const type = mediaTypeOf(request.headers["content-type"]);
  // `application/merge-patch+json` is JSON where the call takes JSON.
  const fits =
    type === call.contentType || (call.contentType === "application/json" && type?.endsWith("+json") === true);
  if (!fits || isEncoded(request)) {
    throw new BridgeError("CALL_TYPE", `the body must be ${call.contentType}, in UTF-8 and not compressed`, {
      stage: "receive",
      facts: { accept: call.contentType },
    });
  }
  return readBody(request.body, call.bodyRules, problems);
}

function isEncoded({ headers }: FaceRequest): boolean {
  const encoding = headers["content-encoding"]?.trim().toLowerCase();
  return encoding !== undefined && encoding !== "" && encoding !== "identity";
}

function safeHeaders({ headers }: FaceRequest): Rec {
  const values: [string, string][] = [];
  for (const name of SAFE_HEADERS) {
    const value = headers[name];
    if (value !== undefined) values.push([name, value]);
  }
  return Object.fromEntries(values);
}

/** All at once, so that nobody has to try twenty times. */
function invalid(problems: readonly Problem[]): BridgeError {
  const shown = problems.slice(0, MOST_PROBLEMS).map(({ place, text }) => `${place} ${text}`);
  const more = problems.length > shown.length ? `; and ${problems.length - shown.length} more` : "";
  return new BridgeError("CALL_INVALID", shown.join("; ") + more, { stage: "receive" });
}

// ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

function answered(end: Extract<CallEnd, { end: "answered" }>): FaceReply {
  if (BODILESS.has(end.status)) return { status: end.status, headers: end.headers, body: "" };
  const type = end.contentType === "" ? {} : { "content-type": end.contentType };
  return { status: end.status, headers: { ...type, ...end.headers }, body: end.body };
}

/**
 * RFC 9457. `type` is a URN: the code is the whole of it, and there is a page of codes in the reference. `errors` is an extension
 * (section 3.2) with one entry per place.
 */
function problem(
  end: Extract<CallEnd, { end: "failed" }>,
  problems: readonly Problem[],
  allow: string | undefined,
): FaceReply {
  const { status, code, title, detail, after } = end;
  const errors = end.code === "CALL_INVALID" ? problems.slice(0, MOST_PROBLEMS) : [];
  const body = {
    type: `urn:steg:error:${code.toLowerCase().replaceAll("_", "-")}`,
    title,
    status,
    ...(detail !== undefined && { detail }),
    code,
    ...(errors.length > 0 && { errors: errors.map(({ place, text }) => ({ pointer: place, detail: text })) }),
  };
  const headers: Record<string, string> = { "content-type": "application/problem+json", ...end.headers };
  if (after !== undefined) headers["retry-after"] = String(Math.max(1, Math.ceil(after)));
  if (allow !== undefined) headers["allow"] = allow;
  return { status, headers, body: JSON.stringify(body) };
}
