// Values to XML and back: exact, in schema order, valid by libxml2; and what does not fit, said with its place.

import { describe, expect, it } from "vitest";
import type { Value } from "../../src/core/contract.ts";
import { parseExact } from "../../src/adapters/soap/message.ts";
import { describeOperations } from "../../src/adapters/soap/operations.ts";
import { Mismatch } from "../../src/adapters/soap/value/mismatch.ts";
import { frage, NS, worldOf } from "./soap-world.ts";

const E = (name: string, type = "xs:string", more = ""): string =>
  `<xs:element name="${name}" type="${type}" ${more}/>`;
const MANY = 'minOccurs="0" maxOccurs="unbounded"';

async function thereAndBack(body: string, value: Value, form?: string): Promise<string> {
  const world = worldOf(body, form);
  const xml = world.write(value);
  const validator = await world.service.openValidator();
  expect(validator.validate(xml).map((finding) => finding.detail)).toEqual([]);
  validator.dispose();
  expect(world.read(xml)).toEqual(value);
  return xml;
}

describe("values survive", () => {
  it.each<[string, string, Value]>([
    ["texts with everything", frage(`<xs:sequence>${E("a")}</xs:sequence>`), { a: " <&>\"' \t\r\n ä€😀 ]]> " }],
    ["an empty text", frage(`<xs:sequence>${E("a")}</xs:sequence>`), { a: "" }],
    [
      "booleans and small integers",
      frage(`<xs:sequence>${E("a", "xs:boolean")}${E("b", "xs:int")}${E("c", "xs:unsignedInt")}</xs:sequence>`),
      { a: false, b: -2147483648, c: 4294967295 },
    ],
    [
      "what a number would change",
      frage(
        `<xs:sequence>${E("a", "xs:decimal")}${E("b", "xs:long")}${E("c", "xs:double")}${E("d", "xs:date")}</xs:sequence>`,
      ),
      { a: "0012.50", b: "9223372036854775807", c: "1.0E5", d: "2026-02-28+01:00" },
    ],
    [
      "lists of one, of none",
      frage(`<xs:sequence>${E("a", "xs:int", MANY)}${E("b", "xs:string", MANY)}</xs:sequence>`),
      { a: [7] },
    ],
    [
      "attributes beside text",
      frage(
        `<xs:sequence><xs:element name="a"><xs:complexType><xs:simpleContent><xs:extension base="xs:decimal"><xs:attribute name="w" type="xs:int"/></xs:extension></xs:simpleContent></xs:complexType></xs:element></xs:sequence>`,
      ),
      { a: { "@w": 5, "#text": "1.10" } },
    ],
    [
      "nil, alone, in lists, with attributes",
      frage(
        `<xs:sequence>${E("a", "xs:string", 'nillable="true"')}${E("b", "xs:int", `nillable="true" ${MANY}`)}</xs:sequence>`,
      ),
      { a: null, b: [1, null, 3] },
    ],
    [
      "nil with open attributes",
      frage(
        `<xs:sequence><xs:element name="a" nillable="true"><xs:complexType><xs:sequence>${E("b")}</xs:sequence><xs:anyAttribute processContents="lax"/></xs:complexType></xs:element></xs:sequence>`,
      ),
      { a: { "@xsi:nil": true, "@{urn:x}grund": "unbekannt" } },
    ],
    [
      "one alternative",
      frage(`<xs:choice>${E("a")}<xs:sequence>${E("b")}${E("c")}</xs:sequence></xs:choice>`),
      { b: "1", c: "2" },
    ],
    [
      "alternatives that share a name",
      frage(
        `<xs:choice><xs:sequence>${E("a")}${E("b")}</xs:sequence><xs:sequence>${E("c")}${E("b")}</xs:sequence></xs:choice>`,
      ),
      { c: "1", b: "2" },
    ],
    [
      "groups that repeat together",
      frage(`<xs:sequence ${MANY}>${E("a")}${E("b", "xs:string", 'minOccurs="0"')}</xs:sequence>`),
      { a: ["1", "2"], b: ["x", "y"] },
    ],
    ["a repeated choice", frage(`<xs:choice ${MANY}>${E("a")}${E("b")}</xs:choice>`), { a: ["1", "2"], b: ["x"] }],
    [
      "a name at two places",
      frage(`<xs:sequence>${E("a")}${E("b")}${E("a", "xs:string", 'minOccurs="0"')}</xs:sequence>`),
      { a: ["1", "2"], b: "x" },
    ],
    [
      "all, in any order",
      frage(`<xs:all>${E("a")}${E("b", "xs:string", 'minOccurs="0"')}</xs:all>`),
      { a: "1", b: "2" },
    ],
    [
      "a derived type",
      `${frage(`<xs:sequence>${E("a", "t:Basis")}</xs:sequence>`)}<xs:complexType name="Basis" abstract="true"><xs:sequence>${E("x")}</xs:sequence></xs:complexType><xs:complexType name="Mehr"><xs:complexContent><xs:extension base="t:Basis"><xs:sequence>${E("y", "xs:int")}</xs:sequence></xs:extension></xs:complexContent></xs:complexType>`,
      { a: { "@xsi:type": "Mehr", x: "1", y: 2 } },
    ],
    [
      "a substitution",
      `${frage('<xs:sequence><xs:element ref="t:kopf"/></xs:sequence>')}<xs:element name="kopf" type="xs:string" abstract="true"/><xs:element name="hut" type="xs:string" substitutionGroup="t:kopf"/>`,
      { hut: "1" },
    ],
    [
      "open content",
      frage(
        `<xs:sequence>${E("a")}<xs:any processContents="lax" ${MANY}/></xs:sequence>`,
        '<xs:anyAttribute processContents="lax"/>',
      ),
      { "@{urn:x}b": "1", a: "1", "{urn:x}c": [{ "@d": "007", "{urn:y}e": "2" }, "3"] },
    ],
    [
      "itself within itself",
      `${frage(`<xs:sequence>${E("a", "t:Baum")}</xs:sequence>`)}<xs:complexType name="Baum"><xs:sequence>${E("ast", "t:Baum", MANY)}</xs:sequence></xs:complexType>`,
      { a: { ast: [{ ast: [{}] }, {}] } },
    ],
    [
      "names of objects",
      frage(`<xs:sequence>${E("__proto__")}${E("constructor", "xs:int", MANY)}</xs:sequence>`),
      JSON.parse('{"__proto__":"1","constructor":[1]}') as Value,
    ],
    [
      "integers whose writing is fixed",
      `${frage(`<xs:sequence>${E("a", "t:Nummer")}</xs:sequence>`)}<xs:simpleType name="Nummer"><xs:restriction base="xs:int"><xs:pattern value="[0-9]{5}"/></xs:restriction></xs:simpleType>`,
      { a: "00042" },
    ],
  ])("%s", async (_what, body, value) => {
    await thereAndBack(body, value);
  });

  it.each(["qualified", "unqualified"])("with elements %s", async (form) => {
    const xml = await thereAndBack(
      frage(`<xs:sequence>${E("a")}</xs:sequence>`, '<xs:attribute name="b" type="xs:int" form="qualified"/>'),
      { "@b": 1, a: "x" },
      `elementFormDefault="${form}"`,
    );
    expect(xml.includes("<a>")).toBe(form === "unqualified");
  });

  it("takes both forms where they are exact", () => {
    const world = worldOf(
      frage(
        `<xs:sequence>${E("a", "xs:int")}${E("b", "xs:boolean")}${E("c", "xs:decimal")}${E("d", "xs:string", MANY)}</xs:sequence>`,
      ),
    );
    expect(world.read(world.write({ a: "5", b: "1", c: 5, d: "einer" }))).toEqual({
      a: 5,
      b: true,
      c: "5",
      d: ["einer"],
    });
  });

  it("keeps digits that a JSON number was written with", () => {
    expect(parseExact('{"a":12345678901234567.10,"b":[0.10,7],"c":1e3,"d":"12.50"}')).toEqual({
      a: "12345678901234567.10",
      b: ["0.10", 7],
      c: "1e3",
      d: "12.50",
    });
  });
});

describe("what does not fit", () => {
  const body = `${frage(`<xs:sequence>${E("person", "t:Person", 'minOccurs="0" maxOccurs="2"')}<xs:choice>${E("om")}${E("name")}</xs:choice></xs:sequence>`)}<xs:complexType name="Person"><xs:sequence>${E("alter", "xs:int")}${E("ort", "xs:string", 'minOccurs="0"')}</xs:sequence></xs:complexType>`;
  it.each<[Value, string]>([
    [{ om: "1", person: [{ alter: 1 }, { alter: "viele" }] }, "Frage/person[2]/alter: expected xs:int"],
    [{ om: "1", person: [{ alter: 1.5 }] }, "Frage/person[1]/alter: expected xs:int"],
    [{ om: "1", person: [{}] }, "Frage/person[1]: expected alter, which is missing"],
    [
      { om: "1", person: [{ alter: 1, orte: "x" }] },
      "Frage/person[1]: holds a name that the schema does not have; the nearest is ort",
    ],
    [
      { om: "1", person: [{ alter: 1, "@id": "x" }] },
      "Frage/person[1]: holds a name that the schema does not have; it has none",
    ],
    [{ om: "1", person: [{ alter: 1 }, { alter: 2 }, { alter: 3 }] }, "Frage/person: expected 1 fewer"],
    [{ om: "1", name: "2" }, "Frage/name: cannot stand beside the others there"],
    [{}, "Frage: expected om or name, which is missing"],
    [{ om: ["1", "2"] }, "Frage/om: expected one value, not a list"],
    [{ om: "1", person: "x" }, "Frage/person[1]: expected an object"],
    ["x", "Frage: expected an object"],
  ])("%j: %s", (value, message) => {
    expect(() => worldOf(body).write(value)).toThrow(message);
  });

  it("never says the value, only in the detail", () => {
    const isQuiet = (cause: unknown): boolean =>
      cause instanceof Mismatch && !cause.message.includes("GEHEIM") && cause.detail?.includes("GEHEIM") === true;
    expect(() => worldOf(body).write({ om: "1", person: [{ alter: "GEHEIM" }] })).toThrow(
      expect.toSatisfy(isQuiet) as Error,
    );
  });

  it.each([
    [`<Frage xmlns="${NS}"><person><alter>x</alter></person></Frage>`, "Frage/person/alter: expected xs:int"],
    [`<Frage xmlns="${NS}"><person><alter>1</alter>hallo</person></Frage>`, "Frage/person: holds a text"],
    [`<Frage xmlns="${NS}"><om>1</om><om>2</om></Frage>`, "Frage/om: is there more than once"],
    [`<Frage xmlns="${NS}"><person x="1"/></Frage>`, "Frage/person: has an attribute"],
    [`<Frage xmlns="${NS}"><person xmlns="urn:other"/></Frage>`, "Frage: holds an element"],
    [
      `<Frage xmlns="${NS}" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><person xmlns:t="${NS}" i:type="t:Hund"/></Frage>`,
      "Frage/person: has an xsi:type",
    ],
  ])("is refused when it is read: %s", (xml, message) => {
    expect(() => worldOf(body).read(xml)).toThrow(message);
  });

  it("has every attribute once, and nothing in the namespaces of XML itself", () => {
    const open = worldOf(
      frage(
        '<xs:sequence><xs:any minOccurs="0"/></xs:sequence>',
        '<xs:attribute name="a"/><xs:anyAttribute processContents="lax"/>',
      ),
    );
    expect(() => open.write({ "@a": "1", "@{}a": "2" })).toThrow("has an attribute twice");
    expect(() => open.write({ "@{urn:x}a": "1", "{urn:x}b": { "@c": "1", "@{}c": "2" } })).toThrow(
      "has an attribute twice",
    );
    expect(() => open.write({ "{http://www.w3.org/2000/xmlns/}b": "1" })).toThrow("belongs to XML itself");
    expect(() => open.write({ "@xmlns": "urn:x" })).toThrow("no attribute can have");
    expect(() => open.write({ "{urn:x}b><c": "1" })).toThrow("does not have");
  });

  it("is not nested without end", () => {
    const world = worldOf(
      `${frage(`<xs:sequence>${E("a", "t:Baum")}</xs:sequence>`)}<xs:complexType name="Baum"><xs:sequence>${E("ast", "t:Baum", 'minOccurs="0"')}</xs:sequence></xs:complexType>`,
    );
    let value: Value = {};
    for (let depth = 0; depth < 1_000; depth++) value = { ast: value };
    expect(() => world.write({ a: value })).toThrow("nested too deep");
  });
});

describe("JSON Schema", () => {
  it("says types, lists, what is required, and what may stand there", () => {
    const { service } = worldOf(
      `${frage(`<xs:sequence>${E("om", "t:Om")}${E("n", "xs:int", MANY)}${E("d", "xs:decimal", 'minOccurs="0" nillable="true"')}${E("p", "t:Person")}</xs:sequence>`)}<xs:simpleType name="Om"><xs:restriction base="xs:string"><xs:enumeration value="a"/></xs:restriction></xs:simpleType><xs:complexType name="Person"><xs:sequence>${E("x", "t:Person", 'minOccurs="0"')}</xs:sequence></xs:complexType>`,
    );
    const [operation] = describeOperations(service, "target");
    expect(operation).toMatchObject({
      name: "Frage",
      output: {
        type: "object",
        required: ["om", "p"],
        additionalProperties: false,
        properties: {
          om: { type: "string", enum: ["a"] },
          n: { type: "array", items: { type: "integer", minimum: -2147483648 } },
          d: { anyOf: [{ type: "string" }, { type: "null" }] },
          p: { $ref: "#/$defs/Person" },
        },
        $defs: { Person: { properties: { x: { $ref: "#/$defs/Person" } } } },
      },
    });
    expect(operation?.input["properties"]).toMatchObject({ n: { items: { type: ["integer", "string"] } } });
  });
});
