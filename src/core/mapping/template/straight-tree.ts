// What a template of XML consists of, as far as rows of cells can be written by it: elements with literals and formulas that have a plan
// (formula/cell-plan.ts), some of them perhaps once per record of `$group`. Made beside the pieces that write records.

import { cellCondition, type CellCondition, type CellPlan } from "../formula/cell-plan.ts";
import type { CompiledFormula, QName } from "../types.ts";
import type { Write } from "./compiling.ts";
import type { Piece } from "./pieces.ts";
import { isTrue } from "./values.ts";

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
  /** It stands only where this is true. */
  readonly when?: CellCondition;
  /** Set where it stands once per record of the message: what writes a record that is no row of cells. */
  readonly each?: Write;
}

export interface StraightAttribute {
  readonly name: string;
  /** A literal as it is written, or the plan of a formula. */
  readonly value: string | CellPlan;
  /** The schema wants it. */
  readonly required: boolean;
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
  attributes: readonly (Omit<StraightAttribute, "value"> & { readonly value: string | CompiledFormula })[],
  content: readonly Built[],
  required: boolean,
): StraightElement | undefined {
  const nodes = content.flatMap(({ straight }) => straight ?? []);
  const known = attributes.flatMap((attribute) => {
    const value = typeof attribute.value === "string" ? attribute.value : attribute.value.cells;
    return value === undefined ? [] : { ...attribute, value };
  });
  if (nodes.length < content.length || known.length < attributes.length) return undefined;
  // Whether a condition further inside was true would decide about what stands around this one.
  if (nodes.some(isShown) && !nodes.some(yields)) return undefined;
  return { kind: "element", tag, name, attributes: known, content: nodes, required };
}

/** The element once per record, where `when` is true of it; records within records are left to the general way. */
export function straightEach(
  element: StraightNode | undefined,
  piece: Piece,
  when: CompiledFormula | undefined,
): StraightElement | undefined {
  if (element?.kind !== "element" || repeats(element)) return undefined;
  const write: Write = typeof piece === "string" ? () => piece : piece.write;
  if (!when) return { ...element, each: write };
  const condition = cellCondition(when.cells);
  const each: Write = (item, scope) => (isTrue(when.evaluate(item, scope)) ? write(item, scope) : undefined);
  return condition && { ...element, each, when: condition };
}

/** The element only where the condition is true. */
export function straightWhen(
  element: StraightNode | undefined,
  when: CellCondition | undefined,
): StraightNode | undefined {
  return element?.kind === "element" && when ? { ...element, when } : undefined;
}

/** It has no value that decides that it stands; where its condition shows it, it keeps what is around it (pieces.ts). */
export function isShown(node: StraightNode): boolean {
  return node.kind === "element" && node.when !== undefined && !yields(node);
}

/** Whether something in it stands once per record. */
export function repeats(node: StraightNode): boolean {
  return node.kind === "element" && (node.each !== undefined || node.content.some(repeats));
}

/** Whether a value of the record decides that it stands. */
export function yields(node: StraightNode): boolean {
  if (node.kind === "text") return typeof node.value !== "string";
  return node.each !== undefined || isLive(node) || node.content.some(yields);
}

/** It has attributes with formulas. */
export function isLive({ attributes }: StraightElement): boolean {
  return attributes.some(({ value }) => typeof value !== "string");
}

/** The plans of texts in it, of conditions as well, but not those of elements that stand once per record. */
export function plansOf(node: StraightNode): readonly CellPlan[] {
  if (node.kind === "text") return typeof node.value === "string" ? [] : [node.value];
  const inside = node.content.flatMap((inner) => (inner.kind === "element" && inner.each ? [] : plansOf(inner)));
  return node.when ? [node.when, ...inside] : inside;
}

/** The same of attributes. */
export function attributePlansOf(node: StraightNode): readonly CellPlan[] {
  if (node.kind === "text") return [];
  const inside = node.content.flatMap((one) => (one.kind === "element" && one.each ? [] : attributePlansOf(one)));
  return [...node.attributes.flatMap(({ value }) => (typeof value === "string" ? [] : value)), ...inside];
}
