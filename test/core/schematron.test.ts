import { describe, expect, it } from "vitest";
import { BridgeError } from "../../src/core/errors.ts";
import { openRules } from "../../src/core/validation/schematron/open.ts";
import { broken, check, invoice, INVOICE_RULES, rules, SCH, type Choice } from "./schematron-rules.ts";
import { folderWith } from "./xsd-folder.ts";

const LINE = { qty: "2", price: "10.005", net: "20.01" };
const GOOD = invoice([LINE, { qty: "3", price: "0.333", net: "1.00" }], { total: "21.01" });

describe("rules for invoices", () => {
  const cases: readonly [what: string, body: string, ids: readonly string[]][] = [
    ["a good one", GOOD, []],
    [
      "0.1 + 0.2 is 0.3",
      invoice(
        [
          { qty: "1", price: "0.1", net: "0.1" },
          { qty: "1", price: "0.2", net: "0.2" },
        ],
        { total: "0.30" },
      ),
      [],
    ],
    ["1.005 rounds up", invoice([{ qty: "1", price: "1.005", net: "1.005" }], { total: "1.01" }), []],
    ["a wrong sum", GOOD.replace("21.01<", "21.02<"), ["R-02"]],
    ["no line", invoice([], { total: "0" }), ["R-01"]],
    ["due too early", GOOD.replace("2026-03-31", "2026-02-28"), ["R-03"]],
    ["a check digit", GOOD.replace("4012345000009", "4012345000008"), ["R-05"]],
    ["an id twice", GOOD.replace('id="2"', 'id="1"'), ["R-06"]],
    ["a credit", invoice([{ qty: "-1", price: "5", net: "-5" }], { total: "-5" }), ["R-07"]],
    ["a currency in an attribute", GOOD.replace('currency="EUR"', 'currency="XYZ"'), ["R-20"]],
    ["a currency in an element", GOOD.replace("<i:currency>EUR", "<i:currency>EUR CHF"), ["R-20"]],
    ["a unit", GOOD.replace('unit="C62"', 'unit="c"'), ["R-21"]],
    [
      "quantity times price within the slack",
      GOOD.replace('<i:quantity unit="C62">2<', '<i:quantity unit="C62">2.0009<'),
      [],
    ],
    [
      "quantity times price beyond it",
      GOOD.replace('<i:quantity unit="C62">2<', '<i:quantity unit="C62">2.01<'),
      ["R-12"],
    ],
    // R-12 is not asked of a line that the rule before has taken.
    [
      "a line without tax",
      invoice(
        [
          { ...LINE, category: "Z" },
          { ...LINE, qty: "9", category: "O", net: "0" },
        ],
        { total: "20.01" },
      ),
      ["R-11"],
    ],
    ["a good note", invoice([LINE], { total: "20.01", note: "Danke\n#SKONTO#TAGE=7#PROZENT=2.00#\n" }), []],
    ["a bad note", invoice([LINE], { total: "20.01", note: "#SKONTO#TAGE=7#PROZENT=2#" }), ["R-04"]],
    ["what cannot be computed", GOOD.replace("21.01<", "viel<"), ["R-02"]],
  ];
  it.each(cases)("%s", (_, body, ids) => expect(broken(INVOICE_RULES, body)).toEqual(ids));

  it("findings say what, where and how much, and values only in their details", () => {
    const body = GOOD.replace("21.01<", "21.02<").replace("2026-03-31", "2026-02-28").replace('id="2"', 'id="1"');
    expect(check(INVOICE_RULES, body)).toEqual([
      {
        path: "/i:invoice",
        message: "R-02: The total (…) is the sum of the lines (…).",
        detail: "R-02: The total (21.02) is the sum of the lines (21.01).",
        rule: "R-02",
        level: "error",
      },
      {
        path: "/i:invoice/i:line[2]",
        message: "R-06: Lines have ids of their own.",
        detail: "R-06: Lines have ids of their own.",
        rule: "R-06",
        level: "error",
      },
      {
        path: "/i:invoice",
        message: "R-03: Due before its date.",
        detail: "R-03: Due before its date.",
        rule: "R-03",
        level: "warning",
      },
    ]);
    const [undecided] = check(INVOICE_RULES, GOOD.replace("21.01<", "geheim<"));
    expect(undecided).toMatchObject({
      rule: "R-02",
      level: "error",
      message: "R-02 cannot be decided: the value is no xs:decimal",
    });
    expect(JSON.stringify(undecided)).not.toContain("geheim");
  });

  it("the bridge decides what a rule weighs", () => {
    const body = GOOD.replace("2026-03-31", "2026-02-28").replace("4012345000009", "4012345000008");
    const levels = (choice: Choice): unknown =>
      check(INVOICE_RULES, body, choice).map(({ rule, level }) => [rule, level]);
    expect(levels({})).toEqual([
      ["R-05", "error"],
      ["R-03", "warning"],
    ]);
    expect(levels({ levels: { "R-05": "information", "R-03": "error" } })).toEqual([
      ["R-03", "error"],
      ["R-05", "information"],
    ]);
  });

  it("a phase has its patterns alone; lets of other patterns stay to be seen", () => {
    const body = GOOD.replace("21.01<", "21.02<").replace('unit="C62"', 'unit="c"');
    expect(broken(INVOICE_RULES, body, { phase: "model" })).toEqual(["R-02"]);
    expect(broken(INVOICE_RULES, body, { phase: "codes" })).toEqual(["R-21"]);
    expect(broken(INVOICE_RULES, body, { phase: "#ALL" })).toEqual(["R-02", "R-21"]);
  });
});

const ANY = invoice([LINE], { total: "20.01" });

describe("what rule sets are made of", () => {
  const asserts = (context: string, test: string): string =>
    `<pattern><rule context="${context}"><assert id="a" test="${test}">x</assert></rule></pattern>`;

  it.each<[context: string, count: number]>([
    ["/", 1],
    ["/i:invoice", 1],
    ["/i:line", 0],
    ["i:line", 2],
    ["//i:line", 2],
    ["i:invoice/i:line[2]", 1],
    ["i:invoice//i:net", 2],
    ["/i:invoice/*", 8],
    ["i:line[last()]", 1],
    ["i:line[position() &gt; 1]/i:net", 1],
    ["i:line[i:net = '20.01'][1]", 1],
    ["@currency", 2],
    ["@*", 6],
    ["i:line/@id | i:total", 3],
    ["*[local-name() = 'net']", 2],
    ["*:net", 2],
    ["i:net/text()", 2],
    ["self::text()[. = '40.02']", 1],
    [".[self::text()][. = '40.02']", 1],
    ["i:line/node()", 8],
    ["(/i:invoice | /other)[i:total]/i:line", 2],
    ["i:line/(i:net | i:price)", 4],
    ["i:net[xs:decimal(.) &gt; 0][ancestor::i:invoice]", 2],
    ["i:line[current()/i:net = '20.01']", 2],
    // A predicate that fails does not fit (XSLT 3.0, 5.5.4).
    ["i:category[xs:decimal(.) &gt; 0]", 0],
    ["nothing", 0],
  ])("context %s", (context, count) => {
    const body = invoice([LINE, LINE], { total: "40.02" });
    expect(
      broken(rules(`<ns prefix="xs" uri="http://www.w3.org/2001/XMLSchema"/>${asserts(context, "false()")}`), body),
    ).toEqual(Array.from({ length: count }, () => "a"));
  });

  it("contexts of comments and processing instructions", () => {
    const body = `<r><!--c--><?p x?></r>`;
    expect(
      check(rules(asserts("comment() | processing-instruction('p')", "false()")), body).map(({ path }) => path),
    ).toEqual(["/r/comment()", "/r/processing-instruction(p)"]);
  });

  it("a node is taken by the first rule of each pattern", () => {
    const two = (id: string): string =>
      `<pattern><rule context="i:line"><report id="${id}1" test="true()"/></rule><rule context="*"><report id="${id}2" test="@id"/></rule></pattern>`;
    expect(broken(rules(two("a") + two("b")), ANY)).toEqual(["a1", "b1"]);
  });

  it("abstract patterns take the text of their parameters", () => {
    const schema = rules(`
      <pattern abstract="true" id="sum"><rule context="$whole"><assert id="sum" test="$total = sum($whole-parts)">$total: <value-of select="$total"/></assert></rule></pattern>
      <pattern is-a="sum" id="lines"><param name="whole" value="/i:invoice"/><param name="total" value="xs:decimal(i:total)"/><param name="whole-parts" value="i:line/xs:decimal(i:net)"/></pattern>`);
    expect(broken(schema, ANY)).toEqual([]);
    expect(check(schema, ANY.replace("20.01</i:total>", "20.02</i:total>"))[0]?.detail).toBe("sum: $total: 20.02");
  });

  it("abstract rules give their parts to those that extend them, in order", () => {
    const schema = rules(`<pattern>
      <rule abstract="true" id="named"><let name="n" value="string(@id)"/><report id="one" test="$n = '1'"/></rule>
      <rule abstract="true" id="more"><extends rule="named"/><report id="two" test="$n != ''"/></rule>
      <rule context="i:line"><extends rule="more"/><report id="three" test="$n = '1'"/></rule></pattern>`);
    expect(broken(schema, ANY)).toEqual(["one", "two", "three"]);
  });

  it("lets see those before them, in rule, pattern, phase and schema; what nobody reads is not computed", () => {
    const schema = rules(
      `<let name="a" value="1"/><let name="broken" value="xs:decimal('x')"/>
      <phase id="p"><let name="b" value="$a + 1"/><active pattern="q"/></phase>
      <pattern id="q"><let name="c" value="$b + 1"/><rule context="i:line"><let name="d" value="$c + count(.)"/><let name="e" value="$d * 2"/>
      <report id="r" test="$e = 8 and $a = 1">x</report></rule></pattern>`,
      `queryBinding="xslt2" defaultPhase="p" xmlns:xs="http://www.w3.org/2001/XMLSchema"`,
    );
    expect(broken(schema, ANY)).toEqual(["r"]);
    expect(() => broken(schema, ANY, { phase: "#ALL" })).toThrow("there is no variable $b");
  });

  it("files are included, by id too, and extended", () => {
    const files = {
      "rules/common/parts.sch": `<schema xmlns="${SCH}"><ns prefix="c" uri="urn:c"/><pattern id="p1"><rule context="i:line"><report id="p1" test="true()"/></rule></pattern><let name="never" value="1"/><pattern id="p2"><include href="deeper/rule.sch"/></pattern></schema>`,
      "rules/common/deeper/rule.sch": `<rule xmlns="${SCH}" context="i:total"><report id="deep" test="$here = 7"/></rule>`,
      "rules/common/lets.sch": `<schema xmlns="${SCH}"><let name="here" value="7"/><include href="parts.sch#p2"/></schema>`,
    };
    const schema = rules(`<include href="common/parts.sch#p1"/><extends href="common/lets.sch"/>`);
    expect(broken(schema, ANY, { files })).toEqual(["p1", "deep"]);
  });

  it("diagnostics stand in the details", () => {
    const schema =
      rules(`<pattern><rule context="i:total"><assert id="a" test="false()" diagnostics="d1 d2">No.</assert></rule></pattern>
      <diagnostics><diagnostic id="d1">It is <value-of select="."/>.</diagnostic><diagnostic id="d2">In <name path=".."/>.</diagnostic></diagnostics>`);
    expect(check(schema, ANY)).toMatchObject([{ message: "a: No.", detail: "a: No. It is 20.01. In i:invoice." }]);
  });

  it("variables in functions know their place in a loop, and are one text", () => {
    const schema = (test: string): string =>
      rules(`<xsl:function name="u:places"><xsl:param name="of"/><xsl:for-each select="$of"><xsl:variable name="at" select="position()"/><xsl:sequence select="$at * last()"/></xsl:for-each></xsl:function>
      <xsl:function name="u:name"><xsl:param name="of"/><xsl:variable name="made">a<xsl:value-of select="$of"/>b</xsl:variable><xsl:sequence select="$made"/></xsl:function>
      <xsl:function name="u:pieces" as="xs:string"><xsl:value-of>a<xsl:text>b</xsl:text></xsl:value-of></xsl:function>
      ${asserts("/i:invoice", test)}`);
    for (const test of ["deep-equal(u:places((7, 8)), (2, 4))", "u:name('x') = 'axb'", "u:pieces() = 'ab'"]) {
      expect([test, broken(schema(test), ANY)]).toEqual([test, []]);
    }
  });

  it("words of rule sets are no names of JavaScript's", () => {
    const schema = rules(
      `<pattern><rule context="i:total" flag="constructor"><report id="__proto__" flag="toString" test="true()">x</report></rule></pattern>`,
    );
    expect(check(schema, ANY)).toMatchObject([{ rule: "__proto__", level: "error" }]);
  });

  it("a rule that cannot be computed weighs what it weighs when broken", () => {
    const schema = rules(asserts("i:number", "xs:decimal(.) > 0").replace("<assert", '<assert flag="warning"'));
    expect(check(schema, ANY)).toMatchObject([{ rule: "a", level: "warning" }]);
    expect(check(schema, ANY, { levels: { a: "error" } })).toMatchObject([{ level: "error" }]);
  });

  it("rules without ids are called by their place", () => {
    const schema = rules(`<pattern><rule context="i:total"><assert test="false()">No.</assert></rule></pattern>`);
    expect(check(schema, ANY)).toMatchObject([{ rule: "main.sch:3", message: "main.sch:3: No." }]);
  });

  it("functions of XSLT: branches, loops, recursion, types", () => {
    const functions = `
      <xsl:function name="u:digits" as="xs:integer"><xsl:param name="text" as="xs:string"/>
        <xsl:choose><xsl:when test="$text = ''">0</xsl:when>
        <xsl:when test="matches($text, '^[0-9]')"><xsl:sequence select="1 + u:digits(substring($text, 2))"/></xsl:when>
        <xsl:otherwise><xsl:sequence select="u:digits(substring($text, 2))"/></xsl:otherwise></xsl:choose></xsl:function>
      <xsl:function name="u:names" as="xs:string*"><xsl:param name="nodes" as="element()*"/>
        <xsl:variable name="prefix">n-</xsl:variable>
        <xsl:for-each select="$nodes"><xsl:if test="position() le 2"><xsl:value-of select="concat($prefix, local-name())"/></xsl:if></xsl:for-each></xsl:function>
      <xsl:function name="u:twice" as="xs:decimal"><xsl:param name="x" as="xs:decimal"/><xsl:sequence select="$x * 2"/></xsl:function>`;
    const test = (expression: string): readonly string[] =>
      broken(
        rules(
          `<ns prefix="xs" uri="http://www.w3.org/2001/XMLSchema"/>${functions}${asserts("/i:invoice", expression)}`,
        ),
        ANY,
      );
    expect(test("u:digits(i:number) = 6")).toEqual([]);
    expect(test("string-join(u:names(*), ' ') = 'n-number n-date'")).toEqual([]);
    expect(test("u:twice(i:total) = 40.02")).toEqual([]);
    expect(test("u:twice(i:number) = 1")).toEqual(["a"]);
    expect(() => test("u:twice(1, 2)")).toThrow("there is no function twice() with 2 arguments");
  });

  it("keys of XSLT find nodes by value", () => {
    const schema = rules(
      `<xsl:key name="by-id" match="i:line" use="@id"/>${asserts("i:line", "count(key('by-id', @id)) = 1")}`,
    );
    expect(broken(schema, ANY)).toEqual([]);
    expect(broken(schema, invoice([LINE, LINE]).replace('id="2"', 'id="1"'))).toEqual(["a", "a"]);
    expect(() => broken(rules(asserts("i:line", "key('other', 1)")), ANY)).toThrow("there is no xsl:key other");
  });

  it("without a query language it is XPath 1.0", () => {
    const test = (expression: string, attributes: string): readonly string[] =>
      broken(rules(asserts("/i:invoice", expression), attributes), invoice([LINE, LINE]));
    expect(test("normalize-space(i:line/i:net) = 20.01", "")).toEqual([]);
    expect(test("normalize-space(i:line/i:net) = 20.01", `queryBinding="xslt"`)).toEqual([]);
    expect(
      check(rules(asserts("/i:invoice", "normalize-space(i:line/i:net) = 20.01")), invoice([LINE, LINE]))[0]?.message,
    ).toContain("takes one value, not 2");
  });
});

describe("what cannot be used is refused when it is read", () => {
  const pattern = (test: string): string =>
    `<pattern><rule context="/"><assert id="R-1" test="${test}">x</assert></rule></pattern>`;
  const cases: readonly [what: string, schema: string, code: string, message: string][] = [
    ["another root", `<x/>`, "SCHEMATRON_INVALID", "the root is x, not schema of ISO Schematron"],
    [
      "the old namespace",
      `<schema xmlns="http://www.ascc.net/xml/schematron"/>`,
      "SCHEMATRON_INVALID",
      "(Schematron 1.5 is not supported)",
    ],
    ["no XML", `<schema`, "SCHEMATRON_INVALID", "is not well-formed"],
    [
      "an expression",
      rules(pattern("1 +")),
      "SCHEMATRON_INVALID",
      `R-1: the test "1 +": expected a value or a step, but the expression ends`,
    ],
    ["a variable", rules(pattern("$nobody")), "SCHEMATRON_INVALID", "there is no variable $nobody"],
    ["a prefix", rules(pattern("z:a")), "SCHEMATRON_INVALID", "the prefix z is not declared"],
    [
      "a function",
      rules(pattern("format-number(1, '0')")),
      "SCHEMATRON_UNSUPPORTED",
      "the function format-number() is not supported",
    ],
    ["a file", rules(pattern("document('codes.xml')//code")), "SCHEMATRON_UNSUPPORTED", "document() is refused"],
    [
      "the clock",
      rules(pattern("xs:date(i:date) le current-date()")),
      "SCHEMATRON_UNSUPPORTED",
      "current-date() is refused",
    ],
    ["a back reference", rules(pattern("matches(., '(a)\\1')")), "SCHEMATRON_UNSUPPORTED", "refers back to a group"],
    [
      "another language",
      rules("", `queryBinding="xquery3"`),
      "SCHEMATRON_UNSUPPORTED",
      "queryBinding xquery3 is not supported",
    ],
    [
      "another document",
      rules(`<pattern documents="a"/>`),
      "SCHEMATRON_UNSUPPORTED",
      "pattern with documents is not supported",
    ],
    ["an unknown element", rules(`<library/>`), "SCHEMATRON_UNSUPPORTED", "library is not supported"],
    ["more of XSLT", rules(`<xsl:import href="x"/>`), "SCHEMATRON_UNSUPPORTED", "xsl:import is not supported"],
    [
      "XSLT in a rule",
      rules(`<pattern><rule context="/"><xsl:variable name="x"/></rule></pattern>`),
      "SCHEMATRON_UNSUPPORTED",
      "xsl:variable in a rule is not supported",
    ],
    [
      "more in a function",
      rules(`<xsl:function name="u:f"><xsl:analyze-string select="1" regex="x"/></xsl:function>`),
      "SCHEMATRON_UNSUPPORTED",
      "xsl:analyze-string in a function is not supported",
    ],
    ["a let of XML", rules(`<let name="a"><x/></let>`), "SCHEMATRON_UNSUPPORTED", "a let whose value is XML"],
    ["a let with a type", rules(`<let name="a" value="1" as="xs:string"/>`), "SCHEMATRON_UNSUPPORTED", "let with as"],
    [
      "a language that is none",
      rules("", `queryBinding="constructor"`),
      "SCHEMATRON_UNSUPPORTED",
      "queryBinding constructor is not supported",
    ],
    ["a prefix that is none", rules(pattern("constructor:a")), "SCHEMATRON_INVALID", "constructor is not declared"],
    [
      "a context that selects values",
      rules(`<pattern><rule context="count(i:line)"/></pattern>`),
      "SCHEMATRON_INVALID",
      `the context "count(i:line)": a context selects nodes, this gives values`,
    ],
    [
      "an abstract pattern in a phase",
      rules(`<phase id="p"><active pattern="q"/></phase><pattern abstract="true" id="q"/>`, `defaultPhase="p"`),
      "SCHEMATRON_INVALID",
      "names a pattern q",
    ],
    [
      "two lets",
      rules(`<let name="a" value="1"/><pattern><let name="a" value="2"/></pattern>`),
      "SCHEMATRON_INVALID",
      "there are two lets a",
    ],
    [
      "no test",
      rules(`<pattern><rule context="/"><assert>x</assert></rule></pattern>`),
      "SCHEMATRON_INVALID",
      "assert has no test",
    ],
    [
      "an abstract pattern",
      rules(`<pattern is-a="nobody"/>`),
      "SCHEMATRON_INVALID",
      "there is no abstract pattern nobody",
    ],
    [
      "an abstract rule",
      rules(`<pattern><rule context="/"><extends rule="nobody"/></rule></pattern>`),
      "SCHEMATRON_INVALID",
      "there is no abstract rule nobody in this pattern",
    ],
    [
      "rules in a circle",
      rules(
        `<pattern><rule abstract="true" id="a"><extends rule="a"/></rule><rule context="/"><extends rule="a"/></rule></pattern>`,
      ),
      "SCHEMATRON_INVALID",
      "in a circle",
    ],
    [
      "a missing file",
      rules(`<include href="missing.sch"/>`),
      "SCHEMATRON_INVALID",
      "missing.sch is not to be found beside rules/main.sch",
    ],
    ["a file outside", rules(`<include href="../../secret.sch"/>`), "SCHEMATRON_INVALID", "is not to be found"],
    [
      "a file of the net",
      rules(`<include href="https://example.org/x.sch"/>`),
      "SCHEMATRON_INVALID",
      "is not to be found",
    ],
    ["itself", rules(`<extends href="main.sch"/>`), "SCHEMATRON_INVALID", "in a circle"],
    [
      "a diagnostic",
      rules(`<pattern><rule context="/"><assert test="1" diagnostics="d">x</assert></rule></pattern>`),
      "SCHEMATRON_INVALID",
      "there is no diagnostic d",
    ],
    [
      "a pattern of a phase",
      rules(`<phase id="p"><active pattern="q"/></phase>`, `defaultPhase="p"`),
      "SCHEMATRON_INVALID",
      "names a pattern q",
    ],
    ["an entity", `<!DOCTYPE schema [<!ENTITY a "x">]>${rules("&a;")}`, "SCHEMA_FILE_INVALID", "DOCTYPE"],
  ];
  it.each(cases)("%s", (_, schema, code, message) => {
    const dir = folderWith({ "rules/main.sch": schema });
    let error: unknown;
    try {
      openRules({
        source: { schema: "rules/main.sch", bridgeDir: dir, catalogDir: undefined },
        phase: undefined,
        levels: new Map(),
      });
    } catch (cause) {
      error = cause;
    }
    expect(error).toBeInstanceOf(BridgeError);
    expect({ code: (error as BridgeError).code, message: (error as BridgeError).message }).toEqual({
      code,
      message: expect.stringContaining(message) as string,
    });
  });

  it("a phase that is not there", () => {
    expect(() => broken(INVOICE_RULES, GOOD, { phase: "modle" })).toThrow("has no phase modle");
  });
});
