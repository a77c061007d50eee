// JSON Schema (2020-12) of the bridge file and of the policy, for editors: made from the shapes that check them. It is looser
// than the check where JSON Schema cannot say more (formulas, files, dates of a lifecycle), never stricter.

import type { AnyShape, Kind } from "./shape.ts";
import { exceptionShape } from "./check-exception.ts";
import { exampleOf } from "./describe.ts";

export type JsonSchema = { readonly [keyword: string]: unknown };

/** The whole document: `$schema`, `$id`, title, and the shape. */
export function jsonSchemaOf(shape: AnyShape, about: { readonly id: string; readonly title: string }): JsonSchema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: about.id,
    title: about.title,
    ...schemaOf(shape),
    $defs: {
      formula: {
        description: "A formula in JSONata, written behind =",
        type: "string",
        pattern: "^=",
      },
      exception: schemaOf(exceptionShape),
    },
  };
}

function schemaOf(shape: AnyShape): JsonSchema {
  return { ...described(shape), ...kindSchema(shape.kind) };
}

function described(shape: AnyShape): JsonSchema {
  const example = exampleOf(shape);
  return {
    ...(shape.doc !== "" && { description: shape.doc }),
    ...(shape.default !== undefined && { default: shape.default }),
    ...(shape.default === undefined && shape.example !== undefined && { examples: [example] }),
  };
}

const OUTSIDE = "\\$\\{(?:env|file):";

function kindSchema(kind: Kind): JsonSchema {
  switch (kind.type) {
    case "text":
      return kind.pattern ? textSchema(kind.pattern) : { type: ["string", "number"] };
    case "integer":
      return { type: "integer", ...range(kind) };
    case "number":
      return { type: "number", ...range(kind) };
    case "boolean":
      return { type: "boolean" };
    case "duration":
      return { type: "string", pattern: "^\\d+(?:ms|s|m|h|d)$" };
    case "size":
      return { type: "string", pattern: "^\\d+(?:B|KiB|MiB|GiB|TiB)$" };
    case "date":
      return {
        type: "string",
        pattern: kind.time ? "^\\d{4}-\\d{2}-\\d{2}(?:T\\d{2}:\\d{2})?$" : "^\\d{4}-\\d{2}-\\d{2}$",
      };
    case "choice":
      return { enum: kind.values.flatMap((value) => (/^\d+$/.test(value) ? [Number(value), value] : [value])) };
    case "list": {
      const items: JsonSchema = { type: "array", items: schemaOf(kind.item), maxItems: kind.most };
      return kind.single ? { anyOf: [items, schemaOf(kind.item)] } : items;
    }
    case "map":
      return {
        type: "object",
        additionalProperties: schemaOf(kind.value),
        maxProperties: kind.most,
        ...(kind.key && { propertyNames: { pattern: kind.key.source } }),
      };
    case "object":
      return objectSchema(kind.properties);
    case "oneKey":
      return oneKeySchema(kind);
    case "either":
      return { anyOf: kind.of.map(schemaOf) };
    case "formula":
      return { $ref: "#/$defs/formula" };
    case "pattern":
      return kind.place === "url"
        ? { type: "string", pattern: `^(?:https?://|${OUTSIDE})` }
        : { type: ["string", "number"] };
    case "outside":
      return { type: ["string", "number"] };
    case "bridgeFile":
      return { type: "string" };
    // Templates are checked by compilers of their own.
    default:
      return {};
  }
}

/** A value from outside is checked once it is there. */
function textSchema(pattern: RegExp): JsonSchema {
  return { type: ["string", "number"], anyOf: [{ type: "number" }, { pattern: pattern.source }, { pattern: OUTSIDE }] };
}

function range({ least, most }: { readonly least?: number; readonly most?: number }): JsonSchema {
  return { ...(least !== undefined && { minimum: least }), ...(most !== undefined && { maximum: most }) };
}

type Properties = Readonly<Record<string, AnyShape>>;

function objectSchema(properties: Properties): JsonSchema {
  const required = Object.entries(properties).flatMap(([name, shape]) =>
    shape.required || shape.needed ? [name] : [],
  );
  return {
    type: "object",
    properties: propertySchemas(properties),
    additionalProperties: false,
    ...(required.length > 0 && { required }),
  };
}

function propertySchemas(properties: Properties): JsonSchema {
  const schemas = Object.fromEntries(Object.entries(properties).map(([name, shape]) => [name, schemaOf(shape)]));
  const weaker = Object.values(properties).some((shape) => shape.needsException !== undefined);
  return weaker && !Object.hasOwn(schemas, "exception")
    ? { ...schemas, exception: { $ref: "#/$defs/exception" } }
    : schemas;
}

/** The choices are alternatives of `required`, so that an editor offers all of them and says which are too many. */
function oneKeySchema(kind: Extract<Kind, { type: "oneKey" }>): JsonSchema {
  const { properties, beside = {}, none = false, several = false } = kind;
  const base = objectSchema({ ...properties, ...beside });
  const names = Object.keys(properties);
  const chosen = names.map((name) => ({ required: [name] }));
  const nothing = { not: { anyOf: chosen } };
  if (names.length === 0) return base;
  if (several) return none ? base : { ...base, anyOf: chosen };
  return { ...base, oneOf: none ? [...chosen, nothing] : chosen };
}
