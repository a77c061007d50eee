import { describe, expect, it } from "vitest";
import type { Options } from "../../src/adapters/csv/options.ts";
import type { Rec } from "../../src/core/contract.ts";
import type { BridgeError } from "../../src/core/errors.ts";
import { encoderOf } from "../../src/adapters/shared/encodings/encoder.ts";
import { codecConformance, decodeAll, decodeContext, isFault } from "../conformance/codec.ts";
import { codec, decode } from "./csv-codec.ts";

const UMLAUTS = "KUNDE;ORT\r\nMüller;Köln\r\nGroß;Weiß\r\n";
const KINDS = [
  { KUNDE: "Müller", ORT: "Köln" },
  { KUNDE: "Groß", ORT: "Weiß" },
];

codecConformance({
  name: "csv",
  open: (window) => codec({}, window),
  secrets: ["Geheim"],
  endless: {
    head: "NR;NAME;ORT\n",
    record: (number) => `${number};"Name ""${number}""";Straße am Rathaus ${number}\r\n`,
  },
  samples: [
    { name: "nothing at all", bytes: Buffer.alloc(0), records: [] },
    { name: "a header and nothing else", bytes: Buffer.from("A;B"), records: [] },
    { name: "CR LF and umlauts", bytes: Buffer.from(UMLAUTS), records: KINDS },
    { name: "a byte order mark", bytes: Buffer.from(`\ufeff${UMLAUTS}`), records: KINDS },
    {
      name: "all line ends, blank lines, no last line end",
      bytes: Buffer.from("A;B\n1;2\r3;4\r\n\r\n\n\r5;6"),
      records: [
        { A: "1", B: "2" },
        { A: "3", B: "4" },
        { A: "5", B: "6" },
      ],
    },
    {
      name: "quotes, delimiters and line breaks in cells, characters of one to four bytes",
      bytes: Buffer.from('A;B\n"a;b";"say ""ä"""\n"two\r\nlines €";"😀\r"\n"";""""\n'),
      records: [{ A: "a;b", B: 'say "ä"' }, { A: "two\r\nlines €", B: "😀\r" }, { B: '"' }],
    },
    {
      name: "rows that are too short, too long or wrongly quoted",
      bytes: Buffer.from('A;B\n1\n1;2\n1;2;Geheim\n"Geheim"x;2\nGe"heim;2\n"a"b;"c\nd"\n3;4\n'),
      records: [
        "ROW_RAGGED",
        { A: "1", B: "2" },
        "ROW_RAGGED",
        "QUOTE_MISPLACED",
        { A: 'Ge"heim', B: "2" },
        "QUOTE_MISPLACED",
        { A: "3", B: "4" },
      ],
    },
    {
      name: "a quote that never ends",
      bytes: Buffer.from('A;B\n1;2\n3;"Geheim\n5;6\n7;8\n'),
      records: [{ A: "1", B: "2" }],
      thrown: "QUOTE_UNTERMINATED",
    },
    {
      name: "bytes that are no UTF-8",
      bytes: Buffer.concat([
        Buffer.from("A;B\n1;ü\n2;"),
        Buffer.from([0xfc, 0xe2, 0x82]),
        Buffer.from("\n3;ß€\n"),
        Buffer.from([0xc3]),
      ]),
      records: [{ A: "1", B: "ü" }, "ENCODING_INVALID", { A: "3", B: "ß€" }, "ENCODING_INVALID"],
    },
    {
      name: "a duplicate column",
      bytes: Buffer.from("A;B;A\n1;2;3\n"),
      records: [],
      thrown: "HEADER_DUPLICATE",
    },
  ],
});

for (const encoding of ["windows-1252", "utf-16le", "utf-16be", "cp850", "ebcdic-1141", "din-66003"] as const) {
  codecConformance({
    name: `csv in ${encoding}`,
    open: (window) => codec({ encoding }, window),
    samples: [{ name: "umlauts", bytes: encoderOf(encoding)(UMLAUTS), records: KINDS }],
  });
}

codecConformance({
  name: "csv with delimiters of two characters, comments, lines to skip, empty values",
  open: (window) =>
    codec({ delimiter: "||", comment: "##", skip: 2, empty: ["-", "00000000"], encoding: "windows-1252" }, window),
  samples: [
    {
      name: "all of it",
      bytes: Buffer.from(
        'Export "vom\r\n## 1. Januar\r\nA||B|C||D\r\n## "Kommentar\r\n1|||2||-\r\n"||"||00000000||x|\r\n##',
        "latin1",
      ),
      records: [
        { A: "1", "B|C": "|2" },
        { A: "||", D: "x|" },
      ],
    },
  ],
});

codecConformance({
  name: "csv with record types",
  open: (window) => codec({ columns: { K: ["SA", "NR"], P: ["SA", "POS", "BETRAG"] } }, window),
  secrets: ["Geheim"],
  samples: [
    {
      name: "known and unknown types",
      bytes: Buffer.from('K;1\n"P";1;2,50\nGeheim;1\nP;2\n;3\nP;3;4,00\n'),
      records: [
        { SA: "K", NR: "1" },
        { SA: "P", POS: "1", BETRAG: "2,50" },
        "RECORD_TYPE_UNKNOWN",
        "ROW_RAGGED",
        "RECORD_TYPE_UNKNOWN",
        { SA: "P", POS: "3", BETRAG: "4,00" },
      ],
    },
  ],
});

describe("csv", () => {
  it("names line, found and expected in every message", async () => {
    const { messages } = await decode('A;B\n\n1\n"x\ny";"2"z\n"');
    expect(messages).toEqual([
      "line 6: the quote that opens here is not closed before the end of the drop; what follows cannot be read",
      "line 3: 1 cell found, 2 expected",
      "line 4: cell 2 has text behind its closing quote",
    ]);
    const bad = await decode(Buffer.from("A;B\n1;2\n3;\xfc\n", "latin1"));
    expect(bad.messages).toEqual(["byte 0xfc at offset 10, line 3 does not exist in utf-8"]);
  });

  it("says on which line a record begins", async () => {
    const { lines } = await decode('# x\r\nA;B\r\n"1\r\n2";3\r\r\n\n4;5\n"a\nb\rc";6\n7;8', { comment: "#" });
    expect(lines).toEqual([3, 7, 8, 11]);
  });

  it("knows its fields: columns at once, a header with the first batch", async () => {
    expect(codec().fields).toBeUndefined();
    expect((await decode("A; b\n1;2")).batches[0]!.fields).toEqual(["A", " b"]);
    expect(codec({ columns: ["X", "Y"] }).fields).toEqual(["X", "Y"]);
    expect(codec({ columns: { K: ["SA", "A"], P: ["SA", "B"] } }).fields).toEqual(["SA", "A", "B"]);
  });

  it("keeps names that JavaScript reserves as plain data", async () => {
    const header = "__proto__;constructor;toString;hasOwnProperty;toJSON;fault";
    const { batches } = await decode(`${header}\na;b;c;d;e;f\n;;;;;\n`);
    const [record, blank] = batches[0]!.records as Rec[];
    expect(JSON.stringify(record)).toBe(
      '{"__proto__":"a","constructor":"b","toString":"c","hasOwnProperty":"d","toJSON":"e","fault":"f"}',
    );
    expect(Object.keys(record!)).toEqual(header.split(";"));
    expect(record!["constructor"]).toBe("b");
    expect("valueOf" in record!).toBe(false);
    expect(blank!["constructor"]).toBeUndefined();
    expect(({} as Rec)["a"]).toBeUndefined();
    expect(isFault(record!)).toBe(false);
  });

  it("refuses a header with a bad byte or a stray quote, because no record can be trusted then", async () => {
    expect((await decode(Buffer.from("A;\xfc\n1;2\n", "latin1"))).thrown).toBe("ENCODING_INVALID");
    expect((await decode('A;"B"C\n1;2\n')).thrown).toBe("QUOTE_MISPLACED");
  });

  it("takes one column without a name and no second one, because records could not tell them apart", async () => {
    expect((await decode("A;B;\n1;2;3\n")).records).toEqual([{ A: "1", B: "2", "": "3" }]);
    const two = await decode("A;;\n1;2;3\n");
    expect(two).toMatchObject({ records: [], thrown: "HEADER_DUPLICATE" });
    expect(two.messages).toEqual(["line 1: columns 2 and 3 have no name, one may"]);
  });

  it("bounds records: a long row is a fault, a quote that swallows is the end", async () => {
    const long = "x".repeat(3_000);
    for (const window of [undefined, 64, 2_048]) {
      const small = codec({ most: 1_024 }, window);
      const rows = await decodeAll(small, Buffer.from(`A;B\n1;2\n${long};2\n${long}${long}\n3;4\n${long}`));
      expect(rows.records).toEqual([
        { A: "1", B: "2" },
        "RECORD_TOO_LARGE",
        "RECORD_TOO_LARGE",
        { A: "3", B: "4" },
        "RECORD_TOO_LARGE",
      ]);
      expect(rows.lines).toEqual([2, 3, 4, 5, 6]);
      expect(rows.ends.at(-1)).toBe(8 + 3_003 + 6_001 + 4 + 3_000);
      const open = await decodeAll(small, Buffer.from(`A;B\n1;2\n3;"${long}"\n5;6\n`));
      expect(open.records).toEqual([{ A: "1", B: "2" }]);
      expect(open.messages[0]).toContain("line 3: the quote that opens here is not closed within 1024 characters");
      expect((await decodeAll(small, Buffer.from(long))).thrown).toBe("RECORD_TOO_LARGE");
    }
  });

  it("passes over a long record to its end, quoted line breaks included, and makes no record of its rest", async () => {
    const long = "x".repeat(1_500);
    const cell = "y".repeat(700);
    for (const window of [undefined, 1, 64, 2_048]) {
      const small = codec({ most: 1_024 }, window);
      const rest = await decodeAll(small, Buffer.from(`A;B\n${long};"zwei\r\n5;6\n"\n3;4\n`));
      expect(rest.records).toEqual(["RECORD_TOO_LARGE", { A: "3", B: "4" }]);
      expect(rest.lines).toEqual([2, 5]);
      const border = await decodeAll(small, Buffer.from(`A;B\n"${cell}";"${cell.slice(1)}""\n"\n3;4\n`));
      expect(border.records).toEqual(["RECORD_TOO_LARGE", { A: "3", B: "4" }]);
      for (const delimiter of ["^", "]", "\\", "-", "||", "😀"]) {
        const other = codec({ most: 1_024, delimiter, columns: ["A", "B"] }, window);
        const text = `${long}${delimiter}"5${delimiter}6\n"\n3${delimiter}4`;
        expect((await decodeAll(other, Buffer.from(text))).records).toEqual(["RECORD_TOO_LARGE", { A: "3", B: "4" }]);
      }
      const open = await decodeAll(small, Buffer.from(`A;B\n${long};"zwei\n5;6\n`));
      expect(open.messages).toEqual([
        "line 2: the quote that opens here is not closed before the end of the drop; what follows cannot be read",
      ]);
    }
  });

  it("reads files without quoting", async () => {
    const { records } = await decode('A;B\n5" Nagel;"x\n', { quote: "" });
    expect(records).toEqual([{ A: '5" Nagel', B: '"x' }]);
  });

  it("refuses a byte order mark of another encoding than the declared one", async () => {
    expect((await decode("\ufeffA;B\n", { encoding: "windows-1252" })).thrown).toBe("ENCODING_MISMATCH");
    expect((await decode(Buffer.from("\ufeffA;B\n", "utf16le"))).thrown).toBe("ENCODING_MISMATCH");
    expect((await decode("A;B\n", { encoding: "utf-16" })).thrown).toBe("ENCODING_MISMATCH");
    const utf16 = await decode(encoderOf("utf-16")(UMLAUTS), { encoding: "utf-16" });
    expect(utf16.records).toEqual(KINDS);
    expect(utf16.ends.at(-1)).toBe(2 * UMLAUTS.length + 2);
  });

  it("refuses options that do not go together", () => {
    const refused: Partial<Options>[] = [
      { header: false },
      { header: true, columns: ["A"] },
      { columns: ["A", "A"] },
      { columns: [] },
      { columns: {} },
      { columns: { K: ["A", "A"] } },
      { delimiter: "" },
      { delimiter: '";"' },
      { delimiter: "\n" },
      { quote: "\r" },
      { comment: "" },
      { delimiter: "|", encoding: "din-66003" },
    ];
    for (const options of refused) {
      expect(() => codec(options)).toThrow(expect.objectContaining({ code: "OPTION_UNUSABLE" }) as BridgeError);
    }
  });

  it("detects the encoding once and takes it as pinned on a replay", async () => {
    const latin = Buffer.from(UMLAUTS, "latin1");
    const first = await decode(latin, { encoding: "detect" });
    expect(first.records).toEqual(KINDS);
    expect(first.detected).toEqual({ encoding: "windows-1252" });
    const again = await decodeAll(codec({ encoding: "detect" }), latin, decodeContext({ encoding: "iso-8859-1" }));
    expect(again.records).toEqual(KINDS);
    expect(again.detected).toEqual({});
  });
});
