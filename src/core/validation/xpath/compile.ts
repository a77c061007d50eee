// The syntax tree as closures, made once per rule set. Variables become slots; what a document cannot change is computed
// here.

import type { Ast } from "./ast.ts";
import { arithmetic, negation } from "./arithmetic.ts";
import { generalComparison, nodeComparison, valueComparison } from "./compare.ts";
import { compilePath, compilePredicate, filtered } from "./compile-path.ts";
import { parseDecimal, parseInteger } from "./decimal.ts";
import { XPathFault } from "./fault.ts";
import { append, condition, constant, joinTexts, oneOf, sequence, value } from "./expression.ts";
import { compileCall } from "./functions/index.ts";
import { contextOf, valueOf, type Expression, type Kind, type Run } from "./run.ts";
import { cast, convert, isCastable, isOfType, typeText, type SequenceType } from "./types.ts";
import { XNode } from "./tree.ts";
import { atMostOne, atomOf, EMPTY, inOrder, nodesOf, stringOf, type Item, type Sequence } from "./values.ts";

/** A function of the rule set's own (xsl:function). */
export interface UserFunction {
  readonly parameters: readonly { readonly slot: number; readonly type: SequenceType; readonly name: string }[];
  readonly result: SequenceType;
  readonly name: string;
  /** Set once all functions are compiled: they may call each other. */
  body: Expression | undefined;
  /** Slots of its frame. */
  slots: number;
}

/** What all expressions of a rule set share. */
export interface Statics {
  readonly compat: boolean;
  /** Slot of a global variable. */
  global(key: string, at: number): number | undefined;
  function(key: string, arity: number): UserFunction | undefined;
  /** Whether there is an xsl:key of this name. */
  hasKey(name: string): boolean;
  /** Nodes of an xsl:key with this value. */
  lookUp(name: string, value: string, run: Run): readonly XNode[];
}

/** Slots of one frame. */
export interface Frame {
  size: number;
}

export interface CompileScope {
  readonly statics: Statics;
  readonly frame: Frame;
  readonly locals: Local | undefined;
}

interface Local {
  readonly key: string;
  readonly slot: number;
  readonly outer: Local | undefined;
}

export type Compile = (ast: Ast, scope: CompileScope) => Expression;

/** Slots of one rule or function. */
const SLOTS_LIMIT = 2_000;

/** A scope with one more local variable. */
export function declare(scope: CompileScope, key: string): { readonly scope: CompileScope; readonly slot: number } {
  const slot = scope.frame.size++;
  if (slot >= SLOTS_LIMIT) throw new XPathFault("XPST0003", `more than ${SLOTS_LIMIT} variables`, 0);
  return { slot, scope: { ...scope, locals: { key, slot, outer: scope.locals } } };
}

/** Throws XPathFault for names that nothing stands for. */
export function compileExpression(ast: Ast, scope: CompileScope): Expression {
  const compile = compileExpression;
  const one = (each: Ast): Expression => compile(each, scope);
  switch (ast.kind) {
    case "literal":
      return literal(ast);
    case "variable":
      return variable(ast, scope);
    case "context":
      return context();
    case "sequence":
      return listed(ast.items.map(one));
    case "call":
      return compileCall(ast, scope, compile);
    case "if":
      return choice(one(ast.when), one(ast.yes), one(ast.no));
    case "for":
      return loop(ast, scope);
    case "let":
      return binding(ast, scope);
    case "some":
    case "every":
      return quantified(ast, scope);
    case "and":
      return both(one(ast.left), one(ast.right));
    case "or":
      return either(one(ast.left), one(ast.right));
    case "compare":
      return (ast.general ? generalComparison : valueComparison)(
        ast.operator,
        one(ast.left),
        one(ast.right),
        scope.statics,
      );
    case "nodes":
      return nodeOperation(ast, one(ast.left), one(ast.right));
    case "concat":
      return joined(one(ast.left), one(ast.right), scope);
    case "range":
      return range(one(ast.left), one(ast.right), scope);
    case "arithmetic":
      return arithmetic(ast.operator, one(ast.left), one(ast.right), scope.statics);
    case "negate":
    case "plus":
      return negation(one(ast.of), scope.statics, ast.kind === "negate");
    case "instance":
    case "treat":
      return checked(ast, one(ast.of));
    case "cast":
    case "castable":
      return casting(ast, one(ast.of));
    case "each":
      return forEach(one(ast.of), one(ast.do));
    case "step":
      return compilePath({ kind: "path", rooted: false, steps: [ast], at: ast.at }, scope, compile);
    case "path":
      return compilePath(ast, scope, compile);
    default:
      return filter(ast, scope);
  }
}

function literal(ast: Ast & { readonly kind: "literal" }): Expression {
  if (ast.type === "string") return constant("text", [ast.text]);
  if (ast.type === "integer") return constant("number", [parseInteger(ast.text) as Item]);
  if (ast.type === "double") return constant("number", [Number(ast.text)]);
  return constant("number", [parseDecimal(ast.text) as Item]);
}

function variable(ast: Ast & { readonly kind: "variable" }, { statics, locals }: CompileScope): Expression {
  for (let at = locals; at !== undefined; at = at.outer) {
    if (at.key !== ast.key) continue;
    const { slot } = at;
    return sequence("any", (run) => valueOf(run.locals[slot], run));
  }
  const slot = statics.global(ast.key, ast.at);
  if (slot === undefined) throw new XPathFault("XPST0008", `there is no variable $${ast.key}`, ast.at);
  return sequence("any", (run) => valueOf(run.globals[slot], run));
}

function context(): Expression {
  return sequence("any", (run) => [contextOf(run)]);
}

function kindOf(parts: readonly Expression[]): Kind {
  const kinds = new Set(parts.map(({ kind }) => kind));
  const [only] = kinds;
  return kinds.size === 1 && only !== undefined && only !== "nodes" ? only : "any";
}

function listed(parts: readonly Expression[]): Expression {
  if (parts.length === 0) return constant("any", EMPTY);
  const items = (run: Run): Sequence => {
    const found: Item[] = [];
    for (const part of parts) append(found, part.items(run), run);
    return found;
  };
  return sequence("any", items);
}

function choice(when: Expression, then: Expression, otherwise: Expression): Expression {
  const branch = (run: Run): Expression => (when.truth(run) ? then : otherwise);
  const kind = then.kind === otherwise.kind ? then.kind : kindOf([then, otherwise]);
  return { kind, items: (run) => branch(run).items(run), truth: (run) => branch(run).truth(run) };
}

function both(left: Expression, right: Expression): Expression {
  return condition((run) => left.truth(run) && right.truth(run));
}

function either(left: Expression, right: Expression): Expression {
  return condition((run) => left.truth(run) || right.truth(run));
}

function loop(ast: Ast & { readonly kind: "for" | "let" }, scope: CompileScope): Expression {
  const within = compileExpression(ast.in, scope);
  const { slot, scope: inner } = declare(scope, ast.key);
  const body = compileExpression(ast.return, inner);
  return sequence("any", (run) => {
    const found: Item[] = [];
    for (const item of within.items(run)) {
      run.locals[slot] = [item];
      append(found, body.items(run), run);
    }
    return found;
  });
}

function binding(ast: Ast & { readonly kind: "for" | "let" }, scope: CompileScope): Expression {
  const within = compileExpression(ast.in, scope);
  const { slot, scope: inner } = declare(scope, ast.key);
  const body = compileExpression(ast.return, inner);
  const bind = (run: Run): void => {
    run.locals[slot] = within.items(run);
  };
  return {
    kind: body.kind,
    items: (run) => {
      bind(run);
      return body.items(run);
    },
    truth: (run) => {
      bind(run);
      return body.truth(run);
    },
  };
}

function quantified(ast: Ast & { readonly kind: "some" | "every" }, scope: CompileScope): Expression {
  const within = compileExpression(ast.in, scope);
  const { slot, scope: inner } = declare(scope, ast.key);
  const satisfies = compileExpression(ast.satisfies, inner);
  const wanted = ast.kind === "some";
  return condition((run) => {
    for (const item of within.items(run)) {
      run.spend(1);
      run.locals[slot] = [item];
      if (satisfies.truth(run) === wanted) return wanted;
    }
    return !wanted;
  });
}

function nodeOperation(ast: Ast & { readonly kind: "nodes" }, left: Expression, right: Expression): Expression {
  const { operator } = ast;
  if (operator === "is" || operator === "<<" || operator === ">>") return nodeComparison(operator, left, right);
  const items = (run: Run): Sequence => {
    const a = nodesOf(left.items(run), operator);
    if (a.length === 0 && operator !== "union") return EMPTY;
    const b = nodesOf(right.items(run), operator);
    run.spend(a.length + b.length);
    if (operator === "union") return inOrder([...a, ...b]);
    const others = new Set(b);
    return inOrder(a.filter((node) => others.has(node) === (operator === "intersect")));
  };
  if (operator !== "union") return sequence("nodes", items);
  const bothNodes = left.kind === "nodes" && right.kind === "nodes";
  return {
    kind: "nodes",
    items,
    truth: bothNodes ? (run) => left.truth(run) || right.truth(run) : (run) => items(run).length > 0,
  };
}

function joined(left: Expression, right: Expression, { statics }: CompileScope): Expression {
  return value("text", (run) => {
    const [a, b] = [oneOf(left.items(run), statics, "||"), oneOf(right.items(run), statics, "||")];
    return joinTexts([a === undefined ? "" : stringOf(a), b === undefined ? "" : stringOf(b)], "", run);
  });
}

const INTEGER: SequenceType = { item: { name: "xs:integer" }, occurs: "optional" };

function range(left: Expression, right: Expression, { statics }: CompileScope): Expression {
  const bound = (expression: Expression, run: Run): bigint | undefined => {
    const item = oneOf(expression.items(run), statics, "to");
    if (item === undefined) return undefined;
    if (statics.compat && typeof item === "number" && Number.isInteger(item)) return BigInt(item);
    return convert([item], INTEGER, "to")[0] as bigint;
  };
  return sequence("any", (run) => {
    const [first, last] = [bound(left, run), bound(right, run)];
    if (first === undefined || last === undefined || first > last) return EMPTY;
    // Bounded before anything is made.
    const count = last - first + 1n;
    run.spend(Number(count));
    run.room(Number(count));
    return Array.from({ length: Number(count) }, (_, at) => first + BigInt(at));
  });
}

function checked(ast: Extract<Ast, { readonly kind: "instance" | "treat" }>, of: Expression): Expression {
  if (ast.kind === "instance") return condition((run) => isOfType(of.items(run), ast.type));
  return sequence(of.kind, (run) => {
    const items = of.items(run);
    if (isOfType(items, ast.type)) return items;
    throw new XPathFault("XPDY0050", `the value is not of type ${typeText(ast.type)}`);
  });
}

function casting(ast: Extract<Ast, { readonly kind: "cast" | "castable" }>, of: Expression): Expression {
  if (ast.kind === "castable") {
    return condition((run) => {
      const items = of.items(run);
      if (items.length !== 1) return items.length === 0 && ast.optional;
      return isCastable(atomOf(items[0] as Item), ast.type);
    });
  }
  return sequence("any", (run) => {
    const item = atMostOne(of.items(run), "cast as");
    if (item !== undefined) return [cast(atomOf(item), ast.type)];
    if (ast.optional) return EMPTY;
    throw new XPathFault("XPTY0004", `cast as ${ast.type} takes one value, not none`);
  });
}

function forEach(of: Expression, body: Expression): Expression {
  return sequence("any", (run) => {
    const items = of.items(run);
    const found: Item[] = [];
    items.forEach((item, at) => {
      const made = run.within(item, at + 1, items.length, () => body.items(run));
      append(found, made, run);
    });
    return found;
  });
}

function filter(ast: Ast & { readonly kind: "filter" }, scope: CompileScope): Expression {
  const of = compileExpression(ast.of, scope);
  const predicates = ast.predicates.map((each) => compilePredicate(each, scope, compileExpression));
  return sequence(of.kind, (run) => filtered(of.items(run), predicates, run));
}
