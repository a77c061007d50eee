// XML elements as pieces: attributes and content become one function per element, with the tags precomputed.

import type { Scope, Value } from "../../contract.ts";
import type { CompiledFormula } from "../types.ts";
import type { Write } from "./compiling.ts";
import type { Live, Piece, Run } from "./pieces.ts";
import { requiredEmpty, runOf, writeRun } from "./pieces.ts";
import type { Place } from "./values.ts";
import { mapError, textOf } from "./values.ts";
import { escapeAttribute, escapeText, forbiddenCharacter } from "./xml-text.ts";

export interface AttributePlan {
  readonly name: string;
  /** Text known at load (already escaped), or the formula. */
  readonly value: string | CompiledFormula;
  readonly place: Place;
  readonly required: boolean;
}

export interface ElementPlan {
  readonly name: string;
  readonly attributes: readonly AttributePlan[];
  readonly content: readonly Piece[];
  readonly required: Place | undefined;
}

/** The text that a formula gives, escaped. */
export function textPiece(formula: CompiledFormula, where: Place): Live {
  return { write: textWriter(formula, where), yields: true, shown: undefined, formula, required: undefined };
}

function textWriter(formula: CompiledFormula, where: Place): Write {
  return (item, scope) => {
    const text = textOf(formula.evaluate(item, scope), where, scope);
    if (text === undefined) return undefined;
    return escapeText(text) ?? refuseCharacter(text, where, scope);
  };
}

function refuseCharacter(text: string, where: Place, scope: Scope): never {
  const { index, name } = forbiddenCharacter(text) as NonNullable<ReturnType<typeof forbiddenCharacter>>;
  throw mapError(
    "XML_CHARACTER",
    where,
    scope,
    `character ${index + 1} of the text is ${name}, which XML 1.0 forbids`,
    text,
  );
}

export function elementPiece(plan: ElementPlan): Piece {
  const { name, required } = plan;
  const run = runOf(plan.content);
  const fixed = plan.attributes.every((attribute) => typeof attribute.value === "string");
  if (fixed) {
    const open = `<${name}${plan.attributes.map(({ name: key, value }) => ` ${key}="${value as string}"`).join("")}`;
    if (run.parts.length === 0) return wrap(open, run.lead, name);
    const only = onlyText(run);
    const write = only ? textElement(open, name, only) : fixedElement(open, name, run);
    return live(run, write, required);
  }
  return live(run, openElement(plan, run), required, attributeFormula(plan));
}

function live(run: Run, write: Write, required: Place | undefined, ofAttribute?: CompiledFormula): Live {
  const yields = run.yields || ofAttribute !== undefined;
  const { soft } = run;
  const shown =
    yields || soft.length === 0
      ? undefined
      : (item: Value, scope: Scope): boolean => soft.some((asked) => asked(item, scope));
  return { write, yields, shown, formula: run.formula ?? ofAttribute, required };
}

function attributeFormula(plan: ElementPlan): CompiledFormula | undefined {
  for (const { value } of plan.attributes) if (typeof value !== "string") return value;
  return undefined;
}

function wrap(open: string, content: string, name: string): string {
  return content === "" ? `${open}/>` : `${open}>${content}</${name}>`;
}

/** The most frequent element: one formula and nothing else. */
function onlyText(run: Run): Live | undefined {
  const [part] = run.parts;
  const alone = run.parts.length === 1 && run.lead === "" && part?.after === "" && part.live.required === undefined;
  return alone && part.live.yields ? part.live : undefined;
}

function textElement(open: string, name: string, text: Live): Write {
  const head = `${open}>`;
  const tail = `</${name}>`;
  const empty = `${open}/>`;
  const { write } = text;
  return (item, scope) => {
    const content = write(item, scope);
    if (content === undefined) return undefined;
    return content === "" ? empty : head + content + tail;
  };
}

function fixedElement(open: string, name: string, run: Run): Write {
  const head = `${open}>`;
  const tail = `</${name}>`;
  const empty = `${open}/>`;
  return (item, scope) => {
    const content = writeRun(run, item, scope);
    if (content === undefined) return undefined;
    return content === "" ? empty : head + content + tail;
  };
}

/**
 * Attributes with formulas. Where text or children have formulas, those decide whether the element stands; else the
 * attributes' formulas do.
 */
function openElement(plan: ElementPlan, run: Run): Write {
  const { name, attributes } = plan;
  const tail = `</${name}>`;
  const attributesDecide = !run.yields;
  return (item, scope) => {
    const content = writeRun(run, item, scope);
    if (content === undefined) return undefined;
    let open = `<${name}`;
    let kept = !attributesDecide;
    let missing: AttributePlan | undefined;
    for (const attribute of attributes) {
      const { value } = attribute;
      if (typeof value === "string") {
        open += ` ${attribute.name}="${value}"`;
        continue;
      }
      const text = textOf(value.evaluate(item, scope), attribute.place, scope);
      if (text !== undefined) {
        open += ` ${attribute.name}="${escapeAttribute(text) ?? refuseCharacter(text, attribute.place, scope)}"`;
        kept = true;
      } else if (attribute.required) missing ??= attribute;
    }
    if (!kept && !run.soft.some((shown) => shown(item, scope))) return undefined;
    if (missing) throw requiredEmpty(missing.place, missing.value as CompiledFormula, scope, "attribute");
    return content === "" ? `${open}/>` : `${open}>${content}${tail}`;
  };
}
