// The part of the contract for callers that wait for an answer: a face speaks their protocol, core does the rest.
//
// A call travels: Face.read ─▶ way ─▶ mapping ─▶ validation ─▶ Target.deliver ─▶ outcomes ─▶ answer ─▶ Face.write.
// Nothing of it touches the spool; calls that are told "accepted" do (receive.rest.async).

import type { Rec, Reply, Value } from "./contract.ts";
import type { BridgeError, Code } from "./errors.ts";

/** JSON Schema 2020-12. */
export type JsonSchema = { readonly [keyword: string]: Value };

/** One thing that a service can be asked, whatever its protocol; out of a WSDL, a function interface, a bridge file. */
export interface Operation {
  /** As `call:` and `operation:` name it: `LesePerson`, `GET /einwohner/{id}`. */
  readonly name: string;
  readonly summary?: string | undefined;
  /** The values as formulas see them: `$request.body` at a face, the message at a target. */
  readonly input: JsonSchema;
  /** What the answer holds at a face, `$reply` at a target. */
  readonly output: JsonSchema;
  /** `$fault.detail` by `$fault.code`. */
  readonly faults?: readonly { readonly name: string; readonly detail: JsonSchema }[] | undefined;
  /** Values of real life, where there are some. */
  readonly examples?: { readonly input?: Value; readonly output?: Value } | undefined;
  /** How a REST caller asks for it; absent = otherwise. */
  readonly http?: OperationHttp | undefined;
}

/** An operation as a resource of HTTP, for OpenAPI. */
export interface OperationHttp {
  readonly method: string;
  /** Below the face: `/einwohner/{om}`. */
  readonly path: string;
  readonly parameters: readonly OperationParameter[];
  /** Whether `input` is sent, and as what. */
  readonly body: "none" | "optional" | "required";
  readonly contentType: string;
  readonly description?: string | undefined;
  /** This one is going to end before the bridge does. */
  readonly deprecated: boolean;
  /** Of an answer that all went well with, where the bridge says. */
  readonly status?: number | undefined;
}

export interface OperationParameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly required: boolean;
  /** May stand several times. */
  readonly list: boolean;
  readonly description?: string | undefined;
  readonly deprecated: boolean;
  /** Of one value. */
  readonly schema: JsonSchema;
}

/** An HTTP request below the face's own path, body whole. */
export interface FaceRequest {
  readonly method: string;
  /** Below the face, percent-encoded as it came, beginning with `/`; without the query. */
  readonly path: string;
  /** Behind `?`, as it came; "" = none. */
  readonly query: string;
  /** Lower-case names; several of a name joined as HTTP says. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
  /** Where callers reach the face: origin and path without a slash at the end. */
  readonly base: string;
}

export interface FaceReply {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

/** What a caller wants: which operation, and `$request` without what core adds (`caller`). */
export interface Call {
  /** As cases name it. */
  readonly name: string;
  readonly path: Rec;
  readonly query: Rec;
  /** Those of the request that formulas may see, lower-case names. */
  readonly headers: Rec;
  /** The record of the call. */
  readonly body: Value;
  /** What the protocol needs to answer it; core hands it back untouched. */
  readonly state?: unknown;
}

/** How a call ended, before a face says it in its own words. */
export type CallEnd =
  | {
      readonly end: "answered";
      readonly status: number;
      /** What the bridge lets through or sets, lower-case names. */
      readonly headers: Readonly<Record<string, string>>;
      readonly contentType: string;
      readonly body: Uint8Array | string;
    }
  | {
      readonly end: "failed";
      readonly status: number;
      readonly code: Code;
      /** For callers: never a value, a path of this machine, or what a library said. */
      readonly title: string;
      readonly detail: string | undefined;
      /** The caller's own fault (SOAP: Client, Sender), so that it need not try again as it is. */
      readonly sender: boolean;
      /** Retry-After, seconds. */
      readonly after?: number | undefined;
      /** The service's own words, where it said no by itself and `deliver.outcomes` passes them on. */
      readonly fault?: Reply["fault"];
      readonly headers: Readonly<Record<string, string>>;
    };

/**
 * `receive.rest`, `receive.soap`, `receive.rfc`: how callers speak. Core owns the HTTP server, who may call, limits, deadlines and
 * lifecycle; a face turns a request into a call and the end of a call into an answer.
 */
export interface Face {
  /** What can be called; each is a case's `call:`, or the bridge has one way for all. */
  readonly operations: readonly Operation[];
  /** Throws BridgeError (stage receive): CALL_UNKNOWN, CALL_METHOD (with the fact `allow`), CALL_INVALID, CALL_TYPE. */
  read(request: FaceRequest): Call | Promise<Call>;
  /**
   * What is wrong with an answer by the face's own description (REPLY_INVALID); undefined = nothing. Core asks before `write`, so that
   * such a call counts as failed.
   */
  answerFault?(call: Call, end: Extract<CallEnd, { readonly end: "answered" }>): BridgeError | undefined;
  /** `call` is undefined where `read` failed or was never asked. */
  write(call: Call | undefined, end: CallEnd, request: FaceRequest): FaceReply;
  /** What anyone who may call may also read: the WSDL. undefined = the request is a call. */
  document?(request: FaceRequest): FaceReply | undefined;
  /** Faces with a protocol of their own (RFC): runs until the signal. Faces of HTTP have none. */
  listen?(handle: (call: Call, caller: string) => Promise<CallEnd>, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
