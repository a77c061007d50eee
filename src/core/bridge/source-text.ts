// The text of a YAML file with its lines: offsets to positions, and where each character of a scalar came from.

import type { Position } from "../errors.ts";

export interface SourceText {
  readonly file: string;
  readonly text: string;
  position(offset: number): Position;
  /** Offset of the line's first character; lines count from 1. */
  lineStart(line: number): number;
  /** The line without its end. */
  line(line: number): string;
  readonly lines: number;
}

export function sourceText(file: string, text: string): SourceText {
  const starts = [0];
  for (let i = text.indexOf("\n"); i !== -1; i = text.indexOf("\n", i + 1)) starts.push(i + 1);

  function lineAt(offset: number): number {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  }

  function lineStart(line: number): number {
    return starts[line - 1] ?? text.length;
  }

  return {
    file,
    text,
    lines: starts.length,
    lineStart,
    position(offset) {
      const within = Math.max(0, Math.min(offset, text.length));
      const line = lineAt(within);
      return { file, line, column: within - lineStart(line) + 1 };
    },
    line(line) {
      if (line < 1 || line > starts.length) return "";
      const end = starts[line] === undefined ? text.length : starts[line] - 1;
      return text.slice(lineStart(line), end).replace(/\r$/, "");
    },
  };
}

export type ScalarStyle = "plain" | "single" | "double" | "literal" | "folded";

/**
 * Offset in the source of the character at `index` of a scalar's text. `start` is where the scalar begins: its first
 * character, its opening quote, or the indicator of a block. Source and text are walked side by side.
 */
export function scalarOffset(source: string, start: number, style: ScalarStyle, text: string, index: number): number {
  const block = style === "literal" || style === "folded";
  let at = style === "plain" ? start : start + 1;
  let indent = 0;
  if (block) {
    at = source.indexOf("\n", start) + 1;
    if (at === 0) return source.length;
    // Leading blank lines are part of the text; the first line with content says how deep the block stands.
    indent = /^(?:[ \t]*\r?\n)*( *)/.exec(source.slice(at, at + 10_000))?.[1]?.length ?? 0;
    at = afterIndent(source, at, indent);
  }
  for (let i = 0; i < index && i < text.length && at < source.length; i++) {
    at = style === "literal" ? nextLiteral(source, at, indent) : nextFolded(source, at, style, text, i);
  }
  return style === "plain" || block ? at : skipFold(source, at, style, text[index]);
}

/** A blank line may be shorter than the block is deep. */
function afterIndent(source: string, at: number, indent: number): number {
  let to = at;
  while (to < at + indent && source[to] === " ") to++;
  return to;
}

function nextLiteral(source: string, at: number, indent: number): number {
  const lineBreak = source[at] === "\r" && source[at + 1] === "\n" ? at + 1 : at;
  return source[lineBreak] === "\n" ? afterIndent(source, lineBreak + 1, indent) : at + 1;
}

/** One character of a folded text: an escape, a doubled quote, a fold, or itself. */
function nextFolded(source: string, at: number, style: ScalarStyle, text: string, i: number): number {
  const from = skipFold(source, at, style, text[i]);
  if (from !== at && (text[i] === " " || text[i] === "\n")) return from;
  if (style === "double" && source[from] === "\\") return from + escapeLength(source, from);
  if (style === "single" && source[from] === "'" && source[from + 1] === "'") return from + 2;
  return from + 1;
}

function escapeLength(source: string, at: number): number {
  const kind = source[at + 1] ?? "";
  return kind === "x" ? 4 : kind === "u" ? 6 : kind === "U" ? 10 : 2;
}

/** Behind a line break and its indentation, if one stands here and the text shows it as a space or a break. */
function skipFold(source: string, at: number, style: ScalarStyle, wanted: string | undefined): number {
  const rest = source.slice(at, at + 2_000);
  const fold = style === "double" ? /^(?:[ \t]*(?:\\?\r?\n[ \t]*)+)/.exec(rest) : /^[ \t]*(?:\r?\n[ \t]*)+/.exec(rest);
  if (!fold) return at;
  return wanted === undefined ? at : at + fold[0].length;
}
