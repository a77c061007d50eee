// `map.csv`: columns in order → one line per message (RFC 4180, with the dialect of encode.csv). Values are written as they are:
// what a spreadsheet would take for a formula is data of the legacy system, and only exports for people escape it.

import type { MapEntry, MapNode, Node } from "../../bridge/tree.ts";
import type { CompileTemplate } from "../types.ts";
import { startCompiling } from "./compiling.ts";
import type { CellFormat, LinePart } from "./lines.ts";
import { compileLines } from "./lines.ts";
import { createOrigin, locateColumn } from "./origins.ts";

export interface CsvDialect {
  /** One character or more. */
  readonly delimiter: string;
  /** One character, or "" for formats that have no quotes. */
  readonly quote: string;
  readonly quoting: "needed" | "always";
  /** Readers pass over lines that begin with this, so a first cell that does is quoted. */
  readonly comment: string | undefined;
  readonly lineEnd: string;
}

export const CSV_CONTENT_TYPE = "text/csv";

export function compileCsv(dialect: CsvDialect): CompileTemplate {
  return (node, environment) => {
    const compiling = startCompiling(environment);
    const top = createOrigin(node.at);
    const render = compileLines(
      compiling,
      node,
      { format: "csv", lineEnd: dialect.lineEnd, line: (rest, line) => csvLine(rest, line, dialect) },
      top,
    );
    return compiling.finish(CSV_CONTENT_TYPE, render, (path) => locateColumn(top, path), columnsOf(node));
  };
}

function csvLine(entries: readonly MapEntry[], _line: MapNode, dialect: CsvDialect): readonly LinePart[] {
  const only = entries.length === 1;
  const first = cellWriter(dialect, { only, first: true });
  const other = cellWriter(dialect, { only, first: false });
  const parts: LinePart[] = [];
  for (const [index, { key, value }] of entries.entries()) {
    if (index > 0) parts.push(dialect.delimiter);
    const cell: CellFormat = { name: columnName(key), write: index === 0 ? first : other };
    parts.push({ cell, value });
  }
  return parts;
}

function columnName(key: string): string {
  return key.startsWith("'=") ? key.slice(1) : key;
}

/** The header, where all lines have the same columns; a file of several record types has none. */
function columnsOf(node: Node): readonly string[] | undefined {
  const lines = node.kind === "list" ? node.items : [node];
  let columns: readonly string[] | undefined;
  for (const line of lines) {
    if (line.kind !== "map") return undefined;
    const own = line.entries.filter(({ key }) => !key.startsWith("=")).map(({ key }) => columnName(key));
    if (columns && (columns.length !== own.length || columns.some((name, index) => name !== own[index])))
      return undefined;
    columns = own;
  }
  return columns;
}

export interface CellPlace {
  /** The only cell of its line: it is quoted where it is empty, because readers skip empty lines. */
  readonly only: boolean;
  readonly first: boolean;
}

/** How one cell is written. */
export function cellWriter(dialect: CsvDialect, { only, first }: CellPlace): CellFormat["write"] {
  const { delimiter, quote } = dialect;
  const always = dialect.quoting === "always" && quote !== "";
  const comment = first ? dialect.comment : undefined;
  if (quote === "") return bareCell(delimiter, comment);
  const delimiterCode = delimiter.charCodeAt(0);
  const quoteCode = quote.charCodeAt(0);
  return (text) => {
    if (text === undefined || text === "") return only || (always && text === "") ? quote + quote : "";
    const plain = !always && !needsQuotes(text, delimiterCode, quoteCode) && !(comment && text.startsWith(comment));
    return plain ? text : quote + text.replaceAll(quote, quote + quote) + quote;
  };
}

/** Delimiter, quote, line ends; white space at either end, which some readers strip; and what they would take for a byte order mark. */
function needsQuotes(text: string, delimiter: number, quote: number): boolean {
  const last = text.length - 1;
  for (let index = 0; index <= last; index += 1) {
    const code = text.charCodeAt(index);
    if (code === delimiter || code === quote || code === 0x0a || code === 0x0d) return true;
    if ((index === 0 || index === last) && (code === 0x20 || code === 0x09 || code === 0xfeff)) return true;
  }
  return false;
}

/** Formats without quotes cannot say everything. */
function bareCell(delimiter: string, comment: string | undefined): CellFormat["write"] {
  return (text = "") => {
    if (text.includes(delimiter) || /[\r\n]/.test(text) || (comment && text.startsWith(comment))) {
      return {
        code: "CELL_CHARACTER",
        what: "the text holds a delimiter, a line end or the sign of a comment, and the format has no quotes",
      };
    }
    return text;
  };
}
