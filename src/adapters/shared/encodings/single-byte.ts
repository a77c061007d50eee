// Bytes that are a character each → text, and the same as UTF-8 for whoever reads bytes.

import { isAscii } from "node:buffer";
import type { BadByte, Decode, Decoded } from "./decoder.ts";
import { NONE, type SingleByte, tableOf } from "./tables.ts";

const NO_BAD: readonly BadByte[] = [];

// What a byte asks of its chunk. The sum over a chunk decides how it is decoded: most chunks of German text are plain
// Latin-1, which the engine decodes natively.
const OTHER_LATIN1 = 1;
const WIDE = 2;
const INVALID = 4;

export function singleByteDecoder(encoding: SingleByte): Decode {
  const table = tableOf(encoding);
  const kinds = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++) {
    const unit = table[byte]!;
    kinds[byte] = unit === byte ? 0 : unit === NONE ? INVALID | WIDE : unit > 0xff ? WIDE : OTHER_LATIN1;
  }
  const recode = recoder(table);
  return (bytes) => new SingleByteText(bytes, table, kinds, recode);
}

/** Text and UTF-8 are made where somebody asks for them. A class: see `ValidUtf8`. */
class SingleByteText implements Decoded {
  readonly used: number;
  readonly unit = 1;
  private readonly bytes: Buffer;
  private readonly table: Uint16Array;
  private readonly kinds: Uint8Array;
  private readonly recode: (bytes: Buffer) => Recoded | undefined;
  private read: Pick<Decoded, "text" | "bad"> | undefined;
  private recoded: Recoded | undefined;
  private isRecoded = false;

  constructor(bytes: Buffer, table: Uint16Array, kinds: Uint8Array, recode: (bytes: Buffer) => Recoded | undefined) {
    this.bytes = bytes;
    this.used = bytes.length;
    this.table = table;
    this.kinds = kinds;
    this.recode = recode;
  }

  get text(): string {
    return (this.read ??= textOf(this.bytes, this.table, this.kinds)).text;
  }

  get bad(): readonly BadByte[] {
    // UTF-8 is there only where nothing is bad.
    if (this.recoded) return NO_BAD;
    return (this.read ??= textOf(this.bytes, this.table, this.kinds)).bad;
  }

  get utf8(): Buffer | undefined {
    return this.asUtf8()?.utf8;
  }

  get extra(): Int32Array | undefined {
    return this.asUtf8()?.extra;
  }

  private asUtf8(): Recoded | undefined {
    if (!this.isRecoded) this.recoded = this.recode(this.bytes);
    this.isRecoded = true;
    return this.recoded;
  }
}

function textOf(bytes: Buffer, table: Uint16Array, kinds: Uint8Array): Pick<Decoded, "text" | "bad"> {
  const { length } = bytes;
  let seen = 0;
  for (let at = 0; at < length; at++) seen |= kinds[bytes[at]!]!;
  if (seen === 0) return { text: bytes.toString("latin1"), bad: NO_BAD };
  if (seen < WIDE) {
    const mapped = Buffer.allocUnsafe(length);
    for (let at = 0; at < length; at++) mapped[at] = table[bytes[at]!]!;
    return { text: mapped.toString("latin1"), bad: NO_BAD };
  }
  const units = new Uint16Array(length);
  const bad: BadByte[] = [];
  for (let at = 0; at < length; at++) {
    const unit = table[bytes[at]!]!;
    units[at] = unit;
    if (unit === NONE) {
      units[at] = 0xfffd;
      bad.push({ at, offset: at, length: 1, byte: bytes[at]! });
    }
  }
  return { text: Buffer.from(units.buffer).toString("utf16le"), bad };
}

interface Recoded {
  readonly utf8: Buffer;
  readonly extra: Int32Array | undefined;
}

/** Writes bytes as UTF-8 (RFC 3629), again and again in the same memory; undefined = one of them does not exist. */
function recoder(table: Uint16Array): (bytes: Buffer) => Recoded | undefined {
  const hasAscii = table.subarray(0, 0x80).every((unit, byte) => unit === byte);
  let room = Buffer.alloc(0);
  let places = new Int32Array(0);
  return (bytes) => {
    const { length } = bytes;
    if (hasAscii && isAscii(bytes)) return { utf8: bytes, extra: undefined };
    // No character of these tables needs more.
    if (room.length < 3 * length) room = Buffer.allocUnsafeSlow(3 * length);
    const out = room;
    let to = 0;
    let extra = 0;
    for (let at = 0; at < length; at++) {
      const unit = table[bytes[at]!]!;
      if (unit < 0x80) {
        out[to++] = unit;
        continue;
      }
      if (extra + 2 > places.length) places = grown(places);
      if (unit < 0x800) out[to++] = 0xc0 | (unit >> 6);
      else {
        if (unit === NONE) return undefined;
        out[to++] = 0xe0 | (unit >> 12);
        places[extra++] = to;
        out[to++] = 0x80 | ((unit >> 6) & 0x3f);
      }
      places[extra++] = to;
      out[to++] = 0x80 | (unit & 0x3f);
    }
    return { utf8: out.subarray(0, to), extra: places.subarray(0, extra) };
  };
}

function grown(places: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const more = new Int32Array(Math.max(1_024, 2 * places.length));
  more.set(places);
  return more;
}
