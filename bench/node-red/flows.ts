// Arrangements of Node-RED's nodes that do the job of bench/csv-xml.ts: a file of CSV → a valid document per 1,000 records.

import * as code from "./functions.ts";

interface Node {
  readonly type: string;
  readonly [property: string]: unknown;
}

export interface Arrangement {
  readonly name: string;
  /** For people: its nodes in their order. */
  readonly nodes: string;
  readonly flow: readonly object[];
}

const fn = ({ start = "", body }: code.Code, modules: Readonly<Record<string, string>> = {}): Node => ({
  type: "function",
  func: body,
  outputs: 1,
  timeout: 0,
  initialize: start,
  finalize: "",
  libs: Object.entries(modules).map(([name, module]) => ({ var: name, module })),
});

const read = (format: "utf8" | "lines" | "stream"): Node => ({
  type: "file in",
  filename: "filename",
  filenameType: "msg",
  format,
  chunk: format !== "utf8",
  sendError: false,
  encoding: "none",
  allProps: false,
});

const COLUMNS = "ID,NAME,VORNAME,GEBURT,STRASSE,NR,PLZ,ORT,BETRAG,STATUS,DATUM,TEXT";

/** `spec` rfc is the parser that new nodes get, "" the older one. */
const csv = (spec: "rfc" | "", { header, multi }: { header: boolean; multi: "mult" | "one" }): Node => ({
  type: "csv",
  spec,
  sep: ";",
  hdrin: header,
  hdrout: "none",
  multi,
  ret: "\\n",
  temp: header ? "" : COLUMNS,
  skip: "0",
  strings: false,
  include_empty_strings: false,
  include_null_values: false,
});

const xml: Node = { type: "xml", property: "payload", attr: "$", chr: "_" };
const template: Node = {
  type: "template",
  field: "payload",
  fieldType: "msg",
  format: "handlebars",
  syntax: "mustache",
  template: code.TEMPLATE,
  output: "str",
};
const write: Node = {
  type: "file",
  filename: "filename",
  filenameType: "msg",
  appendNewline: false,
  createDir: false,
  overwriteFile: "true",
  encoding: "none",
};
const validate = fn(code.VALIDATE, { libxml2: "libxml2-wasm" });
const blocks = fn(code.BLOCKS);

/** The nodes in a row, between the one that begins and the one that counts; whatever fails ends the run. */
function inRow(nodes: readonly Node[]): readonly object[] {
  const inject = {
    type: "inject",
    props: [{ p: "payload" }],
    repeat: "",
    crontab: "",
    once: true,
    onceDelay: 0.5,
    payload: "",
    payloadType: "date",
  };
  const row = [inject, fn(code.BEGIN), ...nodes, fn(code.WRITTEN)];
  const tab = { id: "f0", type: "tab", label: "CSV → XML", disabled: false };
  const placed = row.map((node, i) => ({
    ...node,
    id: `n${i}`,
    z: "f0",
    x: 150 * i,
    y: 100,
    wires: wiresOf(node, row[i + 1] && `n${i + 1}`),
  }));
  const failures = [
    { id: "c0", type: "catch", z: "f0", scope: null, uncaught: false, x: 100, y: 200, wires: [["c1"]] },
    { ...fn(code.FAILED), id: "c1", z: "f0", x: 300, y: 200, wires: [[]] },
  ];
  return [tab, ...placed, ...failures];
}

function wiresOf({ type }: Node, next: string | undefined): readonly (readonly string[])[] {
  const to = next === undefined ? [] : [next];
  return type === "exec" ? [[], [], to] : [to];
}

/** xmllint as a process of its own beside Node-RED, `most` files each. */
function byXmllint(most: number, schema: string): readonly Node[] {
  const exec = {
    type: "exec",
    command: `xmllint --noout --schema ${schema}`,
    addpay: "payload",
    append: "",
    useSpawn: "false",
    timer: "",
    winHide: false,
    oldrc: false,
  };
  return [write, fn(code.COMMANDS(most)), exec, fn(code.EXIT_CODE)];
}

/** `schema` is the path that xmllint is told. */
export function arrangements(schema: string): readonly Arrangement[] {
  const rfc = (multi: "mult" | "one"): Node => csv("rfc", { header: true, multi });
  const old = (multi: "mult" | "one"): Node => csv("", { header: true, multi });
  const block = (spec: "rfc" | ""): Node => csv(spec, { header: false, multi: "mult" });
  const own = fn(code.LINES_TO_XML);
  const made: readonly (readonly [string, string, readonly Node[]])[] = [
    [
      "nodes-whole",
      "file in (all) → csv → function (objects) → xml → validate → file",
      [read("utf8"), rfc("mult"), fn(code.RECORDS_TO_OBJECT), xml, validate, write],
    ],
    [
      "nodes-whole-old-csv",
      "the same with csv in its older mode",
      [read("utf8"), old("mult"), fn(code.RECORDS_TO_OBJECT), xml, validate, write],
    ],
    [
      "nodes-lines",
      "file in (a message per line) → csv → function (gathers, text) → validate → file",
      [read("lines"), old("one"), fn(code.GATHER), validate, write],
    ],
    [
      "nodes-template",
      "file in (chunks) → function (blocks of lines) → csv → function (view) → template → validate → file",
      [read("stream"), blocks, block("rfc"), fn(code.RECORDS_TO_VIEW), template, validate, write],
    ],
    [
      "nodes-xml",
      "file in (chunks) → function (blocks of lines) → csv → function (objects) → xml → validate → file",
      [read("stream"), blocks, block("rfc"), fn(code.RECORDS_TO_OBJECT), xml, validate, write],
    ],
    [
      "nodes-text",
      "file in (chunks) → function (blocks of lines) → csv → function (text) → validate → file",
      [read("stream"), blocks, block("rfc"), fn(code.RECORDS_TO_XML), validate, write],
    ],
    [
      "nodes-text-old-csv",
      "the same with csv in its older mode",
      [read("stream"), blocks, block(""), fn(code.RECORDS_TO_XML), validate, write],
    ],
    [
      "csv-parse",
      "file in (chunks) → function (blocks of lines) → function (csv-parse, text) → validate → file",
      [read("stream"), blocks, fn(code.CSV_PARSE_TO_XML, { parser: "csv-parse/sync" }), validate, write],
    ],
    [
      "own-whole",
      "file in (all) → function (blocks of lines) → function (split, text) → validate → file",
      [read("utf8"), blocks, own, validate, write],
    ],
    [
      "own",
      "file in (chunks) → function (blocks of lines) → function (split, text) → validate → file",
      [read("stream"), blocks, own, validate, write],
    ],
    [
      "own-xmllint",
      "file in (chunks) → function (blocks of lines) → function (split, text) → file → exec xmllint, 20 files each, beside it",
      [read("stream"), blocks, own, ...byXmllint(20, schema)],
    ],
  ];
  return made.map(([name, nodes, row]) => ({ name, nodes, flow: inRow(row) }));
}
