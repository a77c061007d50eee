// Calls that are accepted now and answered later, as OpenAPI has them: 202 with its Location, the status, the result.

import type { JsonSchema } from "../contract.ts";
import { ANSWER_HEADERS, errorsOf, type ErrorKind } from "./openapi-errors.ts";

type Described = Record<string, unknown>;

const date = { type: "string", format: "date-time" } as const;
const uri = { type: "string", format: "uri-reference" } as const;
const RETRY_AFTER = { $ref: "#/components/headers/Retry-After" };

/** What `CallStatus` of call-resources.ts says, for readers of the description. */
export const callStatusSchema: JsonSchema = {
  type: "object",
  description: "How far an accepted call is",
  required: ["id", "state", "accepted"],
  properties: {
    id: { type: "string", format: "uuid" },
    state: {
      type: "string",
      enum: ["accepted", "working", "done", "failed"],
      description: "failed: the result is a problem; people may try again, and it may still become done",
    },
    accepted: date,
    finished: date,
    result: { ...uri, description: "Where the answer is, or the problem; once it is there" },
    problem: {
      type: "object",
      description: "Why it failed; all of it is at the result",
      required: ["code", "status", "title"],
      properties: {
        code: { type: "string" },
        status: { type: "integer", minimum: 400, maximum: 599 },
        title: { type: "string" },
      },
    },
  },
};

const content = { "application/json": { schema: callStatusSchema } };

/** In place of an operation's own answer. */
export function acceptedResponses(): Described {
  const location = { Location: { description: "Where it says how far the call is", schema: uri } };
  return {
    "200": {
      description: "The same request was accepted under this Idempotency-Key before, and has its end",
      headers: { ...location, ...ANSWER_HEADERS },
      content,
    },
    "202": {
      description: "Accepted: it is not lost any more, and will be processed",
      headers: { ...location, "Retry-After": RETRY_AFTER, ...ANSWER_HEADERS },
      content,
    },
  };
}

export interface AcceptedResources {
  readonly statusId: string;
  readonly resultId: string;
  /** What both have in common: security, lifecycle. */
  readonly common: Described;
  readonly anyone: boolean;
  /** The media type object of the answer itself. */
  readonly result: Described;
}

/** The paths below the bridge. */
export function acceptedPaths({
  statusId,
  resultId,
  common,
  anyone,
  result,
}: AcceptedResources): Record<string, Described> {
  const id = { name: "id", in: "path", required: true, schema: { type: "string", format: "uuid" } };
  const both = { ...common, parameters: [id] };
  const kinds: readonly ErrorKind[] = ["NotFound", ...(anyone ? [] : (["Unauthenticated", "Forbidden"] as const))];
  return {
    "/calls/{id}": {
      get: {
        operationId: statusId,
        summary: "How far an accepted call is",
        ...both,
        responses: {
          "200": {
            description: "Its state; Retry-After as long as it is open",
            headers: { "Retry-After": RETRY_AFTER, ...ANSWER_HEADERS },
            content,
          },
          ...errorsOf(kinds),
        },
      },
    },
    "/calls/{id}/result": {
      get: {
        operationId: resultId,
        summary:
          "The answer to an accepted call: status, headers and body as a caller who waits would have had them, or the problem",
        ...both,
        responses: {
          "200": { description: "The answer", headers: ANSWER_HEADERS, content: { "application/json": result } },
          ...errorsOf([...kinds, "Conflict"]),
        },
      },
    },
  };
}
