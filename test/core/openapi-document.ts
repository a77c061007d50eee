// What tests ask of every OpenAPI document: a validator that nobody here wrote takes it, its references lead somewhere, its examples
// fit their schemas by ajv.

import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { OpenApi } from "../../src/core/calls/openapi.ts";

type Json = { readonly [name: string]: unknown };

export async function openApiFaults(document: OpenApi): Promise<unknown> {
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  return valid ? [] : errors;
}

export function* nodesOf(node: unknown): Generator<Json> {
  if (Array.isArray(node)) for (const item of node) yield* nodesOf(item);
  if (typeof node !== "object" || node === null || Array.isArray(node)) return;
  yield node as Json;
  for (const value of Object.values(node)) yield* nodesOf(value);
}

/** References that lead to nothing. */
export function danglingReferences(document: OpenApi): readonly string[] {
  const references = [...nodesOf(document)].flatMap(({ $ref }) => (typeof $ref === "string" ? $ref : []));
  return references.filter((reference) => typeof lookUp(document, reference) !== "object");
}

function lookUp(document: OpenApi, reference: string): unknown {
  return reference
    .split("/")
    .slice(1)
    .reduce<unknown>(
      (node, step) =>
        (node as Json | undefined)?.[decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~")],
      document,
    );
}

const BASE = "https://document.example/";

/** Examples beside a schema, with what ajv says about those that do not fit: another reader than the one that made them. */
export function wrongExamples(document: OpenApi): { readonly seen: number; readonly wrong: readonly unknown[] } {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  ajv.addSchema(document, BASE);
  const compiled = new Map<string, ValidateFunction>();
  const wrong: unknown[] = [];
  let seen = 0;
  for (const { schema, example } of nodesOf(document)) {
    if (schema === undefined || example === undefined) continue;
    seen++;
    const text = JSON.stringify(schema).replaceAll('"$ref":"#', `"$ref":"${BASE}#`);
    const check = compiled.get(text) ?? ajv.compile(JSON.parse(text) as object);
    compiled.set(text, check);
    if (!check(example)) wrong.push([example, check.errors]);
  }
  return { seen, wrong };
}
