// Tables as Genericode (OASIS Code List Representation 1.0): the form in which the German registry of code lists (XRepository)
// publishes them. Read by saxes; a DOCTYPE is refused, because a code list needs none and entities are an attack.

import { SaxesParser } from "saxes";
import type { RefuseRow } from "./tables-csv.ts";

const NAMESPACE = "http://docs.oasis-open.org/codelist/ns/genericode/";
const DEPTH_LIMIT = 64;

export interface GenericodeColumns {
  /** Ids of the columns in order. */
  readonly columns: readonly string[];
  /** The column of the first key of one column; undefined where keys are compound or missing. */
  readonly key: string | undefined;
}

interface Reading {
  readonly path: string[];
  readonly columns: string[];
  readonly keys: string[][];
  cells: (string | undefined)[];
  /** Column of the value being read; a Value without ColumnRef is the one behind the value before (section 4.12). */
  column: number;
  text: string;
  rowLine: number;
}

/** Calls `begin` once the columns are known, then `visit` with the cells of each row and its line. */
export function readGenericode(
  text: string,
  refuse: RefuseRow,
  begin: (columns: GenericodeColumns) => void,
  visit: (cells: readonly (string | undefined)[], line: number) => void,
): void {
  const parser = new SaxesParser({ xmlns: true, position: true });
  const reading: Reading = { path: [], columns: [], keys: [], cells: [], column: -1, text: "", rowLine: 0 };
  parser.on("error", (error) =>
    refuse(parser.line, `is not well-formed XML (${error.message.replace(/^\d+:\d+: /, "")})`),
  );
  parser.on("doctype", () => refuse(parser.line, "has a DOCTYPE, which code lists do not need"));
  parser.on("xmldecl", ({ encoding }) => {
    if (encoding !== undefined && !/^utf-?8$/i.test(encoding))
      refuse(1, `declares the encoding ${encoding}; tables are UTF-8`);
  });
  parser.on("opentag", (tag) => {
    if (reading.path.length >= DEPTH_LIMIT) refuse(parser.line, `has elements more than ${DEPTH_LIMIT} deep`);
    if (reading.path.length === 0 && (tag.local !== "CodeList" || !tag.uri.startsWith(NAMESPACE))) {
      refuse(parser.line, "is XML, but no Genericode: its root is not CodeList of OASIS");
    }
    reading.path.push(tag.local);
    const value = (name: string): string | undefined => tag.attributes[name]?.value;
    open(reading, tag.local, value, parser.line, refuse, begin);
  });
  const characters = (part: string): void => {
    if (reading.path.at(-1) === "SimpleValue") reading.text += part;
  };
  parser.on("text", characters);
  parser.on("cdata", characters);
  parser.on("closetag", ({ local }) => {
    reading.path.pop();
    if (local === "SimpleValue" && reading.column >= 0) reading.cells[reading.column] = reading.text;
    else if (local === "Row") visit(reading.cells, reading.rowLine);
  });
  parser.write(text).close();
}

function open(
  reading: Reading,
  name: string,
  attribute: (name: string) => string | undefined,
  line: number,
  refuse: RefuseRow,
  begin: (columns: GenericodeColumns) => void,
): void {
  const around = reading.path.at(-2);
  if (around === "ColumnSet" && (name === "Column" || name === "ColumnRef")) {
    reading.columns.push(attribute("Id") ?? refuse(line, `a ${name} has no Id`));
  } else if (name === "Key" && around === "ColumnSet") reading.keys.push([]);
  else if (name === "ColumnRef" && around === "Key") reading.keys.at(-1)?.push(attribute("Ref") ?? "");
  else if (name === "SimpleCodeList") {
    const [only, second] = reading.keys[0] ?? [];
    begin({ columns: reading.columns, key: second === undefined ? only : undefined });
  } else if (name === "Row") {
    reading.cells = Array.from({ length: reading.columns.length });
    reading.column = -1;
    reading.rowLine = line;
  } else if (name === "Value" && around === "Row") {
    const ref = attribute("ColumnRef");
    reading.column = ref === undefined ? reading.column + 1 : reading.columns.indexOf(ref);
    if (reading.column < 0 || reading.column >= reading.columns.length) {
      refuse(line, ref === undefined ? "a row has more values than there are columns" : `no column is called ${ref}`);
    }
  } else if (name === "SimpleValue") reading.text = "";
  else if (name === "ComplexValue") refuse(line, "a complex value stands in a row; tables hold texts");
}
