// xsl:function and xsl:key, as rule sets use them: a body of xsl:param, xsl:variable, xsl:sequence, xsl:value-of,
// xsl:choose, xsl:if, xsl:for-each and text becomes an expression. Anything else is refused by name.

import type { Prefixes } from "../xpath/ast.ts";
import { compileExpression, declare, type CompileScope, type Frame, type UserFunction } from "../xpath/compile.ts";
import { append, constant, joinTexts, sequence, value } from "../xpath/expression.ts";
import { parseXPath } from "../xpath/parse.ts";
import { parseSequenceType } from "../xpath/parse-types.ts";
import { lazyHere, type Expression, type Run } from "../xpath/run.ts";
import { keyOf, type XNode } from "../xpath/tree.ts";
import { ANYTHING, convert, type SequenceType } from "../xpath/types.ts";
import { stringOf, Untyped, type Item } from "../xpath/values.ts";
import { invalid, queryFault, unsupported } from "./faults.ts";
import { XSLT, type Foreign, type Query } from "./model.ts";
import { attribute } from "./parts.ts";

/** Declared first and compiled later: functions call each other. */
export interface Declared {
  readonly key: string;
  readonly function: UserFunction;
  compile(scope: Omit<CompileScope, "frame" | "locals">): void;
}

interface Body {
  readonly foreign: Foreign;
  readonly scope: CompileScope;
}

/** Throws SCHEMATRON_INVALID, SCHEMATRON_UNSUPPORTED. */
export function declareFunction(foreign: Foreign): Declared {
  const { node } = foreign;
  const name = attribute(node, "name") ?? "";
  const key = qualified(name, foreign.prefixes(node));
  if (key === undefined || !key.startsWith("{")) {
    throw invalid(`xsl:function ${name} has no name with a declared prefix`, foreign.place(node));
  }
  const instructions = elements(foreign, node);
  const parameters = instructions.filter(({ local }) => local === "param");
  const made: UserFunction = {
    name,
    result: typeOf(foreign, node),
    parameters: parameters.map((one, slot) => ({
      slot,
      name: attribute(one, "name") ?? "",
      type: typeOf(foreign, one),
    })),
    body: undefined,
    slots: parameters.length,
  };
  return {
    key,
    function: made,
    compile({ statics }) {
      const frame: Frame = { size: 0 };
      let scope: CompileScope = { statics, frame, locals: undefined };
      for (const one of parameters) scope = declare(scope, variableKey(foreign, one)).scope;
      made.body = compileContent({ foreign, scope }, contentOf(node).slice(lastParameter(node)));
      made.slots = frame.size;
    },
  };
}

/** Index in the content behind the last xsl:param. */
function lastParameter(node: XNode): number {
  return contentOf(node).findLastIndex(({ kind, local }) => kind === "element" && local === "param") + 1;
}

/** What says something: elements, and text that is not only blank. */
function contentOf(node: XNode): readonly XNode[] {
  return node.children.filter(({ kind, value }) => kind === "element" || (kind === "text" && value.trim() !== ""));
}

function elements(foreign: Foreign, node: XNode): readonly XNode[] {
  const found = node.children.filter(({ kind }) => kind === "element");
  for (const one of found) {
    if (one.namespace !== XSLT) throw unsupported(`${one.qname} in XSLT is not supported`, foreign.place(one));
  }
  return found;
}

function typeOf(foreign: Foreign, node: XNode): SequenceType {
  const text = attribute(node, "as");
  if (text === undefined) return ANYTHING;
  const place: Query = { text, place: foreign.place(node), prefixes: foreign.prefixes(node) };
  try {
    return parseSequenceType(text, place.prefixes);
  } catch (cause) {
    throw queryFault(cause, place, "the type");
  }
}

function variableKey(foreign: Foreign, node: XNode): string {
  const name = attribute(node, "name") ?? "";
  const key = qualified(name, foreign.prefixes(node));
  if (key === undefined) throw invalid(`xsl:${node.local} has no usable name`, foreign.place(node));
  return key;
}

function qualified(name: string, prefixes: Prefixes): string | undefined {
  const match = /^(?:([^:\s]+):)?([^:\s]+)$/.exec(name.trim());
  if (match?.[2] === undefined) return undefined;
  const namespace = match[1] === undefined ? "" : prefixes(match[1]);
  return namespace === undefined ? undefined : keyOf(namespace, match[2]);
}

// ── bodies ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** The items of all instructions, one behind the other. */
function compileContent(body: Body, content: readonly XNode[]): Expression {
  const at = content.findIndex((node) => node.namespace === XSLT && node.local === "variable");
  const parts = (at < 0 ? content : content.slice(0, at)).map((node) => compileInstruction(body, node));
  const variable = content[at];
  if (variable) parts.push(compileVariable(body, variable, content.slice(at + 1)));
  const [only] = parts;
  if (only && parts.length === 1) return only;
  return sequence("any", (run) => {
    const found: Item[] = [];
    for (const part of parts) append(found, part.items(run), run);
    return found;
  });
}

/** Computed when it is first read, as everywhere. */
function compileVariable({ foreign, scope }: Body, node: XNode, rest: readonly XNode[]): Expression {
  const type = typeOf(foreign, node);
  const made = selected({ foreign, scope }, node, type);
  const { slot, scope: inner } = declare(scope, variableKey(foreign, node));
  const then = compileContent({ foreign, scope: inner }, rest);
  const typed =
    type === ANYTHING
      ? made
      : sequence("any", (run) => convert(made.items(run), type, `$${attribute(node, "name") ?? ""}`));
  return sequence(then.kind, (run) => {
    run.locals[slot] = lazyHere(typed, run);
    return then.items(run);
  });
}

/** `select`, or the content: that is a text unless a type says otherwise. */
function selected(body: Body, node: XNode, type: SequenceType): Expression {
  if (attribute(node, "select") !== undefined) return expression(body, node, "select");
  const content = contentOf(node);
  if (content.length === 0) return constant("text", [""]);
  if (type === ANYTHING && !isText(content)) {
    throw unsupported(`xsl:${node.local} whose content is no text needs an as="…"`, body.foreign.place(node));
  }
  const made = compileContent(body, content);
  // A text in pieces is one text.
  return type === ANYTHING ? textOfItems(made, "") : made;
}

/** A text node in XSLT; what becomes of it in rules is its text, untyped. */
function textOfItems(made: Expression, separator: string): Expression {
  return value("any", (run) => new Untyped(joinTexts(made.items(run).map(stringOf), separator, run)));
}

function isText(content: readonly XNode[]): boolean {
  return content.every(({ kind, local }) => kind === "text" || local === "value-of" || local === "text");
}

function compileInstruction(body: Body, node: XNode): Expression {
  const { foreign } = body;
  if (node.kind === "text") return constant("any", [new Untyped(node.value)]);
  if (node.namespace !== XSLT) throw unsupported(`${node.qname} in XSLT is not supported`, foreign.place(node));
  switch (node.local) {
    case "sequence":
    case "copy-of":
      return attribute(node, "select") === undefined
        ? compileContent(body, contentOf(node))
        : expression(body, node, "select");
    case "text":
      return constant("any", [new Untyped(node.children.map(({ value: text }) => text).join(""))]);
    case "value-of":
      return valueOfCall(body, node);
    case "choose":
      return choose(body, node);
    case "if":
      return branch(expression(body, node, "test"), compileContent(body, contentOf(node)), constant("any", []));
    case "for-each":
      return forEach(body, node);
  }
  throw unsupported(`xsl:${node.local} in a function is not supported`, foreign.place(node));
}

function valueOfCall(body: Body, node: XNode): Expression {
  const separator = attribute(node, "separator") ?? " ";
  return textOfItems(selected(body, node, ANYTHING), separator);
}

function branch(when: Expression, then: Expression, otherwise: Expression): Expression {
  return sequence("any", (run) => (when.truth(run) ? then : otherwise).items(run));
}

function choose(body: Body, node: XNode): Expression {
  let made: Expression = constant("any", []);
  for (const one of elements(body.foreign, node).toReversed()) {
    const inside = compileContent(body, contentOf(one));
    if (one.local === "otherwise") made = inside;
    else if (one.local === "when") made = branch(expression(body, one, "test"), inside, made);
    else throw invalid(`xsl:${one.local} in xsl:choose`, body.foreign.place(one));
  }
  return made;
}

function forEach(body: Body, node: XNode): Expression {
  const of = expression(body, node, "select");
  if (elements(body.foreign, node).some(({ local }) => local === "sort")) {
    throw unsupported("xsl:sort is not supported", body.foreign.place(node));
  }
  const inside = compileContent(body, contentOf(node));
  return sequence("any", (run) => {
    const items = of.items(run);
    const found: Item[] = [];
    items.forEach((item, at) => {
      append(found, eachItem(run, item, at + 1, items.length, inside), run);
    });
    return found;
  });
}

function eachItem(run: Run, item: Item, position: number, size: number, inside: Expression): readonly Item[] {
  const { current } = run;
  run.current = item;
  try {
    return run.within(item, position, size, () => inside.items(run));
  } finally {
    run.current = current;
  }
}

function expression({ foreign, scope }: Body, node: XNode, name: string): Expression {
  const text = attribute(node, name);
  if (text === undefined) throw invalid(`xsl:${node.local} has no ${name}`, foreign.place(node));
  const query: Query = { text, place: foreign.place(node), prefixes: foreign.prefixes(node) };
  try {
    return compileExpression(parseXPath(text, query.prefixes), scope);
  } catch (cause) {
    throw queryFault(cause, query, `xsl:${node.local}`);
  }
}

// ── keys ────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface DeclaredKey {
  readonly name: string;
  readonly match: Query;
  readonly use: Query;
}

export function declareKey({ node, place, prefixes }: Foreign): DeclaredKey {
  const query = (name: string): Query => {
    const text = attribute(node, name);
    if (text === undefined) throw unsupported(`xsl:key without ${name} is not supported`, place(node));
    return { text, place: place(node), prefixes: prefixes(node) };
  };
  const name = attribute(node, "name") ?? "";
  if (name === "" || name.includes(":")) throw unsupported("xsl:key needs a name without prefix", place(node));
  return { name, match: query("match"), use: query("use") };
}
