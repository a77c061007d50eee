// What travels between the codec and the thread that reads.

import { BridgeError, type Code } from "../../../core/errors.ts";
import type { PdfContent, Wanted } from "./read.ts";

export interface ReadRequest {
  readonly bytes: Uint8Array;
  readonly wanted: Wanted;
}

export type ReadAnswer = { readonly content: PdfContent } | { readonly failure: Failure };

/** A BridgeError with stage decode, as plain data. */
export interface Failure {
  readonly code: Code;
  readonly message: string;
  readonly detail: string | undefined;
  readonly hint: string;
  readonly facts: Readonly<Record<string, string | number>> | undefined;
}

export function failureOf({ code, message, detail, hint, facts }: BridgeError): Failure {
  return { code, message, detail, hint, facts };
}

export function errorOf({ code, message, ...more }: Failure): BridgeError {
  return new BridgeError(code, message, { stage: "decode", ...more });
}
