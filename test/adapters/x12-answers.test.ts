// 997, 999 and TA1 for what comes, each defect in the place and with the code that X12 has for it.

import { describe, expect, it } from "vitest";
import { acknowledger } from "../../src/adapters/x12/answers/acknowledger.ts";
import type { Options as AnswerOptions } from "../../src/adapters/x12/answers/options.ts";
import { x12Codec } from "../../src/adapters/x12/codec.ts";
import type { Options } from "../../src/adapters/x12/options.ts";
import type { EndedDrop } from "../../src/core/contract.ts";
import type { BridgeError } from "../../src/core/errors.ts";
import { decodeAll } from "../conformance/codec.ts";
import { endedOf } from "./ended-drop.ts";
import { OPTIONS, ORDER, interchange } from "./x12-sample.ts";

interface Question extends Partial<AnswerOptions> {
  readonly decoding?: Partial<Options>;
  readonly drop?: Partial<EndedDrop>;
}

interface Answered {
  readonly kinds: readonly string[];
  /** Segments of each. */
  readonly texts: readonly string[];
  readonly notices: readonly BridgeError[];
}

async function answersTo(given: string | Uint8Array | readonly string[], question: Question = {}): Promise<Answered> {
  const { decoding, drop, set = "997", ta1 = "requested" } = question;
  const files = typeof given === "string" || given instanceof Uint8Array ? [given] : given;
  const notices: BridgeError[] = [];
  const by = acknowledger({ set, ta1 }, { ...OPTIONS, ...decoding });
  const ended = endedOf(
    files.map((one) => Buffer.from(one)),
    notices,
    drop,
  );
  const answers = await by.acknowledge(ended, new AbortController().signal);
  for (const { body } of answers) {
    // Our own reader takes it strictly.
    const read = await decodeAll(x12Codec({ ...OPTIONS, encoding: decoding?.encoding ?? "utf-8" }), body);
    expect([read.thrown, ...read.messages]).toEqual([undefined]);
  }
  return {
    kinds: answers.map(({ kind }) => kind),
    texts: answers.map(({ body }) => Buffer.from(body).toString(decoding?.encoding ? "latin1" : "utf8")),
    notices,
  };
}

/** Between ISA and IEA, without GS, ST, SE and GE. */
async function told(given: string | Uint8Array, question: Question = {}): Promise<readonly string[]> {
  const { texts } = await answersTo(given, question);
  return texts.flatMap((text) => text.split("~").filter((line) => /^(?:TA1|AK|IK)/.test(line)));
}

const SET = ["940", "W05*N*1", "N1*ST*Lager"];
const TWO = interchange([ORDER, SET]);
const OTHER = interchange([SET]).replaceAll("000000042", "000000043");
const ok = (set: string, number: string): string[] => [`AK2*${set}*${number}`, "AK5*A"];

describe("an interchange that is sound", () => {
  it("is accepted, with sender and receiver exchanged and numbers of the bridge's own", async () => {
    const { texts, kinds, notices } = await answersTo([TWO, OTHER]);
    expect(kinds).toEqual(["997", "997"]);
    expect(notices).toEqual([]);
    expect(texts[0]).toBe(
      "ISA*00*          *00*          *ZZ*HANDELSUED     *ZZ*WERKNORD       *261102*1230*U*00401*000000001*0*P*>~" +
        "GS*FA*HANDELSUED*WERKNORD*20261102*1230*1*X*004010~ST*997*0001~AK1*PO*7~AK2*850*0001~AK5*A~AK2*940*0002~AK5*A~" +
        "AK9*A*2*2*2~SE*8*0001~GE*1*1~IEA*1*000000001~",
    );
    expect(texts[1]).toContain("*000000002*0*P*>~");
  });

  it("is answered in its own delimiters and its own encoding, a test with a test", async () => {
    const given = interchange([ORDER])
      .replace("*0*P*>", "*0*T*>")
      .replaceAll("*", "|")
      .replace("HANDELSUED ", "HANDELSÜD  ");
    const { texts } = await answersTo(Buffer.from(given, "latin1"), { decoding: { encoding: "iso-8859-1" } });
    expect(texts[0]).toMatch(/^ISA\|00\| {10}\|00\| {10}\|ZZ\|HANDELSÜD {6}\|ZZ\|WERKNORD.*\|T\|>~GS\|FA\|/);
  });

  it("has a 997 for each of its groups, whose numbers are not the same", async () => {
    const groups = TWO.replace(
      "IEA*1",
      "GS*PO*EINKAUF*LAGER*20261102*0815*8*X*004010~ST*940*0001~W05*N~SE*3*0001~GE*1*8~IEA*2",
    );
    const { texts } = await answersTo([groups, OTHER]);
    const lines = texts[0]!.split("~");
    expect(lines.filter((line) => /^(?:GS|AK1|GE|IEA)/.test(line))).toEqual([
      "GS*FA*HANDELSUED*WERKNORD*20261102*1230*1*X*004010",
      "AK1*PO*7",
      "GE*1*1",
      "GS*FA*LAGER*EINKAUF*20261102*1230*2*X*004010",
      "AK1*PO*8",
      "GE*1*2",
      "IEA*2*000000001",
    ]);
    expect(texts[1]).toContain("IEA*1*000000003~");
  });

  it("hears a TA1 where it asks for one, or the bridge sends it always", async () => {
    const asking = TWO.replace("*0*P*>", "*1*P*>");
    const ta1 = "TA1*000000042*261102*0815*A*000";
    expect((await told(asking))[0]).toBe(ta1);
    expect((await told(asking, { ta1: false }))[0]).toBe("AK1*PO*7");
    expect((await told(TWO))[0]).toBe("AK1*PO*7");
    expect((await told(TWO, { ta1: true }))[0]).toBe(ta1);
  });

  it("that is an acknowledgement itself is not answered", async () => {
    const ack = interchange([["997", "AK1*PO*7", "AK9*A*1*1*1"]]);
    for (const one of [ack.replace("GS*PO", "GS*FA"), ack, ack.replace("GS*PO", "GS*FA").replace("*0*P*>", "*1*P*>")]) {
      expect((await answersTo(one, { ta1: true })).texts).toEqual([]);
    }
    const alone = TWO.replace(/GS\*.*GE\*2\*7~/, "TA1*000000001*261102*0815*A*000~").replace("IEA*1", "IEA*0");
    expect((await answersTo(alone, { ta1: true })).texts).toEqual([]);
  });
});

describe("a transaction set that is a dead letter", () => {
  const defects: readonly (readonly [what: string, given: string | Uint8Array, ...segments: string[]])[] = [
    ["SE01 that counts wrong", TWO.replace("SE*17", "SE*16"), "AK5*R*4"],
    ["SE02 that is another", TWO.replace("SE*17*0001", "SE*17*0009"), "AK5*R*3"],
    ["no SE", TWO.replace("SE*17*0001~", ""), "AK5*R*2"],
    ["a segment without a name", TWO.replace("CUR*BY", "cur*BY"), "AK3*cur*3**1", "AK5*R*5"],
    ["a segment whose name cannot be told", TWO.replace("CUR*BY", "<§>*BY"), "AK5*R*5"],
    [
      "a character that does not exist",
      broken(TWO.replace("Lager Nord", "Lager N\u0001rd")),
      "AK3*N1*6**8",
      "AK4*2**6",
      "AK5*R*5",
    ],
    ["such a one in a component", broken(TWO.replace("MR>1", "MR>\u0001")), "AK3*MEA*12**8", "AK4*4>2**6", "AK5*R*5"],
    ["one that is longer than it may be", TWO.replace("Hafenstr. 3", "x".repeat(3_000)), "AK5*R*5"],
  ];

  /** U+0001 stands for a byte that is no UTF-8. */
  function broken(text: string): Uint8Array {
    const bytes = Buffer.from(text);
    return bytes.map((byte) => (byte === 1 ? 0xff : byte));
  }

  const named = defects.map(([what, given, ...segments]) => ({ what, given, segments }));
  it.each(named)("for $what is refused alone", async ({ given, segments }) => {
    const decoding = { most: 2_048 };
    const expected = ["AK1*PO*7", "AK2*850*0001", ...segments, ...ok("940", "0002"), "AK9*P*2*2*1"];
    expect(await told(given, { decoding })).toEqual(expected);
    const full = expected.map((line) => line.replace(/^AK([345])/, "IK$1").replace("AK1*PO*7", "AK1*PO*7*004010"));
    expect(await told(given, { decoding, set: "999" })).toEqual(full);
  });

  it("refuses its group where it is the only one", async () => {
    expect((await told(interchange([ORDER]).replace("SE*17", "SE*16"))).at(-1)).toBe("AK9*R*1*1*0");
  });

  it("costs its interchange where that is one record", async () => {
    const groups = TWO.replace("SE*17", "SE*16");
    expect(await told(groups + OTHER, { decoding: { record: "interchange" } })).toEqual([
      "AK1*PO*7",
      "AK2*850*0001",
      "AK5*R*4",
      "AK2*940*0002",
      "AK5*R",
      "AK9*R*2*2*0",
      "AK1*PO*7",
      ...ok("940", "0001"),
      "AK9*A*1*1*1",
    ]);
  });

  it("is none where the bridge does not look at counts", async () => {
    expect((await told(TWO.replace("SE*17", "SE*16"), { decoding: { strict: false } })).at(-1)).toBe("AK9*A*2*2*2");
  });
});

const REFUSED = ["AK1*PO*7", "AK2*850*0001", "AK5*R", "AK2*940*0002", "AK5*R"];

describe("a frame that is broken", () => {
  it.each([
    ["GE01 that counts wrong", TWO.replace("GE*2", "GE*3"), "AK9*R*3*2*0*5"],
    ["GE02 that is another", TWO.replace("GE*2*7", "GE*2*8"), "AK9*R*2*2*0*4"],
    ["no GE", TWO.replace("GE*2*7~", ""), "AK9*R*2*2*0*3"],
  ])("for %s refuses the group, and the others of the drop with it", async (_, given, last) => {
    expect(await told(given)).toEqual([...REFUSED, last]);
    expect((await told(given + OTHER)).slice(-4)).toEqual(["AK1*PO*7", "AK2*940*0001", "AK5*R", "AK9*R*1*1*0"]);
  });

  it.each([
    ["IEA02 that is another", TWO.replace("IEA*1*000000042", "IEA*1*000000041"), "001"],
    ["IEA01 that counts wrong", TWO.replace("IEA*1", "IEA*2"), "021"],
    ["no IEA", TWO.replace(/IEA.*~/, ""), "023"],
    ["an end in the middle", TWO.slice(0, TWO.indexOf("N3*Haf") + 4), "023"],
    ["a segment outside of its place", TWO.replace("ST*850*0001~", ""), "022"],
    ["no group", TWO.replace(/GS.*?~/, "").replace(/GE.*?~/, ""), "022"],
    ["a segment without end", TWO.replace("Hafenstr. 3", "x".repeat(70_000)), "022"],
  ])("for %s is refused by TA1, or by its groups where there is none", async (_, given, note) => {
    expect(await told(given)).toEqual([`TA1*000000042*261102*0815*R*${note}`]);
    const lines = await told(given, { ta1: false });
    expect(lines.some((line) => line.startsWith("TA1") || line === "AK5*A" || /^AK9\*[^R]/.test(line))).toBe(false);
    const beside = (await answersTo(OTHER + given)).texts;
    expect(beside[0]).toContain("AK9*R*1*1*0~");
  });

  it("is an E where the bridge is not strict, because what was read was taken", async () => {
    const given = TWO.replace("Lager~", `${"x".repeat(70_000)}~`);
    expect(await told(given, { decoding: { strict: false } })).toEqual([
      "TA1*000000042*261102*0815*E*022",
      "AK1*PO*7",
      ...ok("850", "0001"),
      "AK9*A*1*1*1",
    ]);
  });

  it("that cannot be answered is told to people", async () => {
    const nobody = await answersTo("Das ist kein X12.");
    expect(nobody.texts).toEqual([]);
    expect(nobody.notices).toMatchObject([{ code: "X12_UNANSWERED", facts: { why: "identity" } }]);
    const blank = await answersTo(TWO.replace("WERKNORD       *ZZ", "               *ZZ"));
    expect([blank.texts, blank.notices]).toMatchObject([[], [{ facts: { why: "identity" } }]]);
    const long = await answersTo(TWO.replace("WERKNORD       ", "WERKNORDUNDNOCHETWAS"), {
      decoding: { strict: false },
    });
    expect([long.texts, long.notices]).toMatchObject([[], [{ facts: { why: "form" } }]]);
  });
});

describe("a drop that came before", () => {
  it("hears so", async () => {
    const drop = { state: "duplicate" } as const;
    expect(await told(TWO, { drop })).toEqual(["TA1*000000042*261102*0815*R*025"]);
    expect(await told(TWO, { drop, ta1: false })).toEqual([...REFUSED, "AK9*R*2*2*0"]);
    expect((await answersTo(TWO, { drop })).kinds).toEqual(["ta1"]);
  });
});
