// What a formula amounts to, for those who compile around it: `=when: = FLAG` is almost always a slip, a constant can be
// checked against the schema at load.

import { fieldName } from "./extra/index.ts";
import { literalOf } from "./operators.ts";
import { parseFormula } from "./parse.ts";

export type FormulaShape =
  | { readonly kind: "field"; readonly name: string }
  | { readonly kind: "constant"; readonly value: string | number | boolean | null }
  | { readonly kind: "other" };

/** `source` is the text behind `=`. A formula with a syntax error is `other`. */
export function formulaShape(source: string): FormulaShape {
  try {
    const tree = parseFormula(source);
    const name = fieldName(tree);
    if (name !== undefined) return { kind: "field", name };
    const value = literalOf(tree);
    return value === undefined ? { kind: "other" } : { kind: "constant", value };
  } catch {
    return { kind: "other" };
  }
}
