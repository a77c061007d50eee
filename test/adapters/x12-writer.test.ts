import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { acknowledge, type GroupReading } from "../../src/adapters/x12/acknowledge.ts";
import type { Delimiters } from "../../src/adapters/x12/delimiters.ts";
import { x12Codec } from "../../src/adapters/x12/codec.ts";
import { type Loop, PROFILED, profileOf } from "../../src/adapters/x12/profiles.ts";
import { readInterchanges } from "../../src/adapters/x12/readings.ts";
import { x12Writer } from "../../src/adapters/x12/writer.ts";
import { FORMULA, type Rec, type Scope, type Sketch, type Value } from "../../src/core/contract.ts";
import type { BridgeError } from "../../src/core/errors.ts";
import { chunked, decodeAll, decodeContext } from "../conformance/codec.ts";
import { scopeOf } from "../core/template-support.ts";
import { ENVELOPE, interchange, ORDER, ORDERED } from "./x12-sample.ts";

const SCOPE: Scope = { ...scopeOf({}), received: Date.UTC(2026, 10, 2, 7, 15), timezone: "Europe/Berlin" };
const ISA = { ISA06: "WERKNORD", ISA08: "HANDELSUED" };
const ST = { ST01: "850" };

function problems(sketch: Sketch): readonly string[] {
  return x12Writer(sketch).problems.map(
    ({ path, message, hint }) => `${path}: ${message}${hint === undefined ? "" : ` | ${hint}`}`,
  );
}

/** Writes with settings that stand in the sketch and in the values, as core does. */
function write(values: object, settings: object = {}): string {
  const whole = { ...settings, ...values };
  const writer = x12Writer(whole);
  expect(writer.problems).toEqual([]);
  return Buffer.from(writer.write(whole as Value, SCOPE)).toString();
}

function refused(values: object, settings: object = {}): string {
  const writer = x12Writer({ ...settings, ISA, ST, BEG: FORMULA });
  expect(writer.problems).toEqual([]);
  try {
    writer.write({ ISA, ST, ...values }, SCOPE);
  } catch (cause) {
    const { code, stage, facts } = cause as BridgeError;
    return `${code} ${stage} ${facts?.["path"]}`;
  }
  return "written";
}

async function decoded(text: string | Uint8Array): Promise<readonly Record<string, unknown>[]> {
  const options = {
    record: "transaction",
    strict: true,
    // What is written here is not always what the standard wants.
    structure: "notice",
    encoding: "utf-8",
    optional: undefined,
    empty: undefined,
  } as const;
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  const { records, messages, thrown } = await decodeAll(x12Codec({ ...options, most: 64 * 1024 * 1024 }), bytes);
  expect([messages, thrown]).toEqual([[], undefined]);
  return records as readonly Record<string, unknown>[];
}

const { ISA11: _, ISA16: __, ...ISA_GIVEN } = ENVELOPE.ISA;

describe("writing an X12 interchange", () => {
  const { SE: ___, ...order } = ORDERED;

  it("gives the interchange that was read", () => {
    const values = { ISA: ISA_GIVEN, GS: ENVELOPE.GS, ...order };
    expect(write(values)).toBe(interchange([ORDER]));
    expect(write(values, { lineEnd: "crlf" })).toBe(interchange([ORDER]).replaceAll("~", "~\r\n"));
    const delimiters = { element: "|", component: ":", segment: "'" };
    const other = interchange([ORDER]).replaceAll("*", "|").replaceAll(">", ":").replaceAll("~", "'");
    expect(write(values, { delimiters })).toBe(other);
  });

  it("fills in what the template leaves open, the same on every replay", () => {
    const values = { ISA, ST, BEG: { BEG01: "00" } };
    const text = write(values);
    expect(text).toBe(write(values));
    expect(text).toMatch(
      /^ISA\*00\* {10}\*00\* {10}\*ZZ\*WERKNORD {7}\*ZZ\*HANDELSUED {5}\*261102\*0815\*U\*00401\*\d{9}\*0\*P\*>~GS\*PO\*WERKNORD\*HANDELSUED\*20261102\*0815\*(\d+)\*X\*004010~ST\*850\*0001~BEG\*00~SE\*3\*0001~GE\*1\*\1~IEA\*1\*\d{9}~$/,
    );
    const other = x12Writer(values).write(values, { ...SCOPE, index: 2 });
    expect(Buffer.from(other).toString().slice(90, 99)).not.toBe(text.slice(90, 99));
    const numbered = write({
      ISA: { ...ISA, ISA13: "17", ISA12: "00501" },
      ST: { ST01: "850", ST02: "000000009" },
      BEG: {},
    });
    expect(numbered).toContain("*^*00501*000000017*0*P*>~GS*PO*WERKNORD*HANDELSUED*20261102*0815*17*X*005010~");
    expect(numbered).toContain("ST*850*000000009~BEG~SE*3*000000009~GE*1*17~IEA*1*000000017~");
  });

  it("writes sets without profile in their order, repetitions and components", async () => {
    const values = {
      ISA: { ...ISA, ISA12: "00501" },
      GS: { GS01: "HB" },
      ST: { ST01: "271", ST03: "005010X279A1" },
      segments: [
        { tag: "BHT", BHT01: "0022" },
        { tag: "EB", EB03: ["30", "35"], EB13: { C1: "HC", C3: "X" } },
        { tag: "LS" },
      ],
    };
    const text = write(values);
    expect(text).toContain("BHT*0022~EB***30^35**********HC>>X~LS~SE*5*0001~");
    const [record] = await decoded(text);
    expect(record!["segments"]).toEqual(values.segments);
  });

  it("joins interchanges, and shows one to people", () => {
    const writer = x12Writer({ ISA, ST, BEG: { BEG01: "00" } });
    expect([writer.joins, writer.contentType]).toEqual([true, "application/EDI-X12"]);
    const shown = writer.show(writer.write({ ISA, ST, BEG: { BEG01: "00" } }, SCOPE)).split("\n");
    expect(shown.map((line) => line.slice(0, 3))).toEqual(["ISA", "GS*", "ST*", "BEG", "SE*", "GE*", "IEA", ""]);
  });

  it("says what is wrong with a template before there is a record", () => {
    expect(problems(FORMULA)).toEqual([": map.x12 is a map of ISA, GS, ST and the segments"]);
    expect(
      problems({
        lineEnd: "cr",
        encoding: FORMULA,
        delimiters: { element: "*", component: "*", repitition: "^", segment: "AB" },
        ISA: { ISA06: "VIELZULANGERNAME", ISA16: ">", ISA17: "x", ISA12: "4010" },
        ST: {},
      }),
    ).toEqual([
      "/lineEnd: lineEnd must be one of none, lf, crlf",
      expect.stringMatching(/^\/encoding: encoding must be written out/),
      "/ISA/ISA17: ISA has no element ISA17 | Did you mean ISA07?",
      "/ISA: ISA lacks ISA08",
      "/ISA/ISA16: ISA16 comes from delimiters | leave it out",
      "/ISA/ISA06: ISA06 has 15 characters, the text has 16",
      "/ISA/ISA12: ISA12 is a version such as 00401 or 00501",
      "/ST: ST lacks ST01",
      "/delimiters/repitition: there is no delimiter repitition | Did you mean repetition?",
      "/delimiters/segment: a delimiter is one character, written out, and no letter, digit or blank",
      "/delimiters: two delimiters are the same character",
    ]);
    expect(
      problems({
        ISA,
        ST,
        BEG: [{ BEG01: "00" }, FORMULA],
        BIG: {},
        REF: { REF01: "DP", RFE02: FORMULA, REF04: { X: "1" } },
        N1: [{ N101: "ST", N3: "Hafen", P01: FORMULA }],
      }),
    ).toEqual([
      "/BEG: BEG stands there once",
      "/BIG: the transaction set has no segment BIG here | Did you mean BEG?",
      "/REF/RFE02: REF has elements REF01 to REF99, and no RFE02",
      "/REF/REF04/X: REF04 has components C1, C2 …, and no X",
      "/N1/0/N3: N3 is a segment: a map of its elements, or a list of such",
      expect.stringMatching(/^\/N1\/0\/P01: N1 has no element and no segment P01 here/),
    ]);
    expect(problems({ ISA, ST: { ST01: "940" }, W05: {} })).toEqual([
      ": the order of the segments of this transaction set is not known: by name are written 810, 850, 997, 999 | segments: [ { tag: …, … } ]",
    ]);
    expect(problems({ ISA, ST, BEG: {}, segments: [{ tag: "BEG", BGE01: "" }, { BEG01: "" }, "x"] })).toEqual([
      "/segments/0/BGE01: BEG has elements BEG01 to BEG99, and no BGE01",
      expect.stringMatching(/^\/segments\/1: a segment is a map of its tag/),
      expect.stringMatching(/^\/segments\/2: a segment is a map of its tag/),
      "/BEG: BEG stands beside segments, which already is the whole transaction set",
    ]);
  });

  it("refuses values that the format cannot hold, and says where", () => {
    const beg = (value: Value) => ({ BEG: value });
    expect(refused(beg({ BEG03: "12" }))).toBe("written");
    for (const delimiter of ["*", ">", "~"]) {
      expect(refused(beg({ BEG03: `a${delimiter}b` }))).toBe("CELL_CHARACTER map /BEG/BEG03");
    }
    expect(refused(beg({ BEG03: "a^b" }))).toBe("written");
    expect(refused(beg({ BEG03: "a\nb" }))).toBe("CELL_CHARACTER map /BEG/BEG03");
    expect(refused(beg({ BEG03: true }))).toBe("VALUE_NOT_TEXT map /BEG/BEG03");
    expect(refused(beg({ BEG03: ["a", "b"] }))).toBe("VALUE_NOT_TEXT map /BEG/BEG03");
    expect(refused(beg({ BEG03: { D1: "x" } }))).toBe("VALUE_NOT_TEXT map /BEG/BEG03/D1");
    expect(refused(beg({ BGE03: "x" }))).toBe("VALUE_NOT_TEXT map /BEG/BGE03");
    expect(refused(beg([{}, {}]))).toBe("VALUE_NOT_TEXT map /BEG");
    expect(refused(beg("x"))).toBe("VALUE_NOT_TEXT map /BEG");
    expect(refused({})).toBe("REQUIRED_EMPTY map ");
    expect(refused({ BIG: {} })).toBe("VALUE_NOT_TEXT map /BIG");
    expect(refused({ ISA: { ISA06: "A" } })).toBe("REQUIRED_EMPTY map /ISA/ISA08");
    expect(refused({ ISA: { ...ISA, ISA08: "A".repeat(16) } })).toBe("CELL_TOO_LONG map /ISA/ISA08");
    expect(refused({ ISA: { ...ISA, ISA13: "12x" } })).toBe("VALUE_NOT_TEXT map /ISA/ISA13");
    expect(refused({ ST: {} })).toBe("REQUIRED_EMPTY map /ST/ST01");
    expect(refused({ ST: { ST01: "999999" } })).toBe("REQUIRED_EMPTY map /GS/GS01");
    expect(refused({ ST: { ST01: "940" } })).toBe("VALUE_NOT_TEXT map /ST/ST01");
    expect(refused(beg({ BEG03: "Größe" }), { encoding: "us-ascii" })).toBe("ENCODING_UNWRITABLE encode /BEG/BEG03");
    const repeating = { ISA: { ...ISA, ISA12: "00501" } };
    const writer = x12Writer({ ...repeating, ST, BEG: FORMULA });
    expect(() => writer.write({ ...repeating, ST, BEG: { BEG03: "a^b" } }, SCOPE)).toThrow(/delimiter/);
  });
});

// ── round trip ──────────────────────────────────────────────────────────────────────────────────────────────────

const ALPHABET = Array.from("ABCÄÖß0123456789 .,-/&'€𝄞");
const text = fc
  .array(fc.constantFrom(...ALPHABET), { minLength: 1, maxLength: 12 })
  .map((all) => all.join(""))
  .filter((one) => one.trim() !== "");

function segmentArbitrary(tag: string): fc.Arbitrary<Record<string, Value>> {
  const name = fc.integer({ min: 1, max: 9 }).map((number) => `${tag}0${number}`);
  const components = fc.tuple(text, text).map(([a, b]): Value => ({ C1: a, C3: b }));
  const composite = (key: string): boolean =>
    ["MEA04", "REF04", "QTY03", "CTP05", "SLN05", "AK401", "IK401", "CTX01", "CTX05", "CTX06"].includes(key);
  const pair = name.chain((key) =>
    fc.tuple(
      fc.constant(key),
      composite(key) ? components : fc.oneof({ weight: 4, arbitrary: text }, { weight: 1, arbitrary: components }),
    ),
  );
  return fc.array(pair, { maxLength: 3 }).map((pairs) => Object.fromEntries(pairs));
}

/** In the order of the profile; the parts of a loop that could be read as parts of an inner one come before it, as the standard has it. */
function partsArbitrary(loop: Loop, depth: number): fc.Arbitrary<Record<string, Value>> {
  const parts = [...loop.parts];
  const each = parts.map(([tag, part]) => {
    const one = fc
      .tuple(segmentArbitrary(tag), part.loop && depth < 3 ? partsArbitrary(part.loop, depth + 1) : fc.constant({}))
      .map(([elements, inner]): Value => ({ ...elements, ...inner }));
    return fc.oneof(
      { weight: part.must ? 0 : 5, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(one, { minLength: 1, maxLength: part.single ? 1 : 2 }) },
    );
  });
  return fc.tuple(...each).map((lists) =>
    Object.fromEntries(
      lists.flatMap((list, at) => {
        const [tag, part] = parts[at]!;
        return list.length === 0 ? [] : [[tag, part.single ? list[0]! : list] as const];
      }),
    ),
  );
}

/** Segments in the order in which they are written: two trees that are written alike are read alike. */
function flattened(held: Record<string, unknown>, loop: Loop): unknown[] {
  return [...loop.parts].flatMap(([tag, part]) =>
    [held[tag] ?? []].flat().flatMap((item) => {
      const own = Object.entries(item).filter(([name]) => !part.loop?.parts.has(name));
      const inner = part.loop ? flattened(item as Record<string, unknown>, part.loop) : [];
      return [{ tag, ...Object.fromEntries(own) }, ...inner];
    }),
  );
}

describe("what was written is read as it was", () => {
  it.each(PROFILED.map((set) => [set]))("%s", async (set) => {
    const profile = profileOf(set, "004010")!;
    const property = fc.asyncProperty(
      partsArbitrary(profile, 0),
      fc.constantFrom("none", "lf", "crlf"),
      async (parts, lineEnd) => {
        const bytes = write({ ISA: ISA_GIVEN, GS: ENVELOPE.GS, ST: { ST01: set }, ...parts }, { lineEnd });
        const [record, ...more] = await decoded(bytes);
        expect(more).toEqual([]);
        expect(flattened(record!, profile)).toEqual(flattened(parts, profile));
        // Writing what was read gives the same bytes.
        const { SE: ____, ISA: isa, ...again } = record!;
        expect(write({ ISA: { ...(isa as object), ISA11: undefined, ISA16: undefined }, ...again }, { lineEnd })).toBe(
          bytes,
        );
      },
    );
    await fc.assert(property, { numRuns: 150 });
  });
});

// ── acknowledgements ────────────────────────────────────────────────────────────────────────────────────────────

const DELIMITERS: Delimiters = { element: "*", component: ">", repetition: undefined, segment: "~" };
const STAMP = { date: "20261103", time: "101500", number: "77" };

describe("acknowledging a group", () => {
  async function read(bytes: string): Promise<readonly GroupReading[]> {
    const options = {
      record: "transaction",
      strict: true,
      structure: undefined,
      optional: undefined,
      empty: undefined,
      most: 1 << 20,
    } as const;
    const read = await readInterchanges(
      chunked(Buffer.from(bytes), []),
      { ...options, encoding: "utf-8" },
      decodeContext(),
    );
    return read.interchanges.flatMap(({ groups }) => groups.map((one) => ({ ...one, refused: one.codes.length > 0 })));
  }

  it("accepts what is right, from receiver to sender", async () => {
    const [group] = await read(interchange([ORDER]));
    const text = acknowledge(
      { isa: ENVELOPE.ISA, groups: [group!] },
      { kind: "997", stamp: STAMP, delimiters: DELIMITERS },
    );
    expect(text).toBe(
      "ISA*00*          *00*          *ZZ*HANDELSUED     *ZZ*WERKNORD       *261103*1015*U*00401*000000077*0*P*>~" +
        "GS*FA*HANDELSUED*WERKNORD*20261103*1015*77*X*004010~ST*997*0001~AK1*PO*7~AK2*850*0001~AK5*A~AK9*A*1*1*1~" +
        "SE*6*0001~GE*1*77~IEA*1*000000077~",
    );
  });

  it("says which transaction sets are refused, and why", async () => {
    const two = interchange([ORDER, ORDER]);
    const lines = async (bytes: string): Promise<readonly string[]> => {
      const [group] = await read(bytes);
      const text = acknowledge(
        { isa: ENVELOPE.ISA, groups: [group!] },
        { kind: "997", stamp: STAMP, delimiters: DELIMITERS, lineEnd: "\n" },
      );
      const [record] = await decoded(text);
      expect(record!["ST"]).toEqual({ ST01: "997", ST02: "0001" });
      return text.split("~\n").filter((line) => /^(?:AK2|AK5|AK9)/.test(line));
    };
    expect(await lines(two.replace("SE*17*0001", "SE*16*0001"))).toEqual([
      "AK2*850*0001",
      "AK5*R*4",
      "AK2*850*0002",
      "AK5*A",
      "AK9*P*2*2*1",
    ]);
    expect(await lines(two.replace("SE*17*0001", "SE*17*0009"))).toContain("AK5*R*3");
    expect(await lines(two.replace("SE*17*0001~", ""))).toContain("AK5*R*2");
    expect(await lines(two.replace("CUR*BY", "cur*BY"))).toContain("AK5*R*5");
    expect((await lines(two.replace("GE*2", "GE*3"))).at(-1)).toBe("AK9*R*3*2*0*5");
    expect((await lines(two.replace("GE*2*7", "GE*2*8"))).at(-1)).toBe("AK9*R*2*2*0*4");
    expect((await lines(two.slice(0, -60))).at(-1)).toBe("AK9*R*2*2*0*3");
  });

  it("names segments and elements, in the words of either kind", async () => {
    const isa = { ...ENVELOPE.ISA, ISA12: "00501" } as Rec;
    const gs = { ...ENVELOPE.GS, GS01: "HC", GS08: "005010X222A1" } as Rec;
    const elements = [
      { position: 3, code: "1", reference: "324" },
      { position: 4, component: 2, repetition: 1, code: "7", copy: "x".repeat(120) },
      { position: 5, code: "6", copy: "a*b" },
    ];
    const group: GroupReading = {
      gs,
      refused: false,
      announced: 1,
      codes: [],
      sets: [
        {
          set: "837",
          number: "0001",
          convention: "005010X222A1",
          codes: [],
          segments: [
            { tag: "CLM", position: 23, loop: "2300", elements },
            { tag: "N1", position: 30, code: "3" },
          ],
        },
      ],
    };
    const repeating = { ...DELIMITERS, repetition: "^" };
    const full = acknowledge({ isa, groups: [group] }, { kind: "999", stamp: STAMP, delimiters: repeating });
    expect(full).toContain("*^*00501*000000077*0*P*>~GS*FA*HANDELSUED*WERKNORD*20261103*1015*77*X*005010X231A1~");
    expect(full).toContain(
      "ST*999*0001*005010X231A1~AK1*HC*7*005010X222A1~AK2*837*0001*005010X222A1~IK3*CLM*23*2300*8~IK4*3*324*1~" +
        `IK4*4>2>1**7*${"x".repeat(99)}~IK4*5**6~IK3*N1*30**3~IK5*R*5~AK9*R*1*1*0~SE*11*0001~`,
    );
    const [record] = await decoded(full);
    expect(record).toMatchObject({ AK2: [{ IK3: [{ IK4: [{}, {}, {}] }, {}], IK5: { IK501: "R" } }] });
    const plain = acknowledge({ isa, groups: [group] }, { kind: "997", stamp: STAMP, delimiters: DELIMITERS });
    expect(plain).toContain(
      `AK1*HC*7~AK2*837*0001~AK3*CLM*23*2300*8~AK4*3*324*1~AK4*4>2**7*${"x".repeat(99)}~AK4*5**6~`,
    );
  });
});
