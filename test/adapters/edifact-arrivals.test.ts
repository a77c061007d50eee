// answer.edifact.receipt: who hears that an interchange came, before anything but its header is looked at.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arrivals } from "../../src/adapters/edifact/control/arrivals.ts";
import type { Options as AnswerOptions } from "../../src/adapters/edifact/control/options.ts";
import { openDirectories } from "../../src/adapters/edifact/directory/open.ts";
import type { Options } from "../../src/adapters/edifact/options.ts";
import type { TakenDrop } from "../../src/core/contract.ts";
import { BridgeError } from "../../src/core/errors.ts";
import { answersTo, isAccepted, middle } from "./edifact-contrl-support.ts";
import { DEFAULTS, interchange, order, UNB } from "./edifact-samples.ts";
import { endedOf } from "./ended-drop.ts";

const latin = (text: string): Buffer => Buffer.from(text, "latin1");
const good = interchange(order(1));
const second = good.replaceAll("REF1", "REF2");
const UCI = "UCI+REF1+4000001000005:14+4000002000004:14";

interface Question extends Partial<Options> {
  readonly control?: Exclude<AnswerOptions["control"], false>;
  readonly drop?: Partial<TakenDrop>;
}

/** What is said of a drop of these files as soon as it is taken. */
async function arrivalsOf(
  given: string | readonly Uint8Array[],
  { control = true, drop = {}, ...options }: Question = {},
) {
  const files = typeof given === "string" ? [latin(given)] : given;
  const tell = arrivals(control, { ...DEFAULTS, ...options }, openDirectories());
  const told = await tell({ ...endedOf(files, []), cameBefore: async () => [], ...drop }, new AbortController().signal);
  return { told, texts: told.map(({ body }) => Buffer.from(body).toString("latin1")) };
}

const heard = (texts: readonly string[]): readonly (readonly string[])[] => texts.map(middle);

describe("that an interchange came", () => {
  it("is a CONTRL of its own: UCI 8 and nothing else, under a reference of its own that is always the same", async () => {
    const { told, texts } = await arrivalsOf(good);
    expect(heard(texts)).toEqual([[`${UCI}+8`]]);
    expect(told).toMatchObject([{ kind: "arrived.contrl", extension: "edi" }]);
    await isAccepted(told[0]!.body);
    expect((await arrivalsOf(good)).texts).toEqual(texts);
    const final = await answersTo(latin(good));
    expect(heard(final.texts)).toEqual([[`${UCI}+7`]]);
    const reference = (text: string): string => /UNZ\+1\+(\w{14})'/.exec(text)![1]!;
    expect(reference(texts[0]!)).not.toBe(reference(final.texts[0]!));
    expect(texts[0]!.replaceAll(reference(texts[0]!), "R").replace("+8'", "+7'")).toBe(
      final.texts[0]!.replaceAll(reference(final.texts[0]!), "R"),
    );
  });

  it("is said in the syntax of the interchange, and of a test as a test", async () => {
    const text = good
      .replace("UNOC:3", "UNOC:4")
      .replace("+261101:1200+REF1", "+20261101:1200+REF1++++++1")
      .replace("'", "'\r\n");
    const { texts } = await arrivalsOf(`UNA:+.?*'${text}`);
    expect(texts[0]).toContain("UNA:+.?*'UNB+UNOC:4+4000002000004:14+4000001000005:14+20261102:1230+");
    expect(texts[0]).toMatch(/\+{6}1'UNH\+1\+CONTRL:4:1:UN'/);
    await isAccepted((await arrivalsOf(text)).told[0]!.body);
  });

  it("is said whatever is wrong with it behind its header", async () => {
    const wrong = [
      good.replace("UNZ+1", "UNZ+2"),
      good.replace("UNT+10", "UNT+11"),
      good.slice(0, 200),
      good.replace("261101:1200", "gestern"),
      good.replace("Blumen", "Bl\u0007men"),
      `${good}garbage`,
    ];
    for (const text of wrong) expect(heard((await arrivalsOf(text)).texts)).toEqual([[`${UCI}+8`]]);
  });

  it("is said of each interchange, in all files of the drop", async () => {
    const { texts } = await arrivalsOf([latin(good.slice(0, 200)), latin(second + good.replaceAll("REF1", "REF3"))]);
    expect(heard(texts).map(([uci]) => uci?.slice(0, 8))).toEqual(["UCI+REF1", "UCI+REF2", "UCI+REF3"]);
  });

  it.each([
    ["no sender", good.replace("+4000001000005:14", "+")],
    ["no reference", good.replaceAll("REF1", "")],
    ["no header", good.slice(UNB.length)],
    ["a reference that is too long", good.replaceAll("REF1", "R".repeat(15))],
    ["a UNA that cannot be used", `UNA::.? '${good}`],
    ["something else", "NR;NAME"],
    ["nothing", ""],
  ])("is not said where there is %s, as there can be no answer at the end", async (_, text) => {
    expect((await arrivalsOf(text)).texts).toEqual([]);
    const { texts, notices } = await answersTo(latin(text));
    expect(texts).toEqual([]);
    expect(notices).toMatchObject([{ code: "EDIFACT_UNANSWERED" }]);
  });

  it.each([
    ["sound", (text: string) => text],
    ["with another message before it", (text: string) => text.replace("UNH+1", `${order(7)}UNH+1`)],
    ["cut off inside", (text: string) => text.slice(0, -25)],
    ["that cannot be read on", (text: string) => `${text.slice(0, -20)}${"X".repeat(300_000)}`],
  ])("is not said of one that holds a CONTRL: %s", async (_, change) => {
    const answer = `${UNB}UNH+1+CONTRL:D:3:UN'UCI+X1+A+B+7'UNT+3+1'UNZ+1+REF1'`;
    const given = change(answer);
    expect((await arrivalsOf(given, { most: 100_000 })).texts).toEqual([]);
    expect((await answersTo(latin(given), { most: 100_000 })).texts).toEqual([]);
    const beside = await arrivalsOf(second + given);
    expect(heard(beside.texts).map(([uci]) => uci?.slice(0, 8))).toEqual(["UCI+REF2"]);
  });

  it("is said only where UNB asks for an answer, if the bridge says so", async () => {
    const asking = second.replace("1200+REF2", "1200+REF2++++1");
    const { texts } = await arrivalsOf(good + asking, { control: "requested" });
    expect(heard(texts).map(([uci]) => uci?.slice(0, 8))).toEqual(["UCI+REF2"]);
  });

  it("is not said of one that came before, in this drop or another, unless it is taken all the same", async () => {
    expect((await arrivalsOf(good + second + good)).texts).toHaveLength(2);
    expect((await arrivalsOf(good + second + good, { strict: false })).texts).toHaveLength(3);
    const asked: string[] = [];
    const cameBefore = async (keys: readonly string[]): Promise<readonly number[]> => {
      asked.push(...keys);
      return [1];
    };
    const nameless = good.replace("+4000001000005:14", "+");
    const { texts } = await arrivalsOf(nameless + good + second, { drop: { cameBefore } });
    expect(asked).toHaveLength(2);
    expect(heard(texts).map(([uci]) => uci?.slice(0, 8))).toEqual(["UCI+REF1"]);
  });

  it("is said of ten thousand in a drop, not of the next one", async () => {
    const drop = Array.from(
      { length: 10_001 },
      (_, at) => `UNB+UNOA:3+A+B+261101:1200+${at}'UNH+1+X:1:1:ZZ'UNT+2+1'UNZ+1+${at}'`,
    );
    const { texts } = await arrivalsOf(drop.join(""));
    expect(texts).toHaveLength(10_000);
    expect(texts.at(-1)).toContain("UCI+9999+");
  });

  it("is said only of what the spool can give", async () => {
    const damaged = async function* (): AsyncGenerator<{ name: undefined; bytes: AsyncIterable<Uint8Array> }> {
      yield* [];
      throw new BridgeError("SPOOL_DAMAGED", "a frame does not authenticate", { stage: "decode" });
    };
    await expect(arrivalsOf(good, { drop: { files: damaged } })).rejects.toMatchObject({ code: "SPOOL_DAMAGED" });
  });
});

const change = fc.record({
  at: fc.nat(2_000),
  cut: fc.nat(12),
  put: fc.oneof(
    fc.constantFrom("'", "+", ":", "?", "UNZ+1+REF1'", UNB, "UNH+9+CONTRL:D:3:UN'", "UNO+1+1+++9'"),
    fc.string({ unit: fc.constantFrom("A", "9", " ", "\n", "\u00fc", "\u0007", "a"), maxLength: 20 }),
  ),
});

it("whoever hears that it came hears how it ended, whatever is done to it", async () => {
  const changed = fc.array(change, { maxLength: 3 }).map((changes) =>
    changes.reduce(
      (text, { at, cut, put }) => {
        const from = at % text.length;
        return text.slice(0, from) + put + text.slice(from + cut);
      },
      interchange(order(1), order(2)) + second,
    ),
  );
  await fc.assert(
    fc.asyncProperty(changed, fc.boolean(), async (text, strict) => {
      const { texts } = await arrivalsOf(text, { strict });
      const { texts: ends } = await answersTo(latin(text), { strict });
      const whoOf = (one: string): string => /'UCI\+(.*?)\+[478](?:\+|')/s.exec(one)![1]!;
      const left = ends.map(whoOf);
      for (const one of texts.map(whoOf)) {
        const at = left.indexOf(one);
        expect(at).toBeGreaterThanOrEqual(0);
        left.splice(at, 1);
      }
    }),
    { numRuns: 300 },
  );
});
