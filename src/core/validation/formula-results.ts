// What a formula can give, as far as it is known before any data comes: constants, the values of code tables, and either of
// them behind a condition or a name of map.let. Anything else gives no results, because only data tells.

import type { Ast } from "../mapping/formula/ast.ts";
import { fieldName } from "../mapping/formula/extra/index.ts";
import { ownVariables } from "../mapping/formula/names.ts";
import { literalOf } from "../mapping/formula/operators.ts";
import { parseFormula } from "../mapping/formula/parse.ts";

export type Result =
  | { readonly kind: "constant"; readonly value: string | number | boolean | null; readonly certain: boolean }
  /** Any value of one column of a code table. */
  | { readonly kind: "table"; readonly table: string; readonly values: readonly string[] };

/** What lies outside the formula. */
export interface FormulaLookups {
  /** Values in a column of `map.codes.<table>`, the value column where none is named; undefined where they are not known. */
  readonly tableValues?: (table: string, column?: string) => readonly string[] | undefined;
  /** The text under `map.let.<name>` as it stands in the bridge file. */
  readonly letText?: (name: string) => string | undefined;
}

/** Functions that give their first argument or nothing. */
const TRANSPARENT = new Set(["required", "orEmpty"]);
/** Names of map.let see those above them only; this ends circles of a file that is wrong. */
const DEEPEST_LET = 20;

/** `formula` is the text behind `=`. */
export function resultsOf(formula: string, lookups: FormulaLookups, depth = 0): readonly Result[] {
  if (depth > DEEPEST_LET) return [];
  let tree: Ast;
  try {
    tree = parseFormula(formula);
  } catch {
    // The formula compiler reports what is wrong with it.
    return [];
  }
  const own = ownVariables(tree);
  const letResults = (name: string): readonly Result[] => {
    const text = own.has(name) ? undefined : lookups.letText?.(name);
    if (text === undefined) return [];
    if (text.startsWith("=")) return resultsOf(text.slice(1), lookups, depth + 1);
    return [{ kind: "constant", value: text.startsWith("'=") ? text.slice(1) : text, certain: true }];
  };
  return possible(tree, true, { lookups, letResults });
}

interface Outside {
  readonly lookups: FormulaLookups;
  readonly letResults: (name: string) => readonly Result[];
}

function possible(node: Ast | undefined, certain: boolean, outside: Outside): readonly Result[] {
  if (node === undefined || node.predicate !== undefined || node.group !== undefined) return [];
  const value = literalOf(node);
  if (value !== undefined) return [{ kind: "constant", value, certain }];
  switch (node.type) {
    case "condition":
      return [...possible(node.then, false, outside), ...possible(node.else, false, outside)];
    case "block":
      return possible(node.expressions?.at(-1), certain, outside);
    case "variable":
      return outside.letResults(String(node.value));
    case "path":
      return columnOfRow(node, outside);
    case "function":
      return called(node, certain, outside);
    default:
      return [];
  }
}

function called(node: Ast, certain: boolean, outside: Outside): readonly Result[] {
  const name: unknown = node.procedure?.value;
  if (node.procedure?.type !== "variable" || typeof name !== "string") return [];
  const [first, , third] = node.arguments ?? [];
  if (TRANSPARENT.has(name)) return possible(first, certain, outside);
  const table = literalOf(first);
  if (name !== "code" || typeof table !== "string") return [];
  return [...tableResult(table, undefined, outside), ...possible(third, false, outside)];
}

/** `$row('ziele', AGS).KANAL`, and a field of a record that is called like nothing above. */
function columnOfRow(path: Ast, outside: Outside): readonly Result[] {
  const [call, column, more] = path.steps ?? [];
  if (fieldName(path) !== undefined || more !== undefined || column?.type !== "name") return [];
  if (column.stages !== undefined || call?.type !== "function" || call.procedure?.value !== "row") return [];
  const table = literalOf(call.arguments?.[0]);
  return typeof table === "string" ? tableResult(table, String(column.value), outside) : [];
}

function tableResult(table: string, column: string | undefined, { lookups }: Outside): readonly Result[] {
  const values = lookups.tableValues?.(table, column);
  return values === undefined ? [] : [{ kind: "table", table, values: [...new Set(values)] }];
}
