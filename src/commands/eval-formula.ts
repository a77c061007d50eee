// A formula outside any bridge file: all of JSONata, also what bridge files refuse ($eval, $random), and the product's own
// functions.

import { BridgeError } from "../core/errors.ts";
import { compileExpression } from "../core/mapping/formula/compile.ts";

/** What the compiler throws: a code of JSONata or of our own functions, and where in the formula. */
interface Raised {
  readonly code?: string;
  readonly position?: number;
  readonly message: string;
}

/** Throws BridgeError FORMULA_SYNTAX for a formula that cannot be read, FORMULA_FAILED for one that fails on this record. */
export function evaluateFormula(source: string, record: unknown): unknown {
  let expression;
  try {
    expression = compileExpression(source, { extras: true });
  } catch (cause) {
    throw failure("FORMULA_SYNTAX", source, cause as Raised);
  }
  try {
    return expression.evaluate(record);
  } catch (cause) {
    throw failure("FORMULA_FAILED", source, cause as Raised);
  }
}

function failure(code: "FORMULA_SYNTAX" | "FORMULA_FAILED", source: string, raised: Raised): BridgeError {
  const before = source.slice(0, Math.max(0, (raised.position ?? 1) - 1)).split("\n");
  const position = { file: "formula", line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  const shown = raised.code === undefined ? raised.message : `${raised.code}: ${raised.message}`;
  return new BridgeError(code, shown, {
    stage: "map",
    position,
    hint: code === "FORMULA_SYNTAX" ? "The language is JSONata: https://docs.jsonata.org" : undefined,
  });
}
