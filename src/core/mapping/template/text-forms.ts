// How a cell's text stands in a document, as bytes. Most characters stand for themselves; of the others only the usual ones are known here.

import { type ByteSink, Constant } from "./byte-sink.ts";
import { quote } from "./json-text.ts";
import { escapeAttribute, escapeText } from "./xml-text.ts";

export interface TextForm {
  /** The byte on either side of a text; 0 = none. */
  readonly mark: number;
  /** Writes a text within what was reserved; false = something is in it that only the general way can write. */
  readonly put: (bytes: Uint8Array, from: number, to: number, out: ByteSink) => boolean;
  /** A part of a text, out of the bridge file; undefined = it cannot be written by itself. */
  readonly literal: (text: string) => Literal | undefined;
  /** Bytes that one may become. */
  readonly widest: number;
}

export interface Literal {
  readonly bytes: Constant;
  /** How many of its characters are written as entities. */
  readonly entities: number;
}

export function textBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "utf8"));
}

export function constant(text: string): Constant {
  return new Constant(textBytes(text));
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** What JSON escapes otherwise than with a backslash is left. */
export const jsonForm: TextForm = {
  mark: QUOTE,
  widest: 2,
  literal: (text) => ({ bytes: constant(quote(text).slice(1, -1)), entities: 0 }),
  put(bytes, from, to, out) {
    const target = out.bytes;
    let { at } = out;
    for (let index = from; index < to; index += 1) {
      const byte = bytes[index] as number;
      if (byte < 0x20) return false;
      if (byte === QUOTE || byte === BACKSLASH) target[at++] = BACKSLASH;
      target[at++] = byte;
    }
    out.at = at;
    return true;
  },
};

const [AMPERSAND, LESS, GREATER, TAB, LINE_FEED] = [0x26, 0x3c, 0x3e, 0x09, 0x0a];
/** First byte of U+0300: from there on characters may combine (xml-text.ts). */
const COMBINING = 0xcc;
const ENTITIES: ReadonlyMap<number, Constant> = new Map([
  [AMPERSAND, constant("&amp;")],
  [LESS, constant("&lt;")],
  [GREATER, constant("&gt;")],
]);

/** Between double quotes. Other white space than a space is the general way's: only its number keeps it what it is. */
const QUOTED_ENTITIES: ReadonlyMap<number, Constant> = new Map([...ENTITIES, [QUOTE, constant("&quot;")]]);

/** By byte: 1 = it stands for itself. */
function plainBytes(entities: ReadonlyMap<number, Constant>, whiteSpace: readonly number[]): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => {
    if (byte < 0x20) return Number(whiteSpace.includes(byte));
    return Number(byte < COMBINING && !entities.has(byte));
  });
}

/** It could become one character with what stands before it: marks, and letters of Hangul and Kirat Rai. */
const COMPOSING = /^[\p{M}\u1160-\u11ff\u{16d40}-\u{16d7f}]/u;

/** Content of elements. `out.entities` counts what had to be escaped. */
export const xmlForm: TextForm = {
  mark: 0,
  widest: 5,
  literal: (text) => literalOf(text, escapeText),
  put: putter(ENTITIES, [TAB, LINE_FEED]),
};

/** Values of attributes, between double quotes that somebody else writes. */
export const attributeForm: TextForm = {
  mark: 0,
  widest: 6,
  literal: (text) => literalOf(text, escapeAttribute),
  put: putter(QUOTED_ENTITIES, []),
};

function literalOf(text: string, escape: (text: string) => string | undefined): Literal | undefined {
  const escaped = COMPOSING.test(text) ? undefined : escape(text);
  // Characters that only their numbers write have a meaning of their own where blanks are counted.
  if (escaped === undefined || escaped.includes("&#")) return undefined;
  return { bytes: constant(escaped), entities: escaped.split("&").length - 1 };
}

function putter(entities: ReadonlyMap<number, Constant>, whiteSpace: readonly number[]): TextForm["put"] {
  const plain = plainBytes(entities, whiteSpace);
  return (bytes, from, to, out) => {
    const target = out.bytes;
    let { at } = out;
    for (let index = from; index < to; index += 1) {
      const byte = bytes[index] as number;
      if (plain[byte] === 1) {
        target[at++] = byte;
        continue;
      }
      const entity = entities.get(byte);
      if (entity === undefined) return false;
      out.at = at;
      out.put(entity);
      out.entities += 1;
      ({ at } = out);
    }
    out.at = at;
    return true;
  };
}
