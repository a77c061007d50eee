// A rule set as read: ISO/IEC 19757-3 with all files together, abstract patterns and rules still apart.

import type { Prefixes } from "../xpath/ast.ts";
import type { XNode } from "../xpath/tree.ts";

export const SCHEMATRON = "http://purl.oclc.org/dsdl/schematron";
export const XSLT = "http://www.w3.org/1999/XSL/Transform";

/** Where something stands in the rules, for people. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** An expression with all that is needed to compile it. */
export interface Query {
  readonly text: string;
  readonly place: Place;
  readonly prefixes: Prefixes;
}

export interface Let {
  readonly name: string;
  readonly value: Query;
}

/** A message: texts, `value-of` (computed, may show values) and `name` (of the node or of what `path` leads to). */
export type TextPart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "value"; readonly select: Query }
  | { readonly kind: "name"; readonly path: Query | undefined };

/** `flag` and `role`, as written. */
export interface Marks {
  readonly flag: string | undefined;
  readonly role: string | undefined;
}

export interface Assertion extends Marks {
  readonly kind: "assert" | "report";
  readonly id: string | undefined;
  readonly test: Query;
  /** Where the finding is, seen from the context. */
  readonly subject: Query | undefined;
  readonly diagnostics: readonly string[];
  readonly text: readonly TextPart[];
  readonly place: Place;
}

export interface Rule extends Marks {
  readonly id: string | undefined;
  readonly abstract: boolean;
  /** undefined only where it is abstract. */
  readonly context: Query | undefined;
  /** Lets, assertions and `extends`, in their order. */
  readonly parts: readonly RulePart[];
  readonly subject: Query | undefined;
  readonly place: Place;
}

export type RulePart =
  | { readonly kind: "let"; readonly let: Let }
  | { readonly kind: "assertion"; readonly assertion: Assertion }
  | { readonly kind: "extends"; readonly rule: string; readonly place: Place };

export interface Pattern {
  readonly id: string | undefined;
  readonly abstract: boolean;
  /** Name of the abstract pattern this one is made from. */
  readonly isA: string | undefined;
  readonly parameters: ReadonlyMap<string, string>;
  readonly lets: readonly Let[];
  readonly rules: readonly Rule[];
  readonly place: Place;
}

export interface Phase {
  readonly id: string;
  readonly active: readonly { readonly pattern: string; readonly place: Place }[];
  readonly lets: readonly Let[];
}

export interface Diagnostic {
  readonly id: string;
  readonly text: readonly TextPart[];
}

export interface RuleSet {
  /** File the bridge names. */
  readonly file: string;
  readonly binding: { readonly name: string | undefined; readonly place: Place };
  readonly defaultPhase: string | undefined;
  readonly lets: readonly Let[];
  readonly phases: readonly Phase[];
  readonly patterns: readonly Pattern[];
  readonly diagnostics: ReadonlyMap<string, Diagnostic>;
  /** xsl:function and xsl:key. */
  readonly functions: readonly Foreign[];
  readonly keys: readonly Foreign[];
}

/** An element of XSLT with what its expressions need. */
export interface Foreign {
  readonly node: XNode;
  readonly place: (node: XNode) => Place;
  readonly prefixes: (node: XNode) => Prefixes;
}
