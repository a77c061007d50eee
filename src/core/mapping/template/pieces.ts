// A message is put together from pieces: texts known at load, and live ones that formulas decide. This file holds the rule
// of the empty, which XML and JSON share:
//
//   absent value            → no node
//   all formulas absent     → the node vanishes; literals inside do not keep it
//   no formulas at all      → the node always stands
//   the schema requires it  → an error instead, unless the node around it vanishes as well
//
// `=when` is a condition, not a value: a node that it shows keeps the node around it, one that it hides does not empty it.

import type { Scope, Value } from "../../contract.ts";
import type { Position } from "../../errors.ts";
import type { CompiledFormula } from "../types.ts";
import type { Write } from "./compiling.ts";
import type { Place } from "./values.ts";
import { checkSize, isTrue, itemsOf, mapError, scopeOfEach } from "./values.ts";

export interface Live {
  /** undefined = nothing came of it. */
  readonly write: Write;
  /** Whether formulas that give values decide: then what is written keeps the node around it. */
  readonly yields: boolean;
  /** For pieces that stand without values: whether an =when in them is true. Asked only where nothing else keeps the node around. */
  readonly shown: ((item: Value, scope: Scope) => boolean) | undefined;
  /** The first formula inside, for messages. */
  readonly formula: CompiledFormula | undefined;
  /** Set where the schema requires the node. */
  readonly required: Place | undefined;
}

export type Piece = string | Live;

/** A run of pieces: live ones with the literal text behind each, so that literals cost one concatenation. */
export interface Run {
  readonly lead: string;
  readonly parts: readonly { readonly live: Live; readonly after: string }[];
  /** Whether the values in it decide that it stands. */
  readonly yields: boolean;
  readonly soft: readonly NonNullable<Live["shown"]>[];
  readonly formula: CompiledFormula | undefined;
}

export function runOf(pieces: readonly Piece[]): Run {
  let lead = "";
  const parts: { live: Live; after: string }[] = [];
  for (const piece of pieces) {
    const last = parts.at(-1);
    if (typeof piece !== "string") parts.push({ live: piece, after: "" });
    else if (last) last.after += piece;
    else lead += piece;
  }
  return {
    lead,
    parts,
    yields: parts.some(({ live }) => live.yields),
    soft: parts.flatMap(({ live }) => live.shown ?? []),
    formula: parts.find(({ live }) => live.formula)?.live.formula,
  };
}

/** Text of a run; undefined = all its formulas gave nothing. Throws REQUIRED_EMPTY where it stands and misses what the schema wants. */
export function writeRun(run: Run, item: Value, scope: Scope): string | undefined {
  let out = run.lead;
  let kept = !run.yields;
  let missing: Live | undefined;
  for (const { live, after } of run.parts) {
    const text = live.write(item, scope);
    if (text !== undefined) {
      out += text;
      if (live.yields) kept = true;
    } else if (live.required !== undefined && missing === undefined) missing = live;
    if (after !== "") out += after;
  }
  if (!kept && !run.soft.some((shown) => shown(item, scope))) return undefined;
  if (missing !== undefined) throw requiredEmpty(missing.required as Place, missing.formula, scope, "element");
  return out;
}

export function requiredEmpty(
  place: Place,
  formula: CompiledFormula | undefined,
  scope: Scope,
  kind: "element" | "attribute" | "name",
): Error {
  const because = formula ? `, and = ${formula.source} gives nothing` : ", and it is empty";
  return mapError(
    "REQUIRED_EMPTY",
    { ...place, at: formula?.at ?? place.at },
    scope,
    `the schema requires this ${kind}${because}`,
  );
}

/** The piece only where the condition is true. */
export function onlyWhen(piece: Piece, when: CompiledFormula, required: Place | undefined): Live {
  const asked = (item: Value, scope: Scope): boolean => isTrue(when.evaluate(item, scope));
  if (typeof piece === "string") {
    return {
      write: (item, scope) => (asked(item, scope) ? piece : undefined),
      yields: false,
      shown: asked,
      formula: when,
      required,
    };
  }
  return {
    write: (item, scope) => (asked(item, scope) ? piece.write(item, scope) : undefined),
    yields: piece.yields,
    shown: piece.yields ? undefined : asked,
    formula: piece.formula ?? when,
    required,
  };
}

export interface EachOptions {
  readonly each: CompiledFormula;
  readonly when: CompiledFormula | undefined;
  /** Between two items: a comma in JSON. */
  readonly between: string;
  readonly place: Place;
}

/** One piece per item of a list. undefined = no item wrote anything. */
export function writeEach(piece: Piece, options: EachOptions): Write {
  const { each, when, between, place } = options;
  return (item, scope) => {
    const items = itemsOf(each.evaluate(item, scope));
    if (items.length === 0) return undefined;
    const inner = scopeOfEach(scope, item);
    let out: string | undefined;
    for (let index = 0; index < items.length; index += 1) {
      const current = items[index];
      inner.n = index + 1;
      if (when !== undefined && !isTrue(when.evaluate(current, inner))) continue;
      const text = typeof piece === "string" ? piece : piece.write(current, inner);
      if (text === undefined) continue;
      out = out === undefined ? text : out + between + text;
      checkSize(out, place, scope);
    }
    return out;
  };
}

export function place(path: string, at: Position): Place {
  return { path, at };
}
