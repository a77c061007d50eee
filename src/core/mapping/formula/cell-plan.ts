// Formulas that say no more than: this column, these columns with text between them, this column as a date. What they mean is written
// down as data, so that a row of cells can be written without making texts of it (template/straight.ts). All other formulas have no plan.

import type { Ast } from "./ast.ts";
import { datePlaces, type DatePlaces } from "./extra/dates.ts";
import { decimalPicture, type DecimalPicture } from "./extra/decimals.ts";
import { fieldName } from "./extra/index.ts";
import { literalOf } from "./operators.ts";

/** What a formula gives, by columns alone. A blank cell is absent, and where nothing else is said so is the result. */
export type CellPlan =
  | { readonly kind: "cell"; readonly name: string }
  /** `A & ', ' & B`: never absent. */
  | { readonly kind: "joined"; readonly parts: readonly CellPart[] }
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

export type CellPart = { readonly text: string } | { readonly name: string };

/** `A = 'J'`, and with `wanted` false `A != 'J'`: false where the cell is blank. */
export interface CellTest {
  readonly kind: "test";
  readonly name: string;
  readonly text: string;
  readonly wanted: boolean;
}

/** `isOwn`: whether a function of this name is the product's, and not hidden by something else of the name. */
export function cellPlan(node: Ast, isOwn: (name: string) => boolean): CellPlan | undefined {
  if (!isBare(node)) return undefined;
  const name = cellName(node);
  if (name !== undefined) return { kind: "cell", name };
  if (node.type === "string") return joined([node]);
  if (node.type === "binary" && node.value === "&") return joined(operands(node));
  if (node.type === "binary") return test(node);
  if (node.type === "condition") return choice(node, isOwn);
  if (node.type === "function") return call(node, isOwn);
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
  const parts = nodes.map((node): CellPart | undefined => {
    const name = cellName(node);
    if (name !== undefined) return { name };
    const text = literalOf(node);
    // Two halves of a character could meet.
    return typeof text === "string" && isBare(node) && text.isWellFormed() ? { text } : undefined;
  });
  const known = parts.filter((part) => part !== undefined);
  return known.length === parts.length ? { kind: "joined", parts: known } : undefined;
}

function test(node: Ast): CellTest | undefined {
  const name = cellName(node.lhs as Ast);
  const text = literalOf(node.rhs);
  if (name === undefined || typeof text !== "string" || !text.isWellFormed()) return undefined;
  if (!isBare(node) || (node.value !== "=" && node.value !== "!=")) return undefined;
  return { kind: "test", name, text, wanted: node.value === "=" };
}

function choice(node: Ast, isOwn: (name: string) => boolean): CellPlan | undefined {
  const condition = node.condition?.type === "binary" ? test(node.condition) : undefined;
  const yes = node.then && cellPlan(node.then, isOwn);
  const no = node.else && cellPlan(node.else, isOwn);
  if (!condition || !yes || (node.else && !no)) return undefined;
  return { kind: "choice", test: condition, yes, no };
}

function call(node: Ast, isOwn: (name: string) => boolean): CellPlan | undefined {
  const { procedure, arguments: given = [] } = node;
  const [first, second] = given;
  if (procedure?.type !== "variable" || first === undefined || given.length !== 2) return undefined;
  const name = cellName(first);
  const literal = literalOf(second);
  if (name === undefined || typeof literal !== "string" || !isOwn(procedure.value as string)) return undefined;
  if (procedure.value === "date") {
    const places = datePlaces(literal);
    return places && { kind: "date", name, places };
  }
  if (procedure.value === "decimal") {
    const picture = decimalPicture(literal);
    return picture && { kind: "decimal", name, picture };
  }
  return undefined;
}
