// Value → XML: elements in schema order with the right namespaces. What does not fit is said with its place; keys that
// the schema does not have, with the nearest that it has.

import type { Value } from "../../../core/contract.ts";
import { nearest } from "../../../core/options/nearest.ts";
import { escapeAttribute, escapeText } from "../../shared/xml/escape.ts";
import { SOAP11_ENCODING, XSI } from "../wsdl/names.ts";
import { deal, type Dealing, type Group } from "./group.ts";
import { mismatch } from "./mismatch.ts";
import { writeOpen, writeOpenAttributes } from "./open-content.ts";
import type { AttributePlan, ContentPlan, ElementPlan, Plans } from "./plan.ts";
import { kindOf, textOfValue } from "./texts.ts";
import {
  attributeValue,
  type Binary,
  DEPTH_LIMIT,
  fitting,
  isNil,
  isObject,
  type Obj,
  plainText,
  use,
  type Writing,
} from "./writing.ts";

export type { Binary } from "./writing.ts";

export interface WriteOptions {
  readonly binary?: Binary | undefined;
  readonly encoded?: boolean | undefined;
}

/** The element with its namespaces declared on it. Throws a mismatch. */
export function writeElement(plans: Plans, element: ElementPlan, value: Value, options: WriteOptions = {}): string {
  const { binary, encoded = false } = options;
  const writing: Writing = { out: "", prefixes: 0, used: [], plans, path: [element.name.local], binary, encoded };
  writeOne(writing, element, value ?? {});
  let declared = "";
  for (let index = 0; index < writing.used.length; index++) {
    if (writing.used[index]) declared += ` xmlns:n${index}="${escapeAttribute(plans.namespaces[index] ?? "")}"`;
  }
  if (writing.out.includes(" xsi:")) declared += ` xmlns:xsi="${XSI}"`;
  const at = element.tag.length + 1;
  return writing.out.slice(0, at) + declared + writing.out.slice(at);
}

/** One element with a value; undefined and what is null where nothing may be nil are for the caller to leave out. */
function writeOne(writing: Writing, element: ElementPlan, value: Value): void {
  if (writing.path.length > DEPTH_LIMIT) throw mismatch(writing.path, "is nested too deep");
  use(writing, element.namespace);
  const { tag } = element;
  let content = element.content();
  let attributes = "";
  if (isObject(value)) {
    if (isNil(value)) {
      writing.out += `<${tag}${attributesOf(writing, content, value)} xsi:nil="true"/>`;
      return;
    }
    const named = Object.hasOwn(value, "@xsi:type") ? value["@xsi:type"] : undefined;
    if (named !== undefined) {
      const found = substituted(writing, content, named);
      attributes += typeAttribute(writing, found);
      content = found;
    }
  }
  if (value === null) {
    if (!content.nillable) throw mismatch(writing.path, `expected ${content.typeName}, not null`);
    writing.out += `<${tag} xsi:nil="true"/>`;
    return;
  }
  if (content.abstract) {
    const names = [...content.derived().keys()].slice(0, 8).join(", ");
    throw mismatch(writing.path, `expected "@xsi:type", because ${content.typeName} is abstract: ${names}`);
  }
  if (writing.encoded && attributes === "") attributes = encodedType(writing, content, value);
  if (content.scalar && !isObject(value)) {
    writeText(writing, content, value, `<${tag}${attributes}`, tag);
    return;
  }
  if (!isObject(value)) {
    // A text with attributes may come as the text alone.
    if ((content.simple === undefined && !content.mixed) || Array.isArray(value)) {
      throw mismatch(writing.path, `expected an object (${content.typeName}), not ${kindOf(value)}`);
    }
    writeText(writing, content, value, `<${tag}${attributes}${attributesOf(writing, content, {})}`, tag);
    return;
  }
  attributes += attributesOf(writing, content, value);
  if (content.simple !== undefined) {
    checkKeys(writing, content, value);
    writeText(writing, content, value["#text"] ?? "", `<${tag}${attributes}`, tag);
    return;
  }
  writing.out += `<${tag}${attributes}>`;
  if (content.mixed && value["#text"] !== undefined) writing.out += plainText(writing, value["#text"]);
  if (content.plain && !content.openChildren) writePlain(writing, content, value);
  else writeGroups(writing, content, value);
  writing.out += `</${tag}>`;
}

// ── children ────────────────────────────────────────────────────────────────────────────────────────────────────

function writePlain(writing: Writing, content: ContentPlan, value: Obj): void {
  let known = 0;
  const bounds = content.group;
  for (const child of content.children) {
    if (!Object.hasOwn(value, child.key)) {
      if (child.required) throw mismatch(writing.path, `expected ${child.key}, which is missing`);
      continue;
    }
    known++;
    const items = listOf(writing, child, value[child.key]);
    if (items.length === 0 && child.required) throw mismatch(writing.path, `expected ${child.key}, which is missing`);
    writeItems(writing, child, items, 0, items.length);
  }
  if (bounds !== undefined && content.children.some((child) => child.many))
    checkCounts(writing, content, bounds, value);
  if (known < Object.keys(value).length) checkKeys(writing, content, value);
}

/** maxOccurs="5", which is neither one nor any number. */
function checkCounts(writing: Writing, content: ContentPlan, group: Group, value: Obj): void {
  if (group.kind === "any") return;
  if (group.kind !== "element") {
    for (const item of group.items) checkCounts(writing, content, item, value);
    return;
  }
  const key = content.children[group.index]?.key ?? "";
  const given = Object.hasOwn(value, key) ? value[key] : undefined;
  const count = given === undefined ? 0 : Array.isArray(given) ? given.length : 1;
  if (count > group.most) throw mismatch(writing.path, `expected at most ${group.most} of ${key}, not ${count}`);
  if (count < group.least) throw mismatch(writing.path, `expected at least ${group.least} of ${key}, not ${count}`);
}

function listOf(writing: Writing, child: ElementPlan, value: Value): readonly Value[] {
  if (!Array.isArray(value)) return isLeftOut(child, value) ? [] : [value];
  if (!child.many) {
    writing.path.push(child.key);
    throw mismatch(writing.path, "expected one value, not a list");
  }
  return (value as readonly Value[]).filter((item) => !isLeftOut(child, item));
}

/** Absent; or null where the schema has no word for it. */
function isLeftOut(child: ElementPlan, value: Value): boolean {
  return value === undefined || (value === null && !child.content().nillable);
}

function writeItems(writing: Writing, child: ElementPlan, items: readonly Value[], from: number, to: number): void {
  writing.path.push(child.key);
  for (let index = from; index < to; index++) {
    if (child.many) writing.path.push(index);
    writeOne(writing, child, items[index]);
    if (child.many) writing.path.pop();
  }
  writing.path.pop();
}

function writeGroups(writing: Writing, content: ContentPlan, value: Obj): void {
  const { children } = content;
  const lists: (readonly Value[])[] = [];
  const taken: number[] = [];
  const ranks: number[] = [];
  const open: [key: string, value: Value][] = [];
  let rank = 0;
  for (const key of Object.keys(value)) {
    const index = content.byKey.get(key);
    if (index === undefined) {
      if (!key.startsWith("@") && key !== "#text" && content.openChildren) open.push([key, value[key]]);
      continue;
    }
    lists[index] = listOf(writing, children[index] as ElementPlan, value[key]);
    ranks[index] = rank++;
  }
  const left = (index: number): number => (lists[index]?.length ?? 0) - (taken[index] ?? 0);
  const dealing: Dealing = {
    left,
    rank: (index) => ranks[index] ?? Infinity,
    write(index, count) {
      if (count === 0) return;
      const from = taken[index] ?? 0;
      taken[index] = from + count;
      writeItems(writing, children[index] as ElementPlan, lists[index] as readonly Value[], from, from + count);
    },
    anyLeft: () => open.length > 0,
    writeAny() {
      for (const [key, item] of open.splice(0)) {
        writeOpen(writing, key, item, content, (element, inner) => writeOne(writing, element, inner));
      }
    },
    missing(indexes) {
      const names = indexes.map((index) => children[index]?.key ?? "");
      const shown = names.length > 8 ? `${names.slice(0, 8).join(", ")} …` : names.join(" or ");
      throw mismatch(writing.path, `expected ${shown}, which is missing`);
    },
  };
  if (content.group !== undefined) deal(content.group, dealing);
  children.forEach((child, index) => {
    const count = left(index);
    if (count > 0) {
      const what = taken[index] === undefined ? "cannot stand beside the others there" : `expected ${count} fewer`;
      throw mismatch([...writing.path, child.key], what);
    }
  });
  if (open.length > 0) checkKeys(writing, { ...content, openChildren: false }, value);
  else checkKeys(writing, content, value);
}

/** Throws where the value has a key that the type does not know. */
function checkKeys(writing: Writing, content: ContentPlan, value: Obj): void {
  for (const key of Object.keys(value)) {
    if (value[key] === undefined || key === "@xsi:type" || key === "@xsi:nil") continue;
    if (key === "#text" && (content.mixed || content.simple !== undefined)) continue;
    if (key.startsWith("@")) {
      if (content.openAttributes || content.attributes.some((it) => it.key === key)) continue;
      throw unknown(
        writing,
        key,
        content.attributes.map((it) => it.key),
      );
    }
    if (content.byKey.has(key) || content.openChildren) continue;
    throw unknown(
      writing,
      key,
      content.children.map((it) => it.key),
    );
  }
}

function unknown(writing: Writing, key: string, known: readonly string[]): Error {
  const near = nearest(key, known);
  const say =
    near !== undefined
      ? `; the nearest is ${near}`
      : known.length === 0
        ? "; it has none"
        : `; it has ${known.slice(0, 10).join(", ")}${known.length > 10 ? " …" : ""}`;
  return mismatch(writing.path, `holds a name that the schema does not have${say}`, key);
}

// ── texts, attributes, types ────────────────────────────────────────────────────────────────────────────────────

function writeText(writing: Writing, content: ContentPlan, value: Value, start: string, tag: string): void {
  const { simple } = content;
  if (simple === undefined) {
    writing.out += `${start}>${plainText(writing, value)}</${tag}>`;
    return;
  }
  if (writing.binary !== undefined && simple.builtin === "base64Binary" && typeof value === "string") {
    const instead = writing.binary(value, writing.path);
    if (instead !== undefined) {
      writing.out += `${start}>${instead}</${tag}>`;
      return;
    }
  }
  const written = textOfValue(value, simple);
  if (!("text" in written)) throw mismatch(writing.path, written.expected, written.detail);
  writing.out += `${start}>${fitting(writing, written.text, escapeText)}</${tag}>`;
}

function attributesOf(writing: Writing, content: ContentPlan, value: Obj): string {
  if (content.attributes.length === 0 && !content.openAttributes) return "";
  let text = "";
  for (const attribute of content.attributes) text += attributeText(writing, attribute, value);
  return content.openAttributes ? text + writeOpenAttributes(writing, value, content.attributes) : text;
}

function attributeText(writing: Writing, attribute: AttributePlan, value: Obj): string {
  const { key, tag, type, fixed } = attribute;
  const given = Object.hasOwn(value, key) ? (value[key] ?? undefined) : undefined;
  if (given === undefined && fixed === undefined) {
    if (attribute.required) throw mismatch(writing.path, `expected ${key}, which is missing`);
    return "";
  }
  if (given === undefined && !attribute.required) return "";
  const written = textOfValue(given ?? fixed, type);
  if (!("text" in written)) throw mismatch([...writing.path, key], written.expected, written.detail);
  use(writing, attribute.namespace);
  return ` ${tag}="${attributeValue(writing, written.text)}"`;
}

function substituted(writing: Writing, content: ContentPlan, named: Value): ContentPlan {
  const derived = content.derived();
  const name = typeof named === "string" ? derived.get(named) : undefined;
  const found = name && writing.plans.type(name);
  if (found !== undefined) return found;
  const names = [...derived.keys()];
  const near = typeof named === "string" ? nearest(named, names) : undefined;
  const say = near ?? names.slice(0, 8).join(", ");
  throw mismatch(
    writing.path,
    `expected "@xsi:type" to be a type derived from ${content.typeName}: ${say}`,
    typeof named === "string" ? named : undefined,
  );
}

function typeAttribute(writing: Writing, content: ContentPlan): string {
  if (content.type === undefined) return "";
  const index = writing.plans.namespaceIndex(content.type.namespace);
  use(writing, index);
  return ` xsi:type="${index < 0 ? "" : `n${index}:`}${content.type.local}"`;
}

/** `xsi:type`, and for arrays their item type and size (SOAP 1.1, 5.4.2). */
function encodedType(writing: Writing, content: ContentPlan, value: Value): string {
  const own = typeAttribute(writing, content);
  if (content.array === undefined) return own;
  const items = isObject(value) ? value["item"] : undefined;
  const count = items === undefined ? 0 : Array.isArray(items) ? items.length : 1;
  const { item, dimensions } = content.array;
  if (dimensions !== "[]") throw mismatch(writing.path, "is an array of several dimensions, which is not written");
  const index = writing.plans.namespaceIndex(item.namespace);
  const encoding = writing.plans.namespaceIndex(SOAP11_ENCODING);
  use(writing, index);
  use(writing, encoding);
  return `${own} n${encoding}:arrayType="n${index}:${item.local}[${count}]"`;
}
