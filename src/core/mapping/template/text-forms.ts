// How a cell's text stands in a document, as bytes. Most characters stand for themselves; of the others only the usual ones are known here.

import { type ByteSink, Constant } from "./byte-sink.ts";
import { quote } from "./json-text.ts";
import { escapeText } from "./xml-text.ts";

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
const ENTITIES = new Map([
  [AMPERSAND, constant("&amp;")],
  [LESS, constant("&lt;")],
  [GREATER, constant("&gt;")],
]);

/** By byte: 1 = it stands for itself. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte < 0x20) return byte === TAB || byte === LINE_FEED ? 1 : 0;
  return byte < COMBINING && !ENTITIES.has(byte) ? 1 : 0;
});

/** Content of elements. `out.entities` counts what had to be escaped. */
export const xmlForm: TextForm = {
  mark: 0,
  widest: 5,
  literal(text) {
    // It could become one character with what stands before it.
    const escaped = /^[\p{M}\u1160-\u11ff]/u.test(text) ? undefined : escapeText(text);
    // Characters that only their numbers write have a meaning of their own where blanks are counted.
    if (escaped === undefined || escaped.includes("&#")) return undefined;
    return { bytes: constant(escaped), entities: escaped.split("&").length - 1 };
  },
  put(bytes, from, to, out) {
    const target = out.bytes;
    let { at } = out;
    for (let index = from; index < to; index += 1) {
      const byte = bytes[index] as number;
      if (PLAIN[byte] === 1) {
        target[at++] = byte;
        continue;
      }
      const entity = ENTITIES.get(byte);
      if (entity === undefined) return false;
      out.at = at;
      out.put(entity);
      out.entities += 1;
      ({ at } = out);
    }
    out.at = at;
    return true;
  },
};
