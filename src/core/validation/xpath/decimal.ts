// xs:decimal exactly as the recommendation wants it: 0.1 + 0.2 is 0.3, amounts of invoices add up. Whole numbers
// (xs:integer) are plain bigints; everything else is units / 10^scale without zeros at the end.

import { XPathFault } from "./fault.ts";

/** Digits a number may have: multiplying in a loop must not fill the memory. */
export const DIGITS_LIMIT = 2_000;
/** Digits behind the point of a quotient, as Saxon has them; the recommendation leaves it open (F&O 3.1, 4.2). */
const QUOTIENT_SCALE = 18;

export class Decimal {
  readonly units: bigint;
  readonly scale: number;
  constructor(units: bigint, scale: number) {
    this.units = units;
    this.scale = scale;
  }
}

/** A number that is exact. */
export type Exact = bigint | Decimal;

const powers: bigint[] = [1n];

function power(exponent: number): bigint {
  if (exponent > 2 * DIGITS_LIMIT) throw tooLong();
  while (powers.length <= exponent) powers.push((powers.at(-1) as bigint) * 10n);
  return powers[exponent] as bigint;
}

function tooLong(): XPathFault {
  return new XPathFault("FOAR0002", `a number has more than ${DIGITS_LIMIT} digits`);
}

/** Without zeros at the end. Stays a decimal where it is whole: 1.0 is an xs:decimal. */
export function decimal(units: bigint, scale: number): Decimal {
  let [rest, places] = [units, scale];
  while (places > 0 && rest % 10n === 0n) {
    rest /= 10n;
    places--;
  }
  if (places > DIGITS_LIMIT || digitsOf(rest) > DIGITS_LIMIT) throw tooLong();
  return new Decimal(rest, places);
}

const MANY = 10n ** 300n;

function digitsOf(units: bigint): number {
  if (units < MANY && units > -MANY) return 1;
  return units.toString().length;
}

/** A whole number, refused where it is too long. */
export function whole(value: bigint): bigint {
  if (digitsOf(value) > DIGITS_LIMIT) throw tooLong();
  return value;
}

/** The lexical form of xs:decimal (XSD part 2, 3.2.3.1), trimmed; undefined where the text is none. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign, front = "", behind = ""] = match;
  if (front === "" && behind === "") return undefined;
  if (front.length + behind.length > DIGITS_LIMIT) throw tooLong();
  const units = BigInt(front + behind);
  return decimal(sign === "-" ? -units : units, behind.length);
}

/** The lexical form of xs:integer; undefined where the text is none. */
export function parseInteger(text: string): bigint | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  if (text.length > DIGITS_LIMIT) throw tooLong();
  return BigInt(text.startsWith("+") ? text.slice(1) : text);
}

export function asDecimal(value: Exact): Decimal {
  return typeof value === "bigint" ? new Decimal(value, 0) : value;
}

/** Canonical text: no exponent, no zeros that say nothing; 1.0 is `1`. */
export function exactText(value: Exact): string {
  if (typeof value === "bigint") return value.toString();
  if (value.scale === 0) return value.units.toString();
  const negative = value.units < 0n;
  const digits = (negative ? -value.units : value.units).toString().padStart(value.scale + 1, "0");
  const cut = digits.length - value.scale;
  return `${negative ? "-" : ""}${digits.slice(0, cut)}.${digits.slice(cut)}`;
}

export function exactToDouble(value: Exact): number {
  return Number(exactText(value));
}

function aligned(a: Decimal, b: Decimal): readonly [bigint, bigint, number] {
  if (a.scale === b.scale) return [a.units, b.units, a.scale];
  if (a.scale < b.scale) return [a.units * power(b.scale - a.scale), b.units, b.scale];
  return [a.units, b.units * power(a.scale - b.scale), a.scale];
}

export function addExact(a: Exact, b: Exact): Exact {
  if (typeof a === "bigint" && typeof b === "bigint") return whole(a + b);
  const [left, right, scale] = aligned(asDecimal(a), asDecimal(b));
  return decimal(left + right, scale);
}

export function negateExact(value: Exact): Exact {
  return typeof value === "bigint" ? -value : new Decimal(-value.units, value.scale);
}

export function multiplyExact(a: Exact, b: Exact): Exact {
  if (typeof a === "bigint" && typeof b === "bigint") return whole(a * b);
  const [left, right] = [asDecimal(a), asDecimal(b)];
  return decimal(left.units * right.units, left.scale + right.scale);
}

function byZero(): XPathFault {
  return new XPathFault("FOAR0001", "division by zero");
}

/** `div`: a decimal, also of whole numbers; 18 digits behind the point, and more where the dividend is finer; half rounds down. */
export function divideExact(a: Exact, b: Exact): Decimal {
  const [left, right] = [asDecimal(a), asDecimal(b)];
  if (right.units === 0n) throw byZero();
  const scale = QUOTIENT_SCALE + Math.max(0, left.scale - right.scale);
  // left / right · 10^scale, as one quotient of whole numbers.
  const up = scale + right.scale - left.scale;
  const numerator = up >= 0 ? left.units * power(up) : left.units;
  const denominator = up >= 0 ? right.units : right.units * power(-up);
  const quotient = numerator / denominator;
  const rest = numerator % denominator;
  const twice = (rest < 0n ? -rest : rest) * 2n;
  const over = twice > (denominator < 0n ? -denominator : denominator);
  const away = numerator < 0n === denominator < 0n ? 1n : -1n;
  return decimal(over ? quotient + away : quotient, scale);
}

/** `idiv`: towards zero. */
export function divideWhole(a: Exact, b: Exact): bigint {
  const [left, right] = aligned(asDecimal(a), asDecimal(b));
  if (right === 0n) throw byZero();
  return left / right;
}

/** `mod`: has the sign of the first operand. */
export function remainderExact(a: Exact, b: Exact): Exact {
  if (typeof a === "bigint" && typeof b === "bigint") {
    if (b === 0n) throw byZero();
    return a % b;
  }
  const [left, right, scale] = aligned(asDecimal(a), asDecimal(b));
  if (right === 0n) throw byZero();
  return decimal(left % right, scale);
}

/** Negative, 0 or positive. */
export function compareExact(a: Exact, b: Exact): number {
  if (typeof a === "bigint" && typeof b === "bigint") return a < b ? -1 : a > b ? 1 : 0;
  const [left, right] = aligned(asDecimal(a), asDecimal(b));
  return left < right ? -1 : left > right ? 1 : 0;
}

// ── rounding ────────────────────────────────────────────────────────────────────────────────────────────────────

export type Rounding = "floor" | "ceiling" | "half-up" | "half-even";

/** To so many places behind the point; negative ones are before it. `half-up` is towards positive infinity, as fn:round. */
export function roundExact(value: Exact, places: number, how: Rounding): Exact {
  const number = asDecimal(value);
  if (number.scale <= places) return value;
  if (places < -DIGITS_LIMIT) return typeof value === "bigint" ? 0n : new Decimal(0n, 0);
  const unit = power(number.scale - places);
  const below = floorDivide(number.units, unit);
  const rest = number.units - below * unit;
  const up = rest !== 0n && goesUp(how, below, rest * 2n - unit);
  const rounded = up ? below + 1n : below;
  if (typeof value === "bigint") return whole(rounded * power(-places));
  return places >= 0 ? decimal(rounded, places) : decimal(rounded * power(-places), 0);
}

/** `overHalf`: what the rest has above half a unit. */
function goesUp(how: Rounding, below: bigint, overHalf: bigint): boolean {
  if (how === "floor") return false;
  if (how === "ceiling") return true;
  if (overHalf !== 0n) return overHalf > 0n;
  return how === "half-up" || below % 2n !== 0n;
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}
