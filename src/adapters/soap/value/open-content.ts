// What no type describes: xs:any, xs:anyType, xs:anyAttribute. Elements that the schemas declare are read and written
// by them; others by names with their namespace, `{urn:example}name`, as there is nothing to take it from.

import type { Value } from "../../../core/contract.ts";
import { nearest } from "../../../core/options/nearest.ts";
import { XML } from "../wsdl/names.ts";
import { mismatch } from "./mismatch.ts";
import type { AttributePlan, ContentPlan, ElementPlan } from "./plan.ts";
import { attributeValue, DEPTH_LIMIT, isNil, isObject, type Obj, plainText, type Writing } from "./writing.ts";

const XMLNS = "http://www.w3.org/2000/xmlns/";
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

/** A namespace that only the value knows is declared where it is used, and forgotten. */
function tagOf(writing: Writing, name: Named, prefix: string): { readonly tag: string; readonly declared: string } {
  if (name.namespace === "") return { tag: name.local, declared: "" };
  // Namespaces in XML 1.0, 3: these two have their prefixes, and no element.
  if (name.namespace === XML || name.namespace === XMLNS) {
    throw mismatch(writing.path, "holds a name in a namespace that belongs to XML itself");
  }
  const uri = attributeValue(writing, name.namespace);
  return { tag: `${prefix}:${name.local}`, declared: ` xmlns:${prefix}="${uri}"` };
}

interface Named {
  readonly namespace: string;
  readonly local: string;
}

function writeUntyped(writing: Writing, name: Named, value: Value): void {
  const { tag, declared } = tagOf(writing, name, "x");
  if (value === null) {
    writing.out += `<${tag}${declared} xsi:nil="true"/>`;
    return;
  }
  if (!isObject(value)) {
    writing.out += `<${tag}${declared}>${plainText(writing, value)}</${tag}>`;
    return;
  }
  if (writing.path.length > DEPTH_LIMIT) throw mismatch(writing.path, "is nested too deep");
  writing.out += `<${tag}${declared}${writeOpenAttributes(writing, value, [])}${isNil(value) ? ' xsi:nil="true"' : ""}>`;
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

/** All of a value's attributes that `declared` does not know; each name once, however it is written. */
export function writeOpenAttributes(writing: Writing, value: Obj, declared: readonly AttributePlan[]): string {
  const taken = new Set(declared.map(({ name }) => openKey(name.namespace, name.local)));
  let text = "";
  for (const key of Object.keys(value)) {
    if (!key.startsWith("@") || key === "@xsi:type" || key === "@xsi:nil" || value[key] === undefined) continue;
    if (declared.some((it) => it.key === key)) continue;
    const name = attributeName(writing, key);
    const id = openKey(name.namespace, name.local);
    if (taken.has(id)) throw mismatch(writing.path, "has an attribute twice", key);
    taken.add(id);
    text += attributeText(writing, name, value[key]);
  }
  return text;
}

function attributeName(writing: Writing, key: string): Named {
  const isXml = key.startsWith("@xml:");
  const name = openName(isXml ? key.slice(5) : key.slice(1));
  if (name === undefined || name.namespace === XMLNS || key === "@xmlns")
    throw mismatch(writing.path, "holds a name that no attribute can have", key);
  return { namespace: isXml ? XML : (name.namespace ?? ""), local: name.local };
}

function attributeText(writing: Writing, name: Named, value: Value): string {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
    throw mismatch(writing.path, "expected a text in an attribute");
  }
  const text = attributeValue(writing, String(value));
  if (name.namespace === XML) return ` xml:${name.local}="${text}"`;
  // Beside others on the same element: each has a prefix of its own.
  const { tag, declared } = tagOf(writing, name, `a${++writing.prefixes}`);
  return `${declared} ${tag}="${text}"`;
}
