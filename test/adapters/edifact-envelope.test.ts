// What is wrong with interchanges, groups and messages: codes of data element 0085, places, and what is read all the same.

import { describe, expect, it } from "vitest";
import type { Options } from "../../src/adapters/edifact/options.ts";
import { BridgeError } from "../../src/core/errors.ts";
import { chunked, decodeAll, decodeContext } from "../conformance/codec.ts";
import { edifact, interchange, order, orderRecord, UNB } from "./edifact-samples.ts";

interface Outcome {
  /** Records; of a fault its error. */
  readonly records: readonly unknown[];
  readonly faults: readonly BridgeError[];
  readonly notices: readonly BridgeError[];
  readonly thrown: BridgeError | undefined;
  /** Of the pass over the frame before anything is delivered. */
  readonly frame: BridgeError | undefined;
}

async function read(text: string | Uint8Array, options: Partial<Options> = {}): Promise<Outcome> {
  const bytes = typeof text === "string" ? Buffer.from(text, "latin1") : text;
  const codec = edifact(options);
  const notices: BridgeError[] = [];
  const faults: BridgeError[] = [];
  const records: unknown[] = [];
  const context = { ...decodeContext(), notice: (what: BridgeError) => void notices.push(what) };
  const frame = await failureOf(() => codec.checkFrame!(chunked(bytes, []), context));
  expect(notices).toEqual([]);
  const thrown = await failureOf(async () => {
    for await (const batch of codec.decode(chunked(bytes, []), context)) {
      for (const record of batch.records) {
        const { fault } = record as { fault?: unknown };
        if (fault instanceof BridgeError) faults.push(fault);
        else records.push(record);
      }
    }
  });
  return { records, faults, notices, thrown, frame };
}

async function failureOf(work: () => Promise<void>): Promise<BridgeError | undefined> {
  try {
    await work();
    return undefined;
  } catch (cause) {
    if (cause instanceof BridgeError) return cause;
    throw cause;
  }
}

const GROUP = "UNG+ORDERS+A+B+261101:1200+G1+UN+D:96A'";

/** What breaks the interchange: the drop, code, 0085, level, where. */
const BROKEN: readonly [name: string, text: string, code: string, error: string, level: string, facts: object][] = [
  ["no UNZ", `${UNB}${order(1)}`, "EDIFACT_BROKEN", "13", "UCI", { segment: "UNZ" }],
  [
    "UNB where UNZ is due",
    `${UNB}${order(1)}${interchange(order(1))}`,
    "EDIFACT_BROKEN",
    "13",
    "UCI",
    { segment: "UNZ" },
  ],
  ["UNA where UNZ is due", `${UNB}${order(1)}UNA:+.? '${interchange(order(1))}`, "EDIFACT_BROKEN", "13", "UCI", {}],
  ["count of UNZ", `${UNB}${order(1)}UNZ+2+REF1'`, "EDIFACT_BROKEN", "29", "UCI", { segment: "UNZ", element: 2 }],
  ["no count in UNZ", `${UNB}${order(1)}UNZ++REF1'`, "EDIFACT_BROKEN", "13", "UCI", { segment: "UNZ", element: 2 }],
  ["no number in UNZ", `${UNB}${order(1)}UNZ+x+REF1'`, "EDIFACT_BROKEN", "37", "UCI", { segment: "UNZ", element: 2 }],
  ["reference of UNZ", `${UNB}${order(1)}UNZ+1+REF2'`, "EDIFACT_BROKEN", "28", "UCI", { segment: "UNZ", element: 3 }],
  ["no reference in UNZ", `${UNB}${order(1)}UNZ+1'`, "EDIFACT_BROKEN", "13", "UCI", { segment: "UNZ", element: 3 }],
  ["nothing inside", `${UNB}UNZ+0+REF1'`, "EDIFACT_BROKEN", "32", "UCI", { segment: "UNZ" }],
  ["a segment outside", `${UNB}BGM+1'${order(1)}UNZ+1+REF1'`, "EDIFACT_BROKEN", "33", "UCI", { segment: "BGM" }],
  ["UNT outside", `${UNB}${order(1)}UNT+1+1'UNZ+1+REF1'`, "EDIFACT_BROKEN", "33", "UCI", { segment: "UNT" }],
  [
    "syntax 5",
    interchange(order(1)).replace("UNOC:3", "UNOC:5"),
    "EDIFACT_SYNTAX",
    "2",
    "UCI",
    { element: 2, component: 2 },
  ],
  [
    "no UNO",
    interchange(order(1)).replace("UNOC:3", "ABCD:3"),
    "EDIFACT_SYNTAX",
    "2",
    "UCI",
    { element: 2, component: 1 },
  ],
  [
    "no UNO in syntax 4",
    interchange(order(1)).replace("UNOC:3", "ABCD:4"),
    "EDIFACT_SYNTAX",
    "46",
    "UCI",
    { component: 1 },
  ],
  ["no sender", interchange(order(1)).replace("4000001000005:14", ""), "EDIFACT_BROKEN", "13", "UCI", { element: 3 }],
  [
    "no recipient",
    interchange(order(1)).replace("4000002000004:14", ""),
    "EDIFACT_BROKEN",
    "13",
    "UCI",
    { element: 4 },
  ],
  ["no reference in UNB", interchange(order(1)).replace("+REF1'", "'"), "EDIFACT_BROKEN", "13", "UCI", { element: 6 }],
  ["the same interchange twice", interchange(order(1)).repeat(2), "EDIFACT_BROKEN", "26", "UCI", { segment: "UNB" }],
  ["no UNE", `${UNB}${GROUP}${order(1)}UNZ+1+REF1'`, "EDIFACT_BROKEN", "13", "UCF", {}],
  ["count of UNE", `${UNB}${GROUP}${order(1)}UNE+2+G1'UNZ+1+REF1'`, "EDIFACT_BROKEN", "29", "UCF", { segment: "UNE" }],
  [
    "reference of UNE",
    `${UNB}${GROUP}${order(1)}UNE+1+G2'UNZ+1+REF1'`,
    "EDIFACT_BROKEN",
    "28",
    "UCF",
    { segment: "UNE" },
  ],
  ["an empty group", `${UNB}${GROUP}UNE+0+G1'UNZ+1+REF1'`, "EDIFACT_BROKEN", "32", "UCF", { segment: "UNE" }],
  ["UNE alone", `${UNB}${order(1)}UNE+1+G1'UNZ+1+REF1'`, "EDIFACT_BROKEN", "33", "UCI", { segment: "UNE" }],
  [
    "groups and messages",
    `${UNB}${GROUP}${order(1)}UNE+1+G1'${order(2)}UNZ+1+REF1'`,
    "EDIFACT_BROKEN",
    "30",
    "UCI",
    { segment: "UNH" },
  ],
  [
    "messages and groups",
    `${UNB}${order(2)}${GROUP}${order(1)}UNE+1+G1'UNZ+1+REF1'`,
    "EDIFACT_BROKEN",
    "30",
    "UCI",
    { segment: "UNG" },
  ],
  [
    "a group twice",
    `${UNB}${`${GROUP}${order(1)}UNE+1+G1'`.repeat(2)}UNZ+2+REF1'`,
    "EDIFACT_BROKEN",
    "26",
    "UCF",
    { segment: "UNG" },
  ],
  ["blanks in front of UNZ", `${UNB}${order(1)}\r\n UNZ+1+REF1'`, "EDIFACT_BROKEN", "18", "UCI", { line: 2 }],
  ["no terminator behind UNZ", interchange(order(1)).slice(0, -1), "EDIFACT_BROKEN", "13", "UCI", { segment: "UNZ" }],
  ["no UNB", `${order(1)}UNZ+1+REF1'`, "EDIFACT_BROKEN", "13", "UCI", { segment: "UNB", offset: 0 }],
];

describe("a broken interchange", () => {
  it.each(BROKEN)(
    "%s: delivers nothing where the partner is read strictly",
    async (_, text, code, error0085, level, facts) => {
      const { frame, thrown } = await read(text);
      for (const failure of [frame, thrown]) {
        expect(failure).toMatchObject({ code, stage: "decode", facts: { error0085, level, ...facts } });
      }
    },
  );

  it.each(BROKEN)("%s: is read and told where he is read leniently", async (_, text, code, error0085, level, facts) => {
    const { frame, thrown, notices, records, faults } = await read(text, { strict: false });
    expect([frame, thrown, ...faults]).toEqual([undefined, undefined]);
    expect(notices[0]).toMatchObject({ code, facts: { error0085, level, ...facts } });
    expect(records.length).toBe([...text.matchAll(/UNH\+/g)].length);
  });

  it.each([
    ["letters in UNA", "UNA:+.?A'", "20"],
    ["twice the same in UNA", "UNA::.? '", "20"],
    ["a blank as separator", "UNA: .? '", "20"],
    ["other separators than UNA says", `UNA:|.? '${interchange(order(1))}`, "22"],
    ["nothing behind UNB", "UNB", "22"],
    ["no interchange at all", "BGM+1'", "13"],
    ["an interactive one", "UIB+UNOA:4'", "13"],
    ["something behind it", `${interchange(order(1))}NR;NAME`, "13"],
    ["cut inside of a segment", interchange(order(1)).slice(0, -30), "13"],
    ["an object that is cut", `${UNB}UNH+1+X:1:1:UN'UNO+1+++400'abc`, "13"],
    ["an object of unknown length", `${UNB}UNH+1+X:1:1:UN'UNO+1+++x'abc`, "12"],
  ])("%s cannot be read at all", async (_, text, error0085) => {
    for (const strict of [true, false]) {
      const { frame, thrown } = await read(text, { strict });
      for (const failure of [frame, thrown])
        expect(failure).toMatchObject({ code: "EDIFACT_BROKEN", facts: { error0085 } });
    }
  });
});

/** What is wrong with one message: the message, code, 0085, level, place. */
const BAD: readonly [name: string, message: string, code: string, error: string, level: string, facts: object][] = [
  ["no UNT", order(2).replace(/UNT.*$/, ""), "EDIFACT_ENVELOPE", "13", "UCM", { segment: "UNT" }],
  [
    "count of UNT",
    order(2).replace("UNT+10", "UNT+11"),
    "EDIFACT_ENVELOPE",
    "29",
    "UCM",
    { segment: "UNT", position: 10, element: 2 },
  ],
  [
    "reference of UNT",
    order(2).replace("UNT+10+2", "UNT+10+3"),
    "EDIFACT_ENVELOPE",
    "28",
    "UCM",
    { segment: "UNT", element: 3 },
  ],
  ["the reference twice", order(1), "EDIFACT_ENVELOPE", "26", "UCM", { segment: "UNH", position: 1, element: 2 }],
  [
    "no segment tag",
    order(2).replace("DTM", "dtm+1'DTM").replace("UNT+10", "UNT+11"),
    "EDIFACT_STRUCTURE",
    "15",
    "UCS",
    { position: 3 },
  ],
  [
    "a segment of another message",
    order(2).replace("UNS+S'", "XYZ+1'UNS+S'").replace("UNT+10", "UNT+11"),
    "EDIFACT_STRUCTURE",
    "15",
    "UCS",
    { segment: "XYZ", position: 8 },
  ],
  [
    "a segment missing",
    order(2)
      .replace(/BGM[^']*'/, "")
      .replace("UNT+10", "UNT+9"),
    "EDIFACT_STRUCTURE",
    "13",
    "UCS",
    { segment: "BGM", position: 1 },
  ],
  [
    "an element too long",
    order(2).replace("+9'DTM", "+9999'DTM"),
    "EDIFACT_ELEMENT",
    "39",
    "UCD",
    { segment: "BGM", position: 2, element: 4 },
  ],
  [
    "a component missing",
    order(2).replace("DTM+137", "DTM+"),
    "EDIFACT_ELEMENT",
    "13",
    "UCD",
    { segment: "DTM", position: 3, element: 2, component: 1 },
  ],
  [
    "a character of no repertoire",
    order(2).replace("Blumen", "Bl\u0001men"),
    "EDIFACT_CHARACTER",
    "21",
    "UCD",
    { segment: "NAD", position: 5, element: 5, component: 1 },
  ],
  ["a line break inside", order(2).replace("Blumen", "Blu\r\nmen"), "EDIFACT_CHARACTER", "21", "UCS", { position: 5 }],
  ["blanks in front", order(2).replace("BGM", "\n  BGM"), "EDIFACT_BROKEN", "18", "UCS", { position: 2, line: 2 }],
];

describe("a bad message", () => {
  it.each(BAD)("%s: is a dead letter, and the next one is read", async (_, message, code, error0085, level, facts) => {
    const { records, faults, frame, thrown } = await read(interchange(order(1), message, order(3)));
    expect([frame, thrown]).toEqual([undefined, undefined]);
    expect(records).toEqual(
      [orderRecord(1), orderRecord(3)].map((record) => expect.objectContaining(record as object)),
    );
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatchObject({ code, facts: { error0085, level, ...facts } });
  });

  it.each(BAD)(
    "%s: is read and told where the partner is read leniently",
    async (_, message, code, error0085, level, facts) => {
      const { records, faults, notices } = await read(interchange(order(1), message, order(3)), { strict: false });
      expect(faults).toEqual([]);
      expect(records).toHaveLength(3);
      expect(records[1]).toMatchObject({ UNH: { S009: { de0065: "ORDERS" } }, SG25: [{ LIN: { de1082: "1" } }] });
      expect(notices[0]).toMatchObject({ code, facts: { error0085, level, ...facts } });
    },
  );

  it("names the first thing that is wrong, and how much more there is in the detail", async () => {
    const bad = order(1).replace("+9'DTM", "+9999'DTM").replace("UNT+10", "UNT+11").replace("QTY+21:1", "QTY+21:x");
    const [fault] = (await read(interchange(bad))).faults;
    expect(fault?.message).toMatch(/^line 1, byte \d+, segment 2 BGM, element 3: BGM 1225 .* is too long; and 2 more$/);
    expect(fault?.detail?.split("\n")).toHaveLength(2);
  });

  it("has its place in the drop whatever stands in front", async () => {
    const text = `\ufeff${interchange(order(1))}\r\n${interchange(order(1).replace("BGM+220", "\r\nBGM+22x0")).replaceAll("REF1", "REF2")}`;
    const bytes = Buffer.from(text);
    const { faults, notices } = await read(bytes);
    const offset = bytes.indexOf("BGM+22x0");
    expect(faults[0]).toMatchObject({ facts: { error0085: "39", line: 3, offset } });
    expect(notices.map(({ message }) => message)).toEqual(["line 1, byte 0: a byte order mark stands in front of it"]);
  });
});

describe("messages and directories", () => {
  it("are taken only where the bridge names them", async () => {
    const other = order(2).replace("D:96A", "D:01B");
    const { records, faults } = await read(interchange(order(1), other), { messages: ["ORDERS D 96A"] });
    expect(records).toEqual([orderRecord(1)]);
    expect(faults).toMatchObject([{ code: "EDIFACT_MESSAGE_OTHER", facts: { position: 1, segment: "UNH" } }]);
    expect((await read(interchange(order(1), other), { messages: ["ORDERS"] })).faults).toMatchObject(
      [{ code: "EDIFACT_STRUCTURE" }].slice(1),
    );
  });

  it("are given by position where no directory knows them, and that is told", async () => {
    const unknown = interchange("UNH+1+XORDER:D:96A:UN'BGM+::x+?+'UNT+3+1'");
    const { records, notices } = await read(unknown);
    expect(records).toMatchObject([
      {
        UNB: { de0020: "REF1" },
        UNH: { de0062: "1" },
        segments: [
          { tag: "BGM", elements: [[null, null, "x"], ["+"]] },
          { tag: "UNT", elements: [["3"], ["1"]] },
        ],
      },
    ]);
    expect(notices).toMatchObject([{ code: "EDIFACT_MESSAGE_UNKNOWN" }]);
    const { faults } = await read(unknown, { messages: ["XORDER"] });
    expect(faults).toMatchObject([{ code: "EDIFACT_MESSAGE_UNKNOWN" }]);
  });
});

describe("the frame", () => {
  it.each(["windows-1252", "UNOC", "detect"] as const)(
    "is read in the characters that messages are read in: %s",
    async (charset) => {
      const text = interchange(order(1)).replace("UNOC:3", "UNOA:3").replace("4000001000005", "M\u00dcLLER");
      const bytes = Buffer.from(text, "latin1");
      const codec = edifact({ charset });
      await codec.checkFrame!(chunked(bytes, []), decodeContext());
      const { records, messages } = await decodeAll(codec, bytes);
      expect(messages).toEqual([]);
      expect(records).toMatchObject([{ UNB: { S002: { de0004: "M\u00dcLLER" } } }]);
      await expect(edifact().checkFrame!(chunked(bytes, []), decodeContext())).rejects.toMatchObject({
        code: "EDIFACT_CHARACTER",
      });
    },
  );
});

describe("limits", () => {
  it("a segment without end", async () => {
    const { thrown, frame } = await read(`${UNB}UNH+1+X:1:1:UN'FTX+${"x".repeat(300_000)}`);
    for (const failure of [thrown, frame]) expect(failure).toMatchObject({ code: "EDIFACT_LIMIT" });
  });

  it("a message that is too large is passed over", async () => {
    const { records, faults } = await read(interchange(order(1), order(2, 100), order(3)), {
      most: 1024,
      strict: false,
    });
    expect(records).toHaveLength(2);
    expect(faults).toMatchObject([{ code: "RECORD_TOO_LARGE" }]);
  });

  it("an object that is too large", async () => {
    const { thrown } = await read(`${UNB}UNH+1+X:1:1:UN'UNO+1+++4000'${"x".repeat(4000)}`, { most: 1024 });
    expect(thrown).toMatchObject({ code: "RECORD_TOO_LARGE" });
  });

  it("findings of a message, not counted by thousands", async () => {
    const { notices } = await read(interchange(order(1, 3000).replaceAll("QTY+21", "QTY+21x")), { strict: false });
    expect(notices.length).toBeLessThan(200);
  });

  it("of references that are remembered: one that comes again soon is found among many", async () => {
    const many = Array.from({ length: 30_000 }, (_, at) => `UNH+${at}+X:1:1:UN'UNT+2+${at}'`);
    const { faults } = await read(interchange(...many, many[29_500]!));
    expect(faults).toMatchObject([{ facts: { error0085: "26" } }]);
  });
});

describe("the drop as it was cut", () => {
  it("gives what was read before the place that cannot be read", async () => {
    const outcome = await decodeAll(edifact(), Buffer.from(interchange(order(1), order(2)).slice(0, -25)));
    expect(outcome.records).toEqual([orderRecord(1)]);
    expect(outcome.thrown).toBe("EDIFACT_BROKEN");
  });
});

describe("what to do", () => {
  const good = interchange(order(1));
  it.each<readonly [what: string, text: string, hint: RegExp]>([
    ["a line break inside", good.replace("Blumen", "Blu\nmen"), /no line breaks inside of segments/],
    ["another character", good.replace("Blumen", "Bl\u0001men"), /decode.edifact.charset/],
    ["blanks between segments", good.replace("BGM", "  BGM"), /only line ends may stand/],
    ["no reference in UNB", good.replace("+REF1'", "'"), /has to name it in UNB/],
    ["no EDIFACT", "Sehr geehrte Damen und Herren", /^This is no EDIFACT/],
    ["an interactive one", good.replace("UNB", "UIB"), /^Interactive EDIFACT is not read/],
    ["separators that UNA does not name", `UNA:*.? '${good}`, /has to write the UNA/],
    ["a UNA of letters", `UNAabcdef${good}`, /characters can be told apart/],
    ["a cut inside of a segment", good.slice(0, 100), /^The file was cut/],
    ["the same interchange twice", `${good}${good}`, /stands in the file twice/],
    ["an empty interchange", `${UNB}UNZ+0+REF1'`, /leave out what holds nothing/],
    ["the same message twice", `${UNB}${order(1)}${order(1)}UNZ+2+REF1'`, /have the same reference/],
    ["a wrong count", good.replace("UNZ+1", "UNZ+2"), /cut or does not count right/],
  ])("with %s is said by the hint", async (_, text, hint) => {
    async function* bytes(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(text, "latin1");
    }
    const hints: string[] = [];
    const keep = (cause: unknown): void => void hints.push((cause as BridgeError).hint);
    const codec = edifact();
    await codec.checkFrame!(bytes(), decodeContext()).catch(keep);
    if (hints.length === 0) {
      for await (const { records } of codec.decode(bytes(), decodeContext()))
        for (const record of records) if ("fault" in record) keep(record.fault);
    }
    expect(hints).toEqual([expect.stringMatching(hint) as string]);
  });
});
