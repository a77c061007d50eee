// Numbers and what is computed over many values (F&O 3.1, 4 and 14.4).

import { ofNumbers } from "../arithmetic.ts";
import { orderOf } from "../compare.ts";
import { roundExact, type Rounding } from "../decimal.ts";
import { typeFault, XPathFault } from "../fault.ts";
import { constant, oneOf, sequence, value, type Mode } from "../expression.ts";
import { contextOf, type Expression, type Run } from "../run.ts";
import { Duration } from "../temporal.ts";
import { cast } from "../types.ts";
import {
  atomOf,
  EMPTY,
  isExact,
  isNumeric,
  numberOf,
  stringOf,
  toDouble,
  typeNameOf,
  Untyped,
  type Atomic,
  type Item,
  type Numeric,
} from "../values.ts";
import { fn, type Library, type Made } from "./contract.ts";

/** An argument that is xs:numeric?; untyped values are doubles. */
function numeric(argument: Expression, mode: Mode, what: string): (run: Run) => Numeric | undefined {
  return (run) => {
    const item = oneOf(argument.items(run), mode, what);
    if (mode.compat) return item === undefined ? NaN : numberOf(item);
    if (item === undefined) return undefined;
    const atom = atomOf(item);
    if (atom instanceof Untyped) return cast(atom, "xs:double") as number;
    if (isNumeric(atom)) return atom;
    throw typeFault(`${what} takes a number, not ${typeNameOf(atom)}`);
  };
}

function rounded(how: Rounding, double: (number: number) => number): (made: Made) => Expression {
  return ({ args: [first, places], mode, what }) => {
    const read = numeric(first as Expression, mode, what);
    const to = places && numeric(places, mode, what);
    return value("number", (run) => {
      const number = read(run);
      const digits = Number(to?.(run) ?? 0n);
      if (number === undefined) return undefined;
      if (isExact(number)) return roundExact(number, digits, how);
      return digits === 0 ? double(number) : roundDouble(number, digits, how);
    });
  };
}

/** By way of exact decimals, as the recommendation says (F&O 3.1, 4.4.4). */
function roundDouble(number: number, digits: number, how: Rounding): number {
  if (!Number.isFinite(number) || Math.abs(digits) > 400) return number;
  const exact = cast(number, "xs:decimal");
  return isExact(exact) ? toDouble(roundExact(exact, digits, how)) : number;
}

/** Math.round, but with the sign of zero. */
function halfUp(number: number): number {
  const up = Math.floor(number + 0.5);
  if (!Number.isFinite(number) || Math.abs(number) >= 2 ** 52) return number;
  // 0.49999999999999994 + 0.5 is 1 in doubles.
  const fixed = up - number > 0.5 ? up - 1 : up;
  return fixed === 0 && number < 0 ? -0 : fixed;
}

function halfEven(number: number): number {
  const below = Math.floor(number);
  const rest = number - below;
  if (rest !== 0.5) return halfUp(number);
  return below % 2 === 0 ? (below === 0 && number < 0 ? -0 : below) : below + 1;
}

function abs({ args: [first], mode, what }: Made): Expression {
  const read = numeric(first as Expression, mode, what);
  return value("number", (run) => {
    const number = read(run);
    if (number === undefined || typeof number === "number") return number === undefined ? undefined : Math.abs(number);
    return typeof number === "bigint"
      ? number < 0n
        ? -number
        : number
      : ofNumbers("*", number, number.units < 0n ? -1n : 1n);
  });
}

function numberCall({ args: [only], mode, what }: Made): Expression {
  return value("number", (run) => {
    const item = only ? oneOf(only.items(run), mode, what) : contextOf(run);
    return item === undefined ? NaN : numberOf(item);
  });
}

// ── over many ───────────────────────────────────────────────────────────────────────────────────────────────────

/** Untyped values are doubles here (F&O 3.1, 14.4). */
function values(argument: Expression, run: Run): readonly Atomic[] {
  const items = argument.items(run);
  run.spend(items.length);
  return items.map((item) => {
    const atom = atomOf(item);
    return atom instanceof Untyped ? cast(atom, "xs:double") : atom;
  });
}

function total(items: readonly Atomic[], what: string): Atomic | undefined {
  let sum: Atomic | undefined;
  for (const item of items) {
    if (sum === undefined) sum = item;
    else if (isNumeric(sum) && isNumeric(item)) sum = ofNumbers("+", sum, item);
    else if (sum instanceof Duration && item instanceof Duration && sum.typeName === item.typeName) {
      sum = new Duration(sum.typeName, sum.amount + item.amount);
    } else throw new XPathFault("FORG0006", `${what} takes numbers, or durations of one type`);
  }
  if (sum === undefined || isNumeric(sum) || sum instanceof Duration) return sum;
  throw new XPathFault("FORG0006", `${what} takes numbers, not ${typeNameOf(sum)}`);
}

function sum({ args: [items, zero], mode, what }: Made): Expression {
  const of = items as Expression;
  return sequence("number", (run) => {
    if (mode.compat) return [of.items(run).reduce<number>((sofar, item) => sofar + numberOf(item), 0)];
    const made = total(values(of, run), what);
    if (made !== undefined) return [made];
    return zero ? zero.items(run) : [0n];
  });
}

function avg({ args: [items], what }: Made): Expression {
  return value("number", (run) => {
    const all = values(items as Expression, run);
    const sum = total(all, what);
    if (sum === undefined) return undefined;
    if (isNumeric(sum)) return ofNumbers("div", sum, BigInt(all.length));
    return new Duration((sum as Duration).typeName, Math.round((sum as Duration).amount / all.length));
  });
}

function extreme(wanted: 1 | -1): (made: Made) => Expression {
  return ({ args, what }) => {
    if (args.length > 1) throw new XPathFault("FOCH0002", `${what} is supported without a collation only`);
    return value("any", (run) => {
      const all = values(args[0] as Expression, run);
      if (all.some((item) => typeof item === "number" && Number.isNaN(item))) return NaN;
      let best: Atomic | undefined;
      for (const item of all) if (best === undefined || orderOf(item, best) * wanted > 0) best = item;
      const anyDouble = all.some((item) => typeof item === "number");
      return anyDouble && best !== undefined && isNumeric(best) ? toDouble(best) : best;
    });
  };
}

function count({ args: [items] }: Made): Expression {
  return value("number", (run) => BigInt((items as Expression).items(run).length));
}

/** Equal as `eq` says; values of types that do not fit are simply different. */
export function distinctKey(item: Item): string {
  const atom = atomOf(item);
  if (isNumeric(atom)) {
    const number = toDouble(atom);
    return isExact(atom) && !Number.isSafeInteger(number) ? `n${stringOf(atom)}` : `n${String(number)}`;
  }
  if (typeof atom === "string" || atom instanceof Untyped) return `s${stringOf(atom)}`;
  if (typeof atom === "boolean") return `b${String(atom)}`;
  return atom instanceof Duration ? `d${atom.typeName}${atom.amount}` : `${atom.typeName}${atom.instant}`;
}

function distinctValues({ args, what }: Made): Expression {
  if (args.length > 1) throw new XPathFault("FOCH0002", `${what} is supported without a collation only`);
  return sequence("any", (run) => {
    const found = new Map<string, Atomic>();
    for (const item of (args[0] as Expression).items(run)) {
      run.spend(1);
      const key = distinctKey(item);
      if (!found.has(key)) found.set(key, atomOf(item));
    }
    return [...found.values()];
  });
}

function indexOf({ args, what }: Made): Expression {
  if (args.length > 2) throw new XPathFault("FOCH0002", `${what} is supported without a collation only`);
  const [list, wanted] = args as [Expression, Expression];
  return sequence("any", (run) => {
    const [only] = wanted.items(run);
    if (only === undefined) return EMPTY;
    const key = distinctKey(only);
    // Not even itself.
    if (key === "nNaN") return EMPTY;
    return list.items(run).flatMap((item, at) => (distinctKey(item) === key ? [BigInt(at + 1)] : []));
  });
}

export const NUMBERS: Library = {
  abs: fn(1, 1, abs),
  ceiling: fn(1, 1, rounded("ceiling", Math.ceil)),
  floor: fn(1, 1, rounded("floor", Math.floor)),
  round: fn(1, 2, rounded("half-up", halfUp)),
  "round-half-to-even": fn(1, 2, rounded("half-even", halfEven)),
  number: fn(0, 1, numberCall),
  sum: fn(1, 2, sum),
  avg: fn(1, 1, avg),
  max: fn(1, 2, extreme(1)),
  min: fn(1, 2, extreme(-1)),
  count: fn(1, 1, count),
  "distinct-values": fn(1, 2, distinctValues),
  "index-of": fn(2, 3, indexOf),
  position: fn(0, 0, () => value("number", (run) => BigInt(run.position))),
  last: fn(0, 0, () => value("number", (run) => BigInt(run.size))),
  true: fn(0, 0, () => constant("boolean", [true])),
  false: fn(0, 0, () => constant("boolean", [false])),
};
