// The usual slips of people who write formulas into YAML: YAML reads part of the formula as its own syntax. A small
// scanner walks the file the way YAML does, looks at each value that is not quoted, and says what to write.
//
// It only explains: read-yaml.ts asks it once the YAML parser found something wrong, or where a scalar ended too early.

import type { Finding } from "./tree.ts";
import { cut, finding } from "./finding.ts";
import type { SourceText } from "./source-text.ts";

export interface Slip {
  /** Offset of the value's first character. */
  readonly offset: number;
  readonly finding: Finding;
}

interface Scan {
  readonly source: SourceText;
  readonly text: string;
  readonly slips: Slip[];
  at: number;
  /** Offsets of the `{` and `[` that are open. */
  readonly open: number[];
}

/** All slips of a file; a file without any gives an empty list. */
export function findSlips(source: SourceText): readonly Slip[] {
  const scan: Scan = { source, text: source.text, slips: [], at: 0, open: [] };
  while (scan.at < scan.text.length && scan.slips.length < 100) step(scan);
  return scan.slips;
}

/** Handles what stands where a value or key may begin. */
function step(scan: Scan): void {
  const { text } = scan;
  const c = text[scan.at] as string;
  if (c === "\n" && leavesFlow(scan)) return;
  if (c === " " || c === "\n" || c === "\r" || c === "\t" || c === ",") scan.at++;
  else if (c === "#") scan.at = lineEnd(text, scan.at);
  else if (/^[-?:]\s/.test(text.slice(scan.at, scan.at + 2))) scan.at++;
  else if (c === '"' || c === "'") quoted(scan, c);
  else if ((c === "|" || c === ">") && scan.open.length === 0) block(scan);
  else if (c === "}" || c === "]") {
    scan.open.pop();
    scan.at++;
  } else if (c === "{" || c === "[") open(scan, c);
  else plain(scan, c);
}

/** YAML wants everything inside brackets indented deeper than the line that opens them: else one was never closed. */
function leavesFlow(scan: Scan): boolean {
  const [first] = scan.open;
  if (first === undefined || !isShallow(scan.text, first, scan.at)) return false;
  const bracket = scan.text[first] ?? "{";
  const message = `the ${bracket} opened here is not closed`;
  const hint = `close it with ${bracket === "{" ? "}" : "]"}, or quote the text if it is one`;
  scan.slips.push({
    offset: first,
    finding: finding("YAML_SYNTAX", scan.source.position(first), message, { hint, length: 1 }),
  });
  scan.open.length = 0;
  scan.at++;
  return true;
}

/** Whether the line behind `end` begins no deeper than the one of `start`. */
function isShallow(text: string, start: number, end: number): boolean {
  const next = /^\s*?([ ]*)[^\s#\]}]/.exec(text.slice(end + 1, end + 2_000).replace(/^(?:[ \t]*\r?\n)+/, ""));
  if (!next) return false;
  const line = text.slice(text.lastIndexOf("\n", start) + 1, start);
  return (next[1] ?? "").length <= (/^ */.exec(line)?.[0].length ?? 0);
}

function quoted(scan: Scan, quote: string): void {
  const { text } = scan;
  let at = scan.at + 1;
  while (at < text.length) {
    if (text[at] === "\n" && isShallow(text, scan.at, at)) {
      const message = `the quote ${quote} opened here is never closed`;
      scan.slips.push({
        offset: scan.at,
        finding: finding("YAML_SYNTAX", scan.source.position(scan.at), message, {
          hint: "close it on the same line",
          length: 1,
        }),
      });
      scan.open.length = 0;
      scan.at = at;
      return;
    }
    if (quote === '"' && text[at] === "\\") at += 2;
    else if (text[at] !== quote) at++;
    else if (quote === "'" && text[at + 1] === "'") at += 2;
    else break;
  }
  scan.at = at + 1;
  if (text[scan.at] === ":") scan.at++;
}

/** A block scalar: all lines that are indented deeper than the one with its indicator. */
function block(scan: Scan): void {
  const { text } = scan;
  const start = text.lastIndexOf("\n", scan.at - 1) + 1;
  const indent = /^[ ]*/.exec(text.slice(start, scan.at))?.[0].length ?? 0;
  let at = lineEnd(text, scan.at) + 1;
  while (at < text.length) {
    const line = text.slice(at, lineEnd(text, at));
    if (line.trim() !== "" && (/^ */.exec(line)?.[0].length ?? 0) <= indent) break;
    at += line.length + 1;
  }
  scan.at = at;
}

function open(scan: Scan, c: string): void {
  const rest = scan.text.slice(scan.at, lineEnd(scan.text, scan.at));
  // `{AGS}/export`: YAML sees a map and then text that belongs to nothing.
  const pattern = c === "{" ? /^\{[^{}:\n]*\}[^\s,}\]][^\s,}\]]*/.exec(rest) : undefined;
  if (pattern) {
    slip(scan, pattern[0], "a text that begins with { must be quoted; YAML reads it as a map");
    return;
  }
  scan.open.push(scan.at);
  scan.at++;
}

function plain(scan: Scan, c: string): void {
  const rest = scan.text.slice(scan.at, lineEnd(scan.text, scan.at));
  if (c === "=" && !/^=(?:when|each|text)\s*:/.test(rest)) return formula(scan, rest);
  if (c === "@" || c === "`" || c === "%") {
    const [token = rest] = /^.[^\s:,{}[\]]*/.exec(rest) ?? [];
    return slip(scan, token, `a text or key that begins with ${c} must be quoted; YAML reserves ${c}`);
  }
  if (scan.open.length > 0) {
    const placed = /^[^\s,{}[\]:"']*(?::[^\s,{}[\]]+)*\$?\{[^{}\n]*\}[^\s,}\]]*/.exec(rest);
    if (placed) return slip(scan, placed[0], "inside { … } and [ … ] a text with braces must be quoted");
  }
  const end = scan.open.length > 0 ? /:(?=\s|$)|[,{}[\]]|\s#/.exec(rest) : /:(?=\s|$)|\s#/.exec(rest);
  scan.at += end === null ? rest.length : end.index + (end[0] === ":" ? 1 : 0);
  if (end === null || end[0] !== ":") skipBreak(scan);
}

function skipBreak(scan: Scan): void {
  if (scan.text[scan.at] === "\n") scan.at++;
}

function formula(scan: Scan, rest: string): void {
  const written = scan.open.length > 0 ? flowFormula(rest) : blockFormula(rest);
  const colon = /:(?=\s|$)/.test(written);
  const marks = scan.open.length > 0 && /[,{}[\]]/.test(written);
  if (colon || marks) {
    const why = colon
      ? "a formula with a colon and a space in it must be quoted; YAML reads the part before it as a key"
      : "inside { … } and [ … ] a formula with commas, brackets or braces must be quoted";
    return slip(scan, written, why);
  }
  scan.at += Math.max(1, written.length);
}

/** Up to the end of the line, without a comment behind a complete formula. */
function blockFormula(rest: string): string {
  for (let at = rest.indexOf(" #"); at !== -1; at = rest.indexOf(" #", at + 1)) {
    if (isComplete(rest.slice(0, at))) return rest.slice(0, at).trimEnd();
  }
  return rest.trimEnd();
}

/** Up to the comma or bracket that closes the place where the formula stands. */
function flowFormula(rest: string): string {
  let depth = 0;
  for (let i = 0; i < rest.length; i++) {
    const c = rest[i] as string;
    if (c === "'" || c === '"' || c === "`") {
      const end = rest.indexOf(c, i + 1);
      if (end === -1) return rest.slice(0, i).trimEnd();
      i = end;
    } else if (c === "(" || c === "[" || c === "{") depth++;
    else if (c === ")" || c === "]" || c === "}") {
      if (depth === 0) return rest.slice(0, i).trimEnd();
      depth--;
    } else if (c === "," && depth === 0) return rest.slice(0, i).trimEnd();
  }
  return rest.trimEnd();
}

/** Whether quotes and brackets of a formula are closed and it does not end with an operator. */
export function isComplete(formula: string): boolean {
  let depth = 0;
  for (let i = 0; i < formula.length; i++) {
    const c = formula[i] as string;
    if (c === "'" || c === '"' || c === "`") {
      const end = formula.indexOf(c, i + 1);
      if (end === -1) return false;
      i = end;
    } else if (c === "(" || c === "[" || c === "{") depth++;
    else if (c === ")" || c === "]" || c === "}") depth--;
  }
  return depth === 0 && !/(?:[=&+\-*/<>,?:~.]|\b(?:and|or|in))\s*$/.test(formula.slice(1));
}

function slip(scan: Scan, written: string, message: string): void {
  const at = scan.source.position(scan.at);
  scan.slips.push({
    offset: scan.at,
    finding: finding("YAML_QUOTES", at, message, { hint: howToQuote(written), length: written.length }),
  });
  scan.at += Math.max(1, written.length);
  if (scan.text[scan.at] === ":") scan.at++;
}

/** The text in the quotes that need no escaping. */
export function howToQuote(written: string): string {
  const text = cut(written, 200);
  if (!/["\\]/.test(text)) return `"${text}"`;
  if (!text.includes("'")) return `'${text}'`;
  return `write | behind the colon and the formula on the next line, indented: ${text}`;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end === -1 ? text.length : end;
}
