// A JSON Schema and all files it refers to as one document that stands alone: for OpenAPI, and for everybody else who is shown
// what a call takes. What validates is not this copy but the files themselves.
//
// Other files go whole under `$defs` of the first one (JSON Schema core 2020-12, section 9.3, bundling; with our own names instead
// of their addresses, because readers of OpenAPI seldom resolve embedded $id). Draft 07 is written as 2020-12 where the two differ.

import type { JsonSchema } from "../contract-calls.ts";
import {
  isObject,
  plainFragment,
  pointerStep,
  shownName,
  type JsonObject,
  type JsonSchemaFiles,
} from "./json-schema-files.ts";

/** `files` are left as they are. */
export function bundleOf(files: JsonSchemaFiles): JsonSchema {
  const names = namesOf(files);
  const copy = (address: string): unknown => convert(files.documents.get(address), { files, names });
  const root = copy(files.entry);
  if (names.size === 0) return schemaOf(root);
  const others = Object.fromEntries([...names].map(([address, name]) => [name, copy(address)]));
  const base = isObject(root) ? root : { allOf: [root] };
  const own = isObject(base["$defs"]) ? base["$defs"] : {};
  return schemaOf({ ...base, $defs: { ...own, ...others } });
}

/** `true` and `false` are schemas, too; as objects they are easier to handle. */
function schemaOf(root: unknown): JsonSchema {
  if (root === true) return {};
  if (root === false) return { not: {} };
  return root as JsonSchema;
}

/** Other documents by address: what they are called under `$defs`. */
function namesOf(files: JsonSchemaFiles): ReadonlyMap<string, string> {
  const root = files.documents.get(files.entry);
  const taken = new Set(isObject(root) && isObject(root["$defs"]) ? Object.keys(root["$defs"]) : []);
  const names = new Map<string, string>();
  for (const address of files.documents.keys()) {
    if (address === files.entry) continue;
    const plain = shownName(address)
      .replace(/^.*[/:]/, "")
      .replace(/\.json$/, "")
      .replaceAll(/[^A-Za-z0-9._-]/g, "_");
    let name = plain;
    for (let number = 2; taken.has(name); number += 1) name = `${plain}_${number}`;
    taken.add(name);
    names.set(address, name);
  }
  return names;
}

interface Copying {
  readonly files: JsonSchemaFiles;
  readonly names: ReadonlyMap<string, string>;
}

/** Their values are data, not schemas. */
const DATA = new Set(["const", "enum", "default", "examples"]);
/** Their values are schemas by names that mean nothing. */
const BY_NAME = new Set(["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"]);
/** What counts beside a reference in draft 07: everything else is ignored there (core draft-07, section 8.3). */
const BESIDE_REFERENCE = new Set(["$ref", "$defs", "definitions", "$comment", "title", "description"]);

function convert(node: unknown, copying: Copying): unknown {
  if (Array.isArray(node)) return node.map((item) => convert(item, copying));
  if (!isObject(node)) return node;
  const old = copying.files.draft === "draft-07";
  const reference = node["$ref"];
  const entries = Object.entries(node)
    .filter(([key]) => key !== "$schema" && !(old && typeof reference === "string" && !BESIDE_REFERENCE.has(key)))
    .map(([key, value]): [string, unknown] => {
      if (key === "$ref" && typeof value === "string") return [key, localReference(value, copying)];
      if (DATA.has(key)) return [key, value];
      if (BY_NAME.has(key) && isObject(value)) return [key, byName(value, copying)];
      return [key, convert(value, copying)];
    });
  const copied = Object.fromEntries(entries);
  return old ? modern(copied) : copied;
}

function byName(value: JsonObject, copying: Copying): JsonObject {
  return Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, convert(schema, copying)]));
}

/** `address#pointer` → `#pointer` in the one document. */
function localReference(reference: string, { files, names }: Copying): string {
  const hash = reference.indexOf("#");
  const [address, pointer] = [reference.slice(0, hash), plainFragment(reference.slice(hash + 1))];
  if (address === files.entry) return `#${pointer}`;
  const name = names.get(address);
  return name === undefined ? reference : `#/$defs/${plainFragment(pointerStep(name))}${pointer}`;
}

/** Keywords of draft 07 that mean something else, or nothing, since (release notes of 2019-09 and 2020-12). */
function modern(schema: JsonObject): JsonObject {
  const { items, additionalItems, dependencies, ...rest } = schema;
  const made: JsonObject = { ...rest };
  if (Array.isArray(items)) {
    made["prefixItems"] = items;
    if (additionalItems !== undefined) made["items"] = additionalItems;
  } else if (items !== undefined) made["items"] = items;
  if (!isObject(dependencies)) return made;
  const pairs = Object.entries(dependencies);
  const required = pairs.filter(([, value]) => Array.isArray(value));
  const schemas = pairs.filter(([, value]) => !Array.isArray(value));
  if (required.length > 0) made["dependentRequired"] = Object.fromEntries(required);
  if (schemas.length > 0) made["dependentSchemas"] = Object.fromEntries(schemas);
  return made;
}
