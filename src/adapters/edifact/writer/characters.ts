// Characters on their way out: which a repertoire has, which have to be released, and their bytes.

import { repertoire, type Coding } from "../repertoires.ts";

export interface Characters {
  /** Of the interchange, with its nine characters. */
  readonly una: string;
  /** Index of the first character that the repertoire lacks; -1 = it has all of them. */
  lacks(value: string): number;
  /** With a release character in front of each service character. */
  release(value: string): string;
  encode(text: string): Uint8Array;
}

/** `UNOC`; undefined = it is unknown, or not written here (ISO 2022, UNOY). */
export function charactersOf(name: string, syntax: number): Characters | undefined {
  const found = name === "UNOX" || name === "UNOY" || !/^UNO[A-Z]$/.test(name) ? undefined : repertoire(name);
  if (found === undefined) return undefined;
  const repeats = syntax >= 4;
  const service = repeats ? /[:+'?*]/g : /[:+'?]/g;
  const high = highOf(found.coding);
  const lacking = new RegExp(`[^${found.ascii}\\u0080-\\u{10ffff}]`, "u");
  return {
    una: `UNA:+.?${repeats ? "*" : " "}'`,
    lacks(value) {
      const low = value.search(lacking);
      const above = high.lacks(value);
      return low === -1 || (above !== -1 && above < low) ? above : low;
    },
    release: (value) => value.replace(service, "?$&"),
    encode: (text) => high.encode(text),
  };
}

interface High {
  /** Of characters above 0x7F. */
  lacks(value: string): number;
  encode(text: string): Uint8Array;
}

function highOf(coding: Coding): High {
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
