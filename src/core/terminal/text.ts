// Text of unknown origin on a terminal: how wide it is, how it is cut, and what in it must never reach the terminal.

import { stripVTControlCharacters } from "node:util";
import { sign } from "./look.ts";
import type { Look } from "./look.ts";

// C0, DEL, C1, the bidirectional controls (a name could show itself backwards), line separators, lone surrogates.
const DANGEROUS =
  /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]|\p{Surrogate}/gu;

/** Control characters and escape sequences in data are printed as `\x1b`, so that data cannot steer the terminal. */
export function escapeControls(text: string): string {
  return text.replace(DANGEROUS, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]$/u;

/** Ranges that terminals draw two columns wide (East Asian Wide and Fullwidth, and pictographs). */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1faff],
  [0x20000, 0x3fffd],
];

function characterWidth(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (ZERO_WIDTH.test(character)) return 0;
  return WIDE.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
}

/** Columns that the text takes; colour codes take none. */
export function widthOf(text: string): number {
  const plain = text.includes("\x1b") ? stripVTControlCharacters(text) : text;
  let width = 0;
  for (const character of plain) width += characterWidth(character);
  return width;
}

export function pad(text: string, width: number, align: "left" | "right" = "left"): string {
  const spaces = " ".repeat(Math.max(0, width - widthOf(text)));
  return align === "left" ? text + spaces : spaces + text;
}

function take(text: string, width: number): string {
  let used = 0;
  let result = "";
  for (const character of text) {
    used += characterWidth(character);
    if (used > width) break;
    result += character;
  }
  return result;
}

function takeEnd(text: string, width: number): string {
  let used = 0;
  let result = "";
  for (const character of Array.from(text).toReversed()) {
    used += characterWidth(character);
    if (used > width) break;
    result = character + result;
  }
  return result;
}

/** Cuts at the end of a word where one ends in the last third of the room, else where the room ends. */
export function cutEnd(look: Look, text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  const dots = sign(look, "…");
  const room = Math.max(0, width - dots.length);
  const head = take(text, room);
  const space = head.lastIndexOf(" ");
  const atWord = text[head.length] === " " || space < (head.length * 2) / 3 ? head : head.slice(0, space);
  return (atWord.trimEnd() + dots).slice(0, Math.max(width, dots.length));
}

/** Cuts a path in its middle: where it starts and the file's name are what one looks for. */
export function cutPath(look: Look, path: string, width: number): string {
  if (widthOf(path) <= width) return path;
  const dots = sign(look, "…");
  const room = Math.max(2, width - dots.length);
  const tail = Math.ceil(room * 0.6);
  return take(path, room - tail) + dots + takeEnd(path, tail);
}

/** Breaks at spaces so that no line is wider than `width`; a longer word stays whole. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines;
}
