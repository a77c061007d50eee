import { describe, expect, it } from "vitest";
import type { OutputSchema } from "../../src/core/mapping/types.ts";
import { checkTemplateAgainstSchema } from "../../src/core/validation/check-template.ts";
import type { FormulaLookups } from "../../src/core/validation/formula-results.ts";
import { openSchemaModel } from "../../src/core/validation/model/output-schema.ts";
import { yaml } from "./template-support.ts";
import { folderWith, schema } from "./xsd-folder.ts";

const NS = "urn:example:gewerbe:2";
const GEWERBE = schema(
  NS,
  `<xs:import namespace="urn:example:code" schemaLocation="code.xsd"/>
  <xs:element name="gewerbeanmeldung"><xs:complexType><xs:sequence>
      <xs:element name="betrieb" type="t:betrieb"/>
      <xs:element name="vermerk" type="t:vermerk" minOccurs="0"/>
    </xs:sequence><xs:attribute name="version" type="t:version" use="required"/></xs:complexType></xs:element>
  <xs:simpleType name="version"><xs:restriction base="xs:token"><xs:pattern value="\\d+\\.\\d"/></xs:restriction></xs:simpleType>
  <xs:simpleType name="rechtsform"><xs:restriction base="xs:token"><xs:enumeration value="351"/><xs:enumeration value="355"/></xs:restriction></xs:simpleType>
  <xs:complexType name="betrieb"><xs:sequence>
    <xs:element name="name" type="xs:string"/>
    <xs:element name="rechtsform" type="t:rechtsform"/>
    <xs:element name="beginn" type="xs:date"/>
    <xs:element name="kapital" minOccurs="0"><xs:complexType><xs:simpleContent><xs:extension base="xs:decimal"><xs:attribute name="waehrung" fixed="EUR" use="required"/></xs:extension></xs:simpleContent></xs:complexType></xs:element>
    <xs:choice><xs:element name="email" type="xs:token"/><xs:sequence><xs:element name="vorwahl" type="xs:token"/><xs:element name="nummer" type="xs:token"/></xs:sequence></xs:choice>
    <xs:element name="taetigkeit" minOccurs="0" maxOccurs="unbounded"><xs:complexType><xs:sequence><xs:element name="nr" type="xs:int"/></xs:sequence></xs:complexType></xs:element>
    <xs:element name="staat" minOccurs="0" type="c:code"/>
  </xs:sequence></xs:complexType>
  <xs:complexType name="vermerk" abstract="true"><xs:sequence/></xs:complexType>
  <xs:complexType name="notiz"><xs:complexContent><xs:extension base="t:vermerk"><xs:sequence><xs:element name="text" type="xs:string"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>`,
  `xmlns:c="urn:example:code"`,
);
const CODE = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:example:code">
  <xs:complexType name="code"><xs:sequence><xs:element name="code" type="xs:token"/></xs:sequence><xs:anyAttribute processContents="skip"/></xs:complexType></xs:schema>`;

const model = openSchemaModel({
  schema: "g.xsd",
  bridgeDir: folderWith({ "g.xsd": GEWERBE, "code.xsd": CODE }),
  catalogDir: undefined,
});

/** `CODE line:column message | hint`. */
function check(text: string, lookups: FormulaLookups = {}, target: OutputSchema = model): string[] {
  return checkTemplateAgainstSchema(yaml(text), target, lookups).map(
    ({ severity, code, line, column, message, hint }) =>
      `${severity === "warning" ? "? " : ""}${code} ${line}:${column} ${message}${hint === "" ? "" : ` | ${hint}`}`,
  );
}

/** The template around the lines of gw:betrieb; its first line is line 5. */
const betrieb = (...lines: string[]): string =>
  [
    `gw:gewerbeanmeldung:`,
    `  "@xmlns:gw": ${NS}`,
    `  "@version": 2.0`,
    `  gw:betrieb:`,
    ...lines.map((line) => `    ${line}`),
  ].join("\n");
const full = ["gw:name: = FIRMA", "gw:rechtsform: = RF", "gw:beginn: = BEGINN", "gw:email: = MAIL"];
const but = (prefix: string, ...instead: string[]): string =>
  betrieb(...full.flatMap((line) => (line.startsWith(prefix) ? instead : [line])));

/** With a second child of the root, on line 9. */
const vermerk = (inner: string): string => `${betrieb(...full)}\n  gw:vermerk: ${inner}`;

describe("a template that fits", () => {
  it("has no findings", () => {
    expect(check(betrieb(...full))).toEqual([]);
    expect(
      check(
        betrieb(
          ...full,
          `gw:kapital: { "@waehrung": EUR, =text: "= X" }`,
          "gw:taetigkeit: { =each: = T, gw:nr: = $n }",
          "gw:staat: { code: '000', '@listVersionID': x }",
        ),
      ),
    ).toEqual([]);
    expect(check(betrieb(...full.slice(0, 3), "gw:vorwahl: = V", "gw:nummer: = N"))).toEqual([]);
  });

  it("may use the default namespace, and literals as written", () => {
    const text = [
      `gewerbeanmeldung:`,
      `  "@xmlns": ${NS}`,
      `  "@version": 2.0`,
      "  betrieb: { name: '=FIRMA', rechtsform: 351, beginn: 2027-03-01, email: x }",
    ].join("\n");
    expect(check(text)).toEqual([]);
  });
});

describe("elements", () => {
  it("finds what is required and not mapped, and where", () => {
    expect(check(but("gw:beginn"))).toEqual([
      "SCHEMA_MISSING 4:3 gw:betrieb requires gw:beginn, nothing is mapped to it | gw:beginn: = …",
    ]);
    expect(check(but("gw:email"))).toEqual([
      "SCHEMA_MISSING 4:3 gw:betrieb requires one of gw:email, gw:vorwahl, nothing is mapped to any of them",
    ]);
    expect(check(but("gw:email", "gw:vorwahl: = V"))).toEqual([
      "SCHEMA_MISSING 4:3 gw:betrieb requires gw:nummer, nothing is mapped to it | gw:nummer: = …",
    ]);
    expect(check(betrieb(...full, "gw:taetigkeit: { =each: = T }"))).toEqual([
      "SCHEMA_MISSING 9:5 gw:taetigkeit requires gw:nr, nothing is mapped to it | gw:nr: = …",
    ]);
    expect(check(betrieb(...full, "gw:taetigkeit:"))).toEqual([
      "SCHEMA_MISSING 9:5 gw:taetigkeit requires gw:nr, nothing is mapped to it | gw:nr: = …",
    ]);
  });

  it("finds unknown names and the nearest known one", () => {
    expect(check(but("gw:rechtsform", "gw:rechtsfrom: = RF"))).toEqual([
      "SCHEMA_UNKNOWN 6:5 gw:betrieb knows no gw:rechtsfrom | Did you mean gw:rechtsform?",
      "SCHEMA_MISSING 4:3 gw:betrieb requires gw:rechtsform, nothing is mapped to it | gw:rechtsform: = …",
    ]);
    expect(check(betrieb(...full, "gw:zweckverband: = X"))[0]).toBe(
      "SCHEMA_UNKNOWN 9:5 gw:betrieb knows no gw:zweckverband | Known here: gw:name, gw:rechtsform, gw:beginn, gw:kapital, gw:email, gw:vorwahl, gw:nummer, gw:taetigkeit … (9)",
    );
    expect(check(but("gw:name", "gw:name: { gw:x: = X }"))).toEqual([
      "SCHEMA_UNKNOWN 5:16 gw:name takes no child elements, so not gw:x",
    ]);
    expect(check("gw:gewerbeabmeldung: { '@xmlns:gw': urn:example:gewerbe:2 }")).toEqual([
      "SCHEMA_UNKNOWN 1:1 the schema has no root element gw:gewerbeabmeldung | Did you mean gw:gewerbeanmeldung?",
    ]);
  });

  it("says which namespace a name is of", () => {
    expect(check(betrieb(...full, "gw:staat: { gw:code: = X }"))).toEqual([
      `SCHEMA_UNKNOWN 9:17 gw:staat knows no gw:code | code is of namespace none, not ${NS}: write code`,
      "SCHEMA_MISSING 9:5 gw:staat requires code, nothing is mapped to it | code: = …",
    ]);
    expect(check("xx:gewerbeanmeldung: { xx:betrieb: = X }")).toEqual([
      `SCHEMA_UNKNOWN 1:1 the prefix xx is not declared | "@xmlns:xx": ${NS}`,
    ]);
  });

  it("asks for the text beside attributes", () => {
    expect(check(betrieb(...full, `gw:kapital: { "@waehrung": EUR }`))).toEqual([
      "SCHEMA_MISSING 9:5 gw:kapital requires text (xs:decimal), nothing is mapped to it | =text: = …",
    ]);
  });

  it("refuses text where only elements may stand", () => {
    expect(check(betrieb(...full, "gw:taetigkeit: = T"))).toEqual([
      "SCHEMA_UNKNOWN 9:20 gw:taetigkeit takes no text, only child elements | It takes gw:nr",
    ]);
    expect(check(betrieb(...full, "gw:taetigkeit: { =text: x, gw:nr: 1 }"))[0]).toContain(
      "SCHEMA_CONSTANT 9:29 gw:taetigkeit takes no text",
    );
  });

  it("counts", () => {
    expect(check(but("gw:name", "gw:name: [Meier, Mueller]"))).toEqual([
      "SCHEMA_MANY 5:5 gw:name may stand once in gw:betrieb, but is mapped more than once | Keep one, or give the others a =when",
    ]);
    expect(check(but("gw:name", `gw:name: ["= A", "= B"]`))[0]).toMatch(/^\? SCHEMA_MANY 5:5/);
    expect(check(but("gw:name", "gw:name: [{ =when: = A, =text: = A }, { =when: = B, =text: = B }]"))).toEqual([]);
    expect(check(but("gw:name", "gw:name: { =each: = NAMEN, =text: = $ }"))[0]).toMatch(
      /^\? SCHEMA_MANY 5:5 .* =each makes one per item/,
    );
    expect(check(betrieb(...full, "gw:taetigkeit: [{ gw:nr: 1 }, { gw:nr: 2 }]"))).toEqual([]);
  });

  it("follows xsi:type and asks for it where the type is abstract", () => {
    const xsi = `"@xmlns:xsi": http://www.w3.org/2001/XMLSchema-instance`;
    expect(check(vermerk(`{ ${xsi}, "@xsi:type": gw:notiz, gw:text: = X }`))).toEqual([]);
    expect(check(vermerk(`{ ${xsi}, "@xsi:type": gw:notiz }`))).toEqual([
      "SCHEMA_MISSING 9:3 gw:vermerk requires gw:text, nothing is mapped to it | gw:text: = …",
    ]);
    expect(check(vermerk(`{ ${xsi}, "@xsi:type": gw:nix }`))[0]).toMatch(
      /^SCHEMA_CONSTANT 9:\d+ gw:vermerk: xsi:type gw:nix names no type/,
    );
    expect(check(vermerk("{ gw:text: = X }"))).toEqual([
      `SCHEMA_ATTRIBUTE_MISSING 9:3 gw:vermerk has the abstract type t:vermerk; xsi:type must name one that extends it | "@xsi:type": …`,
    ]);
    expect(check(vermerk(`{ ${xsi}, "@xsi:type": = T, gw:text: = X }`))).toEqual([]);
  });
});

describe("attributes", () => {
  it("finds missing and unknown ones", () => {
    const kapital = (inner: string): string[] => check(betrieb(...full, `gw:kapital: ${inner}`));
    expect(kapital("= X")).toEqual([
      `SCHEMA_ATTRIBUTE_MISSING 9:5 gw:kapital requires the attribute waehrung, nothing is mapped to it | "@waehrung": EUR`,
    ]);
    expect(kapital(`{ =text: = X, "@wahrung": EUR }`)).toEqual([
      `SCHEMA_ATTRIBUTE_UNKNOWN 9:31 gw:kapital has no attribute wahrung | Did you mean "@waehrung"?`,
      `SCHEMA_ATTRIBUTE_MISSING 9:5 gw:kapital requires the attribute waehrung, nothing is mapped to it | "@waehrung": EUR`,
    ]);
    expect(check(betrieb(...full).replace(`  "@version": 2.0\n`, ""))[0]).toContain("SCHEMA_ATTRIBUTE_MISSING 1:1");
    expect(check(`${betrieb(...full)}\n    "@name": x`)[0]).toBe(
      "SCHEMA_ATTRIBUTE_UNKNOWN 9:5 gw:betrieb has no attribute name | It is a child element: write gw:name",
    );
  });

  it("checks their literals", () => {
    expect(check(betrieb(...full).replace("2.0", "2"))).toEqual([
      `SCHEMA_CONSTANT 3:15 gw:gewerbeanmeldung/@version will always be invalid: "2" does not match the pattern \\d+\\.\\d | Type t:version`,
    ]);
    expect(check(betrieb(...full, `gw:kapital: { "@waehrung": DEM, =text: = X }`))[0]).toContain(
      '"DEM" is not the fixed value "EUR" | Write EUR',
    );
  });
});

describe("constants and tables", () => {
  it("finds literals that break type, pattern or list", () => {
    expect(check(but("gw:rechtsform", "gw:rechtsform: GMBH"))).toEqual([
      'SCHEMA_CONSTANT 6:20 gw:rechtsform will always be invalid: "GMBH" is not in the list: 351, 355 | Type t:rechtsform',
    ]);
    expect(check(but("gw:beginn", "gw:beginn: 01.03.2027"))[0]).toContain('"01.03.2027" is no xs:date');
    expect(check(but("gw:beginn", `gw:beginn: ""`))[0]).toContain('"" is no xs:date');
    expect(check(but("gw:rechtsform", "gw:rechtsform: \"= F = 'J' ? '351' : 'keine'\""))).toEqual([
      'SCHEMA_CONSTANT 6:20 gw:rechtsform will sometimes be invalid: "keine" is not in the list: 351, 355 | Type t:rechtsform',
    ]);
  });

  it("finds values of code tables that the list does not have", () => {
    const lookups: FormulaLookups = {
      tableValues: (table, column) =>
        table !== "rechtsform" ? undefined : column === "alt" ? ["351"] : ["351", "999", "355", "A1", "999"],
      letText: (name) => ({ rf: "= $code('rechtsform', RF)", fest: "keine", kreis: "= $kreis" })[name],
    };
    expect(check(but("gw:rechtsform", "gw:rechtsform: = $code('rechtsform', RF)"), lookups)).toEqual([
      "SCHEMA_LIST 6:20 2 of 4 values of the code table rechtsform are not allowed in gw:rechtsform: 999, A1 | Allowed: 351, 355",
    ]);
    expect(check(but("gw:rechtsform", "gw:rechtsform: = $code('rechtsform', RF, '000')"), lookups)).toHaveLength(2);
    expect(
      check(but("gw:rechtsform", "gw:rechtsform: = $required($code('rechtsform', RF), 'Rechtsform')"), lookups),
    ).toHaveLength(1);
    expect(check(but("gw:rechtsform", "gw:rechtsform: = $code('andere', RF)"), lookups)).toEqual([]);
    expect(check(but("gw:name", "gw:name: = $code('rechtsform', RF)"), lookups)).toEqual([]);
    expect(check(but("gw:rechtsform", "gw:rechtsform: = $row('rechtsform', RF).neu"), lookups)[0]).toContain(
      ": 999, A1",
    );
    expect(check(but("gw:rechtsform", "gw:rechtsform: = $row('rechtsform', RF).alt"), lookups)).toEqual([]);
    expect(check(but("gw:rechtsform", "gw:rechtsform: = $rf"), lookups)[0]).toContain("SCHEMA_LIST 6:20 2 of 4");
    expect(check(but("gw:rechtsform", "gw:rechtsform: = $fest"), lookups)[0]).toContain("will always be invalid");
    expect(check(but("gw:rechtsform", "gw:rechtsform: = ($rf := RF; $rf)"), lookups)).toEqual([]);
    expect(check(but("gw:rechtsform", "gw:rechtsform: = $kreis"), lookups)).toEqual([]);
  });
});
