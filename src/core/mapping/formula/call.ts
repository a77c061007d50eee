// Calls, lambdas and partial applications.
//
// A call of a library function that nothing shadows is compiled to a direct call: where the arguments have the declared
// types the function is called at once, else the signature decides, with the context and all its error codes.

import type { Ast } from "./ast.ts";
import {
  apply,
  chain,
  handOn,
  hole,
  makeFunction,
  partial,
  placed,
  TailCall,
  unchecked,
  type Native,
} from "./apply.ts";
import { higherOrder } from "./library/index.ts";
import { compileItems, literalOf, makeArray, type ArrayItem } from "./operators.ts";
import { Fault, grown, isFunction, settle, tick, type Code, type Data } from "./runtime.ts";
import { parseSignature, type Signature } from "./signature.ts";
import { bindings, openFrame, openScope, type Context } from "./variables.ts";

function nameOf(procedure: Ast): string | undefined {
  const value = procedure.type === "path" ? procedure.steps?.[0]?.value : procedure.value;
  return typeof value === "string" ? value : undefined;
}

/** `sum(list)` without its `$` is a field that does not exist. */
function forgotten(procedure: Ast, context: Context): Code | undefined {
  if (procedure.type !== "path") return undefined;
  const name = nameOf(procedure);
  return name === undefined ? undefined : context.compile({ type: "variable", value: name, position: 0 }, context);
}

// ── direct calls ────────────────────────────────────────────────────────────────────────────────────────────────

/** What `typeof` says of an argument that fits; undefined = anything does. */
const typeofs: Readonly<Record<string, readonly string[] | undefined>> = {
  s: ["string", "string"],
  n: ["number", "number"],
  b: ["boolean", "boolean"],
  f: ["function", "function"],
  "(sf)": ["string", "function"],
  "(nsb)": ["string", "number"],
};

function checks(native: Native, count: number): readonly (readonly string[] | undefined)[] | undefined {
  const { parameters } = native.signature;
  if (count > parameters.length || count === 0) return undefined;
  const found: (readonly string[] | undefined)[] = [];
  for (const [index, parameter] of parameters.entries()) {
    if (index >= count) {
      if (!parameter.optional) return undefined;
      continue;
    }
    if (parameter.type === "x") found.push(undefined);
    else if (typeofs[parameter.type] === undefined) return undefined;
    else found.push(typeofs[parameter.type]);
  }
  return found;
}

function fits(value: Data, allowed: readonly string[] | undefined): boolean {
  if (allowed === undefined || value === undefined) return true;
  const type = typeof value;
  return type === allowed[0] || type === allowed[1];
}

function compileDirect(native: Native, args: readonly Code[], slow: Code): Code | undefined {
  const kinds = checks(native, args.length);
  if (kinds === undefined) return undefined;
  const { call } = native;
  const [a, b, c] = args;
  const [kindA, kindB, kindC] = kinds;
  if (a === undefined) return undefined;
  if (b === undefined) {
    return (input, frame, run) => {
      const x = a(input, frame, run);
      return fits(x, kindA) ? settle(call(run, x)) : slow(input, frame, run);
    };
  }
  if (c === undefined) {
    return (input, frame, run) => {
      const x = a(input, frame, run);
      const y = b(input, frame, run);
      return fits(x, kindA) && fits(y, kindB) ? settle(call(run, x, y)) : slow(input, frame, run);
    };
  }
  return (input, frame, run) => {
    const x = a(input, frame, run);
    const y = b(input, frame, run);
    const z = c(input, frame, run);
    if (!(fits(x, kindA) && fits(y, kindB) && fits(z, kindC))) return slow(input, frame, run);
    if (args.length === 3) return settle(call(run, x, y, z));
    const rest = args.slice(3).map((code) => code(input, frame, run));
    return rest.every((value, index) => fits(value, kinds[index + 3]))
      ? settle(call(run, x, y, z, ...rest))
      : slow(input, frame, run);
  };
}

/** `$join([A, B], ' ')` without making the list; anything but texts goes the long way. */
function joinDirectly(items: readonly ArrayItem[], between: string, slow: Code): Code {
  return (input, frame, run) => {
    let text = "";
    let some = false;
    for (let index = 0; index < items.length; index += 1) {
      const value = items[index]?.code(input, frame, run);
      if (typeof value === "string") {
        text = some ? text + between + value : value;
        some = true;
      } else if (value !== undefined) return slow(input, frame, run);
    }
    return some ? grown(text, run) : slow(input, frame, run);
  };
}

function isBareConstructor(node: Ast | undefined): node is Ast {
  return (
    node?.type === "unary" &&
    node.value === "[" &&
    node.predicate === undefined &&
    node.group === undefined &&
    node.keepArray !== true &&
    node.consarray !== true
  );
}

// ── calls ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** `codes` are the arguments, the left side of `~>` as the first among them. */
function compileGeneralCall(node: Ast, context: Context, codes: readonly Code[], piped: boolean): Code {
  const procedure = node.procedure as Ast;
  const target = context.compile(procedure, context);
  const hint = forgotten(procedure, context);
  const token = nameOf(procedure);
  const { position } = node;
  const { depth } = context;
  return (input, frame, run) => {
    const func = target(input, frame, run);
    if (func === undefined && hint?.(input, frame, run) !== undefined) {
      throw new Fault("T1005", { position, ...(token === undefined ? {} : { token }) });
    }
    const args: Data[] = [];
    for (let index = 0; index < codes.length; index += 1) {
      const arg = codes[index]?.(input, frame, run);
      args.push(piped && index === 0 ? arg : handOn(arg));
    }
    const outer = run.depth;
    run.depth = outer + depth;
    try {
      const result = apply(func, args, input, run);
      run.depth = outer;
      return settle(result);
    } catch (error) {
      throw placed(error, position, token);
    }
  };
}

/** $contains, $match, $replace and $split call nothing back when they are given literals. */
function callsBack(name: string, args: readonly Ast[]): boolean {
  if (!higherOrder.has(name)) return false;
  if (!["contains", "match", "replace", "split"].includes(name)) return true;
  return !args.every((arg) => arg.type === "regex" || literalOf(arg) !== undefined);
}

function compileNamedCall(name: string, native: Native, node: Ast, context: Context, first: Code | undefined): Code {
  const nodes = node.arguments ?? [];
  const [list, separator] = nodes;
  const between = separator === undefined ? "" : literalOf(separator);
  const joins = name === "join" && first === undefined && isBareConstructor(list) && typeof between === "string";
  const items = joins ? compileItems(list, context) : [];
  const codes = nodes.map((arg, index) =>
    joins && index === 0 ? makeArray(items, false) : context.compile(arg, context),
  );
  if (first !== undefined) codes.unshift(first);
  const slow = compileGeneralCall(node, context, codes, first !== undefined);
  if (joins && items.length > 0) return joinDirectly(items, between, slow);
  if (callsBack(name, nodes.slice(first === undefined ? 1 : 0))) return slow;
  return compileDirect(native, codes, slow) ?? slow;
}

/** `first` computes the left side of `~>`, which becomes the first argument. */
export function compileCall(node: Ast, context: Context, first?: Code): Code {
  const procedure = node.procedure as Ast;
  const name = procedure.type === "variable" && procedure.predicate === undefined ? nameOf(procedure) : undefined;
  if (name !== undefined && first === undefined) {
    const special = context.special(name, node, context);
    if (special !== undefined) return special;
  }
  const native = name === undefined ? undefined : context.native(name);
  if (name === undefined || native === undefined) {
    const codes = (node.arguments ?? []).map((arg) => context.compile(arg, context));
    if (first !== undefined) codes.unshift(first);
    return compileGeneralCall(node, context, codes, first !== undefined);
  }
  const code = compileNamedCall(name, native, node, context, first);
  const { position } = node;
  return (input, frame, run) => {
    try {
      return code(input, frame, run);
    } catch (error) {
      throw placed(error, position, name);
    }
  };
}

/** `value ~> f`, `f ~> g`. */
export function compileApply(node: Ast, context: Context): Code {
  const left = context.compile(node.lhs as Ast, context);
  const right = node.rhs as Ast;
  if (right.type === "function") return compileCall(right, context, left);
  const target = context.compile(right, context);
  const { position } = node;
  const { depth } = context;
  return (input, frame, run) => {
    const value = left(input, frame, run);
    const func = target(input, frame, run);
    if (!isFunction(func)) throw new Fault("T2006", { value: func, position });
    if (isFunction(value)) return chain(value, func);
    const outer = run.depth;
    run.depth = outer + depth;
    const result = apply(func, [value], null, run);
    run.depth = outer;
    return result;
  };
}

export function compilePartial(node: Ast, context: Context): Code {
  const procedure = node.procedure as Ast;
  const target = context.compile(procedure, context);
  const codes = (node.arguments ?? []).map((arg) =>
    arg.type === "operator" && arg.value === "?" ? undefined : context.compile(arg, context),
  );
  const hint = forgotten(procedure, context);
  const token = nameOf(procedure);
  const { position } = node;
  return (input, frame, run) => {
    const template = codes.map((code) => (code === undefined ? hole : code(input, frame, run)));
    const func = target(input, frame, run);
    if (isFunction(func)) return partial(func, template);
    const code = func === undefined && hint?.(input, frame, run) !== undefined ? "T1007" : "T1008";
    throw new Fault(code, { value: func, position, ...(token === undefined ? {} : { token }) });
  };
}

// ── lambdas ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** The last call of a lambda's body: evaluated here, made by whoever called the lambda. */
function compileTailCall(node: Ast, context: Context): Code {
  const call = node.body as Ast;
  const procedure = call.procedure as Ast;
  const target = context.compile(procedure, context);
  const codes = (call.arguments ?? []).map((arg) => context.compile(arg, context));
  const token = procedure.type === "variable" ? nameOf(procedure) : undefined;
  const position = call.position ?? procedure.position;
  return (input, frame, run) => {
    const func = target(input, frame, run);
    const args = codes.map((code) => code(input, frame, run));
    return new TailCall(func, args, position, token);
  };
}

/** Evaluations that running a node nests at least; what the depth limit is checked against on entry of a lambda. */
function leastDepth(node: Ast | undefined): number {
  if (node === undefined) return 0;
  const most = (nodes: readonly (Ast | undefined)[]): number => Math.max(0, ...nodes.map(leastDepth));
  switch (node.type) {
    case "condition":
      return 1 + leastDepth(node.condition);
    case "block":
      return 1 + most(node.expressions ?? []);
    case "binary":
      return 1 + most(node.value === "and" || node.value === "or" ? [node.lhs as Ast] : [node.lhs as Ast, node.rhs]);
    case "bind":
      return 1 + leastDepth(node.rhs);
    case "function":
      return 1 + most([node.procedure, ...(node.arguments ?? [])]);
    default:
      return 1;
  }
}

export function compileLambda(node: Ast, context: Context): Code {
  if (node.thunk === true) return compileTailCall(node, context);
  const body = node.body as Ast;
  const parameters = (node.arguments ?? []).map((parameter) => parameter.value as string);
  const scope = openScope(context.scope, bindings([body]), parameters);
  const code = context.compile(body, { ...context, scope, depth: 0 });
  const slots = parameters.map((name) => scope.slots.get(name) ?? 0);
  const signature: Signature | undefined =
    node.signature === undefined ? undefined : parseSignature(node.signature.definition);
  const info = { arity: parameters.length, contextual: signature?.contextual ?? false };
  const least = leastDepth(body);
  const bound = scope.size - 1 > new Set(parameters).size;
  return (input, frame) =>
    makeFunction((args, context, run) => {
      tick(run, 1);
      if (run.depth + least > run.limits.depth) throw new Fault("D1011", { note: String(run.limits.depth) });
      const valid = signature === undefined || context === unchecked ? args : signature.validate(args, context);
      const inner: Data[] = bound ? openFrame(scope, frame) : [frame];
      for (let index = 0; index < slots.length; index += 1) inner[slots[index] as number] = valid[index];
      return code(input, inner, run);
    }, info);
}
