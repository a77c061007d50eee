// How a function of the library is described: how many arguments it takes, and what it becomes.

import type { Mode } from "../expression.ts";
import type { Expression } from "../run.ts";

export interface Made {
  readonly args: readonly Expression[];
  readonly mode: Mode;
  /** `substring()`, for messages. */
  readonly what: string;
}

export interface LibraryFunction {
  readonly least: number;
  readonly most: number;
  readonly make: (made: Made) => Expression;
}

export type Library = Readonly<Record<string, LibraryFunction>>;

export function fn(least: number, most: number, make: LibraryFunction["make"]): LibraryFunction {
  return { least, most, make };
}
