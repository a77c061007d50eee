// Formulas that have a plan, cells of every kind, and rows of cells as the csv codec reads them: what tests of both forms share.

import * as fc from "fast-check";
import { csvCodec } from "../../src/adapters/csv/index.ts";
import type { RowRun } from "../../src/core/mapping/rows.ts";
import { chunked, decodeContext } from "../conformance/codec.ts";

export const COLUMNS = ["A", "B", "C", "__proto__"];

/** Rows of these columns, without a header. `window` = how many bytes are decoded at a time. */
export function plainCodec(columns: readonly string[], window?: number): ReturnType<typeof csvCodec> {
  return csvCodec(
    {
      delimiter: ";",
      quote: '"',
      encoding: "utf-8",
      header: undefined,
      columns: [...columns],
      skip: 0,
      comment: undefined,
      optional: undefined,
      empty: undefined,
      most: 1 << 20,
    },
    window,
  );
}

/** All rows, batch by batch. `window` = how many bytes are decoded at a time. */
export async function cellsOf(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  window?: number,
): Promise<readonly RowRun[]> {
  const codec = plainCodec(columns, window);
  const text = rows.map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(";")).join("\n");
  const found: RowRun[] = [];
  const context = { ...decodeContext(), cells: true };
  for await (const { cells, ends } of codec.decode(chunked(Buffer.from(text), []), context)) {
    if (cells) found.push({ cells, from: 0, to: ends.length });
  }
  return found;
}

const LITERALS = [
  "",
  ", ",
  '"',
  "\\",
  "ü€😀",
  "J",
  "\t\n",
  "a&<b>",
  "]]>",
  "\r",
  "\u0308",
  "\u1161\u11a8",
  "\u{16d67}",
];
export const DATES = ["dd.MM.yyyy", "yyyyMMdd", "yyyy-MM-dd", "MM/dd/yyyy", "ddMMyyyy", "dd.MM.yyyy'Ä'"];
export const PICTURES = [
  "1.234,56",
  "1,234.56",
  "1 234,56",
  "1234.56",
  "1234,56",
  "1234",
  "1.234",
  "1.234,56-",
  "1'234.56",
];

const name = fc.constantFrom("A", "B", "C", "`__proto__`", "FEHLT", "constructor");
const literal = fc.constantFrom(...LITERALS, "\u0000\n").map((text) => JSON.stringify(text));
const test = fc.tuple(name, fc.constantFrom("=", "!="), literal).map((parts) => parts.join(" "));
const count = fc.constantFrom(0, 0, 1, 2, 3, 7, 40);
const part = fc
  .tuple(name, count, count, fc.constantFrom("all", "most", "less"))
  .map(([column, start, other, kind]) => {
    const length = kind === "all" ? "" : kind === "most" ? `, ${other}` : `, $length(${column}) - ${other}`;
    return `$substring(${column}, ${start}${length})`;
  });
const joined = fc.array(fc.oneof(name, literal), { minLength: 2, maxLength: 5 }).map((parts) => parts.join(" & "));
const simple = fc.oneof(
  name,
  test,
  part,
  joined,
  fc.tuple(name, fc.constantFrom(...DATES)).map(([column, pattern]) => `$date(${column}, ${JSON.stringify(pattern)})`),
  fc
    .tuple(name, fc.constantFrom(...PICTURES))
    .map(([column, picture]) => `$decimal(${column}, ${JSON.stringify(picture)})`),
);
/** Any that has a plan. */
export const planned = fc.oneof(
  { weight: 5, arbitrary: simple },
  { weight: 1, arbitrary: fc.tuple(test, simple, simple).map(([when, yes, no]) => `${when} ? ${yes} : ${no}`) },
  { weight: 1, arbitrary: fc.tuple(test, simple).map(([when, yes]) => `${when} ? ${yes}`) },
);

/** That ask for nothing of their cells. */
export const easy = fc.oneof(
  name,
  test,
  part,
  fc.tuple(name, name).map((names) => names.join(" & ', ' & ")),
);

const digit = fc.nat(9).map(String);
export const date = fc
  .tuple(
    fc.nat(39),
    fc.nat(15),
    fc.constantFrom("0000", "1900", "2000", "2023", "2024"),
    fc.constantFrom(".", "/", "", "-"),
  )
  .map(([day, month, year, mark]) => [String(day).padStart(2, "0"), String(month).padStart(2, "0"), year].join(mark));
export const isoDate = fc.date({ noInvalidDate: true }).map((day) => day.toISOString().slice(0, 10));
export const amount = fc
  .array(fc.oneof(digit, fc.constantFrom(".", ",", "-", " ", "+", "'", "\u00a0", "0", "0", "1")), { maxLength: 9 })
  .map((parts) => parts.join(""));
export const grouped = fc
  .tuple(fc.constantFrom("", "-", "+"), fc.nat(1_234_567), fc.nat(99))
  .map(([sign, whole, cents]) => {
    const digits = String(whole).replaceAll(/\B(?=(\d{3})+$)/g, ".");
    return `${sign}${digits},${String(cents).padStart(2, "0")}`;
  });
export const cell = fc.oneof(
  fc.constantFrom("", "J", "a", '"', '""', "\\", "ü€😀", "\u0000", "\t", "\u007f", "\u2028"),
  fc.constantFrom(
    "&<>",
    "]]>",
    "a\rb",
    "\n",
    "e\u0301",
    "\u0301",
    "\u0085\u00a0",
    "ſ\u02ff",
    "\ufffe",
    " a  b ",
    "A&amp;",
  ),
  fc.string({ unit: "grapheme", maxLength: 8 }),
  date,
  isoDate,
  amount,
  grouped,
);
