// Literals and code tables against a simple type. Of a formula, what it gives is known only where it is a constant or
// comes from a table: = $code('rechtsform', RF), = FLAG = 'J' ? 'true' : 'false'.

import jsonata from "jsonata";
import type { ScalarNode } from "../bridge/tree.ts";
import type { TextType } from "../mapping/types.ts";
import type { TemplateCheck } from "./check-template-context.ts";
import { quote, shorten } from "./model/simple-type.ts";

export function checkText(
  node: ScalarNode,
  type: TextType,
  fixed: string | undefined,
  shown: string,
  check: TemplateCheck,
): void {
  if (!node.text.startsWith("=")) {
    // A leading apostrophe only says that the rest is no formula.
    const literal = node.text.startsWith("'=") ? node.text.slice(1) : node.text;
    return checkLiteral(literal, node, type, fixed, shown, check);
  }
  for (const result of resultsOf(node.text.slice(1))) {
    if (result.table === undefined) checkLiteral(result.text, node, type, fixed, shown, check);
    else checkTable(result.table, node, type, fixed, shown, check);
  }
}

function checkLiteral(
  text: string,
  node: ScalarNode,
  type: TextType,
  fixed: string | undefined,
  shown: string,
  check: TemplateCheck,
): void {
  const refused = refusal(text, type, fixed);
  if (refused === undefined) return;
  const hint = fixed ?? (type.enumeration?.length === 1 ? type.enumeration[0] : undefined);
  // A formula may give it in one of several cases only.
  const when = node.text.startsWith("=") ? "sometimes" : "always";
  const message = `${shown} will ${when} be invalid: ${refused}`;
  check.report(
    "error",
    "SCHEMA_CONSTANT",
    node.at,
    node.text.length,
    message,
    hint === undefined ? `Type ${type.name}` : `Write ${hint}`,
  );
}

function refusal(text: string, type: TextType, fixed: string | undefined): string | undefined {
  const refused = type.refuse(text);
  if (refused !== undefined || fixed === undefined || text.trim() === fixed.trim()) return refused;
  return `${quote(text)} is not the fixed value ${quote(fixed)}`;
}

function checkTable(
  table: string,
  node: ScalarNode,
  type: TextType,
  fixed: string | undefined,
  shown: string,
  check: TemplateCheck,
): void {
  const values = check.lookups.tableValues?.(table);
  if (values === undefined) return;
  const distinct = [...new Set(values)];
  const refused = distinct.filter((value) => refusal(value, type, fixed) !== undefined);
  if (refused.length === 0) return;
  const message = `${refused.length} of ${distinct.length} values of the code table ${table} are not allowed in ${shown}: ${shorten(refused)}`;
  const hint =
    type.enumeration === undefined
      ? `Type ${type.name}: ${refusal(refused[0] ?? "", type, fixed)}`
      : `Allowed: ${shorten(type.enumeration)}`;
  check.report("error", "SCHEMA_LIST", node.at, node.text.length, message, hint);
}

// ── what a formula can give ─────────────────────────────────────────────────────────────────────────────────────

interface Result {
  readonly text: string;
  /** Set where the values are those of a code table; `text` is empty then. */
  readonly table?: string;
}

/** The few parts of JSONata's syntax tree that are looked at. */
interface Syntax {
  readonly type?: string;
  readonly value?: unknown;
  readonly then?: Syntax;
  readonly else?: Syntax;
  readonly procedure?: Syntax;
  readonly arguments?: readonly Syntax[];
  readonly expressions?: readonly Syntax[];
}

const FORMULA_LIMIT = 20_000;
/** Functions that give their first argument or nothing. */
const TRANSPARENT = new Set(["required", "orEmpty"]);

function resultsOf(formula: string): readonly Result[] {
  if (formula.length > FORMULA_LIMIT) return [];
  try {
    return possible(jsonata(formula).ast());
  } catch {
    // The formula compiler reports what is wrong with it.
    return [];
  }
}

function possible(syntax: Syntax | undefined): readonly Result[] {
  if (syntax === undefined) return [];
  if (syntax.type === "string" && typeof syntax.value === "string") return [{ text: syntax.value }];
  if (syntax.type === "condition") return [...possible(syntax.then), ...possible(syntax.else)];
  if (syntax.type === "block") return possible(syntax.expressions?.at(-1));
  if (syntax.type !== "function" || typeof syntax.procedure?.value !== "string") return [];
  const [first, , third] = syntax.arguments ?? [];
  if (TRANSPARENT.has(syntax.procedure.value)) return possible(first);
  if (syntax.procedure.value !== "code" || first?.type !== "string" || typeof first.value !== "string") return [];
  return [{ text: "", table: first.value }, ...possible(third)];
}
