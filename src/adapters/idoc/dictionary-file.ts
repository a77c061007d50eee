// Dictionaries as files, of the bridge or shipped.
//
// CSV (segment;definition;parent;least;most;field;start;length, UTF-8, `;` or `,`): a line without a field tells where a segment
// stands, a line with one tells where that stands in SDATA, from 1; without a start right behind the field before it. Or the text that
// SAP's own report RSEIDOC3 (transaction WE60, "Parser") writes: parser-file.ts.

import { type Dictionary, type Draft, drafting, invalid } from "./dictionary.ts";
import { isParserFile, readParserFile } from "./parser-file.ts";

/** Throws BridgeError IDOC_DICTIONARY with the line in the file. */
export function readDictionary(bytes: Uint8Array, file: string): Dictionary {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // What SAP writes on a PC comes in its code page; only descriptions have umlauts, and they are not read.
    text = Buffer.from(bytes).toString("latin1");
    if (!isParserFile(text)) throw invalid(file, 0, "it is not UTF-8");
  }
  const draft = drafting(file);
  if (isParserFile(text)) readParserFile(text, draft);
  else readCsv(text, draft);
  return draft.dictionary();
}

const COLUMNS = ["segment", "definition", "parent", "least", "most", "field", "start", "length"] as const;
type Column = (typeof COLUMNS)[number];
const NEEDED: readonly Column[] = ["segment", "field", "length"];

function readCsv(text: string, draft: Draft): void {
  let columns: readonly string[] | undefined;
  let delimiter = ";";
  for (const [index, line] of text
    .replace(/^\ufeff/, "")
    .split(/\r\n|\n|\r/)
    .entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    if (columns) {
      readLine(line.split(delimiter).map(unquote), columns, draft, index + 1);
      continue;
    }
    delimiter = line.includes(";") ? ";" : ",";
    columns = line.split(delimiter).map((name) => unquote(name).toLowerCase());
    const missing = NEEDED.find((name) => !columns?.includes(name));
    if (missing) throw invalid(draft.file, index + 1, `the header line lacks the column ${missing}`);
  }
}

function readLine(cells: readonly string[], columns: readonly string[], draft: Draft, line: number): void {
  const cell = (name: Column): string => cells[columns.indexOf(name)] ?? "";
  const number = (name: Column, least: number): number => {
    const value = cell(name);
    if (!/^\d{1,10}$/.test(value) || Number(value) < least) {
      throw invalid(draft.file, line, `${name} must be a whole number from ${least}`);
    }
    return Number(value);
  };
  const type = cell("segment");
  if (cell("field") !== "") {
    const from = cell("start") === "" ? undefined : number("start", 1) - 1;
    draft.field(line, type, cell("field"), from, number("length", 1));
    return;
  }
  const least = cell("least") === "" ? 0 : number("least", 0);
  const most = cell("most") === "" ? Number.POSITIVE_INFINITY : number("most", 1);
  draft.place(line, type, cell("definition"), cell("parent"), least, most);
}

function unquote(cell: string): string {
  const trimmed = cell.trim();
  return /^".*"$/.test(trimmed) ? trimmed.slice(1, -1).replaceAll('""', '"') : trimmed;
}
