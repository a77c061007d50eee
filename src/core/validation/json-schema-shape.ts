// A JSON Schema as templates see it: what kind of value belongs where. A place of a message is described by all schemas that
// apply to it together ($ref, allOf) and by groups of alternatives (anyOf, oneOf); what they do not agree on is left open.

import type { Value } from "../contract.ts";
import type { JsonShape, JsonType } from "../mapping/types.ts";
import { isObject, nameOfStep, pointerStep } from "./json-schema-files.ts";
import type { JsonObject, JsonSchemaFiles } from "./json-schema-files.ts";
import type { LinearPattern } from "./json-schema-pattern.ts";
import { linearPattern } from "./json-schema-pattern.ts";

/** A schema and where it stands: `address#pointer`. */
interface Located {
  readonly schema: JsonObject | boolean;
  readonly address: string;
}

interface Together {
  /** All of these apply. */
  readonly all: readonly { readonly schema: JsonObject; readonly address: string }[];
  /** Of each group one applies at least. */
  readonly groups: readonly (readonly JsonShape[])[];
}

type Fits = (address: string, value: unknown) => string | undefined;

/** `fits` says why a value is not allowed at an address. */
export function createShape(files: JsonSchemaFiles, fits: Fits): JsonShape {
  const known = new Map<string, JsonShape>();
  const at = (places: readonly Located[]): JsonShape => {
    const key = places.map(({ address }) => address).join(" ");
    const shape = known.get(key) ?? shapeOf(places, { files, at, fits });
    known.set(key, shape);
    return shape;
  };
  return at([{ schema: files.documents.get(files.entry) as JsonObject | boolean, address: `${files.entry}#` }]);
}

interface World {
  readonly files: JsonSchemaFiles;
  at(places: readonly Located[]): JsonShape;
  readonly fits: Fits;
}

function shapeOf(places: readonly Located[], world: World): JsonShape {
  const together = once(() => gather(places, world));
  const types = once(() => {
    const { all, groups } = together();
    return intersect([
      ...all.map(({ schema }) => ownTypes(schema)),
      ...groups.map((group) => union(group.map((shape) => shape.types))),
    ]);
  });
  const properties = once(() => namesOf(together()));
  // Only names of the schema are remembered: others come from data, and there is no end to them.
  const known = new Map<string, JsonShape | undefined>();
  const property = (name: string): JsonShape | undefined => {
    const { all, groups } = together();
    const found = all.flatMap((located) => propertyOf(located, name));
    if (found.length > 0) return world.at(found);
    return either(groups.flatMap((group) => group.flatMap((shape) => shape.property(name) ?? [])));
  };
  const item = once(() => {
    const { all, groups } = together();
    const found = all.flatMap((located) => itemOf(located, world.files.draft));
    if (found.length > 0) return world.at(found);
    return either(groups.flatMap((group) => group.flatMap((shape) => shape.item() ?? [])));
  });
  return {
    get types() {
      return types();
    },
    get required() {
      return new Set(together().all.flatMap(({ schema }) => texts(schema["required"])));
    },
    get properties() {
      return properties();
    },
    get closed() {
      return together().all.some(
        ({ schema }) => schema["additionalProperties"] === false || schema["unevaluatedProperties"] === false,
      );
    },
    property: (name) => {
      if (!properties().includes(name)) return property(name);
      if (!known.has(name)) known.set(name, property(name));
      return known.get(name);
    },
    item,
    get enumeration() {
      return textsAllowed(together());
    },
    refuse: (value: Value) => {
      for (const { address } of places) {
        const why = world.fits(address, value);
        if (why !== undefined) return why;
      }
      return undefined;
    },
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function namesOf({ all, groups }: Together): readonly string[] {
  const own = all.flatMap(({ schema }) => (isObject(schema["properties"]) ? Object.keys(schema["properties"]) : []));
  return [...new Set([...own, ...groups.flatMap((group) => group.flatMap((shape) => shape.properties))])];
}

function textsAllowed({ all }: Together): readonly string[] | undefined {
  for (const { schema } of all) {
    const list = "const" in schema ? [schema["const"]] : schema["enum"];
    if (Array.isArray(list) && list.every((value) => typeof value === "string")) return list;
  }
  return undefined;
}

/** One of several shapes, where only the data tells which. */
function either(shapes: readonly JsonShape[]): JsonShape | undefined {
  const [first] = shapes;
  if (!first || shapes.length === 1) return first;
  return {
    types: union(shapes.map(({ types }) => types)),
    required: new Set(),
    properties: [...new Set(shapes.flatMap(({ properties }) => properties))],
    closed: shapes.every(({ closed }) => closed),
    property: (name) => either(shapes.flatMap((shape) => shape.property(name) ?? [])),
    item: () => either(shapes.flatMap((shape) => shape.item() ?? [])),
    enumeration: undefined,
    refuse: (value) => (shapes.some((shape) => shape.refuse(value) === undefined) ? undefined : first.refuse(value)),
  };
}

/** Follows $ref and allOf; a circle of references alone describes nothing and is left. */
function gather(places: readonly Located[], world: World): Together {
  const all: { readonly schema: JsonObject; readonly address: string }[] = [];
  const groups: (readonly JsonShape[])[] = [];
  const seen = new Set<string>();
  const visit = ({ schema, address }: Located): void => {
    if (!isObject(schema) || seen.has(address)) return;
    seen.add(address);
    const reference = schema["$ref"];
    const target = typeof reference === "string" ? lookUp(world.files, reference) : undefined;
    if (target) visit(target);
    // Draft 07 ignores what stands beside a reference.
    if (typeof reference === "string" && world.files.draft === "draft-07") return;
    all.push({ schema, address });
    for (const part of listOf(schema, address, "allOf")) visit(part);
    for (const key of ["anyOf", "oneOf"]) {
      const alternatives = listOf(schema, address, key);
      if (alternatives.length > 0) groups.push(alternatives.map((alternative) => world.at([alternative])));
    }
  };
  for (const located of places) visit(located);
  return { all, groups };
}

/** `address#pointer` → the schema there. */
function lookUp(files: JsonSchemaFiles, reference: string): Located | undefined {
  const hash = reference.indexOf("#");
  let node: unknown = files.documents.get(reference.slice(0, hash));
  for (const step of reference
    .slice(hash + 1)
    .split("/")
    .slice(1)) {
    const name = nameOfStep(step);
    if (typeof node !== "object" || node === null || !Object.hasOwn(node, name)) return undefined;
    node = (node as JsonObject)[name];
  }
  return isObject(node) || typeof node === "boolean" ? { schema: node, address: reference } : undefined;
}

function propertyOf({ schema, address }: { schema: JsonObject; address: string }, name: string): Located[] {
  const found: Located[] = [];
  const properties = schema["properties"];
  if (isObject(properties) && Object.hasOwn(properties, name)) {
    found.push(located(properties[name], `${address}/properties/${pointerStep(name)}`));
  }
  const byPattern = schema["patternProperties"];
  if (isObject(byPattern)) {
    for (const [pattern, inner] of Object.entries(byPattern)) {
      if (patternOf(pattern).test(name))
        found.push(located(inner, `${address}/patternProperties/${pointerStep(pattern)}`));
    }
  }
  const others = schema["additionalProperties"];
  if (found.length === 0 && isObject(others)) found.push(located(others, `${address}/additionalProperties`));
  return found;
}

const patterns = new Map<string, LinearPattern>();

/** Compiled once; patterns come from schemas, so there are few. */
function patternOf(pattern: string): LinearPattern {
  const known = patterns.get(pattern) ?? linearPattern(pattern);
  patterns.set(pattern, known);
  return known;
}

/** Templates do not count items: where the first ones are special (prefixItems), nothing is said about any. */
function itemOf(
  { schema, address }: { schema: JsonObject; address: string },
  draft: JsonSchemaFiles["draft"],
): Located[] {
  const items = schema["items"];
  const special = draft === "draft-07" ? Array.isArray(items) : schema["prefixItems"] !== undefined;
  return special || !isObject(items) ? [] : [located(items, `${address}/items`)];
}

function located(schema: unknown, address: string): Located {
  return { schema: isObject(schema) ? schema : schema !== false, address };
}

function listOf(schema: JsonObject, address: string, key: string): Located[] {
  const list = schema[key];
  return Array.isArray(list) ? list.map((item, index) => located(item, `${address}/${key}/${index}`)) : [];
}

const JSON_TYPES: Readonly<Record<string, JsonType>> = {
  string: "string",
  number: "number",
  integer: "number",
  boolean: "boolean",
  null: "null",
  array: "list",
  object: "object",
};

function ownTypes(schema: JsonObject): ReadonlySet<JsonType> | undefined {
  const { type } = schema;
  if (type !== undefined)
    return new Set((Array.isArray(type) ? type : [type]).flatMap((name) => JSON_TYPES[String(name)] ?? []));
  const list = "const" in schema ? [schema["const"]] : schema["enum"];
  return Array.isArray(list) ? new Set(list.map((value) => typeOf(value))) : undefined;
}

function typeOf(value: unknown): JsonType {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  return JSON_TYPES[typeof value] ?? "object";
}

type Types = ReadonlySet<JsonType> | undefined;

function intersect(sets: readonly Types[]): Types {
  let common: Types;
  for (const set of sets) {
    const before: Types = common;
    common = before && set ? new Set([...before].filter((type) => set.has(type))) : (before ?? set);
  }
  return common;
}

function union(sets: readonly Types[]): Types {
  const all = new Set<JsonType>();
  for (const set of sets) {
    if (!set) return undefined;
    for (const type of set) all.add(type);
  }
  return all;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
