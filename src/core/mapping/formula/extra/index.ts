// Steg's own functions by name, and how a call of one is compiled.

import type { Ast } from "../ast.ts";
import { nativeFunction, placed, type Native } from "../apply.ts";
import { literalOf } from "../operators.ts";
import type { Code, Data, FunctionValue } from "../runtime.ts";
import { parseSignature, withoutContext } from "../signature.ts";
import type { Context } from "../variables.ts";
import { attachmentFunctions } from "./attachments.ts";
import type { Argument, Extra } from "./contract.ts";
import { dateFunctions } from "./dates.ts";
import { decimalFunctions } from "./decimals.ts";
import { latinFunctions } from "./latin.ts";
import { tableFunctions } from "./tables.ts";
import { valueFunctions } from "./values.ts";

export const extras: ReadonlyMap<string, Extra> = new Map(
  [
    ...dateFunctions,
    ...decimalFunctions,
    ...tableFunctions,
    ...valueFunctions,
    ...latinFunctions,
    ...attachmentFunctions,
  ].map((extra) => [extra.name, extra]),
);

const unnamed = "the value";

/** As values, or behind `~>`: nothing is known of the arguments. */
export const extraNatives: ReadonlyMap<string, Native> = new Map(
  [...extras.values()].map((extra) => [
    extra.name,
    {
      name: extra.name,
      signature: parseSignature(extra.signature),
      // Handed on, even a function that needs no argument gets the one it is called for.
      arity: Math.max(1, extra.least),
      call: (run, ...args) => extra.call(run, unnamed, ...args),
    } satisfies Native,
  ]),
);

export const extraValues: ReadonlyMap<string, FunctionValue> = new Map(
  [...extraNatives].map(([name, native]) => [name, nativeFunction(native)]),
);

/** The name of a plain field: `FIRMA`, `$$.FIRMA`. */
export function fieldName(node: Ast): string | undefined {
  if (node.type !== "path" || node.group !== undefined) return undefined;
  const steps = node.steps ?? [];
  const [first] = steps;
  const named = first?.type === "variable" && (first.value === "$" || first.value === "") ? steps.slice(1) : steps;
  const [only] = named;
  if (named.length !== 1 || only?.type !== "name" || only.stages !== undefined) return undefined;
  return only.value as string;
}

function labelOf(node: Ast): string {
  const name = fieldName(node);
  return name === undefined ? unnamed : `column ${name}`;
}

/** Undefined = an ordinary call, in which the signature may take the first argument from the context. */
export function compileExtra(extra: Extra, node: Ast, context: Context): Code | undefined {
  const nodes = node.arguments ?? [];
  if (nodes.length < extra.least || nodes.length > extra.most) return undefined;
  const args: Argument[] = nodes.map((arg) => ({
    node: arg,
    code: context.compile(arg, context),
    literal: literalOf(arg),
    label: labelOf(arg),
  }));
  const { position } = node;
  const placing =
    (code: Code): Code =>
    (input, frame, run) => {
      try {
        return code(input, frame, run);
      } catch (error) {
        throw placed(error, position, extra.name);
      }
    };
  let prepared: Code | undefined;
  try {
    prepared = extra.prepare?.(args);
  } catch (error) {
    throw placed(error, position, extra.name);
  }
  if (prepared !== undefined) return placing(prepared);
  const label = (extra.name === "code" || extra.name === "row" ? args[1] : args[0])?.label ?? unnamed;
  const codes = args.map((arg) => arg.code);
  const signature = withoutContext(parseSignature(extra.signature));
  return placing((input, frame, run) => {
    const values: Data[] = codes.map((code) => code(input, frame, run));
    return extra.call(run, label, ...signature.validate(values, undefined));
  });
}
