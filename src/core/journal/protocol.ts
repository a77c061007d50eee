// What main side and thread say to each other. Requests travel in lists: one message per turn of the event loop, however
// many operations it holds.

import type { Code } from "../errors.ts";
import type { MasterKey } from "./key-file.ts";
import type { OperationName } from "./store/operations.ts";

export interface ThreadData {
  readonly journal: string;
  readonly reserve: string;
  readonly reserveBytes: number;
  readonly keys: readonly MasterKey[];
}

export interface Request {
  readonly number: number;
  readonly operation: OperationName | "truncateWal" | "copy" | "stopCopy" | "close";
  readonly input: unknown;
  /** The clock of the main side. */
  readonly now: number;
}

export interface Failure {
  readonly code: Code;
  readonly message: string;
  readonly detail: string | undefined;
  /** Where it says more than the code's own. */
  readonly hint?: string | undefined;
}

export type Answer =
  | { readonly number: number; readonly value: unknown }
  | { readonly number: number; readonly failure: Failure };

export type FromThread =
  | { readonly kind: "ready"; readonly publicKey: string; readonly rewrapped: number }
  /** The journal could not be opened. */
  | { readonly kind: "refused"; readonly failure: Failure }
  | { readonly kind: "answers"; readonly answers: readonly Answer[] }
  /** How far the copy of the journal is, 0 to 1. */
  | { readonly kind: "copied"; readonly share: number }
  /** The disk was full and the reserve was given up so that outcomes still commit. */
  | { readonly kind: "reserve-released" }
  /** Nothing is written any more; every later request fails. */
  | { readonly kind: "failed"; readonly failure: Failure };
