// A failure at run time, as the rest of the product knows it. The message is the same for all records with the same
// cause, so that dead letters can be counted by cause; the number of the record and the value stand in the detail.

import type { Scope } from "../../contract.ts";
import { BridgeError, type Code, type Position } from "../../errors.ts";
import { describeFault, limitCodes } from "./messages.ts";
import { type Data, type Fault } from "./runtime.ts";

const ours: ReadonlySet<string> = new Set([
  "CODE_UNKNOWN",
  "DATE_INVALID",
  "DECIMAL_INVALID",
  "LATIN_INVALID",
  "PATTERN_INVALID",
  "SLICE_INVALID",
  "TABLE_UNKNOWN",
  "VALUE_REQUIRED",
]);

const mostFormula = 80;
const mostDetail = 500;

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function codeOf(fault: Fault): Code {
  if (ours.has(fault.code)) return fault.code as Code;
  if (fault.code === "ZONE_UNKNOWN") return "ZONE_UNKNOWN";
  return limitCodes.has(fault.code) ? "FORMULA_LIMIT" : "FORMULA_FAILED";
}

function textOf(fault: Fault): string {
  if (ours.has(fault.code)) return fault.note ?? "it failed";
  if (fault.code === "ZONE_UNKNOWN") return "there is no such time zone";
  if (fault.code === "FORMULA_PLACE") return fault.note ?? "it cannot be used here";
  if (fault.code === "FUNCTION_RESULT") return "the formula gives a function, not a value; call it with (…)";
  return describeFault(fault);
}

function valueText(value: Data): string {
  if (value === undefined) return "absent";
  try {
    return JSON.stringify(value) ?? typeof value;
  } catch {
    return typeof value;
  }
}

/** `locate` takes an offset of the formula's text. JSONata's positions are behind the token. */
export function bridgeError(
  fault: Fault,
  source: { readonly text: string; locate(offset: number): Position },
  scope: Scope,
): BridgeError {
  const code = codeOf(fault);
  const behind = fault.position ?? 0;
  const offset = Math.max(0, Math.min(source.text.length - 1, behind - (fault.token?.length ?? 1)));
  const formula = cut(source.text.replaceAll(/\s+/g, " "), mostFormula);
  const text = textOf(fault);
  // What names its column is clear without the formula.
  return new BridgeError(code, text.startsWith("column ") ? text : `${text}: = ${formula}`, {
    stage: "map",
    position: source.locate(offset),
    detail: `record ${scope.index}: ${cut(valueText(fault.value), mostDetail)}`,
    facts: fault.facts,
  });
}
