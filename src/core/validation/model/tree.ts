// A schema file as a small tree: only elements of the XSD namespace, without annotations, with their place and with the
// namespaces in scope, because attribute values (type="din91379:datatypeC") are qualified names too.

import { SaxesParser } from "saxes";
import { BridgeError } from "../../errors.ts";
import { XML, XSD } from "../xsd-scan.ts";

/** Prefix → namespace, with what is declared around it. */
export interface NamespaceScope {
  readonly own: ReadonlyMap<string, string>;
  readonly outer: NamespaceScope | undefined;
}

export interface XsdNode {
  readonly local: string;
  /** Attributes without namespace: all that XSD defines. */
  readonly attributes: ReadonlyMap<string, string>;
  /** `wsdl:arrayType` of SOAP 1.1 arrays (WSDL 1.1, 3.5), the one attribute of another namespace that says something of a type. */
  readonly arrayType: string | undefined;
  readonly children: readonly XsdNode[];
  readonly scope: NamespaceScope;
  readonly line: number;
}

const WSDL = "http://schemas.xmlsoap.org/wsdl/";
const DEPTH_LIMIT = 128;
const NODE_LIMIT = 1_000_000;

export function parseSchemaTree(text: string, name: string): XsdNode {
  const open: { node: XsdNode; children: XsdNode[] }[] = [];
  let scope: NamespaceScope = { own: new Map([["xml", XML]]), outer: undefined };
  const scopes: NamespaceScope[] = [];
  let root: XsdNode | undefined;
  let skipped = 0;
  let nodes = 0;
  const fail = (why: string): never => {
    throw new BridgeError("SCHEMA_FILE_INVALID", `${name}:${parser.line} cannot be read`, {
      stage: "validate",
      detail: why,
    });
  };
  const parser = new SaxesParser({ xmlns: true, position: true });
  parser.on("error", (error) => fail(error.message));
  parser.on("doctype", () => fail("a DOCTYPE is refused"));
  parser.on("opentag", (tag) => {
    if (skipped > 0 || tag.uri !== XSD || tag.local === "annotation") {
      skipped++;
      return;
    }
    if (open.length >= DEPTH_LIMIT) fail("nested more than 128 deep");
    if (++nodes > NODE_LIMIT) fail("more than 1,000,000 elements");
    scopes.push(scope);
    const declared = Object.entries(tag.ns ?? {});
    if (declared.length > 0) scope = { own: new Map(declared), outer: scope };
    const attributes = new Map<string, string>();
    let arrayType: string | undefined;
    for (const attribute of Object.values(tag.attributes)) {
      if (attribute.uri === WSDL && attribute.local === "arrayType") arrayType = attribute.value;
      if (attribute.prefix === "" && attribute.name !== "xmlns") attributes.set(attribute.local, attribute.value);
    }
    const children: XsdNode[] = [];
    const node: XsdNode = { local: tag.local, attributes, arrayType, children, scope, line: parser.line };
    open.at(-1)?.children.push(node);
    root ??= node;
    open.push({ node, children });
  });
  parser.on("closetag", () => {
    if (skipped > 0) {
      skipped--;
      return;
    }
    open.pop();
    scope = scopes.pop() ?? scope;
  });
  parser.write(text).close();
  return root ?? fail("no xs:schema in it");
}

/** undefined where the prefix is not declared; the empty prefix without declaration means no namespace (""). */
export function namespaceOf(prefix: string, scope: NamespaceScope): string | undefined {
  for (let at: NamespaceScope | undefined = scope; at !== undefined; at = at.outer) {
    const namespace = at.own.get(prefix);
    if (namespace !== undefined) return namespace;
  }
  return prefix === "" ? "" : undefined;
}
