// Segments on their way out: which characters a repertoire has, which have to be released, what separates them, and their bytes.

import { repertoire, type Coding, type Repertoire } from "./repertoires.ts";
import { DEFAULTS, type ServiceCharacters } from "./service.ts";

export interface Characters {
  readonly service: ServiceCharacters;
  /** Index of the first character that cannot be written; -1 = all can. */
  lacks(value: string): number;
  /** With a release character in front of each service character; `value` lacks nothing. */
  release(value: string): string;
  encode(text: string): Uint8Array;
}

/** Of a segment behind its tag: elements → components; what is absent is "". */
export type Elements = readonly (readonly string[])[];

/** The usual separators. `UNOC`; undefined = it is unknown, or not written by templates (ISO 2022, UNOY). */
export function charactersNamed(name: string, syntax: number): Characters | undefined {
  const found = name === "UNOX" || name === "UNOY" || !/^UNO[A-Z]$/.test(name) ? undefined : repertoire(name);
  return found && charactersOf(found, { ...DEFAULTS, repetition: syntax >= 4 ? "*" : undefined });
}

/** Those of an interchange. */
export function charactersOf({ ascii, coding }: Repertoire, service: ServiceCharacters): Characters {
  const { component, element, repetition, release, terminator } = service;
  const own = [component, element, repetition, release, terminator].filter((one) => one !== undefined);
  const codes = own.map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
  const low = new RegExp(`[^${ascii}${codes}\\u0080-\\u{10ffff}]`, "u");
  const special = new RegExp(`[${codes}]`, "g");
  const high = highOf(coding);
  return {
    service,
    lacks(value) {
      const first = earlier(value.search(low), high.lacks(value));
      return release === undefined ? earlier(first, value.search(special)) : first;
    },
    release: (value) => (release === undefined ? value : value.replace(special, (character) => release + character)),
    encode: (text) => high.encode(text),
  };
}

/** Of two indexes; -1 is none. */
function earlier(one: number, other: number): number {
  return one === -1 || (other !== -1 && other < one) ? other : one;
}

/** UNA; `decimal` is its third character. */
export function unaOf(
  { component, element, release = " ", repetition = " ", terminator }: ServiceCharacters,
  decimal: string,
): string {
  return `UNA${component}${element}${decimal}${release}${repetition}${terminator}`;
}

/** With its terminator, without what is absent at its end. */
export function segmentOf(tag: string, elements: Elements, characters: Characters): string {
  const { component, element, terminator } = characters.service;
  const texts = elements.map((components) =>
    joined(
      components.map((value) => characters.release(value)),
      component,
    ),
  );
  return joined([tag, ...texts], element) + terminator;
}

/** Without empty ones at the end. */
export function joined(parts: readonly string[], separator: string): string {
  let end = parts.length;
  while (end > 0 && parts[end - 1] === "") end--;
  return parts.slice(0, end).join(separator);
}

interface High {
  /** Of characters above 0x7F. */
  lacks(value: string): number;
  encode(text: string): Uint8Array;
}

/** Drops have few kinds of them. */
const known = new Map<Coding, High>();

function highOf(coding: Coding): High {
  let high = known.get(coding);
  if (!high) known.set(coding, (high = makeHigh(coding)));
  return high;
}

function makeHigh(coding: Coding): High {
  if (coding === "utf-8") {
    return {
      // Halves of surrogate pairs and controls.
      lacks: (value) => value.search(/[\u0080-\u009f]|\p{Cs}/u),
      encode: (text) => Buffer.from(text, "utf8"),
    };
  }
  if (typeof coding === "string") {
    return { lacks: (value) => value.search(/[^\0-\x7f]/), encode: (text) => Buffer.from(text, "latin1") };
  }
  const bytes = new Map<number, number>();
  for (let byte = 0; byte < 256; byte++) if (coding[byte] !== NONE) bytes.set(coding[byte]!, byte);
  return {
    lacks(value) {
      for (let at = 0; at < value.length; at++) {
        const code = value.charCodeAt(at);
        if (code > 0x7f && !bytes.has(code)) return at;
      }
      return -1;
    },
    encode: (text) => Buffer.from(Array.from({ length: text.length }, (_, at) => bytes.get(text.charCodeAt(at))!)),
  };
}

/** A byte without a character (repertoires.ts). */
const NONE = 0xffff;
