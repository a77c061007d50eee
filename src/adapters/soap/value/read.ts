// XML → value: texts exactly as they stood, lists where the schema lets an element repeat. An element or attribute that
// the types do not know is said with its place; whether order and facets are right is libxml2's to say.

import type { SaxesAttributeNS, SaxesTagNS } from "saxes";
import type { Value } from "../../../core/contract.ts";
import { type OpenRecord, recordType } from "../../shared/records/record.ts";
import { WSU } from "../security-names.ts";
import type { QName } from "../wsdl/document.ts";
import { SOAP11, SOAP11_ENCODING, SOAP12, SOAP12_ENCODING, WSDL, XMIME, XML, XOP, XSI } from "../wsdl/names.ts";
import { mismatch, type Place } from "./mismatch.ts";
import { openKey } from "./open-content.ts";
import type { ContentPlan, ElementPlan, Plans } from "./plan.ts";
import { valueOfText } from "./texts.ts";

const Element = recordType();

/** The namespace of a prefix where the parser stands. */
export type ResolvePrefix = (prefix: string) => string | undefined;

export interface ReadOptions {
  readonly resolve: ResolvePrefix;
  /** The content of an XOP include, as base64; throws where there is no such part. */
  readonly included?: ((href: string) => string) | undefined;
  /** SOAP encoding: names of accessors count without namespace (SOAP 1.1, 5.1). */
  readonly encoded?: boolean | undefined;
}

/** Elements and attributes of one message. */
const NODE_LIMIT = 2_000_000;

interface Open {
  /** Key in the parent's value. */
  readonly key: string;
  readonly many: boolean;
  /** undefined = described by nothing. */
  readonly content: ContentPlan | undefined;
  readonly nil: boolean;
  text: string;
  value: OpenRecord | undefined;
  /** How often each child came, for lists inside what nothing describes. */
  counts: Map<string, number> | undefined;
}

/** Takes one element, event by event; `value` is there when it is closed. */
export interface Reading {
  open(tag: SaxesTagNS): void;
  text(text: string): void;
  close(): void;
  readonly done: boolean;
  readonly value: Value;
}

/** Where the reading is. */
interface Sight {
  readonly plans: Plans;
  readonly options: ReadOptions;
  readonly stack: Open[];
  nodes: number;
}

/** `element` undefined = an element that nothing describes. Throws a mismatch. */
export function readElement(plans: Plans, element: ElementPlan | undefined, options: ReadOptions): Reading {
  const stack: Open[] = [];
  const sight: Sight = { plans, options, stack, nodes: 0 };
  let done = false;
  let result: Value;
  return {
    open(tag) {
      const parent = stack.at(-1);
      if (parent === undefined) begin(sight, tag, element, tag.local, false);
      else if (tag.uri === XOP && tag.local === "Include") include(sight, parent, tag);
      else openChild(sight, parent, tag);
    },
    text(text) {
      const open = stack.at(-1);
      if (open !== undefined) open.text += text;
    },
    close() {
      const open = stack.at(-1);
      if (open === undefined) return;
      const value = valueOf(sight, open);
      const parent = stack.at(-2);
      if (parent === undefined) {
        result = value;
        done = true;
      } else if (open.key !== INCLUDED) add(sight, parent, open, value);
      stack.pop();
    },
    get done() {
      return done;
    },
    get value() {
      return result;
    },
  };
}

function placeOf({ stack }: Sight): Place {
  const found: Place = [];
  for (const open of stack) found.push(open.content === undefined && found.length > 0 ? "*" : open.key);
  return found;
}

function begin(sight: Sight, tag: SaxesTagNS, plan: ElementPlan | undefined, key: string, many: boolean): void {
  let content = plan?.content();
  let typeKey: string | undefined;
  let nil = false;
  const others: SaxesAttributeNS[] = [];
  for (const name in tag.attributes) {
    const attribute = tag.attributes[name] as SaxesAttributeNS;
    const { prefix, uri, local, value } = attribute;
    if (prefix === "xmlns" || name === "xmlns") continue;
    if (uri === XSI && local === "type") {
      if (content !== undefined) [content, typeKey] = substituted(sight, content, value, key);
    } else if (uri === XSI && local === "nil") nil = value.trim() === "true" || value.trim() === "1";
    else if (uri !== XSI) others.push(attribute);
  }
  const open: Open = { key, many, content, nil, text: "", value: undefined, counts: undefined };
  sight.stack.push(open);
  if (typeKey !== undefined) put(open, "@xsi:type", typeKey);
  for (const attribute of others) readAttribute(sight, open, attribute);
  sight.nodes += 1 + others.length;
  if (sight.nodes > NODE_LIMIT) throw mismatch([], `the message has more than ${NODE_LIMIT} elements and attributes`);
}

function substituted(
  sight: Sight,
  content: ContentPlan,
  written: string,
  at: string,
): [ContentPlan, string | undefined] {
  const name = qnameIn(written, sight.options.resolve);
  const { type } = content;
  if (name === undefined) throw mismatch([...placeOf(sight), at], "has an xsi:type whose prefix is not declared");
  if (type?.namespace === name.namespace && type.local === name.local) return [content, undefined];
  for (const [key, derived] of content.derived()) {
    if (derived.namespace !== name.namespace || derived.local !== name.local) continue;
    const plan = sight.plans.type(derived);
    if (plan !== undefined) return [plan, key];
  }
  // What is declared as anything may say what it is; SOAP encoding says it everywhere, with types of its own too.
  const named = sight.plans.type(name);
  if (type?.local === "anyType" && named !== undefined) return [named, undefined];
  if (sight.options.encoded || type === undefined) return [content, undefined];
  throw mismatch([...placeOf(sight), at], `has an xsi:type that is not derived from ${content.typeName}`, written);
}

function readAttribute(sight: Sight, open: Open, attribute: SaxesAttributeNS): void {
  const { uri, local, value } = attribute;
  const { content } = open;
  if (content === undefined) {
    put(open, attributeKey(uri, local), value);
    return;
  }
  const plan = content.attributeByName.get(`{${uri}}${local}`);
  if (plan !== undefined) {
    const read = valueOfText(value, plan.type);
    if (read === undefined)
      throw mismatch([...placeOf(sight), plan.key], `expected ${plan.type.name}`, value.slice(0, 200));
    put(open, plan.key, read);
    return;
  }
  if (isPlumbing(uri) || (sight.options.encoded && uri === "")) return;
  if (!content.openAttributes) throw mismatch(placeOf(sight), "has an attribute that its type does not have", local);
  put(open, attributeKey(uri, local), value);
}

/** Of an attribute that no type describes. */
function attributeKey(uri: string, local: string): string {
  if (uri === XML) return `@xml:${local}`;
  return `@${uri === "" ? local : openKey(uri, local)}`;
}

function openChild(sight: Sight, parent: Open, tag: SaxesTagNS): void {
  const { content } = parent;
  if (content === undefined) {
    begin(sight, tag, undefined, tag.uri === "" ? tag.local : openKey(tag.uri, tag.local), false);
    return;
  }
  const child = childPlan(content, tag, sight.options.encoded === true);
  if (child !== undefined) {
    begin(sight, tag, child, child.key, child.many);
    return;
  }
  if (!content.openChildren) {
    const near = content.children.slice(0, 8).map((it) => it.key);
    const known = near.length === 0 ? "none" : near.join(", ");
    throw mismatch(
      placeOf(sight),
      `holds an element that its type does not have; it has ${known}`,
      `{${tag.uri}}${tag.local}`,
    );
  }
  const declared = sight.plans.element({ namespace: tag.uri, local: tag.local });
  begin(sight, tag, declared, openKey(tag.uri, tag.local), false);
}

/** The content lies in a part of its own (XOP 1.0, 2.1). */
function include(sight: Sight, parent: Open, tag: SaxesTagNS): void {
  const href = tag.attributes["href"]?.value;
  if (sight.options.included === undefined || href === undefined)
    throw mismatch(placeOf(sight), "refers to a part that is not there");
  parent.text += sight.options.included(href);
  sight.stack.push({
    key: INCLUDED,
    many: false,
    content: undefined,
    nil: false,
    text: "",
    value: undefined,
    counts: undefined,
  });
}

function valueOf(sight: Sight, open: Open): Value {
  const { content, text, value } = open;
  if (open.nil) {
    if (value === undefined) return null;
    value["@xsi:nil"] = true;
    return value;
  }
  if (content === undefined) return untyped(open);
  if (content.simple !== undefined) {
    const read = valueOfText(text, content.simple);
    if (read === undefined) throw mismatch(placeOf(sight), `expected ${content.simple.name}`, text.slice(0, 200));
    if (value === undefined) return read;
    put(open, "#text", read);
    return value;
  }
  if (/[^ \t\r\n]/.test(text)) {
    if (!content.mixed)
      throw mismatch(placeOf(sight), "holds a text where its type has elements only", text.slice(0, 200));
    if (value === undefined && content.children.length === 0 && !content.openChildren) return text;
    put(open, "#text", text);
  }
  return open.value ?? new Element();
}

const INCLUDED = "xop:Include";

function childPlan(content: ContentPlan, tag: SaxesTagNS, encoded: boolean): ElementPlan | undefined {
  if (content.array !== undefined && content.children.length === 1) return content.children[0];
  const near = content.byLocal.get(tag.local);
  if (near === undefined || encoded || near.name.namespace === tag.uri) return near;
  return content.byName.get(`{${tag.uri}}${tag.local}`);
}

/** Attributes that say how something is sent, not what. */
function isPlumbing(uri: string): boolean {
  return (
    uri === SOAP11_ENCODING ||
    uri === SOAP12_ENCODING ||
    uri === SOAP11 ||
    uri === SOAP12 ||
    uri === WSDL ||
    uri === XMIME ||
    uri === WSU
  );
}

function untyped(open: Open): Value {
  const isBlank = !/[^ \t\r\n]/.test(open.text);
  if (open.value === undefined) return open.text;
  if (!isBlank) open.value["#text"] = open.text;
  return open.value;
}

function put(open: Open, key: string, value: Value): void {
  open.value ??= new Element();
  open.value[key] = value;
}

function add(sight: Sight, parent: Open, child: Open, value: Value): void {
  parent.value ??= new Element();
  const held = parent.value;
  if (child.many) {
    const list = Object.hasOwn(held, child.key) ? (held[child.key] as Value[]) : undefined;
    if (list === undefined) held[child.key] = [value];
    else list.push(value);
    return;
  }
  parent.counts ??= new Map();
  const count = (parent.counts.get(child.key) ?? 0) + 1;
  parent.counts.set(child.key, count);
  if (count > 1 && parent.content?.byKey.has(child.key)) throw mismatch(placeOf(sight), "is there more than once");
  if (count === 1) held[child.key] = value;
  else if (count === 2) held[child.key] = [held[child.key], value];
  else (held[child.key] as Value[]).push(value);
}

/** `tns:Art` as written where the parser stands. */
export function qnameIn(written: string, resolve: ResolvePrefix): QName | undefined {
  const text = written.trim();
  const colon = text.indexOf(":");
  const prefix = colon < 0 ? "" : text.slice(0, colon);
  const namespace = resolve(prefix);
  if (namespace === undefined) return prefix === "" ? { namespace: "", local: text } : undefined;
  return { namespace, local: colon < 0 ? text : text.slice(colon + 1) };
}
