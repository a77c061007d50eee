import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonCodec, type Options } from "../../src/adapters/json/index.ts";
import type { Rec } from "../../src/core/contract.ts";
import { chunked, codecConformance, decodeAll, decodeContext, isFault } from "../conformance/codec.ts";

const DEFAULTS: Options = {
  record: undefined,
  lines: false,
  numbers: "exact",
  encoding: "utf-8",
  most: 10 * 1024 * 1024,
};

function codec(options: Partial<Options> = {}, window?: number) {
  return jsonCodec({ ...DEFAULTS, ...options }, window);
}

function decode(text: string | Uint8Array, options: Partial<Options> = {}) {
  return decodeAll(codec(options), typeof text === "string" ? Buffer.from(text) : text);
}

/** Elements of a JSON array, undefined where it is not JSON. */
function lengthOf(document: string): number | undefined {
  try {
    return (JSON.parse(document) as unknown[]).length;
  } catch {
    return undefined;
  }
}

function deep(levels: number): string {
  return `${'{"a":['.repeat(levels / 2)}${"]}".repeat(levels / 2)}`;
}

const RECORDS = [
  { name: "Müller", nr: 1, tags: ["a", {}, []] },
  { name: '{"x":[1,"\\u00e4"]}', nr: -1.5e3, ok: null },
  {},
];
const JSON_TEXT = JSON.stringify(RECORDS, undefined, 2);

codecConformance({
  name: "json",
  open: (window) => codec({}, window),
  secrets: ["Geheim"],
  endless: {
    head: "[{}",
    record: (number) => `,\n  {"nr": ${number}, "name": "Müller ${number}", "orte": ["Köln", {"plz": "50667"}]}`,
  },
  samples: [
    { name: "an array", bytes: Buffer.from(JSON_TEXT), records: RECORDS },
    { name: "an empty array", bytes: Buffer.from(" [ ] "), records: [] },
    {
      name: "one object, with a byte order mark",
      bytes: Buffer.from('\ufeff{"a":[{"b":1}]}\r\n'),
      records: [{ a: [{ b: 1 }] }],
    },
    {
      name: "records that are none, lose digits or values, or hold half a character",
      bytes: Buffer.from(
        '[{"a":1},"Geheim",[1],null,{"n":12345678901234567890},{"Geheim":1,"Geheim":2},{"o":{"a":1,"b":{"c":1,"c":1}}},{"s":"\\ud800"},{"\\udc00x":1},{"s":"\\ud83d\\ude00"}]',
      ),
      records: [
        { a: 1 },
        "RECORD_NOT_OBJECT",
        "RECORD_NOT_OBJECT",
        "RECORD_NOT_OBJECT",
        "JSON_NUMBER_INEXACT",
        "JSON_KEY_DUPLICATE",
        "JSON_KEY_DUPLICATE",
        "JSON_INVALID",
        "JSON_INVALID",
        { s: "😀" },
      ],
    },
    {
      name: "a byte that is no UTF-8 inside a record",
      bytes: Buffer.concat([
        Buffer.from('[{"a":"ü"},\n{"a":"Geheim'),
        Buffer.from([0xfc]),
        Buffer.from('"},{"a":"ß"}]'),
      ]),
      records: [{ a: "ü" }, "ENCODING_INVALID", { a: "ß" }],
    },
    {
      name: "a document that was cut",
      bytes: Buffer.from('[{"a":1},{"a":"Geheim'),
      records: [{ a: 1 }],
      thrown: "JSON_BROKEN",
    },
  ],
});

codecConformance({
  name: "json at a path",
  open: (window) => codec({ record: "daten.items" }, window),
  samples: [
    {
      name: "beside arrays and objects of the same names",
      bytes: Buffer.from(
        '{"x":{"items":[1,{"items":[2]}]},"items":[{"a":0}],"daten":{"n":[[["]"]]],"items":[{"items":1},{"daten":{"items":[]}}],"z":{"items":3}},"ende":{"daten":{"items":[7]}}}',
      ),
      records: [{ items: 1 }, { daten: { items: [] } }],
    },
    {
      name: "to one object",
      bytes: Buffer.from('{"daten":{"items":{"a":{"b":1}},"x":1}}'),
      records: [{ a: { b: 1 } }],
    },
    {
      name: "to nothing",
      bytes: Buffer.from('{"daten":{"x":{"items":[1]}},"items":[]}'),
      records: [],
      thrown: "RECORD_NOT_FOUND",
    },
    { name: "to a text", bytes: Buffer.from('{"daten":{"items":"x"}}'), records: [], thrown: "RECORD_NOT_FOUND" },
    {
      name: "through an array",
      bytes: Buffer.from('{"daten":[{"items":[]}]}'),
      records: [],
      thrown: "RECORD_NOT_FOUND",
    },
    {
      name: "that stands there twice",
      bytes: Buffer.from('{"daten":{"items":[{"a":1}],"items":[]}}'),
      records: [{ a: 1 }],
      thrown: "JSON_KEY_DUPLICATE",
    },
    {
      name: "with a bad byte beside the records",
      bytes: Buffer.concat([Buffer.from('{"x":"'), Buffer.from([0xfc]), Buffer.from('","daten":{"items":[]}}')]),
      records: [],
      thrown: "ENCODING_INVALID",
    },
  ],
});

codecConformance({
  name: "json lines",
  open: (window) => codec({ lines: true }, window),
  secrets: ["Geheim"],
  endless: { head: "", record: (number) => `{"nr": ${number}, "name": "Müller ${number}"}\r\n` },
  samples: [
    { name: "nothing at all", bytes: Buffer.alloc(0), records: [] },
    {
      name: "good and bad lines",
      bytes: Buffer.concat([
        Buffer.from(
          '{"a":"ü"}\r\n\n  \n{"Geheim":\n[1]\n{"a":1}}\n{"a":1} {"a":2}\n{"a":00}\n{"a":"\t"}\n{"a":1e400}\n{"a":"',
        ),
        Buffer.from([0xfc]),
        Buffer.from('"}\n{"a":2}'),
      ]),
      records: [
        { a: "ü" },
        "JSON_INVALID",
        "RECORD_NOT_OBJECT",
        "JSON_INVALID",
        "JSON_INVALID",
        "JSON_INVALID",
        "JSON_INVALID",
        "JSON_NUMBER_INEXACT",
        "ENCODING_INVALID",
        { a: 2 },
      ],
    },
  ],
});

describe("json", () => {
  it("names line, byte, found and expected", async () => {
    expect((await decode('[{"a":1},\n  {"b" 2}]')).messages).toEqual(["line 2, byte 17: not JSON, expected a colon"]);
    expect((await decode('[{"ä":1}')).messages).toEqual([
      "line 1, byte 9: the document ends here, expected a comma or the end of the object or array",
    ]);
    expect((await decode('{"a":1}\n{"a":tru}', { lines: true })).messages).toEqual([
      "line 2, character 6: not JSON, expected a value",
    ]);
    expect((await decode('[{},\n\n{"a":1.0000000000000000001}]')).messages).toEqual([
      "line 3: 1 of the record's numbers would lose digits",
    ]);
  });

  it("says where each record ends", async () => {
    const bytes = Buffer.from('[ {"ä":"€"} ,\n{"b":[1]}]');
    const { ends, lines } = await decode(bytes);
    expect(bytes.toString("utf8", 0, ends[0])).toBe('[ {"ä":"€"}');
    expect(bytes.toString("utf8", ends[0], ends[1])).toBe(' ,\n{"b":[1]}');
    expect(lines).toEqual([1, 2]);
  });

  it("accepts and refuses exactly what JSON.parse does", async () => {
    const pieces = [
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"a"',
      '"\\n"',
      '"\\x"',
      '"\\u12"',
      "0",
      "-",
      "1.5",
      "1.",
      "01",
      "1e5",
      "1e",
      "true",
      "nul",
      "null",
      " ",
      "\n",
      "\u0001",
      '"',
    ];
    const any = fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((parts) => parts.join(""));
    const valid = fc.json({ maxDepth: 3 });
    const property = fc.asyncProperty(fc.oneof(any, valid), fc.integer({ min: 1, max: 30 }), async (text, window) => {
      // In an array, so that any value may be a record.
      const document = `[${text}]`;
      const expected = lengthOf(document);
      const { thrown, records } = await decodeAll(codec({}, window), Buffer.from(document));
      expect({ thrown, count: thrown ? undefined : records.length }).toEqual({
        thrown: expected === undefined ? "JSON_BROKEN" : undefined,
        count: expected,
      });
    });
    await fc.assert(property, { numRuns: 1_000 });
  });

  it("gives the objects that JSON.parse gives", async () => {
    const object = fc.dictionary(fc.string({ maxLength: 3 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 });
    const property = fc.asyncProperty(
      fc.array(object, { maxLength: 5 }),
      fc.integer({ min: 1, max: 50 }),
      async (records, window) => {
        const text = JSON.stringify(records);
        expect((await decodeAll(codec({}, window), Buffer.from(text))).records).toEqual(JSON.parse(text));
        const lines = records.map((record) => JSON.stringify(record)).join("\n");
        expect((await decodeAll(codec({ lines: true }, window), Buffer.from(lines))).records).toEqual(JSON.parse(text));
      },
    );
    await fc.assert(property, { numRuns: 200 });
  });

  it("knows which numbers a double holds", async () => {
    const exact = [
      "0",
      "-0",
      "0.10",
      "1.50",
      "100",
      "9007199254740991",
      "9007199254740992",
      "1e21",
      "1E+2",
      "0.1e1",
      "123456789012345",
      "-1.7976931348623157e308",
      "5e-324",
      "0.000e99",
      "12345678.901234567",
    ];
    const inexact = [
      "9007199254740993",
      "0.12345678901234567890",
      "1e400",
      "-1e-400",
      "1234567890123456789",
      "3.14159265358979323846",
      `1e${"9".repeat(5_000)}`,
      `1e-${"9".repeat(5_000)}`,
      "9".repeat(5_000),
    ];
    for (const number of exact) {
      const { records } = await decode(`[{"n":${number}}]`);
      // -0 is written back as 0.
      expect({ number, records }).toEqual({ number, records: [{ n: Number(number) + 0 }] });
    }
    for (const number of inexact) {
      const { records } = await decode(`[{"n":${number}}]`);
      expect({ number, records }).toEqual({ number, records: ["JSON_NUMBER_INEXACT"] });
    }
    const all = [...exact, ...inexact];
    const { records } = await decode(`[{"n":[${all.join(",")}],"t":"1","b":true,"o":{"x":7.0}}]`, { numbers: "text" });
    expect(records).toEqual([{ n: all, t: "1", b: true, o: { x: "7.0" } }]);
  });

  it("keeps names that JavaScript reserves as plain data", async () => {
    const text = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toJSON":"x","fault":{}}';
    for (const numbers of ["exact", "text"] as const) {
      for (const lines of [true, false]) {
        const { batches } = await decode(text, { numbers, lines });
        const [record] = batches[0]!.records;
        expect(isFault(record!)).toBe(false);
        expect(Object.keys(record!)).toEqual(["__proto__", "constructor", "toJSON", "fault"]);
        expect(({} as Rec)["polluted"]).toBeUndefined();
      }
    }
    expect((await decode('[{"__proto__":1,"__proto__":2}]')).records).toEqual(["JSON_KEY_DUPLICATE"]);
  });

  it("bounds depth, records and single texts", async () => {
    expect((await decode(deep(256))).records).toHaveLength(1);
    expect((await decode(deep(258))).thrown).toBe("JSON_TOO_DEEP");
    expect(await decode("[".repeat(1_000_000))).toMatchObject({
      thrown: "JSON_TOO_DEEP",
      messages: ["line 1, byte 256: nested too deep, expected at most 256 levels of nesting"],
    });
    expect((await decode(`${deep(258)}\n{}`, { lines: true })).records).toEqual(["JSON_TOO_DEEP", {}]);
    const long = JSON.stringify({ a: Array.from({ length: 1_000 }, () => "xx") });
    for (const window of [undefined, 100, 1_000]) {
      const small = codec({ most: 1_024 }, window);
      const mixed = await decodeAll(small, Buffer.from(`[{"a":1},${long},{"a":2}]`));
      expect(mixed.records).toEqual([{ a: 1 }, "RECORD_TOO_LARGE", { a: 2 }]);
      const lines = await decodeAll(
        codec({ most: 1_024, lines: true }, window),
        Buffer.from(`{"a":1}\n${long}\n{"a":2}\n${long}`),
      );
      expect(lines.records).toEqual([{ a: 1 }, "RECORD_TOO_LARGE", { a: 2 }, "RECORD_TOO_LARGE"]);
      const text = await decodeAll(small, Buffer.from(`[{"a":1},{"a":"${"x".repeat(2_000)}"}]`));
      expect(text).toMatchObject({ records: [{ a: 1 }], thrown: "RECORD_TOO_LARGE" });
      const beside = await decodeAll(
        codec({ most: 1_024, record: "b" }, window),
        Buffer.from(`{"a":${long},"b":[{}]}`),
      );
      expect(beside).toMatchObject({ records: [{}], thrown: undefined });
    }
  });

  it("checks the frame without giving records", async () => {
    const check = (text: string, options: Partial<Options> = {}) =>
      codec(options).checkFrame!(chunked(Buffer.from(text), [3, 1]), decodeContext());
    await expect(check(JSON_TEXT)).resolves.toBeUndefined();
    await expect(check(JSON_TEXT, { encoding: "detect" })).resolves.toBeUndefined();
    await expect(check('[{"a":1},5]')).resolves.toBeUndefined();
    for (const broken of ["", " ", "[", JSON_TEXT.slice(0, -1), `${JSON_TEXT}]`, "[1,]", '{"a":1}{"b":2}']) {
      await expect(check(broken)).rejects.toMatchObject({ code: "JSON_BROKEN" });
    }
    await expect(check('{"a":[]}', { record: "b" })).rejects.toMatchObject({ code: "RECORD_NOT_FOUND" });
    await expect(check("5")).rejects.toMatchObject({ code: "RECORD_NOT_FOUND" });
    expect(codec({ lines: true })).not.toHaveProperty("checkFrame");
  });

  it("refuses options that do not go together", () => {
    for (const options of [{ record: "a..b" }, { record: "" }, { record: "a", lines: true }]) {
      expect(() => codec(options)).toThrow(expect.objectContaining({ code: "OPTION_UNUSABLE" }) as Error);
    }
  });
});
