// Operators. Each has a direct way for the types that records hold (texts, finite numbers) and falls back to the
// package's rules, with its error codes, for everything else.

import type { Ast } from "./ast.ts";
import { placed } from "./apply.ts";
import {
  checkItems,
  deepEqual,
  Fault,
  grown,
  isNumeric,
  tick,
  truthy,
  type Code,
  type Data,
  type Run,
  type Sequence,
} from "./runtime.ts";
import { concatText } from "./stringify.ts";
import type { Context } from "./variables.ts";

type Binary = (left: Data, right: Data, run: Run) => Data;

function arithmetic(compute: (left: number, right: number) => number): Binary {
  return (left, right) => {
    if (left !== undefined && !isNumeric(left)) throw new Fault("T2001", { value: left });
    if (right !== undefined && !isNumeric(right)) throw new Fault("T2002", { value: right });
    if (left === undefined || right === undefined) return undefined;
    return compute(left as number, right as number);
  };
}

function isComparable(value: Data): boolean {
  return value === undefined || typeof value === "string" || typeof value === "number";
}

function comparison(compare: (left: Data, right: Data) => boolean): Binary {
  return (left, right) => {
    if (typeof left === "string" && typeof right === "string") return compare(left, right);
    if (!isComparable(left) || !isComparable(right)) {
      throw new Fault("T2010", { value: isComparable(left) && left !== undefined ? right : left });
    }
    if (left === undefined || right === undefined) return undefined;
    if (typeof left !== typeof right) throw new Fault("T2009", { value: left });
    return compare(left, right);
  };
}

function range(left: Data, right: Data, run: Run): Data {
  if (left !== undefined && !Number.isInteger(left)) throw new Fault("T2003", { value: left });
  if (right !== undefined && !Number.isInteger(right)) throw new Fault("T2004", { value: right });
  if (left === undefined || right === undefined || left > right) return undefined;
  const size = right - left + 1;
  if (size > 1e7) throw new Fault("D2014", { value: size });
  checkItems(size, run);
  tick(run, size >> 4);
  const list = Array.from({ length: size }) as Sequence;
  for (let index = 0; index < size; index += 1) list[index] = left + index;
  list.sequence = true;
  return list;
}

function includes(left: Data, right: Data, run: Run): boolean {
  if (left === undefined || right === undefined) return false;
  if (!Array.isArray(right)) return left === right;
  if (right.length > 64) tick(run, right.length >> 4);
  // `===`, so NaN is in no list.
  return right.indexOf(left) !== -1;
}

const operators: Readonly<Record<string, Binary>> = {
  "+": arithmetic((left, right) => left + right),
  "-": arithmetic((left, right) => left - right),
  "*": arithmetic((left, right) => left * right),
  "/": arithmetic((left, right) => left / right),
  "%": arithmetic((left, right) => left % right),
  "=": (left, right) => left !== undefined && right !== undefined && deepEqual(left, right),
  "!=": (left, right) => left !== undefined && right !== undefined && !deepEqual(left, right),
  "<": comparison((left, right) => left < right),
  "<=": comparison((left, right) => left <= right),
  ">": comparison((left, right) => left > right),
  ">=": comparison((left, right) => left >= right),
  "..": range,
  in: includes,
};

/** A literal that nothing else can change. */
export function literalOf(node: Ast | undefined): string | number | boolean | null | undefined {
  if (node === undefined || node.predicate !== undefined || node.group !== undefined) return undefined;
  return node.type === "string" || node.type === "number" || node.type === "value"
    ? (node.value as string | number | boolean | null)
    : undefined;
}

/** `A & ' ' & B & …` as one list of parts. */
function parts(node: Ast, found: Ast[]): Ast[] {
  const bare = node.predicate === undefined && node.group === undefined;
  if (node.type === "binary" && node.value === "&" && bare) {
    parts(node.lhs as Ast, found);
    if (node.rhs !== undefined) parts(node.rhs, found);
  } else found.push(node);
  return found;
}

function compileConcat(node: Ast, context: Context): Code {
  const codes = parts(node, []).map((part) => context.compile(part, context));
  const { position } = node;
  const [first, second, third] = codes;
  if (first !== undefined && second !== undefined && codes.length <= 3) {
    return (input, frame, run) => {
      try {
        let text = concatText(first(input, frame, run), run) + concatText(second(input, frame, run), run);
        if (third !== undefined) text += concatText(third(input, frame, run), run);
        return grown(text, run);
      } catch (error) {
        throw placed(error, position, "&");
      }
    };
  }
  return (input, frame, run) => {
    try {
      let text = "";
      for (const code of codes) text += concatText(code(input, frame, run), run);
      return grown(text, run);
    } catch (error) {
      throw placed(error, position, "&");
    }
  };
}

/** Comparing with a literal needs no look at the other side's type: only the same primitive is equal. */
function compileEquality(node: Ast, left: Code, right: Code): Code {
  const wanted = node.value === "=";
  const literal = literalOf(node.rhs);
  if (literal !== undefined) {
    return (input, frame, run) => {
      const value = left(input, frame, run);
      return value !== undefined && (value === literal) === wanted;
    };
  }
  return (input, frame, run) => {
    const a = left(input, frame, run);
    const b = right(input, frame, run);
    if (a === undefined || b === undefined) return false;
    return (a === b || deepEqual(a, b)) === wanted;
  };
}

function compileLogic(node: Ast, left: Code, right: Code): Code {
  const and = node.value === "and";
  const { position } = node;
  return (input, frame, run) => {
    const a = left(input, frame, run);
    try {
      if (and) return truthy(a) && truthy(right(input, frame, run));
      return truthy(a) || truthy(right(input, frame, run));
    } catch (error) {
      throw placed(error, position, node.value as string);
    }
  };
}

export function compileBinary(node: Ast, context: Context): Code {
  const token = node.value as string;
  if (token === "&") return compileConcat(node, context);
  const left = context.compile(node.lhs as Ast, context);
  const right = context.compile(node.rhs as Ast, context);
  if (token === "and" || token === "or") return compileLogic(node, left, right);
  if (token === "=" || token === "!=") return compileEquality(node, left, right);
  const operator = operators[token];
  if (operator === undefined) throw new Fault("S0204", { position: node.position, token });
  const { position } = node;
  return (input, frame, run) => {
    const a = left(input, frame, run);
    const b = right(input, frame, run);
    try {
      return operator(a, b, run);
    } catch (error) {
      throw placed(error, position, token);
    }
  };
}

export function compileNegation(node: Ast, context: Context): Code {
  const code = context.compile(node.expression as Ast, context);
  const { position } = node;
  return (input, frame, run) => {
    const value = code(input, frame, run);
    if (value === undefined) return undefined;
    if (!isNumeric(value)) throw new Fault("D1002", { value, position, token: "-" });
    return -value;
  };
}

export function compileCondition(node: Ast, context: Context): Code {
  const condition = context.compile(node.condition as Ast, context);
  const then = context.compile(node.then as Ast, context);
  const otherwise = node.else === undefined ? undefined : context.compile(node.else, context);
  return (input, frame, run) => {
    if (truthy(condition(input, frame, run))) return then(input, frame, run);
    return otherwise?.(input, frame, run);
  };
}

export interface ArrayItem {
  readonly code: Code;
  /** A constructor inside a constructor stays a list. */
  readonly whole: boolean;
}

export function compileItems(node: Ast, context: Context): ArrayItem[] {
  return (node.expressions ?? []).map((item) => ({
    code: context.compile(item, context),
    whole: item.value === "[",
  }));
}

/** `[a, b]`: lists given inside are poured in, unless they are constructors themselves. */
export function makeArray(items: readonly ArrayItem[], keeps: boolean): Code {
  return (input, frame, run) => {
    const list: Data[] = [];
    for (const { code, whole } of items) {
      const value = code(input, frame, run);
      if (value === undefined) continue;
      if (!whole && Array.isArray(value)) {
        tick(run, value.length >> 4);
        checkItems(list.length + value.length, run);
        for (const each of value) list.push(each);
      } else list.push(value);
    }
    if (keeps) Object.defineProperty(list, "cons", { value: true, enumerable: false });
    return list;
  };
}

export function compileArray(node: Ast, context: Context): Code {
  return makeArray(compileItems(node, context), node.consarray === true);
}
