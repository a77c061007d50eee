// JSON Schemas of a service's values, as far as `steg new` reads them.

import type { JsonSchema, Value } from "../core/contract.ts";

export interface Resolved {
  readonly schema: JsonSchema;
  /** Name of the definition it came from. */
  readonly type: string | undefined;
  readonly nullable: boolean;
}

/** A definition may lead to the next one; more than this is a circle. */
const MOST_STEPS = 50;

/** Through `$ref`, and `anyOf` with null. */
export function resolve(root: JsonSchema, schema: JsonSchema): Resolved {
  let found = schema;
  let type: string | undefined;
  let nullable = false;
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    const reference = found["$ref"];
    const others = Array.isArray(found["anyOf"]) ? (found["anyOf"] as readonly JsonSchema[]) : [];
    if (typeof reference === "string" && reference.startsWith("#/$defs/")) {
      type = reference.slice(8);
      const definitions = root["$defs"] as { readonly [name: string]: JsonSchema } | undefined;
      found = (definitions && Object.hasOwn(definitions, type) ? definitions[type] : undefined) ?? {};
    } else if (others.length === 2 && others.some((other) => other["type"] === "null")) {
      nullable = true;
      found = others.find((other) => other["type"] !== "null") ?? {};
    } else break;
  }
  return { schema: found, type, nullable };
}

const MOST_SHOWN = 5;
const LONGEST = 80;

/** What a value is, in a few words for a comment. */
export function wordsOf({ schema, type }: Resolved): string {
  const text = listOf(schema["enum"]) ?? type ?? plainWords(schema);
  const plain = text.replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]+/gu, " ");
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST - 1)}…` : plain;
}

function listOf(allowed: Value): string | undefined {
  if (!Array.isArray(allowed)) return undefined;
  const shown = allowed.slice(0, MOST_SHOWN).map(String).join(" | ");
  return allowed.length > MOST_SHOWN ? `${shown} | … (${allowed.length} in all)` : shown;
}

function plainWords({ description, type }: JsonSchema): string {
  if (typeof description === "string") return description;
  if (Array.isArray(type)) return String(type[0]);
  return typeof type === "string" ? type : "anything";
}
