// Names of senders are written by whoever writes a file.

import { describe, expect, it } from "vitest";
import { createSenderBook, type Senders } from "../../src/core/pipeline/senders.ts";

function heard(names: readonly string[]): readonly (readonly [string, number])[] {
  let told: Senders = new Map();
  const book = createSenderBook((senders) => (told = senders));
  for (const name of names) book.add(name);
  book.tell();
  return [...told];
}

describe("senders of a drop", () => {
  it("are counted by name", () => {
    expect(heard(["b", "a", "b", ""])).toEqual([
      ["b", 2],
      ["a", 1],
    ]);
  });

  it("are told once, and only where there are any", () => {
    const told: Senders[] = [];
    const book = createSenderBook((senders) => told.push(senders));
    book.tell();
    book.add("a");
    book.tell();
    book.add("b");
    book.tell();
    expect(told.map((senders) => [...senders.keys()])).toEqual([["a"]]);
  });

  it("change nothing around them where they are shown, and are no longer than 80 characters", () => {
    expect(heard(["\u202Eabc\u0000\nd\u2028", "__proto__", "  "])).toEqual([
      ["\uFFFDabc\uFFFD\uFFFDd\uFFFD", 1],
      ["__proto__", 1],
    ]);
    expect(heard(["😀".repeat(1_000)])[0]?.[0]).toBe(`${"😀".repeat(79)}…`);
    expect(heard(["x".repeat(80)])[0]?.[0]).toBe("x".repeat(80));
    expect(heard([`${"x".repeat(80)}y`])[0]?.[0]).toBe(`${"x".repeat(79)}…`);
  });

  it("are at most 1,000; those that are known go on being counted", () => {
    const many = Array.from({ length: 1_500 }, (_, at) => `n${at}`);
    const found = heard([...many, "n0", "n1499"]);
    expect(found).toHaveLength(1_000);
    expect(found[0]).toEqual(["n0", 2]);
  });
});
