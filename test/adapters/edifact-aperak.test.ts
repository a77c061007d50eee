// Words of a reason as an APERAK can hold them.

import { describe, expect, it } from "vitest";
import { errorValues, MOST_ERRORS } from "../../src/adapters/edifact/aperak/errors.ts";
import { charactersNamed } from "../../src/adapters/edifact/characters.ts";
import { type Aperaks, aperaks } from "../../src/adapters/edifact/aperak/answers.ts";
import { type AperakWriter, openAperakWriter } from "../../src/adapters/edifact/aperak/writer.ts";
import type { EndedDrop, EndedRecord, Rec, Scope, Value } from "../../src/core/contract.ts";
import type { BridgeError } from "../../src/core/errors.ts";
import { unb } from "./edifact-samples.ts";
import { endedOf } from "./ended-drop.ts";

const scope = {} as Scope;

function failed(text: string, facts: Readonly<Record<string, string | number>> = {}): EndedRecord {
  const reason = { code: "CODE_UNKNOWN", stage: "map", text, facts } as const;
  return { number: 7, record: {}, scope, end: "failed", reason };
}

function said(name: string, text: string): Rec {
  return errorValues([failed(text)], charactersNamed(name, 3)!)[0] as Rec;
}

describe("what a partner is told", () => {
  it("has code, stage, record and place, and no facts beside it", () => {
    const [one, ...more] = errorValues(
      [failed("Nein.", { column: "RF", list: "rechtsform" })],
      charactersNamed("UNOC", 3)!,
    );
    expect(one).toEqual({
      code: "CODE_UNKNOWN",
      stage: "map",
      text: "Nein.",
      lines: ["Nein."],
      record: 7,
      place: "RF",
    });
    expect(more).toEqual([]);
  });

  it("is written with letters that the repertoire has", () => {
    expect(said("UNOC", "Größe »ü« – 5 €")["text"]).toBe("Größe »ü« - 5 -");
    expect(said("UNOB", "Größe »ü« é")["text"]).toBe('Groesse "ue" e');
    expect(said("UNOA", "Größe_é")["text"]).toBe("GROESSE-E");
    expect(said("UNOW", "Größe »ü« – 5 €")["text"]).toBe("Größe »ü« – 5 €");
  });

  it("is broken into lines between words, and what has no room is marked", () => {
    expect(said("UNOC", `${"a".repeat(68)} bb cc`)["lines"]).toEqual(["a".repeat(68), "bb cc"]);
    expect(said("UNOC", `${"a".repeat(67)} bb cc`)["lines"]).toEqual([`${"a".repeat(67)} bb`, "cc"]);
    expect(said("UNOC", "x".repeat(100))["lines"]).toEqual(["x".repeat(70), "x".repeat(30)]);
    const long = said("UNOC", "wort ".repeat(100).trim())["lines"] as readonly string[];
    expect(long).toHaveLength(5);
    expect(long.at(-1)).toMatch(/wort \.\.\.$/);
    expect(long.every((line) => line.length <= 70)).toBe(true);
    expect(said("UNOC", "")["lines"]).toEqual([]);
  });

  it("is no more than somebody reads", () => {
    const many = Array.from({ length: MOST_ERRORS + 1 }, () => failed("Nein."));
    expect(errorValues(many, charactersNamed("UNOC", 3)!)).toHaveLength(MOST_ERRORS);
  });
});

const SKETCH = { message: "APERAK D 96A UN", BGM: { de1004: "1" } };

/** Says of each message its number, and whatever else. */
function answering(more: (number: number) => object = () => ({})): Aperaks {
  const writer = openAperakWriter(SKETCH, { readBridgeFile: () => new Uint8Array(), catalogDir: undefined });
  expect(writer.problems).toEqual([]);
  const values = ([first]: readonly EndedRecord[]): Value => ({
    ...SKETCH,
    BGM: { de1004: String(first!.number), ...more(first!.number) },
  });
  return aperaks(false, { sketch: SKETCH, values }, writer as AperakWriter, "message");
}

async function told(
  by: Aperaks,
  count: number,
  more: Partial<EndedDrop> = {},
): Promise<{ readonly texts: readonly string[]; readonly why: readonly unknown[] }> {
  const notices: BridgeError[] = [];
  async function* records(): AsyncGenerator<EndedRecord> {
    for (let number = 1; number <= count; number++) yield { ...failed("Nein."), number, record: { UNB: unb, number } };
  }
  const failures = [{ first: 1, last: 1, stage: "map", code: "CODE_UNKNOWN", facts: {} }] as const;
  const drop = endedOf([], notices, { records, failures, ...more });
  const files = await by.answer(drop, new AbortController().signal);
  return {
    texts: files.map(({ body }) => Buffer.from(body).toString("latin1")),
    why: notices.map(({ facts }) => facts?.["why"]),
  };
}

describe("APERAKs of a drop", () => {
  it("are at most ten thousand, and people hear of the others", async () => {
    const { texts, why } = await told(answering(), 10_001);
    expect(texts.map((text) => /UNZ.*$/.exec(text)?.[0])).toEqual([expect.stringMatching(/^UNZ\+10000\+/)]);
    expect(why).toEqual(["many"]);
    expect((await told(answering(), 2, { isCut: true })).why).toEqual(["many"]);
  });

  it("are at most eight MiB", async () => {
    const long = answering(() => ({ C002: { de1000: "x".repeat(35) }, de1225: "9" }));
    expect((await told(long, 100)).texts).toHaveLength(1);
    const wide = openAperakWriter(
      { ...SKETCH, FTX: [{ de4451: "AAO" }] },
      { readBridgeFile: () => new Uint8Array(), catalogDir: undefined },
    );
    const lines = Array.from({ length: 5 }, () => "x".repeat(70));
    const FTX = Array.from({ length: 9 }, () => ({ de4451: "AAO", C108: { de4440: lines } }));
    const values = (): Value => ({ ...SKETCH, FTX });
    const by = aperaks(false, { sketch: SKETCH, values }, wide as AperakWriter, "message");
    expect(await told(by, 3_000)).toEqual({ texts: [], why: ["length"] });
  });

  it("leave out what cannot be written, and count on", async () => {
    const { texts, why } = await told(
      answering((number) => (number === 2 ? { de1004: "x".repeat(36) } : {})),
      3,
    );
    expect(texts[0]).toMatch(
      /UNH\+1\+APERAK:D:96A:UN'BGM\+\+1'UNT\+3\+1'UNH\+2\+APERAK:D:96A:UN'BGM\+\+3'UNT\+3\+2'UNZ\+2/,
    );
    expect(why).toEqual(["template"]);
  });

  it("are none of a drop that came twice, or after the sunset", async () => {
    for (const state of ["duplicate", "refused"] as const) {
      expect(await told(answering(), 2, { state })).toEqual({ texts: [], why: [] });
    }
  });
});
