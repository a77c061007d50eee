// Where the objects of a file lie (ISO 32000-1, 7.5): the newest cross-reference section first, then those that it continues, as tables,
// as streams, or as both. Nothing is repaired: a file whose table does not fit was cut or changed on its way, and what a search for
// objects would find in it could be an older state of a form.

import type { Budget } from "./budget.ts";
import { broken } from "./faults.ts";
import { unpack } from "./filters.ts";
import { type Lexer, lexerOf, nextInteger, nextValue, placeOf, skipSpace, takesKeyword } from "./lexer.ts";
import { type Dict, isDict, isList, type PdfValue, Ref, Stream } from "./values.ts";

export type Entry =
  /** From the header on. */
  | { readonly kind: "offset"; readonly offset: number; readonly generation: number }
  /** In an object stream. */
  | { readonly kind: "packed"; readonly stream: number; readonly index: number }
  | { readonly kind: "free" };

export interface Xref {
  readonly entries: ReadonlyMap<number, Entry>;
  /** The newest; what an older one says of the catalogue no longer holds. */
  readonly trailer: Dict;
}

/** Sections of one file: one for each time that it was saved. */
const MOST_SECTIONS = 1_000;
/** Behind the end there may be what mail and web servers append. */
const TAIL = 2048;
const FREE: Entry = { kind: "free" };

/** `base` is where the header stands: offsets count from there. Throws PDF_BROKEN, PDF_LIMIT. */
export function readXref(bytes: Uint8Array, base: number, budget: Budget): Xref {
  const entries = new Map<number, Entry>();
  const seen = new Set<number>();
  const waiting = [startOf(bytes, budget)];
  let trailer: Dict | undefined;
  while (waiting.length > 0) {
    const offset = waiting.pop()!;
    if (seen.has(offset)) throw broken("its cross-reference sections form a circle");
    seen.add(offset);
    if (seen.size > MOST_SECTIONS) throw broken(`it has more than ${MOST_SECTIONS} cross-reference sections`);
    const lexer = lexerOf(bytes, base + offset, budget);
    const free: number[] = [];
    const dict = takesKeyword(lexer, "xref") ? readTable(lexer, entries, free) : readStream(lexer, entries);
    trailer ??= dict;
    // Of a hybrid file, for readers that know streams: what is in the stream is free in the table.
    const hybrid = offsetIn(dict, "XRefStm");
    if (hybrid !== undefined) readStream(lexerOf(bytes, base + hybrid, budget), entries);
    for (const number of free) if (!entries.has(number)) entries.set(number, FREE);
    const previous = offsetIn(dict, "Prev");
    if (previous !== undefined) waiting.push(previous);
  }
  return { entries, trailer: trailer! };
}

function offsetIn(dict: Dict, key: string): number | undefined {
  const value = dict.get(key);
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw broken(`${key} is no offset`);
  return value;
}

/** What stands behind the last `startxref`. */
function startOf(bytes: Uint8Array, budget: Budget): number {
  const tail = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = tail.lastIndexOf("startxref");
  const lexer = lexerOf(bytes, at + "startxref".length, budget);
  const isThere = at !== -1 && bytes.length - at <= TAIL;
  const offset = isThere ? nextInteger(lexer) : -1;
  const end = isThere ? tail.indexOf("%%EOF", lexer.at) : -1;
  // An object behind the end, or only its number, begins an update that was cut off: what stands before it is an older state.
  if (end === -1 || /^[\s\0]*\d|\d\s+\d+\s+obj\b/.test(tail.toString("latin1", end + "%%EOF".length))) {
    throw broken("its end (startxref, %%EOF) is missing, so it was probably cut off");
  }
  return offset;
}

// ── tables ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** `free` gets the numbers that have no object here. */
function readTable(lexer: Lexer, entries: Map<number, Entry>, free: number[]): Dict {
  while (!takesKeyword(lexer, "trailer")) {
    let first = nextInteger(lexer);
    const count = nextInteger(lexer);
    lexer.budget.entries(count);
    for (let index = 0; index < count; index++) {
      const offset = nextInteger(lexer);
      const generation = nextInteger(lexer);
      const isUsed = takesKeyword(lexer, "n");
      if (!isUsed && !takesKeyword(lexer, "f")) throw broken(`${placeOf(lexer)}, expected n or f of a cross-reference`);
      // Some begin at 1 with the entry that is always that of 0.
      if (index === 0 && first === 1 && !isUsed && generation === 65_535) first = 0;
      const number = first + index;
      if (!isUsed) free.push(number);
      else if (!entries.has(number)) entries.set(number, { kind: "offset", offset, generation });
    }
  }
  const trailer = nextValue(lexer);
  if (!isDict(trailer)) throw broken(`${placeOf(lexer)}, expected the dictionary of the trailer`);
  return trailer;
}

// ── streams ─────────────────────────────────────────────────────────────────────────────────────────────────────

function readStream(lexer: Lexer, entries: Map<number, Entry>): Dict {
  const start = lexer.at;
  const stream = headOf(lexer) ? streamAt(lexer, (value) => value ?? null) : undefined;
  if (!stream) throw broken(`${placeOf(lexer, start)}, expected a cross-reference section`);
  const { dict } = stream;
  const data = unpack(stream, direct, lexer.budget);
  const widths = numbersOf(dict.get("W"));
  if (widths?.length !== 3 || widths.some((width) => width > 7)) throw broken("a cross-reference stream has no widths");
  const [type = 0, second = 0, third = 0] = widths;
  const size = type + second + third;
  const parts = numbersOf(dict.get("Index")) ?? [0, Number(dict.get("Size") ?? 0)];
  if (size === 0) throw broken("a cross-reference stream has no widths");
  let at = 0;
  for (let part = 0; part + 1 < parts.length; part += 2) {
    const count = parts[part + 1]!;
    if (count > (data.length - at) / size) throw broken("a cross-reference stream is too short");
    lexer.budget.entries(count);
    for (let index = 0; index < count; index++, at += size) {
      const number = parts[part]! + index;
      if (entries.has(number)) continue;
      const kind = type === 0 ? 1 : bigEndian(data, at, type);
      const one = bigEndian(data, at + type, second);
      const two = bigEndian(data, at + type + second, third);
      entries.set(number, entryOf(kind, one, two));
    }
  }
  return dict;
}

function entryOf(kind: number, one: number, two: number): Entry {
  if (kind === 1) return { kind: "offset", offset: one, generation: two };
  return kind === 2 ? { kind: "packed", stream: one, index: two } : FREE;
}

/** Nothing in a cross-reference stream may be a reference: where objects lie is what it is to tell. */
function direct(value: PdfValue | undefined): PdfValue {
  if (value instanceof Ref) throw broken("a cross-reference stream refers to an object");
  return value ?? null;
}

function numbersOf(value: PdfValue | undefined): readonly number[] | undefined {
  if (!isList(value)) return undefined;
  if (!value.every((item): item is number => typeof item === "number" && item >= 0 && Number.isSafeInteger(item))) {
    throw broken("a cross-reference stream has odd numbers");
  }
  return value;
}

function bigEndian(data: Uint8Array, at: number, width: number): number {
  let value = 0;
  for (let index = 0; index < width; index++) value = value * 256 + data[at + index]!;
  return value;
}

// ── objects at their place ──────────────────────────────────────────────────────────────────────────────────────

/** `7 0 obj`, passed; undefined where none stands there. */
export function headOf(lexer: Lexer): { readonly number: number; readonly generation: number } | undefined {
  skipSpace(lexer);
  const digit = lexer.bytes[lexer.at];
  if (digit === undefined || digit < 0x30 || digit > 0x39) return undefined;
  const number = nextInteger(lexer);
  const generation = nextInteger(lexer);
  return takesKeyword(lexer, "obj") ? { number, generation } : undefined;
}

/** A dictionary and the stream behind it; `undefined` where it is none. */
function streamAt(lexer: Lexer, resolve: (value: PdfValue | undefined) => PdfValue): Stream | undefined {
  const dict = nextValue(lexer);
  const bytes = isDict(dict) ? bytesBehind(lexer, dict, resolve) : undefined;
  return isDict(dict) && bytes ? new Stream(dict, bytes) : undefined;
}

/** The bytes of a stream whose dictionary was just read; undefined where no stream follows. Its length must be right. */
export function bytesBehind(
  lexer: Lexer,
  dict: Dict,
  resolve: (value: PdfValue | undefined) => PdfValue,
): Uint8Array | undefined {
  if (!takesKeyword(lexer, "stream")) return undefined;
  const { bytes } = lexer;
  if (bytes[lexer.at] === 13) lexer.at++;
  if (bytes[lexer.at] === 10) lexer.at++;
  const start = lexer.at;
  const length = resolve(dict.get("Length"));
  if (typeof length !== "number" || !Number.isSafeInteger(length) || length < 0) {
    throw broken(`${placeOf(lexer)}, the stream has no length`);
  }
  lexer.at = start + length;
  if (lexer.at > bytes.length || !takesKeyword(lexer, "endstream")) {
    throw broken(`${placeOf(lexer, start)}, the stream does not end where its length says`);
  }
  return bytes.subarray(start, start + length);
}
