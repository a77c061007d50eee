// What a function of our own is made of: how it is called as a value (signature), and how a call by its name is
// prepared at load, when its pictures and lists are literals.

import type { Ast } from "../ast.ts";
import { Fault, type Code, type Data, type Run } from "../runtime.ts";

/** One argument of a call by name. */
export interface Argument {
  readonly node: Ast;
  readonly code: Code;
  /** Its value where it is a literal. */
  readonly literal: string | number | boolean | null | undefined;
  /** For messages: `column RF` where it is a plain field, else `the value`. Never a value. */
  readonly label: string;
}

export interface Extra {
  readonly name: string;
  /** As JSONata writes it; used where the function is handed on as a value or piped into. */
  readonly signature: string;
  readonly least: number;
  readonly most: number;
  /** The plain way. `label` names the first argument (the key for lists). */
  readonly call: (run: Run, label: string, ...args: any[]) => Data;
  /** Code for a call with these arguments; undefined = the plain way. Throws a Fault where a literal is wrong. */
  readonly prepare?: (args: readonly Argument[]) => Code | undefined;
}

/** Names for texts in other languages: the column that a label names, and whatever else may be shown. */
export function namesFor(
  label: string,
  more: Readonly<Record<string, string | number>> = {},
): Readonly<Record<string, string | number>> {
  return label.startsWith("column ") ? { column: label.slice(7), ...more } : more;
}

const COMPUTED: Readonly<Record<string, string>> = {
  CODE_UNKNOWN: "is not in the list that the formula names",
  DATE_INVALID: "does not match the pattern that the formula computes",
  DECIMAL_INVALID: "does not match the picture that the formula computes",
  LATIN_INVALID: "has a character that the datatype does not have",
  PATTERN_INVALID: "meets a pattern that the formula computes and that is not valid",
  TABLE_UNKNOWN: "is looked up in a list that is not under map.codes",
};

/**
 * Where pattern, picture, datatype or list are not literals of the formula but computed, they may hold values of the record: then
 * the message names the column alone.
 */
export function computed<T>(label: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Fault) || !Object.hasOwn(COMPUTED, error.code)) throw error;
    throw new Fault(error.code, {
      value: error.value,
      note: `${label} ${COMPUTED[error.code]}`,
      facts: namesFor(label),
    });
  }
}

/** Text, or absent; anything else is an error that names the argument. */
export function textOr(value: Data, argument: number): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  throw new Fault("T0410", { value, argument });
}

/** The usual preparation: everything but the first argument is a literal, `make` compiles it once. */
export function preparing(make: (literals: readonly Data[], label: string) => (run: Run, value: Data) => Data) {
  return (args: readonly Argument[]): Code | undefined => {
    const [first, ...rest] = args;
    if (first === undefined || rest.some((arg) => arg.literal === undefined)) return undefined;
    const work = make(
      rest.map((arg) => arg.literal),
      first.label,
    );
    const { code } = first;
    return (input, frame, run) => {
      const value = code(input, frame, run);
      return value === undefined ? undefined : work(run, value);
    };
  };
}

/** Compiled pictures of calls whose picture is no literal; a hostile record cannot make it grow. */
export function remembered<T>(make: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>();
  return (key) => {
    let made = known.get(key);
    if (made === undefined) {
      made = make(key);
      if (known.size >= 256) known.clear();
      known.set(key, made);
    }
    return made;
  };
}
