// What no type describes: xs:any, xs:anyType, xs:anyAttribute. Elements that the schemas declare are read and written
// by them; others by names with their namespace, `{urn:example}name`, as there is nothing to take it from.

import type { Value } from "../../../core/contract.ts";
import { nearest } from "../../../core/options/nearest.ts";
import { XML } from "../wsdl/names.ts";
import { mismatch } from "./mismatch.ts";
import type { ContentPlan, ElementPlan } from "./plan.ts";
import { attributeValue, DEPTH_LIMIT, isObject, plainText, use, type Writing } from "./writing.ts";

const NAME = /^(?:\{([^{}]*)\})?([\p{L}_][\p{L}\p{N}\p{M}._-]*)$/u;

export interface OpenName {
  /** undefined = written without braces. */
  readonly namespace: string | undefined;
  readonly local: string;
}

export function openName(key: string): OpenName | undefined {
  const match = NAME.exec(key);
  return match?.[2] === undefined ? undefined : { namespace: match[1], local: match[2] };
}

/** How an element or attribute that no type describes is called in values. */
export function openKey(namespace: string, local: string): string {
  return `{${namespace}}${local}`;
}

/** Throws a mismatch where the key tells no namespace and no schema declares an element of this name. */
export function writeOpen(
  writing: Writing,
  key: string,
  value: Value,
  content: ContentPlan,
  writeTyped: (element: ElementPlan, value: Value) => void,
): void {
  const name = openName(key);
  if (name?.namespace === undefined) {
    const near = nearest(
      key,
      content.children.map((child) => child.key),
    );
    const say = near === undefined ? 'give its namespace: "{urn:example}name"' : `the nearest is ${near}`;
    throw mismatch(writing.path, `holds a name that the schema does not have; ${say}`, key);
  }
  writing.path.push("*");
  for (const item of Array.isArray(value) ? (value as readonly Value[]) : [value]) {
    if (item === undefined) continue;
    const declared = writing.plans.element({ namespace: name.namespace, local: name.local });
    if (declared === undefined) writeUntyped(writing, { namespace: name.namespace, local: name.local }, item);
    else writeTyped(declared, item);
  }
  writing.path.pop();
}

function tagOf(writing: Writing, name: { readonly namespace: string; readonly local: string }): string {
  const index = writing.plans.namespaceIndex(name.namespace);
  use(writing, index);
  return index < 0 ? name.local : `n${index}:${name.local}`;
}

function writeUntyped(
  writing: Writing,
  name: { readonly namespace: string; readonly local: string },
  value: Value,
): void {
  const tag = tagOf(writing, name);
  if (value === null) {
    writing.out += `<${tag} xsi:nil="true"/>`;
    return;
  }
  if (!isObject(value)) {
    writing.out += `<${tag}>${plainText(writing, value)}</${tag}>`;
    return;
  }
  if (writing.path.length > DEPTH_LIMIT) throw mismatch(writing.path, "is nested too deep");
  let attributes = "";
  for (const key of Object.keys(value)) {
    if (key.startsWith("@") && value[key] !== undefined) attributes += writeOpenAttribute(writing, key, value[key]);
  }
  writing.out += `<${tag}${attributes}>`;
  if (value["#text"] !== undefined) writing.out += plainText(writing, value["#text"]);
  writing.path.push("*");
  for (const key of Object.keys(value)) {
    if (key.startsWith("@") || key === "#text") continue;
    const child = openName(key);
    if (child === undefined) throw mismatch(writing.path, "holds a name that no element can have", key);
    const items = value[key];
    for (const item of Array.isArray(items) ? (items as readonly Value[]) : [items]) {
      if (item !== undefined) writeUntyped(writing, { namespace: child.namespace ?? "", local: child.local }, item);
    }
  }
  writing.path.pop();
  writing.out += `</${tag}>`;
}

export function writeOpenAttribute(writing: Writing, key: string, value: Value): string {
  if (key === "@xsi:nil") return value === true || value === "true" ? ' xsi:nil="true"' : "";
  const isXml = key.startsWith("@xml:");
  const name = openName(isXml ? key.slice(5) : key.slice(1));
  if (name === undefined || key === "@xmlns")
    throw mismatch(writing.path, "holds a name that no attribute can have", key);
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
    throw mismatch(writing.path, "expected a text in an attribute");
  }
  const tag =
    isXml || name.namespace === XML
      ? `xml:${name.local}`
      : tagOf(writing, { namespace: name.namespace ?? "", local: name.local });
  return ` ${tag}="${attributeValue(writing, String(value))}"`;
}
