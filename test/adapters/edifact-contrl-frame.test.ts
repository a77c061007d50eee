// answer.edifact: its envelope, who is answered and who is not, and what real interchanges of others hear.

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { BridgeError } from "../../src/core/errors.ts";
import { chunked, decodeContext } from "../conformance/codec.ts";
import { describeWithData, hasSharedData, sharedData } from "../shared-data.ts";
import { answersTo, isAccepted, middle } from "./edifact-contrl-support.ts";
import { edifact, interchange, order, UNB } from "./edifact-samples.ts";

const latin = (text: string): Buffer => Buffer.from(text, "latin1");
const good = interchange(order(1));
/** Without what differs from drop to drop. */
const shown = (text: string): string => text.replaceAll(/\b[0-9A-Z]{14}(?=[+'#@]|$)/g, "REFERENCE");

describe("the envelope of an answer", () => {
  it("goes back: sender and recipient change places, the time is that of receipt, UCI repeats what came", async () => {
    const { texts } = await answersTo(latin(good));
    expect(texts.map(shown)).toEqual([
      "UNB+UNOC:3+4000002000004:14+4000001000005:14+261102:1230+REFERENCE'UNH+1+CONTRL:D:3:UN'" +
        "UCI+REF1+4000001000005:14+4000002000004:14+7'UNT+3+1'UNZ+1+REFERENCE'",
    ]);
    await isAccepted(latin(texts[0]!));
  });

  it("is that of syntax 4 where the interchange is, with its service characters and all parts of the addresses", async () => {
    const text =
      "UNA*@,!~#\r\nUNB@UNOC*4@ABS*14*INTERN*UNTER@EMPF*ZZ*DORT@20261101*1200@R?1@@@@@@1#\n" +
      "UNH@1@XORDER*9*1*ZZ#\nFTX@!@#UNT@3@1#\r\nUNZ@1@R?1#\r\n";
    const { texts } = await answersTo(latin(text));
    expect(texts.map(shown)).toEqual([
      "UNA*@,!~#UNB@UNOC*4@EMPF*ZZ*DORT@ABS*14*INTERN*UNTER@20261102*1230@REFERENCE@@@@@@1#UNH@1@CONTRL*4*1*UN#" +
        "UCI@R?1@ABS*14*INTERN*UNTER@EMPF*ZZ*DORT@7#UNT@3@1#UNZ@1@REFERENCE#",
    ]);
  });

  it("releases what has to be, and keeps the version of syntax 1 to 3", async () => {
    const text = good.replaceAll("REF1", "R?+?'1").replace("UNOC:3", "UNOB:2").replace("4000001000005", "A??B");
    const { texts } = await answersTo(latin(text));
    expect(middle(texts[0]!.replaceAll("?'", "?^"))).toEqual(["UCI+R?+?^1+A??B:14+4000002000004:14+7"]);
    expect(texts[0]).toContain("UNB+UNOB:2+");
    await isAccepted(latin(texts[0]!));
  });

  it.each([
    ["umlauts", "UNOC:3", "latin1", "declared", "M\u00dcLLER", "UNB+UNOC:3"],
    ["UTF-8", "UNOW:4", "utf8", "declared", "M\u00dcLLER \u20ac", "UNB+UNOW:4"],
    ["lower case where there is none", "UNOA:3", "latin1", "declared", "Mueller", "UNB+UNOB:3"],
    ["who says one and writes another", "UNOA:3", "utf8", "UNOW", "M\u00dcLLER", "UNB+UNOA:3"],
  ] as const)("has the characters of the interchange: %s", async (_, syntax, encoding, charset, name, start) => {
    const text = good
      .replace("UNOC:3", syntax)
      .replace("4000001000005", name)
      .replace("261101", syntax.endsWith("4") ? "20261101" : "261101");
    const { bodies } = await answersTo(Buffer.from(text, encoding), { charset });
    const answer = Buffer.from(bodies[0]!).toString(encoding);
    expect(answer).toContain(`+${name}:14+`);
    expect(answer.startsWith(start)).toBe(true);
  });

  it("is the same at every time, and another one for another drop, bridge or interchange", async () => {
    const two = latin(good + good.replaceAll("REF1", "REF2"));
    const first = await answersTo(two);
    expect(first.texts).toHaveLength(2);
    expect(await answersTo(two)).toEqual(first);
    const others = await Promise.all([
      answersTo(two, { drop: { id: "another" } }),
      answersTo(two, { drop: { bridge: "another" } }),
    ]);
    const references = [first, ...others].flatMap(({ texts }) =>
      texts.map((text) => /UNZ\+1\+(\w{14})'$/.exec(text)?.[1]),
    );
    expect(new Set(references).size).toBe(6);
    expect(references).not.toContain(undefined);
  });
});

describe("an interchange", () => {
  it("that holds a CONTRL is never answered, whatever is wrong with it", async () => {
    const [answer = ""] = (await answersTo(latin(good))).texts;
    const bad = latin(answer.replace("UNT+3", "UNT+4"));
    const cut = latin(answer.slice(0, -25));
    for (const body of [latin(answer), bad, cut]) {
      for (const strict of [true, false])
        expect(await answersTo(body, { strict })).toMatchObject({ bodies: [], notices: [] });
      expect(await answersTo(body, { messages: ["ORDERS"] })).toMatchObject({ bodies: [], notices: [] });
    }
  });

  it("is answered only if it wants to be, where the bridge says so", async () => {
    const wants = good.replace("+REF1'", "+REF1++++1'");
    expect((await answersTo(latin(good), { control: "requested" })).bodies).toEqual([]);
    expect((await answersTo(latin(wants), { control: "requested" })).bodies).toHaveLength(1);
    expect((await answersTo(latin(wants), { control: false })).bodies).toEqual([]);
  });

  it.each([
    ["no sender", good.replace("+4000001000005:14", "+"), "identity"],
    ["no recipient", good.replace("+4000002000004:14", "+:14"), "identity"],
    ["no reference", good.replaceAll("REF1", ""), "identity"],
    ["no header", good.slice(UNB.length), "identity"],
    ["a reference that is too long", good.replaceAll("REF1", "R".repeat(15)), "form"],
    ["characters that no table has", good.replaceAll("4000001000005", "\u0007"), "form"],
    ["a UNA that cannot be used", `UNA::.? '${good}`, "identity"],
    ["something else", "NR;NAME", "identity"],
  ])("with %s cannot be answered, and the receipt says so", async (_, text, why) => {
    const { bodies, notices } = await answersTo(latin(text));
    expect(bodies).toEqual([]);
    expect(notices).toMatchObject([{ code: "EDIFACT_UNANSWERED", facts: { why } }]);
    expect(notices[0]?.message).not.toMatch(/4000001|RRR/);
  });

  it("is refused with the others of its drop, which deliver nothing", async () => {
    const broken = good.replaceAll("REF1", "REF2").replace("UNZ+1", "UNZ+2");
    const last = good.replaceAll("REF1", "REF3");
    const { texts } = await answersTo(latin(good + broken + last));
    const uci = texts.map((text) => middle(text)[0]?.split("+"));
    expect(uci.map((parts) => [parts?.[1], ...(parts?.slice(4) ?? [])])).toEqual([
      ["REF1", "4", "18"],
      ["REF2", "4", "29", "UNZ", "2"],
      ["REF3", "4", "18"],
    ]);
    const lenient = await answersTo(latin(good + broken + last), { strict: false });
    expect(lenient.texts.map((text) => middle(text)[0]?.at(-1))).toEqual(["7", "7", "7"]);
  });

  it("in another file of a packed drop is refused with it, too", async () => {
    const { texts } = await answersTo([latin(good), latin("garbage"), latin(good.replaceAll("REF1", "REF2"))]);
    expect(texts.map((text) => middle(text)[0]?.split("+").slice(4))).toEqual([
      ["4", "18"],
      ["4", "18"],
    ]);
  });

  it("with more that is wrong than a CONTRL may tell is not half answered", async () => {
    const messages = Array.from({ length: 260_000 }, (_, at) => `UNH+${at}+XORDER:9:1:ZZ:ABCDEF'UNT+9+${at}'`);
    const text = `${UNB}${messages.join("")}UNZ+${messages.length}+REF1'`;
    const { bodies, notices } = await answersTo(latin(text));
    expect(bodies).toEqual([]);
    expect(notices).toMatchObject([{ facts: { why: "length" } }]);
  });

  it("of ten thousand in a drop is answered, the next one is not", async () => {
    const drop = Array.from(
      { length: 10_001 },
      (_, at) => `UNB+UNOA:3+A+B+261101:1200+${at}'UNH+1+X:1:1:ZZ'UNT+2+1'UNZ+1+${at}'`,
    );
    const { bodies, notices } = await answersTo(latin(drop.join("")));
    expect(bodies).toHaveLength(10_000);
    expect(notices).toMatchObject([{ facts: { why: "many" } }]);
  });
});

describe("reading for an answer", () => {
  it("ends with the signal, and does not hide a spool that is damaged", async () => {
    const damaged = async function* (): AsyncGenerator<{ name: undefined; bytes: AsyncIterable<Uint8Array> }> {
      yield* [];
      throw new BridgeError("SPOOL_DAMAGED", "a frame does not authenticate", { stage: "decode" });
    };
    await expect(answersTo(latin(good), { drop: { files: damaged } })).rejects.toMatchObject({ code: "SPOOL_DAMAGED" });
  });
});

describeWithData("real interchanges of others", () => {
  const files = hasSharedData
    ? readdirSync(sharedData("edifact"), { withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.name.endsWith(".tsv"))
        .map((entry) => readFileSync(sharedData(`edifact/${entry.name}`)))
    : [];

  it("hear what became of them, or the receipt says why they cannot", async () => {
    const ends: Record<string, number> = {};
    const count = (end: string): void => void (ends[end] = (ends[end] ?? 0) + 1);
    for (const bytes of files) {
      const isRefused = await frameFails(bytes);
      const { bodies, texts, notices } = await answersTo(bytes);
      const holdsControl = /UNH[^A-Z]\w+[^A-Z]CONTRL/.test(bytes.toString("latin1"));
      expect(holdsControl ? texts.length === 0 : texts.length + notices.length > 0).toBe(true);
      for (const [at, body] of bodies.entries()) {
        await isOwn(body);
        const [uci = "", ...below] = middle(standard(texts[at]!));
        const action = uci.split("+")[4];
        const isBadGroup = action === "7" && /^UCF.*\+4/.test(below[0] ?? "");
        expect(action === "4" || isBadGroup).toBe(isRefused);
        count(action === "4" ? "refused" : below.length > 0 ? "partly" : "taken");
      }
      for (const { facts } of notices) count(String(facts?.["why"]));
    }
    expect(Object.keys(ends).toSorted()).toEqual(expect.arrayContaining(["identity", "partly", "refused", "taken"]));
    expect(ends["taken"]).toBeGreaterThan(20);
    expect(ends["refused"]).toBeGreaterThan(20);
  });

  async function frameFails(bytes: Buffer): Promise<boolean> {
    try {
      await edifact().checkFrame!(chunked(bytes, []), decodeContext());
      return false;
    } catch (cause) {
      if (cause instanceof BridgeError) return true;
      throw cause;
    }
  }

  /** With service characters of others as if they were the usual ones. */
  function standard(text: string): string {
    if (!text.startsWith("UNA")) return text;
    const [component = "", element = "", , , , terminator = ""] = text.slice(3, 9);
    return text.replaceAll(element, "+").replaceAll(component, ":").replaceAll(terminator, "'");
  }

  async function isOwn(body: Uint8Array): Promise<void> {
    const codec = edifact({ messages: ["CONTRL"] });
    await codec.checkFrame!(chunked(body, []), decodeContext());
    for await (const { records } of codec.decode(chunked(body, []), decodeContext())) {
      for (const record of records) if ("fault" in record) throw record.fault as BridgeError;
    }
  }
});

describe("what may come only once", () => {
  const told = async (text: string, strict = true): Promise<readonly string[]> => {
    const keys: string[] = [];
    const codec = edifact({ strict, duplicates: 60_000 });
    expect(codec.remembers).toBe(60_000);
    const once = (key: string, twice: BridgeError): void => {
      expect(twice).toMatchObject({
        code: "EDIFACT_DUPLICATE",
        stage: "decode",
        facts: { error0085: "26", level: "UCI" },
      });
      keys.push(key);
    };
    await codec.checkFrame!(chunked(latin(text), []), { ...decodeContext(), once });
    return keys;
  };

  it("is an interchange by sender, recipient and reference, whatever else is in it", async () => {
    const [first, second] = await told(good + good.replaceAll("REF1", "REF2"));
    expect(first).not.toBe(second);
    expect(await told(interchange(order(7), order(8)).replace("261101:1200", "261102:0800"))).toEqual([first]);
    expect(await told(good.replace("4000001000005:14", "4000001000005:9"))).not.toEqual([first]);
    expect(await told(good.replace("+4000001000005:14", "+"), false)).toEqual([]);
  });

  it("is told of ten thousand in a file; with more it is refused", async () => {
    const one = (at: number): string => `UNB+UNOA:3+A+B+261101:1200+${at}'UNH+1+X:1:1:ZZ'UNT+2+1'UNZ+1+${at}'`;
    const most = Array.from({ length: 10_000 }, (_, at) => one(at)).join("");
    expect(new Set(await told(most)).size).toBe(10_000);
    await expect(told(most + one(10_000))).rejects.toMatchObject({ code: "EDIFACT_LIMIT" });
  });
});
