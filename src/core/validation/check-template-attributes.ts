// Attributes of a template's element against the schema.

import type { MapEntry, MapNode } from "../bridge/tree.ts";
import type { ElementContent, QName } from "../mapping/types.ts";
import type { Position } from "../errors.ts";
import { expandName, nearestName, showName, type TemplateScope } from "./check-template-names.ts";
import { checkText } from "./check-template-text.ts";
import type { TemplateCheck } from "./check-template-context.ts";
import type { ModelContent } from "./model/complex-types.ts";
import { keyOf } from "./model/particle.ts";

const XSI = "http://www.w3.org/2001/XMLSchema-instance";

interface Owner {
  readonly shown: string;
  readonly at: Position;
}

export function checkAttributes(
  node: MapNode,
  content: ElementContent,
  owner: Owner,
  scope: TemplateScope,
  check: TemplateCheck,
): void {
  const declared = new Map(content.attributes.map((attribute) => [keyOf(attribute.name), attribute]));
  const open = "openAttributes" in content ? (content as ModelContent).openAttributes : content.open;
  const present = new Set<string>();
  for (const entry of node.entries) {
    if (!entry.key.startsWith("@") || entry.key === "@xmlns" || entry.key.startsWith("@xmlns:")) continue;
    const name = expandName(entry.key.slice(1), scope, true);
    if (name === undefined) {
      reportUndeclared(entry, check);
      continue;
    }
    // xsi:type, xsi:nil and the schema locations may stand on any element (XSD part 1, 2.6).
    if (name.namespace === XSI) continue;
    present.add(keyOf(name));
    const attribute = declared.get(keyOf(name));
    if (attribute === undefined) {
      if (!open) reportUnknown(entry, name, content, owner, scope, check);
    } else if (entry.value.kind === "scalar") {
      checkText(entry.value, attribute.type, attribute.fixed, `${owner.shown}/${entry.key}`, check);
    }
  }
  for (const attribute of content.attributes) {
    if (!present.has(keyOf(attribute.name))) reportAttributeMissing(attribute, owner, scope, check);
  }
}

export function reportAttributeMissing(
  attribute: ElementContent["attributes"][number],
  place: { readonly shown: string; readonly at: Position },
  scope: TemplateScope,
  check: TemplateCheck,
): void {
  if (!attribute.required) return;
  const name = showName(attribute.name, scope, true);
  const value = attribute.fixed ?? attribute.type.enumeration?.[0] ?? "= …";
  const message = `${place.shown} requires the attribute ${name}, nothing is mapped to it`;
  check.report("error", "SCHEMA_ATTRIBUTE_MISSING", place.at, place.shown.length, message, `"@${name}": ${value}`);
}

function reportUnknown(
  entry: MapEntry,
  name: QName,
  content: ElementContent,
  owner: Owner,
  scope: TemplateScope,
  check: TemplateCheck,
): void {
  const known = content.attributes.map((attribute) => attribute.name);
  const near = nearestName(name, known);
  const child = content.children.find((it) => it.name.local === name.local);
  let hint =
    known.length === 0
      ? "It takes no attributes"
      : `Known here: ${known
          .map((it) => showName(it, scope, true))
          .slice(0, 8)
          .join(", ")}`;
  if (near !== undefined) hint = `Did you mean "@${showName(near, scope, true)}"?`;
  else if (child !== undefined) hint = `It is a child element: write ${showName(child.name, scope)}`;
  check.report(
    "error",
    "SCHEMA_ATTRIBUTE_UNKNOWN",
    entry.keyAt,
    entry.key.length,
    `${owner.shown} has no attribute ${entry.key.slice(1)}`,
    hint,
  );
}

function reportUndeclared(entry: MapEntry, check: TemplateCheck): void {
  const prefix = entry.key.slice(1, entry.key.indexOf(":"));
  if (check.undeclared.has(prefix)) return;
  check.undeclared.add(prefix);
  check.report(
    "error",
    "SCHEMA_ATTRIBUTE_UNKNOWN",
    entry.keyAt,
    entry.key.length,
    `the prefix ${prefix} is not declared`,
    `"@xmlns:${prefix}": …`,
  );
}
