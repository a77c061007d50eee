// xs:simpleType as written → SimpleType, each resolved once and only when asked for.

import { BridgeError } from "../../errors.ts";
import type { QName } from "../../mapping/types.ts";
import { XSD } from "../xsd-scan.ts";
import { readQName, resolve, type Components, type Context } from "./components.ts";
import { BUILTINS } from "./lexical.ts";
import { compilePattern } from "./pattern.ts";
import {
  listType,
  restrictType,
  simpleType,
  unionType,
  type Facets,
  type SimpleType,
  type WhiteSpace,
} from "./simple-type.ts";
import type { XsdNode } from "./tree.ts";

export interface SimpleTypes {
  /** A type by name; undefined where the name means a complex type. */
  named(name: QName, node: XsdNode, context: Context): SimpleType | undefined;
  /** An xs:simpleType element. */
  at(node: XsdNode, context: Context): SimpleType;
  /** `base` restricted by the facets that stand under the node (xs:restriction). */
  restricted(base: SimpleType, node: XsdNode, context: Context, name: string): SimpleType;
}

export function createSimpleTypes(components: Components): SimpleTypes {
  const memo = createMemo<SimpleType>("simple type");
  const types: SimpleTypes = {
    named(name, node, context) {
      if (name.namespace === XSD) return builtinType(name.local);
      const component = resolve(components, "type", name, node, context);
      return component.node.local === "simpleType" ? types.at(component.node, component.context) : undefined;
    },
    at: (node, context) => memo(node, context, () => read(types, node, context)),
    restricted: (base, node, context, name) => restrictType(base, readFacets(node, context), name),
  };
  return types;
}

export type Memo<T> = (node: XsdNode, context: Context, make: () => T) => T;

/**
 * One result per node and context. A definition that needs itself (not by way of an element, which is lazy) is a fault
 * of the schema.
 */
export function createMemo<T>(what: string): Memo<T> {
  const done = new Map<Context, Map<XsdNode, T>>();
  const running = new Set<XsdNode>();
  return (node, context, make) => {
    const known = done.get(context)?.get(node);
    if (known !== undefined) return known;
    if (running.has(node)) throw broken(`a ${what} that is defined by itself`, node, context);
    running.add(node);
    try {
      const made = make();
      const inContext = done.get(context) ?? new Map<XsdNode, T>();
      done.set(context, inContext.set(node, made));
      return made;
    } finally {
      running.delete(node);
    }
  };
}

export function broken(what: string, node: XsdNode, context: Context): BridgeError {
  return new BridgeError("SCHEMA_FILE_INVALID", `${context.file}:${node.line}: ${what}`, {
    stage: "validate",
    position: { file: context.file, line: node.line, column: 1 },
  });
}

const builtins = new Map<string, SimpleType>();

export function builtinType(local: string): SimpleType | undefined {
  const known = builtins.get(local);
  const builtin = BUILTINS.get(local);
  if (known !== undefined || builtin === undefined) return known;
  const name = `xs:${local}`;
  const item = builtin.listOf === undefined ? undefined : builtinType(builtin.listOf);
  const made =
    item === undefined
      ? simpleType({
          name,
          variety: "atomic",
          primitive: builtin.primitive,
          whiteSpace: builtin.whiteSpace,
          builtin: local,
          patterned: false,
          enumeration: undefined,
          judge: (text) => (builtin.accepts(text) ? undefined : `"${text.slice(0, 60)}" is no ${name}`),
        })
      : restrictType(listType(item, name), { ...NO_FACETS, minLength: 1 }, name);
  builtins.set(local, made);
  return made;
}

function read(types: SimpleTypes, node: XsdNode, context: Context): SimpleType {
  const name = nameOf(node, context);
  for (const child of node.children) {
    if (child.local === "restriction") return types.restricted(baseOf(types, child, context), child, context, name);
    if (child.local === "list") return listType(baseOf(types, child, context), name);
    if (child.local === "union") return unionType(membersOf(types, child, context), name);
  }
  throw broken("a simple type without restriction, list or union", node, context);
}

/** `din91379:datatypeC`, as the schema's own prefix has it; a local type is called by what it restricts. */
export function nameOf(node: XsdNode, context: Context): string {
  const local = node.attributes.get("name");
  if (local === undefined) return node.children[0]?.attributes.get("base") ?? "local type";
  return prefixFor(context.target, node) + local;
}

function prefixFor(namespace: string, node: XsdNode): string {
  for (let at: XsdNode["scope"] | undefined = node.scope; at !== undefined; at = at.outer) {
    for (const [prefix, uri] of at.own) if (uri === namespace && prefix !== "") return `${prefix}:`;
  }
  return "";
}

/** `base` of a restriction or `itemType` of a list, else the simple type inside. */
function baseOf(types: SimpleTypes, node: XsdNode, context: Context): SimpleType {
  const written = node.attributes.get(node.local === "list" ? "itemType" : "base");
  if (written !== undefined) return simpleNamed(types, written, node, context);
  const inner = node.children.find((child) => child.local === "simpleType");
  if (inner !== undefined) return types.at(inner, context);
  throw broken("a simple type without base", node, context);
}

function simpleNamed(types: SimpleTypes, written: string, node: XsdNode, context: Context): SimpleType {
  const type = types.named(readQName(written, node, context), node, context);
  if (type === undefined) throw broken(`${written} is no simple type`, node, context);
  return type;
}

function membersOf(types: SimpleTypes, node: XsdNode, context: Context): readonly SimpleType[] {
  const written = (node.attributes.get("memberTypes") ?? "").split(/\s+/).filter((name) => name !== "");
  const named = written.map((name) => simpleNamed(types, name, node, context));
  const inner = node.children.filter((child) => child.local === "simpleType").map((child) => types.at(child, context));
  return [...named, ...inner];
}

// ── facets ──────────────────────────────────────────────────────────────────────────────────────────────────────

export const NO_FACETS: Facets = {
  enumeration: [],
  patterns: [],
  whiteSpace: undefined,
  length: undefined,
  minLength: undefined,
  maxLength: undefined,
  minInclusive: undefined,
  maxInclusive: undefined,
  minExclusive: undefined,
  maxExclusive: undefined,
  totalDigits: undefined,
  fractionDigits: undefined,
};

function readFacets(node: XsdNode, context: Context): Facets {
  const values = new Map<string, string[]>();
  for (const child of node.children) {
    const value = child.attributes.get("value");
    if (value === undefined) continue;
    const list = values.get(child.local);
    if (list === undefined) values.set(child.local, [value]);
    else list.push(value);
  }
  const one = (facet: string): string | undefined => values.get(facet)?.at(-1);
  const count = (facet: string): number | undefined => {
    const text = one(facet);
    if (text === undefined) return undefined;
    if (!/^\s*\+?\d{1,15}\s*$/.test(text)) throw broken(`${facet} is no number`, node, context);
    return Number(text);
  };
  return {
    enumeration: values.get("enumeration") ?? [],
    patterns: (values.get("pattern") ?? []).map((source) => ({ source, test: compilePattern(source) })),
    whiteSpace: whiteSpaceOf(one("whiteSpace")),
    length: count("length"),
    minLength: count("minLength"),
    maxLength: count("maxLength"),
    minInclusive: one("minInclusive"),
    maxInclusive: one("maxInclusive"),
    minExclusive: one("minExclusive"),
    maxExclusive: one("maxExclusive"),
    totalDigits: count("totalDigits"),
    fractionDigits: count("fractionDigits"),
  };
}

function whiteSpaceOf(text: string | undefined): WhiteSpace | undefined {
  return text === "preserve" || text === "replace" || text === "collapse" ? text : undefined;
}
