// From the syntax tree to closures: one function per node type, and around it what every node can carry (predicates,
// grouping) and what every sequence undergoes (it dissolves when it has one item or none).

import type { Ast } from "./ast.ts";
import { matcher } from "./apply.ts";
import { compileApply, compileCall, compileLambda, compilePartial } from "./call.ts";
import { compileFilter } from "./filter.ts";
import { compileGroup } from "./group.ts";
import { compileArray, compileBinary, compileCondition, compileNegation } from "./operators.ts";
import { compilePath } from "./path.ts";
import { compilePattern } from "./regex.ts";
import {
  append,
  Fault,
  lookup,
  presentKeys,
  sequence,
  settle,
  settleKeeping,
  tick,
  unwrapInput,
  type Code,
  type Data,
  type Run,
} from "./runtime.ts";
import { compileTransform } from "./transform.ts";
import { openTupleScope } from "./tuples.ts";
import { bindings, openFrame, openScope, readVariable, slotOf, type Context } from "./variables.ts";

function flatten(value: Data, into: Data[]): Data[] {
  if (Array.isArray(value)) for (const item of value) flatten(item, into);
  else into.push(value);
  return into;
}

/** `*`: the values of all fields. */
function wildcard(input: Data, _frame: unknown, run: Run): Data {
  const object = unwrapInput(input);
  let results: Data = sequence();
  if (object === null || typeof object !== "object") return results;
  for (const key of presentKeys(object)) {
    tick(run, 1);
    const value = object[key];
    if (Array.isArray(value)) results = append(results, flatten(value, []), run);
    else results.push(value);
  }
  return results;
}

function descend(value: Data, results: Data[], run: Run): void {
  tick(run, 1);
  if (Array.isArray(value)) {
    for (const item of value) descend(item, results, run);
    return;
  }
  results.push(value);
  if (value === null || typeof value !== "object") return;
  for (const key of presentKeys(value)) descend(value[key], results, run);
}

/** `**`: everything below, and the item itself. */
function descendants(input: Data, _frame: unknown, run: Run): Data {
  if (input === undefined) return undefined;
  const results = sequence();
  descend(input, results, run);
  return results.length === 1 ? results[0] : results;
}

function compileBlock(node: Ast, context: Context): Code {
  const nodes = node.expressions ?? [];
  const names = bindings(nodes);
  const scope = names.size === 0 ? undefined : openScope(context.scope, names);
  const inner = scope === undefined ? context : { ...context, scope };
  const codes = nodes.map((expression) => context.compile(expression, inner));
  const [only] = codes;
  if (scope === undefined && codes.length === 1 && only !== undefined) return only;
  return (input, frame, run) => {
    const here = scope === undefined ? frame : openFrame(scope, frame);
    let result: Data;
    for (const code of codes) result = code(input, here, run);
    return result;
  };
}

function compileBind(node: Ast, context: Context): Code {
  const slot = slotOf(context, (node.lhs as Ast).value as string);
  const code = context.compile(node.rhs as Ast, context);
  return (input, frame, run) => {
    const value = code(input, frame, run);
    (frame as Data[])[slot] = value;
    return value;
  };
}

function compileBare(node: Ast, context: Context): Code {
  switch (node.type) {
    case "binary":
      return compileBinary(node, context);
    case "unary":
      if (node.value === "-") return compileNegation(node, context);
      if (node.value === "[") return compileArray(node, context);
      return compileGroup(
        { lhs: node.lhs as readonly (readonly [Ast, Ast])[], ...positionOf(node) },
        context,
        undefined,
      );
    case "name": {
      const name = node.value as string;
      return (input) => lookup(input, name);
    }
    case "string":
    case "number":
    case "value": {
      const { value } = node;
      return () => value;
    }
    case "wildcard":
      return wildcard;
    case "descendant":
      return descendants;
    case "parent":
      return readVariable(context, node.slot?.label ?? "");
    case "condition":
      return compileCondition(node, context);
    case "block":
      return compileBlock(node, context);
    case "bind":
      return compileBind(node, context);
    case "regex": {
      const value = matcher(compilePattern(node.value as RegExp, node.position));
      return () => value;
    }
    case "function":
      return compileCall(node, context);
    case "variable":
      return node.value === "" ? unwrapInput : readVariable(context, node.value as string);
    case "lambda":
      return compileLambda(node, context);
    case "partial":
      return compilePartial(node, context);
    case "apply":
      return compileApply(node, context);
    case "transform":
      return compileTransform(node, context);
    default:
      throw new Fault("S0206", { position: node.position, token: String(node.value) });
  }
}

function positionOf(node: Ast): { readonly position?: number } {
  return node.position === undefined ? {} : { position: node.position };
}

/** These never yield a sequence that could dissolve. */
const settled = new Set([
  "string",
  "number",
  "value",
  "lambda",
  "partial",
  "transform",
  "regex",
  "unary",
  "condition",
  "block",
  "bind",
  "function",
]);

export function compileNode(node: Ast, around: Context): Code {
  const context = { ...around, depth: around.depth + 1 };
  const finish = (bare: Code): Code => finishNode(node, context, bare);
  return node.type === "path" ? compilePath(node, context, finish) : finish(compileBare(node, context));
}

function finishNode(node: Ast, context: Context, bare: Code): Code {
  let code = bare;
  const tuples = node.tuple === true ? openTupleScope(node, context) : undefined;
  for (const stage of node.predicate ?? []) {
    if (stage.expr === undefined) continue;
    const inner = code;
    const filter = compileFilter(stage.expr, context, tuples);
    code = (input, frame, run) => filter(inner(input, frame, run), frame, run);
  }
  if (node.group !== undefined && node.type !== "path") {
    const inner = code;
    const group = compileGroup(node.group, context, tuples);
    code = (input, frame, run) => group(inner(input, frame, run), frame, run);
  }
  if (node.keepArray === true) return settling(code, settleKeeping);
  if (code === bare && settled.has(node.type)) return code;
  if (node.type === "binary" && node.value !== ".." && code === bare) return code;
  return settling(code, settle);
}

function settling(code: Code, how: (value: Data) => Data): Code {
  return (input, frame, run) => how(code(input, frame, run));
}
