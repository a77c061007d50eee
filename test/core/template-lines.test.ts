import { describe, expect, it } from "vitest";
import { failure, findings, LINES, render, template } from "./template-support.ts";

describe("csv", () => {
  it("writes columns in order, quoted where it must be", () => {
    const made = template("csv", "{ NAME: = N, ORT: = O, ART: 026, LEER: = L, Z: = Z }");
    expect(made.columns).toEqual(["NAME", "ORT", "ART", "LEER", "Z"]);
    expect(render(made, { N: 'Café "Zur; Post"', O: " Köln", Z: "a\nb" })).toBe(
      '"Café ""Zur; Post""";" Köln";026;;"a\nb"',
    );
  });

  it("quotes every line end and white space at the ends", () => {
    const made = template("csv", "{ A: = A, B: = B }");
    for (const cell of ["a\rb", "a\nb", " a", "a\t", "\ufeffa"]) {
      expect(render(made, { A: "1", B: cell })).toBe(`1;"${cell}"`);
    }
  });

  it("leaves alone what a spreadsheet would take for a formula", () => {
    expect(render(template("csv", "{ A: = A, B: = B }"), { A: "=1+1", B: "@x" })).toBe("=1+1;@x");
  });

  it("skips a record without values", () => {
    expect(render(template("csv", "{ A: = A, B: fest }"), {})).toBeUndefined();
  });

  it("quotes the empty cell of a single column, because readers skip empty lines", () => {
    expect(render(template("csv", "{ A: = $orEmpty(A) }"), {})).toBe('""');
  });

  it("writes several lines per message, with =each and =when", () => {
    const made = template(
      "csv",
      "[ { SA: K, NR: = NR }, { =each: = P, SA: P, NR: = $ }, { =when: = E = 'J', SA: E, NR: '' } ]",
    );
    expect(made.columns).toEqual(["SA", "NR"]);
    expect(render(made, { NR: "1", P: ["a", "b"], E: "J" })).toBe("K;1\r\nP;a\r\nP;b\r\nE;");
    expect(render(made, { NR: "1", E: "N" })).toBe("K;1");
  });

  it("has no header where the lines differ", () => {
    expect(template("csv", "[ { A: = A }, { B: = B } ]").columns).toBeUndefined();
  });

  it("knows other dialects", () => {
    const csv = { ...LINES.csv, delimiter: "|", quote: "", comment: "#" };
    const bare = template("csv", "{ A: = A, B: = B }", { lines: { ...LINES, csv } });
    expect(render(bare, { A: 'a"b', B: "c;d" })).toBe('a"b|c;d');
    expect(failure(bare, { A: "a|b" })).toMatch(/^CELL_CHARACTER record 3, A: the text holds a delimiter/);
    expect(failure(bare, { A: "#x" })).toMatch(/^CELL_CHARACTER record 3, A: /);
    const all = template("csv", "{ A: = A, B: = B }", {
      lines: { ...LINES, csv: { ...LINES.csv, quoting: "always", comment: "#" } },
    });
    expect(render(all, { A: "a" })).toBe('"a";');
    const comment = template("csv", "{ A: = A, B: = B }", { lines: { ...LINES, csv: { ...LINES.csv, comment: "#" } } });
    expect(render(comment, { A: "#1", B: "#2" })).toBe('"#1";#2');
  });

  it("says what cannot be a line", () => {
    expect(findings("csv", "{ =each: = P, A: = $ }")[0]).toMatch(/^DIRECTIVE_ON_ROOT 1:3 /);
    expect(findings("csv", "{ A: { B: = X } }")[0]).toBe("CELL_NOT_SCALAR 1:6 A is a text or a formula, not a map");
    expect(findings("csv", "fest")[0]).toMatch(/^LINES_MISSING 1:1 /);
    expect(findings("csv", "{ A: FIRMA }", { fields: ["FIRMA"] })[0]).toMatch(/^LITERAL_IS_COLUMN 1:6 /);
  });
});

describe("fixed", () => {
  const line =
    "{ length: 30, fields: { BETRAG: { at: [21, 8], value: = B, align: right, pad: '0' }, SA: { at: [1, 1], value: K }, NAME: { at: [3, 15], value: = N } } }";

  it("puts every field into its place", () => {
    expect(render(template("fixed", line), { N: "Müller", B: "1250" })).toBe("K Müller            00001250  ");
  });

  it("leaves absent fields blank, pads empty ones", () => {
    expect(render(template("fixed", line), { N: "Müller" })).toBe("K Müller                      ");
    expect(render(template("fixed", line.replace("= B", "= $orEmpty(B)")), { N: "x" })).toBe(
      "K x                 00000000  ",
    );
  });

  it("counts characters, not UTF-16 units", () => {
    expect(
      render(template("fixed", "{ fields: { A: { at: [1, 3], value: = A }, B: { at: [4, 1], value: x } } }"), {
        A: "😀",
      }),
    ).toBe("😀  x");
  });

  it("never cuts", () => {
    expect(failure(template("fixed", line), { N: "Donaudampfschiffahrt" })).toBe(
      "CELL_TOO_LONG record 3, NAME: the text has 20 characters, the field 15",
    );
    expect(failure(template("fixed", line), { N: "a\nb" })).toMatch(
      /^CELL_CHARACTER record 3, NAME: the text holds a control character/,
    );
  });

  it("writes several lines per message", () => {
    const made = template(
      "fixed",
      "[ { length: 3, fields: { SA: { at: [1, 1], value: K }, N: { at: [2, 2], value: = NR } } }, { =each: = P, length: 3, fields: { SA: { at: [1, 1], value: P }, N: { at: [2, 2], value: = $ } } } ]",
    );
    expect(render(made, { NR: "1", P: ["a", "b"] })).toBe("K1 \r\nPa \r\nPb ");
  });

  const cases: readonly (readonly [string, string, string])[] = [
    [
      "overlap",
      "{ fields: { A: { at: [1, 5], value: = A }, B: { at: [5, 2], value: = B } } }",
      "FIELD_OVERLAPS 1:44 B begins at 5, but A reaches to 5",
    ],
    [
      "outside",
      "{ length: 4, fields: { A: { at: [1, 5], value: = A } } }",
      "FIELD_OUTSIDE 1:24 A ends at 5, but the line has 4 characters",
    ],
    [
      "no fields",
      "{ length: 4 }",
      "FIELDS_MISSING 1:1 fixed needs its fields | Write: fields: { NAME: { at: [1, 30], value: = … } }",
    ],
    [
      "no place",
      "{ fields: { A: { value: = A } } }",
      "FIELD_INCOMPLETE 1:13 A needs at: [start, length], counted from 1",
    ],
    ["no value", "{ fields: { A: { at: [1, 2] } } }", "FIELD_INCOMPLETE 1:13 A has no value | Write: value: = A"],
    [
      "a wrong number",
      "{ fields: { A: { at: [0, 2], value: x } } }",
      "WRONG_TYPE 1:23 start is a whole number from 1 to 1000000",
    ],
    [
      "a wrong side",
      "{ fields: { A: { at: [1, 2], value: x, align: rechts } } }",
      "WRONG_VALUE 1:47 align is left or right",
    ],
    [
      "a wrong pad",
      "{ fields: { A: { at: [1, 2], value: x, pad: '' } } }",
      'WRONG_VALUE 1:45 pad is one character | Write: pad: "0"',
    ],
    [
      "an unknown option",
      "{ fields: { A: { at: [1, 2], value: x, algin: left } } }",
      "UNKNOWN_KEY 1:40 algin is not an option of A | Did you mean align?",
    ],
    [
      "a literal that is too long",
      "{ fields: { A: { at: [1, 2], value: xyz } } }",
      "CELL_TOO_LONG 1:37 A: the text has 3 characters, the field 2",
    ],
  ];
  it.each(cases)("%s", (_name, text, expected) => {
    expect(findings("fixed", text)).toContain(expected);
  });
});

it("locate knows columns", () => {
  const made = template("csv", "A: = X\nB: fest\n");
  expect(made.locate("/A")).toMatchObject({ at: { line: 1, column: 4 }, formula: "X" });
  expect(made.locate("B")).toMatchObject({ at: { line: 2 }, formula: undefined });
  expect(made.locate("/C")).toBeUndefined();
});
