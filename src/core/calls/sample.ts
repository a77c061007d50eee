// A value that fits a JSON Schema, to show what a call looks like. What the schema gives as example, default or constant comes first;
// everything else is made. What cannot be made for sure is tried against the schema, and left out if it does not fit.

import type { JsonSchema, Value } from "../contract.ts";
import { linearPattern, type LinearPattern } from "../validation/json-schema-pattern.ts";
import { makeAjv } from "../validation/make-ajv.ts";
import { isObject, nameOfStep, type JsonObject } from "../validation/json-schema-files.ts";
import { sampleOfPattern } from "./sample-pattern.ts";

const DEEPEST = 8;
/** Values made, all in all: some message types of public administration have thousands of optional elements. */
const MOST = 300;

interface Making {
  /** What `#/…` is relative to. */
  readonly root: unknown;
  /** References that are being followed. */
  readonly open: readonly string[];
  readonly depth: number;
  readonly budget: { left: number };
  /** Set where only the validator can tell whether it fits. */
  readonly doubt: { any: boolean };
  /** Without what is optional. */
  readonly bare: boolean;
}

/** undefined = none could be made. `root` is the document that references lead into. */
export function sampleOf(schema: JsonSchema, root: JsonSchema = schema): Value {
  for (const bare of [false, true]) {
    const doubt = { any: false };
    const value = make(schema, { root, open: [], depth: 0, budget: { left: MOST }, doubt, bare });
    if (value === undefined) continue;
    if (!doubt.any || fits(schema, root, value)) return value;
  }
  return undefined;
}

/** Whether a value fits; a schema that cannot be compiled fits nothing. */
export function fits(schema: JsonSchema, root: JsonSchema, value: Value): boolean {
  const ajv = makeAjv("2020-12", {
    strict: false,
    ownProperties: true,
    logger: false,
    code: { regExp: Object.assign((pattern: string) => linearPattern(pattern), { code: "linearPattern" }) },
  });
  try {
    if (schema === root) return ajv.validate(schema, value);
    // References of a part of the document are relative to all of it.
    const base = "steg://description";
    ajv.addSchema({ ...root, $id: base });
    return ajv.validate(rebased(schema, base) as object, value);
  } catch {
    return false;
  }
}

function rebased(node: unknown, base: string): unknown {
  if (Array.isArray(node)) return node.map((item) => rebased(item, base));
  if (!isObject(node)) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [
      key,
      key === "$ref" && typeof value === "string" && value.startsWith("#") ? base + value : rebased(value, base),
    ]),
  );
}

// ── making ──────────────────────────────────────────────────────────────────────────────────────────────────────

function make(schema: unknown, making: Making): Value {
  if (schema === true) return {};
  if (!isObject(schema) || making.budget.left-- <= 0) return undefined;
  const given = givenValue(schema);
  if (given !== undefined) {
    if (!isSurelyAllowed(schema, given)) making.doubt.any = true;
    return given;
  }
  if (typeof schema["$ref"] === "string") return makeReferred(schema, schema["$ref"], making);
  if (DOUBTFUL.some((keyword) => Object.hasOwn(schema, keyword))) making.doubt.any = true;
  const alternatives = schema["oneOf"] ?? schema["anyOf"];
  if (Array.isArray(alternatives) && alternatives.length > 0) return makeAlternative(schema, alternatives, making);
  if (Array.isArray(schema["allOf"])) return makeAll(schema, schema["allOf"], making);
  return makeTyped(schema, making);
}

/** What the keywords of one place alone do not decide. */
const DOUBTFUL = [
  "allOf",
  "not",
  "if",
  "multipleOf",
  "uniqueItems",
  "contains",
  "minProperties",
  "maxProperties",
  "propertyNames",
  "patternProperties",
  "dependentRequired",
  "dependentSchemas",
  "unevaluatedProperties",
] as const;

function givenValue(schema: JsonObject): Value {
  const examples = schema["examples"];
  if (Array.isArray(examples) && examples.length > 0) return examples[0] as Value;
  if (schema["example"] !== undefined) return schema["example"] as Value;
  if (schema["const"] !== undefined) return schema["const"] as Value;
  if (schema["default"] !== undefined) return schema["default"] as Value;
  const list = schema["enum"];
  return Array.isArray(list) && list.length > 0 ? (list[0] as Value) : undefined;
}

/** One of a list of texts is right, unless something else is said about it. */
function isSurelyAllowed(schema: JsonObject, value: Value): boolean {
  const listed = schema["const"] === value || (Array.isArray(schema["enum"]) && schema["enum"].includes(value));
  const isText = typeof value === "string" && (schema["type"] === "string" || schema["type"] === undefined);
  const others = Object.keys(schema).filter((key) => !SAYS_NOTHING.has(key) && key !== "type");
  return listed && isText && others.length === 1;
}

/** What says nothing about a value. */
const SAYS_NOTHING = new Set(["$schema", "$defs", "definitions", "$comment", "title", "description", "deprecated"]);

function makeReferred(schema: JsonObject, reference: string, making: Making): Value {
  // A type that holds itself ends here; whoever asks leaves the name out.
  if (making.open.includes(reference)) return undefined;
  const target = lookUp(making.root, reference);
  const inner = { ...making, open: [...making.open, reference] };
  const { $ref: _ref, ...beside } = schema;
  const telling = Object.keys(beside).some((key) => !SAYS_NOTHING.has(key));
  if (!telling) return make(target, inner);
  making.doubt.any = true;
  return makeAll(beside, [target], inner);
}

export function lookUp(root: unknown, reference: string): unknown {
  if (!reference.startsWith("#")) return undefined;
  let node = root;
  for (const step of reference.split("/").slice(1)) {
    const name = nameOfStep(step);
    if (typeof node !== "object" || node === null || !Object.hasOwn(node, name)) return undefined;
    node = (node as JsonObject)[name];
  }
  return node;
}

function makeAlternative(schema: JsonObject, alternatives: readonly unknown[], making: Making): Value {
  const { oneOf, anyOf: _any, ...beside } = schema;
  const isConstrained = Object.keys(beside).some((key) => !SAYS_NOTHING.has(key));
  // What fits one of them fits any of them, but perhaps not exactly one.
  if (isConstrained || oneOf !== undefined) making.doubt.any = true;
  for (const alternative of alternatives) {
    const value = Object.keys(beside).some((key) => CONSTRAINING.has(key))
      ? makeAll(beside, [alternative], making)
      : make(alternative, making);
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}

const CONSTRAINING = new Set(["type", "properties", "required", "allOf", "items"]);

/** Objects are put together; of other values the first that can be made is taken. */
function makeAll(schema: JsonObject, parts: readonly unknown[], making: Making): Value {
  const { allOf: _all, ...own } = schema;
  let together: { [name: string]: Value } | undefined;
  for (const part of [...parts, own]) {
    const value = make(part, making);
    if (value === undefined) continue;
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    together = { ...together, ...(value as { [name: string]: Value }) };
  }
  return together;
}

function makeTyped(schema: JsonObject, making: Making): Value {
  const types = Array.isArray(schema["type"]) ? schema["type"] : [schema["type"]];
  const type = types.find((one) => one !== "null") as string | undefined;
  if (type === "object" || (type === undefined && isObject(schema["properties"]))) return makeObject(schema, making);
  if (type === "array" || (type === undefined && schema["items"] !== undefined)) return makeList(schema, making);
  if (type === "string") return makeText(schema, making);
  if (type === "integer" || type === "number") return makeNumber(schema, type);
  if (type === "boolean") return true;
  return types.includes("null") ? null : {};
}

function makeObject(schema: JsonObject, making: Making): Value {
  const required = new Set(Array.isArray(schema["required"]) ? schema["required"].map(String) : []);
  const properties = isObject(schema["properties"]) ? schema["properties"] : {};
  const entries: [string, Value][] = [];
  const deeper = { ...making, depth: making.depth + 1 };
  for (const [name, inner] of Object.entries(properties)) {
    const must = required.has(name);
    const wanted = must || (!making.bare && making.depth < DEEPEST / 2 && making.budget.left > MOST / 4);
    if (!wanted) continue;
    const value = making.depth < DEEPEST || must ? make(inner, deeper) : undefined;
    if (value !== undefined) entries.push([name, value]);
    else if (must) return undefined;
  }
  for (const name of required) if (!Object.hasOwn(properties, name)) making.doubt.any = true;
  return Object.fromEntries(entries);
}

function makeList(schema: JsonObject, making: Making): Value {
  const first = Array.isArray(schema["prefixItems"]) ? schema["prefixItems"] : [];
  const deeper = { ...making, depth: making.depth + 1 };
  const items = first.map((item) => make(item, deeper));
  const least = Number(schema["minItems"] ?? 0);
  const wanted = Math.min(Math.max(least, making.bare || schema["maxItems"] === 0 ? 0 : 1), 20);
  while (items.length < wanted && schema["items"] !== false) items.push(make(schema["items"] ?? {}, deeper));
  if (items.includes(undefined)) return least === 0 && first.length === 0 ? [] : undefined;
  if (least > 20) making.doubt.any = true;
  return items;
}

const FORMATS: Readonly<Record<string, string>> = {
  date: "2026-11-21",
  time: "10:00:00Z",
  "date-time": "2026-11-21T10:00:00Z",
  duration: "P1D",
  email: "erika@example.org",
  hostname: "dienst.example.org",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  uri: "https://example.org/",
  "uri-reference": "/eins",
  uuid: "6f9619ff-8b86-4011-b42d-00c04fc964ff",
  byte: "U3RlZw==",
};

function makeText(schema: JsonObject, making: Making): Value {
  const least = Number(schema["minLength"] ?? 0);
  const most = Number(schema["maxLength"] ?? Infinity);
  const pattern = schema["pattern"];
  const right = (text: string): boolean => text.length >= least && text.length <= most;
  if (typeof pattern === "string") {
    if (schema["format"] !== undefined) making.doubt.any = true;
    const engine = engineOf(pattern);
    if (!engine) return undefined;
    for (const more of [0, 1, 2, 3, 5, 8, 13, 21, 34]) {
      const text = sampleOfPattern(pattern, more);
      if (text !== undefined && right(text) && engine.test(text)) return text;
    }
    return undefined;
  }
  const { format } = schema;
  if (typeof format === "string") {
    const known = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
    if (known !== undefined && right(known)) return known;
    making.doubt.any = true;
  }
  if (schema["contentEncoding"] === "base64" && right("U3RlZw==")) return "U3RlZw==";
  const text = "Text".padEnd(Math.min(least, 1_000), "x");
  const cut = text.slice(0, Math.min(text.length, most));
  return right(cut) ? cut : undefined;
}

function engineOf(pattern: string): LinearPattern | undefined {
  try {
    return linearPattern(pattern);
  } catch {
    return undefined;
  }
}

function makeNumber(schema: JsonObject, type: "integer" | "number"): Value {
  const bound = (name: string): number | undefined => (typeof schema[name] === "number" ? schema[name] : undefined);
  const step = type === "integer" ? 1 : 0.5;
  const lower = Math.max(bound("minimum") ?? -Infinity, (bound("exclusiveMinimum") ?? -Infinity) + step);
  const upper = Math.min(bound("maximum") ?? Infinity, (bound("exclusiveMaximum") ?? Infinity) - step);
  const multiple = bound("multipleOf");
  const wanted = Math.min(Math.max(multiple ?? 1, lower), upper);
  const value = type === "integer" ? Math.ceil(wanted) : wanted;
  return value <= upper && value >= lower ? value : undefined;
}
