// CSV measured against csv-parse, which nobody here wrote: generated dialects, any text, and the files of others.

import { readdirSync, readFileSync } from "node:fs";
import { CsvError, parse } from "csv-parse/sync";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tokenizer } from "../../src/adapters/csv/tokenizer.ts";
import { decodeAll } from "../conformance/codec.ts";
import { describeWithData, sharedData } from "../shared-data.ts";
import { codec, decode } from "./csv-codec.ts";

/** Rows as csv-parse reads them; blank cells are "". */
function reference(text: string, delimiter = ",", quote = '"', relaxed = false, comment?: string): string[][] {
  return parse(text, {
    bom: true,
    delimiter,
    quote: quote || null,
    escape: quote || null,
    comment: comment ?? null,
    comment_no_infix: true,
    relax_quotes: relaxed,
    record_delimiter: ["\r\n", "\n", "\r"],
    skip_empty_lines: true,
    relax_column_count: true,
  });
}

/** Rows as our tokenizer reads them, blank lines left out; undefined where a row is bad or does not end. */
function tokenized(text: string, delimiter: string, quote: string): string[][] | undefined {
  const { row, read } = tokenizer(delimiter, quote);
  const rows: string[][] = [];
  for (let at = 0; at < text.length; at = row.next) {
    if (!read(text, at, true) || row.misplaced > 0) return undefined;
    const blank = /^[\r\n]/.test(text.slice(at));
    if (!blank) rows.push(row.cells.slice(0, row.count).map((cell) => cell ?? ""));
  }
  return rows;
}

describe("csv, measured against csv-parse", () => {
  it("reads what a careful writer wrote, like csv-parse", async () => {
    const cell = fc.string({
      unit: fc.constantFrom("a", "ü", "€", "😀", '"', ";", ",", "|", "\n", "\r", " ", "#"),
      maxLength: 6,
    });
    const table = fc.record({
      width: fc.integer({ min: 1, max: 5 }),
      delimiter: fc.constantFrom(";", ",", "\t", "||", "~|~"),
      end: fc.constantFrom("\n", "\r\n", "\r"),
      bom: fc.boolean(),
      lastEnd: fc.boolean(),
      always: fc.boolean(),
      window: fc.integer({ min: 1, max: 100 }),
    });
    const property = fc.asyncProperty(
      table,
      fc.array(fc.array(cell, { minLength: 5, maxLength: 5 }), { maxLength: 8 }),
      async (shape, cells) => {
        const { width, delimiter, end, bom, lastEnd, always, window } = shape;
        const rows = cells.map((row) => row.slice(0, width));
        const write = (cell: string) =>
          always || cell === "" || /["\r\n]/.test(cell) || delimiter.split("").some((part) => cell.includes(part))
            ? `"${cell.replaceAll('"', '""')}"`
            : cell;
        const text =
          (bom ? "\ufeff" : "") + rows.map((row) => row.map(write).join(delimiter)).join(end) + (lastEnd ? end : "");
        const names = Array.from({ length: width }, (_, at) => `C${at}`);
        const outcome = await decodeAll(codec({ delimiter, columns: names }, window), Buffer.from(text));
        expect(outcome.records).toEqual(rows.map((row) => named(names, row)));
        expect(outcome.records).toEqual(reference(text, delimiter).map((row) => named(names, row)));
      },
    );
    await fc.assert(property, { numRuns: 300 });
  });

  it("reads any text like csv-parse, or refuses what csv-parse refuses", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", '"', ",", "\n", "\r"), maxLength: 24 });
    const seen = { read: 0, refused: 0, literal: 0 };
    const property = fc.property(text, (text) => {
      const ours = tokenized(text, ",", '"');
      try {
        expect(ours).toEqual(reference(text));
        seen.read++;
      } catch (cause) {
        if (!(cause instanceof CsvError)) throw cause;
        // csv-parse refuses quotes inside unquoted cells too; told to take them, it reads the same.
        const relaxed = ours && /[^",\r\n]"/.test(text) ? reference(text, ",", '"', true) : undefined;
        seen[ours ? "literal" : "refused"]++;
        // oxlint-disable-next-line vitest/no-conditional-expect -- which of the two it is, is counted below.
        expect(ours).toEqual(relaxed);
      }
    });
    fc.assert(property, { numRuns: 2_000 });
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(50);
  });

  it("reads any text in any dialect like csv-parse, refuses what it refuses, and makes ragged rows faults", async () => {
    const dialects = fc.record({
      delimiter: fc.constantFrom(";", ",", "\t", "|", "||", "~|~", " "),
      quote: fc.constantFrom('"', "'", ""),
      comment: fc.constantFrom(undefined, "#", "//"),
      skip: fc.constantFrom(0, 1, 2),
      width: fc.integer({ min: 1, max: 4 }),
      header: fc.boolean(),
      bom: fc.boolean(),
      window: fc.constantFrom(undefined, 1, 3, 7, 64),
    });
    const seen = { same: 0, refused: 0, literal: 0, ragged: 0 };
    const property = fc.asyncProperty(dialects, fc.array(fc.nat(14), { maxLength: 60 }), async (dialect, picks) => {
      const { delimiter, quote, comment, skip, width, header, bom, window } = dialect;
      const mark = quote || '"';
      const units = [
        "a",
        "b",
        "ü",
        "€",
        "😀",
        mark,
        mark,
        delimiter,
        delimiter,
        "\n",
        "\n",
        "\r\n",
        "\r",
        " ",
        comment ?? "x",
      ];
      const names = Array.from({ length: width }, (_, at) => `C${at}`);
      const body = picks.map((pick) => units[pick]).join("");
      // csv-parse takes a comment for the end of a quoted cell.
      fc.pre(comment === undefined || !body.includes(mark + comment));
      const text = header ? `${"Vorspann\n".repeat(skip)}${names.join(delimiter)}\n${body}` : body;
      const ours = await decode(
        (bom ? "\ufeff" : "") + text,
        {
          delimiter,
          quote,
          comment,
          skip,
          ...(header ? { header } : { columns: names }),
        },
        window,
      );
      const refused = ours.thrown !== undefined || ours.records.some((each) => each === "QUOTE_MISPLACED");
      const wanted = (relaxed: boolean) =>
        reference(behindLines(text, skip), delimiter, quote, relaxed, comment).slice(header ? 1 : 0);
      let rows: string[][];
      try {
        rows = wanted(false);
      } catch (cause) {
        if (!(cause instanceof CsvError)) throw cause;
        seen[refused ? "refused" : "literal"]++;
        if (refused) return;
        rows = wanted(true);
      }
      expect(ours.records).toEqual(rows.map((row) => (row.length === width ? named(names, row) : "ROW_RAGGED")));
      seen.same++;
      if (ours.records.includes("ROW_RAGGED")) seen.ragged++;
    });
    await fc.assert(property, { numRuns: 1_500 });
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(50);
  });
});

/** Without its first lines. */
function behindLines(text: string, count: number): string {
  let rest = text;
  for (let passed = 0; passed < count; passed++) rest = rest.replace(/^[^\r\n]*(?:\r\n|\n|\r|$)/, "");
  return rest;
}

describeWithData("csv from outside", () => {
  const spectrum = sharedData("hostile/csv-spectrum");

  it("reads every dialect of csv-spectrum as its JSON says and as csv-parse does", async () => {
    const files = readdirSync(`${spectrum}/csvs`);
    expect(files.length).toBeGreaterThanOrEqual(12);
    for (const file of files) {
      const stored = readFileSync(`${spectrum}/csvs/${file}`);
      // A checkout may have turned CR LF into LF; the files named so are meant to have it.
      const bytes = file.endsWith("_crlf.csv") ? Buffer.from(stored.toString().replaceAll(/\r?\n/g, "\r\n")) : stored;
      const json = JSON.parse(readFileSync(`${spectrum}/json/${file.replace(".csv", ".json")}`, "utf8")) as
        | Record<string, string>
        | Record<string, string>[];
      const expected = [json].flat();
      const { records, thrown } = await decode(bytes, { delimiter: "," });
      expect(thrown).toBeUndefined();
      // The corpus itself has another telephone number in the JSON than in the CSV of one file.
      const telephone = { "Contact Phone Number": "2095257564" };
      const corrected = expected.map((row) => (file === "location_coordinates.csv" ? { ...row, ...telephone } : row));
      expect({ file, records }).toEqual({ file, records: corrected.map(present) });
      // One file has quotes inside unquoted cells, which csv-parse takes only when told so.
      const [header, ...rows] = reference(bytes.toString(), ",", '"', file === "location_coordinates.csv");
      expect({ file, records }).toEqual({ file, records: rows.map((row) => named(header!, row)) });
    }
  });

  it("reads real exports like csv-parse", async () => {
    const files = [
      ["csv/muenchen-pscd-GP_2026-07-09.csv", "utf8", 10],
      ["csv/btw25-bw-gemeinden.csv", "latin1", 1_105],
    ] as const;
    for (const [file, encoding, count] of files) {
      const bytes = readFileSync(sharedData(file));
      const { records, ends, detected } = await decode(bytes, { delimiter: ",", encoding: "detect" });
      const [header, ...rows] = reference(bytes.toString(encoding));
      expect(records).toEqual(rows.map((row) => named(header!, row)));
      expect(records.length).toBe(count);
      expect(ends.at(-1)).toBe(bytes.length);
      expect(detected["encoding"]).toBe(encoding === "utf8" ? "utf-8" : "windows-1252");
    }
  });
});

/** A row under the names of its columns, without blank cells. */
function named(names: readonly string[], row: readonly string[]): Record<string, string> {
  return present(Object.fromEntries(names.map((name, at) => [name, row[at] ?? ""])));
}

/** Without blank cells. */
function present(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== ""));
}
