// One file of one user, as long as it lies here.

import type { Covered } from "./covered.ts";

export interface Upload {
  readonly id: string;
  /** As its client calls it now. */
  name: Buffer;
  /** `cut`: not closed, or not without an error; `moving`: its record is being replaced, nobody else may touch it. */
  state: "writing" | "cut" | "closed" | "moving" | "dropped";
  size: number;
  /** Milliseconds. */
  modified: number;
  /** Drops are taken in this order. */
  order: number;
  covered: Covered;
  /** When somebody last did something with it. */
  touched: number;
  /** Core reads it, or has it already: its client cannot have it back. Looked at anew with each look. */
  taking: boolean;
  /** While it is `moving`: resolves when it is that no more. */
  moving?: Promise<void>;
}

/** What a client hears of a file. */
export interface Seen {
  readonly name: Buffer;
  readonly size: number;
  readonly modified: number;
}

/** Names are bytes; as text of single bytes they are keys. */
export function keyOf(name: Buffer): string {
  return name.toString("latin1");
}
