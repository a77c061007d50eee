// `encoding: detect`, by a rule that can be written down:
//
//   1. A byte order mark decides: utf-8, utf-16le, utf-16be. A NUL among the first four bytes without one is UTF-32, UTF-16
//      without its mark, or no text at all: refused, for UTF-8 and windows-1252 would both read it in silence.
//   2. What is valid UTF-8 is utf-8, plain ASCII included: should umlauts come behind the prefix in another encoding,
//      UTF-8 reports each of them, where a single-byte encoding would read anything in silence.
//   3. Bytes that windows-1252 does not have, or umlauts and ß as the DOS code pages write them, where what windows-1252
//      has in their place makes no sense (a quotation mark or ™ inside a word, š before a capital, »Straáe«): refused.
//      DOS code pages and EBCDIC are never detected, they have to be declared. This also refuses the rare windows-1252
//      drop with ŽIŽEK in capitals: to say its encoding is little work, to find wrong letters in a register is much.
//   4. 0xA4 without any byte from 0x80 to 0x9F is the euro sign of iso-8859-15.
//   5. Anything else is windows-1252, which reads all of printable ISO-8859-1 alike.
//
// The rule looks at a bounded prefix; behind it the chosen encoding is read as strictly as a declared one.

import { isUtf8 } from "node:buffer";
import { BridgeError } from "../../../core/errors.ts";
import type { Encoding } from "./names.ts";
import { NONE, tableOf } from "./tables.ts";

/** Bytes that are looked at. */
export const DETECT_PREFIX = 1024 * 1024;

export interface Mark {
  readonly encoding: Exclude<Encoding, "utf-16">;
  /** Bytes of the mark. */
  readonly length: number;
}

/** The byte order mark at the beginning of a drop. */
export function byteOrderMark(start: Uint8Array): Mark | undefined {
  if (start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf) return { encoding: "utf-8", length: 3 };
  if (start[0] === 0xff && start[1] === 0xfe) return { encoding: "utf-16le", length: 2 };
  if (start[0] === 0xfe && start[1] === 0xff) return { encoding: "utf-16be", length: 2 };
  return undefined;
}

/** The mark of UTF-32 begins like the one of UTF-16, but no text begins with NUL. */
export function isUtf32(start: Uint8Array): boolean {
  return start[2] === 0 && start[3] === 0 && start[0] === 0xff && start[1] === 0xfe;
}

/** `whole` = the prefix is the whole drop. Throws ENCODING_UNDETECTED. */
export function detectEncoding(prefix: Buffer, whole: boolean): Exclude<Encoding, "utf-16"> {
  const mark = byteOrderMark(prefix);
  if (mark && !isUtf32(prefix)) return mark.encoding;
  const nul = prefix.subarray(0, 4).indexOf(0);
  if (nul >= 0) {
    throw new BridgeError(
      "ENCODING_UNDETECTED",
      `byte 0x00 at offset ${nul} is neither UTF-8 nor windows-1252 text; UTF-16 is found only by its byte order mark, UTF-32 is not read`,
      { stage: "decode" },
    );
  }
  if (isUtf8(prefix) || (!whole && isUtf8(withoutLastCharacter(prefix)))) return "utf-8";
  const windows = tableOf("windows-1252");
  let controls = false;
  let euro = false;
  for (let at = 0; at < prefix.length; at++) {
    const byte = prefix[at]!;
    if (byte < 0x80) continue;
    if (byte === 0xa4) euro = true;
    if (byte <= 0x9f) controls = true;
    if (windows[byte] === NONE || isDosLetter(prefix, at)) {
      throw new BridgeError(
        "ENCODING_UNDETECTED",
        `byte 0x${byte.toString(16)} at offset ${at} is neither UTF-8 nor windows-1252 text; expected one of those, UTF-16 with a byte order mark, or iso-8859-15`,
        { stage: "decode" },
      );
    }
  }
  return euro && !controls ? "iso-8859-15" : "windows-1252";
}

/** Without the up to three bytes of a UTF-8 character that the end of the prefix may have cut. */
function withoutLastCharacter(prefix: Buffer): Buffer {
  let end = prefix.length;
  while (end > 0 && prefix.length - end < 3 && (prefix[end - 1]! & 0xc0) === 0x80) end--;
  return end > 0 && prefix[end - 1]! >= 0xc0 ? prefix.subarray(0, end - 1) : prefix;
}

/** ä, ö, Ä, Ö, Ü, ß of CP437 and CP850 (their ü does not exist in windows-1252 at all). */
function isDosLetter(bytes: Buffer, at: number): boolean {
  const [before, after] = [bytes[at - 1], bytes[at + 1]];
  switch (bytes[at]) {
    case 0x84: // ä, else „
    case 0x94: // ö, else ”
      return isLetter(before) && isLetter(after);
    case 0x99: // Ö, else ™
      return isLetter(after);
    case 0x8e: // Ä, else Ž
    case 0x9a: // Ü, else š
      return isCapital(after);
    case 0xe1: // ß, else á
      return (isCapital(before) && isCapital(after)) || bytes.toString("latin1", at - 3, at + 2) === "tra\u00e1e";
    default:
      return false;
  }
}

function isCapital(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x41 && byte <= 0x5a;
}

function isLetter(byte: number | undefined): boolean {
  return byte !== undefined && (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
}
