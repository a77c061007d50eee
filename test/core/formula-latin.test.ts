// $latin against the standard's own list of 908 characters and the patterns of its published XML Schema.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { charactersOf, sequenceSet, type Datatype } from "../../src/core/mapping/formula/extra/latin-table.ts";
import { describeWithData, sharedData } from "../shared-data.ts";
import { compiled, failureOf, scopeOf, valueOf } from "./formula-place.ts";

const datatypes: readonly Datatype[] = ["A", "B", "C", "D", "E"];
const formulas = new Map(datatypes.map((name) => [name, compiled(`$latin(T, '${name}')`)]));

function accepts(datatype: Datatype, text: string): boolean {
  try {
    return formulas.get(datatype)?.evaluate({ T: text }, scopeOf({ T: text })) === text.normalize("NFC");
  } catch {
    return false;
  }
}

describe("$latin", () => {
  it("normalises to form C", () => {
    expect(valueOf("$latin(T, 'A')", { T: "Mu\u0308ller" })).toBe("Müller");
    expect(valueOf("$latin('Straße 5', 'B')")).toBe("Straße 5");
    expect(valueOf("$latin(T, D)", { T: "Élodie", D: "A" })).toBe("Élodie");
  });

  it("knows sequences that have no code point of their own", () => {
    expect(valueOf("$latin(T, 'A')", { T: "C\u0328\u0306elik" })).toBe("C\u0328\u0306elik");
    expect(valueOf("$latin(T, 'A')", { T: "K\u035fhalid" })).toBe("K\u035fhalid");
    expect(accepts("A", "B\u0306")).toBe(false);
    expect(accepts("A", "C\u0306\u0306")).toBe(false);
    expect(accepts("A", "\u0306")).toBe(false);
    expect(accepts("A", "K\u035fx")).toBe(false);
    expect(accepts("A", "K\u035f")).toBe(false);
  });

  it("says where the first foreign character stands, not which", () => {
    const error = failureOf("$latin(NAME, 'A')", { NAME: "Mu\u0308ller 漢" });
    expect(error.code).toBe("LATIN_INVALID");
    expect(error.message).toBe("column NAME has a character at position 8 that datatype A of DIN 91379 does not have");
    expect(error.detail).toContain("U+6F22");
    expect(failureOf("$latin('5 €', 'A')").message).toContain("position 1");
    expect(failureOf("$latin(T, 'E')", { T: "x😀" }).message).toContain("position 2");
    expect(failureOf("$latin(T, D)", { T: "x", D: "Z" }).code).toBe("PATTERN_INVALID");
  });

  it("grows from A to E", () => {
    expect(accepts("A", "Zoë")).toBe(true);
    expect(accepts("A", "Zoë & Co")).toBe(false);
    expect(accepts("B", "Zoë & Co")).toBe(true);
    expect(accepts("B", "a\nb")).toBe(false);
    expect(accepts("C", "a\nb")).toBe(true);
    expect(accepts("C", "Ω")).toBe(false);
    expect(accepts("D", "Ω")).toBe(true);
    expect(accepts("D", "Ж")).toBe(false);
    expect(accepts("E", "ЖΩ\n€")).toBe(true);
  });
});

describeWithData("DIN 91379", () => {
  const listed = (
    JSON.parse(readFileSync(sharedData("din91379/characters-DIN-SPEC-91379.json"), "utf8")) as {
      characters: readonly { readonly name: string }[];
    }
  ).characters.map(({ name }) => name);

  it("has all 908 characters of the list in datatype E", () => {
    expect(listed).toHaveLength(908);
    expect(listed.filter((character) => !accepts("E", character)).map(escape)).toEqual([]);
    expect(sequenceSet.size).toBe(listed.filter((name) => Array.from(name.normalize("NFC")).length > 1).length);
  });

  it("agrees with the schema's patterns for every code point and every sequence", () => {
    const schema = readFileSync(sharedData("din91379/din-norm-91379-datatypes-2022-08.xsd"), "utf8");
    for (const match of schema.matchAll(/simpleType name="datatype(.)"[\s\S]*?pattern value="(.*?)"/g)) {
      const datatype = match[1] as Datatype;
      const source = (match[2] ?? "").replaceAll(/&#x([0-9A-F]+);/g, (_, hex: string) => `\\u{${hex}}`);
      // `[&#x002C;-\&#x002E;]` escapes what needs no escape.
      const pattern = new RegExp(`^(?:${source.replaceAll("\\\\u", "\\u")})$`, "u");
      const table = charactersOf(datatype);
      for (let code = 0; code < 0x2300; code += 1) {
        expect(table[code] === 1, `${datatype} U+${code.toString(16)}`).toBe(pattern.test(String.fromCodePoint(code)));
      }
      for (const sequence of sequenceSet) expect(pattern.test(sequence)).toBe(true);
      for (const letter of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
        for (let mark = 0x300; mark < 0x370; mark += 1) {
          const text = `${letter}${String.fromCodePoint(mark)}`;
          expect(accepts(datatype, text), `${datatype} ${escape(text)}`).toBe(pattern.test(text.normalize("NFC")));
        }
      }
    }
  });
});

function escape(text: string): string {
  return Array.from(text)
    .map((symbol) => `U+${symbol.codePointAt(0)?.toString(16)}`)
    .join(" ");
}
