// Regular expressions of matches(), replace(), tokenize() (F&O 3.1, 5.6) on RE2: linear time, whatever a message holds.

import { RE2JS } from "re2js";
import { translatePattern } from "../model/pattern.ts";
import { UnsupportedFault, XPathFault } from "./fault.ts";

export interface Regex {
  /** Somewhere in the text. */
  test(text: string): boolean;
  /** It fits the empty text: such a pattern splits nothing. */
  readonly fitsEmpty: boolean;
  /** Every place it fits, without overlapping: where it begins and ends, and its groups. */
  matches(text: string): Iterable<Match>;
  /** Its states. */
  readonly size: number;
  /** Steps for a text of so many characters: each of them may meet every state. */
  cost(length: number): number;
  /** Steps for each match beyond those, where so many characters are behind it. */
  matchCost(behind: number): number;
}

export interface Match {
  readonly start: number;
  readonly end: number;
  /** Text of a group from 1; empty where it took no part. */
  group(number: number): string;
  readonly groups: number;
}

const cache = new Map<string, Regex>();
const CACHE_LIMIT = 1_000;
const LENGTH_LIMIT = 10_000;

/** Throws FORX0001 (flags), FORX0002 (pattern), XPST0017 where linear time cannot have it. */
export function regexOf(pattern: string, flags: string): Regex {
  const id = `${flags}/${pattern}`;
  const known = cache.get(id);
  if (known) return known;
  if (cache.size >= CACHE_LIMIT) cache.clear();
  const made = compile(pattern, flags);
  cache.set(id, made);
  return made;
}

function compile(pattern: string, flags: string): Regex {
  if (!/^[smixq]*$/.test(flags)) throw new XPathFault("FORX0001", "the flags of a pattern are not among s, m, i, x, q");
  if (pattern.length > LENGTH_LIMIT) throw new XPathFault("FORX0002", "a pattern is longer than 10,000 characters");
  const compiled = re2(pattern, flags);
  const groups = compiled.groupCount();
  const size = compiled.programSize();
  const cost = (length: number): number => (length + 1) * (1 + size / 8);
  const ahead = flags.includes("q") ? "none" : looksAhead(pattern);
  return {
    test: (text) => compiled.test(text),
    fitsEmpty: compiled.test(""),
    size,
    cost,
    matchCost: (behind) => (ahead === "none" ? 1 : cost(ahead === "far" ? behind : Math.min(behind, size))),
    *matches(text) {
      const matcher = compiled.matcher(text);
      while (matcher.find()) {
        yield { start: matcher.start(), end: matcher.end(), groups, group: (number) => matcher.group(number) ?? "" };
      }
    },
  };
}

/**
 * How far behind a match its search may have gone, for nothing. With one quantifier and no alternatives that stretch is gone
 * through once more at most; of others (`a(.*b)?`) it may be all of the text, again and again.
 */
function looksAhead(pattern: string): "none" | "near" | "far" {
  const bare = pattern.replaceAll(/\\./gsu, "").replaceAll(/\[[^\]]*\]/g, "");
  if (!bare.includes("|") && (bare.match(/[*+?{]/g) ?? []).length < 2) return "none";
  return /[*+]|,\}/.test(bare) ? "far" : "near";
}

function re2(pattern: string, flags: string): RE2JS {
  let options = 0;
  if (flags.includes("i")) options |= RE2JS.CASE_INSENSITIVE;
  if (flags.includes("m")) options |= RE2JS.MULTILINE;
  const source = flags.includes("q")
    ? RE2JS.quote(pattern)
    : translatePattern(flags.includes("x") ? withoutBlanks(pattern) : pattern, { dotAll: flags.includes("s") });
  try {
    if (source !== undefined) return RE2JS.compile(source, options);
  } catch {
    throw new XPathFault("FORX0002", "a pattern is no regular expression");
  }
  if (/\\[1-9]/.test(pattern))
    throw new UnsupportedFault("a pattern refers back to a group (\\1), which takes more than linear time");
  throw new XPathFault("FORX0002", "a pattern is no regular expression of XPath, or repeats more than 1,000 times");
}

/** The flag x: blanks outside of classes say nothing. */
function withoutBlanks(pattern: string): string {
  let depth = 0;
  return pattern.replaceAll(/\\.|[[\]]|[ \t\n\r]+/gs, (piece) => {
    if (piece === "[") depth++;
    else if (piece === "]") depth--;
    return depth === 0 && /^[ \t\n\r]/.test(piece) ? "" : piece;
  });
}

export interface Replacement {
  /** What stands in place of a match. */
  write(match: Match): string;
  /** Characters that it has at most. */
  most(match: Match): number;
}

/** fn:replace's third argument (F&O 3.1, 5.6.4): `$1`, `\$`, `\\`; with the flag q plain text. */
export function replacementOf(text: string, flags: string): Replacement {
  if (flags.includes("q")) return { write: () => text, most: () => text.length };
  if (/\\(?![\\$])|\$(?!\d)/.test(text.replaceAll(/\\[\\$]/g, ""))) {
    throw new XPathFault("FORX0004", "a replacement has $ or \\ that stand for nothing");
  }
  const references = text.split("$").length - 1;
  return {
    most: (match) => text.length + references * (match.end - match.start),
    write: (match) =>
      text.replaceAll(/\\([\\$])|\$(\d+)/g, (_, plain: string | undefined, digits: string | undefined) =>
        digits === undefined ? (plain ?? "") : groupText(match, digits),
      ),
  };
}

/** As many digits as there is a group for; those behind are text. */
function groupText(match: Match, digits: string): string {
  if (/^0+$/.test(digits)) return match.group(0);
  let length = digits.length;
  while (length > 1 && Number(digits.slice(0, length)) > match.groups) length--;
  const number = Number(digits.slice(0, length));
  return (number > match.groups ? "" : match.group(number)) + digits.slice(length);
}
