// What is asked when held drops go to the successor, and what went.

import type { Actor } from "./operations.ts";

export interface HandOverRequest extends Actor {
  readonly bridge: string;
  /** Of held drops; those of which an earlier hand-over did not reach its end are written again, too. Undefined = all, a page at a time. */
  readonly ids?: readonly string[] | undefined;
  /** Absolute; it must exist. */
  readonly folder: string;
  readonly ticket: string;
}

export interface HandOverResult {
  readonly items: readonly {
    readonly drop: string;
    /** As the legacy side called it. */
    readonly name: string;
    /** In the folder; beside it lies `FILE.json`, which says what it is. */
    readonly file: string;
    readonly size: number;
    readonly sha256: string;
  }[];
  /** Held drops that stay: their records that did not fail were delivered when the same bytes came first. */
  readonly stay: readonly string[];
  /** Whose bytes cannot be read; nothing of them lies in the folder. */
  readonly failed: readonly { readonly drop: string; readonly code: string; readonly message: string }[];
  /** There are more: ask again. */
  readonly more: boolean;
}
