// The syntax tree of an expression. Names are resolved: prefixes are gone.

import type { ItemType, SequenceType } from "./types.ts";

export type Axis =
  | "child"
  | "attribute"
  | "self"
  | "parent"
  | "descendant"
  | "descendant-or-self"
  | "ancestor"
  | "ancestor-or-self"
  | "following-sibling"
  | "preceding-sibling"
  | "following"
  | "preceding";

/** What a step looks for. `name`: of the axis' own kind of node. */
export type NodeTest =
  | { readonly kind: "name"; readonly key: string }
  /** `*`, `p:*`, `*:a`: undefined = any. */
  | { readonly kind: "wild"; readonly namespace: string | undefined; readonly local: string | undefined }
  | { readonly kind: "type"; readonly type: ItemType };

export interface Step {
  readonly kind: "step";
  readonly axis: Axis;
  readonly test: NodeTest;
  readonly predicates: readonly Ast[];
  readonly at: number;
}

export type Comparison = "eq" | "ne" | "lt" | "le" | "gt" | "ge";
export type Arithmetic = "+" | "-" | "*" | "div" | "idiv" | "mod";
export type NodeOperator = "union" | "intersect" | "except" | "is" | "<<" | ">>";

export type Ast =
  | {
      readonly kind: "literal";
      readonly type: "integer" | "decimal" | "double" | "string";
      readonly text: string;
      readonly at: number;
    }
  | { readonly kind: "variable"; readonly key: string; readonly at: number }
  | { readonly kind: "context"; readonly at: number }
  /** The items one behind the other; none = (). */
  | { readonly kind: "sequence"; readonly items: readonly Ast[]; readonly at: number }
  | { readonly kind: "call"; readonly key: string; readonly args: readonly Ast[]; readonly at: number }
  | { readonly kind: "if"; readonly when: Ast; readonly yes: Ast; readonly no: Ast; readonly at: number }
  | { readonly kind: "for" | "let"; readonly key: string; readonly in: Ast; readonly return: Ast; readonly at: number }
  | {
      readonly kind: "some" | "every";
      readonly key: string;
      readonly in: Ast;
      readonly satisfies: Ast;
      readonly at: number;
    }
  | { readonly kind: "and" | "or"; readonly left: Ast; readonly right: Ast; readonly at: number }
  | {
      readonly kind: "compare";
      readonly operator: Comparison;
      /** `=` and its like: some pair of both sides. */
      readonly general: boolean;
      readonly left: Ast;
      readonly right: Ast;
      readonly at: number;
    }
  | {
      readonly kind: "nodes";
      readonly operator: NodeOperator;
      readonly left: Ast;
      readonly right: Ast;
      readonly at: number;
    }
  | { readonly kind: "concat" | "range"; readonly left: Ast; readonly right: Ast; readonly at: number }
  | {
      readonly kind: "arithmetic";
      readonly operator: Arithmetic;
      readonly left: Ast;
      readonly right: Ast;
      readonly at: number;
    }
  | { readonly kind: "negate" | "plus"; readonly of: Ast; readonly at: number }
  | { readonly kind: "instance" | "treat"; readonly of: Ast; readonly type: SequenceType; readonly at: number }
  | {
      readonly kind: "cast" | "castable";
      readonly of: Ast;
      readonly type: string;
      readonly optional: boolean;
      readonly at: number;
    }
  /** `a ! b`: b for each of a. */
  | { readonly kind: "each"; readonly of: Ast; readonly do: Ast; readonly at: number }
  /** From the document node (`rooted`), from the context or from the first step where that is no Step. */
  | { readonly kind: "path"; readonly rooted: boolean; readonly steps: readonly (Step | Ast)[]; readonly at: number }
  | { readonly kind: "filter"; readonly of: Ast; readonly predicates: readonly Ast[]; readonly at: number }
  | Step;

/** Prefix → namespace; undefined where the prefix stands for none. */
export type Prefixes = (prefix: string) => string | undefined;

export const FN = "http://www.w3.org/2005/xpath-functions";
export const XS = "http://www.w3.org/2001/XMLSchema";
