// Rows that stay cells are the records they would have been: the same values, faults, lines and places, however hostile the drop.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Batch, DecodeContext } from "../../src/core/contract.ts";
import { BridgeError } from "../../src/core/errors.ts";
import { encoderOf } from "../../src/adapters/shared/encodings/encoder.ts";
import { ENCODINGS, type Encoding } from "../../src/adapters/shared/encodings/names.ts";
import { chunked, decodeContext } from "../conformance/codec.ts";
import { codec } from "./csv-codec.ts";

type Given = Parameters<typeof codec>[0];

interface Seen {
  readonly records: readonly unknown[];
  readonly lines: readonly number[];
  readonly ends: readonly number[];
  readonly fields: unknown;
  readonly thrown: unknown;
  /** Rows that stayed cells. */
  readonly cells: number;
}

function plain(record: Batch["records"][number]): unknown {
  const { fault } = record as { fault?: unknown };
  return fault instanceof BridgeError ? { code: fault.code, message: fault.message } : { ...record };
}

/** Reads everything; rows of cells by `record` before they are given back, as the engine does. */
async function read(
  bytes: Uint8Array,
  given: Given,
  window: number | undefined,
  context: DecodeContext,
): Promise<Seen> {
  const [records, lines, ends]: [unknown[], number[], number[]] = [[], [], []];
  let fields: unknown;
  let thrown: unknown;
  let cells = 0;
  try {
    for await (const batch of codec(given, window).decode(chunked(bytes, [7, 1, 100]), context)) {
      records.push(...batch.records.map(plain));
      lines.push(...Array.from(batch.lines));
      ends.push(...Array.from(batch.ends));
      fields = batch.fields;
      batch.records.forEach((record, row) => {
        if (!batch.cells || batch.cells.others[row] !== undefined) return;
        cells++;
        expect({ ...batch.cells.record(row) }).toEqual({ ...record });
      });
      batch.cells?.release();
    }
  } catch (cause) {
    if (!(cause instanceof BridgeError)) throw cause;
    thrown = { code: cause.code, message: cause.message };
  }
  return { records, lines, ends, fields, thrown, cells };
}

/** What the encoding does not have is an x. */
function encoded(text: string, encoding: Encoding): Buffer {
  const encode = encoderOf(encoding);
  const whole = Array.from(text, (character) => {
    try {
      return encode(character);
    } catch {
      return encode("x");
    }
  });
  return Buffer.concat(whole);
}

async function bothWays(bytes: Uint8Array, given: Given, window?: number): Promise<number> {
  const general = await read(bytes, given, window, decodeContext());
  const { cells, ...rest } = await read(bytes, given, window, { ...decodeContext(), cells: true });
  const { cells: none, ...expected } = general;
  expect(none).toBe(0);
  expect(rest).toEqual(expected);
  return cells;
}

describe("csv rows that stay cells", () => {
  it("are what the tokenizer makes of any text in any dialect", async () => {
    const dialects = fc.record({
      delimiter: fc.constantFrom(";", ",", "\t", "|", "||", "§"),
      quote: fc.constantFrom('"', "'", ""),
      comment: fc.constantFrom(undefined, undefined, "#"),
      skip: fc.constantFrom(0, 0, 1),
      empty: fc.constantFrom(undefined, undefined, ["a"]),
      header: fc.boolean(),
      encoding: fc.constantFrom<"utf-8" | "windows-1252" | "detect">("utf-8", "utf-8", "windows-1252", "detect"),
    });
    const window = fc.constantFrom(undefined, 1, 3, 7, 64);
    let cells = 0;
    const property = fc.asyncProperty(
      dialects,
      window,
      fc.boolean(),
      fc.array(fc.nat(30), { maxLength: 80 }),
      async ({ header, ...dialect }, size, bom, picks) => {
        const { delimiter, quote } = dialect;
        const units = [
          "a",
          "b",
          " ",
          "\0",
          "\\",
          "ü",
          "€",
          "😀",
          quote || '"',
          quote + quote,
          `${quote}x${quote}`,
          `${delimiter}${quote}`,
          delimiter,
          delimiter,
          delimiter,
          "\n",
          "\n",
          "\r\n",
          "\r",
          `1${delimiter}2${delimiter}3\n`,
          `ä${delimiter}${delimiter}\n`,
          "#",
          ...["x", "ü", "😀", "y z"].map((cell) => `\n${cell}${delimiter}${quote}${cell}${quote}${delimiter}${cell}\n`),
          ...["x", "ü", "😀", "y z"].map((cell) => `\n${cell}${delimiter}${quote}${quote}${delimiter}${cell}\n`),
        ];
        const body = picks.map((pick) => units[pick]).join("");
        const columns = header ? undefined : ["A", "B", "C"];
        const text = `${bom ? "\ufeff" : ""}${header ? `A${delimiter}B${delimiter}C\n` : ""}${body}`;
        cells += await bothWays(Buffer.from(text), { ...dialect, columns }, size);
      },
    );
    await fc.assert(property, { numRuns: 1_500 });
    expect(cells).toBeGreaterThan(150);
  });

  it("are that in encodings of one byte, too, with the places that they have in the drop", async () => {
    const encodings = fc.constantFrom(...ENCODINGS.filter((name) => !name.startsWith("utf")));
    const words = fc.constantFrom("a", "12", "ü", "Ä€ß", "é", "Ÿ", "│", "\u00a0", 'x "" y', '"', "\n", "");
    const cellTexts = fc.oneof(
      words,
      words.map((word) => `"${word}"`),
    );
    const rows = fc.array(fc.array(cellTexts, { minLength: 2, maxLength: 3 }), { maxLength: 30 });
    const windows = fc.constantFrom(undefined, 3, 17, 64);
    const lineEnds = fc.constantFrom("\n", "\r\n", "\r");
    let [cells, ofOthers] = [0, 0];
    const property = fc.asyncProperty(encodings, rows, windows, lineEnds, async (encoding, given, window, lineEnd) => {
      const text = given.map((row) => row.join(";") + lineEnd).join("");
      const bytes = encoded(text, encoding);
      const found = await bothWays(bytes, { columns: ["A", "B"], encoding }, window);
      cells += found;
      if (bytes.some((byte) => byte > 0x7f)) ofOthers += found;
    });
    await fc.assert(property, { numRuns: 1_500 });
    expect(cells).toBeGreaterThan(1_500);
    expect(ofOthers).toBeGreaterThan(700);
  });

  it("are no more than the valid bytes allow", async () => {
    const property = fc.asyncProperty(
      fc.array(fc.oneof(fc.constantFrom(0x3b, 0x0a, 0x0d, 0x22), fc.nat(255)), { maxLength: 120 }),
      fc.constantFrom(undefined, 5, 32),
      async (bytes, size) => {
        await bothWays(Uint8Array.from(bytes), { columns: ["A", "B"] }, size);
      },
    );
    await fc.assert(property, { numRuns: 500 });
  });

  it("go on behind records that are too long and quotes that hold line breaks", async () => {
    const long = "x".repeat(3_000);
    const rows = [`1;${long}`, "2;b", '3;"c\nd"', '4;"e ""f"" g"', "6;", ";7", "8;h"];
    const text = Array.from({ length: 60 }, (_, at) => rows[at % rows.length]).join("\n");
    for (const window of [undefined, 100, 5_000]) {
      const cells = await bothWays(Buffer.from(text), { columns: ["A", "B"], most: 1024 }, window);
      expect(cells).toBeGreaterThan(30);
    }
  });

  it("have their places behind many records that are shorter than any row", async () => {
    const columns = ["A", "B", "C", "D", "E", "F", "G", "H"];
    const row = "1;2;3;4;5;6;7;8\n";
    for (const between of [1, 20, 300]) {
      expect(await bothWays(Buffer.from(row + "x\n".repeat(between) + row), { columns })).toBe(2);
    }
  });

  it("cannot be read after they were given back", async () => {
    const context = { ...decodeContext(), cells: true };
    const batches: Batch[] = [];
    for await (const batch of codec({ columns: ["A"] }).decode(chunked(Buffer.from("1\n2\n"), []), context))
      batches.push(batch);
    const cells = batches[0]?.cells;
    cells?.release();
    expect(() => cells?.record(0)).toThrow(/given back/);
  });
});
