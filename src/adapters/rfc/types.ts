// ABAP's types, their letters as RFC_GET_FUNCTION_INTERFACE names them (EXID), and what a bridge sees of each:
//
//   CHAR NUMC STRING UTCLONG   text, leading zeros kept
//   DATS TIMS                  text, YYYYMMDD and HHMMSS
//   INT1 INT2 INT4             number
//   INT8 BCD DECFLOAT FLOAT    text: a number of JSON would lose digits
//   RAW XSTRING                text in base64
//   structure                  object
//   table                      list of its lines

export type AbapType =
  | "CHAR"
  | "NUMC"
  | "DATS"
  | "TIMS"
  | "RAW"
  | "INT1"
  | "INT2"
  | "INT4"
  | "INT8"
  | "BCD"
  | "DECFLOAT16"
  | "DECFLOAT34"
  | "FLOAT"
  | "STRING"
  | "XSTRING"
  | "UTCLONG"
  | "STRUCTURE"
  | "TABLE";

/** Letters are case-sensitive: `C` is a text, `c` is nothing. */
const BY_LETTER: Readonly<Record<string, AbapType>> = {
  C: "CHAR",
  N: "NUMC",
  D: "DATS",
  T: "TIMS",
  X: "RAW",
  b: "INT1",
  s: "INT2",
  I: "INT4",
  "8": "INT8",
  P: "BCD",
  a: "DECFLOAT16",
  e: "DECFLOAT34",
  F: "FLOAT",
  g: "STRING",
  y: "XSTRING",
  p: "UTCLONG",
  u: "STRUCTURE",
  v: "STRUCTURE",
  h: "TABLE",
};

const NAMES: ReadonlySet<string> = new Set(Object.values(BY_LETTER));

/** `C` or `CHAR`; undefined for what is no type. */
export function abapType(text: string): AbapType | undefined {
  if (Object.hasOwn(BY_LETTER, text)) return BY_LETTER[text];
  return NAMES.has(text) ? (text as AbapType) : undefined;
}

/** A parameter, a field of a structure, or a column of a table. */
export interface Field {
  readonly name: string;
  readonly type: AbapType;
  /** Characters of a text, digits of a decimal, bytes of a RAW; undefined = not limited, or not known. */
  readonly length: number | undefined;
  /** Places behind the point of a decimal. */
  readonly decimals: number;
  /** Of a structure, and of a table whose lines are structures; empty where they are not known. */
  readonly fields: readonly Field[];
  /** The type of a table's lines where they are no structures. */
  readonly line: Field | undefined;
}

/** `I` goes to the function, `E` comes back, `C` and `T` do both. */
export type Direction = "I" | "E" | "C" | "T";

export interface Parameter extends Field {
  readonly direction: Direction;
  readonly optional: boolean;
  readonly text: string | undefined;
}

export interface FunctionInterface {
  /** As SAP names it: `BAPI_USER_GET_DETAIL`, `/ACME/CALL`. */
  readonly function: string;
  readonly parameters: readonly Parameter[];
  /** Exceptions of the classic kind that the function names. */
  readonly exceptions: readonly string[];
}

export function isInput({ direction }: Parameter): boolean {
  return direction !== "E";
}

export function isOutput({ direction }: Parameter): boolean {
  return direction !== "I";
}

const indexes = new WeakMap<readonly Field[], ReadonlyMap<string, Field>>();

/** By name; made once per list, because tables have many lines of many fields. */
export function byName(fields: readonly Field[]): ReadonlyMap<string, Field> {
  let index = indexes.get(fields);
  if (!index) {
    index = new Map(fields.map((field) => [field.name, field]));
    indexes.set(fields, index);
  }
  return index;
}
