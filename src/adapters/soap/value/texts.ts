// Texts of simple types as values and back. Booleans, and integers of at most 32 bits, are what JSON has for them;
// everything else is its text exactly as it stood, because decimals, dates and leading zeros do not survive anything else.

import type { Value } from "../../../core/contract.ts";
import { normalise, type SimpleType } from "../../../core/validation/model/simple-type.ts";

export type JsonKind = "boolean" | "integer" | "text";

const SMALL: ReadonlySet<string> = new Set(["int", "short", "byte", "unsignedInt", "unsignedShort", "unsignedByte"]);

/** A pattern may ask for a writing (007) that a number does not keep. */
export function jsonKind(type: SimpleType): JsonKind {
  if (type.builtin === "boolean") return "boolean";
  return type.builtin !== undefined && SMALL.has(type.builtin) && !type.patterned ? "integer" : "text";
}

const INTEGER = /^[+-]?\d{1,30}$/;

/** undefined where the text is none of the type. */
export function valueOfText(text: string, type: SimpleType): Value {
  const kind = jsonKind(type);
  if (kind === "text") {
    return type.whiteSpace === "preserve" ? text : normalise(text, type.whiteSpace);
  }
  const plain = normalise(text, "collapse");
  if (kind === "boolean") {
    if (plain === "true" || plain === "1") return true;
    return plain === "false" || plain === "0" ? false : undefined;
  }
  if (!INTEGER.test(plain)) return undefined;
  const number = Number(plain);
  return Number.isSafeInteger(number) && number >= -2_147_483_648 && number <= 4_294_967_295 ? number || 0 : undefined;
}

/** A text, or why there is none: `expected` for messages, `detail` with the value. */
export type Written = { readonly text: string } | { readonly expected: string; readonly detail: string };

export function textOfValue(value: Value, type: SimpleType): Written {
  const expected = `expected ${type.name}`;
  const text = plainText(value);
  if (text === undefined) return { expected: `${expected}, not ${kindOf(value)}`, detail: kindOf(value) };
  if (type.builtin === "base64Binary" && text.length > LONG) {
    return isBase64(text) ? { text } : { expected, detail: `${text.slice(0, 60)}… is no base64` };
  }
  const refused = type.refuse(text);
  return refused === undefined ? { text } : { expected, detail: refused };
}

function plainText(value: Value): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value !== "number" || !Number.isFinite(value)) return undefined;
  // Beyond this JSON's reader has changed the number already.
  if (Number.isInteger(value)) return Number.isSafeInteger(value) ? String(value) : undefined;
  return String(value);
}

export function kindOf(value: Value): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "number") return "a number that is not exact";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** Longer ones are judged without a regular expression, whose stack has an end. */
const LONG = 4_096;

function isBase64(text: string): boolean {
  let count = 0;
  let padding = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) continue;
    if (code === 0x3d) padding++;
    else if (padding > 0 || !isDigit64(code)) return false;
    count++;
  }
  return count % 4 === 0 && padding <= 2;
}

function isDigit64(code: number): boolean {
  if (code >= 0x41 && code <= 0x5a) return true;
  if (code >= 0x61 && code <= 0x7a) return true;
  return (code >= 0x30 && code <= 0x39) || code === 0x2b || code === 0x2f;
}
