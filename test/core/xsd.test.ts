import { setTimeout as later } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { BridgeError } from "../../src/core/errors.ts";
import type { Validator } from "../../src/core/mapping/types.ts";
import { createXsdPool, openXsd } from "../../src/core/validation/xsd.ts";
import { folderWith, schema } from "./xsd-folder.ts";

const BETRIEB = schema(
  "urn:example:betrieb",
  `<xs:include schemaLocation="types.xsd"/>
  <xs:element name="betrieb">
    <xs:complexType>
      <xs:sequence>
        <xs:element name="name" type="t:name" maxOccurs="unbounded"/>
        <xs:element name="beginn" type="xs:date" minOccurs="0"/>
        <xs:element name="form" type="t:form"/>
        <xs:element name="leer" minOccurs="0"><xs:complexType/></xs:element>
        <xs:element name="nr" minOccurs="0" nillable="true"><xs:simpleType><xs:restriction base="xs:decimal"><xs:totalDigits value="4"/><xs:fractionDigits value="2"/><xs:maxInclusive value="50"/></xs:restriction></xs:simpleType></xs:element>
      </xs:sequence>
      <xs:attribute name="version" type="xs:int" use="required"/>
      <xs:attribute name="art" type="xs:token" fixed="haupt"/>
    </xs:complexType>
    <xs:unique name="einmal"><xs:selector xpath="t:name"/><xs:field xpath="."/></xs:unique>
  </xs:element>`,
);
const TYPES = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:simpleType name="name"><xs:restriction base="xs:string"><xs:minLength value="2"/><xs:maxLength value="9"/></xs:restriction></xs:simpleType>
  <xs:simpleType name="form"><xs:restriction base="xs:token"><xs:enumeration value="GMBH"/><xs:enumeration value="AG"/></xs:restriction></xs:simpleType>
</xs:schema>`;

const dir = folderWith({ "schemas/betrieb.xsd": BETRIEB, "schemas/types.xsd": TYPES });
const open = (schemaPath: string, bridgeDir = dir, catalogDir?: string): Promise<Validator> =>
  openXsd({ schema: schemaPath, bridgeDir, catalogDir });

const good = `<g:betrieb xmlns:g="urn:example:betrieb" version="1"><g:name>Muster</g:name><g:form>AG</g:form></g:betrieb>`;

const failure = async (promise: Promise<unknown>): Promise<BridgeError> => {
  const cause: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(cause).toBeInstanceOf(BridgeError);
  return cause as BridgeError;
};

describe("findings", () => {
  const cases: readonly [what: string, body: string, path: string, message: string][] = [
    [
      "an unknown element",
      good.replaceAll("g:form", "g:from"),
      "/g:betrieb/g:from",
      "element not expected here; possible here: g:name or g:beginn or g:form",
    ],
    [
      "a missing child",
      good.replace("<g:form>AG</g:form>", ""),
      "/g:betrieb",
      "a required child element is missing; possible next: g:name or g:beginn or g:form",
    ],
    ["a value outside the list", good.replace(">AG<", ">KG<"), "/g:betrieb/g:form", "value is not in the list"],
    [
      "a wrong type",
      good.replace("<g:form>", "<g:beginn>01.02.2027</g:beginn><g:form>"),
      "/g:betrieb/g:beginn",
      "value is no xs:date",
    ],
    [
      "a long value, with its position",
      good.replace("<g:form>", "<g:name>Mustermann &amp; Co</g:name><g:form>"),
      "/g:betrieb/g:name[2]",
      "value is too long",
    ],
    ["a short value", good.replace("Muster", "M"), "/g:betrieb/g:name", "value is too short"],
    [
      "too many digits",
      good.replace("</g:betrieb>", "<g:nr>12.345</g:nr></g:betrieb>"),
      "/g:betrieb/g:nr",
      "value has too many digits",
    ],
    [
      "a large value",
      good.replace("</g:betrieb>", "<g:nr>51</g:nr></g:betrieb>"),
      "/g:betrieb/g:nr",
      "value is too large",
    ],
    [
      "text among children",
      good.replace("<g:form>", "Text<g:form>"),
      "/g:betrieb",
      "text is not allowed here, only child elements",
    ],
    [
      "a child in a simple type",
      good.replace(">AG<", "><g:x/><"),
      "/g:betrieb/g:form",
      "child elements are not allowed here, only text",
    ],
    [
      "content in an empty type",
      good.replace("</g:betrieb>", "<g:leer>x</g:leer></g:betrieb>"),
      "/g:betrieb/g:leer",
      "the element must be empty",
    ],
    ["an unknown attribute", good.replace("version=", `q="1" version=`), "/g:betrieb/@q", "attribute not allowed here"],
    [
      "a missing attribute",
      good.replace(` version="1"`, ""),
      "/g:betrieb",
      "the required attribute version is missing",
    ],
    ["a wrong attribute", good.replace(`"1"`, `"eins"`), "/g:betrieb/@version", "value is no xs:int"],
    [
      "a fixed attribute",
      good.replace("version=", `art="neben" version=`),
      "/g:betrieb/@art",
      "value is not the fixed value of the schema",
    ],
    [
      "a double key",
      good.replace("<g:form>", "<g:name>Muster</g:name><g:form>"),
      "/g:betrieb/g:name[2]",
      "value is not unique (g:einmal)",
    ],
    ["another root", "<x/>", "/x", "the schema has no such root element"],
    ["broken XML", "<x><y></x>", "/", "not well-formed XML, line 1, column 11"],
    ["an undeclared prefix", "<p:x/>", "/", "not well-formed XML, line 1, column 5"],
    ["nothing", "", "/", "not well-formed XML, line 1, column 1"],
  ];
  it.each(cases)("%s", async (_what, body, path, message) => {
    const validator = await open("schemas/betrieb.xsd");
    const findings = validator.validate(body);
    validator.dispose();
    expect(findings.length).toBeGreaterThan(0);
    expect({ path: findings[0]?.path, message: findings[0]?.message }).toEqual({ path, message });
  });

  it("is silent about what is valid", async () => {
    const validator = await open("schemas/betrieb.xsd");
    expect(validator.validate(good)).toEqual([]);
    expect(
      validator.validate(`\u{feff}<?xml version="1.0" encoding="UTF-8"?>\n<!-- <!DOCTYPE x> -->\n${good}`),
    ).toEqual([]);
    validator.dispose();
  });

  it("shows default-namespace elements without prefix and never repeats a value in the message", async () => {
    const validator = await open("schemas/betrieb.xsd");
    const secret = "Geheimer Wert";
    const body = `<betrieb xmlns="urn:example:betrieb" version="${secret}"><name>${secret}</name><name>ab</name><beginn>${secret}</beginn><form>${secret}</form><nr>${secret}</nr></betrieb>`;
    const findings = validator.validate(body);
    validator.dispose();
    expect(findings.map(({ path }) => path)).toEqual([
      "/betrieb/@version",
      "/betrieb/name[1]",
      "/betrieb/beginn",
      "/betrieb/form",
      "/betrieb/nr",
    ]);
    expect(findings.map(({ message }) => message).join(" ")).not.toContain("Geheim");
    expect(findings.every(({ detail }) => detail.includes(secret) || detail.includes("13"))).toBe(true);
  });

  it("gives at most twenty, and quickly also of very many", async () => {
    const validator = await open("schemas/betrieb.xsd");
    const started = performance.now();
    const body = good.replace(
      "<g:name>Muster</g:name>",
      Array.from({ length: 60_000 }, () => "<g:name>M</g:name>").join(""),
    );
    expect(validator.validate(body)).toHaveLength(20);
    validator.dispose();
    expect(performance.now() - started).toBeLessThan(4_000);
  });
});

describe("hostile documents", () => {
  it("refuses any DOCTYPE before parsing", async () => {
    const validator = await open("schemas/betrieb.xsd");
    const bomb = `<!DOCTYPE a [<!ENTITY b "xxxxxxxxxx"><!ENTITY c "&b;&b;&b;&b;">]>`;
    for (const prolog of [
      bomb,
      `<?xml version="1.0"?>\n<!-- x -->${bomb}`,
      `<!DOCTYPE a SYSTEM "file:///etc/passwd">`,
    ]) {
      expect(validator.validate(prolog + good)).toEqual([{ path: "/", message: "a DOCTYPE is refused", detail: "" }]);
    }
    validator.dispose();
  });

  it("loads nothing that a document points to", async () => {
    const other = folderWith({ "s.xsd": schema("urn:other", `<xs:element name="x" type="xs:int"/>`) });
    const validator = await open("schemas/betrieb.xsd");
    const xsi = `xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:other ${other}/s.xsd"`;
    expect(validator.validate(`<x xmlns="urn:other" ${xsi}>1</x>`)[0]?.message).toBe(
      "the schema has no such root element",
    );
    validator.dispose();
  });

  it("refuses depth and answers for every document it got", async () => {
    const validator = await open("schemas/betrieb.xsd");
    expect(validator.validate("<a>".repeat(5_000) + "</a>".repeat(5_000))[0]?.message).toMatch(/^not well-formed/);
    expect(validator.validate("\u0000")[0]?.message).toMatch(/^not well-formed/);
    expect(validator.validate(good.replace("Muster", "M\u0001"))[0]?.message).toMatch(/^not well-formed/);
    expect(validator.validate(good)).toEqual([]);
    validator.dispose();
  });
});

const withO = (value: string): string =>
  `<m xmlns="urn:main"><a xmlns="urn:base">x</a><o xmlns="urn:other">${value}</o></m>`;

describe("schemas", () => {
  it("names file, location, namespace and command for a missing import", async () => {
    const bridge = folderWith({
      "a.xsd": schema("urn:a", `<xs:include schemaLocation="b.xsd"/>`),
      "b.xsd": schema("urn:a", `<xs:import namespace="urn:c" schemaLocation="http://standard.example/c/c.xsd"/>`),
    });
    const error = await failure(open("a.xsd", bridge));
    expect(error.code).toBe("SCHEMA_IMPORT_MISSING");
    expect(error.message).toBe(
      "b.xsd imports http://standard.example/c/c.xsd (namespace urn:c), which is neither beside it nor in the catalogue",
    );
    expect(error.hint).toContain("steg schema add");
    expect(error.position).toEqual({ file: "b.xsd", line: 3, column: 1 });
  });

  it("says what is wrong with a schema, and where", async () => {
    const bridge = folderWith({
      "a.xsd": schema("urn:a", `<xs:element name="a"\n type="t:nix"/>`),
      "broken.xsd": schema("urn:a", "<xs:element>"),
      "plain.xml": "<a/>",
      "dtd.xsd": `<!DOCTYPE x [<!ENTITY e "int">]>${schema("urn:a", `<xs:element name="a" type="xs:&e;"/>`).replace(/^<\?.*\?>\n/, "")}`,
    });
    expect((await failure(open("a.xsd", bridge))).message).toMatch(/^a\.xsd:4 is no valid schema: .*\{urn:a\}nix/);
    expect((await failure(open("broken.xsd", bridge))).code).toBe("SCHEMA_FILE_INVALID");
    expect((await failure(open("plain.xml", bridge))).message).toContain("no XML schema");
    expect((await failure(open("dtd.xsd", bridge))).message).toContain("DOCTYPE");
  });

  it("stays inside the bridge's folder", async () => {
    for (const path of [
      "../x.xsd",
      "/etc/passwd",
      "schemas/../../x.xsd",
      "nix.xsd",
      "catalog:a",
      "catalog:a/1/x.xsd",
    ]) {
      expect((await failure(open(path))).code).toBe("SCHEMA_FILE_MISSING");
    }
    const bridge = folderWith({
      "in/a.xsd": schema("urn:a", `<xs:include schemaLocation="../../../../../../etc/passwd"/>`),
    });
    expect((await failure(open("in/a.xsd", bridge))).code).toBe("SCHEMA_IMPORT_MISSING");
  });

  it("knows the xml: namespace, and blanks a DOCTYPE whose entities nobody uses", async () => {
    const body = `<xs:import namespace="http://www.w3.org/XML/1998/namespace" schemaLocation="http://www.w3.org/2001/xml.xsd"/>
      <xs:element name="a"><xs:complexType><xs:attribute ref="xml:lang" use="required"/></xs:complexType></xs:element>`;
    const text = schema("urn:a", body).replace(
      "?>",
      `?>\n<!DOCTYPE schema PUBLIC "-//W3C//DTD XMLSCHEMA 200102//EN" "XMLSchema.dtd" [ <!ENTITY % p '>'> <!-- ' --> ]>`,
    );
    const validator = await open("a.xsd", folderWith({ "a.xsd": text }));
    expect(validator.validate(`<a xmlns="urn:a" xml:lang="de"/>`)).toEqual([]);
    expect(validator.validate(`<a xmlns="urn:a" xml:lang="d e"/>`)[0]?.path).toBe("/a/@xml:lang");
    validator.dispose();
  });

  it("reads UTF-16 and Latin-1", async () => {
    const text = schema("urn:a", `<xs:element name="straße" type="xs:int"/>`);
    const utf16 = Buffer.from(`\u{feff}${text.replace("UTF-8", "UTF-16")}`, "utf16le");
    const latin = Buffer.from(text.replace("UTF-8", "ISO-8859-1"), "latin1");
    const bridge = folderWith({ "a.xsd": utf16, "b.xsd": latin });
    for (const file of ["a.xsd", "b.xsd"]) {
      const validator = await open(file, bridge);
      expect(validator.validate(`<straße xmlns="urn:a">x</straße>`)[0]?.path).toBe("/straße");
      validator.dispose();
    }
  });

  it("takes all files of a namespace that is imported from several places", async () => {
    const bridge = folderWith({
      "main.xsd": schema(
        "urn:main",
        `<xs:import namespace="urn:base" schemaLocation="base-a.xsd"/><xs:import namespace="urn:other" schemaLocation="other.xsd"/>
         <xs:element name="m"><xs:complexType><xs:sequence><xs:element ref="b:a"/><xs:element ref="o:o"/></xs:sequence></xs:complexType></xs:element>`,
        `xmlns:b="urn:base" xmlns:o="urn:other"`,
      ),
      "other.xsd": schema(
        "urn:other",
        `<xs:import namespace="urn:base" schemaLocation="base-b.xsd"/><xs:element name="o" type="b:zahl"/>`,
        `xmlns:b="urn:base"`,
      ),
      "base-a.xsd": schema("urn:base", `<xs:element name="a" type="xs:string"/>`),
      "base-b.xsd": schema("urn:base", `<xs:simpleType name="zahl"><xs:restriction base="xs:int"/></xs:simpleType>`),
    });
    const validator = await open("main.xsd", bridge);
    expect(validator.validate(withO("1"))).toEqual([]);
    expect(validator.validate(withO("x"))[0]).toMatchObject({ path: "/m/o", message: "value is no {urn:base}zahl" });
    validator.dispose();
  });

  it("compiles a schema once for all who use it and frees it with the last", async () => {
    const pool = createXsdPool();
    const source = { schema: "schemas/betrieb.xsd", bridgeDir: dir, catalogDir: undefined };
    const [a, b] = [await pool.open(source), await pool.open(source)];
    expect(pool.size).toBe(1);
    a.dispose();
    a.dispose();
    expect(pool.size).toBe(1);
    expect(b.validate(good)).toEqual([]);
    expect(() => a.validate(good)).toThrow("disposed");
    b.dispose();
    expect(pool.size).toBe(0);
  });
});

describe("resources", () => {
  it("takes a message with a file of more than ten million characters in it, and its rules still hold", async () => {
    const text = `<xs:element name="akte"><xs:complexType><xs:sequence>
      <xs:element name="datei" type="xs:base64Binary"/><xs:element name="nr" type="xs:int"/>
    </xs:sequence></xs:complexType></xs:element>`;
    const validator = await open("akte.xsd", folderWith({ "akte.xsd": schema("urn:example:akte", text) }));
    const body = (datei: string, nr: string): string =>
      `<a:akte xmlns:a="urn:example:akte"><a:datei>${datei}</a:datei><a:nr>${nr}</a:nr></a:akte>`;
    const file = Buffer.alloc(8_000_001, "%PDF").toString("base64");
    expect(validator.validate(body(file, "7"))).toEqual([]);
    expect(validator.validate(body(file, "sieben"))[0]?.path).toBe("/a:akte/a:nr");
    validator.dispose();
  });

  it("keeps its memory over many messages, valid and not", async () => {
    const validator = await open("schemas/betrieb.xsd");
    const bad = good.replace(">AG<", ">KG<");
    const run = (count: number): void => {
      for (let index = 0; index < count; index++) validator.validate(index % 10 === 0 ? bad : good);
    };
    run(10_000);
    await later(1);
    const before = process.memoryUsage().rss;
    run(40_000);
    validator.dispose();
    expect((process.memoryUsage().rss - before) / 1024 / 1024).toBeLessThan(60);
  });

  it("validates on worker threads at the same time", async () => {
    const code = `
      const { parentPort, workerData } = require("node:worker_threads");
      import(workerData.module).then(async ({ openXsd }) => {
        const validator = await openXsd(workerData.source);
        parentPort.postMessage(workerData.bodies.map((body) => validator.validate(body).length));
        validator.dispose();
      });`;
    const module = new URL("../../src/core/validation/xsd.ts", import.meta.url).href;
    const source = { schema: "schemas/betrieb.xsd", bridgeDir: dir, catalogDir: undefined };
    const answer = (bodies: readonly string[]): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const worker = new Worker(code, { eval: true, workerData: { module, source, bodies } });
        worker.once("message", resolve).once("error", reject);
      });
    expect(await Promise.all([answer([good, "<x/>"]), answer(["<x/>", good])])).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });
});
