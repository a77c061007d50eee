// A formula outside any bridge file: all of JSONata, also what bridge files refuse ($eval, $random), and the product's own
// functions.

import { BridgeError, CODES } from "../core/errors.ts";
import type { Code } from "../core/errors.ts";
import { compileExpression, formulaLimits } from "../core/mapping/formula/compile.ts";

/** What the compiler throws: a code of JSONata or of our own functions, and where in the formula. */
interface Raised {
  readonly code?: string;
  readonly position?: number;
  readonly message: string;
}

/** Throws BridgeError FORMULA_SYNTAX for a formula that cannot be read, FORMULA_FAILED for one that fails on this record. */
export function evaluateFormula(source: string, record: unknown): unknown {
  if (source.trim() === "") {
    throw failure("FORMULA_SYNTAX", source, { message: "there is no formula", position: 1 });
  }
  let expression;
  try {
    // The limits of a bridge: what takes longer here would be a dead letter there.
    expression = compileExpression(source, { extras: true, limits: formulaLimits });
  } catch (cause) {
    throw failure("FORMULA_SYNTAX", source, cause as Raised);
  }
  let value: unknown;
  try {
    value = expression.evaluate(record);
  } catch (cause) {
    throw failure("FORMULA_FAILED", source, cause as Raised);
  }
  // A function cannot be shown as JSON, and a bridge has no use for one either.
  if (value === undefined || JSON.stringify(value) !== undefined) return value;
  throw failure("FORMULA_FAILED", source, { message: "the formula gives a function, not a value; call it with (…)" });
}

function failure(code: "FORMULA_SYNTAX" | "FORMULA_FAILED", source: string, raised: Raised): BridgeError {
  const before = source.slice(0, Math.max(0, (raised.position ?? 1) - 1)).split("\n");
  const position = { file: "formula", line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  const shown = raised.code === undefined ? raised.message : `${raised.code}: ${raised.message}`;
  return new BridgeError(code, shown, { stage: "map", position, hint: hintOf(code, raised.code) });
}

/** Our own functions have hints of their own; those of formulas speak of bridges. */
function hintOf(code: "FORMULA_SYNTAX" | "FORMULA_FAILED", inner: string | undefined): string {
  if (code === "FORMULA_SYNTAX") return "The language is JSONata: https://docs.jsonata.org";
  if (inner === "FORMULA_PLACE") return "steg try BRIDGE FILE --record N shows it with the bridge's lists and a drop.";
  const own = inner !== undefined && Object.hasOwn(CODES, inner) ? CODES[inner as Code] : undefined;
  return own?.hint ?? "The record comes from --input FILE or stdin; $ alone shows it.";
}
