// What holds for all formulas and all records, tried on generated ones.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Rec, Value } from "../../src/core/contract.ts";
import { BridgeError } from "../../src/core/errors.ts";
import type { CompiledFormula } from "../../src/core/mapping/types.ts";
import { compileFormula } from "../../src/core/mapping/formula/compile.ts";
import { compilePattern, translatePattern } from "../../src/core/mapping/formula/regex.ts";
import { document, expressions } from "./formula-grammar.ts";
import { ourOutcome, packageOutcome } from "./formula-oracle.ts";
import { compiled, environmentOf, nodeOf, scopeOf } from "./formula-place.ts";

const hostileNames = fc.oneof(
  fc.constantFrom(
    "__proto__",
    "constructor",
    "prototype",
    "toString",
    "valueOf",
    "toJSON",
    "then",
    "length",
    "sequence",
    "outerWrapper",
    "tupleStream",
    "keepSingleton",
    "cons",
    "_jsonata_lambda",
    "_jsonata_function",
    "$",
    "@",
    "%",
    "!0",
    "and",
    "true",
    "",
  ),
  fc.string({ maxLength: 8 }).map((text) => text.replaceAll("`", "")),
);

/** Records as decoders make them: own fields whatever the name. */
const hostileRecords: fc.Arbitrary<Rec> = fc
  .array(
    fc.tuple(hostileNames, fc.oneof(fc.string(), fc.constant("x"), fc.boolean(), fc.integer(), fc.constant(null))),
    {
      maxLength: 8,
    },
  )
  .map((entries) => {
    const record = Object.create(null) as Record<string, Value>;
    for (const [name, value] of entries) {
      Object.defineProperty(record, name, { value, enumerable: true, configurable: true, writable: true });
    }
    return record;
  });

/** Anything that a formula throws and that is not an error of the table. */
function strayError(formula: CompiledFormula, record: Rec): unknown {
  try {
    formula.evaluate(record, scopeOf(record));
    return undefined;
  } catch (error) {
    return error instanceof BridgeError ? undefined : error;
  }
}

describe("records with hostile names", () => {
  it("are plain data: a field is what the record owns, or absent", () => {
    fc.assert(
      fc.property(hostileRecords, hostileNames, (record, name) => {
        const wanted = Object.hasOwn(record, name) ? record[name] : undefined;
        const scope = scopeOf(record);
        expect(compiled(`\`${name}\``).evaluate(record, scope)).toBe(wanted);
        expect(compiled(`$$.\`${name}\``).evaluate({}, scope)).toBe(wanted);
        expect(compiled(`$[0].\`${name}\``).evaluate(record, scope)).toBe(wanted);
      }),
    );
  });

  it("are never changed and never reach code", () => {
    const sources = [
      "$",
      "$string($)",
      "$keys($)",
      "$spread($)",
      "$merge([$, {'a': 1}])",
      "*",
      "**",
      "${`a`: $}",
      "$ ~> |$|{'a': 1}, ['constructor', '__proto__']|",
      "$each($, function($v, $k){ $k })",
      "$sift($, function($v){ $exists($v) })",
      "$map([$, $], $string)",
      "$type(constructor) & $string(`__proto__`)",
      "$ = $$",
      "$clone($)",
    ].map((source) => compiled(source.replace("${`a`: $}", "$.{'k': $}")));
    fc.assert(
      fc.property(hostileRecords, (record) => {
        const before = Object.entries(record);
        for (const formula of sources) {
          expect(strayError(formula, Object.freeze(record))).toBeUndefined();
        }
        expect(Object.entries(record)).toEqual(before);
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

describe("any text as a formula", () => {
  it("is compiled or found fault with, never thrown", () => {
    const fragment = fc.constantFrom(
      "A",
      "$x",
      "$sum(",
      ")",
      "[",
      "]",
      "{",
      "}",
      "'",
      '"',
      "/",
      "`",
      "~>",
      "?",
      ":",
      "%",
      "#$i",
      "@$v",
      ".",
      "..",
      "**",
      "*",
      "-",
      "1",
      "^(",
      "|",
      ":=",
      "function($a){",
      "and",
      "\\",
      "\u0000",
      "😀",
      " ",
    );
    fc.assert(
      fc.property(
        fc.array(fragment, { maxLength: 12 }).map((parts) => parts.join("")),
        (source) => {
          const environment = environmentOf({ fields: ["A", "B"], textFields: true });
          const formula = compileFormula(nodeOf(source), environment);
          expect(formula === undefined).toBe(environment.found.length > 0);
          expect(formula === undefined ? undefined : strayError(formula, { A: "1" })).toBeUndefined();
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("generated expressions", () => {
  it("mean the same as in the package", async () => {
    await fc.assert(
      fc.asyncProperty(expressions, async (source) => {
        fc.pre(source.length < 400);
        const wanted = await packageOutcome(source, structuredClone(document), { w: 5 }, { timeout: 2000 });
        // JavaScript's own errors without a code are the package's accidents.
        fc.pre(!("code" in wanted && ["none", "D1012"].includes(wanted.code)));
        const input = structuredClone(document);
        const got = ourOutcome(source, input, { w: 5 }, { timeout: 2000 });
        // Where two parts of an object or list fail, the package reports whichever promise came first.
        const outcome = "code" in wanted && "code" in got ? wanted : got;
        expect({ source, outcome, input }).toEqual({ source, outcome: wanted, input: document });
      }),
      { numRuns: 1500, seed: 20270301 },
    );
  });

  it("and so do the text functions on any text", async () => {
    const texts = fc.string({ unit: "binary", maxLength: 12 });
    const numbers = fc.oneof(fc.integer({ min: -20, max: 20 }), fc.double({ noNaN: true, noDefaultInfinity: true }));
    const source = `{
      'length': $length(t), 'sub': $substring(t, n, m), 'from': $substring(t, n), 'before': $substringBefore(t, u),
      'after': $substringAfter(t, u), 'upper': $uppercase(t), 'trim': $trim(t & ' ' & u), 'pad': $pad(t, n, u),
      'split': $split(t, u), 'has': $contains(t, u), 'text': $string(n) & $string([n, t]), 'round': $round(n, 2),
      'base': $base64encode($base64decode('YWJj')), 'join': $join([t, u], t), 'replace': u = '' ? '' : $replace(t, u, '$0$1x')
    }`;
    await fc.assert(
      fc.asyncProperty(texts, texts, numbers, fc.integer({ min: -5, max: 20 }), async (t, u, n, m) => {
        fc.pre(Math.abs(n) < 1e6);
        const input = { t, u, n, m };
        expect(ourOutcome(source, input)).toEqual(await packageOutcome(source, input));
      }),
      { numRuns: 400 },
    );
  });
});

/** A pattern, and whether it can match the empty text. */
interface Piece {
  readonly source: string;
  readonly empty: boolean;
}

const consuming = ["a", "b", ".", "\\d", "\\D", "\\w", "\\s", "\\S", "[a-c]", "[^a\\d]", "[\\s\\]x-]", "[^]", "\\."];
const written = ["\\/", "\\u0041", "\\x62", "\\t", "{", "}", "ä", "[.*]", "[&&a]", "\\-", "]"];
const atoms: fc.Arbitrary<Piece> = fc.oneof(
  fc.constantFrom(...consuming, ...written).map((source) => ({ source, empty: false })),
  fc.constantFrom("^", "$", "\\b", "\\B").map((source) => ({ source, empty: true })),
);
const quantifiers = fc.constantFrom("", "", "*", "+", "?", "*?", "+?", "{2}", "{1,}", "{0,2}");

/** What can match nothing is not repeated: there JavaScript (ECMA-262 22.2.2.3.1) and RE2 count differently. */
function repeat({ source, empty }: Piece, quantifier: string): Piece {
  if (empty) return { source, empty };
  return { source: source + quantifier, empty: /^(?:\*|\?|\{0)/.test(quantifier) };
}

function group({ source, empty }: Piece, open: string): Piece {
  return { source: `${open}${source})`, empty };
}

const patterns: fc.Arbitrary<Piece> = fc.letrec<{ one: Piece; all: Piece }>((tie) => ({
  one: fc.oneof(
    { maxDepth: 2 },
    fc.tuple(atoms, quantifiers).map(([piece, many]) => repeat(piece, many)),
    fc
      .tuple(tie("all"), quantifiers, fc.constantFrom("(", "(?:"))
      .map(([piece, many, open]) => repeat(group(piece, open), many)),
  ),
  all: fc.oneof(
    { maxDepth: 2 },
    fc.array(tie("one"), { minLength: 1, maxLength: 4 }).map((pieces) => ({
      source: pieces.map(({ source }) => source).join(""),
      empty: pieces.every(({ empty }) => empty),
    })),
    fc
      .tuple(tie("one"), tie("one"))
      .map(([a, b]) => ({ source: `${a.source}|${b.source}`, empty: a.empty || b.empty })),
  ),
})).all;

describe("regular expressions", () => {
  const texts = fc
    .array(
      fc.constantFrom(
        "a",
        "b",
        "c",
        "A",
        "B",
        "1",
        " ",
        "\n",
        "\r",
        "\u00a0",
        "\u2028",
        ".",
        "x",
        "ä",
        "-",
        "]",
        "{",
        "\t",
        "/",
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join(""));

  it("find what JavaScript finds", () => {
    fc.assert(
      fc.property(patterns, fc.constantFrom("g", "gi", "gm"), texts, ({ source }, flags, any) => {
        // With m, RE2's lines end at \n only.
        const text = flags === "gm" ? any.replaceAll(/[\r\u2028]/g, "") : any;
        const native = new RegExp(source, flags);
        const wanted = native.exec(text);
        const got = compilePattern(native, 0).find(text, 0);
        const place = { source, flags, translated: translatePattern(source), text };
        const found = got === undefined ? undefined : [got.start, text.slice(got.start, got.end)];
        expect({ ...place, found }).toEqual({
          ...place,
          found: wanted === null ? undefined : [wanted.index, wanted[0]],
        });
      }),
      { numRuns: 3000 },
    );
  });

  it("refuse what cannot be linear", () => {
    for (const source of ["(?=a)", "(?!a)", "(?<=a)b", "(?<!a)b", "(a)\\1", "(?<n>a)\\k<n>"]) {
      expect(() => translatePattern(source)).toThrowError("S0303");
    }
  });
});
