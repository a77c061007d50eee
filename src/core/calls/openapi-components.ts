// Schemas of calls as components of one OpenAPI document: every operation brings its own `$defs`, here they get stable names that
// are theirs alone, and what several operations share stands there once.

import type { JsonSchema } from "../contract.ts";
import { isObject, nameOfStep, plainFragment, pointerStep } from "../validation/json-schema-files.ts";

export interface Components {
  readonly schemas: Record<string, JsonSchema>;
  /** Enters a schema under the name, or the nearest free one; answers the reference to it. `prefix` goes before all names of it. */
  enter(name: string, schema: JsonSchema, prefix?: string): JsonSchema;
}

/** Their values are data, not schemas. */
const DATA = new Set(["const", "enum", "default", "examples", "example"]);
/** Their values are schemas by names that mean nothing. */
const BY_NAME = new Set(["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"]);
const DEFINITIONS = ["$defs", "definitions"] as const;

export function createComponents(): Components {
  const schemas: Record<string, JsonSchema> = {};
  /** Name of what was entered, by all that it consists of. */
  const known = new Map<string, string>();

  function nameFor(wanted: string, content: string): { readonly name: string; readonly isNew: boolean } {
    const plain = wanted.replaceAll(/[^A-Za-z0-9._-]/g, "_") || "_";
    const key = `${plain} ${content}`;
    const before = known.get(key);
    if (before !== undefined) return { name: before, isNew: false };
    let name = plain;
    for (let number = 2; Object.hasOwn(schemas, name); number += 1) name = `${plain}_${number}`;
    known.set(key, name);
    // Taken from now on, also while what it refers to is entered.
    schemas[name] = {};
    return { name, isNew: true };
  }

  function enter(wanted: string, schema: JsonSchema, prefix = ""): JsonSchema {
    const definitions = definitionsOf(schema);
    const names = new Map<string, string>();
    const fresh: [string, JsonSchema][] = [];
    for (const [pointer, definition] of definitions) {
      const { name, isNew } = nameFor(prefix + lastStep(pointer), contentOf(definition, definitions));
      names.set(pointer, name);
      if (isNew) fresh.push([name, definition]);
    }
    const { $defs: _defs, definitions: _definitions, ...root } = schema as Record<string, JsonSchema[string]>;
    const own = nameFor(prefix + wanted, contentOf(schema, definitions));
    const renamed = (part: JsonSchema): JsonSchema =>
      mapReferences(part, (reference) => renamedReference(reference, own.name, names)) as JsonSchema;
    for (const [name, definition] of fresh) schemas[name] = renamed(definition);
    if (own.isNew) schemas[own.name] = renamed(root);
    return { $ref: `#/components/schemas/${own.name}` };
  }

  return { schemas, enter };
}

/** By pointer: `#/$defs/Adresse`. */
function definitionsOf(schema: JsonSchema): ReadonlyMap<string, JsonSchema> {
  const found = new Map<string, JsonSchema>();
  for (const keyword of DEFINITIONS) {
    const all = schema[keyword];
    if (!isObject(all)) continue;
    for (const [name, definition] of Object.entries(all)) {
      const value = definition === true ? {} : definition === false ? { not: {} } : (definition as JsonSchema);
      found.set(plainReference(`#/${keyword}/${pointerStep(name)}`), value);
    }
  }
  return found;
}

/** Readers of OpenAPI compare references as texts. */
function plainReference(reference: string): string {
  return reference.startsWith("#") ? `#${plainFragment(reference.slice(1))}` : reference;
}

function lastStep(pointer: string): string {
  return nameOfStep(pointer.slice(pointer.lastIndexOf("/") + 1));
}

/** The schema and all that it refers to, so that two of one name are the same only if everything below them is. */
function contentOf(schema: JsonSchema, definitions: ReadonlyMap<string, JsonSchema>): string {
  const reached = new Map<string, JsonSchema>();
  const visit = (part: unknown): void => {
    for (const reference of referencesIn(part)) {
      const pointer = definitionOf(reference);
      const definition = definitions.get(pointer);
      if (!definition || reached.has(pointer)) continue;
      reached.set(pointer, definition);
      visit(definition);
    }
  };
  const { $defs: _defs, definitions: _definitions, ...own } = schema as Record<string, unknown>;
  visit(own);
  return JSON.stringify([own, [...reached].sort(([one], [other]) => (one < other ? -1 : 1))]);
}

/** `#/$defs/A/properties/b` → `#/$defs/A` */
function definitionOf(reference: string): string {
  return reference.split("/").slice(0, 3).join("/");
}

function referencesIn(node: unknown): string[] {
  const found: string[] = [];
  mapReferences(node, (reference) => {
    found.push(plainReference(reference));
    return reference;
  });
  return found;
}

/** A copy with other references. What is data, and names that happen to be keywords, are left. */
function mapReferences(node: unknown, map: (reference: string) => string): unknown {
  if (Array.isArray(node)) return node.map((item) => mapReferences(item, map));
  if (!isObject(node)) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      if (key === "$ref" && typeof value === "string") return [key, map(value)];
      if (DATA.has(key)) return [key, value];
      if (!BY_NAME.has(key) || !isObject(value)) return [key, mapReferences(value, map)];
      const inner = Object.entries(value).map(([name, schema]) => [name, mapReferences(schema, map)] as const);
      return [key, Object.fromEntries(inner)];
    }),
  );
}

/** References lead into the components; `#` is the schema itself. */
function renamedReference(written: string, own: string, names: ReadonlyMap<string, string>): string {
  if (!written.startsWith("#")) return written;
  const reference = plainReference(written);
  const pointer = definitionOf(reference);
  const name = names.get(pointer);
  if (name !== undefined) return `#/components/schemas/${name}${reference.slice(pointer.length)}`;
  return `#/components/schemas/${own}${reference.slice(1)}`;
}
