// Formulas that say no more than: this column, a part of it, these columns with text between them, this column as a date. What they mean is
// written down as data, so that a row of cells can be written without making texts of it (template/straight.ts, template/straight-xml.ts).
// All other formulas have no plan.

import type { Ast } from "./ast.ts";
import { datePlaces, type DatePlaces } from "./extra/dates.ts";
import { decimalPicture, type DecimalPicture } from "./extra/decimals.ts";
import { fieldName } from "./extra/index.ts";
import { literalOf } from "./operators.ts";

/** What a formula gives, by columns alone. A blank cell is absent, and where nothing else is said so is the result. */
export type CellPlan =
  | { readonly kind: "cell"; readonly name: string }
  | CellPart
  /** `A & ', ' & B`: never absent. */
  | { readonly kind: "joined"; readonly parts: readonly JoinedPart[] }
  /** `$date(A, 'dd.MM.yyyy')` */
  | { readonly kind: "date"; readonly name: string; readonly places: DatePlaces }
  /** `$decimal(A, '1.234,56')` */
  | { readonly kind: "decimal"; readonly name: string; readonly picture: DecimalPicture }
  | CellTest
  /** `A = 'J' ? 'aktiv' : 'ruhend'` */
  | {
      readonly kind: "choice";
      readonly test: CellTest;
      readonly yes: CellPlan;
      readonly no: CellPlan | undefined;
    };

/** `$substring(A, 2)`, with `most` `$substring(A, 2, 3)`, with `less` `$substring(A, 2, $length(A) - 3)`: in characters. */
export interface CellPart {
  readonly kind: "part";
  readonly name: string;
  readonly start: number;
  readonly most?: number;
  readonly less?: number;
}

export type JoinedPart = { readonly text: string } | { readonly name: string };

/** `A = 'J'`, and with `wanted` false `A != 'J'`: false where the cell is blank. */
export interface CellTest {
  readonly kind: "test";
  readonly name: string;
  readonly text: string;
  readonly wanted: boolean;
}

/** What is true or not of a row: a comparison, or that a cell is not blank. */
export type CellCondition = CellTest | { readonly kind: "cell"; readonly name: string };

/** The plan as a condition, as JSONata's $boolean takes what it gives; undefined = that is more than a look at a cell. */
export function cellCondition(plan: CellPlan | undefined): CellCondition | undefined {
  return plan?.kind === "test" || plan?.kind === "cell" ? plan : undefined;
}

/** `isBuiltIn`: whether a function of this name is JSONata's or the product's, and not hidden by something else of the name. */
export function cellPlan(node: Ast, isBuiltIn: (name: string) => boolean): CellPlan | undefined {
  if (!isBare(node)) return undefined;
  const name = cellName(node);
  if (name !== undefined) return { kind: "cell", name };
  if (node.type === "string") return joined([node]);
  if (node.type === "binary" && node.value === "&") return joined(operands(node));
  if (node.type === "binary") return test(node);
  if (node.type === "condition") return choice(node, isBuiltIn);
  if (node.type === "function") return call(node, isBuiltIn);
  return undefined;
}

/** Nothing is picked out of the result or made of it. */
function isBare(node: Ast): boolean {
  return (
    node.predicate === undefined &&
    node.stages === undefined &&
    node.group === undefined &&
    node.keepArray !== true &&
    node.keepSingletonArray !== true &&
    node.tuple !== true &&
    node.focus === undefined &&
    node.index === undefined
  );
}

/** A name alone: `$$.NAME` says the same, but hardly anybody writes it. */
function cellName(node: Ast): string | undefined {
  const { steps = [] } = node;
  if (!isBare(node) || steps.length !== 1 || !steps.every(isBare)) return undefined;
  return fieldName(node);
}

function operands(node: Ast): readonly Ast[] {
  if (node.type !== "binary" || node.value !== "&" || !isBare(node) || node.rhs === undefined) return [node];
  return [...operands(node.lhs as Ast), ...operands(node.rhs)];
}

function joined(nodes: readonly Ast[]): CellPlan | undefined {
  const parts = nodes.map((node): JoinedPart | undefined => {
    const name = cellName(node);
    if (name !== undefined) return { name };
    const text = literalOf(node);
    // Two halves of a character could meet.
    return typeof text === "string" && isBare(node) && text.isWellFormed() ? { text } : undefined;
  });
  const known: JoinedPart[] = [];
  for (const part of parts) {
    const last = known.at(-1);
    if (part === undefined) return undefined;
    // Two literals are one: what they begin with matters only behind a cell.
    if (last && "text" in last && "text" in part) known.splice(-1, 1, { text: last.text + part.text });
    else known.push(part);
  }
  return { kind: "joined", parts: known };
}

function test(node: Ast): CellTest | undefined {
  const name = cellName(node.lhs as Ast);
  const text = literalOf(node.rhs);
  if (name === undefined || typeof text !== "string" || !text.isWellFormed()) return undefined;
  if (!isBare(node) || (node.value !== "=" && node.value !== "!=")) return undefined;
  return { kind: "test", name, text, wanted: node.value === "=" };
}

function choice(node: Ast, isBuiltIn: (name: string) => boolean): CellPlan | undefined {
  const condition = node.condition?.type === "binary" ? test(node.condition) : undefined;
  const yes = node.then && cellPlan(node.then, isBuiltIn);
  const no = node.else && cellPlan(node.else, isBuiltIn);
  if (!condition || !yes || (node.else && !no)) return undefined;
  return { kind: "choice", test: condition, yes, no };
}

function call(node: Ast, isBuiltIn: (name: string) => boolean): CellPlan | undefined {
  const called = callOf(node, isBuiltIn);
  const name = called?.args[0] && cellName(called.args[0]);
  if (called === undefined || name === undefined) return undefined;
  const [, second, third] = called.args;
  if (called.name === "substring") return part(name, second, third, isBuiltIn);
  const literal = literalOf(second);
  if (typeof literal !== "string" || third !== undefined) return undefined;
  if (called.name === "date") {
    const places = datePlaces(literal);
    return places && { kind: "date", name, places };
  }
  if (called.name === "decimal") {
    const picture = decimalPicture(literal);
    return picture && { kind: "decimal", name, picture };
  }
  return undefined;
}

interface Call {
  readonly name: string;
  readonly args: readonly Ast[];
}

function callOf(node: Ast, isBuiltIn: (name: string) => boolean): Call | undefined {
  const { procedure, arguments: args = [] } = node;
  if (!isBare(node) || node.type !== "function" || procedure?.type !== "variable") return undefined;
  const name = procedure.value as string;
  return args.length <= 3 && isBuiltIn(name) ? { name, args } : undefined;
}

function part(
  name: string,
  from: Ast | undefined,
  length: Ast | undefined,
  isBuiltIn: (name: string) => boolean,
): CellPart | undefined {
  const start = countOf(from);
  if (start === undefined) return undefined;
  if (length === undefined) return { kind: "part", name, start };
  const most = countOf(length);
  if (most !== undefined) return { kind: "part", name, start, most };
  if (length.type !== "binary" || length.value !== "-" || !isBare(length)) return undefined;
  const whole = callOf(length.lhs as Ast, isBuiltIn);
  const less = countOf(length.rhs);
  const [of] = whole?.args ?? [];
  if (whole?.name !== "length" || whole.args.length !== 1 || of === undefined || cellName(of) !== name)
    return undefined;
  return less === undefined ? undefined : { kind: "part", name, start, less };
}

/** A whole number that counts characters. */
function countOf(node: Ast | undefined): number | undefined {
  const value = literalOf(node);
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** `$group` and nothing else: the records of the message as they are. */
export function isGroup(node: Ast): boolean {
  return node.type === "variable" && node.value === "group" && isBare(node);
}

/** Where a part of a text of so many characters begins and ends. */
export function partBegin({ start }: CellPart, size: number): number {
  return Math.min(start, size);
}

export function partEnd(part: CellPart, size: number): number {
  const length = part.most ?? (part.less === undefined ? size : size - part.less);
  return Math.min(size, part.start + Math.max(0, length));
}
