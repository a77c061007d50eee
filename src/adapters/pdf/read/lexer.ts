// Bytes → values (ISO 32000-1, 7.2 and 7.3), strictly: what is no value is a fault with its place.

import { type Budget, WEIGHTS } from "./budget.ts";
import { broken } from "./faults.ts";
import { type Dict, Name, type PdfValue, Ref } from "./values.ts";

const DEEPEST = 64;
/** Longest name (annex C of the standard says 127) and longest number. */
const LONGEST_WORD = 1024;

/** 1 = white space, 2 = delimiter, 0 = anything else. */
const KINDS = new Uint8Array(256);
for (const code of [0, 9, 10, 12, 13, 32]) KINDS[code] = 1;
for (const character of "()<>[]{}/%") KINDS[character.charCodeAt(0)] = 2;

/** An operator or keyword: obj, endobj, stream, BT. */
export class Keyword {
  readonly word: string;
  constructor(word: string) {
    this.word = word;
  }
}

/** Bytes of a string of this object as they were before encryption. */
export type Decipher = (bytes: Uint8Array) => Uint8Array;

export interface Lexer {
  at: number;
  readonly bytes: Uint8Array;
  /** Numbers may be parts of references `7 0 R`; false in content streams. */
  readonly refs: boolean;
  readonly budget: Budget;
  /** Offset of the first byte in the file, for messages; undefined = in an object stream or content stream. */
  readonly file: boolean;
  readonly decipher?: Decipher | undefined;
}

export function lexerOf(
  bytes: Uint8Array,
  at: number,
  budget: Budget,
  more: { readonly refs?: boolean; readonly file?: boolean; readonly decipher?: Decipher | undefined } = {},
): Lexer {
  return { bytes, at, budget, refs: more.refs ?? true, file: more.file ?? true, decipher: more.decipher };
}

export function placeOf(lexer: Lexer, at = lexer.at): string {
  return lexer.file ? `byte ${at}` : `byte ${at} of an unpacked stream`;
}

function unexpected(lexer: Lexer, expected: string, at = lexer.at): Error {
  const found = at >= lexer.bytes.length ? "the end" : "something else";
  return broken(`${placeOf(lexer, at)}, expected ${expected}, found ${found}`);
}

/** White space and comments. */
export function skipSpace(lexer: Lexer): void {
  const { bytes } = lexer;
  let { at } = lexer;
  for (; at < bytes.length; at++) {
    const code = bytes[at]!;
    if (KINDS[code] === 1) continue;
    if (code !== 0x25) break;
    while (at < bytes.length && bytes[at] !== 10 && bytes[at] !== 13) at++;
  }
  lexer.at = at;
}

/** The next value or keyword; undefined at the end. */
export function next(lexer: Lexer, depth = 0): PdfValue | Keyword | undefined {
  skipSpace(lexer);
  const { bytes } = lexer;
  if (lexer.at >= bytes.length) return undefined;
  lexer.budget.values(1);
  switch (bytes[lexer.at]) {
    case 0x2f:
      return nameAt(lexer);
    case 0x28:
      return deciphered(lexer, stringAt(lexer));
    case 0x3c:
      if (bytes[lexer.at + 1] === 0x3c) return dictAt(lexer, depth);
      return deciphered(lexer, hexAt(lexer));
    case 0x5b:
      return listAt(lexer, depth);
    case 0x29:
    case 0x3e:
    case 0x5d:
    case 0x7b:
    case 0x7d:
      throw unexpected(lexer, "a value");
    default:
      return wordAt(lexer);
  }
}

/** The next value. Throws where a keyword or nothing is there. */
export function nextValue(lexer: Lexer, depth = 0): PdfValue {
  const start = lexer.at;
  const value = next(lexer, depth);
  if (value === undefined || value instanceof Keyword) throw unexpected(lexer, "a value", start);
  return value;
}

/** Whether this keyword is next; it is then passed. */
export function takesKeyword(lexer: Lexer, word: string): boolean {
  skipSpace(lexer);
  const { bytes, at } = lexer;
  for (let index = 0; index < word.length; index++) if (bytes[at + index] !== word.charCodeAt(index)) return false;
  const behind = bytes[at + word.length];
  if (behind !== undefined && KINDS[behind] === 0) return false;
  lexer.at = at + word.length;
  return true;
}

/** A whole number without sign. */
export function nextInteger(lexer: Lexer): number {
  const start = lexer.at;
  const number = integerAt(lexer);
  if (number === undefined) throw unexpected(lexer, "a whole number", start);
  return number;
}

function integerAt(lexer: Lexer): number | undefined {
  skipSpace(lexer);
  const { bytes } = lexer;
  let { at } = lexer;
  let number = 0;
  for (; at < bytes.length && at - lexer.at < 16; at++) {
    const digit = bytes[at]! - 0x30;
    if (digit < 0 || digit > 9) break;
    number = number * 10 + digit;
  }
  if (at === lexer.at || (at < bytes.length && KINDS[bytes[at]!] === 0)) return undefined;
  lexer.at = at;
  return number;
}

function wordAt(lexer: Lexer): PdfValue | Keyword {
  const { bytes } = lexer;
  const start = lexer.at;
  let at = start;
  while (at < bytes.length && KINDS[bytes[at]!] === 0) at++;
  if (at - start > LONGEST_WORD) throw unexpected(lexer, "a value");
  lexer.at = at;
  const word = String.fromCharCode(...bytes.subarray(start, at));
  if (/^[+-]*(?:\d+\.?\d*|\.\d+)/.test(word)) return numberOf(lexer, word);
  if (word === "true") return true;
  if (word === "false") return false;
  return word === "null" ? null : new Keyword(word);
}

/** `--5` and `5.-3` occur; readers take the number that stands there first. */
function numberOf(lexer: Lexer, word: string): PdfValue | Keyword {
  const plain = /^[+-]*(\d*\.?\d*)/.exec(word)!;
  const number = Number(plain[1]) * (word.startsWith("-") ? -1 : 1);
  if (!lexer.refs || plain[0] !== word || !/^\d+$/.test(word)) return number;
  const behind = lexer.at;
  const generation = integerAt(lexer);
  if (generation !== undefined && takesKeyword(lexer, "R")) return new Ref(number, generation);
  lexer.at = behind;
  return number;
}

function nameAt(lexer: Lexer): Name {
  const { bytes } = lexer;
  const start = lexer.at + 1;
  let at = start;
  while (at < bytes.length && KINDS[bytes[at]!] === 0) at++;
  if (at - start > LONGEST_WORD) throw unexpected(lexer, `a name of at most ${LONGEST_WORD} bytes`);
  lexer.at = at;
  const raw = String.fromCharCode(...bytes.subarray(start, at));
  return new Name(
    raw.includes("#")
      ? raw.replace(/#([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
      : raw,
  );
}

function listAt(lexer: Lexer, depth: number): PdfValue[] {
  if (depth >= DEEPEST) throw broken(`${placeOf(lexer)}, values are nested deeper than ${DEEPEST}`);
  lexer.at++;
  lexer.budget.values(WEIGHTS.list);
  const items: PdfValue[] = [];
  for (;;) {
    skipSpace(lexer);
    if (lexer.bytes[lexer.at] === 0x5d) {
      lexer.at++;
      return items;
    }
    items.push(nextValue(lexer, depth + 1));
  }
}

function dictAt(lexer: Lexer, depth: number): Dict {
  if (depth >= DEEPEST) throw broken(`${placeOf(lexer)}, values are nested deeper than ${DEEPEST}`);
  lexer.at += 2;
  lexer.budget.values(WEIGHTS.dict);
  const dict = new Map<string, PdfValue>();
  for (;;) {
    skipSpace(lexer);
    const code = lexer.bytes[lexer.at];
    if (code === 0x3e && lexer.bytes[lexer.at + 1] === 0x3e) {
      lexer.at += 2;
      return dict;
    }
    if (code !== 0x2f) throw unexpected(lexer, "a name or the end of the dictionary");
    const key = nameAt(lexer).text;
    dict.set(key, nextValue(lexer, depth + 1));
  }
}

function deciphered({ decipher, budget }: Lexer, bytes: Uint8Array): Uint8Array {
  budget.values(WEIGHTS.string);
  return decipher ? decipher(bytes) : bytes;
}

const ESCAPED: Readonly<Record<number, number>> = { 0x6e: 10, 0x72: 13, 0x74: 9, 0x62: 8, 0x66: 12 };

/** `(text)`, with balanced parentheses and escapes. */
function stringAt(lexer: Lexer): Uint8Array {
  const { bytes } = lexer;
  const start = lexer.at + 1;
  const end = endOfString(lexer, start);
  const out = new Uint8Array(end - start);
  let length = 0;
  for (let at = start; at < end; at++) {
    const code = bytes[at]!;
    if (code === 0x5c) {
      const escape = escapeAt(bytes, at + 1);
      at += escape.length;
      if (escape.code !== undefined) out[length++] = escape.code;
      continue;
    }
    // A line end is one LF, whatever it is in the file.
    const isPair = code === 13 && bytes[at + 1] === 10;
    if (isPair) at++;
    out[length++] = code === 13 ? 10 : code;
  }
  lexer.at = end + 1;
  return out.subarray(0, length);
}

/** Index of the parenthesis that closes. */
function endOfString(lexer: Lexer, start: number): number {
  const { bytes } = lexer;
  let depth = 1;
  for (let at = start; at < bytes.length; at++) {
    const code = bytes[at];
    if (code === 0x5c) at++;
    else if (code === 0x28) depth++;
    else if (code === 0x29 && --depth === 0) return at;
  }
  throw unexpected(lexer, "the end of a string", bytes.length);
}

/** What stands behind a backslash: how many bytes, and which one they mean; an escaped line end means none. */
function escapeAt(bytes: Uint8Array, at: number): { readonly length: number; readonly code: number | undefined } {
  const code = bytes[at]!;
  if (code === 13) return { length: bytes[at + 1] === 10 ? 2 : 1, code: undefined };
  if (code === 10) return { length: 1, code: undefined };
  let value = 0;
  let digits = 0;
  for (; digits < 3; digits++) {
    const digit = bytes[at + digits]! - 0x30;
    if (!(digit >= 0 && digit <= 7)) break;
    value = value * 8 + digit;
  }
  return digits > 0 ? { length: digits, code: value & 0xff } : { length: 1, code: ESCAPED[code] ?? code };
}

function hexAt(lexer: Lexer): Uint8Array {
  const { bytes } = lexer;
  const start = lexer.at + 1;
  const end = bytes.indexOf(0x3e, start);
  if (end === -1) throw unexpected(lexer, "the end of a string", bytes.length);
  const out = new Uint8Array((end - start + 1) >> 1);
  let digits = 0;
  for (let at = start; at < end; at++) {
    if (KINDS[bytes[at]!] === 1) continue;
    const digit = hexDigit(bytes[at]!);
    if (digit === -1) throw unexpected(lexer, "a hexadecimal digit", at);
    // An odd last digit is the upper half of its byte.
    out[digits >> 1]! |= digits % 2 === 0 ? digit << 4 : digit;
    digits++;
  }
  lexer.at = end + 1;
  return out.subarray(0, (digits + 1) >> 1);
}

export function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
