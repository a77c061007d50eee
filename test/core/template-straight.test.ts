// A row written cell by cell has the bytes that `render` gives of its record, or it is left to `render`: whatever the cells hold.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csvCodec } from "../../src/adapters/csv/index.ts";
import type { Rec } from "../../src/core/contract.ts";
import { ByteSink } from "../../src/core/mapping/template/byte-sink.ts";
import { chunked, decodeContext } from "../conformance/codec.ts";
import { scopeOf } from "./formula-place.ts";
import { template } from "./template-support.ts";

const COLUMNS = ["A", "B", "C", "__proto__"];

const codec = csvCodec({
  delimiter: ";",
  quote: '"',
  encoding: "utf-8",
  header: undefined,
  columns: COLUMNS,
  skip: 0,
  comment: undefined,
  optional: undefined,
  empty: undefined,
  most: 1 << 20,
});

interface Tally {
  straight: number;
  left: number;
}

/** Holds both ways against each other for every row; counts which way they went. */
async function compare(source: string, rows: readonly (readonly string[])[], tally: Tally): Promise<void> {
  const made = template("json", source);
  const text = rows.map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(";")).join("\n");
  const context = { ...decodeContext(), cells: true };
  for await (const { cells } of codec.decode(chunked(Buffer.from(text), []), context)) {
    if (!cells || !made.straight) throw new Error("nothing is straight here");
    const write = made.straight.bind(cells.names);
    cells.others.forEach((other, row) => {
      if (other !== undefined) return;
      const out = new ByteSink(16);
      out.text("vorher ");
      const isStraight = write(cells, row, out);
      tally[isStraight ? "straight" : "left"]++;
      const record: Rec = cells.record(row);
      const expected = isStraight ? made.render(record, scopeOf(record)) : "";
      expect(Buffer.from(out.taken()).toString("utf8")).toBe(`vorher ${expected}`);
    });
  }
}

const LITERALS = ["", ", ", '"', "\\", "ü€😀", "\u0000\n", "J"];
const DATES = ["dd.MM.yyyy", "yyyyMMdd", "yyyy-MM-dd", "MM/dd/yyyy", "ddMMyyyy", "dd.MM.yyyy'Ä'"];
const PICTURES = ["1.234,56", "1,234.56", "1 234,56", "1234.56", "1234,56", "1234", "1.234", "1.234,56-", "1'234.56"];

const name = fc.constantFrom("A", "B", "C", "`__proto__`", "FEHLT", "constructor");
const literal = fc.constantFrom(...LITERALS).map((text) => JSON.stringify(text));
const test = fc.tuple(name, fc.constantFrom("=", "!="), literal).map((parts) => parts.join(" "));
const simple = fc.oneof(
  name,
  test,
  fc.array(fc.oneof(name, literal), { minLength: 2, maxLength: 5 }).map((parts) => parts.join(" & ")),
  fc.tuple(name, fc.constantFrom(...DATES)).map(([column, pattern]) => `$date(${column}, ${JSON.stringify(pattern)})`),
  fc
    .tuple(name, fc.constantFrom(...PICTURES))
    .map(([column, picture]) => `$decimal(${column}, ${JSON.stringify(picture)})`),
);
const formula = fc.oneof(
  { weight: 5, arbitrary: simple },
  { weight: 1, arbitrary: fc.tuple(test, simple, simple).map(([when, yes, no]) => `${when} ? ${yes} : ${no}`) },
  { weight: 1, arbitrary: fc.tuple(test, simple).map(([when, yes]) => `${when} ? ${yes}`) },
);

const digit = fc.nat(9).map(String);
const date = fc
  .tuple(
    fc.nat(39),
    fc.nat(15),
    fc.constantFrom("0000", "1900", "2000", "2023", "2024"),
    fc.constantFrom(".", "/", "", "-"),
  )
  .map(([day, month, year, mark]) => [String(day).padStart(2, "0"), String(month).padStart(2, "0"), year].join(mark));
const isoDate = fc.date({ noInvalidDate: true }).map((day) => day.toISOString().slice(0, 10));
const amount = fc
  .array(fc.oneof(digit, fc.constantFrom(".", ",", "-", " ", "+", "'", "\u00a0", "0", "0", "1")), { maxLength: 9 })
  .map((parts) => parts.join(""));
const grouped = fc.tuple(fc.constantFrom("", "-", "+"), fc.nat(1_234_567), fc.nat(99)).map(([sign, whole, part]) => {
  const digits = String(whole).replaceAll(/\B(?=(\d{3})+$)/g, ".");
  return `${sign}${digits},${String(part).padStart(2, "0")}`;
});
const cell = fc.oneof(
  fc.constantFrom("", "J", "a", '"', '""', "\\", "ü€😀", "\u0000", "\t", "\u007f", "\u2028"),
  fc.string({ unit: "grapheme", maxLength: 8 }),
  date,
  isoDate,
  amount,
  grouped,
);

describe("rows written cell by cell", () => {
  it("are what render gives of their records, for any formulas that have a plan and any cells", async () => {
    const tally = { straight: 0, left: 0 };
    const members = fc.array(formula, { minLength: 1, maxLength: 6 });
    const rows = fc.array(fc.array(cell, { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 6 });
    const property = fc.asyncProperty(members, fc.boolean(), rows, async (formulas, withLiteral, cells) => {
      const lines = formulas.map((source, at) => `"n${at} \\"ä": ${JSON.stringify(`= ${source}`)}`);
      if (withLiteral) lines.splice(1, 0, "fest: 12.50", 'text: "ü\\n"');
      // A row of cells without any value makes no difference to others.
      await compare(lines.join("\n"), [...cells, ["", "", "", ""]], tally);
    });
    await fc.assert(property, { numRuns: 1_500 });
    expect(tally.straight).toBeGreaterThan(1_000);
    expect(tally.left).toBeGreaterThan(200);
  });

  it("are dates and amounts of every kind in the same words", async () => {
    const tally = { straight: 0, left: 0 };
    const cells = fc.array(fc.oneof(date, isoDate, amount, grouped), { minLength: 20, maxLength: 20 });
    for (const [index, picture] of [...DATES, ...PICTURES].entries()) {
      const call = index < DATES.length ? "$date" : "$decimal";
      const property = fc.asyncProperty(cells, (given) =>
        compare(
          `wert: ${JSON.stringify(`= ${call}(A, ${JSON.stringify(picture)})`)}`,
          given.map((text) => [text, "", "", ""]),
          tally,
        ),
      );
      await fc.assert(property, { numRuns: 40 });
    }
    expect(tally.straight).toBeGreaterThan(1_000);
    expect(tally.left).toBeGreaterThan(1_000);
  });

  it("are not: what reads more than cells, and objects in objects", () => {
    for (const source of [
      "= $uppercase(A)",
      "= A[0]",
      "= A[]",
      "= $",
      "= *",
      "= $.A.B",
      "= A & 1",
      "= A & $index",
      "= 1 = A",
      "= A > 'b'",
      "= A = B",
      "= A{A: B}",
      "= $date(A, B)",
      "= $date(A, 'dd.MM.yy')",
      "= $date(A, 'dd.MM.yyyy', 'Europe/Berlin')",
      "= $decimal(A, 2)",
      "= $datetime(A, 'dd.MM.yyyy')",
      "= ($date := function($a, $b){$a}; $date(A, 'dd.MM.yyyy'))",
    ]) {
      expect(template("json", `id: = A\nwert: ${JSON.stringify(source)}`).straight, source).toBeUndefined();
    }
    expect(template("json", "id: = A\nmehr: { b: = B }").straight).toBeUndefined();
    expect(template("json", "id: = A\nmehr: [ = B ]").straight).toBeUndefined();
    expect(template("json", "id: = A").straight).toBeDefined();
  });
});
