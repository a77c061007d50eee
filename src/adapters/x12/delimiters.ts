// ISA, the one segment of fixed width: from its places come the delimiters of all that follows (X12.5, interchange control structures).

import type { BridgeError } from "../../core/errors.ts";
import { fault } from "./faults.ts";

export interface Delimiters {
  readonly element: string;
  readonly component: string;
  /** undefined before version 00402: an element stands there once. */
  readonly repetition: string | undefined;
  /** Segment terminator. */
  readonly segment: string;
}

export interface Header {
  readonly delimiters: Delimiters;
  /** ISA01 to ISA16, as they stand. */
  readonly elements: readonly string[];
  /** Characters of the segment, its terminator included. */
  readonly length: number;
  /** What is wrong with it and was passed over. */
  readonly flaw: string | undefined;
}

export const ISA_WIDTHS = [2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1] as const;
/** Characters of an ISA with its terminator. */
export const ISA_LENGTH = 3 + ISA_WIDTHS.reduce((sum, width) => sum + 1 + width, 0) + 1;
/** More than any ISA whose elements are not filled, or filled too far. */
export const ISA_SIGHT = 4 * ISA_LENGTH;
/** ISA11 is the repetition separator from here on; before it names a standard ("U"). */
const REPEATING = "00402";

/** Whether ISA11 separates repetitions in this version (ISA12). */
export function repeats(version: string): boolean {
  return version >= REPEATING;
}

/**
 * Reads the ISA that begins at `at`; the text must hold ISA_SIGHT characters of it, or all there are. Not strict: elements may be shorter
 * or longer than they should. Throws X12_FRAME.
 */
export function readHeader(text: string, at: number, strict: boolean, where: string): Header {
  if (!text.startsWith("ISA", at)) throw noHeader(where, "here is none");
  const element = text[at + 3] ?? "";
  if (!isDelimiter(element)) throw noHeader(where, "its fourth character is no delimiter");
  const elements: string[] = [];
  let from = at + 4;
  for (let number = 1; number < 16; number++) {
    const to = text.indexOf(element, from);
    if (to < 0 || to - at > ISA_SIGHT) throw noHeader(where, `ISA${String(number).padStart(2, "0")} has no end`);
    elements.push(text.slice(from, to));
    from = to + 1;
  }
  elements.push(text.slice(from, from + 1));
  const [component, segment] = [text[from] ?? "", text[from + 1] ?? ""];
  const wrong = ISA_WIDTHS.findIndex((width, index) => elements[index]!.length !== width);
  const flaw =
    wrong < 0
      ? undefined
      : `ISA${String(wrong + 1).padStart(2, "0")} has ${elements[wrong]!.length} characters, ${ISA_WIDTHS[wrong]} expected`;
  if (strict && flaw !== undefined) throw noHeader(where, flaw);
  const repetition = repeats(elements[11]!) && isDelimiter(elements[10]!) ? elements[10]! : undefined;
  const delimiters: Delimiters = { element, component, repetition, segment };
  const used = [element, component, segment, ...(repetition === undefined ? [] : [repetition])];
  if (!used.every(isDelimiter) || new Set(used).size < used.length) {
    throw noHeader(where, "its delimiters are letters or digits, or two of them are the same");
  }
  return { delimiters, elements, length: from + 2 - at, flaw };
}

/** ISA06 with its qualifier ISA05, as EDIFACT has them: `4012345000009:14`, `STADTWERKE:ZZ`. */
export function senderOf({ elements }: Pick<Header, "elements">): string {
  const [qualifier, id] = [elements[4]!.trim(), elements[5]!.trim()];
  return qualifier === "" || id === "" ? id : `${id}:${qualifier}`;
}

/** One character that no value needs. */
export function isDelimiter(character: string): boolean {
  return character.length === 1 && !/[A-Za-z0-9 ]/.test(character);
}

function noHeader(where: string, what: string): BridgeError {
  return fault("X12_FRAME", `${where}: an interchange begins with an ISA of ${ISA_LENGTH} characters, and ${what}`);
}
