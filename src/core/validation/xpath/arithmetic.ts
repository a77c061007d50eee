// Arithmetic (XPath 3.1, 3.5): exact where both sides are, doubles otherwise; dates and durations.

import type { Arithmetic } from "./ast.ts";
import {
  addExact,
  divideExact,
  divideWhole,
  multiplyExact,
  negateExact,
  remainderExact,
  type Exact,
} from "./decimal.ts";
import { typeFault, XPathFault } from "./fault.ts";
import { oneOf, value, type Mode } from "./expression.ts";
import type { Expression, Run } from "./run.ts";
import { between, Duration, Moment, shift } from "./temporal.ts";
import { cast } from "./types.ts";
import {
  atomOf,
  isExact,
  isNumeric,
  numberOf,
  toDouble,
  typeNameOf,
  Untyped,
  type Atomic,
  type Numeric,
} from "./values.ts";

export function arithmetic(operator: Arithmetic, left: Expression, right: Expression, mode: Mode): Expression {
  if (mode.compat) {
    return value("number", (run) => inDoubles(operator, firstNumber(left, run), firstNumber(right, run)));
  }
  // Two numbers give one; where dates may be, nothing is known.
  const kind = left.kind === "number" && right.kind === "number" ? "number" : "any";
  return value(kind, (run) => {
    const a = operand(left, mode, operator, run);
    const b = a === undefined ? undefined : operand(right, mode, operator, run);
    return a === undefined || b === undefined ? undefined : compute(operator, a, b);
  });
}

/** XPath 1.0: number() of the first item; NaN where there is none. */
function firstNumber(expression: Expression, run: Run): number {
  const first = expression.items(run)[0];
  return first === undefined ? NaN : numberOf(first);
}

function operand(expression: Expression, mode: Mode, operator: string, run: Run): Atomic | undefined {
  const item = oneOf(expression.items(run), mode, operator);
  if (item === undefined) return undefined;
  const atom = atomOf(item);
  return atom instanceof Untyped ? cast(atom, "xs:double") : atom;
}

export function compute(operator: Arithmetic, a: Atomic, b: Atomic): Atomic {
  if (isNumeric(a) && isNumeric(b)) return ofNumbers(operator, a, b);
  const made = ofTime(operator, a, b);
  if (made !== undefined) return made;
  throw typeFault(`${operator} cannot be used between ${typeNameOf(a)} and ${typeNameOf(b)}`);
}

export function ofNumbers(operator: Arithmetic, a: Numeric, b: Numeric): Numeric {
  if (isExact(a) && isExact(b)) return exactly(operator, a, b);
  const [left, right] = [toDouble(a), toDouble(b)];
  if (operator !== "idiv") return inDoubles(operator, left, right);
  if (right === 0) throw new XPathFault("FOAR0001", "division by zero");
  const quotient = left / right;
  if (!Number.isFinite(quotient)) throw new XPathFault("FOAR0002", "idiv gives no whole number");
  return BigInt(Math.trunc(quotient));
}

function exactly(operator: Arithmetic, a: Exact, b: Exact): Exact {
  switch (operator) {
    case "+":
      return addExact(a, b);
    case "-":
      return addExact(a, negateExact(b));
    case "*":
      return multiplyExact(a, b);
    case "div":
      return divideExact(a, b);
    case "idiv":
      return divideWhole(a, b);
    default:
      return remainderExact(a, b);
  }
}

function inDoubles(operator: Arithmetic, a: number, b: number): number {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "div":
      return a / b;
    case "idiv":
      return Math.trunc(a / b);
    default:
      return a % b;
  }
}

/** Dates and durations (F&O 3.1, 8.4 and 9.7); undefined where the types do not fit. */
function ofTime(operator: Arithmetic, a: Atomic, b: Atomic): Atomic | undefined {
  if (a instanceof Moment && b instanceof Moment) {
    return operator === "-" && a.typeName === b.typeName ? between(a, b) : undefined;
  }
  if (a instanceof Moment && b instanceof Duration) {
    if (operator === "+") return shift(a, b);
    return operator === "-" ? shift(a, new Duration(b.typeName, -b.amount)) : undefined;
  }
  if (a instanceof Duration && b instanceof Moment) return operator === "+" ? shift(b, a) : undefined;
  if (a instanceof Duration && b instanceof Duration && a.typeName === b.typeName) {
    if (operator === "+") return new Duration(a.typeName, a.amount + b.amount);
    if (operator === "-") return new Duration(a.typeName, a.amount - b.amount);
    return operator === "div" ? divideExact(BigInt(a.amount), BigInt(b.amount)) : undefined;
  }
  if (a instanceof Duration && isNumeric(b)) return scaled(operator, a, toDouble(b));
  return b instanceof Duration && isNumeric(a) && operator === "*" ? scaled(operator, b, toDouble(a)) : undefined;
}

function scaled(operator: Arithmetic, { typeName, amount }: Duration, by: number): Duration | undefined {
  if (operator !== "*" && operator !== "div") return undefined;
  const made = operator === "*" ? amount * by : amount / by;
  // Half of a unit rounds up, as fn:round does.
  if (Math.abs(made) <= Number.MAX_SAFE_INTEGER) return new Duration(typeName, Math.floor(made + 0.5));
  throw new XPathFault("FODT0002", "a duration that is too long, or none");
}

export function negation(of: Expression, mode: Mode, negative: boolean): Expression {
  return value("number", (run) => {
    if (mode.compat) return negative ? -firstNumber(of, run) : firstNumber(of, run);
    const number = operand(of, mode, "-", run);
    if (number === undefined) return undefined;
    if (!isNumeric(number)) throw typeFault(`- cannot be used before ${typeNameOf(number)}`);
    if (!negative) return number;
    return isExact(number) ? negateExact(number) : -number;
  });
}
