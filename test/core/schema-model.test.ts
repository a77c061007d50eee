import { describe, expect, it } from "vitest";
import type { ElementContent, QName } from "../../src/core/mapping/types.ts";
import { openSchemaModel, type XsdModel } from "../../src/core/validation/model/output-schema.ts";
import { folderWith, schema } from "./xsd-folder.ts";

const NS = "urn:example:m";
const name = (local: string, namespace = NS): QName => ({ namespace, local });

function model(files: Readonly<Record<string, string>>): XsdModel {
  return openSchemaModel({ schema: "main.xsd", bridgeDir: folderWith(files), catalogDir: undefined });
}

function content(body: string, root = "r", head = ""): ElementContent {
  const found = model({ "main.xsd": schema(NS, body, head) }).root(name(root));
  if (found === undefined) throw new Error(`no root ${root}`);
  return found.content();
}

const mark = (required: boolean, many: boolean): string => (required ? (many ? "+" : "!") : many ? "*" : "?");

/** `a! b* c?1` : required, many, optional in choice 1. */
function outline(given: ElementContent): string {
  const items = given.children.map(
    (child) => `${child.name.local}${mark(child.required, child.many)}${child.choice ?? ""}`,
  );
  return items.join(" ") + (given.orderFree ? " orderFree" : "") + (given.open ? " open" : "");
}

/** `p! q?` : attributes. */
const uses = (given: ElementContent): string =>
  given.attributes.map((use) => use.name.local + (use.required ? "!" : "?")).join(" ");

const inSequence = (inner: string): string =>
  `<xs:element name="r"><xs:complexType><xs:sequence>${inner}</xs:sequence></xs:complexType></xs:element>`;
const E = (local: string, more = ""): string => `<xs:element name="${local}" type="xs:string" ${more}/>`;

describe("content", () => {
  it.each([
    [
      "a sequence",
      inSequence(
        E("a") + E("b", `minOccurs="0"`) + E("c", `maxOccurs="unbounded"`) + E("d", `minOccurs="0" maxOccurs="3"`),
      ),
      "a! b? c+ d*",
    ],
    ["a choice", inSequence(`${E("a")}<xs:choice>${E("b")}${E("c")}</xs:choice>`), "a! b!1 c!1"],
    ["a choice that may stay empty", inSequence(`<xs:choice minOccurs="0">${E("b")}${E("c")}</xs:choice>`), "b?1 c?1"],
    [
      "a choice with an optional alternative",
      inSequence(`<xs:choice>${E("b", `minOccurs="0"`)}${E("c")}</xs:choice>`),
      "b?1 c?1",
    ],
    [
      "two choices",
      inSequence(`<xs:choice>${E("a")}${E("b")}</xs:choice><xs:choice>${E("c")}${E("d")}</xs:choice>`),
      "a!1 b!1 c!2 d!2",
    ],
    ["a repeating choice", inSequence(`<xs:choice maxOccurs="9">${E("a")}${E("b")}</xs:choice>`), "a+1 b+1 orderFree"],
    [
      "a repeating sequence",
      inSequence(`<xs:sequence minOccurs="0" maxOccurs="unbounded">${E("a")}${E("b")}</xs:sequence>`),
      "a* b* orderFree",
    ],
    [
      "a repeating group of one",
      inSequence(`<xs:sequence maxOccurs="unbounded">${E("a")}</xs:sequence>${E("b")}`),
      "a+ b!",
    ],
    ["a name at two places", inSequence(`${E("a")}${E("b")}${E("a", `minOccurs="0"`)}`), "a+ b! orderFree"],
    [
      "a name in two alternatives",
      inSequence(
        `<xs:choice><xs:sequence>${E("a")}${E("b")}</xs:sequence><xs:sequence>${E("b")}${E("c")}</xs:sequence></xs:choice>`,
      ),
      "a!1 b!1 c!1",
    ],
    ["nothing allowed", inSequence(`${E("a", `minOccurs="0" maxOccurs="0"`)}${E("b")}`), "b!"],
    ["any", inSequence(`${E("a")}<xs:any processContents="lax"/>`), "a! open"],
  ])("%s", (_what, body, expected) => {
    expect(outline(content(body))).toBe(expected);
  });

  it("resolves all, groups, attribute groups and references", () => {
    const given = content(`
      <xs:group name="g"><xs:sequence>${E("x")}${E("y")}</xs:sequence></xs:group>
      <xs:attributeGroup name="ag"><xs:attribute name="p" type="xs:int" use="required"/><xs:attributeGroup ref="t:inner"/></xs:attributeGroup>
      <xs:attributeGroup name="inner"><xs:attribute name="q" default="1"/><xs:anyAttribute/></xs:attributeGroup>
      <xs:element name="k" type="xs:date"/>
      <xs:element name="r"><xs:complexType><xs:sequence>
        <xs:element ref="t:k" minOccurs="0"/><xs:group ref="t:g" minOccurs="0"/>
      </xs:sequence><xs:attributeGroup ref="t:ag"/></xs:complexType></xs:element>`);
    expect(outline(given)).toBe("k? x? y? open");
    expect(given.attributes.map(({ name: { namespace, local }, required }) => [namespace, local, required])).toEqual([
      ["", "p", true],
      ["", "q", false],
    ]);
    expect(given.attributes[1]?.default).toBe("1");
    expect(given.children[0]?.content().text?.refuse("2027-02-30")).toContain("no xs:date");
    expect(
      outline(
        content(
          `<xs:element name="r"><xs:complexType><xs:all>${E("a")}${E("b", `minOccurs="0"`)}</xs:all></xs:complexType></xs:element>`,
        ),
      ),
    ).toBe("a! b?");
  });

  it("extends and restricts complex types", () => {
    const types = `
      <xs:complexType name="base"><xs:sequence>${E("a")}${E("b", `minOccurs="0"`)}</xs:sequence><xs:attribute name="p"/><xs:attribute name="q"/></xs:complexType>
      <xs:complexType name="more"><xs:complexContent><xs:extension base="t:base"><xs:sequence>${E("c")}</xs:sequence><xs:attribute name="s" use="required"/></xs:extension></xs:complexContent></xs:complexType>
      <xs:complexType name="less"><xs:complexContent><xs:restriction base="t:base"><xs:sequence>${E("a")}</xs:sequence><xs:attribute name="p" use="required"/><xs:attribute name="q" use="prohibited"/></xs:restriction></xs:complexContent></xs:complexType>
      <xs:element name="more" type="t:more"/><xs:element name="less" type="t:less"/>`;
    const [more, less] = [content(types, "more"), content(types, "less")];
    expect([outline(more), uses(more)]).toEqual(["a! b? c!", "p? q? s!"]);
    expect([outline(less), uses(less)]).toEqual(["a!", "p!"]);
    expect(more.typeName).toBe("t:more");
  });

  it("derives simple content", () => {
    const given = content(`
      <xs:complexType name="amount"><xs:simpleContent><xs:extension base="xs:decimal"><xs:attribute name="cur" type="xs:token" fixed="EUR"/></xs:extension></xs:simpleContent></xs:complexType>
      <xs:complexType name="small"><xs:simpleContent><xs:restriction base="t:amount"><xs:maxInclusive value="10"/></xs:restriction></xs:simpleContent></xs:complexType>
      <xs:element name="r" type="t:small"/>`);
    expect(given.text?.refuse("10.00")).toBeUndefined();
    expect(given.text?.refuse("10.01")).toBe('"10.01" is above 10');
    expect(given.attributes[0]).toMatchObject({ fixed: "EUR" });
  });

  it("offers members of a substitution group, and no abstract element", () => {
    const given = content(`
      <xs:element name="head" abstract="true" type="xs:string"/>
      <xs:element name="one" substitutionGroup="t:head"/><xs:element name="two" substitutionGroup="t:one" type="xs:token"/>
      ${inSequence(`${E("a")}<xs:element ref="t:head"/>`)}`);
    expect(outline(given)).toBe("a! one!1 two!1");
    expect(given.children[1]?.content().typeName).toBe("xs:string");
    expect(
      model({ "main.xsd": schema(NS, `<xs:element name="head" abstract="true"/>`) }).root(name("head")),
    ).toBeUndefined();
  });

  it("knows anyType, mixed and empty content, and recursion", () => {
    const body = `<xs:element name="any"/><xs:element name="empty"><xs:complexType/></xs:element>
      <xs:element name="mixed"><xs:complexType mixed="true"><xs:sequence><xs:element ref="t:mixed" minOccurs="0"/></xs:sequence></xs:complexType></xs:element>`;
    expect(content(body, "any")).toMatchObject({ open: true, children: [] });
    expect(content(body, "empty").text).toBeUndefined();
    const mixed = content(body, "mixed");
    expect(mixed.text?.refuse("x")).toBeUndefined();
    expect(mixed.children[0]?.content()).toBe(mixed.children[0]?.content().children[0]?.content());
  });

  it("refuses definitions that need themselves, and references to nothing", () => {
    const circle = `<xs:complexType name="c"><xs:complexContent><xs:extension base="t:c"/></xs:complexContent></xs:complexType><xs:element name="r" type="t:c"/>`;
    expect(() => content(circle)).toThrow("defined by itself");
    expect(() =>
      content(
        `<xs:group name="g"><xs:sequence><xs:group ref="t:g"/></xs:sequence></xs:group>${inSequence(`<xs:group ref="t:g"/>`)}`,
      ),
    ).toThrow("64 deep");
    expect(() => content(`<xs:element name="r" type="t:nix"/>`)).toThrow(
      `main.xsd:3: there is no type nix in namespace ${NS}`,
    );
    expect(() => content(`<xs:element name="r" type="u:nix"/>`)).toThrow("prefix u is not declared");
  });
});

describe("namespaces and files", () => {
  it("qualifies local names by form and its defaults", () => {
    const given = content(
      `<xs:element name="r"><xs:complexType><xs:sequence>${E("a")}${E("b", `form="unqualified"`)}</xs:sequence><xs:attribute name="p"/><xs:attribute name="q" form="unqualified"/></xs:complexType></xs:element>`,
      "r",
      `attributeFormDefault="qualified"`,
    );
    expect(given.children.map((child) => child.name.namespace)).toEqual([NS, ""]);
    expect(given.attributes.map((attribute) => attribute.name.namespace)).toEqual([NS, ""]);
  });

  it("includes chameleons into every namespace that asks, and imports", () => {
    const chameleon = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified"><xs:element name="c" type="own"/><xs:complexType name="own"><xs:sequence><xs:element name="x" type="n"/></xs:sequence></xs:complexType><xs:simpleType name="n"><xs:restriction base="xs:int"/></xs:simpleType></xs:schema>`;
    const given = model({
      "main.xsd": schema(
        NS,
        `<xs:include schemaLocation="c.xsd"/><xs:import namespace="urn:o" schemaLocation="o.xsd"/>${inSequence(`<xs:element ref="t:c"/><xs:element ref="o:c"/>`)}`,
        `xmlns:o="urn:o"`,
      ),
      "o.xsd": schema("urn:o", `<xs:include schemaLocation="c.xsd"/>`),
      "c.xsd": chameleon,
    });
    const children = given.root(name("r"))?.content().children ?? [];
    expect(children.map((child) => [child.name.namespace, child.content().children[0]?.name.namespace])).toEqual([
      [NS, NS],
      ["urn:o", "urn:o"],
    ]);
    expect(given.roots.map(({ local }) => local)).toEqual(["r", "c"]);
    expect(given.root(name("c", "urn:o"))).toBeDefined();
  });

  it("redefines", () => {
    const given = model({
      "main.xsd": schema(
        NS,
        `<xs:redefine schemaLocation="old.xsd">
          <xs:complexType name="k"><xs:complexContent><xs:extension base="t:k"><xs:sequence>${E("neu")}</xs:sequence></xs:extension></xs:complexContent></xs:complexType>
          <xs:simpleType name="s"><xs:restriction base="t:s"><xs:maxLength value="2"/></xs:restriction></xs:simpleType>
          <xs:group name="g"><xs:sequence><xs:group ref="t:g"/>${E("g2")}</xs:sequence></xs:group>
        </xs:redefine>`,
      ),
      "old.xsd": schema(
        NS,
        `<xs:element name="r" type="t:k"/><xs:group name="g"><xs:sequence>${E("g1")}</xs:sequence></xs:group>
         <xs:complexType name="k"><xs:sequence><xs:element name="alt" type="t:s"/><xs:group ref="t:g"/></xs:sequence></xs:complexType>
         <xs:simpleType name="s"><xs:restriction base="xs:string"><xs:minLength value="1"/></xs:restriction></xs:simpleType>`,
      ),
    });
    const found = given.root(name("r"))?.content();
    expect(found && outline(found)).toBe("alt! g1! g2! neu!");
    const alt = found?.children[0]?.content().text;
    expect([alt?.refuse(""), alt?.refuse("abc"), alt?.refuse("ab")].map((refused) => refused !== undefined)).toEqual([
      true,
      true,
      false,
    ]);
  });
});
