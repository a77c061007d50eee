// How findings are made: one place decides what a finding always carries.

import type { Code, Position } from "../errors.ts";
import type { Finding, Node } from "./tree.ts";

export interface FindingMore {
  /** What to write instead. */
  readonly hint?: string | undefined;
  /** Characters for the underline; 0 = unknown. */
  readonly length?: number;
  readonly severity?: "error" | "warning";
}

export function finding(code: Code, at: Position, message: string, more: FindingMore = {}): Finding {
  return {
    file: at.file,
    line: at.line,
    column: at.column,
    severity: more.severity ?? "error",
    code,
    message: oneLine(message),
    hint: oneLine(more.hint ?? ""),
    length: more.length ?? 0,
  };
}

/** A finding about a node as a whole; scalars are underlined. */
export function findingAt(code: Code, node: Node, message: string, more: FindingMore = {}): Finding {
  return finding(code, node.at, message, { length: spanOf(node), ...more });
}

/** How many characters a scalar takes on its first line, as far as its text tells. */
export function spanOf(node: Node): number {
  if (node.kind !== "scalar") return 1;
  const line = node.text.split("\n", 1)[0] ?? "";
  return Math.max(1, node.quoted ? line.length + 2 : line.length);
}

/** What was found, as people call it: `the number 12`, `a list`, `nothing`. Long texts are cut. */
export function found(node: Node): string {
  if (node.kind === "map") return "a map";
  if (node.kind === "list") return "a list";
  if (node.type === "null" && !node.quoted) return "nothing";
  if (node.type === "number") return `the number ${cut(node.text)}`;
  if (node.type === "boolean") return node.text;
  return node.text.startsWith("=") ? `the formula ${cut(node.text)}` : `the text "${cut(node.text)}"`;
}

export function cut(text: string, most = 40): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** Control characters never reach a terminal or an editor's list of problems. */
function oneLine(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (c) =>
    c === "\n" ? "⏎" : `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

/** Sorted as one reads: by file, line, column; the same finding twice (inherited parts are compiled per case) only once. */
export function sortFindings(findings: Iterable<Finding>): Finding[] {
  const seen = new Map<string, Finding>();
  for (const each of findings) {
    const key = `${each.file}\0${each.line}\0${each.column}\0${each.code}\0${each.message}`;
    if (!seen.has(key)) seen.set(key, each);
  }
  return [...seen.values()].sort(
    (a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column,
  );
}
