// The lifecycle as CSV, read by csv-parse.

import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { expect, it } from "vitest";
import { lifecycleOutline } from "../../src/core/lifecycle/outline.ts";
import { lifecycleCsv } from "../../src/core/lifecycle/report-csv.ts";
import { lifecycleRow } from "../../src/core/lifecycle/state-report.ts";
import { standingOf } from "../../src/core/lifecycle/state.ts";
import { bridgeOf, lifecycleOf } from "./lifecycle-fixtures.ts";

const NOW = Date.parse("2028-01-01T12:00:00Z");

function csvOf(title: string, owner: string): readonly Readonly<Record<string, string>>[] {
  const lifecycle = lifecycleOf({ owner: { name: owner, email: "gewerbe@stadt.example" } });
  const bridge = bridgeOf({ title, lifecycle });
  const standing = standingOf(lifecycle, "Europe/Berlin", NOW);
  const text = lifecycleCsv([lifecycleRow(bridge, standing, 3, NOW)], [lifecycleOutline(bridge, standing)]);
  return parse(text, { columns: true, record_delimiter: "\r\n" });
}

it("has a line for each bridge; numbers stay numbers", () => {
  expect(csvOf("Gewerbe, neu", 'Amt "7"')).toEqual([
    {
      bridge: "gewerbeanmeldung",
      title: "Gewerbe, neu",
      state: "sunset",
      started: "2026-11-01",
      deprecated: "2027-04-01",
      sunset: "2027-11-16",
      daysLeft: "-46",
      extensions: "0",
      held: "3",
      overdue: "true",
      callers: "0",
      using: "0",
      successorShare: "",
      owner: 'Amt "7"',
      email: "gewerbe@stadt.example",
      successor: "https://neu.example/api",
    },
  ]);
});

it.each(["=1+1", "+49 89", "-1", "@SUM(A1)", "\t=1", " =cmd|' /C calc'!A0", "＝1", "\r=1"])(
  "makes %j no formula",
  (text) => {
    const [row] = csvOf(text, "x");
    expect(row?.["title"]).toBe(`'${text.replaceAll(/[\t\r]/g, " ")}`);
  },
);

it("is one line for each bridge, whatever stands in it", () => {
  const hostile = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), fc.constantFrom('",\r\n=1'));
  fc.assert(
    fc.property(hostile, hostile, (title, owner) => {
      const rows = csvOf(title, owner);
      expect(rows).toHaveLength(1);
      expect(rows[0]?.["email"]).toBe("gewerbe@stadt.example");
      for (const value of [rows[0]?.["title"] ?? "", rows[0]?.["owner"] ?? ""]) {
        expect(value).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
        expect(value).not.toMatch(/^\s*[=+\-@]/u);
      }
    }),
    { numRuns: 500 },
  );
});
