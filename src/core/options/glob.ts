// Patterns for file names: `*` `?` `[a-z]` `[!a]` `{a,b}` and `\` before a character that means itself.
//
// An own matcher, because names come from strangers: time is bounded by pattern × name (a single mark to go back to, no
// recursion), `*` also matches line ends, and nothing is ever turned into a regular expression. A name that begins with
// a dot is matched only by a pattern that begins with one, so that other programs' temporary files are left alone.
// Umlauts match however they are composed: macOS writes ü as u and a mark, an editor writes the pattern as one character.

import { BridgeError } from "../errors.ts";

export type NameMatch = (name: string) => boolean;

const LONGEST_PATTERN = 512;
const MOST_ALTERNATIVES = 64;

type Token =
  | { readonly type: "star" }
  | { readonly type: "any" }
  | { readonly type: "char"; readonly code: number }
  | { readonly type: "class"; readonly not: boolean; readonly ranges: readonly (readonly [number, number])[] };

/** True where one of the patterns fits the whole name. Throws OPTION_UNUSABLE for a pattern that cannot be read. */
export function compileGlobs(patterns: readonly string[]): NameMatch {
  const all = tokensOf(patterns);
  return (name) => {
    const codes = codesOf(name);
    return all.some((tokens) => matches(tokens, codes));
  };
}

function tokensOf(patterns: readonly string[]): readonly (readonly Token[])[] {
  return patterns.flatMap((pattern) => alternatives(checked(pattern)).map((one) => tokenize(one, pattern)));
}

function codesOf(name: string): readonly number[] {
  return Array.from(name.normalize("NFC"), (character) => character.codePointAt(0) as number);
}

function charsOf(text: string): readonly Token[] {
  return Array.from(text, (character) => ({ type: "char", code: character.codePointAt(0) as number }));
}

/** The pattern that fits this text and nothing else: what a value holds is never a pattern. */
export function literalGlob(text: string): string {
  return text.replace(/[*?[\]{},\\!^-]/gu, "\\$&");
}

/** A piece of a pattern. A literal one means itself, whatever characters it holds: it came out of a record. */
export interface GlobPiece {
  readonly text: string;
  readonly literal: boolean;
}

export interface PieceMatch {
  /** What every name begins with that fits, in NFC. */
  readonly prefix: string;
  readonly fits: NameMatch;
}

/** A pattern without `{a,b}` whose pieces are not all patterns. Throws as compileGlobs. */
export function compileGlobPieces(pieces: readonly GlobPiece[]): PieceMatch {
  const whole = pieces.map(({ text }) => text).join("");
  const tokens = pieces.flatMap(({ text, literal }) => {
    const normal = text.normalize("NFC");
    return literal ? charsOf(normal) : tokenize(normal, whole);
  });
  const end = tokens.findIndex(({ type }) => type !== "char");
  const head = (end === -1 ? tokens : tokens.slice(0, end)).map((token) =>
    token.type === "char" ? String.fromCodePoint(token.code) : "",
  );
  return { prefix: head.join(""), fits: (name) => matches(tokens, codesOf(name)) };
}

/** Whether some name fits one of the patterns on either side; where only trying would tell, it says yes. */
export function globsMeet(some: readonly string[], others: readonly string[]): boolean {
  const right = tokensOf(others);
  return tokensOf(some).some((a) => right.some((b) => meet(a, b)));
}

/** From the ends of both: can what is left of the one fit a name that what is left of the other fits? */
function meet(a: readonly Token[], b: readonly Token[]): boolean {
  let after: boolean[] = [];
  for (let i = a.length; i >= 0; i--) {
    const row: boolean[] = [];
    for (let j = b.length; j >= 0; j--) {
      const [x, y] = [a[i], b[j]];
      if (x === undefined && y === undefined) row[j] = true;
      else if (x?.type === "star" || y?.type === "star")
        row[j] = (x !== undefined && after[j] === true) || (y !== undefined && row[j + 1] === true);
      else row[j] = x !== undefined && y !== undefined && common(x, y) && after[j + 1] === true;
    }
    after = row;
  }
  return after[0] === true;
}

function common(x: Token, y: Token): boolean {
  if (x.type === "char") return fits(y, x.code);
  return y.type === "char" ? fits(x, y.code) : true;
}

/** Why a pattern cannot be read; undefined = it can. */
export function globFault(pattern: string): string | undefined {
  try {
    compileGlobs([pattern]);
    return undefined;
  } catch (cause) {
    if (!(cause instanceof BridgeError)) throw cause;
    return cause.message.replace(/^the file pattern /u, "");
  }
}

function unreadable(pattern: string, why: string): BridgeError {
  return new BridgeError("OPTION_UNUSABLE", `the file pattern ${JSON.stringify(pattern)} cannot be read: ${why}`);
}

function checked(pattern: string): string {
  if (pattern === "") throw unreadable(pattern, "it is empty");
  if (pattern.length > LONGEST_PATTERN)
    throw unreadable(pattern.slice(0, 40), `longer than ${LONGEST_PATTERN} characters`);
  if (pattern.includes("/")) throw unreadable(pattern, "it holds a slash; folders belong into path");
  return pattern.normalize("NFC");
}

/** Writes `{a,b}` out, innermost first come, first served; the list stays short or the pattern is refused. */
function alternatives(pattern: string): readonly string[] {
  const done: string[] = [];
  const todo = [pattern];
  for (let text = todo.pop(); text !== undefined; text = todo.pop()) {
    const braces = firstBraces(text, pattern);
    if (!braces) {
      done.push(text);
    } else {
      const { from, to, parts } = braces;
      for (const part of parts.toReversed()) todo.push(text.slice(0, from) + part + text.slice(to + 1));
    }
    if (done.length + todo.length > MOST_ALTERNATIVES) {
      throw unreadable(pattern, `more than ${MOST_ALTERNATIVES} alternatives`);
    }
  }
  return done;
}

function firstBraces(text: string, pattern: string): { from: number; to: number; parts: string[] } | undefined {
  let from = -1;
  let depth = 0;
  let inClass = false;
  let start = 0;
  const parts: string[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "\\") at++;
    else if (inClass) inClass = character !== "]";
    else if (character === "[") inClass = true;
    else if (character === "{") {
      if (depth++ === 0) [from, start] = [at, at + 1];
    } else if (character === "}" || character === ",") {
      if (character === "}" && depth === 0) throw unreadable(pattern, "} without {");
      if (depth === 1) {
        parts.push(text.slice(start, at));
        start = at + 1;
      }
      if (character === "}" && --depth === 0) {
        if (parts.length < 2) throw unreadable(pattern, "braces need at least two alternatives, as in *.{csv,txt}");
        return { from, to: at, parts };
      }
    }
  }
  if (depth > 0) throw unreadable(pattern, "{ without }");
  return undefined;
}

function tokenize(text: string, pattern: string): readonly Token[] {
  const characters = Array.from(text);
  const tokens: Token[] = [];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] as string;
    if (character === "*") {
      if (tokens.at(-1)?.type !== "star") tokens.push({ type: "star" });
    } else if (character === "?") {
      tokens.push({ type: "any" });
    } else if (character === "[") {
      const end = readClass(characters, at, pattern, tokens);
      at = end;
    } else {
      if (character === "\\") at++;
      const literal = characters[at];
      if (literal === undefined) throw unreadable(pattern, "it ends in a backslash");
      tokens.push({ type: "char", code: literal.codePointAt(0) as number });
    }
  }
  return tokens;
}

/** Reads `[…]` from its bracket on, adds the token, returns the place of the closing bracket. */
function readClass(characters: readonly string[], open: number, pattern: string, tokens: Token[]): number {
  let at = open + 1;
  const not = characters[at] === "!" || characters[at] === "^";
  if (not) at++;
  const ranges: (readonly [number, number])[] = [];
  for (const first = at; ; at++) {
    let character = characters[at];
    if (character === "]" && at > first) break;
    if (character === "\\") character = characters[++at];
    if (character === undefined) throw unreadable(pattern, "[ without ]");
    const low = character.codePointAt(0) as number;
    let high = low;
    if (characters[at + 1] === "-" && characters[at + 2] !== "]" && characters[at + 2] !== undefined) {
      high = (characters[at + 2] as string).codePointAt(0) as number;
      at += 2;
      if (high < low) throw unreadable(pattern, "a range in [ ] runs backwards");
    }
    ranges.push([low, high]);
  }
  tokens.push({ type: "class", not, ranges });
  return at;
}

const DOT = 46;

function matches(tokens: readonly Token[], name: readonly number[]): boolean {
  const head = tokens[0];
  if (name[0] === DOT && !(head?.type === "char" && head.code === DOT)) return false;
  let at = 0;
  let token = 0;
  let starToken = -1;
  let starAt = 0;
  while (at < name.length) {
    const current = tokens[token];
    if (current?.type === "star") {
      starToken = token++;
      starAt = at;
    } else if (current && fits(current, name[at] as number)) {
      token++;
      at++;
    } else if (starToken >= 0) {
      token = starToken + 1;
      at = ++starAt;
    } else {
      return false;
    }
  }
  while (tokens[token]?.type === "star") token++;
  return token === tokens.length;
}

function fits(token: Token, code: number): boolean {
  if (token.type === "any") return true;
  if (token.type === "char") return token.code === code;
  return token.type === "class" && token.ranges.some(([low, high]) => code >= low && code <= high) !== token.not;
}
