// Types in expressions: `xs:integer?`, `element(a:b)*`, `item()+`.

import { XS } from "./ast.ts";
import { UnsupportedFault, XPathFault } from "./fault.ts";
import { tokens } from "./lexer.ts";
import { Parser } from "./parser.ts";
import type { Prefixes } from "./ast.ts";
import { keyOf } from "./tree.ts";
import { requireType, type ItemType, type SequenceType } from "./types.ts";

/** The text of an `as` attribute. */
export function parseSequenceType(text: string, prefixes: Prefixes): SequenceType {
  const parser = new Parser(tokens(text), prefixes);
  const type = sequenceType(parser);
  if (parser.peek().kind !== "end") throw parser.unexpected("the end of the type");
  return type;
}

export function sequenceType(parser: Parser): SequenceType {
  if (parser.isWord("empty-sequence") && parser.is("(", 1)) {
    parser.take();
    parser.expect("(");
    parser.expect(")");
    return { item: undefined, occurs: "many" };
  }
  const item = itemType(parser);
  if (parser.takeIf("?")) return { item, occurs: "optional" };
  if (parser.takeIf("*")) return { item, occurs: "many" };
  return { item, occurs: parser.takeIf("+") ? "some" : "one" };
}

function itemType(parser: Parser): ItemType {
  if (parser.is("(", 1)) return kindTest(parser);
  return { name: atomicType(parser) };
}

/** `xs:integer`, whatever its prefix is. */
export function atomicType(parser: Parser): string {
  const token = parser.take();
  if (token.kind !== "name") throw new XPathFault("XPST0003", "expected the name of a type", token.at);
  const namespace = token.uri ?? (token.prefix === undefined ? "" : parser.namespaceOf(token.prefix, token.at));
  const name = namespace === XS ? `xs:${token.local}` : keyOf(namespace, token.local);
  requireType(name, token.at);
  return name;
}

const KIND_TESTS: ReadonlySet<string> = new Set([
  "item",
  "node",
  "text",
  "comment",
  "processing-instruction",
  "element",
  "attribute",
  "document-node",
]);

export function isKindTest(name: string): boolean {
  return KIND_TESTS.has(name) || name === "schema-element" || name === "schema-attribute" || name === "namespace-node";
}

/** `element(a:b)`; the parser stands before its name. */
export function kindTest(parser: Parser): ItemType {
  const token = parser.take();
  if (token.kind !== "name" || token.prefix !== undefined || !KIND_TESTS.has(token.local)) {
    const name = token.kind === "name" ? token.local : "this";
    throw new UnsupportedFault(`the type ${name}() is not supported`, token.at);
  }
  parser.expect("(");
  const name = token.local;
  if (parser.takeIf(")")) return { name };
  const key = named(parser, name);
  parser.expect(")");
  return key === undefined ? { name } : { name, key };
}

function named(parser: Parser, kind: string): string | undefined {
  const token = parser.take();
  if (kind === "processing-instruction") {
    if (token.kind === "string") return token.text;
    if (token.kind === "name" && token.prefix === undefined) return token.local;
  }
  if (kind !== "element" && kind !== "attribute") {
    throw new UnsupportedFault(`${kind}() with something in it is not supported`, token.at);
  }
  if (token.kind === "symbol" && token.text === "*") return undefined;
  if (token.kind !== "name") throw new XPathFault("XPST0003", "expected a name", token.at);
  if (parser.is(",")) throw new UnsupportedFault("types of a schema are not supported", token.at);
  const namespace = token.uri ?? (token.prefix === undefined ? "" : parser.namespaceOf(token.prefix, token.at));
  return keyOf(namespace, token.local);
}
