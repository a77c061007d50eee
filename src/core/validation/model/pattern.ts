// XSD regular expressions (XSD part 2, appendix F) → RE2, whose matching is linear. They differ: an XSD pattern is always
// anchored, ^ and $ are ordinary characters, classes can be subtracted, and there are \i, \c and Unicode blocks.
// What cannot be said in RE2 makes the pattern unchecked here; libxml2 still checks every message.

import { RE2JS } from "re2js";

export type PatternTest = (text: string) => boolean;

const cache = new Map<string, PatternTest | undefined>();
const CACHE_LIMIT = 4_000;
const LENGTH_LIMIT = 200_000;
/** RE2 refuses larger repeat counts. */
const REPEAT_LIMIT = 1_000;

/** undefined where the pattern cannot be checked. */
export function compilePattern(source: string): PatternTest | undefined {
  if (cache.has(source)) return cache.get(source);
  if (cache.size >= CACHE_LIMIT) cache.clear();
  const test = compile(source);
  cache.set(source, test);
  return test;
}

function compile(source: string): PatternTest | undefined {
  const translated = translatePattern(source);
  if (translated === undefined) return undefined;
  try {
    const pattern = RE2JS.compile(translated, RE2JS.DOTALL);
    return (text) => pattern.testExact(text);
  } catch {
    return undefined;
  }
}

// XML 1.0 (5th edition), productions 4 and 4a, in RE2's writing.
const INITIAL =
  ":A-Z_a-z\\x{C0}-\\x{D6}\\x{D8}-\\x{F6}\\x{F8}-\\x{2FF}\\x{370}-\\x{37D}\\x{37F}-\\x{1FFF}\\x{200C}-\\x{200D}\\x{2070}-\\x{218F}\\x{2C00}-\\x{2FEF}\\x{3001}-\\x{D7FF}\\x{F900}-\\x{FDCF}\\x{FDF0}-\\x{FFFD}\\x{10000}-\\x{EFFFF}";
const NAME = `${INITIAL}.0-9\\x{B7}\\x{300}-\\x{36F}\\x{203F}-\\x{2040}\\-`;

/** Bodies of classes, to stand inside brackets; a negative one cannot. */
const CLASSES: Readonly<Record<string, string>> = {
  s: " \\t\\n\\r",
  S: "\\x{0}-\\x{8}\\x{B}\\x{C}\\x{E}-\\x{1F}!-\\x{10FFFF}",
  d: "\\p{Nd}",
  D: "\\P{Nd}",
  i: INITIAL,
  c: NAME,
  // All but punctuation, separators and others: these four are the rest.
  w: "\\p{L}\\p{M}\\p{N}\\p{S}",
  W: "\\p{P}\\p{Z}\\p{C}",
};

/** The blocks that occur in published schemas; others leave the pattern unchecked. */
const BLOCKS: Readonly<Record<string, string>> = {
  BasicLatin: "\\x{0}-\\x{7F}",
  "Latin-1Supplement": "\\x{80}-\\x{FF}",
  "LatinExtended-A": "\\x{100}-\\x{17F}",
  "LatinExtended-B": "\\x{180}-\\x{24F}",
  IPAExtensions: "\\x{250}-\\x{2AF}",
  SpacingModifierLetters: "\\x{2B0}-\\x{2FF}",
  CombiningDiacriticalMarks: "\\x{300}-\\x{36F}",
  Greek: "\\x{370}-\\x{3FF}",
  GreekandCoptic: "\\x{370}-\\x{3FF}",
  Cyrillic: "\\x{400}-\\x{4FF}",
  Armenian: "\\x{530}-\\x{58F}",
  Hebrew: "\\x{590}-\\x{5FF}",
  Arabic: "\\x{600}-\\x{6FF}",
  LatinExtendedAdditional: "\\x{1E00}-\\x{1EFF}",
  GreekExtended: "\\x{1F00}-\\x{1FFF}",
  GeneralPunctuation: "\\x{2000}-\\x{206F}",
  SuperscriptsandSubscripts: "\\x{2070}-\\x{209F}",
  CurrencySymbols: "\\x{20A0}-\\x{20CF}",
  LetterlikeSymbols: "\\x{2100}-\\x{214F}",
  NumberForms: "\\x{2150}-\\x{218F}",
  Arrows: "\\x{2190}-\\x{21FF}",
  MathematicalOperators: "\\x{2200}-\\x{22FF}",
  PrivateUse: "\\x{E000}-\\x{F8FF}",
};

/** Thrown inside the translation only. */
const UNTRANSLATABLE = Symbol("untranslatable");

/** What XPath (F&O 3.1, 5.6.1) adds to the patterns of schemas: anchors, groups that are remembered, lazy quantifiers. */
export interface XPathPattern {
  /** The flag s: the dot means line ends, too. */
  readonly dotAll: boolean;
}

/** The RE2 form of an XSD pattern without anchors, or of one of XPath; undefined where there is none. */
export function translatePattern(source: string, xpath?: XPathPattern): string | undefined {
  if (source.length > LENGTH_LIMIT) return undefined;
  const reader: Reader = { chars: Array.from(source), at: 0, xpath };
  try {
    let out = "";
    while (reader.at < reader.chars.length) out += atom(reader);
    return out;
  } catch (cause) {
    if (cause === UNTRANSLATABLE) return undefined;
    throw cause;
  }
}

interface Reader {
  readonly chars: readonly string[];
  at: number;
  readonly xpath: XPathPattern | undefined;
}

function next(reader: Reader): string {
  const char = reader.chars[reader.at++];
  if (char === undefined) throw UNTRANSLATABLE;
  return char;
}

function atom(reader: Reader): string {
  const char = next(reader);
  if (char === "\\") return escape(next(reader), reader, false);
  if (char === "[") return characterClass(reader);
  if (char === "{") return quantity(reader);
  if (char === ".") return reader.xpath?.dotAll === true ? "(?s:.)" : "[^\\n\\r]";
  if (char === "(") return group(reader);
  if (char === "^" || char === "$") return reader.xpath ? char : `\\${char}`;
  if ("?*+".includes(char)) return char + lazily(reader);
  return char === ")" || char === "|" ? char : literal(char);
}

function group(reader: Reader): string {
  if (reader.chars[reader.at] !== "?") return reader.xpath ? "(" : "(?:";
  // XSD has no (?: and the like; a question mark here is an error in the schema.
  if (!reader.xpath || reader.chars[reader.at + 1] !== ":") throw UNTRANSLATABLE;
  reader.at += 2;
  return "(?:";
}

/** Behind a quantifier: a second one would mean "lazy" to RE2 and is an error in XSD. */
function lazily(reader: Reader): string {
  if (!"?*+{".includes(reader.chars[reader.at] ?? " ")) return "";
  if (!reader.xpath || next(reader) !== "?") throw UNTRANSLATABLE;
  return "?";
}

function literal(char: string): string {
  return `\\x{${(char.codePointAt(0) ?? 0).toString(16)}}`;
}

/** `{2,5}`; counts beyond RE2's limit are loosened, which refuses nothing that is right. */
function quantity(reader: Reader): string {
  let text = "";
  for (let char = next(reader); char !== "}"; char = next(reader)) text += char;
  const match = /^(\d+)(,(\d*))?$/.exec(text);
  if (match === null) throw UNTRANSLATABLE;
  const lazy = lazily(reader);
  const least = Math.min(Number(match[1]), REPEAT_LIMIT);
  const most = match[2] === undefined ? Number(match[1]) : match[3] === "" ? Infinity : Number(match[3]);
  // What decides by itself is not loosened.
  if (reader.xpath && (least < Number(match[1]) || (most > REPEAT_LIMIT && most < Infinity))) throw UNTRANSLATABLE;
  return (most > REPEAT_LIMIT ? `{${least},}` : `{${least},${most}}`) + lazy;
}

/** An escape, either standing alone or (`inside`) within brackets. */
function escape(char: string, reader: Reader, inside: boolean): string {
  const wrap = (body: string): string => (inside ? body : `[${body}]`);
  if (char === "n" || char === "r" || char === "t") return `\\${char}`;
  const body = CLASSES[char];
  if (body !== undefined) return wrap(body);
  const negative = CLASSES[char.toLowerCase()];
  if (negative !== undefined && "IC".includes(char)) {
    if (inside) throw UNTRANSLATABLE;
    return `[^${negative}]`;
  }
  if (char === "p" || char === "P") return property(char, reader, inside);
  // Of references back to a group too: they need memory that linear time does not have.
  if (reader.xpath && !"\\|.?*+(){}-[]^$".includes(char)) throw UNTRANSLATABLE;
  return literal(char);
}

function property(kind: "p" | "P", reader: Reader, inside: boolean): string {
  if (next(reader) !== "{") throw UNTRANSLATABLE;
  let name = "";
  for (let char = next(reader); char !== "}"; char = next(reader)) name += char;
  if (!name.startsWith("Is")) {
    if (!/^(?:L[ultmo]?|M[nce]?|N[dlo]?|P[cdseifo]?|Z[slp]?|S[mcko]?|C[cfon]?)$/.test(name)) throw UNTRANSLATABLE;
    return `\\${kind}{${name}}`;
  }
  const block = BLOCKS[name.slice(2)];
  if (block === undefined || (kind === "P" && inside)) throw UNTRANSLATABLE;
  return inside ? block : `[${kind === "P" ? "^" : ""}${block}]`;
}

// ── character classes ───────────────────────────────────────────────────────────────────────────────────────────

/** After `[`: a group, perhaps negative, perhaps with a subtraction. */
function characterClass(reader: Reader): string {
  let negative = false;
  if (reader.chars[reader.at] === "^") {
    negative = true;
    reader.at++;
  }
  let body = "";
  for (;;) {
    const char = next(reader);
    if (char === "]") break;
    if (char === "-" && reader.chars[reader.at] === "[") {
      reader.at++;
      const taken = characterClass(reader);
      if (next(reader) !== "]") throw UNTRANSLATABLE;
      return subtract(`[${negative ? "^" : ""}${body}]`, taken);
    }
    if (char === "[") throw UNTRANSLATABLE;
    if (char === "\\") body += escape(next(reader), reader, true);
    else if (char === "-" && body !== "" && reader.chars[reader.at] !== "]") body += "-";
    else body += literal(char);
  }
  if (body === "") throw UNTRANSLATABLE;
  return `[${negative ? "^" : ""}${body}]`;
}

function inJavaScript(pattern: string): string {
  return pattern.replaceAll("\\x{", "\\u{");
}

/**
 * RE2 cannot subtract, so every code point is asked once and the difference is written out. JavaScript's own expressions
 * do the asking, because they are fast; on one character there is nothing to backtrack over.
 */
function subtract(from: string, taken: string): string {
  const difference = new RegExp(`^(?!${inJavaScript(taken)})${inJavaScript(from)}$`, "u");
  let body = "";
  let start = -1;
  const last = 0x10ffff;
  for (let code = 0; code <= last + 1; code++) {
    const char = code <= last && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : "";
    const inside = char !== "" && difference.test(char);
    if (inside && start < 0) start = code;
    if (!inside && start >= 0) {
      body += `\\x{${start.toString(16)}}-\\x{${(code - 1).toString(16)}}`;
      start = -1;
    }
  }
  if (body === "") throw UNTRANSLATABLE;
  return `[${body}]`;
}
