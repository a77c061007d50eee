// Rule sets and messages for tests: our own, in the manner of the rules for electronic invoices.

import { openRules, ruleValidator } from "../../src/core/validation/schematron/open.ts";
import type { Level } from "../../src/core/validation/schematron/levels.ts";
import type { ValidationFinding } from "../../src/core/mapping/types.ts";
import { folderWith } from "./xsd-folder.ts";

export const SCH = "http://purl.oclc.org/dsdl/schematron";

/** A schema with a namespace `i` for the document; `attributes` of its root. */
export function rules(body: string, attributes = `queryBinding="xslt2"`): string {
  return `<schema xmlns="${SCH}" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:u="urn:example:functions" ${attributes}>
<ns prefix="i" uri="urn:example:invoice"/>
${body}
</schema>`;
}

export interface Choice {
  readonly phase?: string;
  readonly levels?: Readonly<Record<string, Level>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly steps?: number;
}

/** What the rules say about a message. */
export function check(schema: string, body: string, choice: Choice = {}): readonly ValidationFinding[] {
  const dir = folderWith({ "rules/main.sch": schema, ...choice.files });
  const opened = openRules({
    source: { schema: "rules/main.sch", bridgeDir: dir, catalogDir: undefined },
    phase: choice.phase,
    levels: new Map(Object.entries(choice.levels ?? {})),
  });
  return ruleValidator([opened], choice.steps).validate(body);
}

/** Ids of what is broken, in the order of the findings. */
export function broken(schema: string, body: string, choice: Choice = {}): readonly string[] {
  return check(schema, body, choice).map(({ rule }) => rule ?? "?");
}

export interface Line {
  readonly qty: string;
  readonly price: string;
  readonly net: string;
  readonly category?: string;
}

/** An invoice of our own shape. */
export function invoice(lines: readonly Line[], more: Readonly<Record<string, string>> = {}): string {
  const head = {
    number: "R-2026-17",
    date: "2026-03-01",
    due: "2026-03-31",
    currency: "EUR",
    payee: "4012345000009",
    ...more,
  };
  const written = lines.map(
    ({ qty, price, net, category = "S" }, at) =>
      `<i:line id="${at + 1}"><i:quantity unit="C62">${qty}</i:quantity><i:price>${price}</i:price><i:net currency="EUR">${net}</i:net><i:category>${category}</i:category></i:line>`,
  );
  const { total = "", note = "", ...fields } = head as Record<string, string>;
  const texts = Object.entries(fields).map(([name, text]) => `<i:${name}>${text}</i:${name}>`);
  return `<i:invoice xmlns:i="urn:example:invoice">${texts.join("")}${note === "" ? "" : `<i:note>${note}</i:note>`}${written.join("")}<i:total>${total}</i:total></i:invoice>`;
}

/** The constructs that official rules for invoices use most. */
export const INVOICE_RULES = rules(`
  <title>Invoices</title>
  <xsl:function name="u:slack" as="xs:boolean">
    <xsl:param name="exp" as="xs:decimal"/>
    <xsl:param name="val" as="xs:decimal"/>
    <xsl:param name="slack" as="xs:decimal"/>
    <xsl:value-of select="xs:decimal($exp + $slack) &gt;= $val and xs:decimal($exp - $slack) &lt;= $val"/>
  </xsl:function>
  <xsl:function name="u:gln" as="xs:boolean">
    <xsl:param name="val"/>
    <xsl:variable name="length" select="string-length($val) - 1"/>
    <xsl:variable name="digits" select="reverse(for $i in string-to-codepoints(substring($val, 0, $length + 1)) return $i - 48)"/>
    <xsl:variable name="weighted" select="sum(for $i in (0 to $length - 1) return $digits[$i + 1] * (1 + ((($i + 1) mod 2) * 2)))"/>
    <xsl:value-of select="(10 - ($weighted mod 10)) mod 10 = number(substring($val, $length + 1, 1))"/>
  </xsl:function>
  <ns prefix="xs" uri="http://www.w3.org/2001/XMLSchema"/>
  <let name="currencies" value="' EUR CHF USD '"/>
  <let name="lines" value="/i:invoice/i:line"/>
  <phase id="model"><active pattern="constants"/><active pattern="model"/></phase>
  <phase id="codes"><active pattern="codes"/></phase>
  <pattern id="constants"><let name="NOTE" value="'(^|\\r?\\n)#(SKONTO)#TAGE=([0-9]+#PROZENT=[0-9]+\\.[0-9]{2})#$'"/></pattern>
  <pattern id="model">
    <rule context="/i:invoice">
      <let name="sum" value="sum(i:line/xs:decimal(i:net))"/>
      <assert id="R-01" flag="fatal" test="exists(i:line)">[R-01]-An invoice has at least one line.</assert>
      <assert id="R-02" flag="fatal" test="xs:decimal(i:total) = round($sum * 10 * 10) div 100">[R-02]-The total (<value-of select="i:total"/>) is the sum of the lines (<value-of select="$sum"/>).</assert>
      <assert id="R-03" flag="warning" test="xs:date(i:due) &gt;= xs:date(i:date)">[R-03] Due before its date.</assert>
      <assert id="R-04" flag="information" test="every $line in tokenize(i:note, '(\\r?\\n)')[starts-with(normalize-space(.), '#')] satisfies matches(normalize-space($line), $NOTE)">[R-04] Discounts have a form of their own in <name/>.</assert>
      <assert id="R-05" role="error" test="u:gln(i:payee)">[R-05] The payee has a wrong check digit.</assert>
      <assert id="R-06" test="count(i:line) = count(distinct-values(i:line/@id))" subject="i:line[last()]">[R-06] Lines have ids of their own.</assert>
      <report id="R-07" flag="warning" test="$sum &lt; 0">[R-07] Less than nothing.</report>
    </rule>
    <rule context="i:line[i:category = ('E', 'Z')] | i:line[i:category = 'O']">
      <assert id="R-10" flag="fatal" test="not(i:rate)">[R-10] No rate without tax.</assert>
      <assert id="R-11" flag="fatal" test="xs:decimal(i:net) = 0">[R-11] Nothing is charged.</assert>
    </rule>
    <rule context="//i:line">
      <assert id="R-12" flag="fatal" test="u:slack(xs:decimal(i:quantity) * xs:decimal(i:price), xs:decimal(i:net), 0.01)">[R-12] Quantity times price.</assert>
    </rule>
  </pattern>
  <pattern id="codes">
    <rule context="i:currency | @currency" flag="warning">
      <assert id="R-20" flag="fatal" test="not(contains(normalize-space(.), ' ')) and contains($currencies, concat(' ', normalize-space(.), ' '))">[R-20] A currency of the list.</assert>
    </rule>
    <rule context="@unit">
      <assert id="R-21" test="matches(., '^[A-Z0-9]{2,3}$')">A unit has two or three characters.</assert>
    </rule>
  </pattern>`);
