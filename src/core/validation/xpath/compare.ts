// Comparisons (XPath 3.1, 3.7): general ones ask for some pair of both sides, value ones take one value from each.

import type { Comparison } from "./ast.ts";
import { compareExact } from "./decimal.ts";
import { typeFault, XPathFault } from "./fault.ts";
import type { Expression, Run } from "./run.ts";
import { condition, oneOf, sequence, type Mode } from "./expression.ts";
import { Duration, Moment } from "./temporal.ts";
import { textOf, XNode } from "./tree.ts";
import { cast } from "./types.ts";
import {
  atomOf,
  EMPTY,
  FALSE,
  isExact,
  isNumeric,
  numberOf,
  stringOf,
  toDouble,
  TRUE,
  truthOf,
  typeNameOf,
  Untyped,
  type Atomic,
  type Item,
  type Sequence,
} from "./values.ts";

/** Negative, 0, positive; NaN where nothing can be said. */
type Order = number;

function holds(operator: Comparison, order: Order): boolean {
  switch (operator) {
    case "eq":
      return order === 0;
    case "ne":
      return order !== 0;
    case "lt":
      return order < 0;
    case "le":
      return order <= 0;
    case "gt":
      return order > 0;
    default:
      return order >= 0;
  }
}

/** By code point, not by UTF-16 unit: they differ beyond the basic plane. */
export function compareTexts(a: string, b: string): Order {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const [left, right] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (left === right) continue;
    const [high, low] = [left >= 0xd800 && left < 0xe000, right >= 0xd800 && right < 0xe000];
    if (high !== low) return high ? 1 : -1;
    return left - right;
  }
  return a.length - b.length;
}

/** Two values whose types fit; XPTY0004 otherwise. Untyped ones count as texts. */
export function orderOf(a: Atomic, b: Atomic): Order {
  const [left, right] = [a instanceof Untyped ? a.text : a, b instanceof Untyped ? b.text : b];
  if (typeof left === "string" && typeof right === "string") return compareTexts(left, right);
  if (isNumeric(left) && isNumeric(right)) {
    return isExact(left) && isExact(right) ? compareExact(left, right) : orderDoubles(toDouble(left), toDouble(right));
  }
  if (typeof left === "boolean" && typeof right === "boolean") return Number(left) - Number(right);
  if (left instanceof Moment && right instanceof Moment && left.typeName === right.typeName) {
    return left.instant - right.instant;
  }
  if (left instanceof Duration && right instanceof Duration) {
    if (left.typeName === right.typeName) return left.amount - right.amount;
    if (left.amount === 0 && right.amount === 0) return 0;
  }
  throw typeFault(`${typeNameOf(a)} cannot be compared with ${typeNameOf(b)}`);
}

/** INF minus INF is NaN, but they are equal. */
function orderDoubles(a: number, b: number): Order {
  return a === b ? 0 : a - b;
}

// ── value comparisons ───────────────────────────────────────────────────────────────────────────────────────────

export function valueComparison(operator: Comparison, left: Expression, right: Expression, mode: Mode): Expression {
  return sequence("boolean", (run) => {
    const a = oneOf(left.items(run), mode, operator);
    const b = a === undefined ? undefined : oneOf(right.items(run), mode, operator);
    if (a === undefined || b === undefined) return EMPTY;
    return holds(operator, orderOf(atomOf(a), atomOf(b))) ? TRUE : FALSE;
  });
}

// ── general comparisons ─────────────────────────────────────────────────────────────────────────────────────────

export function generalComparison(operator: Comparison, left: Expression, right: Expression, mode: Mode): Expression {
  const pair = mode.compat ? compatPair : typedPair;
  return condition((run) => {
    if (mode.compat && (left.kind === "boolean" || right.kind === "boolean")) {
      return holds(operator, Number(left.truth(run)) - Number(right.truth(run)));
    }
    const items = left.items(run);
    // In XPath 1.0 the other side may be a boolean, and nothing equals false.
    if (items.length === 0 && !mode.compat) return false;
    return some(operator, items, right.items(run), pair, run, mode);
  });
}

type Pair = (operator: Comparison, a: Item, b: Item) => boolean;

function some(operator: Comparison, left: Sequence, right: Sequence, pair: Pair, run: Run, mode: Mode): boolean {
  if (mode.compat && (isOneBoolean(left) || isOneBoolean(right))) {
    return holds(operator, Number(truthOf(left)) - Number(truthOf(right)));
  }
  run.spend(left.length * right.length + 1);
  for (const a of left) for (const b of right) if (pair(operator, a, b)) return true;
  return false;
}

function isOneBoolean(items: Sequence): boolean {
  return items.length === 1 && typeof items[0] === "boolean";
}

/** The text of what counts as text beside a text: nodes, untyped values, texts. */
function plainText(item: Item): string | undefined {
  if (typeof item === "string") return item;
  if (item instanceof XNode) return textOf(item);
  return item instanceof Untyped ? item.text : undefined;
}

/** An untyped value is taken for what stands on the other side (XPath 3.1, 3.7.2). */
function typedPair(operator: Comparison, a: Item, b: Item): boolean {
  const [left, right] = [plainText(a), plainText(b)];
  if (left !== undefined && right !== undefined) {
    return operator === "eq"
      ? left === right
      : operator === "ne"
        ? left !== right
        : holds(operator, compareTexts(left, right));
  }
  const [x, y] = [atomOf(a), atomOf(b)];
  if (x instanceof Untyped) return holds(operator, orderOf(cast(x, typeFor(y)), y));
  return holds(operator, orderOf(x, y instanceof Untyped ? cast(y, typeFor(x)) : y));
}

function typeFor(other: Atomic): string {
  return isNumeric(other) ? "xs:double" : typeNameOf(other);
}

/** XPath 1.0, 3.4: numbers if one is a number or order is asked for, else texts. */
function compatPair(operator: Comparison, a: Item, b: Item): boolean {
  const [x, y] = [atomOf(a), atomOf(b)];
  const ordered = operator !== "eq" && operator !== "ne";
  if (isNumeric(x) || isNumeric(y) || (ordered && textual(x) && textual(y))) {
    return holds(operator, orderDoubles(numberOf(x), numberOf(y)));
  }
  if (textual(x) && textual(y)) return holds(operator, compareTexts(stringOf(x), stringOf(y)));
  return typedPair(operator, x, y);
}

function textual(value: Atomic): boolean {
  return typeof value === "string" || value instanceof Untyped;
}

/** `is`, `<<`, `>>`. */
export function nodeComparison(operator: "is" | "<<" | ">>", left: Expression, right: Expression): Expression {
  return sequence("boolean", (run) => {
    const [a, b] = [oneNode(left.items(run), operator), oneNode(right.items(run), operator)];
    if (a === undefined || b === undefined) return EMPTY;
    const yes = operator === "is" ? a === b : operator === "<<" ? a.order < b.order : a.order > b.order;
    return yes ? TRUE : FALSE;
  });
}

function oneNode(items: Sequence, operator: string): XNode | undefined {
  if (items.length > 1) throw typeFault(`${operator} takes one node, not ${items.length}`);
  const item = items[0];
  if (item === undefined || item instanceof XNode) return item;
  throw new XPathFault("XPTY0004", `${operator} takes nodes`);
}
