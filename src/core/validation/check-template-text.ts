// Literals and code tables against a simple type. Of a formula, what it gives is known only where it is a constant or
// comes from a table: = $code('rechtsform', RF), = FLAG = 'J' ? 'true' : 'false'.

import type { ScalarNode } from "../bridge/tree.ts";
import type { TextType } from "../mapping/types.ts";
import type { TemplateCheck } from "./check-template-context.ts";
import { resultsOf } from "./formula-results.ts";
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
    return checkLiteral(literal, "always", node, type, fixed, shown, check);
  }
  for (const result of resultsOf(node.text.slice(1), check.lookups)) {
    if (result.kind === "table") checkTable(result.table, result.values, node, type, fixed, shown, check);
    // null makes no node, as an absent value does.
    else if (result.value !== null) {
      const often = result.certain ? "always" : "sometimes";
      checkLiteral(String(result.value), often, node, type, fixed, shown, check);
    }
  }
}

function checkLiteral(
  text: string,
  often: "always" | "sometimes",
  node: ScalarNode,
  type: TextType,
  fixed: string | undefined,
  shown: string,
  check: TemplateCheck,
): void {
  const refused = refusal(text, type, fixed);
  if (refused === undefined) return;
  const hint = fixed ?? (type.enumeration?.length === 1 ? type.enumeration[0] : undefined);
  const message = `${shown} will ${often} be invalid: ${refused}`;
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
  distinct: readonly string[],
  node: ScalarNode,
  type: TextType,
  fixed: string | undefined,
  shown: string,
  check: TemplateCheck,
): void {
  const refused = distinct.filter((value) => refusal(value, type, fixed) !== undefined);
  if (refused.length === 0) return;
  const message = `${refused.length} of ${distinct.length} values of the code table ${table} are not allowed in ${shown}: ${shorten(refused)}`;
  const hint =
    type.enumeration === undefined
      ? `Type ${type.name}: ${refusal(refused[0] ?? "", type, fixed)}`
      : `Allowed: ${shorten(type.enumeration)}`;
  check.report("error", "SCHEMA_LIST", node.at, node.text.length, message, hint);
}
