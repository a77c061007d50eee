import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Dictionary, Field } from "../../src/adapters/idoc/dictionary.ts";
import { readDictionary } from "../../src/adapters/idoc/dictionary-file.ts";
import { idocCodec } from "../../src/adapters/idoc/codec.ts";
import { shippedDictionary } from "../../src/adapters/idoc/shipped.ts";
import { idocWriter } from "../../src/adapters/idoc/writer.ts";
import { FORMULA, type Scope, type Sketch, type Value } from "../../src/core/contract.ts";
import type { BridgeError } from "../../src/core/errors.ts";
import { decodeAll } from "../conformance/codec.ts";
import { scopeOf } from "../core/template-support.ts";
import { data, DOCNUM, order, ordered } from "./idoc-sample.ts";

const FILES: Readonly<Record<string, string>> = {
  "z.csv": [
    "segment;definition;parent;least;most;field;start;length",
    "E1KOPF;E2KOPF000;;1;1;;;",
    "E1KOPF;;;;;ART;1;2",
    "E1KOPF;;;;;NAME;5;10",
    "E1POS;E2POS001;;0;3;;;",
    "E1POS;;;;;NR;;6",
    "E1TEXT;E2TEXT;E1POS;;;;;",
    "E1TEXT;;;;;ZEILE;;70",
    "E1OHNE;;;;;;;",
    "E1OHNE;;;;;X;;1",
  ].join("\n"),
};
const readFile = (path: string): Uint8Array => Buffer.from(FILES[path]!);
const SCOPE: Scope = { ...scopeOf({}), received: Date.UTC(2026, 10, 2, 7, 15), timezone: "Europe/Berlin" };
const CONTROL = { IDOCTYP: "ORDERS05", MESTYP: "ORDERS", SNDPRT: "LS", SNDPRN: "STEG" };

function problems(sketch: Sketch): readonly string[] {
  return idocWriter(sketch, readFile).problems.map(
    ({ path, message, hint }) => `${path}: ${message}${hint === undefined ? "" : ` | ${hint}`}`,
  );
}

/** Writes with settings that stand in the sketch and in the values, as core does. */
function write(values: Value, settings: Readonly<Record<string, string>> = {}): Uint8Array {
  const whole = { ...settings, ...(values as Readonly<Record<string, Value>>) };
  const writer = idocWriter(whole as Sketch, readFile);
  expect(writer.problems).toEqual([]);
  return writer.write(whole, SCOPE);
}

function refused(values: Value, settings: Readonly<Record<string, string>> = {}): string {
  const sketch = { ...settings, EDI_DC40: { ...CONTROL }, E1EDK01: FORMULA, E1KOPF: FORMULA } as Record<string, Sketch>;
  delete sketch[settings["dictionary"] === undefined ? "E1KOPF" : "E1EDK01"];
  const writer = idocWriter(sketch, readFile);
  expect(writer.problems).toEqual([]);
  try {
    writer.write(values, SCOPE);
  } catch (cause) {
    const { code, stage, facts } = cause as BridgeError;
    return `${code} ${stage} ${facts?.["path"]}`;
  }
  return "written";
}

async function decoded(bytes: Uint8Array, form: "flat" | "xml", more: object = {}): Promise<readonly unknown[]> {
  const options = {
    form,
    dictionary: undefined,
    strict: true,
    encoding: undefined,
    optional: undefined,
    empty: undefined,
    most: 64 * 1024 * 1024,
    ...more,
  };
  const { records, messages } = await decodeAll(await idocCodec(options, readFile), bytes);
  expect(messages).toEqual([]);
  return records;
}

describe("writing an IDoc", () => {
  const { EDI_DC40, ...segments } = ordered();

  it("gives the file that was read, and the XML of it", async () => {
    const values = { EDI_DC40, ...segments };
    for (const [lineEnd, end] of [
      ["lf", "\n"],
      ["crlf", "\r\n"],
      ["none", ""],
    ] as const) {
      const text = order()
        .map((row) => `${row}${end}`)
        .join("");
      expect(Buffer.from(write(values, { lineEnd })).toString()).toBe(text);
    }
    expect(await decoded(write(values, { form: "xml" }), "xml")).toEqual([values]);
  });

  it("fills in what the template leaves open, the same on every replay", () => {
    const values = { EDI_DC40: CONTROL, E1EDK01: { CURCY: "EUR" } };
    const text = Buffer.from(write(values)).toString();
    expect(text).toBe(Buffer.from(write(values)).toString());
    expect(text.slice(0, 10)).toBe("EDI_DC40  ");
    expect(text.slice(13, 29)).toMatch(/^\d{16}$/);
    expect(text[35]).toBe("2");
    expect(text.slice(378, 392)).toBe("20261102081500");
    const other = idocWriter(values, readFile).write(values, { ...SCOPE, index: 2 });
    expect(Buffer.from(other).toString().slice(13, 29)).not.toBe(text.slice(13, 29));
    expect(text.split("\n")[1]!.slice(33, 49)).toBe(text.slice(13, 29));
  });

  it("reckons numbers, parents and levels, in the dictionary's order", () => {
    const items = [{ POSEX: "1", E1EDP19: { QUALF: "001" } }, { POSEX: "2" }];
    const values = {
      E1EDS01: { SUMID: "1" },
      E1EDP01: items,
      EDI_DC40: { ...CONTROL, DOCNUM, MANDT: "100" },
      E1EDK01: {},
    };
    const rows = Buffer.from(write(values)).toString().split("\n").slice(1, -1);
    expect(rows).toEqual([
      data("E2EDK01005", 1, 0, 1, ""),
      data("E2EDP01011", 2, 0, 2, "1"),
      data("E2EDP19003", 3, 2, 3, "001"),
      data("E2EDP01011", 4, 0, 2, "2"),
      data("E2EDS01", 5, 0, 2, "1"),
    ]);
  });

  it("joins flat IDocs, and shows one to people", () => {
    const flat = idocWriter({ lineEnd: "none", EDI_DC40: CONTROL, E1EDK01: {} }, readFile);
    expect(flat.joins).toBe(true);
    expect(idocWriter({ form: "xml", EDI_DC40: CONTROL, E1EDK01: {} }, readFile).joins).toBeUndefined();
    const shown = flat.show(flat.write({ EDI_DC40: CONTROL, E1EDK01: { CURCY: "EUR" } }, SCOPE));
    expect(shown.split("\n").map((line) => line.slice(0, 10))).toEqual(["EDI_DC40  ", "E2EDK01005", ""]);
    expect(shown).not.toMatch(/ \n/);
  });

  it("says what is wrong with a template before there is a record", () => {
    expect(problems(FORMULA)).toEqual([": map.idoc is a map of the control record EDI_DC40 and the segments"]);
    expect(problems({ form: "edi", lineEnd: FORMULA, encoding: "utf8" })).toEqual([
      "/form: form must be one of flat, xml",
      expect.stringMatching(/^\/encoding: encoding must be one of .* \| Did you mean utf-8\?$/),
      "/lineEnd: lineEnd must be written out | one of lf, crlf, none",
      ": EDI_DC40 must be a map of the fields of the control record",
    ]);
    expect(problems({ EDI_DC40: { IDOCTYP: FORMULA, MESTIP: "ORDERS", SNDPRT: "LSX", SNDPRN: FORMULA } })).toEqual([
      "/EDI_DC40/MESTIP: EDI_DC40 has no field and no segment MESTIP | Did you mean MESTYP?",
      "/EDI_DC40/SNDPRT: EDI_DC40.SNDPRT has 2 characters, the text has 3",
      "/EDI_DC40: EDI_DC40 lacks MESTYP, without which SAP takes no IDoc in",
      "/EDI_DC40/IDOCTYP: IDOCTYP is a formula, and a flat file needs one | dictionary: segments.csv; shipped are INVOIC02, ORDERS05",
    ]);
    expect(
      problems({
        EDI_DC40: CONTROL,
        E1EDK01: [{ CURCY: "EURO" }, { CURCI: FORMULA }],
        E1EDP19: { QUALF: "001" },
        E2EDP01009: {},
        E1EDPX1: {},
        E1EDP01: [{ POSEX: [FORMULA], E1EDP19: "001", E1EDK14: {} }],
        E1EDK04: { MWSKZ: FORMULA },
      }),
    ).toEqual([
      "/E1EDK01: E1EDK01 stands there 2 times, and may at most 1",
      "/E1EDK01/0/CURCY: E1EDK01.CURCY has 3 characters, the text has 4",
      "/E1EDK01/1/CURCI: E1EDK01 has no field and no segment CURCI | Did you mean CURCY?",
      "/E1EDP19: E1EDP19 stands below E1EDP01",
      "/E2EDP01009: E2EDP01009 is the name in files | write E1EDP01",
      "/E1EDPX1: the dictionary has no segment E1EDPX1 | Did you mean E1EDP01?",
      "/E1EDP01/0/POSEX: E1EDP01.POSEX is a field: one text or one formula",
      "/E1EDP01/0/E1EDK14: E1EDP01 has no field and no segment E1EDK14 | Did you mean E1EDP04?",
      "/E1EDP01/0/E1EDP19: E1EDP19 is a segment: a map of its fields, or a list of such",
      expect.stringMatching(/^\/E1EDK04: the name of E1EDK04 in flat files, with its version, is not known/),
    ]);
    expect(problems({ dictionary: "z.csv", EDI_DC40: CONTROL, E1POS: FORMULA })).toEqual([
      ": the IDoc lacks E1KOPF, which it must have",
    ]);
    expect(problems({ form: "xml", lineEnd: "lf", EDI_DC40: { ...CONTROL, IDOCTYP: "ZTYP" }, Z1: {} })).toEqual([
      "/lineEnd: lineEnd is for form: flat; IDoc-XML is UTF-8 | leave it out",
    ]);
  });

  it("refuses values that the format cannot hold, and says where", () => {
    const kopf = (value: Value): Value => ({ EDI_DC40: CONTROL, E1EDK01: value });
    expect(refused(kopf({ CURCY: "EURO" }))).toBe("CELL_TOO_LONG map /E1EDK01/CURCY");
    expect(refused(kopf({ BELNR: "a\nb" }))).toBe("CELL_CHARACTER map /E1EDK01/BELNR");
    expect(refused(kopf({ BELNR: ["a", "b"] }))).toBe("VALUE_NOT_TEXT map /E1EDK01/BELNR");
    expect(refused(kopf({ BELNR: true }))).toBe("VALUE_NOT_TEXT map /E1EDK01/BELNR");
    expect(refused(kopf({ BELNR: 1e21 }))).toBe("VALUE_NOT_TEXT map /E1EDK01/BELNR");
    expect(refused(kopf({ BELNR: 12 }))).toBe("written");
    expect(refused(kopf({ FELD: "x" }))).toBe("VALUE_NOT_TEXT map /E1EDK01/FELD");
    expect(refused(kopf("x"))).toBe("VALUE_NOT_TEXT map /E1EDK01");
    expect(refused(kopf([{}, {}]))).toBe("IDOC_OCCURRENCES map /E1EDK01");
    expect(refused(kopf(undefined))).toBe("IDOC_OCCURRENCES map /E1EDK01");
    expect(refused({ E1EDK01: {} })).toBe("VALUE_NOT_TEXT map /EDI_DC40");
    expect(refused({ EDI_DC40: { ...CONTROL, X: "1" }, E1EDK01: {} })).toBe("VALUE_NOT_TEXT map /EDI_DC40/X");
    expect(refused({ EDI_DC40: CONTROL, E1EDK01: {}, E1X: {} })).toBe("VALUE_NOT_TEXT map /E1X");
    const latin = { encoding: "iso-8859-1" };
    expect(refused(kopf({ BELNR: "łódź" }), latin)).toBe("ENCODING_UNWRITABLE encode /E1EDK01/BELNR");
    expect(refused(kopf({ BELNR: "a\u0001" }), { form: "xml" })).toBe("XML_CHARACTER map /E1EDK01/BELNR");
    const many = { EDI_DC40: CONTROL, E1KOPF: {}, E1POS: [{ NR: "1" }, { NR: "1234567" }] };
    expect(refused(many, { dictionary: "z.csv" })).toBe("CELL_TOO_LONG map /E1POS/1/NR");
    const crowd = { EDI_DC40: CONTROL, E1KOPF: {}, E1POS: [{}, {}, {}, {}] };
    expect(refused(crowd, { dictionary: "z.csv" })).toBe("IDOC_OCCURRENCES map /E1POS");
  });

  it("writes XML without a dictionary in the template's order, and names of name spaces as SAP does", async () => {
    const values = {
      EDI_DC40: { ...CONTROL, DOCNUM, IDOCTYP: "/XYZ/TYP01" },
      "/XYZ/KOPF": [{ B: "2 < 3", A: "1", "/XYZ/POS": [{ N: "1" }, { N: "2" }] }],
    };
    const bytes = write(values, { form: "xml" });
    expect(Buffer.from(bytes).toString()).toContain('<_-XYZ_-TYP01><IDOC BEGIN="1"><EDI_DC40 SEGMENT="1"><TABNAM>');
    const [record] = (await decoded(bytes, "xml")) as readonly Record<string, unknown>[];
    expect(record!["/XYZ/KOPF"]).toEqual(values["/XYZ/KOPF"]);
  });
});

// ── round trip ──────────────────────────────────────────────────────────────────────────────────────────────────

const ALPHABET = Array.from("ABCÄÖÜß0123456789 .,-/&<>\"'€𝄞");

function textArbitrary({ from, to }: Field): fc.Arbitrary<string> {
  return fc
    .array(fc.constantFrom(...ALPHABET), { maxLength: to - from })
    .map((characters) => characters.join("").trimEnd());
}

/** Values of a segment with what stands below it. */
function segmentArbitrary(dictionary: Dictionary, type: string): fc.Arbitrary<Record<string, Value>> {
  const { fields } = dictionary.segments.get(type)!;
  const own = fc.tuple(...fields.map((field) => fc.option(textArbitrary(field), { nil: "", freq: 2 })));
  return fc.tuple(own, childrenArbitrary(dictionary, type)).map(([texts, children]) => {
    const given = fields.flatMap(({ name }, at) => (texts[at] === "" ? [] : [[name, texts[at]] as const]));
    return { ...Object.fromEntries(given), ...children };
  });
}

function childrenArbitrary(dictionary: Dictionary, parent: string): fc.Arbitrary<Record<string, Value>> {
  const places = [...(dictionary.places.get(parent)?.values() ?? [])].filter((place) => place.segment.definition);
  const each = places.map(({ segment, least, most }) =>
    fc.array(segmentArbitrary(dictionary, segment.type), { minLength: least, maxLength: Math.min(most, 2) }),
  );
  return fc.tuple(...each).map((lists) =>
    Object.fromEntries(
      lists.flatMap((list, at) => {
        const { segment, most } = places[at]!;
        return list.length === 0 ? [] : [[segment.type, most === 1 ? list[0]! : list] as const];
      }),
    ),
  );
}

describe("what was written is read as it was", () => {
  it.each([
    ["ORDERS05", undefined],
    ["INVOIC02", undefined],
    ["ZTYP01", "z.csv"],
  ])("%s", async (type, file) => {
    const dictionary = file === undefined ? shippedDictionary(type)! : readDictionary(readFile(file), file);
    const settings: Record<string, string> = file === undefined ? {} : { dictionary: file };
    const control = {
      ...CONTROL,
      TABNAM: "EDI_DC40",
      DOCNUM,
      DIRECT: "2",
      IDOCTYP: type,
      CREDAT: "20260101",
      CRETIM: "000000",
    };
    const values = childrenArbitrary(dictionary, "").filter((children) => Object.keys(children).length > 0);
    const property = fc.asyncProperty(values, fc.constantFrom("lf", "crlf", "none"), async (children, lineEnd) => {
      const record = { EDI_DC40: control, ...children };
      const flat = write(record, { ...settings, lineEnd });
      expect(await decoded(flat, "flat", { dictionary: file })).toEqual([record]);
      const xml = write(record, { ...settings, form: "xml" });
      expect(await decoded(xml, "xml", { dictionary: file })).toEqual([record]);
    });
    await fc.assert(property, { numRuns: 60 });
  });
});
