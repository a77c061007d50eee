// Findings for people at a terminal, for editors that read a pipe, and for programs.

import { cutLine, wrapWords } from "./render-text.ts";
import type { Finding } from "./tree.ts";
import { mark, paint, sign } from "../terminal/look.ts";
import type { Look } from "../terminal/look.ts";
import { escapeControls, widthOf } from "../terminal/text.ts";

/** Text of a file that a finding names; undefined where it cannot be shown. */
export type SourceOf = (file: string) => string | undefined;

const LEAST_CODE = 17;
const LEAST_PLACE = 5;
/** Findings of one file on a terminal: who has more begins at the top, or reads them with a program. */
const MOST_SHOWN = 100;

/** The terminal's form: grouped by file, with the line and an underline; off a terminal one line per finding. */
export function renderFindings(findings: readonly Finding[], look: Look, sourceOf: SourceOf): string {
  if (!look.tty) return findings.map(renderPiped).join("");
  const files = Map.groupBy(findings, ({ file }) => file);
  return [...files].map(([file, own]) => renderFile(file, own, look, sourceOf(file))).join("\n");
}

/** `file:line:column CODE text`: editors jump to it. */
function renderPiped({ file, line, column, code, severity, message, hint }: Finding): string {
  const kind = severity === "warning" ? "warning: " : "";
  const first = `${escapeControls(file)}:${line}:${column} ${code} ${kind}${escapeControls(message)}\n`;
  return hint === "" ? first : `${first}  hint  ${escapeControls(hint)}\n`;
}

interface Columns {
  readonly place: number;
  readonly code: number;
}

function renderFile(file: string, findings: readonly Finding[], look: Look, source: string | undefined): string {
  const columns: Columns = {
    place: Math.max(LEAST_PLACE, ...findings.map(({ line, column }) => `${line}:${column}`.length)),
    code: Math.max(LEAST_CODE, ...findings.map(({ code }) => code.length)),
  };
  const lines = source?.split("\n");
  const parts = findings.slice(0, MOST_SHOWN).map((finding) => renderOne(finding, look, columns, lines));
  const more = findings.length - MOST_SHOWN;
  if (more > 0) parts.push(`  and ${more} more; steg check --json lists them all\n`);
  return `${escapeControls(file)}\n\n${parts.join("\n")}`;
}

function renderOne(finding: Finding, look: Look, columns: Columns, lines: readonly string[] | undefined): string {
  const warning = finding.severity === "warning";
  const place = `${finding.line}:${finding.column}`.padEnd(columns.place);
  const code = paint(look, warning ? "yellow" : "red", finding.code.padEnd(columns.code));
  const start = `${warning ? mark(look, "!") : " "} ${place}  ${code}  `;
  const indent = 2 + columns.place + 2;
  const textColumn = indent + columns.code + 2;
  const message = wrapWords(escapeControls(finding.message), look.width - textColumn);
  const rest = message.slice(1).map((line) => " ".repeat(textColumn) + line);
  const out = [start + (message[0] ?? ""), ...rest];
  const left = " ".repeat(indent);
  for (const line of excerpt(finding, look, lines, look.width - indent - 2)) out.push(left + line);
  if (finding.hint !== "") {
    const hint = wrapWords(escapeControls(finding.hint), look.width - indent - 6);
    out.push(
      `${left}${paint(look, "dim", "hint")}  ${hint[0] ?? ""}`,
      ...hint.slice(1).map((line) => `${left}      ${line}`),
    );
  }
  return `${out.join("\n")}\n`;
}

/** The line without its indentation, and carets under the place. */
function excerpt(finding: Finding, look: Look, lines: readonly string[] | undefined, width: number): readonly string[] {
  const line = lines?.[finding.line - 1]?.replace(/\r$/, "");
  if (finding.length === 0 || line === undefined || line.trim() === "") return [];
  const indent = line.length - line.trimStart().length;
  const at = Math.max(0, finding.column - 1 - indent);
  const shown = line.trim();
  const length = Math.max(1, Math.min(finding.length, shown.length - at));
  const cut = cutLine(shown, at, length, width);
  const before = widthOf(escapeControls(cut.text.slice(0, cut.at)));
  const carets = Math.max(1, widthOf(escapeControls(cut.text.slice(cut.at, cut.at + cut.length))));
  const bar = paint(look, "dim", sign(look, "│"));
  return [`${bar} ${escapeControls(cut.text)}`, `${bar} ${" ".repeat(before)}${"^".repeat(carets)}`];
}

export interface CheckSummary {
  readonly bridges: number;
  readonly milliseconds: number;
  readonly formulas: number;
  readonly schemas: number;
}

/** The last line of `steg check`. */
export function renderSummary(
  findings: readonly Finding[],
  { bridges, milliseconds, formulas, schemas }: CheckSummary,
  look: Look,
): string {
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const warnings = findings.length - errors;
  // A table of a bridge is a file of its own.
  const files = Math.min(bridges, new Set(findings.map(({ file }) => file)).size);
  const figures = `(${(milliseconds / 1_000).toFixed(1)} s, ${counted(formulas, "formula")}, ${counted(schemas, "schema")})`;
  if (findings.length === 0)
    return `${mark(look, "✓")} ${counted(bridges, "bridge")} checked, nothing to mend   ${figures}\n`;
  const kinds = [errors > 0 ? counted(errors, "error") : "", warnings > 0 ? counted(warnings, "warning") : ""].filter(
    (kind) => kind !== "",
  );
  return `${kinds.join(", ")} in ${files} of ${counted(bridges, "bridge")}   ${figures}\n`;
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}

/** `steg check --json`. */
export function findingsJson(findings: readonly Finding[]): readonly object[] {
  return findings.map(({ file, line, column, severity, code, message, hint }) => ({
    file,
    line,
    column,
    severity,
    code,
    message,
    hint,
  }));
}
