// One JSON document whole in memory, as a caller sent it: taken only if nothing of it gets lost. RFC 8259, section 8.1 (UTF-8),
// section 4 (names within an object should be unique: here they must be), section 6 (numbers that a double does not hold).

import { isUtf8 } from "node:buffer";
import type { Value } from "../../../core/contract.ts";
import { NotJson, scanner, type Scanner } from "./scanner.ts";
import { isWellFormed, keysIn } from "./whole.ts";

export type StrictJson = { readonly value: Value } | { readonly problem: string };

/** One for all: nothing is awaited while it reads. */
const shared = scanner();

/** The problem names kinds and places, never what stood there. */
export function strictJson(bytes: Uint8Array): StrictJson {
  if (!isUtf8(bytes)) return { problem: "is not in UTF-8" };
  return strictJsonText(new TextDecoder("utf-8").decode(bytes));
}

export function strictJsonText(text: string): StrictJson {
  shared.restart();
  const broken = pass(shared, text);
  if (broken !== undefined) return { problem: broken };
  const { inexact, keys, surrogates } = shared;
  if (inexact > 0) return { problem: "has a number with more digits than a JSON number keeps; send it as text" };
  const value = JSON.parse(text) as Value;
  if (keysIn(value) < keys) return { problem: "has an object with a key twice" };
  if (surrogates && !isWellFormed(value)) return { problem: "has an escape that makes half a character" };
  return { value };
}

/** All of the text against the grammar. */
function pass(scan: Scanner, text: string): string | undefined {
  try {
    for (let at = 0; scan.next(text, at, true) !== "done"; at = scan.end);
    return undefined;
  } catch (cause) {
    if (!(cause instanceof NotJson)) throw cause;
    if (cause.deep) return "is nested too deep";
    const what = cause.at >= text.length ? "it ends too early" : `at character ${cause.at + 1}`;
    return `is no JSON: ${what}, expected ${cause.expected}`;
  }
}
