// One WSDL file as a small tree: elements with their namespaces in scope, because attribute values are qualified names
// too, and its schemas as texts of their own (WSDL 1.1, 2.1 and 2.2).

import { type SaxesAttributeNS, SaxesParser, type SaxesTagNS } from "saxes";
import { BridgeError } from "../../../core/errors.ts";
import { namespaceOf, type NamespaceScope } from "../../../core/validation/model/tree.ts";
import { readSchemaText } from "../../../core/validation/xsd-text.ts";
import { escapeAttribute } from "../../shared/xml/escape.ts";
import { WSDL, XML, XSD } from "./names.ts";

export interface WsdlNode {
  readonly uri: string;
  readonly local: string;
  /** By local name, those of other namespaces as `{namespace}local`. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly WsdlNode[];
  readonly scope: NamespaceScope;
  readonly line: number;
  readonly text: string;
}

export interface InlineSchema {
  /** `dienst.wsdl#1` */
  readonly id: string;
  /** With the prefixes declared around it, and on the lines where it stands. */
  readonly text: string;
}

export interface WsdlDocument {
  /** As read from the bridge's folder. */
  readonly path: string;
  readonly text: string;
  /** wsdl:definitions; undefined where the file is a schema (wsdl:import is used for those too). */
  readonly root: WsdlNode | undefined;
  readonly target: string;
  readonly schemas: readonly InlineSchema[];
}

export interface QName {
  readonly namespace: string;
  readonly local: string;
}

const DEPTH_LIMIT = 64;
const NODE_LIMIT = 200_000;
const SCHEMA_LIMIT = 500;

export function unusable(message: string, hint?: string): BridgeError {
  return new BridgeError("WSDL_INVALID", message, { hint });
}

interface Open extends WsdlNode {
  readonly children: WsdlNode[];
  text: string;
}

/** Throws WSDL_INVALID. */
export function parseWsdl(bytes: Uint8Array, path: string): WsdlDocument {
  const text = readText(bytes, path);
  const parser = new SaxesParser({ xmlns: true, position: true });
  const fail = (why: string): never => {
    throw unusable(`${path}:${parser.line} ${why}`);
  };
  const stack: Open[] = [];
  const schemas: InlineSchema[] = [];
  let scope: NamespaceScope = { own: new Map([["xml", XML]]), outer: undefined };
  let root: WsdlNode | undefined;
  let schema: { readonly start: number; readonly line: number; readonly scope: NamespaceScope } | undefined;
  let depth = 0;
  let nodes = 0;
  parser.on("error", () => fail("is not well-formed XML"));
  parser.on("doctype", () => fail("has a DOCTYPE, which is refused"));
  parser.on("opentag", (tag) => {
    depth++;
    if (depth > DEPTH_LIMIT * 2 || ++nodes > NODE_LIMIT) fail("is nested too deep or has too many elements");
    if (schema !== undefined) return;
    if (tag.uri === XSD && tag.local === "schema") {
      schema = { start: text.lastIndexOf("<", parser.position - 1), line: parser.line, scope: scopeOf(tag, scope) };
      depth = 1;
      return;
    }
    scope = scopeOf(tag, scope);
    const node = nodeOf(tag, scope, parser.line);
    stack.at(-1)?.children.push(node);
    root ??= node;
    stack.push(node);
  });
  parser.on("text", (piece) => {
    const at = stack.at(-1);
    if (schema === undefined && at?.local === "documentation") at.text = (at.text + piece).slice(0, 2_000);
  });
  parser.on("closetag", () => {
    depth--;
    if (schema === undefined) {
      stack.pop();
      scope = stack.at(-1)?.scope ?? scope;
      return;
    }
    if (depth > 0) return;
    const slice = text.slice(schema.start, parser.position);
    schemas.push({ id: `${path}#${schemas.length + 1}`, text: standingAlone(slice, schema.scope, schema.line) });
    if (schemas.length > SCHEMA_LIMIT) fail(`has more than ${SCHEMA_LIMIT} schemas`);
    schema = undefined;
    depth = stack.length;
  });
  parser.write(text).close();
  if (root === undefined) {
    if (schemas.length > 0) return { path, text, root: undefined, target: "", schemas: [] };
    return fail("is no WSDL");
  }
  if (root.uri !== WSDL || root.local !== "definitions") return fail(notWsdl(root));
  return { path, text, root, target: root.attributes.get("targetNamespace") ?? "", schemas };
}

function nodeOf(tag: SaxesTagNS, scope: NamespaceScope, line: number): Open {
  const { uri, local } = tag;
  return { uri, local, attributes: attributesOf(tag), children: [], scope, line, text: "" };
}

function notWsdl(root: WsdlNode): string {
  if (root.uri === "http://www.w3.org/ns/wsdl") return "is WSDL 2.0; WSDL 1.1 is read";
  return `is no WSDL 1.1: its root is ${root.local}`;
}

function readText(bytes: Uint8Array, path: string): string {
  try {
    return readSchemaText(bytes, path);
  } catch (cause) {
    if (cause instanceof BridgeError) throw unusable(cause.message);
    throw cause;
  }
}

function scopeOf(tag: SaxesTagNS, outer: NamespaceScope): NamespaceScope {
  const declared = Object.entries(tag.ns);
  return declared.length === 0 ? outer : { own: new Map(declared), outer };
}

function attributesOf(tag: SaxesTagNS): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const attribute of Object.values<SaxesAttributeNS>(tag.attributes)) {
    if (attribute.prefix === "xmlns" || attribute.name === "xmlns") continue;
    attributes.set(attribute.uri === "" ? attribute.local : `{${attribute.uri}}${attribute.local}`, attribute.value);
  }
  return attributes;
}

/** A schema cut out of its WSDL: prefixes that are declared around it are declared on it, and its lines stay where they were. */
function standingAlone(slice: string, scope: NamespaceScope, line: number): string {
  const name = /^<[^\s/>]+/.exec(slice)?.[0] ?? "";
  const head = slice.slice(0, slice.indexOf(">") + 1);
  const missing = new Map<string, string>();
  for (let at: NamespaceScope | undefined = scope; at !== undefined; at = at.outer) {
    for (const [prefix, uri] of at.own) {
      if (prefix !== "xml" && prefix !== "xmlns" && !missing.has(prefix)) missing.set(prefix, uri);
    }
  }
  let declared = "";
  for (const [prefix, uri] of missing) {
    const attribute = prefix === "" ? "xmlns" : `xmlns:${prefix}`;
    if (new RegExp(`\\s${attribute.replaceAll(/[.\\-]/g, "\\$&")}\\s*=`).test(head)) continue;
    declared += ` ${attribute}="${escapeAttribute(uri)}"`;
  }
  // The tag may end on a later line than it begins.
  const startLine = line - (head.match(/\n/g)?.length ?? 0);
  return "\n".repeat(Math.max(0, startLine - 1)) + name + declared + slice.slice(name.length);
}

// ── names ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** `tns:Anfrage` as written at the node; undefined where the prefix is not declared. */
export function qnameAt(written: string, node: WsdlNode): QName | undefined {
  const text = written.trim();
  const colon = text.indexOf(":");
  const namespace = namespaceOf(colon < 0 ? "" : text.slice(0, colon), node.scope);
  return namespace === undefined ? undefined : { namespace, local: colon < 0 ? text : text.slice(colon + 1) };
}

export function childrenOf(node: WsdlNode, local: string, uri = WSDL): readonly WsdlNode[] {
  return node.children.filter((child) => child.local === local && child.uri === uri);
}

export function childOf(node: WsdlNode, local: string, uri = WSDL): WsdlNode | undefined {
  return node.children.find((child) => child.local === local && child.uri === uri);
}

/** The text of wsdl:documentation on one line. */
export function documentationOf(node: WsdlNode): string | undefined {
  const text = childOf(node, "documentation")?.text.replaceAll(/\s+/g, " ").trim();
  return text === undefined || text === "" ? undefined : text;
}
