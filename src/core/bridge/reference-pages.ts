// What is generated from the shapes: pages for people and JSON Schemas for editors, by file name under docs/reference.

import { policyShape } from "../lifecycle/policy.ts";
import { jsonSchemaOf } from "../options/json-schema.ts";
import type { JsonSchema } from "../options/json-schema.ts";
import { bridgeFileReference, errorsReference, policyReference } from "../options/reference.ts";
import { bridgeShape, sectionShapes } from "./sections.ts";
import type { AnyAdapter } from "./sections.ts";

/** `steg schema bridge` */
export function bridgeSchema(adapters: readonly AnyAdapter[]): JsonSchema {
  return jsonSchemaOf(bridgeShape(adapters), { id: "urn:steg:schema:bridge:1", title: "Steg bridge file" });
}

/** `steg schema policy` */
export function policySchema(): JsonSchema {
  return jsonSchemaOf(policyShape, { id: "urn:steg:schema:policy:1", title: "Steg sunset policy" });
}

export function referencePages(adapters: readonly AnyAdapter[]): ReadonlyMap<string, string> {
  const parts = Object.entries(sectionShapes(adapters)).map(([name, shape]) => ({ name, shape }));
  return new Map([
    ["bridge-file.md", bridgeFileReference(parts)],
    ["policy.md", policyReference(policyShape)],
    ["errors.md", errorsReference()],
    ["bridge.schema.json", `${JSON.stringify(bridgeSchema(adapters), null, 2)}\n`],
    ["policy.schema.json", `${JSON.stringify(policySchema(), null, 2)}\n`],
  ]);
}
