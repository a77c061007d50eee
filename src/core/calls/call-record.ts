// A call as formulas see it: its body is the record, `$request` is all of it.

import type { Call, Codec, Rec, Value } from "../contract.ts";
import { BridgeError } from "../errors.ts";

/** `$request`, and what cases look at. */
export interface CallRequest {
  /** As cases name it; undefined in a bridge with one way for all. */
  readonly call: string;
  readonly path: Rec;
  readonly query: Rec;
  readonly headers: Rec;
  readonly body: Value;
  readonly caller: string;
  /** Of a call that was accepted: as its Location has it. */
  readonly id?: string;
}

/** Not names that a body could have. */
const REQUEST = Symbol("request");
const TRACE = Symbol("trace");
type WithRequest = { [REQUEST]?: CallRequest; [TRACE]?: string };

export function requestOf(call: Call, caller: string): CallRequest {
  const { name, path, query, headers, body } = call;
  return { call: name, path, query, headers, body, caller };
}

/** Lists are records too, as far as formulas are concerned; a text or a number, or no body at all, is in `$request.body` only. */
export function recordOf(request: CallRequest): Rec {
  const { body } = request;
  const record: object = typeof body === "object" && body !== null ? body : {};
  (record as WithRequest)[REQUEST] = request;
  return record as Rec;
}

/** undefined = the record came out of a drop. */
export function requestBehind(record: Rec): CallRequest | undefined {
  return (record as WithRequest)[REQUEST];
}

/** The trace that an accepted call belongs to; undefined = the record is no such call. */
export function acceptedTrace(record: Rec): string | undefined {
  return (record as WithRequest)[TRACE];
}

// ── as a file ───────────────────────────────────────────────────────────────────────────────────────────────────

/** Longest of an accepted call, and of a test of a mapping. */
export const MOST_CALL = 64 << 20;

/**
 * `{"call": …, "path": {…}, "query": {…}, "headers": {…}, "body": …, "caller": …, "id": …, "trace": …}`: a call that was accepted and
 * lies in the spool, or the input of a mapping's test, which has neither id nor trace. One record.
 */
export const callCodec: Codec = {
  version: "call-1",
  fields: undefined,
  async *decode(bytes, { signal }) {
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of bytes) {
      signal.throwIfAborted();
      size += part.length;
      if (size > MOST_CALL) throw unreadable(`it is larger than ${MOST_CALL} bytes`);
      parts.push(Buffer.from(part));
    }
    if (size === 0) return;
    const record = recordOfFile(Buffer.concat(parts));
    yield { first: 1, records: [record], lines: [1], ends: [size], fields: undefined };
  },
};

/** The bytes of a call that was accepted. */
export function writeCall(request: CallRequest & { readonly id: string }, trace: string): Buffer {
  return Buffer.from(JSON.stringify({ ...request, trace }));
}

function recordOfFile(bytes: Buffer): Rec {
  const { request, trace } = readParts(bytes);
  const record = recordOf(request);
  if (trace !== "") (record as WithRequest)[TRACE] = trace;
  return record;
}

/** Throws BridgeError (stage decode). */
export function readCall(bytes: Buffer): CallRequest {
  return readParts(bytes).request;
}

function readParts(bytes: Buffer): { readonly request: CallRequest; readonly trace: string } {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch {
    throw unreadable("it is no JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw unreadable("it is no JSON object");
  const given = value as { readonly [name: string]: unknown };
  for (const name of Object.keys(given)) {
    if (!KEYS.has(name)) throw unreadable("it has a key that calls do not have");
  }
  const id = textOf(given["id"], "id");
  const request = {
    call: textOf(given["call"], "call"),
    path: objectOf(given["path"], "path"),
    query: objectOf(given["query"], "query"),
    headers: objectOf(given["headers"], "headers"),
    body: given["body"] as Value,
    caller: textOf(given["caller"], "caller"),
    ...(id !== "" && { id }),
  };
  return { request, trace: textOf(given["trace"], "trace") };
}

const KEYS: ReadonlySet<string> = new Set(["call", "path", "query", "headers", "body", "caller", "id", "trace"]);

function textOf(value: unknown, key: string): string {
  if (value === undefined) return "";
  if (typeof value !== "string") throw unreadable(`its ${key} is no text`);
  return value;
}

function objectOf(value: unknown, key: string): Rec {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw unreadable(`its ${key} is no object`);
  return value as Rec;
}

function unreadable(why: string): BridgeError {
  const hint = 'A call as a file: {"call": "GET /einwohner/{id}", "path": {"id": "7"}, "query": {}, "body": {}}';
  return new BridgeError("CALL_INVALID", `the call cannot be read: ${why}`, { stage: "decode", hint });
}
