// Calling function values: native functions, lambdas, partial applications; tail calls run in a loop, not on the stack.

import {
  Fault,
  isFunction,
  settle,
  tick,
  type Data,
  type FunctionInfo,
  type FunctionValue,
  type Pattern,
  type Run,
} from "./runtime.ts";
import { withoutContext, type Signature } from "./signature.ts";

/** What a lambda's last call returns instead of calling. */
export class TailCall {
  readonly target: Data;
  readonly args: readonly Data[];
  readonly position: number | undefined;
  readonly token: string | undefined;

  constructor(target: Data, args: readonly Data[], position: number | undefined, token: string | undefined) {
    this.target = target;
    this.args = args;
    this.position = position;
    this.token = token;
  }
}

/**
 * Handed as the context by a partial application: a lambda skips its signature, as in the package. A library function is
 * checked all the same (the package does not, and computes nonsense from a list where a text belongs).
 */
export const unchecked = Symbol("unchecked");

/** A function of the library. Arguments are spread, so that direct calls need no array. */
export interface Native {
  readonly name: string;
  readonly signature: Signature;
  readonly arity: number;
  readonly call: (run: Run, ...args: any[]) => Data;
}

export function makeFunction(
  body: (args: readonly Data[], input: Data, run: Run) => Data,
  info: FunctionInfo,
): FunctionValue {
  const made = body as FunctionValue;
  made.info = info;
  return made;
}

export function nativeFunction(native: Native): FunctionValue {
  const { signature, call } = native;
  const partly = withoutContext(signature);
  return makeFunction(
    (args, input, run) => call(run, ...(input === unchecked ? partly : signature).validate(args, input)),
    { arity: native.arity, contextual: signature.contextual },
  );
}

/** Calls to the end, through tail calls. */
export function apply(target: Data, args: readonly Data[], input: Data, run: Run): Data {
  if (!isFunction(target)) throw new Fault("T1006", { value: target });
  let result = target(args, input, run);
  while (result instanceof TailCall) {
    tick(run, 1);
    const { target: next, args: rest, position, token } = result;
    if (!isFunction(next))
      throw new Fault("T1006", { value: next, position, ...(token === undefined ? {} : { token }) });
    try {
      result = next(rest, input, run);
    } catch (error) {
      throw placed(error, position, token);
    }
  }
  return result;
}

/** An error gets the place of the call that met it, unless it has one of its own. */
export function placed(error: unknown, position: number | undefined, token: string | undefined): unknown {
  if (error instanceof Fault) {
    error.position ??= position;
    error.token ??= token;
  }
  return error;
}

/** A function given as an argument no longer sees the context in which it is called. */
export function handOn(value: Data): Data {
  if (!isFunction(value) || !value.info.contextual) return value;
  const inner = value;
  return makeFunction((args, _input, run) => inner(args, null, run), { ...inner.info, contextual: false });
}

/** Calls back from a higher-order function: as many arguments as the function takes. */
export function callBack(func: Data, value: Data, key: Data, whole: Data, run: Run): Data {
  tick(run, 1);
  if (!isFunction(func)) throw new Fault("T1006", { value: func });
  const { arity } = func.info;
  const args = arity >= 3 ? [value, key, whole] : arity === 2 ? [value, key] : [value];
  return apply(func, args, null, run);
}

/** `f(?, 2)`: `template` holds the given arguments and, for each open one, `hole`. */
export const hole = Symbol("?");

export function partial(func: FunctionValue, template: readonly Data[]): FunctionValue {
  const arity = template.filter((arg) => arg === hole).length;
  return makeFunction(
    (args, _input, run) => {
      let next = 0;
      const full = template.map((arg) => {
        if (arg !== hole) return arg;
        next += 1;
        return args[next - 1];
      });
      return func(full, unchecked, run);
    },
    { arity, contextual: false },
  );
}

/** `f ~> g` where both are functions: the function that does one after the other. */
export function chain(first: FunctionValue, second: FunctionValue): FunctionValue {
  return makeFunction(
    (args, _input, run) => {
      const between = settle(apply(first, [handOn(args[0])], null, run));
      return new TailCall(second, [between], undefined, undefined);
    },
    { arity: 1, contextual: false },
  );
}

/** A regular expression as JSONata sees it: a function from text to a match with a `next`. */
export function matcher(pattern: Pattern): FunctionValue {
  const from = (text: Data, start: number): Data => {
    if (typeof text !== "string") return undefined;
    const found = pattern.find(text, start);
    if (found === undefined) return undefined;
    const next = makeFunction(
      () => {
        if (found.end >= text.length) return undefined;
        const match = from(text, found.end);
        if (match !== undefined && match.match === "") throw new Fault("D1004", { note: pattern.source });
        return match;
      },
      { arity: 0, contextual: false },
    );
    return {
      match: text.slice(found.start, found.end),
      start: found.start,
      end: found.end,
      groups: [...found.groups],
      next,
    };
  };
  return makeFunction((args) => from(args[0], typeof args[1] === "number" ? args[1] : 0), {
    arity: 2,
    contextual: false,
    pattern,
  });
}
