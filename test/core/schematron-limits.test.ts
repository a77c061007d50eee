// Rule sets and messages that would take for ever, or all of the memory.

import { describe, expect, it } from "vitest";
import { broken, check, invoice, INVOICE_RULES, rules, SCH } from "./schematron-rules.ts";

const LINE = { qty: "2", price: "10.005", net: "20.01" };
const ANY = invoice([LINE], { total: "20.01" });

describe("limits", () => {
  it("a message that takes too many steps is not kept waiting for", () => {
    const body = invoice(
      Array.from({ length: 2_000 }, () => LINE),
      { total: "40020.00" },
    );
    const slow = rules(
      `<pattern><rule context="i:line"><assert id="R" test="count(//i:line[. = current()]) ge 1">x</assert></rule></pattern>`,
    );
    const start = performance.now();
    const findings = check(slow, body, { steps: 1_000_000 });
    expect(findings).toEqual([
      {
        path: "/",
        message: "rules/main.sch takes too long on this message: more than 1,000,000 steps",
        detail: expect.any(String) as string,
      },
    ]);
    expect(performance.now() - start).toBeLessThan(3_000);
    // What invoices usually have is far below.
    expect(check(INVOICE_RULES, body)[0]?.rule).toBe(undefined);
  });

  it("files that include each other a thousand times are not followed for ever", () => {
    const level = (below: string): string =>
      `<schema xmlns="${SCH}">${`<extends href="${below}"/>`.repeat(40)}</schema>`;
    const files = {
      "rules/1.sch": level("2.sch"),
      "rules/2.sch": level("3.sch"),
      "rules/3.sch": level("4.sch"),
      "rules/4.sch": level("5.sch"),
      "rules/5.sch": `<schema xmlns="${SCH}"/>`,
    };
    expect(() => broken(rules(`<extends href="1.sch"/>`), ANY, { files })).toThrow("more than 500,000 elements");
  });

  it("there are at most 20 errors and 20 remarks", () => {
    const schema = rules(
      `<pattern><rule context="i:line"><report id="w" flag="warning" test="true()"/></rule></pattern><pattern><rule context="i:line"><report id="e" test="true()"/></rule></pattern>`,
    );
    const found = broken(schema, invoice(Array.from({ length: 50 }, () => LINE)));
    expect(found).toEqual([...Array.from({ length: 20 }, () => "e"), ...Array.from({ length: 20 }, () => "w")]);
  });

  it("100,000 nodes that break a rule are soon told", () => {
    const many = `<r>${"<a/>".repeat(100_000)}</r>`;
    const on = (flag: string, test: string): string =>
      rules(`<pattern><rule context="a"><report id="R" flag="${flag}" test="${test}">x</report></rule></pattern>`);
    const start = performance.now();
    expect(broken(on("warning", "true()"), many)).toHaveLength(20);
    expect(broken(on("warning", "1 + 'x'"), many)).toHaveLength(20);
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  it.each<[what: string, schema: string]>([
    [
      "abstract patterns that make millions",
      `<pattern abstract="true" id="p"><rule context="r">${`<assert test="$x = 1">x</assert>`.repeat(5_000)}</rule></pattern>${`<pattern is-a="p"><param name="x" value="1"/></pattern>`.repeat(2_000)}`,
    ],
    [
      "parameters that grow",
      `<pattern abstract="true" id="p"><rule context="r"><assert test="${"$x + ".repeat(20_000)}1">x</assert></rule></pattern><pattern is-a="p"><param name="x" value="${"1".repeat(200_000)}"/></pattern>`,
    ],
    [
      "rules that extend each other ten times each",
      `<pattern>${Array.from({ length: 19 }, (_, at) => `<rule abstract="true" id="r${at}">${`<extends rule="r${at + 1}"/>`.repeat(10)}</rule>`).join("")}<rule abstract="true" id="r19"/><rule context="r"><extends rule="r0"/></rule></pattern>`,
    ],
  ])("%s are refused", (_, schema) => {
    expect(() => broken(rules(schema), ANY)).toThrow("the rules are too many, or too long");
  });

  const u = (inner: string): string =>
    `<xsl:function name="u:f" as="xs:integer"><xsl:param name="n" as="xs:integer"/>${inner}</xsl:function>`;
  const asked = (test: string): string =>
    `<pattern><rule context="/r"><assert id="R" test="${test}">x</assert></rule></pattern>`;

  it.each<[what: string, schema: string, message: string]>([
    [
      "a function that calls itself for ever",
      u(`<xsl:sequence select="u:f($n)"/>`) + asked("u:f(1) = 1"),
      "more than 1000 deep",
    ],
    [
      "a function that is deep in itself",
      u(`<xsl:sequence select="if ($n le 0) then 0 else ${"(1 + ".repeat(100)}u:f($n - 1)${")".repeat(100)}"/>`) +
        asked("u:f(900) = 0"),
      "too deeply",
    ],
    [
      "variables in a long chain",
      Array.from(
        { length: 5_000 },
        (_, at) => `<let name="a${at}" value="${at === 0 ? "1" : `$a${at - 1} + 1`}"/>`,
      ).join("") + asked("$a4999 = 5000"),
      "too deeply",
    ],
    [
      "a variable in a circle",
      `<let name="a" value="$b"/><let name="b" value="$a"/>${asked("$a")}`,
      "a variable depends on itself",
    ],
    [
      "a key in a circle",
      `<xsl:key name="k" match="a" use="count(key('k', .))"/>${asked("key('k', '1')")}`,
      "the key k depends on itself",
    ],
  ])("%s is told", (_, schema, message) => {
    expect(check(rules(schema), "<r><a>1</a></r>")).toMatchObject([
      { message: expect.stringContaining(message) as string },
    ]);
  });

  it("a recursion of 900 is none of them, and a long body neither", () => {
    const down = u(
      `<xsl:choose><xsl:when test="$n le 0"><xsl:sequence select="0"/></xsl:when><xsl:otherwise><xsl:variable name="m" select="$n - 1"/><xsl:sequence select="1 + u:f($m)"/></xsl:otherwise></xsl:choose>`,
    );
    expect(broken(rules(down + asked("u:f(900) = 900")), "<r/>")).toEqual([]);
    const long = `<xsl:function name="u:g">${`<xsl:sequence select="1"/>`.repeat(20_000)}</xsl:function>`;
    expect(broken(rules(long + asked("count(u:g()) = 20000")), "<r/>")).toEqual([]);
  });

  it("a key of one value has many nodes", () => {
    const schema = rules(`<xsl:key name="k" match="a" use="'x'"/>${asked("count(key('k', 'x')) = 100000")}`);
    expect(broken(schema, `<r>${"<a/>".repeat(100_000)}</r>`)).toEqual([]);
  });

  it("what is no XML, has a DOCTYPE or is too large is an error of the message", () => {
    expect(check(INVOICE_RULES, "<a>")).toMatchObject([{ path: "/", message: "not well-formed XML, line 1" }]);
    expect(check(INVOICE_RULES, `<!DOCTYPE a><a/>`)).toMatchObject([{ detail: "a DOCTYPE is refused" }]);
    expect(check(INVOICE_RULES, `<a>${"x".repeat(17 * 1024 * 1024)}</a>`)).toMatchObject([
      { message: "message is larger than 16 MiB, too large for Schematron" },
    ]);
  });
});
