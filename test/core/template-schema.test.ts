import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { OutputSchema } from "../../src/core/mapping/types.ts";
import { openSchemaModel } from "../../src/core/validation/model/output-schema.ts";
import { failure, template, xml } from "./template-support.ts";

const folder = mkdtempSync(join(tmpdir(), "steg-template-"));
afterAll(() => rmSync(folder, { recursive: true }));

function schema(content: string): OutputSchema {
  const text = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" targetNamespace="urn:t" elementFormDefault="qualified">${content}</xs:schema>`;
  writeFileSync(join(folder, "t.xsd"), text);
  return openSchemaModel({ schema: "t.xsd", bridgeDir: folder, catalogDir: undefined });
}

const person = schema(`
  <xs:element name="person"><xs:complexType><xs:sequence>
    <xs:element name="name" type="xs:string"/>
    <xs:element name="beiname" type="xs:string" minOccurs="0" maxOccurs="unbounded"/>
    <xs:element name="anschrift" minOccurs="0"><xs:complexType>
      <xs:sequence><xs:element name="ort" type="xs:string"/><xs:element name="plz" type="xs:string" minOccurs="0"/></xs:sequence>
      <xs:attribute name="art" use="required"/><xs:attribute name="seit"/>
    </xs:complexType></xs:element>
    <xs:choice><xs:element name="tel" type="xs:string"/><xs:element name="mail" type="xs:string"/></xs:choice>
  </xs:sequence></xs:complexType></xs:element>`);

const HEAD = "t:person:\n  '@xmlns:t': urn:t\n";
const OPEN = '<t:person xmlns:t="urn:t">';

describe("children in the schema's order", () => {
  it("whatever the order of the template, stable within one name", () => {
    const text = `${HEAD}  t:mail: = M\n  t:anschrift: { t:plz: = P, t:ort: = O, '@art': = A }\n  t:beiname: [ = B, fest ]\n  t:name: = N\n`;
    expect(xml(text, { M: "m", P: "1", O: "o", A: "x", B: ["b", "c"], N: "n" }, { schema: person })).toBe(
      `${OPEN}<t:name>n</t:name><t:beiname>b</t:beiname><t:beiname>c</t:beiname><t:beiname>fest</t:beiname>` +
        '<t:anschrift art="x"><t:ort>o</t:ort><t:plz>1</t:plz></t:anschrift><t:mail>m</t:mail></t:person>',
    );
  });

  it("but the template's where the schema lets them alternate", () => {
    const free = schema(`<xs:element name="person"><xs:complexType><xs:choice maxOccurs="unbounded">
      <xs:element name="a" type="xs:string"/><xs:element name="b" type="xs:string"/></xs:choice></xs:complexType></xs:element>`);
    expect(xml(`${HEAD}  t:b: = X\n  t:a: = X\n`, { X: "1" }, { schema: free })).toBe(
      `${OPEN}<t:b>1</t:b><t:a>1</t:a></t:person>`,
    );
  });

  it("of the type that xsi:type chooses", () => {
    const typed = schema(`<xs:element name="person" type="t:Basis"/>
      <xs:complexType name="Basis"><xs:sequence><xs:element name="a" type="xs:string"/></xs:sequence></xs:complexType>
      <xs:complexType name="Mehr"><xs:complexContent><xs:extension base="t:Basis"><xs:sequence><xs:element name="b" type="xs:string"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>`);
    const text = `${HEAD}  '@xmlns:xsi': http://www.w3.org/2001/XMLSchema-instance\n  '@xsi:type': t:Mehr\n  t:b: = X\n  t:a: = X\n`;
    expect(xml(text, { X: "1" }, { schema: typed })).toMatch(/<t:a>1<\/t:a><t:b>1<\/t:b><\/t:person>$/);
  });
});

describe("what the schema requires", () => {
  const made = template(
    "xml",
    `${HEAD}  t:name: = N\n  t:anschrift: { t:ort: = O, t:plz: = P, '@art': = A, '@seit': = S }\n  t:mail: = M\n`,
    { schema: person },
  );

  it("is an error where it is empty and what is around stands", () => {
    expect(failure(made, { M: "m" })).toBe(
      "REQUIRED_EMPTY record 3, t:person/t:name: the schema requires this element, and = N gives nothing",
    );
    expect(failure(made, { N: "n", P: "1", A: "x" })).toBe(
      "REQUIRED_EMPTY record 3, t:person/t:anschrift/t:ort: the schema requires this element, and = O gives nothing",
    );
    expect(failure(made, { N: "n", O: "o" })).toBe(
      "REQUIRED_EMPTY record 3, t:person/t:anschrift/@art: the schema requires this attribute, and = A gives nothing",
    );
  });

  it("is none where what is around vanishes, or where one of a choice may stand instead", () => {
    expect(failure(made, { N: "n", A: "x" })).toBe("nothing was thrown");
    expect(failure(made, { N: "n" })).toBe("nothing was thrown");
  });

  it("also where =each or =when leave it out", () => {
    const each = template("xml", `${HEAD}  t:name: { =each: = L, =text: = $ }\n  t:mail: = M\n`, { schema: person });
    expect(failure(each, { M: "m" })).toMatch(/^REQUIRED_EMPTY record 3, t:person\/t:name: .* = L gives nothing$/);
    const when = template("xml", `${HEAD}  t:name: { =when: = F = 'J', =text: fest }\n  t:mail: = M\n`, {
      schema: person,
    });
    expect(failure(when, { M: "m", F: "N" })).toMatch(/^REQUIRED_EMPTY record 3, t:person\/t:name: /);
    expect(failure(when, { M: "m", F: "J" })).toBe("nothing was thrown");
  });

  it("only where the schema requires what is around it too", () => {
    const loose = schema(`<xs:element name="person"><xs:complexType><xs:sequence>
      <xs:sequence minOccurs="0"><xs:element name="a" type="xs:string"/><xs:element name="b" type="xs:string"/></xs:sequence>
      <xs:element name="c" type="xs:string"/></xs:sequence></xs:complexType></xs:element>`);
    expect(xml(`${HEAD}  t:a: = A\n  t:b: = B\n  t:c: = C\n`, { C: "1" }, { schema: loose })).toBe(
      `${OPEN}<t:c>1</t:c></t:person>`,
    );
  });

  it("the root may vanish: the record is skipped", () => {
    expect(xml(`${HEAD}  t:name: = N\n`, {}, { schema: person })).toBeUndefined();
  });
});
