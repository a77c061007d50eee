// What a schema says of a template that writes rows, worked out before the first of them: by element the states its children lead through,
// by text what has to be looked at once it is written. Whatever is not sure here makes a document one that a validator is asked about.

import type { CellPlan } from "../formula/cell-plan.ts";
import { isPlainNamespace, type Attributes, type Inside, type State, type SureText } from "../surely.ts";
import type { TextSpec } from "../sure-texts.ts";
import type { StraightElement } from "./straight-tree.ts";
import { textBytes } from "./text-forms.ts";
import { escapeText } from "./xml-text.ts";

/** What has to be looked at once a text is written; "never" = nothing is sure of it. */
export type Check = "fits" | "never" | { readonly specs: readonly TextSpec[]; readonly entities: boolean };

export function checkOf(value: string | CellPlan, text: SureText | undefined): Check {
  if (text === undefined) return "never";
  if (typeof value === "string") return fitsAlways(value, text) ? "fits" : "never";
  return planFits(value, text) ? "fits" : { specs: text.specs, entities: text.entities };
}

/** A literal as it is written. Characters that only their numbers write have a meaning of their own where blanks are counted. */
function fitsAlways(escaped: string, { entities, test }: SureText): boolean {
  if (escaped.includes("&#") || (escaped.includes("&") && !entities)) return false;
  const bytes = textBytes(escaped);
  return test(bytes, 0, bytes.length);
}

/** Whether all that a plan gives is sure to fit. */
function planFits(plan: CellPlan, text: SureText): boolean {
  if (plan.kind === "choice") return planFits(plan.yes, text) && (plan.no === undefined || planFits(plan.no, text));
  if (plan.kind === "test") return fitsAlways("true", text) && fitsAlways("false", text);
  if (plan.kind === "date") return text.specs.every(({ kind }) => kind === "date");
  if (plan.kind !== "joined" || plan.parts.some((part) => !("text" in part))) return false;
  const escaped = escapeText(plan.parts.map((part) => ("text" in part ? part.text : "")).join(""));
  return escaped !== undefined && fitsAlways(escaped, text);
}

/** Nothing is sure any more. */
export const NOWHERE = -1;
const STATES_MOST = 500;

export interface Ways {
  /** By child. */
  readonly insides: readonly (Inside | undefined)[];
  /** By state × child: the next state. */
  readonly to: Int16Array;
  /** By state. */
  readonly ends: readonly boolean[];
}

/** The states of the element as far as these children lead through them. */
export function waysThrough(children: readonly StraightElement[], start: State | undefined): Ways | undefined {
  if (start === undefined) return undefined;
  const states = [start];
  const insides: (Inside | undefined)[] = children.map(() => undefined);
  const steps: number[] = [];
  for (const state of states) {
    if (states.length > STATES_MOST) return undefined;
    for (const [index, { name }] of children.entries()) {
      const step = state.next.find((one) => one.name.local === name.local && one.name.namespace === name.namespace);
      const inside = step?.inside();
      if (!step || (insides[index] ??= inside) !== inside) {
        steps.push(NOWHERE);
        continue;
      }
      if (!states.includes(step.to)) states.push(step.to);
      steps.push(states.indexOf(step.to));
    }
  }
  return { insides, to: Int16Array.from(steps), ends: states.map(({ mayEnd }) => mayEnd) };
}

/** What has to be looked at in an attribute with a formula. */
export interface AttributeCheck {
  readonly check: Check;
  /** The schema wants it. */
  readonly needed: boolean;
}

const LITERAL: AttributeCheck = { check: "fits", needed: false };

/** By attribute of an element; undefined = they are not surely what they may be, whatever the formulas give. */
export function attributeChecks(
  { attributes }: StraightElement,
  { known, required }: Attributes,
): readonly AttributeCheck[] | undefined {
  const checks: AttributeCheck[] = [];
  let found = 0;
  for (const { name, value } of attributes) {
    if (typeof value === "string" && /^xmlns(?::|$)/.test(name)) {
      if (!isPlainNamespace(value) || /^xmlns:xml/i.test(name)) return undefined;
      checks.push(LITERAL);
      continue;
    }
    const start = Buffer.from(` ${name}="`);
    const index = known.findIndex((one) => start.equals(one.start));
    const text = known[index]?.text;
    if (!text) return undefined;
    found |= 1 << index;
    if (typeof value === "string") {
      const bytes = textBytes(value);
      if (value.includes("&") || !text.test(bytes, 0, bytes.length)) return undefined;
      checks.push(LITERAL);
    } else checks.push({ check: checkOf(value, text), needed: (required & (1 << index)) !== 0 });
  }
  return (found & required) === required ? checks : undefined;
}
