// Decoding a drop to records, on one core and without anything behind it.
//
//   csv           12 columns, as objects; floor: csv-parse as objects (columns: true), in its faster synchronous form
//   csv-arrays    the same of ours; floor: csv-parse as arrays, which name nothing
//   csv-umlauts   windows-1252 with umlauts in every row; floor as for csv
//   fixed         12 fields by lines; floor: split and slice without trimming or checks
//   json          an array, record by record; floor: JSON.parse of the whole document
//   xml           an array of elements; floor: saxes alone, making nothing

import { parse } from "csv-parse/sync";
import { SaxesParser } from "saxes";
import { csvCodec } from "../src/adapters/csv/index.ts";
import { fixedCodec } from "../src/adapters/fixed/index.ts";
import { jsonCodec } from "../src/adapters/json/index.ts";
import { xmlCodec } from "../src/adapters/xml/codec.ts";
import type { Codec } from "../src/core/contract.ts";
import { CHUNK, countOf, rate } from "./decoding.ts";
import type { Bench, Measured } from "./measure.ts";

const COLUMNS = ["NR", "FIRMA", "RF", "BEGINN", "KAPITAL", "STRASSE", "HAUSNR", "PLZ", "ORT", "STATUS", "AGS", "TEL"];
const WIDTHS = [8, 20, 4, 10, 12, 16, 4, 5, 12, 1, 8, 14];

function cells(number: number, umlaut: string): string[] {
  const nr = String(number).padStart(8, "0");
  const firma = `Blumen M${umlaut}ller ${number % 97}`;
  return [
    nr,
    firma,
    "GmbH",
    "01.03.2027",
    "25.000,00",
    "Ratsweg",
    "12",
    "12345",
    "Neustadt",
    "A",
    "09162000",
    "0123 456789",
  ];
}

function rows<T>(count: number, make: (number: number) => T): T[] {
  return Array.from({ length: count }, (_, at) => make(at + 1));
}

function csvText(count: number, umlaut: string): string {
  const table = [COLUMNS, ...rows(count, (nr) => cells(nr, umlaut))];
  return table.map((row) => `${row.join(";")}\r\n`).join("");
}

function csvIn(encoding: "utf-8" | "windows-1252"): Codec {
  return csvCodec({
    delimiter: ";",
    quote: '"',
    encoding,
    header: undefined,
    columns: undefined,
    skip: 0,
    comment: undefined,
    optional: undefined,
    empty: undefined,
    most: 1024 * 1024,
  });
}

function csvParseObjects(bytes: Buffer, encoding: BufferEncoding): number {
  return parse(bytes, { columns: true, delimiter: ";", encoding }).length;
}

async function csvFigures(count: number): Promise<Measured[]> {
  const plain = Buffer.from(csvText(count, "ue"));
  const latin = Buffer.from(csvText(count, "ü"), "latin1");
  const ours = await rate(count, () => countOf(csvIn("utf-8"), plain));
  const objects = await rate(count, () => csvParseObjects(plain, "utf8"));
  const arrays = await rate(count, () => parse(plain, { delimiter: ";", from_line: 2 }).length);
  const unit = "records/s";
  return [
    { name: "decode-csv", ours, floor: objects, floorName: "csv-parse objects", unit },
    { name: "decode-csv-arrays", ours, floor: arrays, floorName: "csv-parse arrays", unit },
    {
      name: "decode-csv-umlauts",
      ours: await rate(count, () => countOf(csvIn("windows-1252"), latin)),
      floor: await rate(count, () => csvParseObjects(latin, "latin1")),
      floorName: "csv-parse objects",
      unit,
    },
  ];
}

async function fixedFigures(count: number): Promise<Measured> {
  const starts = WIDTHS.map((_, at) => WIDTHS.slice(0, at).reduce((sum, width) => sum + width, 1));
  const fields = Object.fromEntries(COLUMNS.map((name, at) => [name, [starts[at]!, WIDTHS[at]!]]));
  const line = (nr: number) =>
    cells(nr, "ü")
      .map((cell, at) => cell.padEnd(WIDTHS[at]!))
      .join("");
  const bytes = Buffer.from(`${rows(count, line).join("\n")}\n`, "latin1");
  const codec = fixedCodec(
    {
      encoding: "iso-8859-1",
      length: undefined,
      lineEnd: "auto",
      layout: undefined,
      fields,
      optional: undefined,
      empty: undefined,
    },
    () => Buffer.alloc(0),
  );
  const split = () => {
    const records = bytes
      .toString("latin1")
      .trimEnd()
      .split("\n")
      .map((text) =>
        Object.fromEntries(
          COLUMNS.map((name, at) => [name, text.slice(starts[at]! - 1, starts[at]! - 1 + WIDTHS[at]!)]),
        ),
      );
    return records.length;
  };
  const ours = await rate(count, () => countOf(codec, bytes));
  return {
    name: "decode-fixed",
    ours,
    floor: await rate(count, split),
    floorName: "split and slice",
    unit: "records/s",
  };
}

function objectOf(nr: number): Record<string, string> {
  return Object.fromEntries(cells(nr, "ü").map((cell, at) => [COLUMNS[at]!, cell]));
}

function elementOf(nr: number): string {
  const children = cells(nr, "ü").map((cell, at) => `<${COLUMNS[at]}>${cell}</${COLUMNS[at]}>`);
  return `<antrag>${children.join("")}</antrag>\n`;
}

async function jsonFigures(count: number): Promise<Measured> {
  const bytes = Buffer.from(JSON.stringify(rows(count, objectOf)));
  const codec = jsonCodec({
    record: undefined,
    lines: false,
    numbers: "exact",
    encoding: "utf-8",
    most: 10 * 1024 * 1024,
  });
  const whole = () => (JSON.parse(bytes.toString()) as unknown[]).length;
  const ours = await rate(count, () => countOf(codec, bytes));
  return {
    name: "decode-json",
    ours,
    floor: await rate(count, whole),
    floorName: "JSON.parse whole",
    unit: "records/s",
  };
}

async function xmlFigures(count: number): Promise<Measured> {
  const bytes = Buffer.from(`<antraege>${rows(count, elementOf).join("")}</antraege>`);
  const codec = xmlCodec({
    record: "/antraege/antrag",
    namespaces: undefined,
    names: "local",
    lists: undefined,
    doctype: "refuse",
    encoding: undefined,
    most: 10 * 1024 * 1024,
  });
  const bare = () => {
    let closed = 0;
    const parser = new SaxesParser({ xmlns: true });
    parser.on("closetag", ({ name }) => {
      if (name === "antrag") closed++;
    });
    const text = bytes.toString();
    for (let at = 0; at < text.length; at += CHUNK) parser.write(text.slice(at, at + CHUNK));
    parser.close();
    return closed;
  };
  const ours = await rate(count, () => countOf(codec, bytes));
  return { name: "decode-xml", ours, floor: await rate(count, bare), floorName: "saxes alone", unit: "records/s" };
}

const run: Bench = async ({ quick }) => {
  const count = quick ? 20_000 : 100_000;
  return [
    ...(await csvFigures(count)),
    await fixedFigures(count),
    await jsonFigures(count),
    await xmlFigures(quick ? 4_000 : 20_000),
  ];
};
export default run;
