import { describe, expect, it } from "vitest";
import { acknowledge, type SegmentFinding } from "../../src/adapters/x12/acknowledge.ts";
import { x12Codec } from "../../src/adapters/x12/codec.ts";
import type { Options } from "../../src/adapters/x12/options.ts";
import { type OpenGroup, readInterchanges } from "../../src/adapters/x12/readings.ts";
import type { DecodeContext } from "../../src/core/contract.ts";
import { BridgeError } from "../../src/core/errors.ts";
import { reasonInGerman } from "../../src/core/pipeline/reasons.ts";
import { chunked, decodeAll, decodeContext, isFault } from "../conformance/codec.ts";
import { ENVELOPE, OPTIONS, ORDER, interchange } from "./x12-sample.ts";

const INVOICE: readonly string[] = [
  "810",
  "BIG*20261102*R-17**4500017",
  "CUR*SE*EUR",
  "N1*RE*Werk Nord",
  "N4*Musterstadt**12345*DE",
  "ITD*01*3*2**10**30",
  "IT1*1*24*EA*18.5**VN*RF-90",
  "PID*F****Bogen 90 Grad",
  "SAC*C*D240***1200",
  "TXI*VA*84.36*19",
  "TDS*44400",
  "CTT*1",
];
const ACKNOWLEDGED: readonly string[] = [
  "997",
  "AK1*PO*7",
  "AK2*850*0001",
  "AK3*BEG*2**8",
  "AK4*3*324*1",
  "AK5*R*5",
  "AK9*R*1*1*0",
];

interface Version {
  readonly isa: string;
  readonly gs: string;
  readonly repetition: string;
}

const EARLIER: Version = { isa: "00401", gs: "004010", repetition: "U" };
const LATER: Version = { isa: "00501", gs: "005010", repetition: "^" };

function text(sets: readonly (readonly string[])[], { isa, gs, repetition }: Version = EARLIER): string {
  return interchange(sets, { version: isa, repetition }).replace("*X*004010", `*X*${gs}`);
}

async function groupOf(bytes: string, options: Partial<Options> = {}): Promise<OpenGroup> {
  const read = await readInterchanges(chunked(Buffer.from(bytes), []), { ...OPTIONS, ...options }, decodeContext());
  expect(read.interchanges.map(({ groups }) => groups.length)).toEqual([1]);
  return read.interchanges[0]!.groups[0]!;
}

/** `tag@position loop code: element.component^repetition code (data element)`, as an acknowledgement says it. */
function shown({ tag, position, loop, code, elements = [] }: SegmentFinding): string {
  const parts = elements.map((one) => {
    const component = one.component === undefined ? "" : `.${one.component}`;
    const repetition = one.repetition === undefined ? "" : `^${one.repetition}`;
    return `${one.position}${component}${repetition}=${one.code}${one.reference === undefined ? "" : `(${one.reference})`}`;
  });
  return [`${tag}@${position}`, loop, code, ...parts].filter((one) => one !== undefined).join(" ");
}

async function found(set: readonly string[], version?: Version): Promise<readonly string[]> {
  const { sets } = await groupOf(text([set], version));
  expect(sets.map(({ codes }) => codes)).toEqual([[]]);
  return sets[0]!.segments.map(shown);
}

/** The order with some of its lines replaced, and others behind them. */
function but(set: readonly string[], from: string, ...to: readonly string[]): readonly string[] {
  const at = set.findIndex((line) => line.startsWith(from));
  expect(at, from).toBeGreaterThan(0);
  return [...set.slice(0, at), ...to, ...set.slice(at + 1)];
}

function times(count: number, line: string): readonly string[] {
  return Array.from({ length: count }, () => line);
}

describe("a transaction set that is as the standard has it", () => {
  it.each([
    ["an order", ORDER],
    ["an invoice", INVOICE],
    ["a functional acknowledgement", ACKNOWLEDGED],
  ])("%s has no findings, in either release", async (_, set) => {
    expect(await found(set)).toEqual([]);
    expect(await found(set, LATER)).toEqual([]);
    expect(await found(set, { ...LATER, gs: "005010X231A1" })).toEqual([]);
    expect(await found(set, { ...EARLIER, gs: "004010VICS" })).toEqual([]);
  });

  it("is an implementation acknowledgement as well", async () => {
    const set = ["999", "AK1*HC*7*005010X222A1", "AK2*837*0001*005010X222A1", "IK3*CLM*23*2300*8"];
    const rest = [
      "CTX*CLM01>987654",
      "CTX*A>1^B>2*CLM*23**5>2*127",
      "IK4*5>2>1*1325*1*x",
      "CTX*C",
      "IK5*R*5",
      "AK9*R*1*1*0",
    ];
    expect(await found([...set, ...rest], LATER)).toEqual([]);
  });

  it("is not looked at in other releases, and where nobody knows the set", async () => {
    const wrong = ["850", "BEG*1"];
    expect(await found(wrong, { ...EARLIER, isa: "00304", gs: "003040" })).toEqual([]);
    expect(await found(wrong, { ...LATER, gs: "006040" })).toEqual([]);
    expect(await found(["940", "W05*1"])).toEqual([]);
    expect(await found(wrong)).not.toEqual([]);
  });

  it("may have blanks that fill a value up, numbers with a sign or an exponent, times with seconds", async () => {
    const order = but(ORDER, "PO1*1", "PO1*1*-24*EA *1.5E3**VN*RF-90");
    expect(await found(but(order, "REF*PS", "REF*PS*R", "DTM*002*20240229*235959", "DTM*010**08150099"))).toEqual([]);
    expect(await found(but(ORDER, "CUR*", "CUR*BY*EUR*******   **"))).toEqual([]);
  });
});

describe("segments", () => {
  const cases: readonly (readonly [string, readonly string[], readonly string[], Version?])[] = [
    ["1: nobody knows it", but(ORDER, "REF*PS", "ZZ9*1"), ["ZZ9@5 1"]],
    ["1: it came with a later release", but(ORDER, "REF*PS", "UIT*EA"), ["UIT@5 1"]],
    ["2: its loop is not open", but(ORDER, "CUR*BY", "SLN*1**I"), ["SLN@3 2"]],
    ["2: it is of the other release", but(ORDER, "CTT", "N9*ZZ*1", "MTX**Text", "CTT*2"), ["MTX@16 2"]],
    ["2: it is of the other release", but(ORDER, "CTT", "N9*ZZ*1", "MSG*Text", "CTT*2"), ["MSG@16 N9 2"], LATER],
    ["2: it stands there by custom only", but(ORDER, "N4*", "DTM*002*20261102"), ["DTM@8 N1 2"]],
    ["3: the first one lacks", but(ORDER, "BEG"), ["BEG@2 3"]],
    ["3: a loop lacks", ["850", "BEG*00*SA*1**20261102", "CTT*0"], ["PO1@3 PO1 3"]],
    ["3: one in a loop lacks", but(INVOICE, "ITD", "ITD*01*3*2**10**30", "LM*VI"), ["LQ@8 LM 3"]],
    ["3: the last one of a loop lacks", but(ACKNOWLEDGED, "AK5"), ["AK5@6 AK2 3"]],
    ["3: two lack at the end", ["810", "IT1*1"], ["BIG@2 3", "TDS@3 3"]],
    ["4: a loop stands too often", but(ORDER, "CTT", ...times(26, "SAC*C*D240***1200"), "CTT*2"), ["SAC@39 SAC 4"]],
    ["5: a segment stands too often", but(ORDER, "N3*", ...times(3, "N3*Hafenstr. 3")), ["N3@9 N1 5"]],
    ["5: what stands there once stands twice", but(ORDER, "CUR", ...times(2, "CUR*BY*EUR")), ["CUR@4 5"]],
    ["6: it is of another set", but(ORDER, "REF*PS", "TDS*1"), ["TDS@5 6"]],
    ["7: it comes too late", but(ORDER, "AMT", "CUR*BY*EUR"), ["CUR@16 7"]],
    ["7: it comes too late in its loop", but(INVOICE, "PID", "PID*F****Bogen", "CUR*SE*EUR"), ["CUR@9 IT1 7"]],
  ];
  for (const [name, set, findings, version] of cases) {
    it(name, async () => expect(await found(set, version)).toEqual(findings));
  }

  it("that are told do not hide the others", async () => {
    const set = ["850", "BEG*00*SA*1**20261302", "ZZA*1", "CUR*BY*EUR", "BEG*00", "PO1*1**EA", "CTT*x"];
    expect(await found(set)).toEqual([
      "BEG@2 5=8(373)",
      "ZZA@3 1",
      "BEG@5 7 2=1(92) 3=1(324) 5=1(373)",
      "PO1@6 PO1 2=2(330)",
      "CTT@7 CTT 1=6(354)",
    ]);
  });
});

describe("elements", () => {
  const order = (from: string, to: string): readonly string[] => but(ORDER, from, to);
  const invoice = (from: string, to: string): readonly string[] => but(INVOICE, from, to);
  const cases: readonly (readonly [string, readonly string[], readonly string[], Version?])[] = [
    ["1: what must be there is missing", order("BEG", "BEG*00**4500017**20261102"), ["BEG@2 2=1(92)"]],
    ["1: nothing but blanks is missing", order("BEG", "BEG*00*  *4500017**20261102"), ["BEG@2 2=1(92)"]],
    ["1: so is a component", order("MEA", "MEA*PD*LN*5*>1"), ["MEA@12 PID 4.1=1(355)"]],
    ["1: of the two at the ends", order("CTT", "CTT"), ["CTT@15 CTT 1=1(354)"]],
    ["2: R, at least one", order("REF*DP", "REF*DP"), ["REF@4 2=2(127)"]],
    ["2: P, all or none", order("N1*ST", "N1*ST*Lager*92"), ["N1@6 N1 4=2(67)"]],
    ["2: P, the first of the two", order("N1*ST", "N1*ST*Lager**0123"), ["N1@6 N1 3=2(66)"]],
    ["2: C, all the others", order("PO1*2", "PO1*2**EA"), ["PO1@13 PO1 2=2(330)"]],
    ["2: L, one of the others", invoice("ITD", "ITD*01*3*2"), ["ITD@6 4=2(370)"]],
    ["2: P of three", invoice("IT1", "IT1*1*24**18.5**VN*RF-90"), ["IT1@7 IT1 3=2(355)"]],
    ["2: a pair far behind", order("PO1*2", "PO1*2*150*EA*6.2**VN*RR-50*BP"), ["PO1@13 PO1 9=2(234)"]],
    ["3: one too many", order("AMT*TT", "AMT*TT*1374**x"), ["AMT@16 CTT 4=3"]],
    ["3: one component too many", order("CUR", "CUR*BY>1*EUR"), ["CUR@3 1=3(98)"]],
    ["13: in 005010", order("CUR", "CUR*BY>1*EUR"), ["CUR@3 1=13(98)"], LATER],
    ["13: of a composite", order("REF*DP", "REF*DP*1**DP>1>DP>2>DP>3>4"), ["REF@4 4.7=13"], LATER],
    ["4: too short", order("CUR", "CUR*B*EUR"), ["CUR@3 1=4(98)"]],
    ["5: too long", order("BEG", `BEG*00*SA*${"4".repeat(23)}**20261102`), ["BEG@2 3=5(324)"]],
    ["5: a number too long", order("CTT", "CTT*1234567"), ["CTT@15 CTT 1=5(354)"]],
    ["5: 30 characters in 004010", order("REF*DP", `REF*DP*${"0".repeat(31)}`), ["REF@4 2=5(127)"]],
    ["5: 50 characters in 005010", order("REF*DP", `REF*DP*${"0".repeat(51)}`), ["REF@4 2=5(127)"], LATER],
    ["6: a letter in a number", order("PO1*1", "PO1*1*2x*EA"), ["PO1@10 PO1 2=6(330)"]],
    ["6: a point in a whole number", invoice("TDS", "TDS*444.00"), ["TDS@11 1=6(610)"]],
    ["6: two points", order("PO1*1", "PO1*1*1.2.3*EA"), ["PO1@10 PO1 2=6(330)"]],
    ["6: no digit at all", order("PO1*1", "PO1*1*-*EA"), ["PO1@10 PO1 2=6(330)"]],
    ["6: a line break", order("N3", "N3*Hafen\nstr. 3"), ["N3@7 N1 1=6(166)"]],
    ["8: no month", order("BEG", "BEG*00*SA*4500017**20261302"), ["BEG@2 5=8(373)"]],
    ["8: no leap year", order("BEG", "BEG*00*SA*4500017**20260229"), ["BEG@2 5=8(373)"]],
    ["8: no digits", order("BEG", "BEG*00*SA*4500017**2. 11.26"), ["BEG@2 5=8(373)"]],
    ["9: no hour", order("REF*PS", "DTM*002*20261102*2460"), ["DTM@5 3=9(337)"]],
    ["9: no second", order("REF*PS", "DTM*002*20261102*081560"), ["DTM@5 3=9(337)"]],
    ["9: half a second", order("REF*PS", "DTM*002*20261102*08150"), ["DTM@5 3=9(337)"]],
    ["10: the one or the other", order("MEA", "MEA*PD*LN*5*EA****TI"), ["MEA@12 PID 8=10(936)"]],
    ["10: a quantity and a text", but(ORDER, "CTT", "QTY*01*5**x", "CTT*2"), ["QTY@15 QTY 4=10(61)"]],
    ["12: what stands there once is repeated", order("CUR", "CUR*BY^SE*EUR"), ["CUR@3 1^2=12(98)"], LATER],
  ];
  for (const [name, set, findings, version] of cases) {
    it(name, async () => expect(await found(set, version)).toEqual(findings));
  }

  it("of a repeated composite are told with their repetition", async () => {
    const set = ["999", "AK1*HC*7", "AK2*837*0001", "IK3*CLM*23", "CTX*A>1^>2^C", "IK5*R", "AK9*R*1*1*0"];
    expect(await found(set, LATER)).toEqual(["CTX@5 IK3 1.1^2=1(9999)"]);
    const many = but(set, "CTX", `CTX*${times(11, "A").join("^")}`);
    expect(await found(many, LATER)).toEqual(["CTX@5 IK3 1^11=12"]);
  });

  it("of ST and SE are looked at as well", async () => {
    const bytes = text([ORDER]).replace("ST*850*0001", "ST*850*1").replace("SE*17*0001", "SE*17*1");
    const { sets } = await groupOf(bytes);
    expect(sets[0]!.segments.map(shown)).toEqual(["ST@1 2=4(329)", "SE@17 2=4(329)"]);
  });

  it("that mean nothing by the bridge file are let be", async () => {
    const bytes = Buffer.from(text([order("BEG", "BEG*00*SA*4500017**00000000")]));
    const options = { ...OPTIONS, empty: ["00000000"] };
    expect((await decodeAll(x12Codec(options), bytes)).messages).toEqual([]);
    expect((await decodeAll(x12Codec(OPTIONS), bytes)).records).toEqual(["X12_ELEMENT"]);
  });
});

describe("what becomes of such a transaction set", () => {
  const wrong = but(but(ORDER, "CUR*BY", "SLN*1**I"), "BEG", "BEG*00*SA**Geheim*20261102");

  async function decoded(options: Partial<Options>, bytes = text([ORDER, wrong])) {
    const notices: BridgeError[] = [];
    const context: DecodeContext = { ...decodeContext(), notice: (what) => void notices.push(what) };
    const outcome = await decodeAll(x12Codec({ ...OPTIONS, ...options }), Buffer.from(bytes), {
      ...decodeContext(),
      ...context,
    });
    return { ...outcome, notices };
  }

  it("is a dead letter, the others are not", async () => {
    const { records, notices, messages, batches } = await decoded({});
    expect(records).toEqual([expect.objectContaining({ ST: { ST01: "850", ST02: "0001" } }), "X12_ELEMENT"]);
    expect(notices).toEqual([]);
    const whole = text([ORDER, wrong]);
    const at = Buffer.byteLength(whole.slice(0, whole.lastIndexOf("BEG*")));
    expect(messages).toEqual([
      `byte ${at}: BEG03 at position 2 (data element 324) is missing, and must be there; and 1 more`,
    ]);
    const fault = batches.flatMap((batch) => batch.records).find(isFault)!.fault;
    expect(fault.detail).toBe(
      `byte ${at}: BEG03 at position 2 (data element 324) is missing, and must be there\n` +
        `byte ${at + 27}: SLN at position 3 stands where the standard does not have it`,
    );
    expect(fault.facts).toEqual({
      transaction: "5",
      segment: "BEG",
      position: 2,
      element: 3,
      elementError: "1",
      byte: at,
    });
    expect(reasonInGerman({ stage: "decode", code: fault.code, facts: fault.facts })).toBe(
      "Segment 2 (BEG), Element BEG03: der vorgeschriebene Wert fehlt.",
    );
  });

  it("is delivered and told in the receipt, where the bridge file says so", async () => {
    for (const options of [{ structure: "notice" }, { strict: false }] as const) {
      const { records, notices, messages } = await decoded(options);
      expect(records).toHaveLength(2);
      expect(records[1]).toMatchObject({ BEG: { BEG04: "Geheim" }, SLN: [{ SLN01: "1" }], PO1: [{}, {}] });
      expect(messages).toEqual([]);
      expect(notices.map(({ code, stage }) => `${code} ${stage}`)).toEqual(["X12_ELEMENT decode"]);
      expect(notices[0]!.message).not.toContain("Geheim");
    }
    expect((await decoded({ strict: false, structure: "refuse" })).records[1]).toBe("X12_ELEMENT");
    const { thrown } = await decoded({ structure: "notice" }, text([ORDER]).replace("GE*1", "GE*2"));
    expect(thrown).toBe("X12_FRAME");
  });

  it("takes the whole interchange with it, where that is the record", async () => {
    expect((await decoded({ record: "interchange" })).records).toEqual(["X12_ELEMENT"]);
    const { records, notices } = await decoded({ record: "interchange", structure: "notice" });
    expect([records.length, notices.length]).toEqual([1, 1]);
  });

  it("names a missing segment and a segment by their places in German", async () => {
    const reason = async (set: readonly string[]): Promise<string> => {
      const { batches } = await decoded({}, text([set]));
      const { code, facts } = batches.flatMap((batch) => batch.records).find(isFault)!.fault;
      expect(code).toBe("X12_STRUCTURE");
      return reasonInGerman({ stage: "decode", code, facts });
    };
    expect(await reason(but(ORDER, "BEG"))).toBe("Vor Segment 2 fehlt das vorgeschriebene Segment BEG.");
    expect(await reason(but(ORDER, "REF*PS", "TDS*1"))).toBe(
      "Segment 5 (TDS): dieses Segment gehört nicht zu dieser Nachricht.",
    );
  });

  it("is told once, and not while the frame is checked", async () => {
    const codec = x12Codec({ ...OPTIONS, structure: "notice" });
    const notices: BridgeError[] = [];
    const context: DecodeContext = { ...decodeContext(), notice: (what) => void notices.push(what) };
    await codec.checkFrame!(chunked(Buffer.from(text([wrong])), []), context);
    expect(notices).toEqual([]);
  });

  it("has a hundred findings at most", async () => {
    const many = but(ORDER, "CTT", ...times(200, "PO1*1*x*EA*y"), "CTT*202");
    const { sets } = await groupOf(text([many]));
    const elements = sets[0]!.segments.flatMap((one) => one.elements ?? []);
    expect(elements).toHaveLength(100);
  });
});

describe("an acknowledgement", () => {
  const wrong = but(but(ORDER, "CUR*BY", "SLN*1**I"), "N1*ST", "N1*ST*Lager*92*0");

  async function answer(bytes: string, kind: "997" | "999", options: Partial<Options> = {}): Promise<string> {
    const group = await groupOf(bytes, options);
    const delimiters = { element: "*", component: ">", repetition: kind === "999" ? "^" : undefined, segment: "~" };
    const stamp = { date: "20261103", time: "101500", number: "77" };
    const groups = [{ ...group, refused: false }];
    const isa = { ...ENVELOPE.ISA, ISA12: kind === "999" ? "00501" : "00401" };
    return acknowledge({ isa, groups }, { kind, stamp, delimiters });
  }

  it("says the findings, and is sound itself", async () => {
    for (const [version, kind] of [
      [EARLIER, "997"],
      [LATER, "999"],
    ] as const) {
      const said = await answer(text([wrong, ORDER], version), kind);
      const [k3, k4, k5] = kind === "997" ? ["AK3", "AK4", "AK5"] : ["IK3", "IK4", "IK5"];
      expect(said).toContain(
        `AK2*850*0001~${k3}*SLN*3**2~${k3}*N1*6*N1*8~${k4}*4*67*4*0~${k5}*R*5~AK2*850*0002~${k5}*A~AK9*P*2*2*1~`,
      );
      const outcome = await decodeAll(x12Codec(OPTIONS), Buffer.from(said));
      expect([outcome.messages, outcome.records.length]).toEqual([[], 1]);
    }
  });

  it("accepts with errors what the bridge takes all the same", async () => {
    for (const options of [{ structure: "notice" }, { strict: false }] as const) {
      expect(await answer(text([wrong, ORDER]), "997", options)).toContain(
        "AK4*4*67*4*0~AK5*E*5~AK2*850*0002~AK5*A~AK9*E*2*2*2~",
      );
    }
    const counted = text([wrong, ORDER]).replace("SE*17*0001", "SE*9*0001");
    expect(await answer(counted, "997", { structure: "notice" })).toContain("AK4*4*67*4*0~AK5*R*4*5~AK2*850*0002~");
  });
});
