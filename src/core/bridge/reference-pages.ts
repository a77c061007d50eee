// What is generated from the shapes: pages for people and JSON Schemas for editors, by file name under docs/reference.

import { fleetShape } from "../fleet/fleet-shape.ts";
import { policyShape } from "../lifecycle/policy.ts";
import { jsonSchemaOf } from "../options/json-schema.ts";
import type { JsonSchema } from "../options/json-schema.ts";
import { bridgeFileReference, errorsReference, fleetReference, policyReference } from "../options/reference.ts";
import { object } from "../options/shape.ts";
import { bridgeShape, deliverShape, sectionShapes } from "./sections.ts";
import type { AnyAdapter } from "./sections.ts";

/** `steg schema bridge` */
export function bridgeSchema(adapters: readonly AnyAdapter[]): JsonSchema {
  const about = { id: "urn:steg:schema:bridge:1", title: "Steg bridge file" };
  const schema = jsonSchemaOf(bridgeShape(adapters), about);
  const properties = schema["properties"] as Readonly<Record<string, JsonSchema>>;
  const inParts = jsonSchemaOf(object({ deliver: deliverShape(adapters, true, true) }), about);
  // With cases, target options of the top level may be completed in each of them.
  return {
    ...schema,
    properties: { ...properties, deliver: (inParts["properties"] as typeof properties)["deliver"] },
    anyOf: [{ required: ["cases"] }, { properties: { deliver: properties["deliver"] } }],
  };
}

/** `steg schema policy` */
export function policySchema(): JsonSchema {
  return jsonSchemaOf(policyShape, { id: "urn:steg:schema:policy:1", title: "Steg sunset policy" });
}

/** `steg schema fleet` */
export function fleetSchema(): JsonSchema {
  return jsonSchemaOf(fleetShape, { id: "urn:steg:schema:fleet:1", title: "Steg fleet file" });
}

export function referencePages(adapters: readonly AnyAdapter[]): ReadonlyMap<string, string> {
  const parts = Object.entries(sectionShapes(adapters)).map(([name, shape]) => ({ name, shape }));
  return new Map([
    ["bridge-file.md", bridgeFileReference(parts)],
    ["policy.md", policyReference(policyShape)],
    ["fleet.md", fleetReference(fleetShape)],
    ["errors.md", errorsReference()],
    ["bridge.schema.json", `${JSON.stringify(bridgeSchema(adapters), null, 2)}\n`],
    ["policy.schema.json", `${JSON.stringify(policySchema(), null, 2)}\n`],
    ["fleet.schema.json", `${JSON.stringify(fleetSchema(), null, 2)}\n`],
  ]);
}
