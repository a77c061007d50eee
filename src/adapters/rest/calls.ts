// The calls of a bridge: its one under receive.rest, or those that its cases name, each with its template, parameters and schemas.

import type { BridgeFiles, JsonSchema, Known, Operation, OperationParameter } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { openJsonSchema, type JsonSchema as Schema } from "../../core/validation/json-schema.ts";
import { bodyKind, type BodyRules } from "./body.ts";
import type { CallOptions, Options } from "./options.ts";
import { parameterOf, type Parameter } from "./parameters.ts";
import { clashOf, readCallName, readTemplate, unusable, type Template } from "./template.ts";

export interface RestCall {
  /** `GET /einwohner/{om}` */
  readonly name: string;
  readonly method: string;
  readonly template: Template;
  /** In the order of the path. */
  readonly path: readonly Parameter[];
  readonly query: ReadonlyMap<string, Parameter>;
  readonly body: "none" | "optional" | "required";
  readonly contentType: string;
  readonly bodyRules: BodyRules;
  readonly reply: Schema | undefined;
  readonly operation: Operation;
}

type Files = Pick<BridgeFiles, "calls" | "callOptions" | "bridgeDir" | "catalogDir">;
/** `steg check` knows all options of the face: none of them comes from outside. */
type Given = Known<Options> | Options;

const CLASH = "Give one of them another path.";
const ONE = 'method: GET and path: "/einwohner/{om}", or cases that name calls: - call: GET /einwohner/{om}';

/** Throws BridgeError (OPTION_UNUSABLE, SCHEMA_FILE_…). */
export function restCalls(options: Given, files: Files): readonly RestCall[] {
  const { method, path } = options;
  const single = method !== undefined && path !== undefined;
  if (single && files.calls.length > 0) {
    throw unusable(
      "receive.rest",
      `has a path, and cases name calls (${files.calls[0] ?? ""})`,
      `one of the two: ${ONE}`,
    );
  }
  if (!single && files.calls.length === 0) throw unusable("receive.rest", "names no call", ONE);
  const open = schemaReader(files);
  const calls = single
    ? [restCall(`${method} ${path}`, options as Partial<CallOptions>, open)]
    : files.calls.map((name) => restCall(name, files.callOptions?.get(name) ?? {}, open));
  for (const [index, one] of calls.entries()) {
    for (const other of calls.slice(index + 1)) {
      const clash = clashOf(one.template, other.template);
      if (clash !== undefined) throw unusable(other.name, `does not go with ${one.name}: ${clash}`, CLASH);
    }
  }
  return calls;
}

/** A schema that several calls name is read once. */
function schemaReader({ bridgeDir, catalogDir }: Files): (schema: string | undefined) => Schema | undefined {
  const read = new Map<string, Schema>();
  return (schema) => {
    if (schema === undefined) return undefined;
    const known = read.get(schema) ?? openJsonSchema({ schema, bridgeDir, catalogDir });
    read.set(schema, known);
    return known;
  };
}

function restCall(name: string, given: Partial<CallOptions>, open: ReturnType<typeof schemaReader>): RestCall {
  const parsed = readCallName(name);
  if (typeof parsed === "string") throw unusable(name, parsed);
  const { method } = parsed;
  const template = readTemplate(parsed.path);
  if (typeof template === "string") throw unusable(name, template);
  const path = pathParameters(name, template, given.params);
  const query = new Map(
    Object.entries(given.query ?? {}).map(([key, rules]) => [key, named(name, `query.${key}`, key, "query", rules)]),
  );
  const contentType = given.request?.contentType ?? "application/json";
  const kind = bodyKind(contentType);
  if (kind === undefined) throw unusable(name, `takes ${contentType}, which cannot be read here`, BODIES);
  const bodiless = method === "GET" || method === "DELETE";
  if (bodiless && given.request) throw unusable(name, `has a request, but ${method} has no body`, BODILESS);
  const request = open(given.request?.schema);
  const reply = open(given.reply?.schema);
  const body = bodiless ? "none" : given.request?.required === true ? "required" : "optional";
  const call = {
    name,
    method,
    template,
    path,
    query,
    body,
    contentType,
    bodyRules: { kind, schema: request },
    reply,
  } as const;
  return { ...call, operation: operationOf(call, given) };
}

export const BODILESS = "POST, PUT and PATCH have one.";
export const BODIES =
  "application/json and …+json, application/x-www-form-urlencoded, text/…, application/xml and …+xml";

function pathParameters(name: string, template: Template, given: CallOptions["params"]): readonly Parameter[] {
  const names = template.segments.filter(({ kind }) => kind === "parameter").map(({ text }) => text);
  const stray = Object.keys(given ?? {}).find((key) => !names.includes(key));
  if (stray !== undefined) throw unusable(name, `has params.${stray}, but no {${stray}} in its path`);
  return names.map((key) => {
    const rules = given && Object.hasOwn(given, key) ? given[key] : undefined;
    return named(name, `params.${key}`, key, "path", rules);
  });
}

function named(call: string, option: string, ...[name, place, rules]: Parameters<typeof parameterOf>): Parameter {
  try {
    return parameterOf(name, place, rules);
  } catch (cause) {
    if (!(cause instanceof BridgeError)) throw cause;
    throw unusable(call, `${option} ${cause.message}`, cause.hint);
  }
}

function described(parameter: Parameter): OperationParameter {
  const { name, required, list, description, deprecated, schema } = parameter;
  return { name, in: parameter.in, required, list, description, deprecated, schema };
}

function operationOf(call: Omit<RestCall, "operation">, given: Partial<CallOptions>): Operation {
  const parameters = [...call.path, ...call.query.values()].map(described);
  const anything: JsonSchema = {};
  return {
    name: call.name,
    summary: given.summary,
    input: call.bodyRules.schema?.bundle() ?? anything,
    output: call.reply?.bundle() ?? anything,
    http: {
      method: call.method,
      path: call.template.path,
      parameters,
      body: call.body,
      contentType: call.contentType,
      description: given.description,
      deprecated: given.deprecated ?? false,
      status: given.reply?.status,
    },
  };
}
