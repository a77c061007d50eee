// A JSON template that takes every field of a type over as it is: what somebody who knows both sides begins with.

import type { JsonSchema, Value } from "../core/contract.ts";
import { resolve, wordsOf } from "./new-types.ts";

/** What is deeper, or more than this in one template, is taken over as a whole. */
const DEEPEST = 6;
const MOST_FIELDS = 300;

/** What the template says about a value, and what becomes of it. */
export interface Field {
  readonly name: string;
  /** As one reads it in the comment. */
  readonly about: string;
  /** `value`: by a formula; `object`: with fields of its own; `each`: a list of such. */
  readonly kind: "value" | "object" | "each";
  readonly fields: readonly Field[];
}

/** undefined = the type has no names of its own, or takes others as well: it is taken over as a whole. */
export function fieldsOf(schema: JsonSchema): readonly Field[] | undefined {
  const top = resolve(schema, schema);
  if (top.nullable || !isClosed(top.schema)) return undefined;
  return readFields({ root: schema, left: MOST_FIELDS, open: new Set() }, top.schema, 0);
}

interface Reading {
  readonly root: JsonSchema;
  left: number;
  /** Types that the place lies within: they may hold themselves. */
  readonly open: Set<JsonSchema>;
}

function readFields(reading: Reading, schema: JsonSchema, depth: number): readonly Field[] {
  const required = new Set(Array.isArray(schema["required"]) ? schema["required"] : []);
  reading.open.add(schema);
  const fields = Object.entries(propertiesOf(schema)).map(([name, value]) =>
    readField(reading, name, value as JsonSchema, required.has(name), depth),
  );
  reading.open.delete(schema);
  return fields;
}

function readField(reading: Reading, name: string, schema: JsonSchema, required: boolean, depth: number): Field {
  const { root, open } = reading;
  const own = resolve(root, schema);
  const isList = own.schema["type"] === "array";
  const item = isList ? resolve(root, (own.schema["items"] ?? {}) as JsonSchema) : own;
  const least = typeof own.schema["minItems"] === "number" ? own.schema["minItems"] : 0;
  const occurs = isList ? `${least}..n` : required ? "required" : "optional";
  const about = [wordsOf(item), occurs, ...(own.nullable ? ["may be null"] : [])].join(", ");
  reading.left--;
  const opens = isClosed(item.schema) && !item.nullable && depth < DEEPEST && reading.left > 0;
  if (!opens || open.has(item.schema)) return { name, about, kind: "value", fields: [] };
  return { name, about, kind: isList ? "each" : "object", fields: readFields(reading, item.schema, depth + 1) };
}

/** An object that has names, and no others than these. */
function isClosed(schema: JsonSchema): boolean {
  const isOpen = schema["additionalProperties"] !== false;
  return schema["type"] === "object" && !isOpen && Object.keys(propertiesOf(schema)).length > 0;
}

function propertiesOf(schema: JsonSchema): JsonSchema {
  const value = schema["properties"];
  return typeof value === "object" && value !== null ? (value as JsonSchema) : {};
}

// ── as YAML ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** Lines, indented by two blanks per level. */
export function templateLines(fields: readonly Field[], from: readonly string[] = [], depth = 0): readonly string[] {
  const indent = "  ".repeat(depth);
  return fields.flatMap(({ name, about, kind, fields: own }) => {
    const path = [...from, name];
    const key = `${indent}${yamlKey(name)}:`;
    if (kind === "value") return [`${key} ${formula(path)}  # ${about}`];
    const each = kind === "each" ? [`${indent}  =each: ${formula(path)}`] : [];
    return [`${key}  # ${about}`, ...each, ...templateLines(own, kind === "each" ? [] : path, depth + 1)];
  });
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

// ── what it makes ───────────────────────────────────────────────────────────────────────────────────────────────

/** The message that the template makes of a value: for the expectation of a test. */
export function taken(fields: readonly Field[], value: Value): Value {
  const made = takenObject(fields, value);
  return made ?? {};
}

function takenObject(fields: readonly Field[], value: Value): Value {
  const made: [string, Value][] = [];
  let yields = false;
  for (const { name, kind, fields: own } of fields) {
    const given = valueAt(value, name);
    if (kind === "each") {
      const items = Array.isArray(given) ? (given as readonly Value[]) : given === undefined ? [] : [given];
      const list = items.map((item) => takenObject(own, item)).filter((item) => item !== undefined);
      made.push([name, list]);
      yields ||= list.length > 0;
    } else {
      const one = kind === "object" ? takenObject(own, given) : given;
      if (one === undefined) continue;
      made.push([name, one]);
      yields = true;
    }
  }
  // An object whose formulas all yield nothing vanishes.
  return yields ? Object.fromEntries(made) : undefined;
}

function valueAt(value: Value, name: string): Value {
  if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, name))
    return undefined;
  return (value as { readonly [name: string]: Value })[name];
}
