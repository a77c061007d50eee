// The tokens of an expression, one after the other, and what all parts of the grammar ask them.

import type { Ast, Prefixes } from "./ast.ts";
import { UnsupportedFault, XPathFault } from "./fault.ts";
import type { Token } from "./lexer.ts";
import { keyOf } from "./tree.ts";

/** Nesting of one expression; a pair of brackets counts twice. */
const DEPTH_LIMIT = 400;
/** `a or b or c …` is one inside the other, too. */
const OPERATORS_LIMIT = 2_000;

/** What stands in brackets and in arguments: expressions, which only their own file can read. */
export interface Grammar {
  /** `a, b` */
  sequence(parser: Parser): Ast;
  /** Without a comma. */
  single(parser: Parser): Ast;
}

/** A place in the tokens. */
export class Parser {
  readonly #tokens: readonly Token[];
  readonly prefixes: Prefixes;
  readonly #grammar: Grammar | undefined;
  #next = 0;
  #depth = 0;
  #operators = 0;
  /** Without a grammar there are no expressions in it: the text of a type. */
  constructor(list: readonly Token[], prefixes: Prefixes, grammar?: Grammar) {
    this.#tokens = list;
    this.prefixes = prefixes;
    this.#grammar = grammar;
  }
  sequence(): Ast {
    return this.#expressions().sequence(this);
  }
  single(): Ast {
    return this.#expressions().single(this);
  }
  #expressions(): Grammar {
    if (!this.#grammar) throw this.unexpected("a type");
    return this.#grammar;
  }
  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#next + ahead, this.#tokens.length - 1)] as Token;
  }
  take(): Token {
    const token = this.peek();
    this.#next++;
    return token;
  }
  is(symbol: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === "symbol" && token.text === symbol;
  }
  /** A name without prefix, as keywords are. */
  isWord(word: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === "name" && token.prefix === undefined && token.uri === undefined && token.local === word;
  }
  takeIf(symbol: string): boolean {
    if (!this.is(symbol)) return false;
    this.#next++;
    return true;
  }
  takeWord(word: string): boolean {
    if (!this.isWord(word)) return false;
    this.#next++;
    return true;
  }
  expect(symbol: string): void {
    if (!this.takeIf(symbol)) throw this.unexpected(symbol);
  }
  expectWord(word: string): void {
    if (!this.takeWord(word)) throw this.unexpected(word);
  }
  unexpected(wanted: string): XPathFault {
    const token = this.peek();
    // No brace stands in what is supported: `map { … }`, `function($x) { … }`.
    if (this.is("{")) return new UnsupportedFault("functions as values, maps and arrays are not supported", token.at);
    const found = token.kind === "end" ? "the expression ends" : `found ${shown(token)}`;
    return new XPathFault("XPST0003", `expected ${wanted}, but ${found}`, token.at);
  }
  /** Recursion is bounded, whatever a file holds. */
  nested<T>(parse: () => T): T {
    if (++this.#depth > DEPTH_LIMIT) {
      throw new XPathFault("XPST0003", `nested more than ${DEPTH_LIMIT} deep`, this.peek().at);
    }
    const result = parse();
    this.#depth--;
    return result;
  }
  /** An operator was taken. */
  operator(): void {
    if (++this.#operators > OPERATORS_LIMIT) {
      throw new XPathFault("XPST0003", `more than ${OPERATORS_LIMIT} operators`, this.peek().at);
    }
  }
  namespaceOf(prefix: string, at: number): string {
    const namespace = this.prefixes(prefix);
    if (namespace === undefined) throw new XPathFault("XPST0081", `the prefix ${prefix} is not declared`, at);
    return namespace;
  }
  /** The name of a variable behind `$`. Names without prefix have no namespace. */
  variable(): { readonly key: string; readonly at: number } {
    const token = this.take();
    if (token.kind !== "name" || token.local === "*" || token.prefix === "*") {
      throw new XPathFault("XPST0003", "expected a name behind $", token.at);
    }
    const namespace = token.uri ?? (token.prefix === undefined ? "" : this.namespaceOf(token.prefix, token.at));
    return { key: keyOf(namespace, token.local), at: token.at };
  }
}

function shown(token: Token): string {
  if (token.kind === "name") return `${token.prefix === undefined ? "" : `${token.prefix}:`}${token.local}`;
  return token.kind === "string" ? "a text" : token.text;
}
