// YAML → tree: positions, how scalars were written, what is refused, and that hostile files end quickly.

import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import { readYaml } from "../../src/core/bridge/read-yaml.ts";
import type { Finding, MapNode, Node, ScalarNode } from "../../src/core/bridge/tree.ts";

function read(text: string): { readonly node: Node | undefined; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const node = readYaml("bridge.yaml", new TextEncoder().encode(text), (each) => findings.push(each));
  return { node, findings };
}

function at(node: Node | undefined, ...path: readonly string[]): Node {
  let current = node;
  for (const step of path) current = (current as MapNode).entries.find(({ key }) => key === step)?.value;
  if (!current) throw new Error(`nothing at ${path.join(".")}`);
  return current;
}

const scalar = (node: Node | undefined, ...path: readonly string[]): ScalarNode => at(node, ...path) as ScalarNode;
const place = ({ line, column }: { readonly line: number; readonly column: number }): string => `${line}:${column}`;

describe("scalars", () => {
  it("keeps plain text as written and says what YAML makes of it", () => {
    const { node } = read("a: 026\nb: 7.0\nc: true\nd: 2027-11-16\ne:\nf: '7.0'\ng: ~\nh: no\n");
    expect(
      Array.from("abcdefgh").map((key) => [scalar(node, key).text, scalar(node, key).type, scalar(node, key).quoted]),
    ).toEqual([
      ["026", "number", false],
      ["7.0", "number", false],
      ["true", "boolean", false],
      ["2027-11-16", "text", false],
      ["", "null", false],
      ["7.0", "text", true],
      ["~", "null", false],
      ["no", "text", false],
    ]);
  });

  it("says where keys and values stand, with CRLF and a byte order mark too", () => {
    for (const text of ["a:\n  bc: xyz\n", "\ufeffa:\r\n  bc: xyz\r\n"]) {
      const { node } = read(text);
      const inner = at(node, "a") as MapNode;
      expect(place(inner.entries[0]!.keyAt)).toBe("2:3");
      expect(place(inner.entries[0]!.value.at)).toBe("2:7");
    }
  });

  it.each([
    ["plain", "a: = X & Y\n", 4, "1:8"],
    ["double", 'a: "x\\ty\\u00e9z"\n', 4, "1:15"],
    ["single", "a: 'it''s'\n", 3, "1:9"],
    ["literal", "a: |\n  = X ?\n    Y : Z\n", 8, "3:5"],
    ["literal after a blank line", "a: |\n\n  = X\n", 2, "3:4"],
    ["folded", "a: >\n  one\n  two\n", 4, "3:3"],
    ["plain over two lines", "a: one\n  two\n", 4, "2:3"],
    ["double over two lines", 'a: "one\n  two"\n', 4, "2:3"],
    ["double with an escaped break", 'a: "one\\\n  two"\n', 3, "2:3"],
    ["literal with CRLF", "a: |\r\n  x\r\n  y\r\n", 2, "3:3"],
  ])("finds a character of a %s scalar again", (_style, text, offset, expected) => {
    expect(place(scalar(read(text).node, "a").locate(offset))).toBe(expected);
  });

  it("finds every character of texts in double quotes again", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("a", "B", " x", "\\n", '\\"', "\\u0041", "ä", "😀"), { maxLength: 12 }),
        (pieces) => {
          const source = `k: "${pieces.join("")}"\n`;
          const node = scalar(read(source).node, "k");
          let column = 5;
          let offset = 0;
          for (const piece of pieces) {
            expect(node.locate(offset).column).toBe(column);
            column += piece.length;
            offset += (JSON.parse(`"${piece}"`) as string).length;
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("what is no part of a bridge file", () => {
  it.each([
    ["an alias", "a: *x\n", "YAML_ALIAS", "1:4"],
    ["an alias as key", "*x : 1\n", "YAML_ALIAS", "1:1"],
    ["an anchor", "a: &x 1\n", "YAML_ALIAS", "1:7"],
    ["a merge key", "a:\n  <<: { b: 1 }\n", "YAML_ALIAS", "2:3"],
    ["a tag", "a: !!js/function x\n", "YAML_TAG", "1:18"],
    ["a tag on a map", "a: !x { b: 1 }\n", "YAML_TAG", "1:7"],
    ["a second document", "a: 1\n---\nb: 2\n", "YAML_DOCUMENTS", "2:1"],
    ["a directive", "# c\n%YAML 1.1\n---\na: 1\n", "YAML_DOCUMENTS", "2:1"],
    ["a duplicate key", "a: 1\nb: 2\n'a': 3\n", "DUPLICATE_KEY", "3:1"],
    ["a list as key", "? [a]\n: 1\n", "YAML_SYNTAX", "1:3"],
    ["a control character", "a: x\u0001\n", "FILE_ENCODING", "1:5"],
  ])("refuses %s", (_what, text, code, where) => {
    const { findings } = read(text);
    expect(findings.map((each) => `${each.code} ${place(each)}`)).toEqual([`${code} ${where}`]);
  });

  it("refuses bytes that are no UTF-8 and names the line", () => {
    const findings: Finding[] = [];
    readYaml("bridge.yaml", Uint8Array.of(0x61, 0x3a, 0x20, 0x31, 0x0a, 0x62, 0x3a, 0x20, 0xfc, 0x0a), (each) =>
      findings.push(each),
    );
    expect(findings.map(({ code, line }) => [code, line])).toEqual([["FILE_ENCODING", 2]]);
  });

  it("takes names of prototypes for what they are", () => {
    const { node, findings } = read("__proto__: 1\nconstructor: 2\ntoString: 3\n");
    expect(findings).toEqual([]);
    expect((node as MapNode).entries.map(({ key }) => key)).toEqual(["__proto__", "constructor", "toString"]);
  });
});

describe("formulas that YAML cuts", () => {
  it.each([
    ["a comment behind a complete formula", "a: = FIRMA   # the name\n"],
    ["commas and brackets in a block", "a: = $join([PLZ, ORT], ' ')\n"],
    ["a formula without marks in braces", "a: { when: = STATUS = 'X', skip: storniert }\n"],
    ["directives in braces", `a: { "@w": EUR, =text: "= $decimal(K, '1.234,56')" }\n`],
    ["a quoted conditional", 'a: "= X ? 1 : 2"\n'],
    ["a block", "a: |\n  = X ? 1 : 2 # no comment\n"],
    ["a block in a list", "a:\n  - |\n    = X ? 1 : 2\n  - b\n"],
    ["a formula with backticks", "a: = `GP-ID`\n"],
    ["comments full of formulas", "# a: = x ? y : z { , }\na: 1 # = f(x, y) : {\n"],
  ])("leaves %s alone", (_what, text) => {
    expect(read(text).findings).toEqual([]);
  });

  it.each([
    ["a conditional", "a:\n  b: = X ? 1 : 2\n", "2:6", '"= X ? 1 : 2"'],
    ["a call in braces", "a: { b: = f(x, y) }\n", "1:9", '"= f(x, y)"'],
    ["a call in brackets", "a: [ = f(x, y), = z ]\n", "1:6", '"= f(x, y)"'],
    ["an object in braces", 'a: { b: = {"k": 1} }\n', "1:9", `'= {"k": 1}'`],
    ["a hash", "a: = X & ' #'\n", "1:4", `"= X & ' #'"`],
    ["an operator before a comment", "a: = X & # comment\n", "1:4", '"= X & # comment"'],
  ])("says how to write %s", (_what, text, where, hint) => {
    const { node, findings } = read(text);
    expect(node).toBeUndefined();
    expect(findings.map((each) => [each.code, place(each), each.hint])).toEqual([["YAML_QUOTES", where, hint]]);
  });
});

describe("hostile files", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["brackets", "[".repeat(500_000)],
    ["braces", "{a: ".repeat(200_000)],
    ["nested lists", "- ".repeat(300_000)],
    ["indentation", Array.from({ length: 1_000 }, (_, i) => `${" ".repeat(i)}a:`).join("\n")],
    [
      "many keys",
      Array.from({ length: 100_000 }, (_, i) => `k${i}: 1`)
        .join("\n")
        .slice(0, 1_000_000),
    ],
    ["an alias bomb", `a: &a [x,x]\n${Array.from({ length: 50 }, (_, i) => `b${i}: [*a,*a]`).join("\n")}\n`],
    ["quotes", '"'.repeat(500_001)],
    ["open formulas", "a: { b: = f(".repeat(50_000)],
    ["colons", "a: ".repeat(300_000)],
    ["tabs", "\t\n".repeat(300_000)],
    ["anchors", `a: ${"&a ".repeat(300_000)}`],
    ["brackets on many lines", "[\n".repeat(300_000)],
    ["anchors on many lines", `a:\n${" &a\n".repeat(250_000)}`],
    ["formulas on many lines", "a: { b: = f(\n".repeat(50_000)],
    // As many signs as are read at all.
    ["no more brackets than are read", "[\n".repeat(49_999)],
    ["no more brackets in long lines", `${"[".repeat(16_000)}\n`.repeat(6)],
    ["no more lists in lists", `${"- ".repeat(24)}\n`.repeat(3_900) + "]"],
    ["no more formulas", "a: { b: = f(\n".repeat(24_999)],
    ["no more keys", Array.from({ length: 24_999 }, (_, i) => `k${i}: [1,`).join("\n")],
  ];
  it.each(cases)("refuses %s within seconds and with few findings", (_what, text) => {
    const start = performance.now();
    const { findings } = read(text);
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(findings.some(({ severity }) => severity === "error")).toBe(true);
    expect(findings.length).toBeLessThan(400);
  });

  it("refuses a file of more than 1 MiB before reading it", () => {
    expect(read(`# ${"x".repeat(1024 * 1024)}\na: 1\n`).findings.map(({ code }) => code)).toEqual(["FILE_TOO_LARGE"]);
  });

  it("never throws, whatever the text is", () => {
    const pieces = fc.constantFrom(
      "a",
      ": ",
      "\n",
      "  ",
      "- ",
      "{",
      "}",
      "[",
      "]",
      ",",
      '"',
      "'",
      "#",
      " #",
      "=",
      "|",
      "&x",
      "*x",
      "!t",
      "\t",
      "`",
      "@",
      "?",
      "${env:A}",
      "---\n",
      "é",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const { node, findings } = read(parts.join(""));
        expect(node !== undefined || findings.some(({ severity }) => severity === "error")).toBe(true);
        for (const { line, column } of findings) expect(line > 0 && column > 0).toBe(true);
      }),
      { numRuns: 1_500 },
    );
  });
});
