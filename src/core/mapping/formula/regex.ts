// Regular expressions run on RE2 (re2js): their time grows linearly with the text, whatever a drop holds. The parser
// gives JavaScript's RegExp objects; their source is translated so that RE2 means the same. One difference stays: with the
// flag m, lines end at \n only, not at a lone \r, U+2028 or U+2029. Characters are code points, never halves of one.

import { RE2JS } from "re2js";
import { Fault, type Found, type Pattern } from "./runtime.ts";

// ECMA-262 22.2.2.9: what \s and the dot mean in JavaScript; RE2 knows only ASCII white space and one line end.
const space =
  "\\t\\n\\x{0b}\\f\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}";
const spaceComplement =
  "\\x{00}-\\x{08}\\x{0e}-\\x{1f}!-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}";
const anyButLineEnd = "[^\\n\\r\\x{2028}\\x{2029}]";

const mostPatternLength = 1000;

function unsupported(position: number | undefined, what: string): Fault {
  return new Fault("S0303", { position, note: what });
}

function hex(digits: string): string {
  return `\\x{${digits}}`;
}

/** Escapes behind a backslash; gives the RE2 text and how many characters were read. */
function escape(source: string, at: number, inClass: boolean, position: number | undefined): readonly [string, number] {
  const symbol = source[at] ?? "";
  switch (symbol) {
    case "s":
      return [inClass ? space : `[${space}]`, 1];
    case "S":
      return [inClass ? spaceComplement : `[^${space}]`, 1];
    case "v":
      return [hex("0b"), 1];
    case "0":
      return [hex("00"), 1];
    case "k":
      throw unsupported(position, "back references");
    case "c": {
      const letter = source[at + 1] ?? "";
      if (/[A-Za-z]/.test(letter)) return [hex((letter.charCodeAt(0) % 32).toString(16)), 2];
      return ["\\\\c", 1];
    }
    case "x":
    case "u": {
      const size = symbol === "x" ? 2 : 4;
      const digits = source.slice(at + 1, at + 1 + size);
      // Without its digits the letter stands for itself (ECMA-262 annex B).
      return digits.length === size && /^[0-9A-Fa-f]+$/.test(digits) ? [hex(digits), size + 1] : [symbol, 1];
    }
    default:
      break;
  }
  if (/[1-9]/.test(symbol)) throw unsupported(position, "back references");
  if ("dDwWfnrt".includes(symbol)) return [`\\${symbol}`, 1];
  if (symbol === "b") return [inClass ? hex("08") : "\\b", 1];
  if (symbol === "B" && !inClass) return ["\\B", 1];
  // Any other escaped character is itself.
  return [/[A-Za-z0-9]/.test(symbol) ? symbol : literal(symbol), 1];
}

function literal(symbol: string): string {
  return /[\\^$.|?*+()[\]{}\-/]/.test(symbol) ? `\\${symbol}` : symbol;
}

function characterClass(source: string, start: number, position: number | undefined): readonly [string, number] {
  let at = start;
  let text = "[";
  if (source[at] === "^") {
    text += "^";
    at += 1;
  }
  if (source[at] === "]") {
    // `[]` matches nothing and `[^]` everything.
    return [text === "[^" ? "(?s:.)" : "[^\\x{00}-\\x{10ffff}]", at + 1 - start];
  }
  while (at < source.length && source[at] !== "]") {
    if (source[at] === "\\") {
      const [escaped, size] = escape(source, at + 1, true, position);
      text += escaped;
      at += size + 1;
    } else {
      const symbol = source[at] ?? "";
      text += "[&~".includes(symbol) ? `\\${symbol}` : symbol;
      at += 1;
    }
  }
  return [`${text}]`, at + 1 - start];
}

/** JavaScript's syntax (without the u and v flags) in RE2's. Throws S0303 for what RE2 cannot do in linear time. */
export function translatePattern(source: string, position?: number): string {
  let text = "";
  let at = 0;
  while (at < source.length) {
    const symbol = source[at] ?? "";
    if (symbol === "\\") {
      const [escaped, size] = escape(source, at + 1, false, position);
      text += escaped;
      at += size + 1;
    } else if (symbol === "[") {
      const [translated, size] = characterClass(source, at + 1, position);
      text += translated;
      at += size + 1;
    } else if (symbol === ".") {
      text += anyButLineEnd;
      at += 1;
    } else if (symbol === "(" && source[at + 1] === "?") {
      if (/^\(\?<?[=!]/.test(source.slice(at, at + 4))) throw unsupported(position, "look-ahead and look-behind");
      text += symbol;
      at += 1;
    } else if (symbol === "{" && !/^\{\d+(,\d*)?\}/.test(source.slice(at, at + 16))) {
      text += "\\{";
      at += 1;
    } else {
      text += symbol;
      at += 1;
    }
  }
  return text;
}

/** `value` comes from the parser, which has refused what JavaScript itself does not understand. */
export function compilePattern(value: RegExp, position: number | undefined): Pattern {
  const { source } = value;
  if (source.length > mostPatternLength) throw unsupported(position, "a pattern this long");
  const flags = (value.ignoreCase ? RE2JS.CASE_INSENSITIVE : 0) | (value.multiline ? RE2JS.MULTILINE : 0);
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(translatePattern(source, position), flags);
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw unsupported(position, "this pattern");
  }
  const groupCount = compiled.groupCount();
  return {
    source,
    find(text: string, from: number): Found | undefined {
      const match = compiled.matcher(text);
      if (from > text.length || !match.find(from)) return undefined;
      const groups: (string | undefined)[] = [];
      for (let group = 1; group <= groupCount; group += 1) groups.push(match.group(group) ?? undefined);
      return { start: match.start(), end: match.end(), groups };
    },
  };
}
