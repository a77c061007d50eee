// What a template of XML consists of, as far as rows of cells can be written by it: elements with literals and formulas that have a plan
// (formula/cell-plan.ts), some of them perhaps once per record of `$group`. Made beside the pieces that write records.

import type { CellPlan } from "../formula/cell-plan.ts";
import type { CompiledFormula, QName } from "../types.ts";
import type { Write } from "./compiling.ts";
import type { Piece } from "./pieces.ts";

export type StraightNode = StraightText | StraightElement;

export interface StraightText {
  readonly kind: "text";
  /** A literal as it is written, or the plan of a formula. */
  readonly value: string | CellPlan;
}

export interface StraightElement {
  readonly kind: "element";
  /** As it is written: `m:id`. */
  readonly tag: string;
  readonly name: QName;
  readonly attributes: readonly StraightAttribute[];
  readonly content: readonly StraightNode[];
  /** The schema wants it. */
  readonly required: boolean;
  /** Set where it stands once per record of the message: what writes a record that is no row of cells. */
  readonly each?: Write;
}

export interface StraightAttribute {
  readonly name: string;
  /** As it is written. */
  readonly value: string;
}

/** A piece, and how rows are written in its place; undefined = they are not. */
export interface Built {
  readonly piece: Piece;
  readonly straight: StraightNode | undefined;
}

export function builtText(piece: Piece, formula: CompiledFormula | undefined): Built {
  const value = typeof piece === "string" ? piece : formula?.cells;
  return { piece, straight: value === undefined ? undefined : { kind: "text", value } };
}

/** undefined = something of it, or in it, needs more than cells. */
export function straightElement(
  tag: string,
  name: QName,
  attributes: readonly { readonly name: string; readonly value: unknown }[],
  content: readonly Built[],
  required: boolean,
): StraightElement | undefined {
  const nodes = content.flatMap(({ straight }) => straight ?? []);
  const literals = attributes.flatMap(({ name: key, value }) =>
    typeof value === "string" ? { name: key, value } : [],
  );
  if (nodes.length < content.length || literals.length < attributes.length) return undefined;
  return { kind: "element", tag, name, attributes: literals, content: nodes, required };
}

/** The element once per record; records within records are left to the general way. */
export function straightEach(element: StraightNode | undefined, piece: Piece): StraightElement | undefined {
  if (element?.kind !== "element" || repeats(element)) return undefined;
  return { ...element, each: typeof piece === "string" ? () => piece : piece.write };
}

/** Whether something in it stands once per record. */
export function repeats(node: StraightNode): boolean {
  return node.kind === "element" && (node.each !== undefined || node.content.some(repeats));
}

/** Whether a value of the record decides that it stands. */
export function yields(node: StraightNode): boolean {
  if (node.kind === "text") return typeof node.value !== "string";
  return node.each !== undefined || node.content.some(yields);
}

/** The plans in it, but not those of elements that stand once per record. */
export function plansOf(node: StraightNode): readonly CellPlan[] {
  if (node.kind === "text") return typeof node.value === "string" ? [] : [node.value];
  return node.content.flatMap((inner) => (inner.kind === "element" && inner.each ? [] : plansOf(inner)));
}
