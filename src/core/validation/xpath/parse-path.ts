// Paths: steps, predicates, and what may stand where a step stands.

import { FN, type Ast, type Axis, type NodeTest, type Step } from "./ast.ts";
import { UnsupportedFault, XPathFault } from "./fault.ts";
import type { Token } from "./lexer.ts";
import type { Parser } from "./parser.ts";
import { isKindTest, kindTest } from "./parse-types.ts";
import { keyOf } from "./tree.ts";

const AXES: ReadonlySet<string> = new Set<Axis>([
  "child",
  "attribute",
  "self",
  "parent",
  "descendant",
  "descendant-or-self",
  "ancestor",
  "ancestor-or-self",
  "following-sibling",
  "preceding-sibling",
  "following",
  "preceding",
]);

/** What `//` stands for. */
function anywhere(at: number): Step {
  const test: NodeTest = { kind: "type", type: { name: "node" } };
  return { kind: "step", axis: "descendant-or-self", test, predicates: [], at };
}

export function parsePath(parser: Parser): Ast {
  const { at } = parser.peek();
  const steps: (Step | Ast)[] = [];
  let rooted = false;
  if (parser.takeIf("/")) {
    rooted = true;
    if (!beginsStep(parser)) return { kind: "path", rooted, steps, at };
  } else if (parser.takeIf("//")) {
    rooted = true;
    steps.push(anywhere(at));
  }
  steps.push(parseStep(parser));
  for (;;) {
    const place = parser.peek().at;
    if (parser.takeIf("//")) steps.push(anywhere(place));
    else if (!parser.takeIf("/")) break;
    parser.operator();
    steps.push(parseStep(parser));
  }
  const only = steps[0] as Ast;
  if (!rooted && steps.length === 1 && only.kind !== "step") return only;
  return { kind: "path", rooted, steps, at };
}

/** Behind a lone `/` nothing need follow. */
function beginsStep(parser: Parser): boolean {
  const token = parser.peek();
  if (token.kind === "end") return false;
  return token.kind !== "symbol" || ["*", "@", ".", "..", "(", "$"].includes(token.text);
}

function parseStep(parser: Parser): Step | Ast {
  const token = parser.peek();
  const { at } = token;
  if (parser.takeIf("..")) {
    const test: NodeTest = { kind: "type", type: { name: "node" } };
    return { kind: "step", axis: "parent", test, predicates: predicates(parser), at };
  }
  if (parser.takeIf("@")) return step(parser, "attribute", at);
  if (token.kind === "name") {
    if (parser.is("::", 1)) return axisStep(parser, token);
    if (parser.is("(", 1) && !(token.prefix === undefined && isKindTest(token.local))) return postfix(parser);
    if (parser.is("#", 1)) throw new UnsupportedFault("functions as values are not supported", at);
    return step(parser, defaultAxis(parser), at);
  }
  if (parser.is("*")) return step(parser, "child", at);
  return postfix(parser);
}

/** `attribute(x)` without an axis looks at attributes (XPath 3.1, 3.3.5). */
function defaultAxis(parser: Parser): Axis {
  return parser.isWord("attribute") && parser.is("(", 1) ? "attribute" : "child";
}

function axisStep(parser: Parser, token: Token & { readonly kind: "name" }): Step {
  if (token.prefix !== undefined || !AXES.has(token.local)) {
    const why = token.local === "namespace" ? "the axis namespace:: is not supported" : `${token.local}:: is no axis`;
    throw new UnsupportedFault(why, token.at);
  }
  parser.take();
  parser.expect("::");
  return step(parser, token.local as Axis, token.at);
}

function step(parser: Parser, axis: Axis, at: number): Step {
  return { kind: "step", axis, test: nodeTest(parser), predicates: predicates(parser), at };
}

function nodeTest(parser: Parser): NodeTest {
  const token = parser.peek();
  if (parser.takeIf("*")) return { kind: "wild", namespace: undefined, local: undefined };
  if (token.kind !== "name") throw parser.unexpected("a name or a node test");
  if (parser.is("(", 1) && token.prefix === undefined) return { kind: "type", type: kindTest(parser) };
  parser.take();
  if (token.prefix === "*") return { kind: "wild", namespace: undefined, local: token.local };
  // Names without prefix have no namespace: rules declare none for them (xpath-default-namespace is XSLT's).
  const namespace = token.uri ?? (token.prefix === undefined ? "" : parser.namespaceOf(token.prefix, token.at));
  if (token.local === "*") return { kind: "wild", namespace, local: undefined };
  return { kind: "name", key: keyOf(namespace, token.local) };
}

function predicates(parser: Parser): Ast[] {
  const found: Ast[] = [];
  while (parser.takeIf("[")) {
    found.push(parser.nested(() => parser.sequence()));
    parser.expect("]");
  }
  return found;
}

function postfix(parser: Parser): Ast {
  const { at } = parser.peek();
  const of = primary(parser);
  const found = predicates(parser);
  if (parser.is("(") || parser.is("?")) {
    throw new UnsupportedFault("functions as values, maps and arrays are not supported", parser.peek().at);
  }
  return found.length === 0 ? of : { kind: "filter", of, predicates: found, at };
}

function primary(parser: Parser): Ast {
  const token = parser.peek();
  const { at } = token;
  if (token.kind === "integer" || token.kind === "decimal" || token.kind === "double" || token.kind === "string") {
    parser.take();
    return { kind: "literal", type: token.kind, text: token.text, at };
  }
  if (parser.takeIf("$")) return { kind: "variable", key: parser.variable().key, at };
  if (parser.takeIf(".")) return { kind: "context", at };
  if (parser.takeIf("(")) {
    if (parser.takeIf(")")) return { kind: "sequence", items: [], at };
    const inner = parser.nested(() => parser.sequence());
    parser.expect(")");
    return inner;
  }
  if (token.kind === "name") return call(parser, token);
  if (parser.is("[") || parser.is("?")) throw new UnsupportedFault("maps and arrays are not supported", at);
  throw parser.unexpected("a value or a step");
}

const VALUES_OF_3: ReadonlySet<string> = new Set(["function", "map", "array"]);

function call(parser: Parser, token: Token & { readonly kind: "name" }): Ast {
  const { at } = token;
  parser.take();
  if (token.prefix === undefined && VALUES_OF_3.has(token.local)) {
    throw new UnsupportedFault("functions as values, maps and arrays are not supported", at);
  }
  if (!parser.is("(")) throw parser.unexpected("a function call");
  if (token.local === "*") throw new XPathFault("XPST0003", "a function needs a name", at);
  parser.expect("(");
  const args: Ast[] = [];
  while (!parser.is(")")) {
    if (parser.is("?")) throw new UnsupportedFault("functions as values are not supported", parser.peek().at);
    args.push(parser.single());
    if (!parser.takeIf(",")) break;
  }
  parser.expect(")");
  const namespace = token.uri ?? (token.prefix === undefined ? FN : parser.namespaceOf(token.prefix, at));
  return { kind: "call", key: keyOf(namespace, token.local), args, at };
}
