// Why a rule set cannot be used. Rules hold no records, so their words may be shown.

import { BridgeError } from "../../errors.ts";
import { UnsupportedFault, XPathFault } from "../xpath/fault.ts";
import type { Place, Query } from "./model.ts";

/** The file is no Schematron as the standard has it. */
export function invalid(message: string, place: Place, hint?: string): BridgeError {
  return at("SCHEMATRON_INVALID", message, place, hint);
}

/** It is, but this product does not do it: refused whole, so that no rule is left out in silence. */
export function unsupported(message: string, place: Place, hint?: string): BridgeError {
  return at("SCHEMATRON_UNSUPPORTED", message, place, hint);
}

function at(
  code: "SCHEMATRON_INVALID" | "SCHEMATRON_UNSUPPORTED",
  message: string,
  place: Place,
  hint: string | undefined,
): BridgeError {
  return new BridgeError(code, message, {
    stage: "validate",
    position: { file: place.file, line: place.line, column: 1 },
    ...(hint !== undefined && { hint }),
  });
}

const SHOWN = 80;

/** A fault of an expression with the expression, and where in it. */
export function queryFault(cause: unknown, query: Query, what: string): unknown {
  if (!(cause instanceof XPathFault)) return cause;
  const message = `${what} ${excerpt(query.text, cause.at)}: ${cause.message}`;
  if (cause instanceof UnsupportedFault) return unsupported(message, query.place, cause.hint);
  return invalid(message, query.place);
}

/** The part of an expression that a fault is about: official ones have thousands of characters. */
function excerpt(text: string, position: number | undefined): string {
  const normal = text.trim();
  if (normal.length <= SHOWN) return `"${normal.replace(/\s+/g, " ")}"`;
  const start = Math.max(0, (position ?? 0) - SHOWN / 4);
  const cut = text.slice(start, start + SHOWN).replace(/\s+/g, " ");
  return `"${start > 0 ? "…" : ""}${cut}…" (character ${(position ?? 0) + 1})`;
}
