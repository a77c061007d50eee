// Character repertoires (ISO 9735-1, annex A; S001/0001), and what bytes mean in them.
//
// ISO 8859-1 and its kin have no characters from 0x80 to 0x9F; a decoder that reads windows-1252 there would hide that a partner writes
// something else than he says.

import { isUtf8 } from "node:buffer";
import type { ServiceCharacters } from "./service.ts";

/** How bytes above 0x7F are read: none are there, UTF-8, a table; any = as what they look like. */
export type Coding = "ascii" | "utf-8" | "any" | Uint16Array;

export interface Repertoire {
  readonly name: string;
  readonly coding: Coding;
  /** Characters up to 0x7F that it has, as the inside of a character class. */
  readonly ascii: string;
}

/** Marks a byte that does not exist. */
const NONE = 0xffff;
const LEVEL_A = " A-Z0-9.,\\-()/='+:?!\"%&*;<>";
const LEVEL_B = `${LEVEL_A}a-z`;
const ALL = " -~";

/** Upper half of an ISO 8859 page, from 0xA0 on. */
function page(label: string, instead: Readonly<Record<number, string>> = {}): Uint16Array {
  const decoder = new TextDecoder(label);
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    if (byte < 0x80) return byte;
    if (byte < 0xa0 && label !== "windows-1252") return NONE;
    const code = (instead[byte] ?? decoder.decode(Uint8Array.of(byte))).charCodeAt(0);
    // The five gaps of windows-1252 are decoded as controls.
    return code === 0xfffd || (code >= 0x80 && code < 0xa0) ? NONE : code;
  });
}

/** Latin-5 differs from Latin-1 in six letters; the decoder's own iso-8859-9 is windows-1254. */
const TURKISH = { 0xd0: "Ğ", 0xdd: "İ", 0xde: "Ş", 0xf0: "ğ", 0xfd: "ı", 0xfe: "ş" };
const LATIN_1 = Uint16Array.from({ length: 256 }, (_, byte) => (byte >= 0x80 && byte < 0xa0 ? NONE : byte));
const LATIN_5 = LATIN_1.map((code, byte) => TURKISH[byte as keyof typeof TURKISH]?.charCodeAt(0) ?? code);

const PAGES: Readonly<Record<string, () => Coding>> = {
  UNOA: () => "ascii",
  UNOB: () => "ascii",
  UNOC: () => LATIN_1,
  UNOD: () => page("iso-8859-2"),
  UNOE: () => page("iso-8859-5"),
  UNOF: () => page("iso-8859-7"),
  UNOG: () => page("iso-8859-3"),
  UNOH: () => page("iso-8859-4"),
  UNOI: () => page("iso-8859-6"),
  UNOJ: () => page("iso-8859-8"),
  UNOK: () => LATIN_5,
  UNOL: () => page("iso-8859-15"),
  UNOW: () => "utf-8",
  // ISO 2022: without its escape sequences, which are refused as what they are, control characters.
  UNOX: () => "ascii",
  UNOY: () => "utf-8",
  "windows-1252": () => page("windows-1252"),
};

/** What `charset` can be set to, beside declared and detect; the last one is no repertoire, but what many mean by UNOC. */
export const REPERTOIRES = [
  "UNOA",
  "UNOB",
  "UNOC",
  "UNOD",
  "UNOE",
  "UNOF",
  "UNOG",
  "UNOH",
  "UNOI",
  "UNOJ",
  "UNOK",
  "UNOL",
  "UNOW",
  "UNOX",
  "UNOY",
  "windows-1252",
] as const;

const known = new Map<string, Repertoire>();

/** undefined = there is none of that name. */
export function repertoire(name: string): Repertoire | undefined {
  const make = Object.hasOwn(PAGES, name) ? PAGES[name] : undefined;
  if (!make) return undefined;
  const found = known.get(name);
  if (found) return found;
  const ascii = name === "UNOA" ? LEVEL_A : name === "UNOB" ? LEVEL_B : ALL;
  const made = { name, coding: make(), ascii };
  known.set(name, made);
  return made;
}

/** Finds a character up to 0x7F that the repertoire lacks; line breaks and service characters are no text. */
export function outside({ ascii }: Repertoire, service: ServiceCharacters): RegExp {
  const { component, element, repetition = "", release = "", terminator } = service;
  const own = [component, element, repetition, release, terminator]
    .filter((character) => character !== "")
    .map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");
  return new RegExp(`[^${ascii}${own}\\r\\n\\u0080-\\uffff]`);
}

/** For a repertoire that nobody knows. */
export const UNKNOWN: Repertoire = { name: "unknown", coding: "any", ascii: ALL };

export interface Decoded {
  readonly text: string;
  /** Index in the bytes of the first one that the coding lacks, -1 = there is none; then `text` is guessed. */
  readonly bad: number;
}

/** Bytes, each as one character, as the text that they are. What cannot be is read as UTF-8 if it is that, else as windows-1252. */
export function decode(bytes: string, coding: Coding): Decoded {
  if (coding === "utf-8") {
    const text = utf8(bytes);
    return text === undefined ? { text: guess(bytes), bad: firstBadUtf8(bytes) } : { text, bad: -1 };
  }
  if (coding === "any") return { text: guess(bytes), bad: -1 };
  if (coding === "ascii") return { text: guess(bytes), bad: firstHigh(bytes) };
  let text = "";
  for (let at = 0; at < bytes.length; at++) {
    const code = coding[bytes.charCodeAt(at)]!;
    if (code === NONE) return { text: guess(bytes), bad: at };
    text += String.fromCharCode(code);
  }
  return { text, bad: -1 };
}

/** undefined = it is not valid. */
export function utf8(bytes: string): string | undefined {
  const buffer = Buffer.from(bytes, "latin1");
  return isUtf8(buffer) ? buffer.toString("utf8", 0, buffer.length) : undefined;
}

function guess(bytes: string): string {
  const text = utf8(bytes);
  if (text !== undefined) return text;
  const table = repertoire("windows-1252")!.coding as Uint16Array;
  return Array.from(bytes, (byte) => {
    const code = table[byte.charCodeAt(0)]!;
    return String.fromCharCode(code === NONE ? 0xfffd : code);
  }).join("");
}

function firstHigh(bytes: string): number {
  return bytes.search(/[^\0-\x7f]/);
}

function firstBadUtf8(bytes: string): number {
  let at = firstHigh(bytes);
  while (at >= 0 && at < bytes.length) {
    const code = bytes.charCodeAt(at);
    const length = code < 0x80 ? 1 : code < 0xe0 ? 2 : code < 0xf0 ? 3 : 4;
    if (utf8(bytes.slice(at, at + length)) === undefined) return at;
    at += length;
  }
  return Math.max(at, 0);
}
