// Elements of a template as functions that write rows. Those with a text and nothing else, which nearly all are, are written by whoever writes
// their siblings: so between two of them stands one text instead of two.

import type { Scope } from "../../contract.ts";
import { recordAt, type RowRun } from "../rows.ts";
import { textTest, type TextTest } from "../sure-texts.ts";
import { type ByteSink, Constant } from "./byte-sink.ts";
import type { RowSize } from "./cell-size.ts";
import {
  ABSENT,
  cellAsked,
  cellWriter,
  OTHER,
  WRITTEN,
  type Asked,
  type CellWriter,
  type Result,
} from "./cell-writers.ts";
import type { Write } from "./compiling.ts";
import { attributedWriter } from "./straight-attributes.ts";
import type { ChildrenPlan, ElementPlan, TextPlan } from "./straight-plan.ts";
import { NOWHERE, type Check } from "./straight-sure.ts";
import { constant, xmlForm } from "./text-forms.ts";
import { OUTPUT_LIMIT } from "./values.ts";

/** A row that could become larger than this goes the general way, which has the limits for it. */
export const MOST_BYTES = 1 << 20;

/** Where the writing of one document is. */
export interface Place {
  bytes: Uint8Array;
  places: Int32Array;
  /** Of the row that is written. */
  base: number;
  runs: readonly RowRun[];
  /** For records that are no rows. */
  scope: Scope | undefined;
  /** How many elements an =each has just written. */
  count: number;
  /** Nothing stands there of which it is not sure that it may. */
  sure: boolean;
  /** Room for all that is written of the record at the top. */
  most: number;
}

export type NodeWriter = (place: Place, out: ByteSink) => Result;

/** The columns, and what writes records that are no rows; without it they are OTHER. */
export interface Binding {
  readonly stride: number;
  readonly column: (name: string) => number;
  readonly writers: readonly (Write | undefined)[];
}

export interface Bound {
  readonly plan: ElementPlan;
  readonly write: NodeWriter;
  /** It has a text and nothing else, and stands once. */
  readonly leaf: Leaf | undefined;
}

/** A leaf is written without its closing tag, which is owed until it is known what comes next. */
interface Leaf {
  readonly open: Constant;
  readonly close: Constant;
  readonly empty: Constant;
  readonly when: Asked | undefined;
  readonly text: CellWriter;
  readonly check: Check;
  readonly test: TextTest | undefined;
}

export function bindElement(plan: ElementPlan, binding: Binding): Bound {
  const { content, each } = plan;
  const text = content.kind === "text" ? leafOf(plan, content, binding) : undefined;
  const leaf = plan.attributes ? undefined : text;
  const once = leaf
    ? alone(leaf)
    : elementWriter(plan, text ? textAlone(text) : childrenWriter(content as ChildrenPlan, binding), binding);
  if (!each) return { plan, write: once, leaf };
  return { plan, write: eachWriter(once, binding.writers[each.writer], each.size, binding), leaf: undefined };
}

function leafOf(plan: ElementPlan, content: TextPlan, binding: Binding): Leaf {
  const { check } = content;
  return {
    open: constant(plan.open),
    close: constant(plan.close),
    empty: constant(plan.empty),
    when: plan.when && cellAsked(plan.when, binding.column),
    text: textWriter(content, binding),
    check,
    test: typeof check === "string" ? undefined : textTest(check.specs),
  };
}

function textWriter({ value }: TextPlan, { column }: Binding): CellWriter {
  if (typeof value !== "string") return cellWriter(value, column, xmlForm);
  const bytes = constant(value);
  const entities = value.split("&").length - 1;
  return (_bytes, _places, _base, out) => {
    out.put(bytes);
    out.entities += entities;
    return WRITTEN;
  };
}

/** Written, but for the closing tag. */
const OWED = 2;

/** `lead` ends with the leaf's opening tag; what it says before that stays in any case. */
function writeLeaf(leaf: Leaf, lead: Constant, place: Place, out: ByteSink): Result | typeof OWED {
  const { entities } = out;
  out.put(lead);
  if (leaf.when?.(place.bytes, place.places, place.base) === false) {
    out.at -= leaf.open.length;
    return ABSENT;
  }
  const start = out.at;
  const result = leaf.text(place.bytes, place.places, place.base, out);
  if (result !== WRITTEN || out.at === start) {
    out.at = start - leaf.open.length;
    if (result === WRITTEN) putEmpty(leaf.empty, place, out);
    return result;
  }
  lookAt(leaf, place, out, start, entities);
  return OWED;
}

/** At the text that was written from `start` on; `entities` as they were counted before it. */
function lookAt({ check, test }: Leaf, place: Place, out: ByteSink, start: number, entities: number): void {
  if (check === "fits" || !place.sure) return;
  const fits = check !== "never" && (check.entities || entities === out.entities);
  if (!fits || test?.(out.bytes, start, out.at) !== true) place.sure = false;
}

/** The text without its tags. */
function textAlone(leaf: Leaf): NodeWriter {
  return (place, out) => {
    const { at, entities } = out;
    const result = leaf.text(place.bytes, place.places, place.base, out);
    if (result === WRITTEN && out.at > at) lookAt(leaf, place, out, at, entities);
    return result;
  };
}

function putEmpty(empty: Constant, place: Place, out: ByteSink): void {
  out.put(empty);
  place.sure = false;
}

function alone(leaf: Leaf): NodeWriter {
  return (place, out) => {
    const result = writeLeaf(leaf, leaf.open, place, out);
    if (result !== OWED) return result;
    out.put(leaf.close);
    return WRITTEN;
  };
}

function elementWriter(plan: ElementPlan, write: NodeWriter, { column }: Binding): NodeWriter {
  const when = plan.when && cellAsked(plan.when, column);
  if (plan.attributes) return attributedWriter(plan, plan.attributes, when, write, column);
  const [open, close, empty] = [constant(plan.open), constant(plan.close), constant(plan.empty)];
  return (place, out) => {
    if (when?.(place.bytes, place.places, place.base) === false) return ABSENT;
    const before = out.at;
    out.put(open);
    const start = out.at;
    const result = write(place, out);
    if (result === WRITTEN && out.at > start) {
      out.put(close);
      return WRITTEN;
    }
    out.at = before;
    if (result === WRITTEN) putEmpty(empty, place, out);
    return result;
  };
}

/** The rule of the empty (pieces.ts): without any value the element around goes, and what the schema wants is missed only where it stays. */
function childrenWriter({ children, to, ends }: ChildrenPlan, binding: Binding): NodeWriter {
  const bound = children.map((child) => bindElement(child, binding));
  const { length } = bound;
  const decided = children.some((child) => child.yields);
  /** By leaf: its opening tag behind the closing one of the leaf before it. */
  const behind = bound.map(({ plan, leaf }, index) => {
    const before = bound[index - 1];
    return leaf && before?.leaf && constant(before.plan.close + plan.open);
  });
  return (place, out) => {
    let kept = !decided;
    let missing = false;
    let state = to === undefined ? NOWHERE : 0;
    /** The leaf just before, whose closing tag is still to come. */
    let owed: Leaf | undefined;
    for (let index = 0; index < length; index++) {
      const child = bound[index] as Bound;
      const { leaf, plan } = child;
      let result: Result | typeof OWED;
      if (leaf !== undefined) {
        result = writeLeaf(leaf, owed === undefined ? leaf.open : (behind[index] as Constant), place, out);
        owed = result === OWED ? leaf : undefined;
      } else {
        if (owed !== undefined) out.put(owed.close);
        owed = undefined;
        result = child.write(place, out);
      }
      if (result === OTHER) return OTHER;
      if (result === ABSENT) {
        missing ||= plan.required;
        continue;
      }
      kept ||= plan.yields || plan.shown;
      for (let step = plan.each ? place.count : 1; step > 0 && state !== NOWHERE; step--) {
        state = (to as Int16Array)[state * length + index] as number;
      }
    }
    if (owed !== undefined) out.put(owed.close);
    if (!kept) return ABSENT;
    if (missing) return OTHER;
    if (state === NOWHERE || ends[state] !== true) place.sure = false;
    return WRITTEN;
  };
}

/** The element for each record, as `writeEach` does it. */
function eachWriter(once: NodeWriter, each: Write | undefined, size: RowSize, { stride }: Binding): NodeWriter {
  return (place, out) => {
    const { bytes, places, base, scope } = place;
    const began = out.at;
    let count = 0;
    for (const { cells, from, to } of place.runs) {
      ({ bytes: place.bytes, places: place.places } = cells);
      for (let row = from; row < to; row++) {
        if (cells.others[row] === undefined) {
          place.base = stride * row;
          const most = mostOf(size, cells.places, place.base, stride);
          if (most <= MOST_BYTES) {
            out.reserve(most);
            const result = once(place, out);
            if (result === WRITTEN) count++;
            if (out.at - began > OUTPUT_LIMIT) return OTHER;
            if (result !== OTHER) continue;
          }
        }
        // None of its formulas reads more of the scope than where an error was.
        if (each === undefined || scope === undefined) return OTHER;
        const text = each(recordAt(cells, row), scope);
        if (text === undefined) continue;
        out.text(text);
        count++;
        place.sure = false;
        if (out.at - began > OUTPUT_LIMIT) return OTHER;
      }
    }
    Object.assign(place, { bytes, places, base, count });
    out.reserve(place.most);
    return count === 0 ? ABSENT : WRITTEN;
  };
}

export function mostOf({ constant, factor }: RowSize, places: Int32Array, base: number, stride: number): number {
  return constant + factor * ((places[base + stride - 1] as number) - (places[base] as number));
}
