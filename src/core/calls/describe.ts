// A bridge at work → what is told of it to those who call.

import type { Way } from "../bridge/types.ts";
import { ANYONE } from "../bridge/face-shapes.ts";
import type { JsonSchema, Operation } from "../contract.ts";
import type { Standing } from "../lifecycle/state.ts";
import type { OpenFace } from "./open-face.ts";
import type { DescribedBridge, SecurityInForce } from "./openapi.ts";

export function describedBridge(
  { bridge, section, face }: OpenFace,
  { state, end }: Standing,
  security: Omit<SecurityInForce, "anyone">,
): DescribedBridge {
  const { owner, deprecated, successor } = bridge.lifecycle;
  const { body, rate, inFlight } = section.limits;
  return {
    bridge: bridge.name,
    title: bridge.title,
    version: bridge.version.slice(0, 12),
    owner: { name: owner.name, email: owner.email },
    lifecycle: { state, deprecated, sunset: end, successor },
    operations: face.operations.map((operation) => completed(operation, waysOf(bridge.ways, operation))),
    security: { ...security, anyone: section.callers?.includes(ANYONE) === true },
    limits: { body, rate, inFlight },
    deadline: section.deadline,
    async: section.async,
  };
}

function waysOf(ways: readonly Way[], { name }: Operation): readonly Way[] {
  return ways.filter(({ call, skip }) => skip === undefined && (call === undefined || call === name));
}

/**
 * What the bridge file leaves out, the service's description says (its WSDL, its function interface): of the request where nothing is
 * mapped, of the answer where it is passed on as it comes.
 */
export function completed(operation: Operation, ways: readonly Way[]): Operation {
  const { http } = operation;
  const service = only(ways.map(({ deliver }) => deliver.operation));
  const isPlain = ways.every((way) => way.isPlain === true);
  const isPassedOn = ways.every(({ answer }) => answer?.template === undefined);
  const takesBody = http !== undefined && http.body !== "none";
  const input = service && isPlain && takesBody && isOpen(operation.input) ? service.input : operation.input;
  const output = service && isPassedOn && isOpen(operation.output) ? service.output : operation.output;
  // What is answered goes before what is said of it.
  const status =
    only(ways.map(({ answer }) => (typeof answer?.status === "number" ? answer.status : undefined))) ?? http?.status;
  const required = input === service?.input && isOpen(operation.input) && takesBody;
  return {
    ...operation,
    summary: operation.summary ?? service?.summary,
    input,
    output,
    examples:
      operation.examples ??
      (service && {
        ...(input === service.input && { input: service.examples?.input }),
        ...(output === service.output && { output: service.examples?.output }),
      }),
    ...(http && { http: { ...http, status, body: required ? "required" : http.body } }),
  };
}

/** The one thing that all of them are; undefined where they differ, or one of them is nothing. */
function only<T>(values: readonly (T | undefined)[]): T | undefined {
  const [first] = values;
  return values.every((value) => value === first) ? first : undefined;
}

function isOpen(schema: JsonSchema): boolean {
  return Object.keys(schema).length === 0;
}
