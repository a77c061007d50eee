// Slips with types: cells of csv and fixed records are text, whatever they look like.

import { startOf, type Ast } from "./ast.ts";
import type { Checking } from "./check.ts";
import { fieldName } from "./extra/index.ts";
import { literalOf } from "./operators.ts";

const comparisons = new Set(["=", "!=", "<", "<=", ">", ">="]);
const arithmetic = new Set(["-", "*", "/", "%"]);

export function checkTypes(node: Ast, checking: Checking): void {
  if (node.type !== "binary" || node.rhs === undefined) return;
  const operator = String(node.value);
  const left = node.lhs as Ast;
  const right = node.rhs;
  if (operator === "+") checkPlus(node, left, right, checking);
  if (checking.environment.textFields !== true) return;
  if (comparisons.has(operator)) {
    compare(left, operator, right, checking);
    compare(right, operator, left, checking);
  } else if (operator === "in") checkMember(left, right, checking);
  else if (arithmetic.has(operator)) {
    for (const side of [left, right]) checkOperand(side, operator, checking);
  }
}

function isText(node: Ast, checking: Checking): boolean {
  if (typeof literalOf(node) === "string") return true;
  return checking.environment.textFields === true && fieldName(node) !== undefined;
}

function checkPlus(node: Ast, left: Ast, right: Ast, checking: Checking): void {
  if (!isText(left, checking) && !isText(right, checking)) return;
  const a = fieldName(left);
  const b = fieldName(right);
  const [first, second] = [a ?? textOf(left, checking), b ?? textOf(right, checking)];
  const hint = `${first} & ${second}, or ${asNumber(a, first)} + ${asNumber(b, second)}`;
  checking.error(node, "PLUS_ON_TEXT", "+ adds numbers; join texts with & or $join", hint, span(node, checking));
}

/** A literal operand as the formula writes it, where it is short. */
function textOf(node: Ast, checking: Checking): string {
  const text = checking.source.slice(startOf(node, checking.source), endOf(node));
  return literalOf(node) === undefined || text.length > 30 ? "…" : text;
}

function asNumber(field: string | undefined, text: string): string {
  return field === undefined ? text : `$number(${field})`;
}

/** From the first character of an operation to its last. */
function span(node: Ast, checking: Checking): number {
  return Math.max(1, endOf(node) - startOf(node, checking.source));
}

function endOf(node: Ast): number {
  if (node.type === "path") return endOf(node.steps?.at(-1) ?? { type: "none" });
  if (node.type === "binary" && node.rhs !== undefined) return endOf(node.rhs);
  return node.position ?? 0;
}

const outcomes: Readonly<Record<string, string>> = { "=": "is never true", "!=": "is always true" };

function compare(field: Ast, operator: string, other: Ast, checking: Checking): void {
  const name = fieldName(field);
  const literal = literalOf(other);
  if (name === undefined || (typeof literal !== "number" && typeof literal !== "boolean")) return;
  const outcome = outcomes[operator] ?? "fails";
  const ordered = outcome === "fails" && typeof literal === "number";
  const hint = ordered ? `$number(${name}) ${operator} ${literal}` : `Write '${String(literal)}'`;
  const message = `${name} is text; ${name} ${operator} ${String(literal)} ${outcome}`;
  checking.error(field, "TEXT_NOT_NUMBER", message, hint, name.length);
}

function checkMember(left: Ast, right: Ast, checking: Checking): void {
  const name = fieldName(left);
  if (name === undefined || right.type !== "unary" || right.value !== "[") return;
  const items = right.expressions ?? [];
  if (items.length === 0 || !items.every((item) => typeof literalOf(item) === "number")) return;
  const texts = items.map((item) => `'${String(literalOf(item))}'`).join(", ");
  checking.error(left, "TEXT_NOT_NUMBER", `${name} is text and in no list of numbers`, `${name} in [${texts}]`);
}

function checkOperand(side: Ast, operator: string, checking: Checking): void {
  const name = fieldName(side);
  if (name === undefined) return;
  checking.error(
    side,
    "TEXT_NOT_NUMBER",
    `${name} is text; ${operator} needs numbers`,
    `$number(${name})`,
    name.length,
  );
}
