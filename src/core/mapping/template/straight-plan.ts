// How rows of one message are written, as data: other threads understand it as well, and nothing of it has to be worked out twice.

import type { CellCondition, CellPlan } from "../formula/cell-plan.ts";
import type { Inside, State } from "../surely.ts";
import { rowSize, type RowSize } from "./cell-size.ts";
import type { Write } from "./compiling.ts";
import { attributeChecks, type AttributeCheck, type Check, checkOf, waysThrough } from "./straight-sure.ts";
import {
  attributePlansOf,
  isLive,
  isShown,
  plansOf,
  yields,
  type StraightElement,
  type StraightNode,
} from "./straight-tree.ts";
import { attributeForm, textBytes, xmlForm } from "./text-forms.ts";

export interface DocumentPlan {
  /** Stands before the root. */
  readonly head: string;
  readonly root: ElementPlan;
  /** Of all that is written of the first record. */
  readonly size: RowSize;
  /** Values of the first record stand in it. */
  readonly readsFirst: boolean;
  /** A document of which nothing was unsure is valid. */
  readonly checked: boolean;
}

export interface ElementPlan {
  /** Its tags as they are written. */
  readonly open: string;
  readonly close: string;
  readonly empty: string;
  /** Where formulas give some of its attributes, they are written in place of `open`. */
  readonly attributes: AttributesPlan | undefined;
  /** A value of the record decides that it stands. */
  readonly yields: boolean;
  /** It stands only where this is true. */
  readonly when: CellCondition | undefined;
  /** That this was true keeps what is around it. */
  readonly shown: boolean;
  /** The schema wants it. */
  readonly required: boolean;
  /** It stands once per record: the number of what writes those that are no rows, and what one of them takes. */
  readonly each: { readonly writer: number; readonly size: RowSize } | undefined;
  readonly content: TextPlan | ChildrenPlan;
}

export interface AttributesPlan {
  readonly parts: readonly AttributePart[];
  /** Literals behind the last of them. */
  readonly behind: string;
  /** Without text or values in the element they decide that it stands. */
  readonly decide: boolean;
}

export interface AttributePart extends AttributeCheck {
  /** `<tag`, and literals before it. */
  readonly before: string;
  readonly name: string;
  readonly value: CellPlan;
  /** The template was checked against a schema that wants it. */
  readonly required: boolean;
}

export interface TextPlan {
  readonly kind: "text";
  readonly value: string | CellPlan;
  readonly check: Check;
}

export interface ChildrenPlan {
  readonly kind: "children";
  readonly children: readonly ElementPlan[];
  /** By state × child: the next state; undefined = nothing is sure. */
  readonly to: Int16Array | undefined;
  /** By state: whether it may end there. */
  readonly ends: readonly boolean[];
}

/** `inside` is what may surely stand in the root; undefined = nothing is known. */
export function planDocument(head: string, root: StraightElement, inside: Inside | undefined): DocumentPlan {
  const size = sizeOf(root);
  return {
    head,
    root: planElement(root, inside, writersOf(root)),
    size: { ...size, constant: size.constant + textBytes(head).length },
    readsFirst: plansOf(root).length + attributePlansOf(root).length > 0,
    checked: inside !== undefined,
  };
}

/** What writes records that are no rows, by element that stands once per record. */
export function writersOf(node: StraightNode): readonly Write[] {
  if (node.kind === "text") return [];
  return [...(node.each ? [node.each] : []), ...node.content.flatMap(writersOf)];
}

function planElement(element: StraightElement, inside: Inside | undefined, writers: readonly Write[]): ElementPlan {
  const { tag, each, required, content, when } = element;
  const checks = inside && inside.kind !== "unsure" ? attributeChecks(element, inside.attributes) : undefined;
  const allowed = checks && inside?.kind !== "unsure" ? inside : undefined;
  const [only] = content;
  const start = opening(element);
  return {
    open: `${start}>`,
    close: `</${tag}>`,
    empty: `${start}/>`,
    attributes: isLive(element) ? planAttributes(element, checks) : undefined,
    yields: yields(element),
    when,
    shown: isShown(element),
    required,
    each: each && { writer: writers.indexOf(each), size: sizeOf(element) },
    content:
      only?.kind === "text"
        ? { ...only, check: checkOf(only.value, allowed?.kind === "text" ? allowed.text : undefined) }
        : planChildren(
            content as readonly StraightElement[],
            allowed?.kind === "elements" ? allowed.start : undefined,
            writers,
          ),
  };
}

function planAttributes(
  { tag, attributes, content }: StraightElement,
  checks: readonly AttributeCheck[] | undefined,
): AttributesPlan {
  const parts: AttributePart[] = [];
  let before = `<${tag}`;
  for (const [index, { name, value, required }] of attributes.entries()) {
    if (typeof value === "string") {
      before += ` ${name}="${value}"`;
      continue;
    }
    const { check, needed } = checks?.[index] ?? { check: "never", needed: false };
    parts.push({ before, name, value, required, check, needed });
    before = "";
  }
  return { parts, behind: before, decide: !content.some(yields) };
}

function planChildren(
  children: readonly StraightElement[],
  start: State | undefined,
  writers: readonly Write[],
): ChildrenPlan {
  const ways = waysThrough(children, start);
  return {
    kind: "children",
    children: children.map((child, index) => planElement(child, ways?.insides[index], writers)),
    to: ways?.to,
    ends: ways?.ends ?? [],
  };
}

/** Of one writing of the element, without what stands in it once per record. */
function sizeOf(element: StraightElement): RowSize {
  const text = rowSize(plansOf(element), xmlForm);
  const [constant, plans] = [text.constant + tagBytes(element), attributePlansOf(element)];
  if (plans.length === 0) return { constant, factor: text.factor };
  const attributes = rowSize(plans, attributeForm);
  return { constant: constant + attributes.constant, factor: text.factor + attributes.factor };
}

function tagBytes(node: StraightNode): number {
  if (node.kind === "text") return typeof node.value === "string" ? textBytes(node.value).length : 0;
  const { tag, content } = node;
  const inner = content.reduce((sum, one) => sum + (one.kind === "element" && one.each ? 0 : tagBytes(one)), 0);
  return textBytes(opening(node)).length + textBytes(tag).length + "></>".length + inner;
}

function opening({ tag, attributes }: StraightElement): string {
  return `<${tag}${attributes.map(({ name, value }) => ` ${name}="${typeof value === "string" ? value : ""}"`).join("")}`;
}
