// Answers compared by what they mean: order of keys, ways to write a number, prefixes and white space are no differences; anything else is.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Reply, Value } from "../../src/core/contract.ts";
import { numberKey } from "../../src/core/shadow/canonical.ts";
import { canonicalReply, differences, explanationOf } from "../../src/core/shadow/compare.ts";

const json = (text: string): Reply => ({ status: 200, bytes: Buffer.from(text), contentType: "application/json" });
const xml = (text: string): Reply => ({ status: 200, bytes: Buffer.from(text), contentType: "text/xml" });
const paths = (a: Reply, b: Reply): string[] =>
  differences(canonicalReply(a), canonicalReply(b)).map(({ path }) => path);

describe("JSON", () => {
  it.each<[string, string, string[]]>([
    ['{"a":1,"b":[1,2]}', '{ "b": [1.0, 20e-1], "a": 1e0 }', []],
    ['{"a":9007199254740992}', '{"a":9007199254740993}', ["/body/a"]],
    ['{"a":-0}', '{"a":0}', []],
    ['{"a":"1"}', '{"a":1}', ["/body/a"]],
    ['{"a":null}', "{}", ["/body/a"]],
    ['{"a":{}}', '{"a":[]}', ["/body/a"]],
    ['{"p":[{"x":1},{"x":2}]}', '{"p":[{"x":1},{"x":3},{"x":4}]}', ["/body/p/*/x", "/body/p/*"]],
    ['{"a/b":1,"c~d":1}', '{"a/b":2,"c~d":2}', ["/body/a~1b", "/body/c~0d"]],
    ['{"a":"n 1e0"}', '{"a":1}', ["/body/a"]],
    ["kein JSON", "kein JSON", []],
    ["kein JSON", "{}", ["/body"]],
    ["", " \n", []],
  ])("%s and %s", (a, b, expected) => {
    expect(paths(json(a), json(b))).toEqual(expected);
  });

  it("property: the same value, written otherwise, is the same; another one is not", () => {
    const shuffled = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(shuffled);
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .toReversed()
          .map(([key, inner]) => [key, shuffled(inner)]),
      );
    };
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 4 }), (a, b) => {
        expect(paths(json(JSON.stringify(a)), json(JSON.stringify(shuffled(a), null, 2)))).toEqual([]);
        // -0 is 0, here as in JSON.
        const isSame = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
        expect(paths(json(JSON.stringify(a)), json(JSON.stringify(b))).length === 0).toBe(isSame);
      }),
      { numRuns: 300 },
    );
  });

  it("property: a number is its value, however it is written", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
        fc.integer({ min: 0, max: 6 }),
        (whole, zeros) => {
          const text = String(whole);
          expect(numberKey(`${text}.${"0".repeat(zeros + 1)}`)).toBe(numberKey(text));
          expect(numberKey(`${text}${"0".repeat(zeros)}e-${zeros}`)).toBe(numberKey(text));
          expect(numberKey(String(whole + 1n))).not.toBe(numberKey(text));
        },
      ),
    );
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? 0 : value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

describe("XML", () => {
  it.each<[string, string, string[]]>([
    ['<a x="1" y="2"><b>t</b></a>', '<?xml version="1.0"?>\n<a y="2"  x="1">\n  <b>t</b><!-- nichts -->\n</a>', []],
    ['<p:a xmlns:p="urn:x" p:k="1"/>', '<q:a xmlns:q="urn:x" q:k="1"></q:a>', []],
    ['<a xmlns="urn:x"/>', '<a xmlns="urn:y"/>', ["/body/a"]],
    ["<a><b>1</b></a>", "<a><b><![CDATA[1]]></b></a>", []],
    ["<a><b>1</b><c/></a>", "<a><b>2</b></a>", ["/body/a/b", "/body/a/c"]],
    ["<a><b/><c/></a>", "<a><c/><b/></a>", ["/body/a/b", "/body/a/c"]],
    ['<a k="1"/>', '<a k="2"/>', ["/body/a/@k"]],
    ["<a> x </a>", "<a>x</a>", ["/body/a"]],
    ["<!DOCTYPE a><a/>", "<a/>", ["/body"]],
    ["<a>", "<a/>", ["/body"]],
  ])("%s and %s", (a, b, expected) => {
    expect(paths(xml(a), xml(b))).toEqual(expected);
  });
});

describe("an answer", () => {
  it("is also its status and its fault", () => {
    expect(paths({ status: 200, body: { a: 1 } }, { status: 201, body: { a: 1 } })).toEqual(["/status"]);
    expect(paths({ body: 1, fault: { code: "A", text: "x" } }, { body: 1, fault: { code: "B", text: "x" } })).toEqual([
      "/fault/code",
    ]);
  });

  it("that is too deep, too wide or too long is not compared", () => {
    const deep = `${"[".repeat(200)}${"]".repeat(200)}`;
    expect(() => canonicalReply(json(deep))).toThrow(RangeError);
    expect(() => canonicalReply(xml(`${"<a>".repeat(100)}${"</a>".repeat(100)}`))).toThrow(RangeError);
    expect(() => canonicalReply({ body: Array.from({ length: 60_000 }, () => 1) as Value })).toThrow(RangeError);
    expect(() => canonicalReply(json(`"${"x".repeat(2 << 20)}"`))).toThrow(RangeError);
    const many = (value: number): Reply =>
      json(JSON.stringify(Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`k${at}`, value]))));
    expect(paths(many(1), many(2))).toHaveLength(50);
  });
});

describe("what is ignored", () => {
  const ignore = [
    { path: "/body/p/*/id", reason: "eigene Nummern", until: "2027-04-30" },
    { path: "/body/zeit", reason: "Uhr", until: "2027-06-30" },
  ];
  it.each<[string, string, string | undefined]>([
    ["/body/p/*/id", "2027-04-30", "eigene Nummern"],
    ["/body/p/*/id", "2027-05-01", undefined],
    ["/body/p/*/id/teil", "2027-04-01", "eigene Nummern"],
    ["/body/p/*/idx", "2027-04-01", undefined],
    ["/body/zeit", "2027-05-01", "Uhr"],
    ["/body", "2027-04-01", undefined],
  ])("%s on %s: %s", (path, today, reason) => {
    expect(explanationOf(path, ignore, today)?.reason).toBe(reason);
  });
});
