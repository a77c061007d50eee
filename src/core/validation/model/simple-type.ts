// Simple types with all facets of their derivation (XSD part 2, 4.3), as far as a literal can be judged by itself:
// uniqueness, ID/IDREF and notations are libxml2's.

import { compareValues, decimalParts, type Primitive } from "./lexical.ts";
import type { TextType } from "../../mapping/types.ts";
import type { PatternTest } from "./pattern.ts";

export type WhiteSpace = "preserve" | "replace" | "collapse";

export interface SimpleType extends TextType {
  readonly variety: "atomic" | "list" | "union";
  readonly primitive: Primitive;
  readonly whiteSpace: WhiteSpace;
  /** The nearest built-in type that it restricts, as `int`; undefined for lists and unions. */
  readonly builtin: string | undefined;
  /** Some step has a pattern: another writing of the same value (007, 7) may not do. */
  readonly patterned: boolean;
  /** The restrictions since the built-in type, outermost last; absent = none, or no atomic type. */
  readonly steps?: readonly Facets[];
  /** Judges text whose whitespace is already normalised. */
  judge(text: string): string | undefined;
}

/** Facets of one restriction step. Patterns of one step are alternatives, steps add up. */
export interface Facets {
  readonly enumeration: readonly string[];
  readonly patterns: readonly { readonly source: string; readonly test: PatternTest | undefined }[];
  readonly whiteSpace: WhiteSpace | undefined;
  readonly length: number | undefined;
  readonly minLength: number | undefined;
  readonly maxLength: number | undefined;
  readonly minInclusive: string | undefined;
  readonly maxInclusive: string | undefined;
  readonly minExclusive: string | undefined;
  readonly maxExclusive: string | undefined;
  readonly totalDigits: number | undefined;
  readonly fractionDigits: number | undefined;
}

/** A type from its judge; normalising whitespace is done here once for all. */
export function simpleType(given: Omit<SimpleType, "refuse">): SimpleType {
  return { ...given, refuse: (text) => given.judge(normalise(text, given.whiteSpace)) };
}

export function normalise(text: string, whiteSpace: WhiteSpace): string {
  if (whiteSpace === "preserve") return text;
  const replaced = text.replace(/[\t\n\r]/g, " ");
  return whiteSpace === "replace" ? replaced : replaced.replace(/ {2,}/g, " ").replace(/^ | $/g, "");
}

export function restrictType(base: SimpleType, facets: Facets, name: string): SimpleType {
  const own = facets.enumeration.length > 0;
  const whiteSpace = facets.whiteSpace ?? base.whiteSpace;
  const allowed = own ? new Set(facets.enumeration.map((value) => canonical(value, base))) : undefined;
  const enumeration = own ? facets.enumeration.map((value) => normalise(value, whiteSpace)) : base.enumeration;
  const judge = (text: string): string | undefined => {
    const broken = base.judge(text);
    if (broken !== undefined) return broken;
    if (allowed !== undefined && !allowed.has(canonical(text, base)))
      return `${quote(text)} is not in the list: ${shorten(enumeration ?? [])}`;
    return (
      breaksPattern(text, facets) ??
      breaksLength(text, facets, base) ??
      breaksBounds(text, facets, base) ??
      breaksDigits(text, facets)
    );
  };
  const { variety, primitive, builtin } = base;
  const patterned = base.patterned || facets.patterns.length > 0;
  const steps = [...(base.steps ?? []), facets];
  return simpleType({ name, variety, primitive, builtin, patterned, whiteSpace, enumeration, steps, judge });
}

export function listType(item: SimpleType, name: string): SimpleType {
  const judge = (text: string): string | undefined => {
    for (const part of itemsOf(text)) {
      const broken = item.judge(part);
      if (broken !== undefined) return broken;
    }
    return undefined;
  };
  return simpleType({
    name,
    variety: "list",
    primitive: "string",
    whiteSpace: "collapse",
    builtin: undefined,
    patterned: false,
    enumeration: undefined,
    judge,
  });
}

/** A literal is fine if one member takes it; each member normalises whitespace its own way (XSD part 2, 4.1.2.3). */
export function unionType(members: readonly SimpleType[], name: string): SimpleType {
  const lists = members.map((member) => member.enumeration);
  const enumeration = lists.every((list) => list !== undefined) ? [...new Set(lists.flat())] : undefined;
  const judge = (text: string): string | undefined => {
    let first: string | undefined;
    for (const member of members) {
      const broken = member.refuse(text);
      if (broken === undefined) return undefined;
      first ??= broken;
    }
    if (enumeration !== undefined) return `${quote(text)} is not in the list: ${shorten(enumeration)}`;
    return members.length === 1
      ? first
      : `${quote(text)} is none of ${members.map((member) => member.name).join(", ")}`;
  };
  return simpleType({
    name,
    variety: "union",
    primitive: "string",
    whiteSpace: "preserve",
    builtin: undefined,
    patterned: false,
    enumeration,
    judge,
  });
}

function itemsOf(text: string): readonly string[] {
  return text.split(" ").filter((part) => part !== "");
}

/** Values of a list are compared, not their writing: 1.0 = 1. */
function canonical(text: string, base: SimpleType): string {
  if (base.variety !== "atomic") return base.variety === "list" ? itemsOf(text).join(" ") : text.trim();
  const plain = normalise(text, base.whiteSpace);
  if (base.primitive === "boolean") return plain === "1" ? "true" : plain === "0" ? "false" : plain;
  if (base.primitive === "float") return String(Number(plain));
  if (base.primitive !== "decimal") return plain;
  const { negative, whole, fraction } = decimalParts(plain);
  return `${negative ? "-" : ""}${whole}.${fraction}`;
}

function breaksPattern(text: string, facets: Facets): string | undefined {
  if (facets.patterns.length === 0) return undefined;
  const fits = facets.patterns.some(({ test }) => test === undefined || test(text));
  return fits
    ? undefined
    : `${quote(text)} does not match the pattern ${shortenText(facets.patterns.map(({ source }) => source).join(" | "))}`;
}

function breaksLength(text: string, facets: Facets, base: SimpleType): string | undefined {
  if (facets.length === undefined && facets.minLength === undefined && facets.maxLength === undefined) return undefined;
  // QName and NOTATION have no length (XSD part 2, 4.3.1.3, note).
  if (base.primitive === "QName" && base.variety === "atomic") return undefined;
  const count = lengthOf(text, base);
  const unit = base.variety === "list" ? "items" : "characters";
  if (facets.length !== undefined && count !== facets.length)
    return `${quote(text)} has ${count} ${unit} instead of ${facets.length}`;
  if (facets.minLength !== undefined && count < facets.minLength)
    return `${quote(text)} is shorter than ${facets.minLength} ${unit}`;
  if (facets.maxLength !== undefined && count > facets.maxLength)
    return `${quote(text)} is longer than ${facets.maxLength} ${unit}`;
  return undefined;
}

function lengthOf(text: string, base: SimpleType): number {
  if (base.variety === "list") return itemsOf(text).length;
  if (base.primitive === "hexBinary") return text.length / 2;
  if (base.primitive === "base64Binary") return Math.floor((text.replace(/[ =]/g, "").length * 3) / 4);
  return Array.from(text).length;
}

function breaksBounds(text: string, facets: Facets, base: SimpleType): string | undefined {
  if (base.variety !== "atomic") return undefined;
  const against = (bound: string | undefined): -1 | 0 | 1 | undefined =>
    bound === undefined ? undefined : compareValues(base.primitive, text, normalise(bound, "collapse"));
  if (against(facets.minInclusive) === -1) return `${quote(text)} is below ${facets.minInclusive}`;
  if (against(facets.maxInclusive) === 1) return `${quote(text)} is above ${facets.maxInclusive}`;
  if (facets.minExclusive !== undefined && [-1, 0].includes(against(facets.minExclusive) ?? 1))
    return `${quote(text)} is not above ${facets.minExclusive}`;
  if (facets.maxExclusive !== undefined && [0, 1].includes(against(facets.maxExclusive) ?? -1))
    return `${quote(text)} is not below ${facets.maxExclusive}`;
  return undefined;
}

function breaksDigits(text: string, facets: Facets): string | undefined {
  if (facets.totalDigits === undefined && facets.fractionDigits === undefined) return undefined;
  const { whole, fraction } = decimalParts(text);
  if (facets.totalDigits !== undefined && whole.length + fraction.length > facets.totalDigits) {
    return `${quote(text)} has more than ${facets.totalDigits} digits`;
  }
  if (facets.fractionDigits !== undefined && fraction.length > facets.fractionDigits) {
    return `${quote(text)} has more than ${facets.fractionDigits} digits behind the point`;
  }
  return undefined;
}

// ── words ───────────────────────────────────────────────────────────────────────────────────────────────────────

const SHOWN = 60;

export function quote(text: string): string {
  return `"${shortenText(text)}"`;
}

function shortenText(text: string): string {
  const plain = text.replace(/[\u0000-\u001f\u007f]/g, " ");
  return plain.length > SHOWN ? `${plain.slice(0, SHOWN)}…` : plain;
}

/** `A, B, C … (213)`. */
export function shorten(values: readonly string[]): string {
  const most = 8;
  const shown = values.slice(0, most).map(shortenText).join(", ");
  return values.length > most ? `${shown} … (${values.length})` : shown;
}
