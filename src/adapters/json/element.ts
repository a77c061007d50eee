// The text of one record, known to be well-formed → the record, or what is wrong with it.

import type { Rec, Value } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { isWellFormed, keysIn } from "../shared/json/whole.ts";

/** How numbers are read: as numbers (one that would change is a fault), or as the text they are written as. */
export type Numbers = "exact" | "text";

/** What the scanner counted while it passed over the text. */
export interface Passed {
  readonly keys: number;
  readonly inexact: number;
  readonly surrogates: boolean;
}

export function recordOf(text: string, passed: Passed, numbers: Numbers, where: string): Rec | BridgeError {
  const value = numbers === "text" ? parseWithText(text) : (JSON.parse(text) as Value);
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    const kind = value === null ? "null" : Array.isArray(value) ? "an array" : `a ${typeof value}`;
    return fault("RECORD_NOT_OBJECT", `${where}: the record is ${kind}, expected an object`);
  }
  if (numbers === "exact" && passed.inexact > 0) {
    return fault("JSON_NUMBER_INEXACT", `${where}: ${passed.inexact} of the record's numbers would lose digits`);
  }
  if (keysIn(value) < passed.keys) {
    return fault("JSON_KEY_DUPLICATE", `${where}: an object of the record has a key twice`);
  }
  // Asked only where escapes make it doubtful.
  if (passed.surrogates && !isWellFormed(value)) {
    return new BridgeError("JSON_INVALID", `${where}: an escape makes half a surrogate pair, which is no character`, {
      stage: "decode",
      hint: "The legacy system cut a text in the middle of a character; it has to send it again.",
    });
  }
  return value as Rec;
}

function fault(code: "RECORD_NOT_OBJECT" | "JSON_NUMBER_INEXACT" | "JSON_KEY_DUPLICATE", message: string) {
  return new BridgeError(code, message, { stage: "decode" });
}

/** JSON.parse hands a reviver the source text of primitives (ECMAScript proposal, in V8 since 11.4). */
type Reviver = (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown;

const asWritten: Reviver = (_key, value, { source }) => (typeof value === "number" ? source : value);

function parseWithText(text: string): Value {
  return JSON.parse(text, asWritten as (key: string, value: unknown) => unknown) as Value;
}
