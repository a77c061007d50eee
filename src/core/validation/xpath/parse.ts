// XPath 3.1 (and with it 2.0 and 1.0) → syntax tree, by recursive descent in the order of the grammar's precedence
// (A.4). Functions as values, maps and arrays are not part of it; they are refused by name.

import type { Arithmetic, Ast, Comparison, Prefixes } from "./ast.ts";
import { UnsupportedFault, XPathFault } from "./fault.ts";
import { tokens, type Token } from "./lexer.ts";
import { Parser } from "./parser.ts";
import { parsePath } from "./parse-path.ts";
import { atomicType, sequenceType } from "./parse-types.ts";

/** Throws XPathFault: XPST0003 (no XPath), XPST0081 (unknown prefix), XPST0017 (not supported). */
export function parseXPath(text: string, prefixes: Prefixes): Ast {
  const parser = new Parser(tokens(text), prefixes, { sequence: parseSequence, single: parseSingle });
  if (parser.peek().kind === "end") throw new XPathFault("XPST0003", "the expression is empty", 0);
  const ast = parseSequence(parser);
  if (parser.peek().kind !== "end") throw parser.unexpected("an operator or the end");
  return ast;
}

/** `a, b`: items one behind the other. */
function parseSequence(parser: Parser): Ast {
  const { at } = parser.peek();
  const items = [parseSingle(parser)];
  while (parser.takeIf(",")) items.push(parseSingle(parser));
  return items.length === 1 ? (items[0] as Ast) : { kind: "sequence", items, at };
}

function parseSingle(parser: Parser): Ast {
  return parser.nested(() => {
    const dollar = parser.is("$", 1);
    if (dollar && (parser.isWord("for") || parser.isWord("let"))) return parseBinding(parser);
    if (dollar && (parser.isWord("some") || parser.isWord("every"))) return parseQuantified(parser);
    if (parser.isWord("if") && parser.is("(", 1)) return parseIf(parser);
    return parseOr(parser);
  });
}

/** `for $a in x, $b in y return z` is one inside the other. */
function parseBinding(parser: Parser): Ast {
  const { at } = parser.peek();
  const kind = parser.isWord("for") ? "for" : "let";
  parser.take();
  return clauses(parser, kind, at, kind === "for" ? "in" : ":=", () => {
    parser.expectWord("return");
    return parseSingle(parser);
  });
}

function clauses(parser: Parser, kind: "for" | "let", at: number, link: string, body: () => Ast): Ast {
  parser.operator();
  parser.expect("$");
  const { key } = parser.variable();
  if (link === "in") parser.expectWord(link);
  else parser.expect(link);
  const within = parseSingle(parser);
  const rest = parser.takeIf(",") ? clauses(parser, kind, at, link, body) : body();
  return { kind, key, in: within, return: rest, at };
}

function parseQuantified(parser: Parser): Ast {
  const { at } = parser.peek();
  const kind = parser.isWord("some") ? "some" : "every";
  parser.take();
  const clause = (): Ast => {
    parser.operator();
    parser.expect("$");
    const { key } = parser.variable();
    parser.expectWord("in");
    const within = parseSingle(parser);
    if (parser.takeIf(",")) return { kind, key, in: within, satisfies: clause(), at };
    parser.expectWord("satisfies");
    return { kind, key, in: within, satisfies: parseSingle(parser), at };
  };
  return clause();
}

function parseIf(parser: Parser): Ast {
  const { at } = parser.take();
  parser.expect("(");
  const when = parseSequence(parser);
  parser.expect(")");
  parser.expectWord("then");
  const yes = parseSingle(parser);
  parser.expectWord("else");
  return { kind: "if", when, yes, no: parseSingle(parser), at };
}

// ── operators, weakest first ────────────────────────────────────────────────────────────────────────────────────

function parseOr(parser: Parser): Ast {
  let left = parseAnd(parser);
  for (let { at } = parser.peek(); parser.takeWord("or"); at = parser.peek().at) {
    parser.operator();
    left = { kind: "or", left, right: parseAnd(parser), at };
  }
  return left;
}

function parseAnd(parser: Parser): Ast {
  let left = parseComparison(parser);
  for (let { at } = parser.peek(); parser.takeWord("and"); at = parser.peek().at) {
    parser.operator();
    left = { kind: "and", left, right: parseComparison(parser), at };
  }
  return left;
}

const GENERAL: Readonly<Record<string, Comparison>> = {
  "=": "eq",
  "!=": "ne",
  "<": "lt",
  "<=": "le",
  ">": "gt",
  ">=": "ge",
};
const VALUE: ReadonlySet<string> = new Set(Object.values(GENERAL));

function parseComparison(parser: Parser): Ast {
  const left = parseConcat(parser);
  const token = parser.peek();
  const { at } = token;
  if (token.kind === "symbol") {
    const operator = GENERAL[token.text];
    if (operator !== undefined) {
      parser.take();
      return single(parser, { kind: "compare", operator, general: true, left, right: parseConcat(parser), at });
    }
    if (token.text === "<<" || token.text === ">>") {
      parser.take();
      return { kind: "nodes", operator: token.text, left, right: parseConcat(parser), at };
    }
  }
  if (token.kind === "name" && token.prefix === undefined) {
    if (VALUE.has(token.local)) {
      parser.take();
      const operator = token.local as Comparison;
      return single(parser, { kind: "compare", operator, general: false, left, right: parseConcat(parser), at });
    }
    if (parser.takeWord("is")) return { kind: "nodes", operator: "is", left, right: parseConcat(parser), at };
  }
  return left;
}

/** `a = b = c` means something in XPath 1.0 only, and there nothing that anybody wants. */
function single(parser: Parser, comparison: Ast): Ast {
  const token = parser.peek();
  if (token.kind === "symbol" && GENERAL[token.text] !== undefined) throw parser.unexpected("and, or, or the end");
  return comparison;
}

function parseConcat(parser: Parser): Ast {
  let left = parseRange(parser);
  for (let { at } = parser.peek(); parser.takeIf("||"); at = parser.peek().at) {
    parser.operator();
    left = { kind: "concat", left, right: parseRange(parser), at };
  }
  return left;
}

function parseRange(parser: Parser): Ast {
  const left = parseAdditive(parser);
  const { at } = parser.peek();
  return parser.takeWord("to") ? { kind: "range", left, right: parseAdditive(parser), at } : left;
}

function parseAdditive(parser: Parser): Ast {
  let left = parseMultiplicative(parser);
  while (parser.is("+") || parser.is("-")) {
    const { text, at } = parser.take() as Token & { text: Arithmetic };
    parser.operator();
    left = { kind: "arithmetic", operator: text, left, right: parseMultiplicative(parser), at };
  }
  return left;
}

function parseMultiplicative(parser: Parser): Ast {
  let left = parseUnion(parser);
  for (;;) {
    const { at } = parser.peek();
    const word = (["div", "idiv", "mod"] as const).find((each) => parser.isWord(each));
    const operator = parser.is("*") ? "*" : word;
    if (operator === undefined) return left;
    parser.take();
    parser.operator();
    left = { kind: "arithmetic", operator, left, right: parseUnion(parser), at };
  }
}

function parseUnion(parser: Parser): Ast {
  let left = parseIntersect(parser);
  for (let { at } = parser.peek(); parser.takeIf("|") || parser.takeWord("union"); at = parser.peek().at) {
    parser.operator();
    left = { kind: "nodes", operator: "union", left, right: parseIntersect(parser), at };
  }
  return left;
}

function parseIntersect(parser: Parser): Ast {
  let left = parseInstance(parser);
  while (parser.isWord("intersect") || parser.isWord("except")) {
    const { at } = parser.peek();
    const operator = parser.takeWord("intersect") ? "intersect" : "except";
    if (operator === "except") parser.take();
    parser.operator();
    left = { kind: "nodes", operator, left, right: parseInstance(parser), at };
  }
  return left;
}

function parseInstance(parser: Parser): Ast {
  const of = parseTreat(parser);
  const { at } = parser.peek();
  if (!parser.isWord("instance") || !parser.isWord("of", 1)) return of;
  parser.take();
  parser.take();
  return { kind: "instance", of, type: sequenceType(parser), at };
}

function parseTreat(parser: Parser): Ast {
  const of = parseCastable(parser);
  const { at } = parser.peek();
  if (!parser.isWord("treat") || !parser.isWord("as", 1)) return of;
  parser.take();
  parser.take();
  return { kind: "treat", of, type: sequenceType(parser), at };
}

function parseCastable(parser: Parser): Ast {
  const of = parseCast(parser);
  const { at } = parser.peek();
  if (!parser.isWord("castable") || !parser.isWord("as", 1)) return of;
  parser.take();
  parser.take();
  return { kind: "castable", of, type: atomicType(parser), optional: parser.takeIf("?"), at };
}

function parseCast(parser: Parser): Ast {
  const of = parseArrow(parser);
  const { at } = parser.peek();
  if (!parser.isWord("cast") || !parser.isWord("as", 1)) return of;
  parser.take();
  parser.take();
  return { kind: "cast", of, type: atomicType(parser), optional: parser.takeIf("?"), at };
}

/** `x => f(y)` is `f(x, y)`. */
function parseArrow(parser: Parser): Ast {
  let left = parseUnary(parser);
  while (parser.takeIf("=>")) {
    const token = parser.peek();
    if (token.kind !== "name") throw new UnsupportedFault("functions as values are not supported", token.at);
    const call = parsePath(parser);
    if (call.kind !== "call") throw new XPathFault("XPST0003", "expected a function call behind =>", token.at);
    parser.operator();
    left = { ...call, args: [left, ...call.args] };
  }
  return left;
}

function parseUnary(parser: Parser): Ast {
  const { at } = parser.peek();
  if (parser.is("-") || parser.is("+")) {
    const kind = parser.is("-") ? "negate" : "plus";
    parser.take();
    return parser.nested(() => ({ kind, of: parseUnary(parser), at }));
  }
  let left = parsePath(parser);
  for (let place = parser.peek().at; parser.takeIf("!"); place = parser.peek().at) {
    parser.operator();
    left = { kind: "each", of: left, do: parsePath(parser), at: place };
  }
  return left;
}
