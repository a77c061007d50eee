// A row written cell by cell has the bytes that `render` gives of its record, or it is left to `render`: whatever the cells hold.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Rec } from "../../src/core/contract.ts";
import { ByteSink } from "../../src/core/mapping/template/byte-sink.ts";
import { amount, cell, cellsOf, COLUMNS, date, DATES, grouped, isoDate, PICTURES, planned } from "./cell-formulas.ts";
import { scopeOf } from "./formula-place.ts";
import { template } from "./template-support.ts";

interface Tally {
  straight: number;
  left: number;
}

/** Holds both ways against each other for every row; counts which way they went. */
async function compare(source: string, rows: readonly (readonly string[])[], tally: Tally): Promise<void> {
  const made = template("json", source);
  for (const { cells, to } of await cellsOf(COLUMNS, rows)) {
    if (!made.straight) throw new Error("nothing is straight here");
    const write = made.straight.bind(cells.names);
    for (let row = 0; row < to; row++) {
      if (cells.others[row] !== undefined) continue;
      const out = new ByteSink(16);
      out.text("vorher ");
      const isStraight = write(cells, row, out);
      tally[isStraight ? "straight" : "left"]++;
      const record: Rec = cells.record(row);
      const expected = isStraight ? made.render(record, scopeOf(record)) : "";
      expect(Buffer.from(out.taken()).toString("utf8")).toBe(`vorher ${expected}`);
    }
  }
}

describe("rows written cell by cell", () => {
  it("are what render gives of their records, for any formulas that have a plan and any cells", async () => {
    const tally = { straight: 0, left: 0 };
    const members = fc.array(planned, { minLength: 1, maxLength: 6 });
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
