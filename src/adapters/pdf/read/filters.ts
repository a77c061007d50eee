// Streams unpacked (ISO 32000-1, 7.4): Flate, LZW, ASCII85, ASCIIHex and RunLength, with predictors, within the budget of the file.

import { inflateSync } from "node:zlib";
import { BridgeError } from "../../../core/errors.ts";
import { type Budget, tooInflated } from "./budget.ts";
import { broken } from "./faults.ts";
import { hexDigit } from "./lexer.ts";
import { lzw } from "./lzw.ts";
import { type Dict, isDict, isList, Name, type PdfValue, type Stream } from "./values.ts";

/** Filters of one stream; real ones have one or two. */
const MOST_FILTERS = 8;

type Resolve = (value: PdfValue | undefined) => PdfValue;

interface Step {
  readonly name: string;
  readonly parameters: Dict | undefined;
}

/** The bytes of a stream without its filters. Throws PDF_BROKEN, PDF_LIMIT; filters of images are PDF_BROKEN, for nothing here is one. */
export function unpack({ dict, bytes }: Stream, resolve: Resolve, budget: Budget): Uint8Array {
  let out = bytes;
  for (const step of stepsOf(dict, resolve)) {
    out = apply(step, out, resolve, budget);
  }
  return out;
}

function stepsOf(dict: Dict, resolve: Resolve): readonly Step[] {
  const filter = resolve(dict.get("Filter") ?? dict.get("F"));
  if (filter === null) return [];
  const names = isList(filter) ? filter.map(resolve) : [filter];
  if (names.length > MOST_FILTERS) throw broken(`a stream has more than ${MOST_FILTERS} filters`);
  const given = resolve(dict.get("DecodeParms") ?? dict.get("DP"));
  const parameters = isList(given) ? given.map(resolve) : [given];
  return names.map((name, at) => {
    if (!(name instanceof Name)) throw broken("a filter of a stream has no name");
    const own = parameters[at];
    return { name: name.text, parameters: isDict(own) ? own : undefined };
  });
}

function apply({ name, parameters }: Step, bytes: Uint8Array, resolve: Resolve, budget: Budget): Uint8Array {
  const number = (key: string, otherwise: number): number => {
    const value = resolve(parameters?.get(key));
    return typeof value === "number" ? value : otherwise;
  };
  const counted = (out: Uint8Array): Uint8Array => {
    budget.inflated(out.length);
    return out;
  };
  switch (name) {
    case "FlateDecode":
    case "Fl":
      return predicted(counted(inflate(bytes, budget)), number);
    case "LZWDecode":
    case "LZW":
      return predicted(counted(lzw(bytes, number("EarlyChange", 1), budget)), number);
    case "ASCIIHexDecode":
    case "AHx":
      return counted(asciiHex(bytes));
    case "ASCII85Decode":
    case "A85":
      return counted(ascii85(bytes, budget));
    case "RunLengthDecode":
    case "RL":
      return counted(runLength(bytes, budget));
    case "Crypt":
      return bytes;
    default:
      throw broken("a stream that has to be read is packed in a way that texts never are");
  }
}

function inflate(bytes: Uint8Array, budget: Budget): Uint8Array {
  try {
    // One more than there may be, so that what is too large is told from what just fits.
    return inflateSync(bytes, { maxOutputLength: budget.inflatable + 1 });
  } catch (cause) {
    if (cause instanceof BridgeError) throw cause;
    const { code } = cause as { code?: unknown };
    if (code === "ERR_BUFFER_TOO_LARGE") throw tooInflated(budget.limits);
    throw broken("a packed stream cannot be unpacked");
  }
}

// ── predictors ──────────────────────────────────────────────────────────────────────────────────────────────────

/** TIFF's and PNG's differences between neighbours undone (7.4.4.4). */
function predicted(bytes: Uint8Array, number: (key: string, otherwise: number) => number): Uint8Array {
  const predictor = number("Predictor", 1);
  if (predictor <= 1) return bytes;
  const colors = number("Colors", 1);
  const bits = number("BitsPerComponent", 8);
  const columns = number("Columns", 1);
  const pixel = Math.max(1, (colors * bits) >> 3);
  const row = (columns * colors * bits + 7) >> 3;
  if (!(row >= 1 && row <= 1 << 24 && pixel <= row)) throw broken("a stream has a predictor with odd numbers");
  if (predictor === 2) return bits === 8 ? tiff(bytes, row, pixel) : bytes;
  return png(bytes, row, pixel);
}

function tiff(bytes: Uint8Array, row: number, pixel: number): Uint8Array {
  const out = Uint8Array.from(bytes);
  for (let at = 0; at < out.length; at++) if (at % row >= pixel) out[at]! += out[at - pixel]!;
  return out;
}

function png(bytes: Uint8Array, row: number, pixel: number): Uint8Array {
  const rows = Math.ceil(bytes.length / (row + 1));
  const out = new Uint8Array(rows * row);
  let length = 0;
  for (let line = 0; line < rows; line++) {
    const from = line * (row + 1);
    const type = bytes[from]!;
    const data = bytes.subarray(from + 1, from + 1 + row);
    const start = line * row;
    for (let at = 0; at < data.length; at++) {
      const left = at >= pixel ? out[start + at - pixel]! : 0;
      const up = line > 0 ? out[start + at - row]! : 0;
      const corner = at >= pixel && line > 0 ? out[start + at - row - pixel]! : 0;
      out[start + at] = data[at]! + differenceOf(type, left, up, corner);
    }
    length = start + data.length;
  }
  return out.subarray(0, length);
}

function differenceOf(type: number, left: number, up: number, corner: number): number {
  switch (type) {
    case 0:
      return 0;
    case 1:
      return left;
    case 2:
      return up;
    case 3:
      return (left + up) >> 1;
    case 4:
      return paeth(left, up, corner);
    default:
      throw broken("a stream has a predictor that does not exist");
  }
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const byLeft = Math.abs(guess - left);
  const byUp = Math.abs(guess - up);
  const byCorner = Math.abs(guess - corner);
  if (byLeft <= byUp && byLeft <= byCorner) return left;
  return byUp <= byCorner ? up : corner;
}

// ── texts of bytes ──────────────────────────────────────────────────────────────────────────────────────────────

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13) || code === 0;
}

function asciiHex(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array((bytes.length + 1) >> 1);
  let digits = 0;
  for (const code of bytes) {
    if (code === 0x3e) break;
    if (isSpace(code)) continue;
    const digit = hexDigit(code);
    if (digit === -1) throw broken("a stream in hexadecimal digits holds something else");
    out[digits >> 1]! |= digits % 2 === 0 ? digit << 4 : digit;
    digits++;
  }
  return out.subarray(0, (digits + 1) >> 1);
}

function ascii85(bytes: Uint8Array, budget: Budget): Uint8Array {
  // A single `z` stands for four bytes, five other characters do.
  let zeros = 0;
  for (const code of bytes) if (code === 0x7a) zeros++;
  const size = zeros * 4 + Math.ceil(((bytes.length - zeros) * 4) / 5) + 4;
  if (size - 4 > budget.inflatable) throw tooInflated(budget.limits);
  const out = new Uint8Array(size);
  let length = 0;
  let value = 0;
  let count = 0;
  const put = (most: number): void => {
    for (let index = 0; index < most; index++) out[length++] = Math.floor(value / 256 ** (3 - index)) & 0xff;
    value = 0;
    count = 0;
  };
  for (const code of bytes) {
    if (code === 0x7e) break;
    if (isSpace(code)) continue;
    if (code === 0x7a && count === 0) {
      put(4);
      continue;
    }
    if (code < 0x21 || code > 0x75) throw broken("a stream in ASCII85 holds something else");
    value = value * 85 + (code - 0x21);
    if (++count === 5) put(4);
  }
  if (count > 1) {
    const rest = count - 1;
    while (count++ < 5) value = value * 85 + 84;
    put(rest);
  }
  return out.subarray(0, length);
}

function runLength(bytes: Uint8Array, budget: Budget): Uint8Array {
  let size = 0;
  for (let at = 0; at < bytes.length && bytes[at] !== 128;) {
    const code = bytes[at]!;
    size += code < 128 ? code + 1 : 257 - code;
    at += code < 128 ? code + 2 : 2;
  }
  if (size > budget.inflatable) throw tooInflated(budget.limits);
  const out = new Uint8Array(size);
  let length = 0;
  for (let at = 0; at < bytes.length && bytes[at] !== 128;) {
    const code = bytes[at]!;
    if (code < 128) {
      out.set(bytes.subarray(at + 1, at + 2 + code), length);
      length += code + 1;
      at += code + 2;
    } else {
      out.fill(bytes[at + 1] ?? 0, length, length + 257 - code);
      length += 257 - code;
      at += 2;
    }
  }
  return out;
}
