// Simple types against libxml2: both judge every literal for every type, and where they part, the reason stands here.

import { afterAll, describe, expect, it } from "vitest";
import type { QName } from "../../src/core/mapping/types.ts";
import { BUILTINS } from "../../src/core/validation/model/lexical.ts";
import { openSchemaModel } from "../../src/core/validation/model/output-schema.ts";
import { compilePattern, translatePattern } from "../../src/core/validation/model/pattern.ts";
import { openXsd } from "../../src/core/validation/xsd.ts";
import { folderWith, schema } from "./xsd-folder.ts";

const NS = "urn:example:m";
const name = (local: string): QName => ({ namespace: NS, local });

const literals = [
  "",
  " ",
  "x",
  "1",
  "0",
  "-1",
  "+1",
  "007",
  "1.0",
  "1.",
  ".5",
  ".",
  "1e5",
  "INF",
  "-INF",
  "NaN",
  "true",
  "false",
  "TRUE",
  "a b",
  "a:b",
  "1a",
  "_a",
  "ä",
  "-",
  "127",
  "128",
  "255",
  "256",
  "-128",
  "-129",
  "32767",
  "32768",
  "65535",
  "65536",
  "2147483647",
  "2147483648",
  "4294967295",
  "4294967296",
  "9223372036854775807",
  "9223372036854775808",
  "18446744073709551615",
  "18446744073709551616",
  "2027-02-28",
  "2027-02-29",
  "2028-02-29",
  "1900-02-29",
  "2000-02-29",
  "2027-13-01",
  "2027-1-1",
  "27-01-01",
  "12027-01-01",
  "2027-01-01Z",
  "2027-01-01+02:00",
  "2027-01-01+14:00",
  "2027-01-01+14:01",
  "2027-01-01+1:00",
  "2027-01-01T10:00:00",
  "2027-01-01T10:00:00.125",
  "2027-01-01T10:00",
  "2027-01-01T24:00:00",
  "2027-01-01T24:00:01",
  "2027-01-01T25:00:00",
  "2027-01-01T10:60:00",
  "2027-01-01T10:00:60",
  "2027-01-01T10:00:00Z",
  "10:00:00",
  "10:00",
  "24:00:00",
  "10:00:00.5Z",
  "2027-01",
  "2027",
  "02027",
  "--02-29",
  "--02-30",
  "--04-31",
  "---31",
  "---32",
  "--12",
  "--13",
  "P1Y",
  "P1Y2M3DT4H5M6.7S",
  "P",
  "PT",
  "-P1D",
  "P1S",
  "PT1S",
  "P1Y2D3M",
  "P1.5D",
  "0A",
  "0a1",
  "0aFF",
  "QQ==",
  "QUI=",
  "QUJD",
  "QUJ",
  "Q",
  "Q Q = =",
  "de",
  "de-DE",
  "de_DE",
  "deutschland-x",
  "a-",
  "http://a.example/b?c#d",
  "a%20b",
  "urn:x:y",
  "  2027-02-28  ",
  "\t1\n",
  " true ",
];
/** Where libxml2 differs from the standard, or cannot be asked. */
const apart = new Set(["ENTITY", "ENTITIES", "NOTATION", "IDREF", "IDREFS", "QName", "anyAtomicType"]);

const restriction = (base: string, facets: string): string =>
  `><xs:simpleType><xs:restriction base="${base}">${facets}</xs:restriction></xs:simpleType></xs:element>`;
const facet = (facetName: string, value: string): string => `<xs:${facetName} value="${value}"/>`;
const escapedAttribute = (text: string): string => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");

describe("texts", () => {
  const opened: { dispose(): void }[] = [];
  afterAll(() => {
    for (const one of opened) one.dispose();
  });

  /** Both verdicts about every literal for every element of the schema; the names are those of the elements. */
  async function verdicts(
    elements: ReadonlyMap<string, string>,
    texts: readonly string[],
  ): Promise<{ ours: string[]; oracle: string[] }> {
    const body = Array.from(elements, ([local, inner]) => `<xs:element name="${local}"${inner}`).join("\n");
    const bridgeDir = folderWith({ "main.xsd": schema(NS, body) });
    const source = { schema: "main.xsd", bridgeDir, catalogDir: undefined };
    const [ours, oracle] = [openSchemaModel(source), await openXsd(source)];
    opened.push(oracle);
    const result: { ours: string[]; oracle: string[] } = { ours: [], oracle: [] };
    for (const local of elements.keys()) {
      const text = ours.root(name(local))?.content().text;
      for (const literal of texts) {
        const escaped = literal.replace(/[&<>\t\n]/g, (char) => `&#${char.charCodeAt(0)};`);
        const line = (fine: boolean): string => `${local} ${JSON.stringify(literal)} ${fine ? "fine" : "refused"}`;
        result.ours.push(line(text?.refuse(literal) === undefined));
        result.oracle.push(line(oracle.validate(`<${local} xmlns="${NS}">${escaped}</${local}>`).length === 0));
      }
    }
    return result;
  }

  it("judges literals of the built-in types as libxml2 does", async () => {
    const names = [...BUILTINS.keys()].filter((local) => !apart.has(local));
    const { ours, oracle } = await verdicts(new Map(names.map((local) => [local, ` type="xs:${local}"/>`])), literals);
    expect(ours).toHaveLength(names.length * literals.length);
    // Where the two part, the standard is with us: libxml2 takes an empty NMTOKENS, skips what is no base64, does not trim
    // dates and cannot count years beyond 2^31.
    const known = /^(?:NMTOKENS " ?"|base64Binary .*) refused$|^(?:date "  2027-02-28  "|gYear "\d{10,}") fine$/;
    expect(ours.filter((line, index) => line !== oracle[index] && !known.test(line))).toEqual([]);
  });

  it("judges facets as libxml2 does", async () => {
    const elements = new Map([
      ["list", restriction("xs:token", facet("enumeration", "A") + facet("enumeration", "B b"))],
      ["numbers", restriction("xs:decimal", facet("enumeration", "1.0") + facet("enumeration", "2"))],
      ["len", restriction("xs:string", facet("length", "3"))],
      ["between", restriction("xs:string", facet("minLength", "2") + facet("maxLength", "4"))],
      ["range", restriction("xs:decimal", facet("minInclusive", "-1.5") + facet("maxExclusive", "10"))],
      ["open", restriction("xs:integer", facet("minExclusive", "1") + facet("maxInclusive", "12"))],
      ["digits", restriction("xs:decimal", facet("totalDigits", "4") + facet("fractionDigits", "2"))],
      ["days", restriction("xs:date", facet("minInclusive", "2027-01-01") + facet("maxExclusive", "2027-02-28"))],
      ["hex", restriction("xs:hexBinary", facet("length", "2"))],
      ["collapsed", restriction("xs:string", facet("whiteSpace", "collapse") + facet("maxLength", "3"))],
      ["patterns", restriction("xs:string", facet("pattern", "[A-Z]{2}") + facet("pattern", "\\d+"))],
      ["dates", `><xs:simpleType><xs:list itemType="xs:date"/></xs:simpleType></xs:element>`],
      [
        "either",
        `><xs:simpleType><xs:union memberTypes="xs:int xs:date"><xs:simpleType><xs:restriction base="xs:token"><xs:enumeration value="x"/></xs:restriction></xs:simpleType></xs:union></xs:simpleType></xs:element>`,
      ],
    ]);
    const more = [
      "A",
      "B b",
      " B  b ",
      "C",
      "1.00",
      "2",
      "3",
      "abc",
      "äöü",
      "a\u{1F309}c",
      "-1.5",
      "-1.51",
      "9.999",
      "10",
      "12",
      "13",
      "12.34",
      "123.4",
      "123.45",
      "0012.3400",
      "2027-01-01 2028-01-01",
      "2027-01-01 x",
      "0A0b",
      "  abc ",
      "AB",
      "ABC",
      "12345",
    ];
    const { ours, oracle } = await verdicts(elements, [...more, ...literals]);
    // A date with a zone and a bound without cannot be compared within 14 hours; libxml2 refuses, we leave it to it.
    const known = /^days "2027-01-01(?:Z|\+\d\d:00)" fine$/;
    expect(ours.filter((line, index) => line !== oracle[index] && !known.test(line))).toEqual([]);
  });

  it("judges patterns as libxml2 does", async () => {
    const patterns = [
      "a|bc",
      "[^a-c]+",
      "a.c",
      "\\d{2,3}x?",
      "[a-z-[aeiou]]+",
      "\\i\\c*",
      "\\w+",
      "\\W",
      "\\s\\S",
      "[\\d\\-]+",
      "\\p{Lu}\\p{Ll}*",
      "\\P{L}+",
      "\\p{IsBasicLatin}+",
      "^a$",
      "(a(b|c))*d",
      "[.]\\.",
      "x{0}y",
      "-?[0-9]+",
      "[a\\]b]",
      "[+\\-*/]",
      "([0-9]{5})(-[0-9]{4})?",
    ];
    const texts = [
      "",
      "a",
      "b",
      "bc",
      "abc",
      "a\u00e9c",
      "12",
      "123x",
      "1234",
      "xyz",
      "hello",
      "_a-b.c",
      "1a",
      "a b",
      "!",
      " x",
      "1-2",
      "Abc",
      "aBC",
      "12 %",
      "\u00e4",
      "^a$",
      "abacd",
      "d",
      "..",
      "y",
      "xy",
      "-12",
      "]",
      "+",
      "12345-6789",
      "12345",
      "\u{1F309}",
      "a\u{1F309}c",
    ];
    const { ours, oracle } = await verdicts(
      new Map(
        patterns.map((pattern, index) => [
          `p${index}`,
          restriction("xs:string", facet("pattern", escapedAttribute(pattern))),
        ]),
      ),
      texts,
    );
    expect(patterns.every((pattern) => compilePattern(pattern) !== undefined)).toBe(true);
    // libxml2's tables do not know the newer symbols, which \w includes.
    const known = /^p5 ".*\u{1F309}.*" fine$/u;
    expect(ours.filter((line, index) => line !== oracle[index] && !known.test(line))).toEqual([]);
  });

  it("leaves patterns unchecked that RE2 cannot say, and never backtracks", () => {
    expect(translatePattern("\\p{IsTibetan}")).toBeUndefined();
    expect(compilePattern("(a+)+b")?.("a".repeat(20_000))).toBe(false);
    expect(compilePattern("a{2,5000}")?.("a".repeat(6_000))).toBe(true);
    for (const wrong of ["(", "[a", "a**", "(?=a)", "\\p{Xx}", "a{x}", "[]"])
      expect(compilePattern(wrong)).toBeUndefined();
  });

  it("gives lists and says why in words", () => {
    const body = `<xs:simpleType name="f"><xs:restriction base="xs:token"><xs:enumeration value="GMBH"/><xs:enumeration value="AG"/></xs:restriction></xs:simpleType><xs:element name="r" type="t:f"/>`;
    const bridgeDir = folderWith({ "main.xsd": schema(NS, body) });
    const text = openSchemaModel({ schema: "main.xsd", bridgeDir, catalogDir: undefined })
      .root(name("r"))
      ?.content().text;
    expect(text).toMatchObject({ name: "t:f", enumeration: ["GMBH", "AG"] });
    expect(text?.refuse("KG")).toBe('"KG" is not in the list: GMBH, AG');
  });
});
