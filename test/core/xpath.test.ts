import { describe, expect, it } from "vitest";
import { readTree, TreeFault } from "../../src/core/validation/xpath/read-tree.ts";
import { pathOf, textOf } from "../../src/core/validation/xpath/tree.ts";
import { attempt, evaluate } from "./xpath-evaluate.ts";

const DOC = `<?xml version="1.0"?>
<r xmlns:t="urn:example:t" xml:lang="de-DE"><!-- c --><a n="1">1</a><a n="2">2</a><t:a>x</t:a><b><c>10.50</c><c/><c>0.10</c></b><?pi do?><d>2026-03-01</d></r>`;

const items = (expression: string, compat = false): string => evaluate(expression, DOC, compat).items;

describe("values", () => {
  const cases: readonly [expression: string, items: string][] = [
    // Decimals are exact, whatever doubles make of them.
    ["0.1 + 0.2", "xs:decimal:0.3"],
    ["0.1 + 0.2 = 0.3", "xs:boolean:true"],
    ["1.005 * 100", "xs:decimal:100.5"],
    ["round(1.005 * 100) div 100", "xs:decimal:1.01"],
    ["xs:decimal('1.15') * 100 = 115", "xs:boolean:true"],
    ["12345678901234567.10 + 0.05", "xs:decimal:12345678901234567.15"],
    ["10 div 3", "xs:decimal:3.333333333333333333"],
    ["2 div 3", "xs:decimal:0.666666666666666667"],
    ["-5 mod 3", "xs:integer:-2"],
    ["-7 idiv 2", "xs:integer:-3"],
    ["5.5 mod 2", "xs:decimal:1.5"],
    ["1e0 div 3", "xs:double:0.3333333333333333"],
    ["1e10", "xs:double:1.0E10"],
    ["0.0000001e0", "xs:double:1.0E-7"],
    ["-(3)", "xs:integer:-3"],
    [
      "round(-2.5), round(2.5), round(2.567, 2), round(1250, -2)",
      "xs:decimal:-2 xs:decimal:3 xs:decimal:2.57 xs:integer:1300",
    ],
    ["round-half-to-even(2.5), round-half-to-even(3.55, 1)", "xs:decimal:2 xs:decimal:3.6"],
    ["floor(-1.2), ceiling(-1.2), abs(-1.20)", "xs:decimal:-2 xs:decimal:-1 xs:decimal:1.2"],
    ["sum(//c[. != '']/xs:decimal(.))", "xs:decimal:10.6"],
    [
      "sum(()), sum((), 0.0), avg((1, 2, 4)), max((1, 2.5)), min(('b', 'a'))",
      "xs:integer:0 xs:decimal:0 xs:decimal:2.333333333333333333 xs:decimal:2.5 xs:string:a",
    ],
    ["xs:decimal(0.1e0)", "xs:decimal:0.1000000000000000055511151231257827021181583404541015625"],
    ["number('x'), number(' 12 ')", "xs:double:NaN xs:double:12"],
    ["xs:integer('007'), xs:integer(3.9), xs:integer(-3.9)", "xs:integer:7 xs:integer:3 xs:integer:-3"],
  ];
  it.each(cases)("%s", (expression, expected) => expect(items(expression)).toBe(expected));
});

describe("texts", () => {
  const cases: readonly [expression: string, items: string][] = [
    ["concat('a', 1, 2.50, true(), ())", "xs:string:a12.5true"],
    [
      "substring('hello', 2, 3), substring('hello', 0), substring('hello', 1.5, 2.6)",
      "xs:string:ell xs:string:hello xs:string:ell",
    ],
    ["substring('12345', -42, 1 div 0e0)", "xs:string:12345"],
    ["string-length('a😀b'), substring('a😀b', 2, 1)", "xs:integer:3 xs:string:😀"],
    ["normalize-space('  a \n b ')", "xs:string:a b"],
    ["translate('bar', 'abc', 'AB')", "xs:string:BAr"],
    [
      "contains('abc', ''), starts-with('abc', 'ab'), ends-with('abc', 'bc')",
      "xs:boolean:true xs:boolean:true xs:boolean:true",
    ],
    [
      "substring-before('a-b-c', '-'), substring-after('a-b-c', '-'), substring-after('abc', 'x')",
      "xs:string:a xs:string:b-c xs:string:",
    ],
    ["upper-case('äß'), lower-case('ÄÖ')", "xs:string:ÄSS xs:string:äö"],
    ["string-join(('a', 'b', 'c'), '-'), string-join(1 to 3)", "xs:string:a-b-c xs:string:123"],
    ["tokenize('a, b,c', ',\\s*'), tokenize(' a  b ')", "xs:string:a xs:string:b xs:string:c xs:string:a xs:string:b"],
    ["tokenize(',a,', ',')", "xs:string: xs:string:a xs:string:"],
    ["replace('2026-03-01', '(\\d+)-(\\d+)-(\\d+)', '$3.$2.$1')", "xs:string:01.03.2026"],
    ["replace('a.b', '.', '\\$', 'q')", "xs:string:a\\$b"],
    [
      "matches('DE12', '^[A-Z]{2}\\d+$'), matches('xDE12', '[A-Z]{2}\\d+'), matches('AB', 'ab', 'i')",
      "xs:boolean:true xs:boolean:true xs:boolean:true",
    ],
    [
      "matches('ä', '^\\w$'), matches('-', '^\\w$'), matches('a', '[\\w-[a]]')",
      "xs:boolean:true xs:boolean:false xs:boolean:false",
    ],
    [
      "matches('a\nb', 'a.b'), matches('a\nb', 'a.b', 's'), matches('a\nb', '^b$', 'm')",
      "xs:boolean:false xs:boolean:true xs:boolean:true",
    ],
    ["string-to-codepoints('aß'), codepoints-to-string((97, 8364))", "xs:integer:97 xs:integer:223 xs:string:a€"],
    ["compare('a', 'b'), compare('b', 'b'), 'a' lt 'B'", "xs:integer:-1 xs:integer:0 xs:boolean:false"],
    ["'it''s' || \"-\" || 'x'", "xs:string:it's-x"],
    ["contains(' A B ', concat(' ', 'B', ' '))", "xs:boolean:true"],
    ["contains-token('de en', 'en'), encode-for-uri('a b/c')", "xs:boolean:true xs:string:a%20b%2Fc"],
  ];
  it.each(cases)("%s", (expression, expected) => expect(items(expression)).toBe(expected));
});

describe("nodes and paths", () => {
  const cases: readonly [expression: string, items: string][] = [
    ["//a[2]", "node:a"],
    ["//a[@n = 2]/string()", "xs:string:2"],
    ["/r/*[last()]/name()", "xs:string:d"],
    [
      "//t:a/local-name(), //t:a/name(), //*:a/namespace-uri()",
      "xs:string:a xs:string:t:a xs:string: xs:string: xs:string:urn:example:t",
    ],
    ["//c[3]/preceding-sibling::c[1] is //c[2]", "xs:boolean:true"],
    ["//c[1]/ancestor::*/name()", "xs:string:r xs:string:b"],
    ["(//c/ancestor::*)[1]/name(), //c[1]/ancestor::*[1]/name()", "xs:string:r xs:string:b"],
    ["//a[2]/following::c[1]/string(), count(//c[1]/preceding::*)", "xs:string:10.50 xs:integer:3"],
    [
      "count(//node()), count(//comment()), count(//processing-instruction('pi')), count(//text())",
      "xs:integer:17 xs:integer:1 xs:integer:1 xs:integer:6",
    ],
    [
      "count(//a | //c | //a), count(//* except //c), count(//* intersect //c)",
      "xs:integer:5 xs:integer:6 xs:integer:3",
    ],
    ["//b/(c | ../a)/name()", "xs:string:a xs:string:a xs:string:c xs:string:c xs:string:c"],
    ["//a ! (. + 1)", "xs:double:2 xs:double:3"],
    [
      "(1 to 5)[. mod 2 = 0], reverse(1 to 3), subsequence(('a', 'b', 'c'), 2, 1)",
      "xs:integer:2 xs:integer:4 xs:integer:3 xs:integer:2 xs:integer:1 xs:string:b",
    ],
    ["//c[normalize-space()][position() = last()]/string()", "xs:string:0.10"],
    ["//a/@n/../@n/string()", "xs:string:1 xs:string:2"],
    ["//a[1] << //a[2], //a[1] >> //a[2]", "xs:boolean:true xs:boolean:false"],
    [
      "lang('de', //a[1]), deep-equal(//a[1], //a[1]), deep-equal(//a[1], //a[2])",
      "xs:boolean:true xs:boolean:true xs:boolean:false",
    ],
    [
      "distinct-values((1, 1.0, '1', 'x', 'x')), index-of((1, 2, 1), 1)",
      "xs:integer:1 xs:string:1 xs:string:x xs:integer:1 xs:integer:3",
    ],
    ["innermost((/r, //b, //c[1]))/name(), outermost((//b, //c[1]))/name()", "xs:string:c xs:string:b"],
    ["for $i in 1 to 2, $j in ('x', 'y') return concat($i, $j)", "xs:string:1x xs:string:1y xs:string:2x xs:string:2y"],
    ["let $x := //c, $n := count($x) return $n * 2", "xs:integer:6"],
    [
      "some $x in //c satisfies $x = '0.10', every $x in //c satisfies $x castable as xs:decimal",
      "xs:boolean:true xs:boolean:false",
    ],
    ["if (//zz) then 1 else if (//a) then 2 else 3", "xs:integer:2"],
    ["'abc' => upper-case() => concat('!')", "xs:string:ABC!"],
    ["//Q{urn:example:t}a/string() (: a comment (: inside :) :)", "xs:string:x"],
    ["root(//c[1])/r/name(), exists(//c/text()), empty(//zz)", "xs:string:r xs:boolean:true xs:boolean:true"],
  ];
  it.each(cases)("%s", (expression, expected) => expect(items(expression)).toBe(expected));
});

describe("types and times", () => {
  const cases: readonly [expression: string, items: string][] = [
    ["xs:date(//d) - xs:date('2026-02-01')", "xs:dayTimeDuration:P28D"],
    ["days-from-duration(xs:date('2027-03-01') - xs:date('2027-02-01'))", "xs:integer:28"],
    ["xs:date('2026-01-31') + xs:yearMonthDuration('P1M')", "xs:date:2026-02-28"],
    [
      "xs:date('2026-03-01') lt xs:date('2026-03-02'), year-from-date(xs:date('2026-03-01'))",
      "xs:boolean:true xs:integer:2026",
    ],
    ["xs:dateTime('2026-03-01T00:30:00+01:00') eq xs:dateTime('2026-02-28T23:30:00Z')", "xs:boolean:true"],
    ["xs:dateTime('2026-03-01T12:00:00.250') + xs:dayTimeDuration('PT1H30M')", "xs:dateTime:2026-03-01T13:30:00.25"],
    [
      "'2024-02-30' castable as xs:date, '2024-02-29' castable as xs:date, 'x' castable as xs:integer?",
      "xs:boolean:false xs:boolean:true xs:boolean:false",
    ],
    ["() castable as xs:integer?, () castable as xs:integer", "xs:boolean:true xs:boolean:false"],
    [
      "3 instance of xs:integer, 3 instance of xs:decimal, 3.0 instance of xs:integer, //a instance of element(a)+",
      "xs:boolean:true xs:boolean:true xs:boolean:false xs:boolean:true",
    ],
    ["xs:boolean('1'), '1' cast as xs:boolean, xs:boolean(0)", "xs:boolean:true xs:boolean:true xs:boolean:false"],
    ["xs:unsignedByte('255'), 256 castable as xs:unsignedByte", "xs:integer:255 xs:boolean:false"],
    ["//a = 2, //a != 2, //a = (3, 4), //zz = 1", "xs:boolean:true xs:boolean:true xs:boolean:false xs:boolean:false"],
    ["//c = '10.5', //c = '10.50', '10.5' = //c[1]", "xs:boolean:false xs:boolean:true xs:boolean:false"],
    ["//a[1] eq '1', () eq 1", "xs:boolean:true"],
    ["(xs:date('2026-03-01') - xs:date('2026-02-01')) div xs:dayTimeDuration('P1D')", "xs:decimal:28"],
    [
      "xs:dayTimeDuration('P1D') * 1.5, 2 * xs:yearMonthDuration('P5M'), xs:dayTimeDuration('P3D') div 2",
      "xs:dayTimeDuration:P1DT12H xs:yearMonthDuration:P10M xs:dayTimeDuration:P1DT12H",
    ],
    ["index-of(number('x'), number('x'))", ""],
  ];
  it.each(cases)("%s", (expression, expected) => expect(items(expression)).toBe(expected));
});

describe("XPath 1.0", () => {
  const cases: readonly [expression: string, items: string][] = [
    ["//a + 1", "xs:double:2"],
    ["//zz + 1", "xs:double:NaN"],
    ["'3' * '4'", "xs:double:12"],
    ["normalize-space(//a)", "xs:string:1"],
    ["//a < '2'", "xs:boolean:true"],
    ["'abc' = 1", "xs:boolean:false"],
    ["//a = true()", "xs:boolean:true"],
    ["//zz = false()", "xs:boolean:true"],
    ["sum(//a)", "xs:double:3"],
    ["concat('', 1 div 3)", "xs:string:0.3333333333333333"],
    ["string(1000000 * 1000000)", "xs:string:1000000000000"],
    ["round(2.5), floor('2.7')", "xs:double:3 xs:double:2"],
  ];
  it.each(cases)("%s", (expression, expected) => expect(items(expression, true)).toBe(expected));
});

describe("faults", () => {
  const cases: readonly [expression: string, code: string][] = [
    ["", "XPST0003"],
    ["1 +", "XPST0003"],
    ["a[", "XPST0003"],
    ["'x", "XPST0003"],
    ["(: x", "XPST0003"],
    ["1 = 2 = 3", "XPST0003"],
    ["a ~ b", "XPST0003"],
    ["$x", "XPST0008"],
    ["q:a", "XPST0081"],
    ["substring('a')", "XPST0017"],
    ["nothing()", "XPST0017"],
    ["t:f(1)", "XPST0017"],
    ["xs:float('1')", "XPST0017"],
    ["for-each(1 to 3, function($x) { $x })", "XPST0017"],
    ["map { 'a': 1 }", "XPST0017"],
    ["[1, 2]", "XPST0017"],
    ["matches('a', '(')", "FORX0002"],
    ["matches('aa', '(a)\\1')", "XPST0017"],
    ["tokenize('a', 'x*')", "FORX0003"],
    ["xs:decimal('1,5')", "FORG0001"],
    ["xs:integer('1.5')", "FORG0001"],
    ["xs:date('2026-02-29')", "FORG0001"],
    ["//a[1] + 'x'", "XPTY0004"],
    ["//t:a + 1", "FORG0001"],
    ["normalize-space(//a)", "XPTY0004"],
    ["upper-case(1)", "XPTY0004"],
    ["1 eq 'a'", "XPTY0004"],
    ["(1, 2) eq 1", "XPTY0004"],
    ["1 div 0", "FOAR0001"],
    ["xs:dayTimeDuration('P1D') div xs:dayTimeDuration('PT0S')", "FOAR0001"],
    ["xs:dayTimeDuration('P1D') div 0", "FODT0002"],
    ["matches('a', '\\bword')", "FORX0002"],
    ["constructor()", "XPST0017"],
    [`for ${"$x in 1, ".repeat(3_000)}$x in 1 return 1`, "XPST0003"],
    ["1/a", "XPTY0019"],
    ["//a/(if (@n = 1) then . else 2)", "XPTY0018"],
    ["not((1, 2))", "FORG0006"],
    ["sum(('a', 'b'))", "FORG0006"],
    ["error()", "FOER0000"],
    ["exactly-one(())", "FORG0005"],
    ["//a | 1", "XPTY0004"],
    ["10000000000000000000000 * ".repeat(99) + "1", "FOAR0002"],
    ["-".repeat(500) + "1", "XPST0003"],
    ["1" + " + 1".repeat(3_000), "XPST0003"],
    ["a" + "/a".repeat(3_000), "XPST0003"],
    ["(".repeat(500) + "1" + ")".repeat(500), "XPST0003"],
  ];
  it.each(cases)("%s", (expression, code) => expect(attempt(() => items(expression))).toBe(code));

  it.each([
    "doc('x')",
    "document('x')",
    "unparsed-text('/etc/passwd')",
    "collection()",
    "environment-variable('PATH')",
    "current-date()",
    "system-property('xsl:vendor')",
  ])("%s is refused for a reason", (expression) => expect(() => items(expression)).toThrow("is refused"));
});

it("long chains are no trouble", () => {
  expect(items(`1${" + 1".repeat(1_900)}`)).toBe("xs:integer:1901");
  expect(items(`1 = 2${" or 1 = 2".repeat(1_900)}`)).toBe("xs:boolean:false");
  expect(items(`//a${" | //a".repeat(1_000)}`)).toBe("node:a node:a");
  expect(items(`count(${"(".repeat(150)}//a${")".repeat(150)})`)).toBe("xs:integer:2");
});

describe("truth", () => {
  it("is that of all items, also where it is known sooner", () => {
    const cases = [
      "//a",
      "//zz",
      "/r/b/c",
      "/r/b[c = '0.10']/c[. = '']",
      "//a | //zz",
      "//c[2][not(node())]",
      "//c/..//a",
      "''",
      "'x'",
      "0",
      "0.0",
      "//a[1]/@n",
      "/",
      "not(//a)",
      "//a/@zz",
    ];
    for (const expression of cases) {
      const { items: found, truth } = evaluate(expression, DOC);
      const expected =
        found !== "" && !["xs:string:", "xs:integer:0", "xs:decimal:0", "xs:boolean:false"].includes(found);
      expect([expression, truth]).toEqual([expression, expected]);
    }
  });
});

describe("limits", () => {
  const wide = `<r>${"<a><b>x</b></a>".repeat(300)}</r>`;
  it.each([
    "for $i in 1 to 100000, $j in 1 to 100000 return $i",
    "1 to 10000000000",
    "//*[//*[//*]]",
    "//a[. = //b]/count(//a[. != 'y'][//b = 'z'])",
    "string-join(for $i in 1 to 900000 return '0123456789')",
    "//*[count(preceding::*) > count(following::*[count(//a) > 5])]",
    "replace(string-join(for $i in 1 to 300000 return 'ab'), '(a|b)+?', '$1$1$1$1')",
    "string-length(replace(string-join(for $i in 1 to 20000 return 'aaaaaaaaaa'), 'a(.*b)?', 'x'))",
    "every $i in 1 to 100000 satisfies not(matches('b', concat('^(a{1,900})', 'b{', $i mod 900, '}')))",
    "matches(string-join(for $i in 1 to 20000 return 'aaaaaaaaaa'), '(a{0,30}){1,30}b')",
  ])("%s ends", (expression) => {
    const start = performance.now();
    expect(() => evaluate(expression, wide, false, 1_000_000)).toThrow("more than 1,000,000 steps");
    expect(performance.now() - start).toBeLessThan(3_000);
  });

  const doubled = (start: string, twice: string): string =>
    `let $x := ${start}${`, $x := ${twice}`.repeat(30)} return 1`;
  it.each([
    ["count(1 to 90000000)", "values at once"],
    ["count(for $a in 1 to 10000, $b in 1 to 5000 return 1)", "values at once"],
    ["count((1 to 10000) ! (1 to 5000))", "values at once"],
    [doubled("(1, 2)", "($x, $x)"), "values at once"],
    [doubled("(1, 2)", "insert-before($x, 1, $x)"), "values at once"],
    ["string-to-codepoints(string-join(for $i in 1 to 300000 return 'aaaaaaaaaa'))", "values at once"],
    [doubled("'abcdefgh'", "concat($x, $x)"), "a text of more than 16 MiB"],
    [doubled("'abcdefgh'", "$x || $x"), "a text of more than 16 MiB"],
    [doubled("'abcdefgh'", "string-join(($x, $x))"), "a text of more than 16 MiB"],
    [doubled("'%%%%'", `replace($x, '%%', '$0${"%".repeat(400)}')`), "a text of more than 16 MiB"],
    [doubled("'aa'", `replace($x, '^.+$', '${"$0".repeat(64)}')`), "a text of more than 16 MiB"],
  ])("growth number %# has no room", (expression, message) => {
    expect(() => evaluate(expression, wide, false, 100_000_000)).toThrow(message);
  });

  it("what is split and replaced is paid for once", () => {
    const text = "string-join(for $i in 1 to 20000 return 'a b, c')";
    expect(evaluate(`count(tokenize(${text}, ' |, '))`, wide, false, 10_000_000).items).toBe("xs:integer:40001");
    expect(evaluate(`string-length(replace(${text}, '\\s+', ''))`, wide, false, 10_000_000).items).toBe(
      "xs:integer:80000",
    );
  });

  it("a document is strict, without DOCTYPE, not too deep", () => {
    const fault = (xml: string): string => {
      try {
        readTree(xml);
        return "fine";
      } catch (cause) {
        return cause instanceof TreeFault ? cause.message : String(cause);
      }
    };
    expect(fault(`<!DOCTYPE r [<!ENTITY e "x">]><r>&e;</r>`)).toBe("a DOCTYPE is refused");
    expect(fault("<a>".repeat(300) + "</a>".repeat(300))).toBe("nested more than 256 deep");
    expect(fault("<r><a></r>")).toContain("unexpected close tag");
    expect(fault("<r>&nbsp;</r>")).toContain("undefined entity");
    expect(fault("")).toContain("root element");
    expect(fault("<r/>")).toBe("fine");
  });

  it("texts in pieces are one node, and paths name their place", () => {
    const tree = readTree(`<r><a>1<![CDATA[<2>]]>3<!--c-->4</a><a b="x"/></r>`);
    const [, r, first] = tree.nodes;
    expect(first?.children.map(({ kind, value }) => [kind, value])).toEqual([
      ["text", "1<2>3"],
      ["comment", "c"],
      ["text", "4"],
    ]);
    expect(textOf(r as NonNullable<typeof r>)).toBe("1<2>34");
    expect(tree.nodes.map(pathOf)).toEqual([
      "/",
      "/r",
      "/r/a[1]",
      "/r/a[1]/text()[1]",
      "/r/a[1]/comment()",
      "/r/a[1]/text()[2]",
      "/r/a[2]",
      "/r/a[2]/@b",
    ]);
  });
});
