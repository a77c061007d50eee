// Bytes → text, strictly: a byte that does not exist is reported with its place and never becomes a character that
// somebody could deliver. In `text` U+FFFD stands in its place only so that positions keep their meaning; whoever reads
// a record over such a place makes it a fault.
//
// Stateless: what is incomplete at the end of `bytes` (half a character) is left over, the caller brings it again.

import { isUtf8 } from "node:buffer";
import type { Encoding } from "./names.ts";
import { singleByteDecoder } from "./single-byte.ts";

export interface BadByte {
  /** Index of its placeholder in the text. */
  readonly at: number;
  /** Offset of the first byte within the bytes decoded; `length` bytes are represented by the placeholder. */
  readonly offset: number;
  readonly length: number;
  readonly byte: number;
}

export interface Decoded {
  readonly text: string;
  /** How many bytes `text` stands for. */
  readonly used: number;
  /** In rising order. */
  readonly bad: readonly BadByte[];
  /** Bytes per UTF-16 unit where that is the same for all of this text; 0 where it differs (UTF-8 with multi-byte characters). */
  readonly unit: 0 | 1 | 2;
  /** The text as UTF-8 where nothing is bad, until more is decoded. Absent = not from this encoding. */
  readonly utf8?: Buffer | undefined;
  /** Rising places of bytes of `utf8` that make up for none of the drop; absent = there are none. */
  readonly extra?: Int32Array | undefined;
}

/** `final` = nothing follows: an incomplete character is a bad byte then. */
export type Decode = (bytes: Buffer, final: boolean) => Decoded;

const NO_BAD: readonly BadByte[] = [];

/** The decoder of an encoding. `utf-16` is decided by its byte order mark before (`unmark`). */
export function decoderOf(encoding: Exclude<Encoding, "utf-16">): Decode {
  if (encoding === "utf-8") return decodeUtf8;
  if (encoding === "utf-16le") return decodeUtf16Le;
  if (encoding === "utf-16be") return decodeUtf16Be;
  return singleByteDecoder(encoding);
}

// ── UTF-8 ───────────────────────────────────────────────────────────────────────────────────────────────────────

function decodeUtf8(bytes: Buffer, final: boolean): Decoded {
  const used = final ? bytes.length : completeUtf8(bytes);
  const whole = bytes.subarray(0, used);
  if (!isUtf8(whole)) return decodeBrokenUtf8(whole);
  return new ValidUtf8(whole);
}

/** Whoever reads the bytes needs no text. A class: getters of an object literal would be a hidden class of its own for each window. */
class ValidUtf8 implements Decoded {
  readonly utf8: Buffer;
  readonly used: number;
  readonly bad = NO_BAD;
  private made: string | undefined;

  constructor(utf8: Buffer) {
    this.utf8 = utf8;
    this.used = utf8.length;
  }

  get text(): string {
    return (this.made ??= this.utf8.toString("utf8"));
  }

  get unit(): 0 | 1 {
    return this.text.length === this.used ? 1 : 0;
  }
}

/** Length without an incomplete but so far correct sequence at the end (at most 3 bytes). */
function completeUtf8(bytes: Buffer): number {
  const { length } = bytes;
  for (let back = 1; back <= 3 && back <= length; back++) {
    const byte = bytes[length - back]!;
    if (byte < 0x80) return length;
    if (byte >= 0xc0) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return needed > back ? length - back : length;
    }
  }
  return length;
}

/**
 * The slow way for a chunk with bad bytes: valid stretches are decoded natively, each maximal invalid prefix (Unicode
 * standard, 3.9, table 3-8) becomes one bad place, so that ASCII bytes behind it, line ends above all, stay themselves.
 */
function decodeBrokenUtf8(bytes: Buffer): Decoded {
  const bad: BadByte[] = [];
  let text = "";
  let valid = 0;
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    text += bytes.toString("utf8", valid, at);
    bad.push({ at: text.length, offset: at, length: -length, byte: bytes[at]! });
    text += "\ufffd";
    at -= length;
    valid = at;
  }
  text += bytes.toString("utf8", valid, at);
  return { text, used: bytes.length, bad, unit: 0 };
}

/** Bytes of the valid sequence at `at` (Unicode standard, table 3-7), or minus the bytes of the invalid prefix there. */
function sequenceLength(bytes: Buffer, at: number): number {
  const lead = bytes[at]!;
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return -1;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  // The second byte's range excludes overlong forms, surrogates and what lies beyond U+10FFFF.
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  for (let next = 1; next < length; next++) {
    const byte = bytes[at + next];
    if (byte === undefined || byte < (next === 1 ? low : 0x80) || byte > (next === 1 ? high : 0xbf)) return -next;
  }
  return length;
}

// ── UTF-16 ──────────────────────────────────────────────────────────────────────────────────────────────────────

function decodeUtf16Be(bytes: Buffer, final: boolean): Decoded {
  const even = bytes.length & ~1;
  const swapped = Buffer.from(bytes.subarray(0, even)).swap16();
  return decodeUtf16(swapped, bytes, final);
}

function decodeUtf16Le(bytes: Buffer, final: boolean): Decoded {
  return decodeUtf16(bytes.subarray(0, bytes.length & ~1), bytes, final);
}

function decodeUtf16(littleEndian: Buffer, bytes: Buffer, final: boolean): Decoded {
  let text = littleEndian.toString("utf16le");
  // A high surrogate at the border waits for its other half.
  if (!final && isHigh(text.charCodeAt(text.length - 1))) text = text.slice(0, -1);
  const bad: BadByte[] = [];
  if (!text.isWellFormed()) {
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (isHigh(unit) && isLow(text.charCodeAt(at + 1))) at++;
      else if (isHigh(unit) || isLow(unit)) bad.push({ at, offset: 2 * at, length: 2, byte: bytes[2 * at]! });
    }
    text = text.toWellFormed();
  }
  const used = 2 * text.length;
  if (!final || bytes.length % 2 === 0) return { text, used, bad, unit: 2 };
  bad.push({ at: text.length, offset: used, length: 1, byte: bytes[used]! });
  return { text: `${text}\ufffd`, used: used + 1, bad, unit: 0 };
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
