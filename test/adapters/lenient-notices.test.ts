// What reading IDocs and X12 leniently passes over, it says: once per record and kind, in the order of the drop.

import { describe, expect, it } from "vitest";
import { idocCodec } from "../../src/adapters/idoc/codec.ts";
import { x12Codec } from "../../src/adapters/x12/codec.ts";
import type { Codec } from "../../src/core/contract.ts";
import { decodeAll, decodeContext } from "../conformance/codec.ts";
import { control, data, order } from "./idoc-sample.ts";
import { interchange, ORDER } from "./x12-sample.ts";

const COMMON = { strict: false, optional: undefined, empty: undefined, most: 1 << 24 };
const NOTHING = (): Uint8Array => Buffer.from("");

/** Notices of a drop, as `CODE message`, and its records. Those of the frame's check are counted in. */
async function noticed(codec: Codec, text: string) {
  const notices: string[] = [];
  const context = {
    ...decodeContext(),
    notice: ({ code, message }: Error & { code: string }) => void notices.push(`${code} ${message}`),
  };
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text);
  }
  await codec.checkFrame?.(bytes(), context);
  const { records } = await decodeAll(codec, Buffer.from(text), context);
  return { notices, records };
}

describe("a flat IDoc", () => {
  const read = async (rows: readonly string[]) =>
    await noticed(
      await idocCodec({ ...COMMON, form: "flat", encoding: "utf-8", dictionary: undefined }, NOTHING),
      rows.join("\n"),
    );
  const head = data("E2EDK01005", 1, 0, 1, "001");
  const item = data("E2EDP01011", 2, 0, 2, "000010");

  it("that is right gives none", async () => {
    expect((await read(order())).notices).toEqual([]);
  });

  it.each([
    [
      "a gap in SEGNUM",
      [head, data("E2EDP01011", 3, 0, 2, "000010")],
      "IDOC_SEGNUM line 3: SEGNUM 3 found, 2 expected",
    ],
    [
      "zeros for PSGNUM",
      [head, item, data("E2EDP19003", 3, 0, 3, "001"), data("E2EDP19003", 4, 0, 3, "002")],
      "IDOC_HIERARCHY line 4: PSGNUM does not say below which segment E1EDP19 stands; read by the dictionary",
    ],
    [
      "blanks for DOCNUM",
      [head, item].map((row) => data(row.slice(0, 30), Number(row.slice(49, 55)), 0, 2, "", " ")),
      "IDOC_DOCNUM line 2: DOCNUM is blank",
    ],
    [
      "an unknown segment",
      [head, data("E2EDX99000", 2, 0, 2, "Geheim")],
      "IDOC_SEGMENT_UNKNOWN line 3: the dictionary does not have this segment; it is kept as SDATA",
    ],
    [
      "a segment that is too short",
      [head, "E2EDS01"],
      "IDOC_RECORD line 3: 7 characters found, at least 63 expected of a data record",
    ],
    [
      "no segment that there must be",
      [data("E2EDP01011", 1, 0, 2, "000010")],
      "IDOC_OCCURRENCES line 1: the IDoc has E1EDK01 0 times, at least 1 expected",
    ],
  ])("with %s is read, and says so", async (what, rows, notice) => {
    const { notices, records } = await read([control(), ...rows]);
    expect(records).toEqual([expect.objectContaining({ EDI_DC40: expect.anything() as unknown })]);
    expect(notices.filter((one) => what !== "a segment that is too short" || one.startsWith("IDOC_RECORD"))).toEqual([
      notice,
    ]);
  });

  it("of an unknown type says so once, whatever it holds", async () => {
    const rows = [
      control({ IDOCTYP: "MATMAS05" }),
      data("E2MARAM009", 1, 0, 2, "005"),
      data("E2MAKTM001", 2, 1, 3, "D"),
    ];
    expect((await read(rows)).notices).toEqual([
      "IDOC_TYPE_UNKNOWN line 1: there is no dictionary for its basic type (IDOCTYP)",
    ]);
  });

  it("that is none after all gives a fault, and no notices", async () => {
    const { notices, records } = await read([
      control(),
      head,
      data("E2EDP01011", 5, 0, 2, ""),
      data("E2EDS01", 6, 0, 2, "", "1"),
    ]);
    expect([records, notices]).toEqual([["IDOC_DOCNUM"], []]);
  });
});

describe("IDoc-XML", () => {
  const DICTIONARY =
    "segment;definition;parent;least;most;field;start;length\nE1EDK01;;;1;1;;;\nE1EDK01;;;;;CURCY;1;3\n";

  it("says what the dictionary of the bridge does not have, once", async () => {
    const codec = await idocCodec({ ...COMMON, form: "xml", encoding: undefined, dictionary: "eigen.csv" }, () =>
      Buffer.from(DICTIONARY),
    );
    const text = `<O><IDOC><EDI_DC40 SEGMENT="1"><DIRECT>2</DIRECT></EDI_DC40><Z1 SEGMENT="1"><A>1</A></Z1><Z2 SEGMENT="1"><A>1</A></Z2></IDOC></O>`;
    const { notices, records } = await noticed(codec, text);
    expect(records).toHaveLength(1);
    expect(notices).toEqual([
      expect.stringMatching(
        /^IDOC_SEGMENT_UNKNOWN line 1.*: the dictionary does not have one of its segments$/,
      ) as string,
      expect.stringMatching(/^IDOC_OCCURRENCES line 1.*: the IDoc has E1EDK01 0 times, at least 1 expected$/) as string,
    ]);
  });
});

describe("X12", () => {
  const codec = x12Codec({ ...COMMON, record: "transaction", structure: undefined, encoding: "utf-8" });
  const good = interchange([ORDER, ORDER]);

  it("that is right gives none", async () => {
    expect((await noticed(codec, good)).notices).toEqual([]);
  });

  it.each<readonly [what: string, text: string, notices: readonly RegExp[]]>([
    [
      "a wrong count of segments",
      good.replace("SE*17*0001", "SE*99*0001"),
      [/^X12_TRANSACTION byte \d+: SE01 says 99, and there are 17/],
    ],
    [
      "another number",
      good.replace("SE*17*0002", "SE*17*0009"),
      [/^X12_TRANSACTION byte \d+: SE02 is another control number/],
    ],
    ["no SE", good.replace("SE*17*0001~", ""), [/^X12_TRANSACTION byte \d+: the transaction set has no SE/]],
    ["wrong numbers of the group", good.replace("GE*2*7", "GE*3*8"), [/^X12_FRAME .*GE02/, /^X12_FRAME .*GE01/]],
    ["no GE", good.replace("GE*2*7~", ""), [/^X12_FRAME .*no GE/]],
    ["no IEA", good.replace(/IEA.*$/s, ""), [/^X12_FRAME .*its IEA is missing/]],
    [
      "an ISA that is not filled",
      good.replace("WERKNORD       *", "WERKNORD*"),
      [/^X12_FRAME byte 0: ISA06 has 8 characters, 15 expected/],
    ],
  ])("with %s is read, and says so", async (_, text, expected) => {
    const { notices, records } = await noticed(codec, text);
    expect(records).toEqual([expect.anything(), expect.anything()]);
    expect(notices).toEqual(expected.map((one) => expect.stringMatching(one) as string));
  });

  it("as a whole interchange, too", async () => {
    const whole = x12Codec({ ...COMMON, record: "interchange", structure: undefined, encoding: "utf-8" });
    const { notices, records } = await noticed(
      whole,
      good.replace("SE*17*0001", "SE*99*0001").replace("IEA*1", "IEA*2"),
    );
    expect(records).toHaveLength(1);
    expect(notices).toEqual([
      expect.stringMatching(/^X12_TRANSACTION/) as string,
      expect.stringMatching(/^X12_FRAME .*IEA01 is not 1/) as string,
    ]);
  });
});
