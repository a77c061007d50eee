// $string: JSON text as the package writes it (numbers to 15 significant digits, functions as empty text), without
// JSON.stringify's call of `toJSON`, which would let a field name of a record reach code.

import { Fault, grown, isNumeric, unwrapInput, type Data, type Run } from "./runtime.ts";

/** Numbers are written as JSON writes them, rounded to 15 digits so that 0.1 + 0.2 is 0.3. */
export function numberText(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return String(Number(value.toPrecision(15)));
}

function writeNumber(value: number): string {
  if (Number.isNaN(value)) return "null";
  isNumeric(value);
  return numberText(value);
}

function write(value: Data, indent: string, step: string, run: Run): string | undefined {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      return writeNumber(value);
    case "boolean":
      return String(value);
    case "function":
      return '""';
    case "object":
      break;
    default:
      return undefined;
  }
  if (value === null) return "null";
  const inner = indent + step;
  const parts: string[] = [];
  if (Array.isArray(value)) {
    for (const item of value) parts.push(write(item, inner, step, run) ?? "null");
    return enclose("[", "]", parts, indent, inner, step, run);
  }
  const colon = step === "" ? ":" : ": ";
  for (const key of Object.keys(value)) {
    const text = write(value[key], inner, step, run);
    if (text !== undefined) parts.push(JSON.stringify(key) + colon + text);
  }
  return enclose("{", "}", parts, indent, inner, step, run);
}

function enclose(
  open: string,
  close: string,
  parts: readonly string[],
  indent: string,
  inner: string,
  step: string,
  run: Run,
): string {
  if (parts.length === 0) return open + close;
  const text =
    step === "" ? open + parts.join(",") + close : `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${indent}${close}`;
  return grown(text, run);
}

export function string(run: Run, value: Data, prettify: Data = false): Data {
  switch (typeof value) {
    case "undefined":
      return undefined;
    case "string":
      return value;
    case "function":
      return "";
    case "number":
      if (!Number.isFinite(value)) throw new Fault("D3001", { value });
      return numberText(value);
    default:
      return write(unwrapInput(value), "", prettify === true ? "  " : "", run);
  }
}

/** A side of `&`: absent is empty. */
export function concatText(value: Data, run: Run): string {
  if (typeof value === "string") return value;
  return value === undefined ? "" : (string(run, value) as string);
}
