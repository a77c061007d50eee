import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fixed, fixedCodec } from "../../src/adapters/fixed/index.ts";
import type { Options } from "../../src/adapters/fixed/options.ts";
import { encoderOf } from "../../src/adapters/shared/encodings/encoder.ts";
import type { AdapterContext, Rec } from "../../src/core/contract.ts";
import type { BridgeError } from "../../src/core/errors.ts";
import { codecConformance, decodeAll, decodeContext } from "../conformance/codec.ts";
import { describeWithData, sharedData } from "../shared-data.ts";

const DEFAULTS: Options = {
  encoding: "utf-8",
  length: undefined,
  lineEnd: "auto",
  layout: undefined,
  fields: undefined,
  optional: undefined,
  empty: undefined,
};
const FIELDS = { NR: [1, 3], NAME: [4, 8], ORT: [12, 5] };
const TYPES = { K: { SA: [1, 1], NR: [2, 3] }, P: { SA: [1, 1], POS: [2, 2], BETRAG: [4, 6] } };

function codec(options: Partial<Options>, window?: number, files: Readonly<Record<string, string>> = {}) {
  return fixedCodec({ ...DEFAULTS, ...options }, (path) => Buffer.from(files[path]!), window);
}

function decode(text: string | Uint8Array, options: Partial<Options>) {
  return decodeAll(codec(options), typeof text === "string" ? Buffer.from(text) : text);
}

async function* longLine(): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${ROWS[0]}\n`);
  for (let chunk = 0; chunk < 64; chunk++) yield Buffer.alloc(64 * 1024, 0x61);
  yield Buffer.from(`\n${ROWS[1]}\n`);
}

function refused(options: Partial<Options>, files: Readonly<Record<string, string>> = {}): unknown {
  try {
    codec(options, undefined, files);
  } catch (cause) {
    const { code, position } = cause as BridgeError;
    return position ? { code, position } : code;
  }
  return undefined;
}

/** Five characters, however many units they take. */
function padded(text: string): string {
  return text + " ".repeat(5 - Array.from(text).length);
}

const ROWS = ["001Müller  Köln ", "002  Groß  Weiß ", "003             "];
const KINDS = [{ NR: "001", NAME: "Müller", ORT: "Köln" }, { NR: "002", NAME: "Groß", ORT: "Weiß" }, { NR: "003" }];

codecConformance({
  name: "fixed by lines",
  open: (window) => codec({ fields: FIELDS }, window),
  secrets: ["Geheim"],
  endless: { head: "", record: (number) => `${String(number % 1000).padStart(3, "0")}Müßig   Köln \r\n` },
  samples: [
    { name: "nothing at all", bytes: Buffer.alloc(0), records: [] },
    { name: "CR LF", bytes: Buffer.from(`${ROWS.join("\r\n")}\r\n`), records: KINDS },
    {
      name: "all line ends, blank lines, none at the end",
      bytes: Buffer.from(`${ROWS[0]}\n\n\r\r\n${ROWS[1]}\r${ROWS[2]}`),
      records: KINDS,
    },
    { name: "the end-of-file mark of DOS", bytes: Buffer.from(`${ROWS.join("\r\n")}\r\n\u001a`), records: KINDS },
    {
      name: "records that are too short or too long",
      bytes: Buffer.from(`${ROWS[0]}\nGeheim\n${ROWS[1]}\n${ROWS[1]}Geheim\n \n${ROWS[2]}\n${ROWS[2]!.slice(1)}`),
      records: [KINDS[0], "RECORD_LENGTH", KINDS[1], "RECORD_LENGTH", "RECORD_LENGTH", KINDS[2], "RECORD_LENGTH"],
    },
    {
      name: "bytes that are no UTF-8",
      bytes: Buffer.concat([Buffer.from(`${ROWS[0]}\n`), Buffer.from(`${ROWS[1]}\n`, "latin1"), Buffer.from(ROWS[2]!)]),
      records: [KINDS[0], "ENCODING_INVALID", KINDS[2]],
    },
    {
      name: "characters of two units count once",
      bytes: Buffer.from("001😀😀 Müller  Köln\n002😀Müller 😀Köl \n003"),
      records: ["RECORD_LENGTH", { NR: "002", NAME: "😀Müller", ORT: "😀Köl" }, "RECORD_LENGTH"],
    },
  ],
});

codecConformance({
  name: "fixed by length alone",
  open: (window) => codec({ fields: FIELDS, lineEnd: "none", encoding: "windows-1252" }, window),
  secrets: ["Geheim"],
  samples: [
    { name: "whole records", bytes: Buffer.from(ROWS.join(""), "latin1"), records: KINDS },
    { name: "a line end behind the last", bytes: Buffer.from(`${ROWS.join("")}\r\n`, "latin1"), records: KINDS },
    {
      name: "a long padding behind the last, as of a block of CP/M",
      bytes: Buffer.from(`${ROWS.join("")}\r\n${"\u001a".repeat(110)}`, "latin1"),
      records: KINDS,
    },
    {
      name: "a padding that is too long to be one",
      bytes: Buffer.from(`${ROWS[0]}${"\n".repeat(4_112)}`, "latin1"),
      records: [KINDS[0], {}],
    },
    {
      name: "a rest and a bad byte",
      bytes: Buffer.from(`${ROWS[0]}${ROWS[1]!.replace("ß", "\x81")}${ROWS[2]}Geheim`, "latin1"),
      records: [KINDS[0], "ENCODING_INVALID", KINDS[2], "RECORD_LENGTH"],
    },
  ],
});

codecConformance({
  name: "fixed by line feeds only",
  open: (window) => codec({ fields: FIELDS, lineEnd: "lf" }, window),
  samples: [
    { name: "the end-of-file mark of DOS", bytes: Buffer.from(`${ROWS.join("\n")}\n\u001a\r\n`), records: KINDS },
    {
      name: "the mark in the middle",
      bytes: Buffer.from(`${ROWS[0]}\n\u001a\n${ROWS[1]}\n`),
      records: [KINDS[0], "RECORD_LENGTH", KINDS[1]],
    },
  ],
});

codecConformance({
  name: "fixed with record types",
  open: (window) => codec({ fields: TYPES, empty: ["000000"] }, window),
  secrets: ["Geheim"],
  samples: [
    {
      name: "known and unknown types",
      bytes: Buffer.from("K001\nP01001250\nX1\nP02\nP03000000\n"),
      records: [
        { SA: "K", NR: "001" },
        { SA: "P", POS: "01", BETRAG: "001250" },
        "RECORD_TYPE_UNKNOWN",
        "RECORD_LENGTH",
        { SA: "P", POS: "03" },
      ],
    },
  ],
});

codecConformance({
  name: "fixed with record types, by length alone",
  open: (window) => codec({ fields: TYPES, lineEnd: "none" }, window),
  secrets: ["Geheim"],
  samples: [
    {
      name: "up to a type whose length nobody knows",
      bytes: Buffer.from("K001P01001250K002Geheim"),
      records: [
        { SA: "K", NR: "001" },
        { SA: "P", POS: "01", BETRAG: "001250" },
        { SA: "K", NR: "002" },
      ],
      thrown: "RECORD_TYPE_UNKNOWN",
    },
  ],
});

describe("fixed", () => {
  it("names place, found and expected", async () => {
    expect((await decode(`${ROWS[0]}\n\n12\n`, { fields: FIELDS })).messages).toEqual([
      "line 3: 2 characters found, 16 expected",
    ]);
    expect((await decode(`${ROWS[0]}12`, { fields: FIELDS, lineEnd: "none" })).messages).toEqual([
      "byte 18: 2 characters found, 16 expected",
    ]);
    expect((await decode("X12\n", { fields: TYPES })).messages).toEqual([
      "line 1: the first field is no known record type; known are K, P",
    ]);
  });

  it("takes the line end it is told, and with auto says what it found", async () => {
    const text = "001a\nb     Köln \n";
    expect((await decode(text, { fields: FIELDS })).detected).toEqual({ lineEnd: "lines" });
    expect((await decode(ROWS.join(""), { fields: FIELDS })).detected).toEqual({ lineEnd: "none" });
    const crlf = await decode(text.replace(/\n$/, "\r\n"), { fields: FIELDS, lineEnd: "crlf" });
    expect(crlf.records).toEqual([{ NR: "001", NAME: "a\nb", ORT: "Köln" }]);
    const lf = await decode("001a\rb     Köln \n", { fields: FIELDS, lineEnd: "lf" });
    expect(lf.records).toEqual([{ NR: "001", NAME: "a\rb", ORT: "Köln" }]);
    const pinned = await decodeAll(codec({ fields: FIELDS }), Buffer.from(text), decodeContext({ lineEnd: "none" }));
    expect(pinned.records).toEqual([{ NR: "001", NAME: "a\nb", ORT: "Köln" }]);
    expect(pinned.detected).toEqual({});
  });

  it("passes over a line without end instead of holding it", async () => {
    const { records, messages, lines } = await decodeAll(codec({ fields: FIELDS }), longLine());
    expect(records).toEqual([KINDS[0], "RECORD_LENGTH", KINDS[1]]);
    expect(messages[0]).toContain(`${64 * 64 * 1024} characters found`);
    expect(lines).toEqual([1, 2, 3]);
  });

  it("nests dotted names, takes gaps and two names for one place", async () => {
    const fields = { "ort.plz": [5, 5], NR: [1, 2], "ort.name": [10, 6], "ort.geo.lat": [16, 2], KEY: [1, 2] };
    const { batches, records } = await decode("01  80331Münch 48\n", { fields });
    expect(records).toEqual([{ ort: { plz: "80331", name: "Münch", geo: { lat: "48" } }, NR: "01", KEY: "01" }]);
    expect(batches[0]!.fields).toEqual(["ort", "NR", "KEY"]);
    expect(codec({ fields }).fields).toEqual(["ort", "NR", "KEY"]);
  });

  it("trims what is no character at both ends and takes empty values as absent", async () => {
    const { records } = await decode("\u0000\u00001 \u00a02 \t00000000\n", {
      fields: { A: [1, 4], B: [5, 4], C: [9, 8] },
      empty: ["00000000"],
    });
    expect(records).toEqual([{ A: "1", B: "\u00a02" }]);
  });

  it("keeps names that JavaScript reserves as plain data", async () => {
    const fields = JSON.parse('{"__proto__":[1,1],"constructor.prototype":[2,1],"toJSON":[3,1]}') as Options["fields"];
    const { batches } = await decode("abc\n", { fields });
    const record = batches[0]!.records[0] as Rec;
    expect(JSON.stringify(record)).toBe('{"__proto__":"a","constructor":{"prototype":"b"},"toJSON":"c"}');
  });

  it("reads EBCDIC lines", async () => {
    const bytes = encoderOf("ebcdic-1141")(`${ROWS.join("\n")}\n`);
    const { records, ends } = await decode(bytes, { fields: FIELDS, encoding: "ebcdic-1141" });
    expect(records).toEqual(KINDS);
    expect(ends).toEqual([17, 34, 51]);
  });

  it("cuts any text where the layout says", async () => {
    const cell = fc.string({ unit: fc.constantFrom("a", "ß", "€", "😀", " "), maxLength: 5 });
    const property = fc.asyncProperty(
      fc.array(fc.tuple(cell, cell), { maxLength: 6 }),
      fc.integer({ min: 1, max: 60 }),
      fc.boolean(),
      async (rows, window, lines) => {
        const text = rows.map(([a, b]) => `x${padded(a)}${padded(b)}${lines ? "\n" : ""}`).join("");
        const options = { fields: { X: [1, 1], A: [2, 5], B: [7, 5] }, lineEnd: lines ? "lf" : "none" } as const;
        const { records } = await decodeAll(codec(options, window), Buffer.from(text));
        expect(records).toEqual(rows.map(([a, b]) => ({ X: "x", A: a.trim() || undefined, B: b.trim() || undefined })));
      },
    );
    await fc.assert(property, { numRuns: 200 });
  });
});

describe("layouts", () => {
  it("are refused where they cannot be meant", () => {
    const bad: Partial<Options>[] = [
      {},
      { fields: {} },
      { fields: FIELDS, layout: "layout.csv" },
      { fields: { A: [1, 3], B: [3, 2] } },
      { fields: { A: [1, 9], B: [2, 2] } },
      { fields: { A: [0, 3] } },
      { fields: { A: [1] } },
      { fields: { A: [1, 2, 3] } },
      { fields: { A: [1, 3], "A.B": [4, 1] } },
      { fields: { "A.B": [1, 3], A: [4, 1] } },
      { fields: { "A.": [1, 3] } },
      { fields: { A: [1, 3], K: { B: [1, 1] } } },
      { fields: { K: { SA: [1, 1] }, P: { SA: [1, 2] } } },
      { fields: { A: [1, 3] }, length: 2 },
    ];
    const codes = bad.map((options) => ({ options, code: refused(options) }));
    expect(codes).toEqual(bad.map((options) => ({ options, code: "OPTION_UNUSABLE" })));
  });

  it("are read from a file, with the line where it is wrong", async () => {
    const layout = '\ufeff# Satzart\r\nName;Start;Length;Bemerkung\r\nNR;1;3;x\r\n\r\n"ort.name";4;5\r\n';
    const one = codec({ layout: "layout.csv" }, undefined, { "layout.csv": layout });
    expect((await decodeAll(one, Buffer.from("001Köln \n"))).records).toEqual([{ NR: "001", ort: { name: "Köln" } }]);
    const typed = codec({ layout: "l.csv" }, undefined, {
      "l.csv": "type,name,start,length\nK,SA,1,1\nK,NR,2,1\nP,SA,1,1\nP,POS,2,2\n",
    });
    expect((await decodeAll(typed, Buffer.from("K1\nP12\n"))).records).toEqual([
      { SA: "K", NR: "1" },
      { SA: "P", POS: "12" },
    ]);
    for (const [file, line] of [
      ["start;length\n1;2\n", 1],
      ["name;start;length\nA;1;2\nB;0;2\n", 3],
      ["name;start;length\nA;1;x\n", 2],
      ["name;start;length\nA;1\n", 2],
      ["name;start;length\nA;1;2\nA;3;2\n", 3],
      ["name;start;length\n;1;2\n", 2],
      ["name;start;length\nA;1;5\nB;3;5\n", 1],
      ["name;start;length\n", 1],
    ] as const) {
      expect({ file, error: refused({ layout: "l.csv" }, { "l.csv": file }) }).toEqual({
        file,
        error: { code: "LAYOUT_INVALID", position: { file: "l.csv", line, column: 1 } },
      });
    }
  });

  it("are refused when they are not UTF-8", () => {
    expect(() =>
      fixedCodec({ ...DEFAULTS, layout: "l.csv" }, () => Buffer.from("name;start;length\n\xfc;1;2", "latin1")),
    ).toThrow(expect.objectContaining({ code: "LAYOUT_INVALID" }) as Error);
  });
});

describeWithData("fixed from outside", () => {
  it("reads the five records of a real drop with its layout of 194 fields", async () => {
    const root = sharedData("muenchen-erzwingungshaft");
    const json = JSON.parse(readFileSync(`${root}/layout-EZH.json`, "utf8")) as {
      fields: { name: string; pos: number; length: number }[];
    };
    const layout = `name;start;length\n${json.fields.map(({ name, pos, length }) => `${name};${pos};${length}`).join("\n")}\n`;
    const context = { readBridgeFile: () => Buffer.from(layout) } as unknown as AdapterContext;
    const codec = await fixed.build(
      { ...DEFAULTS, layout: "layout.csv", length: 3546, encoding: "iso-8859-1" },
      context,
    );
    const bytes = readFileSync(`${root}/testdata/in/metadata/D.KVU.EUDG0P0.20240807.EZH`);
    const { records, ends, lines, detected } = await decodeAll(codec, bytes);
    expect(codec.fields).toHaveLength(194);
    expect(records).toHaveLength(5);
    expect(ends).toEqual([1, 2, 3, 4, 5].map((count) => count * 3547));
    expect(lines).toEqual([1, 2, 3, 4, 5]);
    expect(detected).toEqual({ lineEnd: "lines" });
    const text = bytes.toString("latin1");
    for (const [at, record] of (records as Record<string, string>[]).entries()) {
      for (const { name, pos, length } of json.fields) {
        const from = at * 3547 + pos - 1;
        expect([name, record[name] ?? ""]).toEqual([name, text.slice(from, from + length).trim()]);
      }
    }
    expect(records.every((record) => (record as Rec)["ehsatzlaenge"] === "3542")).toBe(true);
  });
});
