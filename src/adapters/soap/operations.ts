// What a WSDL offers, as the rest of Steg knows it.

import type { JsonSchema, Operation } from "../../core/contract-calls.ts";
import type { Value } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { nearest } from "../../core/options/nearest.ts";
import { exampleOf } from "./value/example.ts";
import { type Direction, schemaMaker } from "./value/json-schema.ts";
import { createPlans, type Plans } from "./value/plan.ts";
import type { SoapMessage, SoapOperation } from "./wsdl/operation.ts";
import type { SoapService } from "./wsdl/service.ts";

/** The key under which a message carries the values of its SOAP headers. */
export const HEADERS = "#headers";

/** The key under which it carries files that came beside the envelope and stand nowhere in it. */
export const ATTACHMENTS = "#attachments";

const DIALECT = "https://json-schema.org/draft/2020-12/schema";

/**
 * At a target messages go in and replies come out; at a face it is the other way round: `$request.body` has come out of
 * XML, and an answer goes into it.
 */
export function describeOperations(
  service: SoapService,
  at: "target" | "face",
  plans: Plans = createPlans(service.model),
): readonly Operation[] {
  const [into, outOf]: readonly Direction[] = at === "target" ? ["in", "out"] : ["out", "in"];
  return service.operations.map((operation) => ({
    name: operation.name,
    summary: operation.summary,
    input: messageSchema(plans, operation.input, into as Direction),
    output:
      operation.output === undefined ? { type: "null" } : messageSchema(plans, operation.output, outOf as Direction),
    examples: { input: messageExample(plans, operation.input), output: messageExample(plans, operation.output) },
    faults: operation.faults.map((fault) => {
      const maker = schemaMaker(plans, outOf as Direction);
      const element = plans.element(fault.element);
      const detail = element === undefined ? {} : maker.ofElement(element);
      return {
        name: fault.name,
        detail: whole({ type: "object", properties: { [fault.element.local]: detail } }, maker.definitions),
      };
    }),
  }));
}

function messageSchema(plans: Plans, message: SoapMessage, direction: Direction): JsonSchema {
  const maker = schemaMaker(plans, direction);
  const element = message.body && plans.element(message.body);
  const body = element === undefined ? { type: "object" } : maker.ofElement(element);
  if (message.headers.length === 0) return whole(body, maker.definitions);
  const properties: { [name: string]: Value } = {};
  for (const header of message.headers) {
    const plan = plans.element(header.element);
    if (plan !== undefined) properties[header.name] = maker.ofElement(plan);
  }
  const headers = { type: "object", properties, additionalProperties: false };
  const merged = inlined(body, maker.definitions);
  const own = merged["properties"] as { readonly [name: string]: Value } | undefined;
  return whole({ ...merged, properties: { ...own, [HEADERS]: headers } }, maker.definitions);
}

function messageExample(plans: Plans, message: SoapMessage | undefined): Value {
  const plan = message?.body && plans.element(message.body);
  if (plan === undefined) return message && {};
  const body = exampleOf(plans, plan);
  const headers = (message?.headers ?? []).flatMap(({ name, element }): [string, Value][] => {
    const header = plans.element(element);
    return header === undefined ? [] : [[name, exampleOf(plans, header)]];
  });
  if (headers.length === 0 || typeof body !== "object" || body === null || Array.isArray(body)) return body;
  return { ...(body as { readonly [name: string]: Value }), [HEADERS]: Object.fromEntries(headers) };
}

/** A property can be put beside those of a type only where its schema stands there itself. */
function inlined(schema: JsonSchema, definitions: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const reference = schema["$ref"];
  if (typeof reference !== "string") return schema;
  return definitions[reference.slice("#/$defs/".length)] ?? schema;
}

function whole(schema: JsonSchema, definitions: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const $defs = Object.keys(definitions).length === 0 ? {} : { $defs: { ...definitions } };
  return { $schema: DIALECT, ...schema, ...$defs };
}

/** Throws WSDL_OPERATION. */
export function operationNamed(service: SoapService, name: string, path: string): SoapOperation {
  const found = service.operations.find((operation) => operation.name === name);
  if (found !== undefined) return found;
  const names = service.operations.map((operation) => operation.name);
  const near = nearest(name, names);
  const shown = names.slice(0, 12).join(", ") + (names.length > 12 ? " …" : "");
  const say = near === undefined ? `it has ${shown}` : `the nearest is ${near}`;
  throw new BridgeError("WSDL_OPERATION", `${path} has no operation ${name}; ${say}`);
}
