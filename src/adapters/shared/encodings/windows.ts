// A drop as a sequence of text windows. Every text codec reads this way: it takes the records that are whole in the
// window, says how far it came, and finds the rest at the beginning of the next window.
//
// Windows end where the bytes say, not where a chunk of the stream happened to end: the same drop gives the same windows
// however it was cut. A rest that fills half a window doubles the next one, so that even a record of many windows is
// looked at a bounded number of times per byte; bounding the rest itself is the codec's business.

import type { DecodeContext } from "../../../core/contract.ts";
import { BridgeError } from "../../../core/errors.ts";
import { type BadByte, type Decoded, decoderOf } from "./decoder.ts";
import { byteOrderMark, DETECT_PREFIX, detectEncoding, isUtf32 } from "./detect.ts";
import { type Encoding, isEncoding } from "./names.ts";
import { NONE, tableOf } from "./tables.ts";

const WINDOW = 128 * 1024;

export interface TextWindow {
  /** Decoded when it is asked for the first time. */
  readonly text: string;
  /** The text as UTF-8 where all of its bytes exist; until the next window is asked for. Not of every encoding. */
  readonly utf8: Buffer | undefined;
  /** Where a place of `utf8` stands in the drop's bytes of the window. Ask with rising places. */
  originOf(place: number): number;
  /** Offset in the drop of the first byte. */
  readonly offset: number;
  /** Nothing follows. */
  readonly last: boolean;
  readonly encoding: Encoding;
  /**
   * The first place from `from` on and before `to` where a byte did not exist; `offset` counts from the beginning of the
   * drop. Ask with rising `from`.
   */
  badBetween(from: number, to: number): BadByte | undefined;
  /** Byte offset in the drop of the character that begins at `index`. Cheap when called with rising indexes. */
  offsetAt(index: number): number;
  /** Set by the reader before it asks for the next window: where the first character stands that it is not done with. */
  consumed: number;
  /** The same in bytes of the drop, by a reader of `utf8`; then `consumed` says nothing. */
  consumedBytes: number | undefined;
}

/** What a codec's option says, or what its own format declares (XML). */
export type Declared = Encoding | "detect" | ((start: Buffer) => Encoding);

/** How much of the start a format's own declaration may need, and a byte order mark. */
const DECLARATION = 1024;
const MARK = 4;

/**
 * Decodes strictly. With `detect` the choice is reported once and a pinned one is taken as it is. Throws BridgeError
 * ENCODING_UNDETECTED, ENCODING_MISMATCH; honours the signal between chunks.
 */
export async function* textWindows(
  bytes: AsyncIterable<Uint8Array>,
  declared: Declared,
  context: DecodeContext,
  size: number = WINDOW,
): AsyncGenerator<TextWindow, void, undefined> {
  const pinned = declared === "detect" ? pinnedEncoding(context) : undefined;
  const wanted = pinned ?? declared;
  let encoding = typeof wanted === "string" && wanted !== "detect" ? wanted : undefined;
  const least = wanted === "detect" ? DETECT_PREFIX : typeof wanted === "function" ? DECLARATION : MARK;
  const first = wanted === "detect" ? least : Math.max(size, least);
  let open: ((held: Buffer, last: boolean) => TextWindow) | undefined;

  const held = holding(first);
  const show = (last: boolean): TextWindow => {
    if (!open) {
      if (typeof wanted === "function") encoding = wanted(held.bytes());
      if (wanted === "detect") {
        encoding = detectEncoding(held.bytes().subarray(0, DETECT_PREFIX), last);
        context.detected("encoding", encoding);
      }
      open = opener(encoding!, held);
    }
    return open(held.bytes(), last);
  };
  for await (const chunk of bytes) {
    context.signal.throwIfAborted();
    for (let from = 0; from < chunk.length;) {
      from += held.fill(chunk, from);
      if (!held.full) break;
      const window = show(false);
      yield window;
      held.skip(window.consumedBytes ?? window.offsetAt(window.consumed) - held.offset);
      held.enlarge(size);
    }
  }
  context.signal.throwIfAborted();
  yield show(true);
}

function pinnedEncoding(context: DecodeContext): Encoding | undefined {
  const pinned = context.pinned?.["encoding"];
  if (pinned === undefined || isEncoding(pinned)) return pinned;
  throw new BridgeError("ENCODING_UNDETECTED", "the encoding this drop is pinned to is not known to this version", {
    stage: "decode",
  });
}

/** Sees to the byte order mark, then gives the function that decodes what is held. */
function opener(encoding: Encoding, held: Held): (bytes: Buffer, last: boolean) => TextWindow {
  const mark = byteOrderMark(held.bytes());
  const actual = encoding === "utf-16" ? mark?.encoding : encoding;
  if (actual === undefined) {
    throw new BridgeError("ENCODING_MISMATCH", "utf-16 needs a byte order mark and there is none", {
      stage: "decode",
      hint: "Set encoding to utf-16le or utf-16be.",
    });
  }
  const isOther = mark !== undefined && (mark.encoding !== actual || isUtf32(held.bytes()));
  if (isOther && !actual.startsWith("ebcdic")) {
    const found = isUtf32(held.bytes()) ? "utf-32le" : mark.encoding;
    throw new BridgeError(
      "ENCODING_MISMATCH",
      `the drop begins with the byte order mark of ${found}, but its encoding is said to be ${encoding}`,
      { stage: "decode" },
    );
  }
  if (mark?.encoding === actual) held.skip(mark.length);
  const decode = decoderOf(actual);
  return (bytes, last) => new DecodedWindow(decode(bytes, last), held.offset, last, actual);
}

/** A class: getters of an object literal would be a hidden class of its own for each window, which outlives it. */
class DecodedWindow implements TextWindow {
  readonly last: boolean;
  readonly encoding: Encoding;
  readonly offset: number;
  consumed = 0;
  consumedBytes: number | undefined = undefined;
  private readonly decoded: Decoded;
  private made: string | undefined = undefined;
  private unit: Decoded["unit"] = 1;
  /** Of the drop, not of the window. */
  private badBytes: readonly BadByte[] | undefined = undefined;
  private nextBad = 0;
  private extra: Int32Array | undefined = undefined;
  private passedExtra = 0;
  // Where characters differ in length the way from the last place asked for is measured.
  private index = 0;
  private measured: number;
  private passed = 0;

  constructor(decoded: Decoded, offset: number, last: boolean, encoding: Encoding) {
    this.decoded = decoded;
    this.offset = offset;
    this.last = last;
    this.encoding = encoding;
    this.measured = offset;
  }

  get text(): string {
    return this.made ?? this.read();
  }

  get utf8(): Buffer | undefined {
    const { utf8, extra } = this.decoded;
    this.extra = extra;
    return utf8;
  }

  originOf(place: number): number {
    const { extra } = this;
    if (!extra) return place;
    while (this.passedExtra < extra.length && extra[this.passedExtra]! < place) this.passedExtra++;
    return place - this.passedExtra;
  }

  private get bad(): readonly BadByte[] {
    const { decoded, offset } = this;
    return (this.badBytes ??= decoded.bad.map((byte) => ({ ...byte, offset: offset + byte.offset })));
  }

  private read(): string {
    const { text, unit } = this.decoded;
    this.made = text;
    this.unit = unit;
    return text;
  }

  offsetAt(to: number): number {
    const text = this.made ?? this.read();
    if (to >= text.length) return this.offset + this.decoded.used;
    const { unit } = this;
    return unit === 0 && this.encoding === "utf-8"
      ? this.measure(text, to)
      : this.offset + to * (unit === 0 ? 2 : unit);
  }

  private measure(text: string, to: number): number {
    const { bad } = this;
    if (to < this.index) {
      this.index = 0;
      this.measured = this.offset;
      this.passed = 0;
    }
    this.measured += Buffer.byteLength(text.slice(this.index, to));
    // A placeholder counted three bytes; it stands for fewer.
    for (; this.passed < bad.length && bad[this.passed]!.at < to; this.passed++)
      this.measured += bad[this.passed]!.length - 3;
    this.index = to;
    return this.measured;
  }

  badBetween(from: number, to: number): BadByte | undefined {
    const { bad } = this;
    if (this.nextBad >= bad.length) return undefined;
    while (this.nextBad < bad.length && bad[this.nextBad]!.at < from) this.nextBad++;
    const found = bad[this.nextBad];
    return found && found.at < to ? found : undefined;
  }
}

/** The bytes that were read and are not yet done with. */
interface Held {
  /** Offset in the drop of the first byte held. */
  readonly offset: number;
  /** As many as one window is to have. */
  readonly full: boolean;
  bytes(): Buffer;
  /** Takes what fits of a chunk; answers how many bytes. */
  fill(chunk: Uint8Array, from: number): number;
  /** Lets go of the first bytes. */
  skip(count: number): void;
  /** Decides how much is held next time. */
  enlarge(size: number): void;
}

function holding(first: number): Held {
  let buffer = Buffer.allocUnsafe(first);
  let length = 0;
  let target = first;
  let offset = 0;
  return {
    get offset() {
      return offset;
    },
    get full() {
      return length === target;
    },
    bytes: () => buffer.subarray(0, length),
    fill(chunk, from) {
      const count = Math.min(target - length, chunk.length - from);
      buffer.set(chunk.subarray(from, from + count), length);
      length += count;
      return count;
    },
    skip(count) {
      buffer.copyWithin(0, count, length);
      length -= count;
      offset += count;
    },
    enlarge(size) {
      target = Math.max(size, 2 * length);
      if (target <= buffer.length) return;
      const grown = Buffer.allocUnsafe(target);
      buffer.copy(grown, 0, 0, length);
      buffer = grown;
    },
  };
}

/** The fault of a record, or the end of a drop, for a byte that does not exist. */
export function encodingInvalid(byte: BadByte, encoding: Encoding, line: number): BridgeError {
  const value = `0x${byte.byte.toString(16).padStart(2, "0")}`;
  const place = line > 0 ? `offset ${byte.offset}, line ${line}` : `offset ${byte.offset}`;
  const likely =
    encoding.startsWith("iso-8859-") && tableOf("windows-1252")[byte.byte] !== NONE ? "; windows-1252 has it" : "";
  return new BridgeError("ENCODING_INVALID", `byte ${value} at ${place} does not exist in ${encoding}${likely}`, {
    stage: "decode",
    facts: { encoding },
  });
}
