// What compiled formulas run on: values, sequences, the run with its limits, and faults.
//
// Values are plain JSON values, JSONata's functions (JavaScript functions with an `info`), and arrays that carry
// JSONata's marks: a *sequence* dissolves when it has one item or none, an array made by `[…]` as a path step keeps its
// brackets, a tuple stream carries variable bindings. Nothing here ever writes to a record.

import type { Scope } from "../../contract.ts";

/** Any value inside a formula. The evaluator is dynamically typed by nature; its borders are not. */
export type Data = any;

export interface Marks {
  sequence?: boolean;
  keepSingleton?: boolean;
  /** The whole input when it is an array: one item, not many. */
  outerWrapper?: boolean;
  tupleStream?: boolean;
  cons?: boolean;
}
export type Sequence = Data[] & Marks;

export interface Limits {
  readonly steps: number;
  readonly millis: number;
  /** Nested evaluations, as the `stack` option of the package counts them. */
  readonly depth: number;
  /** Characters in one text. */
  readonly text: number;
  /** Items in one list. */
  readonly items: number;
}

/** One evaluation. Reused by bridge formulas, which never run inside each other. */
export interface Run {
  root: Data;
  scope: Scope | undefined;
  bindings: Readonly<Record<string, Data>> | undefined;
  /** What $now() and $millis() give. */
  received: number;
  limits: Limits;
  /** Steps until the next look at the clock. */
  left: number;
  spent: number;
  until: number;
  depth: number;
}

/** Slot 0 is the enclosing frame. */
export type Frame = Data[] | undefined;
export type Code = (input: Data, frame: Frame, run: Run) => Data;

export interface FunctionInfo {
  readonly arity: number;
  /** Whether a missing argument is taken from the context: such a function forgets the context when it is handed on. */
  readonly contextual: boolean;
  readonly pattern?: Pattern;
}
/** A function value. It may return a TailCall: call it through `apply`. */
export interface FunctionValue {
  (args: readonly Data[], input: Data, run: Run): Data;
  info: FunctionInfo;
}

export interface Found {
  readonly start: number;
  readonly end: number;
  readonly groups: readonly (string | undefined)[];
}
/** A compiled regular expression: the first match at or after `from`. */
export interface Pattern {
  readonly source: string;
  find(text: string, from: number): Found | undefined;
}

/** What went wrong, with JSONata's code. `value` may be a record's: it never reaches a message. */
export class Fault extends Error {
  readonly code: string;
  position: number | undefined;
  token: string | undefined;
  readonly value: Data;
  /** Number of the argument, from 1. */
  readonly argument: number | undefined;
  /** Text that may be shown: literals of the formula, names of lists and columns. */
  readonly note: string | undefined;
  /** The same names for texts in other languages: column, list, pattern. */
  readonly facts: Readonly<Record<string, string | number>> | undefined;

  constructor(
    code: string,
    more: {
      value?: Data;
      position?: number | undefined;
      token?: string;
      argument?: number;
      note?: string;
      facts?: Readonly<Record<string, string | number>>;
    } = {},
  ) {
    super(code);
    this.name = "Fault";
    this.code = code;
    this.value = more.value;
    this.position = more.position;
    this.token = more.token;
    this.argument = more.argument;
    this.note = more.note;
    this.facts = more.facts;
  }
}

const CHECK_EVERY = 4096;

export function newRun(limits: Limits): Run {
  return {
    root: undefined,
    scope: undefined,
    bindings: undefined,
    received: 0,
    limits,
    left: CHECK_EVERY,
    spent: 0,
    until: 0,
    depth: 0,
  };
}

/** Puts the counters back; the clock starts at the first look, so short formulas never read it. */
export function restart(run: Run): void {
  run.left = CHECK_EVERY;
  run.spent = 0;
  run.until = 0;
  run.depth = 0;
}

/** Counts work. Loops and calls tick, so that steps and time are bounded whatever the record holds. */
export function tick(run: Run, steps: number): void {
  run.left -= steps;
  if (run.left < 0) look(run);
}

function look(run: Run): void {
  run.spent += CHECK_EVERY - run.left;
  run.left = CHECK_EVERY;
  if (run.spent > run.limits.steps) throw new Fault("LIMIT_STEPS", { note: String(run.limits.steps) });
  const now = performance.now();
  if (run.until === 0) run.until = now + run.limits.millis;
  else if (now > run.until) throw new Fault("D1012", { note: String(run.limits.millis) });
}

/** A text that grew: refuses what is longer than a message could be. */
export function grown(text: string, run: Run): string {
  if (text.length > run.limits.text) throw new Fault("LIMIT_TEXT", { note: String(run.limits.text) });
  return text;
}

export function checkItems(count: number, run: Run): void {
  if (count > run.limits.items) throw new Fault("D2015", { note: String(run.limits.items) });
}

export function sequence(): Sequence {
  const list: Sequence = [];
  list.sequence = true;
  return list;
}

export function sequenceOf(item: Data): Sequence {
  const list: Sequence = [item];
  list.sequence = true;
  return list;
}

export function isSequence(value: Data): value is Sequence {
  return Array.isArray(value) && (value as Sequence).sequence === true;
}

/** What an expression's sequence becomes: nothing, its only item, or itself. */
export function settle(value: Data): Data {
  if (Array.isArray(value) && (value as Sequence).sequence === true && (value as Sequence).tupleStream !== true) {
    if (value.length === 0) return undefined;
    if (value.length === 1 && (value as Sequence).keepSingleton !== true) return value[0];
  }
  return value;
}

export function settleKeeping(value: Data): Data {
  if (isSequence(value) && value.tupleStream !== true) value.keepSingleton = true;
  return settle(value);
}

/** On objects whose fields are made when they are asked for: nothing inside them carries marks, and looking would make them all. */
export const LAZY: unique symbol = Symbol("lazy");

/** A list without JSONata's marks, for the world outside; what was never marked is returned as it is. */
export function unmark(value: Data): Data {
  if (value === null || typeof value !== "object") return value;
  if (!Array.isArray(value)) {
    if (LAZY in value) return value;
    for (const key of Object.keys(value)) {
      const clean = unmark(value[key]);
      if (clean !== value[key]) put(value, key, clean);
    }
    return value;
  }
  const list: Data[] = isSequence(value) || (value as Sequence).cons === true ? value.slice() : value;
  for (let index = 0; index < list.length; index += 1) {
    const clean = unmark(list[index]);
    if (clean !== list[index]) list[index] = clean;
  }
  return list;
}

/** An array as the whole input is one item. */
export function wrapInput(input: Data): Data {
  if (!Array.isArray(input) || (input as Sequence).sequence === true) return input;
  const outer = sequenceOf(input);
  outer.outerWrapper = true;
  return outer;
}

export function unwrapInput(input: Data): Data {
  return Array.isArray(input) && (input as Sequence).outerWrapper === true ? input[0] : input;
}

/** A field. Names are data: only own properties count, so `constructor` or `__proto__` are absent unless the record has them. */
export function lookup(input: Data, key: string): Data {
  if (Array.isArray(input)) {
    const found = sequence();
    for (const item of input) {
      const value = lookup(item, key);
      if (value === undefined) continue;
      if (Array.isArray(value)) {
        for (const each of value) found.push(each);
      } else found.push(value);
    }
    return found;
  }
  if (input !== null && typeof input === "object" && Object.hasOwn(input, key)) return input[key];
  return undefined;
}

export function append(first: Data, second: Data, run: Run): Data {
  if (first === undefined) return second;
  if (second === undefined) return first;
  const left: Data[] = Array.isArray(first) ? first : [first];
  const right: Data[] = Array.isArray(second) ? second : [second];
  const size = left.length + right.length;
  checkItems(size, run);
  if (size > 1024) tick(run, size >> 6);
  return left.concat(right);
}

/** True for finite numbers; infinite ones are an error as soon as something looks at them. */
export function isNumeric(value: Data): boolean {
  if (typeof value !== "number" || Number.isNaN(value)) return false;
  if (!Number.isFinite(value)) throw new Fault("D1001", { value });
  return true;
}

export function isFunction(value: Data): value is FunctionValue {
  return typeof value === "function";
}

/** JSONata's effective boolean value; undefined stays undefined. */
export function boolean(value: Data): boolean | undefined {
  switch (typeof value) {
    case "undefined":
      return undefined;
    case "boolean":
      return value;
    case "string":
      return value.length > 0;
    case "number":
      return isNumeric(value) && value !== 0;
    case "object":
      if (value === null) return false;
      if (!Array.isArray(value)) {
        for (const key in value) if (Object.hasOwn(value, key) && value[key] !== undefined) return true;
        return false;
      }
      if (value.length === 1) return boolean(value[0]) === true;
      // The package evaluates every item, so an infinite number among them is an error here too.
      return value.filter((item) => boolean(item) === true).length > 0;
    default:
      return false;
  }
}

export function truthy(value: Data): boolean {
  return value === true || (value !== false && boolean(value) === true);
}

export function deepEqual(left: Data, right: Data): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  if (Array.isArray(left)) {
    if (left.length !== right.length) return false;
    for (let index = 0; index < left.length; index += 1) {
      if (!deepEqual(left[index], right[index])) return false;
    }
    return true;
  }
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  for (const key of keys) {
    if (!Object.hasOwn(right, key) || !deepEqual(left[key], right[key])) return false;
  }
  return true;
}

/** Names of an object's values. A blank cell is a field of its record without a value, so that all records have one shape: absent. */
export function presentKeys(object: Data): readonly string[] {
  return Object.keys(object).filter((key) => object[key] !== undefined);
}

/** Writes a field whatever its name: `__proto__` becomes plain data. */
export function put(target: Data, key: string, value: Data): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  } else target[key] = value;
}

export function kindOf(value: Data): string {
  if (value === undefined) return "absent";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  switch (typeof value) {
    case "string":
      return value === "" ? "empty text" : "text";
    case "number":
      return "a number";
    case "boolean":
      return "true or false";
    case "function":
      return "a function";
    default:
      return "an object";
  }
}
