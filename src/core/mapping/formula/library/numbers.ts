// JSONata's number functions. Sums are JavaScript numbers, as the language says; exact sums are `$total`.

import { Fault, isNumeric, tick, type Data, type Run } from "../runtime.ts";

export function sum(run: Run, list: Data): Data {
  if (list === undefined) return undefined;
  tick(run, list.length >> 4);
  let total = 0;
  for (const value of list) total += value;
  return total;
}

export function count(_run: Run, list: Data): Data {
  return list === undefined ? 0 : list.length;
}

export function max(run: Run, list: Data): Data {
  if (list === undefined || list.length === 0) return undefined;
  tick(run, list.length >> 4);
  let most = -Infinity;
  for (const value of list) most = Math.max(most, value);
  return most;
}

export function min(run: Run, list: Data): Data {
  if (list === undefined || list.length === 0) return undefined;
  tick(run, list.length >> 4);
  let least = Infinity;
  for (const value of list) least = Math.min(least, value);
  return least;
}

export function average(run: Run, list: Data): Data {
  if (list === undefined || list.length === 0) return undefined;
  return (sum(run, list) as number) / list.length;
}

const decimal = /^-?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?$/;
// The alternatives are not anchored together; the package has it so, and `$number('x0o7')` is its NaN too.
const radix = /^(0[xX][0-9A-Fa-f]+)|(0[oO][0-7]+)|(0[bB][0-1]+)$/;

export function number(_run: Run, value: Data): Data {
  if (value === undefined || typeof value === "number") return value;
  if (typeof value === "string") {
    if (decimal.test(value) && Number.isFinite(Number(value))) return Number.parseFloat(value);
    if (radix.test(value)) return Number(value);
  }
  if (value === true) return 1;
  if (value === false) return 0;
  throw new Fault("D3030", { value, argument: 1 });
}

export function abs(_run: Run, value: Data): Data {
  return value === undefined ? undefined : Math.abs(value);
}

export function floor(_run: Run, value: Data): Data {
  return value === undefined ? undefined : Math.floor(value);
}

export function ceil(_run: Run, value: Data): Data {
  return value === undefined ? undefined : Math.ceil(value);
}

/** Shifts the decimal point in the text of the number, where multiplying would lose digits. */
function shift(value: number, places: number): number {
  const [digits, exponent] = value.toString().split("e");
  return Number(`${digits}e${exponent === undefined ? places : Number(exponent) + places}`);
}

/** Half to even. */
export function round(_run: Run, value: Data, precision: Data): Data {
  if (value === undefined) return undefined;
  const shifted: number = precision ? shift(value, precision) : value;
  let result = Math.round(shifted);
  if (Math.abs(result - shifted) === 0.5 && Math.abs(result % 2) === 1) result -= 1;
  if (precision) result = shift(result, -precision);
  return Object.is(result, -0) ? 0 : result;
}

export function sqrt(_run: Run, value: Data): Data {
  if (value === undefined) return undefined;
  if (value < 0) throw new Fault("D3060", { value, argument: 1 });
  return Math.sqrt(value);
}

export function power(_run: Run, base: Data, exponent: Data): Data {
  if (base === undefined) return undefined;
  const result = base ** exponent;
  if (!Number.isFinite(result)) throw new Fault("D3061", { value: base, argument: 1 });
  return result;
}

export function random(): Data {
  return Math.random();
}

export function formatBase(run: Run, value: Data, base: Data): Data {
  if (value === undefined) return undefined;
  const whole = round(run, value, undefined) as number;
  const to = base === undefined ? 10 : (round(run, base, undefined) as number);
  if (!(to >= 2 && to <= 36)) throw new Fault("D3100", { value: to });
  return whole.toString(to);
}

/** Whether an argument may go to functions that loop on it: they never end on an infinite number. */
export function finite(value: Data): boolean {
  return typeof value !== "number" || Number.isNaN(value) || isNumeric(value);
}
