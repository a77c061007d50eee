// Segments on their way out in the characters of the interchange that is answered: its UNA, its separators, its repertoire.

import type { Interchange } from "../envelope.ts";
import { type Coding, outside, repertoire, type Repertoire } from "../repertoires.ts";
import type { ServiceCharacters } from "../service.ts";

/** Of a segment behind its tag: elements → components; what is absent is "". */
export type Elements = readonly (readonly string[])[];

export interface Writing {
  /** S001. */
  readonly syntaxIdentifier: readonly string[];
  /** 1 to 4; 3 where the interchange does not say. */
  readonly syntax: number;
  /** "" where the interchange has none. */
  readonly una: string;
  /** It holds a character that cannot be written. */
  lacks(value: string): boolean;
  /** Without what is absent at its end. Characters that cannot be written become hyphens. */
  segment(tag: string, elements: Elements): string;
  encode(text: string): Uint8Array;
}

/** Of these the first that has all the characters: the answer to lower case in UNOA is UNOB. */
const WIDER = ["UNOB", "UNOC"];

/** `charset` as decode has it; `values` have to be written as they are. undefined = there are no characters for them. */
export function writingFor(interchange: Interchange, charset: string, values: readonly string[]): Writing | undefined {
  const declared = interchange.declared?.name;
  // Who says one and writes another is answered in what he writes, and it says what he says.
  const read = charset === "declared" ? interchange.declared : repertoire(charset);
  const own = [declared ?? "UNOA", read ?? repertoire(declared ?? "UNOA")!] as const;
  for (const [name, one] of [own, ...WIDER.map((wider) => [wider, repertoire(wider)!] as const)]) {
    const writing = writingIn(interchange, name, one);
    if (!values.some((value) => writing.lacks(value))) return writing;
  }
  return undefined;
}

function writingIn({ syntax, service, hasUna, decimal }: Interchange, name: string, read: Repertoire): Writing {
  const { component, element, repetition, release, terminator } = service;
  const version = syntax === 0 ? 3 : syntax;
  const characters = charactersOf(read, service);
  return {
    // UNOY does not say which of its forms it is.
    syntaxIdentifier: name === "UNOY" && version === 4 ? [name, "4", "", "7"] : [name, String(version)],
    syntax: version,
    una: hasUna ? `UNA${component}${element}${decimal[0]}${release ?? " "}${repetition ?? " "}${terminator}` : "",
    lacks: (value) => characters.lacks(value),
    segment: (tag, elements) =>
      [
        [tag],
        ...withoutEnd(elements.map((components) => withoutEnd(components.map((value) => characters.escape(value))))),
      ]
        .map((components) => components.join(component))
        .join(element) + terminator,
    encode: (text) => characters.encode(text),
  };
}

function withoutEnd<T extends string | readonly string[]>(values: readonly T[]): readonly T[] {
  let { length } = values;
  while (length > 0 && values[length - 1]!.length === 0) length--;
  return values.slice(0, length);
}

interface Characters extends Pick<Writing, "lacks" | "encode"> {
  escape(value: string): string;
}

/** Drops have few kinds of them. */
const known = new Map<string, Characters>();
const MOST_KNOWN = 100;

function charactersOf(read: Repertoire, service: ServiceCharacters): Characters {
  const key = JSON.stringify([read.name, service]);
  let characters = known.get(key);
  if (!characters) {
    if (known.size === MOST_KNOWN) known.clear();
    characters = makeCharacters(read, service);
    known.set(key, characters);
  }
  return characters;
}

function makeCharacters(read: Repertoire, service: ServiceCharacters): Characters {
  const { component, element, repetition, release, terminator } = service;
  const high = highOf(read.coding);
  const low = outside(read, service);
  const own = new Set([component, element, repetition, release, terminator].filter((one) => one !== undefined));
  const codes = Array.from(own, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
  const special = new RegExp(`[${codes}\\r\\n\\u0080-\\uffff]`);
  const isPlain = (value: string): boolean => !low.test(value) && !special.test(value);
  const isWritten = (character: string): boolean => {
    if (own.has(character)) return release !== undefined;
    return character > "\u007f" ? high.has(character) : !low.test(character) && !/[\r\n]/.test(character);
  };
  const escapeOne = (character: string): string => {
    if (!isWritten(character)) return "-";
    return own.has(character) ? `${release}${character}` : character;
  };
  return {
    lacks: (value) => !isPlain(value) && !Array.from(value).every(isWritten),
    escape: (value) => (isPlain(value) ? value : Array.from(value, escapeOne).join("")),
    encode: (text) => high.encode(text),
  };
}

interface High {
  /** A character above 0x7F. */
  has(character: string): boolean;
  encode(text: string): Uint8Array;
}

/** Marks a byte that does not exist (repertoires.ts). */
const NONE = 0xffff;

function highOf(coding: Coding): High {
  if (coding === "utf-8") {
    return {
      has: (character) => !/[\u0080-\u009f]|\p{Cs}/u.test(character),
      encode: (text) => Buffer.from(text, "utf8"),
    };
  }
  if (typeof coding === "string") return { has: () => false, encode: (text) => Buffer.from(text, "latin1") };
  const bytes = new Map<string, number>();
  for (const [byte, code] of coding.entries()) if (code !== NONE) bytes.set(String.fromCharCode(code), byte);
  return {
    has: (character) => bytes.has(character),
    encode: (text) => Buffer.from(Array.from(text, (character) => bytes.get(character) ?? 0x2d)),
  };
}
