// One operation of a REST face as OpenAPI has it: parameters, body, answer, errors; and the resources of calls that are accepted first
// and answered later.

import type { JsonSchema, Operation, OperationHttp, OperationParameter, Value } from "../contract.ts";
import { acceptedPaths, acceptedResponses } from "./accepted-openapi.ts";
import type { Components } from "./openapi-components.ts";
import { ANSWER_HEADERS, errorsOf, type ErrorKind } from "./openapi-errors.ts";
import type { DescribedBridge } from "./openapi.ts";
import { sampleOf } from "./sample.ts";

export interface Describing {
  readonly bridge: DescribedBridge;
  readonly components: Components;
  /** Before the names of components: several bridges in one document. */
  readonly prefix: string;
  readonly security: readonly Record<string, readonly string[]>[];
}

type Described = Record<string, unknown>;

/** `GET /einwohner/{om}/adressen` → `getEinwohnerByOmAdressen`; each once. */
export function operationIds(operations: readonly Operation[], bridge: string): readonly string[] {
  const taken = new Set<string>();
  return operations.map(({ name, http }) => {
    const words = `${bridge} ${http?.path ?? name}`
      .replaceAll(/\{([^}]*)\}/g, " by $1 ")
      .split(/[^\p{L}\p{N}]+/u)
      .filter((word) => word !== "");
    const plain = (http?.method.toLowerCase() ?? "call") + words.map(capital).join("");
    let id = plain;
    for (let number = 2; taken.has(id); number += 1) id = `${plain}${number}`;
    taken.add(id);
    return id;
  });
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

export function describeOperation(
  operation: Operation,
  http: OperationHttp,
  id: string,
  describing: Describing,
): Described {
  const { bridge, security } = describing;
  const { state, sunset } = bridge.lifecycle;
  const parameters = [
    ...http.parameters.map(describeParameter),
    ...(http.method === "GET" ? [] : [idempotencyKey(bridge.async)]),
  ];
  const request = describeRequest(operation, http, id, describing);
  return {
    operationId: id,
    summary: operation.summary ?? operation.name,
    ...(http.description !== undefined && { description: http.description }),
    ...((http.deprecated || state !== "active") && { deprecated: true }),
    "x-sunset": sunset,
    security,
    ...(parameters.length > 0 && { parameters }),
    ...(request && { requestBody: request }),
    responses: {
      ...(bridge.async ? acceptedResponses() : answer(operation, http, id, describing)),
      ...errorsOf(errorKinds(http, bridge)),
    },
  };
}

function errorKinds({ method, parameters, body }: OperationHttp, bridge: DescribedBridge): readonly ErrorKind[] {
  const always: ErrorKind[] = ["NotFound", "Ended", "Unprocessable", "Unavailable"];
  if (parameters.length > 0 || body !== "none") always.push("Invalid");
  if (body !== "none") always.push("TooLarge", "WrongType");
  if (!bridge.security.anyone) always.push("Unauthenticated", "Forbidden");
  if (bridge.limits.rate !== undefined || !bridge.security.anyone) always.push("TooMany");
  if (!bridge.async) always.push("BadService", "TooLate");
  return method === "HEAD" ? [] : always;
}

// ── request ─────────────────────────────────────────────────────────────────────────────────────────────────────

function describeParameter(parameter: OperationParameter): Described {
  const { name, required, list, description, deprecated, schema } = parameter;
  const { default: fallback, ...single } = schema;
  return {
    name,
    in: parameter.in,
    required,
    ...(description !== undefined && { description }),
    ...(deprecated && { deprecated }),
    schema: list
      ? { type: "array", items: single, maxItems: 1_000, ...(fallback !== undefined && { default: [fallback] }) }
      : schema,
  };
}

function idempotencyKey(isAsync: boolean): Described {
  return {
    name: "Idempotency-Key",
    in: "header",
    required: false,
    description: isAsync
      ? "The same key with the same request is accepted once, however often it is sent"
      : "Passed on to the service, which decides what it means",
    schema: { type: "string", minLength: 1, maxLength: 255 },
  };
}

function describeRequest(
  operation: Operation,
  http: OperationHttp,
  id: string,
  describing: Describing,
): Described | undefined {
  if (http.body === "none") return undefined;
  const content = describeContent(`${capital(id)}Request`, operation.input, operation.examples?.input, describing);
  return { required: http.body === "required", content: { [http.contentType]: content } };
}

function describeContent(
  name: string,
  schema: JsonSchema,
  given: Value,
  { components, prefix }: Describing,
): Described {
  if (Object.keys(schema).length === 0) return given === undefined ? { schema } : { schema, example: given };
  const example = given ?? sampleOf(schema);
  // What has a name of its own keeps it, and is one component wherever it is used.
  const title = typeof schema["title"] === "string" && /^[A-Za-z][A-Za-z0-9._-]{0,60}$/.test(schema["title"]);
  return {
    schema: components.enter(title ? (schema["title"] as string) : name, schema, prefix),
    ...(example !== undefined && { example }),
  };
}

// ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────

function answer(operation: Operation, http: OperationHttp, id: string, describing: Describing): Described {
  const status = http.status ?? 200;
  const description = operation.summary ?? "The answer";
  if (status === 204 || status === 205) return { [status]: { description, headers: ANSWER_HEADERS } };
  const content = describeContent(`${capital(id)}Reply`, operation.output, operation.examples?.output, describing);
  return { [status]: { description, headers: ANSWER_HEADERS, content: { "application/json": content } } };
}

/** Status and answer of a call that was accepted. */
export function asyncPaths(describing: Describing, ids: readonly string[]): Record<string, Described> {
  const { bridge, security } = describing;
  const taken = new Set(ids);
  const idOf = (wanted: string): string => (taken.has(wanted) ? `${wanted}OfSteg` : wanted);
  const prefix = describing.prefix === "" ? "" : capital(bridge.bridge.replaceAll(/[^\p{L}\p{N}]/gu, ""));
  const outputs = bridge.operations.map(({ output }) => output).filter((output) => Object.keys(output).length > 0);
  const [only] = outputs;
  const result =
    only &&
    outputs.length === bridge.operations.length &&
    outputs.every((one) => JSON.stringify(one) === JSON.stringify(only))
      ? describeContent("CallResult", only, undefined, describing)
      : { schema: {} };
  return acceptedPaths({
    statusId: idOf(`get${prefix}CallStatus`),
    resultId: idOf(`get${prefix}CallResult`),
    common: { security, "x-sunset": bridge.lifecycle.sunset },
    anyone: bridge.security.anyone,
    result,
  });
}
