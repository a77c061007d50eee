import { describe, expect, it } from "vitest";
import { x12Codec } from "../../src/adapters/x12/codec.ts";
import type { Options } from "../../src/adapters/x12/options.ts";
import { PROFILED, profileOf } from "../../src/adapters/x12/profiles.ts";
import { codecConformance, decodeAll } from "../conformance/codec.ts";
import { ENVELOPE, OPTIONS, ORDER, ORDERED, interchange } from "./x12-sample.ts";

async function read(text: string | Uint8Array, options: Partial<Options> = {}) {
  return await decodeAll(x12Codec({ ...OPTIONS, ...options }), typeof text === "string" ? Buffer.from(text) : text);
}

/** What is wrong inside of a set costs no record. */
const TOLD = { structure: "notice" } as const;

/** Of a set without profile: short, for what is tried at every place. */
const SHORT = ["940", "W05*N*Geheim", "N9*X"];
const SHORTS = interchange([SHORT]);
const short = (number: string) => ({
  ...ENVELOPE,
  ST: { ST01: "940", ST02: number },
  segments: [
    { tag: "W05", W0501: "N", W0502: "Geheim" },
    { tag: "N9", N901: "X" },
  ],
  SE: { SE01: "4", SE02: number },
});
const FIRST = short("0001");
const SECOND = short("0002");

for (const strict of [true, false]) {
  codecConformance({
    name: `x12 ${strict ? "strict" : "lenient"}`,
    open: (window) => x12Codec({ ...OPTIONS, strict }, window),
    secrets: ["Geheim", "WERKNORD"],
    endless: {
      head: SHORTS.slice(0, SHORTS.indexOf("ST*")),
      record: (number) => `ST*850*${number}~BEG*00*SA*${"4".repeat(500)}~SE*3*${number}~\r\n`,
    },
    samples: [
      { name: "nothing at all", bytes: Buffer.alloc(0), records: [] },
      { name: "an order", bytes: Buffer.from(interchange([ORDER])), records: [{ ...ENVELOPE, ...ORDERED }] },
      {
        name: "two interchanges, line ends behind segments, an end-of-file mark",
        bytes: Buffer.from(`\r\n${(SHORTS + interchange([SHORT, SHORT])).replaceAll("~", "~\r\n")}\u001a`),
        records: [FIRST, FIRST, SECOND],
      },
      {
        name: "a segment that is none, between transaction sets that are right",
        bytes: Buffer.from(interchange([SHORT, ["940", "Geheim*1"], SHORT])),
        records: [FIRST, "X12_SEGMENT", short("0003")],
      },
      {
        name: "a byte that does not exist",
        bytes: Buffer.from(interchange([["940", "W05*ü"], SHORT]), "latin1"),
        records: ["ENCODING_INVALID", SECOND],
      },
      { name: "something else", bytes: Buffer.from("Geheim;1;2\n"), records: [], thrown: "X12_FRAME" },
      {
        name: "an ISA that is cut",
        bytes: Buffer.from(SHORTS + SHORTS.slice(0, 60)),
        records: [FIRST],
        thrown: "X12_FRAME",
      },
      {
        name: "a transaction set that is cut",
        bytes: Buffer.from(interchange([SHORT, SHORT]).slice(0, -45)),
        records: [FIRST, "X12_TRUNCATED"],
        ...(strict && { thrown: "X12_FRAME" }),
      },
    ],
  });
}

describe("an interchange", () => {
  it("says its delimiters itself, whichever they are", async () => {
    for (const [element, component, end] of [
      ["|", ":", "'"],
      ["^", "<", "\n"],
      ["\u001d", "\u001f", "\u001c"],
      ["*", ">", "\r\n"],
    ] as const) {
      const text = interchange([ORDER], { end }).replaceAll("*", element).replaceAll(">", component);
      const { records, messages } = await read(text);
      expect(messages).toEqual([]);
      expect(records).toEqual([{ ...ENVELOPE, ISA: { ...ENVELOPE.ISA, ISA16: component }, ...ORDERED }]);
    }
  });

  it("has repetitions from version 00402 on, and not before", async () => {
    const set = ["271", "EB*1**30^35*MC>X^A"];
    const of = async (version: string): Promise<unknown> => {
      const { records } = await read(interchange([set], { version, repetition: "^" }));
      return (records[0] as { segments: unknown[] }).segments[0];
    };
    expect(await of("00501")).toEqual({ tag: "EB", EB01: "1", EB03: ["30", "35"], EB04: [{ C1: "MC", C2: "X" }, "A"] });
    expect(await of("00401")).toEqual({ tag: "EB", EB01: "1", EB03: "30^35", EB04: { C1: "MC", C2: "X^A" } });
  });

  it("is one record where the bridge says so", async () => {
    const { records } = await read(interchange([ORDER, SHORT]), { record: "interchange" });
    const { ISA, GS } = ENVELOPE;
    const { ST, segments, SE } = SECOND;
    expect(records).toEqual([{ ISA, groups: [{ GS, transactions: [ORDERED, { ST, segments, SE }] }] }]);
    const broken = interchange([ORDER, SHORT]).replace("SE*17", "SE*16");
    expect((await read(broken + SHORTS, { record: "interchange" })).records).toEqual([
      "X12_TRANSACTION",
      { ISA, groups: [{ GS, transactions: [{ ST: FIRST.ST, segments, SE: FIRST.SE }] }] },
    ]);
  });

  it("leaves out values that mean empty, and blanks", async () => {
    const { records } = await read(interchange([["940", "W05*00000000*   *x>> >"]]), { empty: ["00000000"] });
    expect((records[0] as typeof FIRST).segments).toEqual([{ tag: "W05", W0503: { C1: "x" } }]);
  });

  it("keeps what its profile does not know in the loop that is open", async () => {
    const set = ["850", "BEG*00", "ZZA*1", "N1*ST", "ZZB*2", "PO1*1", "ZZC*3", "BEG*01", "CTT*1"];
    const { records } = await read(interchange([set]), TOLD);
    expect(records[0]).toMatchObject({
      BEG: [{ BEG01: "00" }, { BEG01: "01" }],
      ZZA: [{ ZZA01: "1" }],
      N1: [{ N101: "ST", ZZB: [{ ZZB01: "2" }] }],
      PO1: [{ PO101: "1", ZZC: [{ ZZC01: "3" }] }],
      CTT: { CTT01: "1" },
    });
  });

  it("puts acknowledgements and invoices into their loops", async () => {
    const ack = [
      "997",
      "AK1*PO*7",
      "AK2*850*0001",
      "AK3*BEG*2**8",
      "AK4*3*324*1",
      "AK5*R*5",
      "AK2*850*0002",
      "AK5*A",
      "AK9*P*2*2*1",
    ];
    expect((await read(interchange([ack]))).records[0]).toMatchObject({
      AK1: { AK101: "PO" },
      AK2: [
        { AK202: "0001", AK3: [{ AK301: "BEG", AK4: [{ AK401: { C1: "3" }, AK403: "1" }] }], AK5: { AK501: "R" } },
        { AK202: "0002", AK5: { AK501: "A" } },
      ],
      AK9: { AK901: "P" },
    });
    const invoice = [
      "810",
      "BIG*20261102*R-1",
      "N1*RE*Werk",
      "N4*Ort",
      "IT1*1*2*EA*3",
      "PID*F",
      "SAC*C",
      "TXI*VA",
      "TDS*600",
      "SAC*A",
      "CTT*1",
    ];
    expect((await read(interchange([invoice]), TOLD)).records[0]).toMatchObject({
      BIG: { BIG02: "R-1" },
      N1: [{ N101: "RE", N4: [{ N401: "Ort" }] }],
      IT1: [{ IT101: "1", PID: [{ PID01: "F" }], SAC: [{ SAC01: "C", TXI: [{ TXI01: "VA" }] }] }],
      TDS: { TDS01: "600" },
      SAC: [{ SAC01: "A" }],
      CTT: { CTT01: "1" },
    });
  });

  it("keeps what comes too late in the loop that has it, and not behind what must stand between", async () => {
    const invoice = ["810", "BIG*1", "IT1*1", "DTM*011", "TXI*VA", "PID*F", "TDS*1", "TXI*VA", "CTT*1"];
    expect((await read(interchange([invoice]), TOLD)).records[0]).toMatchObject({
      IT1: [{ DTM: [{ DTM01: "011" }], TXI: [{ TXI01: "VA" }], PID: [{ PID01: "F" }] }],
      TXI: [{ TXI01: "VA" }],
    });
  });

  const two = interchange([SHORT, SHORT]);
  const wrong: readonly (readonly [string, string, readonly unknown[], string | undefined, RegExp])[] = [
    [
      "SE01 that counts wrong",
      two.replace("SE*4*0001", "SE*5*0001"),
      ["X12_TRANSACTION", SECOND],
      undefined,
      /SE01 says 5, and there are 4/,
    ],
    [
      "SE02 that is another",
      two.replace("SE*4*0001", "SE*4*0003"),
      ["X12_TRANSACTION", SECOND],
      undefined,
      /SE02 is another/,
    ],
    ["no SE", two.replace("SE*4*0001~", ""), ["X12_TRANSACTION", SECOND], undefined, /has no SE/],
    ["no ST01", interchange([["", "W05*1"], SHORT]), ["X12_TRANSACTION", SECOND], undefined, /ST01 is blank/],
    [
      "binary data",
      interchange([["841", "BIN*3*a~b"], SHORT]).replace("a~b", "abc"),
      ["X12_TRANSACTION", SECOND],
      undefined,
      /BIN holds binary/,
    ],
    ["GE01 that counts wrong", two.replace("GE*2", "GE*3"), [FIRST, SECOND], "X12_FRAME", /GE01 is not 2/],
    ["GE02 that is another", two.replace("GE*2*7", "GE*2*8"), [FIRST, SECOND], "X12_FRAME", /GE02 is another/],
    ["no GE", two.replace("GE*2*7~", ""), [FIRST, SECOND], "X12_FRAME", /no GE/],
    ["IEA01 that counts wrong", two.replace("IEA*1", "IEA*2"), [FIRST, SECOND], "X12_FRAME", /IEA01 is not 1/],
    [
      "IEA02 that is another",
      two.replace(/IEA.*~/, "IEA*1*000000043~"),
      [FIRST, SECOND],
      "X12_FRAME",
      /IEA02 is another/,
    ],
    ["no IEA", two.replace(/IEA.*~/, ""), [FIRST, SECOND], "X12_FRAME", /its IEA is missing/],
    [
      "no IEA and another interchange",
      two.replace(/IEA.*~/, "") + SHORTS,
      [FIRST, SECOND],
      "X12_FRAME",
      /before has no IEA/,
    ],
    [
      "a set outside of a group",
      two.replace(/GS.*?~/, "").replace(/GE.*?~/, ""),
      [],
      "X12_FRAME",
      /outside of a group/,
    ],
    ["a segment outside of a set", two.replace("ST*940*0001~", ""), [], "X12_FRAME", /outside of a transaction set/],
    ["an SE too many", two.replace("GE*", "SE*4*0002~GE*"), [FIRST, SECOND], "X12_FRAME", /none is open/],
    [
      "an ISA that is filled too far",
      two.replace("WERKNORD  ", "WERKNORD   "),
      [],
      "X12_FRAME",
      /ISA06 has 16 characters, 15 expected/,
    ],
  ];
  it.each(wrong)("with %s is found", async (_, text, records, thrown, message) => {
    const outcome = await read(text);
    expect(outcome.records).toEqual(records);
    expect(outcome.thrown).toBe(thrown);
    expect(outcome.messages.join("\n")).toMatch(message);
    expect(outcome.messages.join("\n")).toMatch(/^byte \d+: /);
  });

  it("is read all the same where nothing must be strict", async () => {
    const alike = /SE01|SE02|no SE|GE01|GE02|no GE|IEA|too many|filled/;
    for (const [name, text] of wrong.filter(([name]) => alike.test(name))) {
      const { records, thrown } = await read(text, { strict: false });
      expect(thrown, name).toBeUndefined();
      expect(records.length, name).toBeGreaterThanOrEqual(2);
      for (const record of records) expect(record, name).toMatchObject({ segments: FIRST.segments });
    }
  });

  it("is refused where delimiters cannot be told apart", async () => {
    expect((await read(SHORTS.replaceAll(">", "*"))).thrown).toBe("X12_FRAME");
    expect((await read(SHORTS.replaceAll("*", "A"))).thrown).toBe("X12_FRAME");
    expect((await read(SHORTS.replace(">~", "> "))).thrown).toBe("X12_FRAME");
  });

  it("carries the codes of an acknowledgement with what is wrong", async () => {
    const codec = x12Codec(OPTIONS);
    async function* bytes(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(two.replace("SE*4*0001", "SE*5*0001"));
    }
    const context = { signal: new AbortController().signal, pinned: undefined, detected: () => {} };
    for await (const { records } of codec.decode(bytes(), context)) {
      expect(records[0]).toMatchObject({ fault: { facts: { transaction: "4" } } });
    }
    await expect(codec.checkFrame!(bytes(), context)).resolves.toBeUndefined();
    async function* cut(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(two.replace("GE*2", "GE*3"));
    }
    await expect(codec.checkFrame!(cut(), context)).rejects.toMatchObject({ code: "X12_FRAME", facts: { group: "5" } });
    expect(x12Codec({ ...OPTIONS, strict: false }).checkFrame).toBeUndefined();
  });

  it("is bounded: segments, elements, records", async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(SHORTS.slice(0, -60));
      for (let chunk = 0; chunk < 512; chunk++) yield Buffer.alloc(64 * 1024, 0x41);
    }
    expect((await decodeAll(x12Codec(OPTIONS), endless())).thrown).toBe("X12_SEGMENT");
    expect((await read(interchange([["940", `W05${"*1".repeat(1_001)}`]]))).thrown).toBe("X12_SEGMENT");
    const many = ["940", ...Array.from({ length: 500_001 }, () => "N9*1")];
    expect((await read(interchange([many, SHORT]))).records).toEqual(["RECORD_TOO_LARGE", SECOND]);
    const long = ["940", ...Array.from({ length: 300 }, () => "N9*12345678")];
    expect((await read(interchange([long, SHORT]), { most: 2048 })).records).toEqual(["RECORD_TOO_LARGE", SECOND]);
  });

  it("survives NUL, other encodings and names that are none", async () => {
    expect((await read("\0".repeat(3000) + SHORTS)).records).toEqual([FIRST]);
    expect((await read(Buffer.from(SHORTS, "utf16le"))).thrown).toBe("X12_FRAME");
    expect((await read(Buffer.from(`\ufeff${SHORTS}`, "utf16le"), { encoding: "utf-16" })).records).toEqual([FIRST]);
    expect((await read(interchange([["940", "__proto__*1"], SHORT]))).records).toEqual(["X12_SEGMENT", SECOND]);
  });

  it("has profiles whose loops can be told apart", () => {
    expect(PROFILED).toEqual(["810", "850", "997", "999"]);
    for (const release of ["004010", "005010"] as const) {
      for (const set of PROFILED) expect(profileOf(set, release)!.parts.size).toBeGreaterThan(2);
      expect(profileOf("constructor", release)).toBeUndefined();
    }
  });
});
