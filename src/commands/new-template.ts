// A JSON template that takes every field of a type over as it is: what somebody who knows both sides begins with.

import type { JsonSchema, Value } from "../core/contract.ts";

/** What is deeper, or more than this in one template, is taken over as a whole. */
const DEEPEST = 6;
const MOST_FIELDS = 300;

/** Lines of YAML, indented by two blanks per level; [] = the type has no fields. */
export function templateLines(schema: JsonSchema): readonly string[] {
  const writing: Writing = { root: schema, lines: [], fields: 0, open: new Set() };
  writeFields(writing, schema, [], 0);
  return writing.lines;
}

interface Writing {
  readonly root: JsonSchema;
  readonly lines: string[];
  fields: number;
  /** Types that the place lies within: they may hold themselves. */
  readonly open: Set<JsonSchema>;
}

interface Field {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
}

function writeFields(writing: Writing, schema: JsonSchema, from: readonly string[], depth: number): void {
  const resolved = resolve(writing.root, schema).schema;
  writing.open.add(resolved);
  for (const field of fieldsOf(resolved)) writeField(writing, field, from, depth);
  writing.open.delete(resolved);
}

function writeField(writing: Writing, { name, schema, required }: Field, from: readonly string[], depth: number): void {
  const { root, lines } = writing;
  const path = [...from, name];
  const { schema: own, nullable } = resolve(root, schema);
  const isList = own["type"] === "array";
  const { schema: item, type } = isList ? resolve(root, objectIn(own, "items")) : resolve(root, schema);
  const least = isList ? (own["minItems"] ?? 0) : undefined;
  const occurs = isList ? `${required && least === 0 ? 0 : Number(least)}..n` : required ? "required" : "optional";
  const comment = `  # ${[commentable(wordsOf(item, type)), occurs, ...(nullable ? ["may be null"] : [])].join(", ")}`;
  const key = `${"  ".repeat(depth)}${yamlKey(name)}:`;
  const opens = hasFields(item) && depth < DEEPEST && writing.fields < MOST_FIELDS && !writing.open.has(item);
  writing.fields++;
  if (opens && isList) {
    lines.push(key + comment, `${"  ".repeat(depth + 1)}=each: ${formula(path)}`);
    writeFields(writing, item, [], depth + 1);
  } else if (opens && !nullable) {
    lines.push(key + comment);
    writeFields(writing, item, path, depth + 1);
  } else lines.push(`${key} ${isList ? `[ "${formula(path).replaceAll('"', '\\"')}" ]` : formula(path)}${comment}`);
}

function fieldsOf(schema: JsonSchema): readonly Field[] {
  const required = new Set(Array.isArray(schema["required"]) ? schema["required"] : []);
  return Object.entries(objectIn(schema, "properties")).map(([name, value]) => ({
    name,
    schema: value as JsonSchema,
    required: required.has(name),
  }));
}

function hasFields(schema: JsonSchema): boolean {
  return schema["type"] === "object" && Object.keys(objectIn(schema, "properties")).length > 0;
}

function objectIn(schema: JsonSchema, key: string): JsonSchema {
  const value = Object.hasOwn(schema, key) ? schema[key] : undefined;
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonSchema) : {};
}

export interface Resolved {
  readonly schema: JsonSchema;
  /** Name of the definition it came from. */
  readonly type: string | undefined;
  readonly nullable: boolean;
}

/** Through `$ref` and `anyOf` with null. */
export function resolve(root: JsonSchema, schema: JsonSchema): Resolved {
  let found = schema;
  let type: string | undefined;
  let nullable = false;
  for (let steps = 0; steps < 50; steps++) {
    const reference = found["$ref"];
    const others = Array.isArray(found["anyOf"]) ? (found["anyOf"] as readonly JsonSchema[]) : undefined;
    if (typeof reference === "string" && reference.startsWith("#/$defs/")) {
      type = reference.slice(8);
      found = objectIn(objectIn(root, "$defs"), type);
    } else if (others?.some((other) => other["type"] === "null") && others.length === 2) {
      nullable = true;
      found = others.find((other) => other["type"] !== "null") ?? {};
    } else break;
  }
  return { schema: found, type, nullable };
}

// ── words ───────────────────────────────────────────────────────────────────────────────────────────────────────

function wordsOf(schema: JsonSchema, type: string | undefined): string {
  const allowed = Array.isArray(schema["enum"]) ? (schema["enum"] as readonly Value[]) : undefined;
  if (allowed !== undefined) {
    const shown = allowed.slice(0, 5).map(String).join(" | ");
    return allowed.length > 5 ? `${shown} | … (${allowed.length})` : shown;
  }
  if (type !== undefined) return type;
  if (typeof schema["description"] === "string") return schema["description"];
  const kinds = schema["type"];
  return Array.isArray(kinds) ? String(kinds[0]) : typeof kinds === "string" ? kinds : "anything";
}

function commentable(text: string): string {
  const plain = text.replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]+/gu, " ");
  return plain.length > 80 ? `${plain.slice(0, 79)}…` : plain;
}

/** As YAML reads it back: plain where nothing about it is special. */
export function yamlKey(name: string): string {
  const isPlain = /^[A-Za-z_][A-Za-z0-9_.-]*$/u.test(name) && !/^(?:true|false|null|yes|no|on|off|y|n)$/iu.test(name);
  return isPlain ? name : JSON.stringify(name);
}

const WORDS: ReadonlySet<string> = new Set(["and", "or", "in", "true", "false", "null", "function"]);

/** `= person.om`; names that JSONata would read otherwise stand in backticks. */
function formula(path: readonly string[]): string {
  const names = path.map((name) => (/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name) && !WORDS.has(name) ? name : `\`${name}\``));
  const text = `= ${names.join(".")}`;
  // What YAML would read as a comment or as a key.
  return /: | #|\t/u.test(text) ? JSON.stringify(text) : text;
}
