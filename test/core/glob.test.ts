// Patterns in pieces, and whether two patterns can fit one name.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileGlobPieces, compileGlobs, globsMeet } from "../../src/core/options/glob.ts";

const pieces = (...parts: readonly (readonly [string, boolean])[]) =>
  compileGlobPieces(parts.map(([text, literal]) => ({ text, literal })));

describe("a pattern in pieces", () => {
  it("takes values as they are, whatever they hold", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (value, other) => {
        const { fits, prefix } = pieces([value, true], ["_*", false]);
        expect(fits(`${value}_x`)).toBe(true);
        expect(`${value}_x`.normalize("NFC").startsWith(prefix)).toBe(true);
        const name = `${other}_x`;
        expect(fits(name)).toBe(name.normalize("NFC").startsWith(`${value.normalize("NFC")}_`));
      }),
    );
  });

  it("says what every name begins with", () => {
    expect(pieces(["a-", false], ["4*", true], ["_?.pdf", false]).prefix).toBe("a-4*_");
    expect(pieces(["*", false], ["4", true]).prefix).toBe("");
    expect(pieces(["4711.pdf", true]).prefix).toBe("4711.pdf");
  });

  it("refuses what can be read in one piece only", () => {
    expect(() => pieces(["[a", false], ["b]", true])).toThrow("[ without ]");
    expect(() => pieces(["a\\", false], ["b", true])).toThrow("backslash");
  });
});

describe("two patterns", () => {
  it.each([
    ["*.csv", "*_*.pdf", false],
    ["*.csv", "*_*", true],
    ["*", "a", true],
    ["a*", "*b", true],
    ["a*", "b*", false],
    ["*.{csv,txt}", "?*.txt", true],
    ["[a-c].x", "[x-z].x", true],
    ["[a-c].x", "d.x", false],
    ["a?c", "abd", false],
  ])("%s and %s meet: %s", (a, b, meet) => {
    expect(globsMeet([a], [b])).toBe(meet);
    expect(globsMeet([b], [a])).toBe(meet);
  });

  /** Every text of a and b with up to eight letters: as long as the shortest name of two such patterns can be. */
  const names = Array.from({ length: 8 }, (_each, at) => at + 1).flatMap((length) =>
    Array.from({ length: 2 ** length }, (_each, number) =>
      number.toString(2).padStart(length, "0").replaceAll("0", "a").replaceAll("1", "b"),
    ),
  );
  const token = fc.constantFrom("a", "b", "*", "?", "[ab]", "[!a]");
  const pattern = fc.array(token, { minLength: 1, maxLength: 4 }).map((tokens) => tokens.join(""));

  it("meet wherever some name fits both", () => {
    fc.assert(
      fc.property(pattern, pattern, (a, b) => {
        const both = names.some((name) => compileGlobs([a])(name) && compileGlobs([b])(name));
        expect(globsMeet([a], [b]) || !both).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it("do not meet without such a name, but for classes", () => {
    const plain = fc.array(fc.constantFrom("a", "b", "*", "?"), { minLength: 1, maxLength: 4 }).map((t) => t.join(""));
    fc.assert(
      fc.property(plain, plain, (a, b) => {
        const both = names.some((name) => compileGlobs([a])(name) && compileGlobs([b])(name));
        expect(globsMeet([a], [b])).toBe(both);
      }),
      { numRuns: 300 },
    );
  });
});
