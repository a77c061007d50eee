// Text → bytes, for what is written: a character that the encoding does not have is an error, never a question mark.

import { BridgeError } from "../../../core/errors.ts";
import type { Encoding } from "./names.ts";
import { NONE, type SingleByte, tableOf } from "./tables.ts";

export type Encode = (text: string) => Uint8Array;

/**
 * The encoder of an encoding. It throws BridgeError ENCODING_UNWRITABLE, stage encode. `utf-16` writes little-endian with
 * a byte order mark, the others write none; EBCDIC writes a line feed as New Line (0x15).
 */
export function encoderOf(encoding: Encoding): Encode {
  if (encoding === "utf-8") return (text) => Buffer.from(wellFormed(text, encoding), "utf8");
  if (encoding === "utf-16") return (text) => Buffer.from(`\ufeff${wellFormed(text, encoding)}`, "utf16le");
  if (encoding === "utf-16le") return (text) => Buffer.from(wellFormed(text, encoding), "utf16le");
  if (encoding === "utf-16be") return (text) => Buffer.from(wellFormed(text, encoding), "utf16le").swap16();
  const bytes = bytesOf(encoding);
  return (text) => {
    const encoded = Buffer.allocUnsafe(text.length);
    for (let at = 0; at < text.length; at++) {
      const byte = bytes[text.charCodeAt(at)]!;
      if (byte === NONE) throw unwritable(text, at, encoding);
      encoded[at] = byte;
    }
    return encoded;
  };
}

const inverted = new Map<SingleByte, Uint16Array>();

/** Byte for each UTF-16 unit, or NONE. Where two bytes mean the same (EBCDIC's line ends) the lower one is written. */
function bytesOf(encoding: SingleByte): Uint16Array {
  let bytes = inverted.get(encoding);
  if (!bytes) {
    bytes = new Uint16Array(0x10000).fill(NONE);
    const table = tableOf(encoding);
    for (let byte = 255; byte >= 0; byte--) if (table[byte] !== NONE) bytes[table[byte]!] = byte;
    inverted.set(encoding, bytes);
  }
  return bytes;
}

function wellFormed(text: string, encoding: Encoding): string {
  if (text.isWellFormed()) return text;
  const at = text.search(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/);
  throw unwritable(text, at, encoding);
}

function unwritable(text: string, at: number, encoding: Encoding): BridgeError {
  const code = text.codePointAt(at)!.toString(16).toUpperCase().padStart(4, "0");
  return new BridgeError("ENCODING_UNWRITABLE", `character ${at + 1} of the text does not exist in ${encoding}`, {
    stage: "encode",
    detail: `U+${code}`,
    facts: { encoding },
  });
}
