// Types of the WSDL as JSON Schema 2020-12, of the values that read.ts gives and write.ts takes. What comes out has one
// form; what goes in may be a number or its text where both are exact.

import type { JsonSchema } from "../../../core/contract-calls.ts";
import type { Value } from "../../../core/contract.ts";
import type { SimpleType } from "../../../core/validation/model/simple-type.ts";
import type { QName } from "../wsdl/document.ts";
import type { ContentPlan, ElementPlan, Plans } from "./plan.ts";
import { jsonKind } from "./texts.ts";

/** `in`: what a message may be made of; `out`: what an answer holds. */
export type Direction = "in" | "out";

type Open = { [keyword: string]: Value };

const DEEPEST = 64;

export interface SchemaMaker {
  ofElement(element: ElementPlan): JsonSchema;
  /** `$defs` of what was asked for so far. */
  readonly definitions: Readonly<Record<string, JsonSchema>>;
}

interface Making {
  readonly plans: Plans;
  readonly direction: Direction;
  readonly definitions: { [name: string]: JsonSchema };
  /** Of definitions, by `{namespace}local` of their type. */
  readonly names: Map<string, string>;
  readonly used: Set<string>;
}

export function schemaMaker(plans: Plans, direction: Direction): SchemaMaker {
  const definitions = Object.create(null) as { [name: string]: JsonSchema };
  const making: Making = { plans, direction, definitions, names: new Map(), used: new Set() };
  return { ofElement: (element) => schemaOf(making, element.content(), 0), definitions };
}

function schemaOf(making: Making, content: ContentPlan, depth: number): JsonSchema {
  const { type } = content;
  if (content.scalar) return withNil(textSchema(content, making.direction), content);
  if (type?.local === "anyType" && content.openChildren) return {};
  if (depth > DEEPEST) return withNil({}, content);
  if (type === undefined) return withNil(objectSchema(making, content, depth), content);
  return withNil({ $ref: `#/$defs/${definitionOf(making, content, type, depth)}` }, content);
}

/** The name under which the type is defined; of a type that is met again inside itself, it is there before its schema. */
function definitionOf(making: Making, content: ContentPlan, type: QName, depth: number): string {
  const { plans, definitions, names } = making;
  const id = `{${type.namespace}}${type.local}`;
  const known = names.get(id);
  if (known !== undefined) return known;
  const name = freeName(type.local, making.used);
  names.set(id, name);
  definitions[name] = {};
  const own = objectSchema(making, content, depth);
  const derived = [...content.derived()].slice(1);
  const others = derived.flatMap(([key, it]) => {
    const plan = plans.type(it);
    return plan === undefined || plan.abstract ? [] : [derivedSchema(making, key, plan, depth)];
  });
  definitions[name] = derived.length === 0 ? own : { anyOf: content.abstract ? others : [own, ...others] };
  return name;
}

function derivedSchema(making: Making, key: string, plan: ContentPlan, depth: number): JsonSchema {
  const schema: JsonSchema = plan.scalar
    ? { type: "object", properties: { "#text": textSchema(plan, making.direction) } }
    : objectSchema(making, plan, depth + 1);
  const properties = { "@xsi:type": { const: key }, ...(schema["properties"] as Open | undefined) };
  const required = ["@xsi:type", ...((schema["required"] as string[] | undefined) ?? [])];
  return { ...schema, properties, required };
}

function objectSchema(making: Making, content: ContentPlan, depth: number): JsonSchema {
  const { direction } = making;
  const properties = Object.create(null) as Open;
  const required: string[] = [];
  for (const attribute of content.attributes) {
    properties[attribute.key] = simpleSchema(attribute.type, direction);
    if (attribute.required && attribute.fixed === undefined) required.push(attribute.key);
  }
  if (content.simple !== undefined) {
    properties["#text"] = textSchema(content, direction);
    if (direction === "in") required.push("#text");
  } else if (content.mixed) properties["#text"] = { type: "string" };
  for (const child of content.children) {
    const item = schemaOf(making, child.content(), depth + 1);
    properties[child.key] = child.many ? { type: "array", items: item, ...(child.required && { minItems: 1 }) } : item;
    if (child.required && !isAlternative(content, child)) required.push(child.key);
  }
  const open = content.openChildren || content.openAttributes;
  const object: JsonSchema = {
    type: "object",
    properties,
    ...(required.length > 0 && { required }),
    ...(!open && { additionalProperties: false }),
  };
  // A text with attributes that is there alone is given as the text itself.
  if (content.simple === undefined || content.attributes.some((it) => it.required)) return object;
  return { anyOf: [textSchema(content, direction), object] };
}

function freeName(local: string, used: Set<string>): string {
  const plain = local.replaceAll(/[^\w.-]/g, "_");
  let name = plain;
  for (let count = 2; used.has(name); count++) name = `${plain}_${count}`;
  used.add(name);
  return name;
}

function withNil(schema: JsonSchema, content: ContentPlan): JsonSchema {
  return content.nillable ? { anyOf: [schema, { type: "null" }] } : schema;
}

/** Alternatives of a choice are "one of them", which required cannot say. */
function isAlternative(content: ContentPlan, child: ElementPlan): boolean {
  const index = content.byKey.get(child.key) ?? -1;
  const look = (group: ContentPlan["group"], inChoice: boolean): boolean => {
    if (group === undefined || group.kind === "any") return false;
    if (group.kind === "element") return inChoice && group.index === index;
    const isChoice = group.kind === "choice" && group.items.length > 1;
    return group.items.some((item) => look(item, inChoice || isChoice));
  };
  return look(content.group, false);
}

function textSchema(content: ContentPlan, direction: Direction): JsonSchema {
  return content.simple === undefined ? { type: "string" } : simpleSchema(content.simple, direction);
}

const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  int: [-2_147_483_648, 2_147_483_647],
  short: [-32_768, 32_767],
  byte: [-128, 127],
  unsignedInt: [0, 4_294_967_295],
  unsignedShort: [0, 65_535],
  unsignedByte: [0, 255],
};

export function simpleSchema(type: SimpleType, direction: Direction): JsonSchema {
  const kind = jsonKind(type);
  if (kind === "boolean") {
    return direction === "out" ? { type: "boolean" } : { type: ["boolean", "string"], pattern: "^(true|false|0|1)$" };
  }
  if (kind === "integer") {
    const [minimum, maximum] = RANGES[type.builtin ?? ""] ?? [undefined, undefined];
    if (direction === "out") return { type: "integer", minimum, maximum };
    return { type: ["integer", "string"], minimum, maximum, pattern: "^[+-]?[0-9]+$" };
  }
  const { enumeration } = type;
  if (enumeration !== undefined && enumeration.length <= 500) return { type: "string", enum: [...enumeration] };
  const isNumber = type.primitive === "decimal" && type.variety === "atomic";
  if (isNumber) {
    const pattern = "^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)$";
    return { type: direction === "out" ? "string" : ["string", "number"], pattern, ...described(type) };
  }
  if (type.builtin === "base64Binary") return { type: "string", contentEncoding: "base64" };
  return { type: "string", ...described(type) };
}

/** Formats of JSON Schema are narrower than XSD's dates (which may have a zone, or lack one), so the type is told in words. */
function described(type: SimpleType): { description?: string } {
  return type.builtin === "string" && type.name === "xs:string" ? {} : { description: type.name };
}
