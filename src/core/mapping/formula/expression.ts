// JSONata whole, for `steg eval` and the conformance test: any input, any bindings, $eval and $random too.

import type { Ast } from "./ast.ts";
import { makeFunction } from "./apply.ts";
import { compileExtra, extraNatives, extras, extraValues } from "./extra/index.ts";
import { compileNode } from "./generate.ts";
import { natives, nativeValues } from "./library/index.ts";
import { describeFault, limitCodes } from "./messages.ts";
import { parseFormula } from "./parse.ts";
import {
  Fault,
  isFunction,
  newRun,
  settle,
  unmark,
  wrapInput,
  type Code,
  type Data,
  type Frame,
  type Limits,
  type Run,
} from "./runtime.ts";
import { bindings as boundNames, isLocal, openFrame, openScope, type Context } from "./variables.ts";

export interface ExpressionOptions {
  readonly limits?: Partial<Limits>;
  /** Steg's own functions ($date, $decimal …) beside JSONata's. */
  readonly extras?: boolean;
}

export interface Expression {
  /** Throws an Error with JSONata's `code`, and `position` and `token` where they are known. */
  evaluate(input: unknown, bindings?: Readonly<Record<string, unknown>>): unknown;
}

const generous: Limits = {
  steps: Number.POSITIVE_INFINITY,
  millis: 60_000,
  depth: Number.POSITIVE_INFINITY,
  text: 1 << 28,
  items: 1e7,
};

/** JavaScript's own failures, in JSONata's terms. */
export function asFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  if (error instanceof RangeError) {
    return new Fault(
      /string length/.test(error.message) ? "LIMIT_TEXT" : /array length/.test(error.message) ? "D2015" : "D1011",
    );
  }
  return new Fault("D1000", { value: error instanceof Error ? error.message : String(error) });
}

function globalCode(name: string, more: boolean): Code {
  const native = nativeValues.get(name) ?? (more ? extraValues.get(name) : undefined);
  return (_input, _frame, run) => {
    if (name === "$") return run.root;
    const { bindings } = run;
    if (bindings !== undefined && Object.hasOwn(bindings, name)) return outside(bindings[name]);
    return native;
  };
}

/** A JavaScript function among the bindings is called with its arguments; it must answer at once. */
function outside(value: Data): Data {
  if (!isFunction(value) || value.info !== undefined) return value;
  const plain = value as unknown as (...args: unknown[]) => unknown;
  return makeFunction((args) => plain(...args), { arity: plain.length, contextual: false });
}

/** `$eval(text, focus?)` sees the variables of its place; what it binds stays its own. */
function compileEval(node: Ast, context: Context): Code {
  const [text, focus] = (node.arguments ?? []).map((arg) => context.compile(arg, context));
  const signature = natives.get("eval")?.signature;
  return (input, frame, run) => {
    const args = [text, focus].filter((code) => code !== undefined).map((code) => code(input, frame, run));
    const [source, item] = signature?.validate(args, input) ?? [];
    if (source === undefined) return undefined;
    let code: Code;
    try {
      code = compileTop(parseFormula(source), context);
    } catch (error) {
      throw new Fault("D3120", { value: asFault(error).code, position: node.position });
    }
    try {
      return settle(code(item === undefined ? input : wrapInput(item), frame, run));
    } catch (error) {
      throw new Fault("D3121", { value: asFault(error).code, position: node.position });
    }
  };
}

function compileTop(tree: Ast, context: Context): Code {
  const names = boundNames([tree]);
  if (names.size === 0) return compileNode(tree, context);
  const scope = openScope(context.scope, names);
  const code = compileNode(tree, { ...context, scope });
  return (input, frame: Frame, run: Run) => code(input, openFrame(scope, frame), run);
}

function compileWith(tree: Ast, shadowed: ReadonlySet<string>, more: boolean): Code {
  return compileTop(tree, {
    compile: compileNode,
    scope: undefined,
    depth: 0,
    global: (name) => globalCode(name, more),
    native(name) {
      if (shadowed.has(name) || isLocal(this.scope, name)) return undefined;
      return natives.get(name) ?? (more ? extraNatives.get(name) : undefined);
    },
    special(name, node, context) {
      if (shadowed.has(name) || isLocal(context.scope, name)) return undefined;
      if (name === "eval") return compileEval(node, context);
      const extra = more ? extras.get(name) : undefined;
      return extra === undefined ? undefined : compileExtra(extra, node, context);
    },
  });
}

/** Throws an Error with JSONata's `code` where the expression has a syntax error. */
export function compileExpression(source: string, options: ExpressionOptions = {}): Expression {
  const limits = { ...generous, ...options.limits };
  const more = options.extras === true;
  const tree = raised(() => parseFormula(source));
  const compiled = new Map<string, Code>();

  function codeFor(given: Readonly<Record<string, unknown>> | undefined): Code {
    const shadowed = Object.keys(given ?? {}).filter((name) => natives.has(name) || extras.has(name));
    const key = shadowed.join(" ");
    let code = compiled.get(key);
    if (code === undefined) {
      code = raised(() => compileWith(tree, new Set(shadowed), more));
      compiled.set(key, code);
    }
    return code;
  }

  codeFor(undefined);
  return {
    evaluate(input, given) {
      const code = codeFor(given);
      const run = newRun(limits);
      run.root = input;
      run.bindings = given as Readonly<Record<string, Data>> | undefined;
      run.received = new Date().getTime();
      return raised(() => unmark(code(wrapInput(input), undefined, run)));
    },
  };
}

/** Faults of our own functions say in their note what happened. */
function messageOf(fault: Fault): string {
  return /^[A-Z]+_[A-Z]+$/.test(fault.code) && !limitCodes.has(fault.code)
    ? (fault.note ?? fault.code)
    : describeFault(fault);
}

function raised<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const fault = asFault(error);
    fault.message = messageOf(fault);
    throw fault;
  }
}
