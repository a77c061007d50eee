// Words of a reason as an APERAK can hold them.

import { describe, expect, it } from "vitest";
import { errorValues, MOST_ERRORS } from "../../src/adapters/edifact/aperak/errors.ts";
import { charactersNamed } from "../../src/adapters/edifact/characters.ts";
import type { EndedRecord, Rec, Scope } from "../../src/core/contract.ts";

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
