// The oracle of the formula tests: the jsonata package's own evaluator beside ours, results made comparable.

import jsonata from "jsonata";
import { compileExpression } from "../../src/core/mapping/formula/expression.ts";

export type Outcome = { readonly value: unknown } | { readonly code: string };

export interface OracleOptions {
  readonly timeout?: number;
  readonly stack?: number;
}

/** Functions become a mark, absent is told from null, -0 is 0, prototypes do not count. */
export function comparable(value: unknown): unknown {
  if (value === undefined) return { absent: true };
  if (typeof value === "function") return "ƒ";
  if (Array.isArray(value)) return value.map((item) => (item === undefined ? null : comparable(item)));
  if (value === null || typeof value !== "object") return Object.is(value, -0) ? 0 : value;
  if (Object.hasOwn(value, "_jsonata_lambda") || Object.hasOwn(value, "_jsonata_function")) return "ƒ";
  return Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .map(([name, field]) => [name, comparable(field)]);
}

/** Errors of JavaScript itself have no code. */
function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : "none";
}

export async function packageOutcome(
  source: string,
  input: unknown,
  bindings?: Record<string, unknown>,
  options: OracleOptions = {},
): Promise<Outcome> {
  try {
    return { value: comparable(await jsonata(source, options).evaluate(input, bindings)) };
  } catch (error) {
    return { code: codeOf(error) };
  }
}

export function ourOutcome(
  source: string,
  input: unknown,
  bindings?: Record<string, unknown>,
  options: OracleOptions = {},
): Outcome {
  const limits = {
    ...(options.timeout === undefined ? {} : { millis: options.timeout }),
    ...(options.stack === undefined ? {} : { depth: options.stack }),
  };
  try {
    return { value: comparable(compileExpression(source, { limits }).evaluate(input, bindings)) };
  } catch (error) {
    return { code: codeOf(error) };
  }
}
