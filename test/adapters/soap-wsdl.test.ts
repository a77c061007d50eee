// WSDLs as people have them: imports by every kind of location, several bindings, what is missing and said so; nothing
// is ever fetched.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { soapOperations } from "../../src/adapters/soap/target.ts";
import { readRelated } from "../../src/adapters/soap/related.ts";
import { loadService } from "../../src/adapters/soap/wsdl/service.ts";
import type { BridgeFiles } from "../../src/core/contract.ts";
import { BridgeError } from "../../src/core/errors.ts";
import { contracts } from "../peers/php-soap-server.ts";
import { patternOf } from "../conformance/surroundings.ts";
import { frage, NS, wsdlOf } from "./soap-world.ts";

type Files = Readonly<Record<string, string>>;

function load(files: Files, asked: string[] = []): ReturnType<typeof loadService> {
  return loadService("t.wsdl", (path) => {
    asked.push(path);
    return Object.hasOwn(files, path) ? Buffer.from(files[path] ?? "") : undefined;
  });
}

function failure(run: () => unknown): BridgeError {
  try {
    run();
  } catch (cause) {
    if (cause instanceof BridgeError) return cause;
    throw cause;
  }
  throw new Error("it went well");
}

const OTHER = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:example:o"><xs:simpleType name="Om"><xs:restriction base="xs:string"/></xs:simpleType></xs:schema>`;
const importing = (location: string): string =>
  wsdlOf(
    `<xs:import namespace="urn:example:o" ${location}/>${frage('<xs:sequence><xs:element name="om" type="o:Om"/></xs:sequence>')}`,
    'xmlns:o="urn:example:o"',
  );

describe("imports", () => {
  it.each([
    ["beside it", 'schemaLocation="o.xsd"', "o.xsd"],
    ["in a folder", 'schemaLocation="./typen/o.xsd"', "typen/o.xsd"],
    ["by an address, saved under its last part", 'schemaLocation="https://alt.example/x/o.xsd"', "o.xsd"],
    ["by an address, in schemas", 'schemaLocation="https://alt.example/x/o.xsd"', "schemas/o.xsd"],
    ["by a query, as servers give them", 'schemaLocation="http://alt.example/dienst.svc?xsd=o0"', "o0.xsd"],
    ["from this disk", 'schemaLocation="file:///C:/alt/o.xsd"', "o.xsd"],
    ["out of the folder, but found by name", 'schemaLocation="../../o.xsd"', "o.xsd"],
  ])("%s", (_what, location, path) => {
    const asked: string[] = [];
    const service = load({ "t.wsdl": importing(location), [path]: OTHER }, asked);
    expect(service.operations.map((it) => it.name)).toEqual(["Frage"]);
    expect(asked.filter((it) => it.startsWith("..") || it.startsWith("/") || it.includes(":"))).toEqual([]);
  });

  it("by namespace alone, from another schema of the WSDL, also where the import is forgotten", async () => {
    for (const line of ['<xs:import namespace="urn:example:o"/>', ""]) {
      const text = wsdlOf(
        `${line}${frage('<xs:sequence><xs:element name="om" type="o:Om"/></xs:sequence>')}`,
        'xmlns:o="urn:example:o"',
      ).replace("</d:types>", `${OTHER}</d:types>`);
      const validator = await load({ "t.wsdl": text }).openValidator();
      expect(validator.validate(`<t:Frage xmlns:t="${NS}"><om>1</om></t:Frage>`)).toEqual([]);
      validator.dispose();
    }
  });

  it("of WSDLs by WSDLs", () => {
    const whole = wsdlOf(frage(""));
    const [head = "", ...rest] = whole.split("<d:binding");
    const types = `${head}</d:definitions>`;
    const port = `<d:definitions xmlns:d="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:t="${NS}" targetNamespace="${NS}"><d:import namespace="${NS}" location="http://alt.example/typen.wsdl"/><d:binding${rest.join("<d:binding")}`;
    expect(load({ "t.wsdl": port, "typen.wsdl": types }).operations).toHaveLength(1);
    expect(failure(() => load({ "t.wsdl": port }))).toMatchObject({
      code: "WSDL_INVALID",
      hint: expect.stringContaining("typen.wsdl") as string,
    });
  });

  it("are never fetched", async () => {
    let asked = 0;
    const server = createServer((_request, response) => {
      asked++;
      response.end(OTHER);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const location = `schemaLocation="http://127.0.0.1:${(server.address() as AddressInfo).port}/o.xsd"`;
    const cause = failure(() => load({ "t.wsdl": importing(location) }));
    expect(cause).toMatchObject({
      code: "WSDL_INVALID",
      message: expect.stringContaining("t.wsdl#1:3 imports") as string,
    });
    expect(cause.hint).toContain("save it as o.xsd");
    await new Promise((resolve) => setTimeout(resolve, 50));
    await new Promise((resolve) => server.close(resolve));
    expect(asked).toBe(0);
  });
});

describe("a WSDL that cannot be used says why", () => {
  const good = wsdlOf(frage(""));
  it.each([
    ["nothing", undefined, "is not in the bridge's folder"],
    ["no XML", "hallo", "is not well-formed"],
    ["a page", "<html/>", "is no WSDL 1.1"],
    ["WSDL 2.0", '<description xmlns="http://www.w3.org/ns/wsdl"/>', "is WSDL 2.0"],
    [
      "a DOCTYPE with entities",
      `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>${good.slice(21).replace("urn:example:t", "&x;")}`,
      "DOCTYPE",
    ],
    [
      "no SOAP",
      good.replaceAll("schemas.xmlsoap.org/wsdl/soap/", "schemas.xmlsoap.org/wsdl/http/"),
      "no port with a SOAP binding",
    ],
    [
      "an element that nobody declares",
      good.replace('element="t:Frage"', 'element="t:Fragen"'),
      "uses the element Fragen",
    ],
    ["a message that is not there", good.replace('<d:message name="M">', '<d:message name="N">'), "names no message"],
    [
      "a type that is not there",
      wsdlOf(frage('<xs:sequence><xs:element name="a" type="t:Fehlt"/></xs:sequence>')),
      "Fehlt",
    ],
    [
      "a type where an element belongs",
      good.replace('element="t:Frage"', 'type="t:Frage"'),
      "has a type instead of an element",
    ],
    [
      "deep nesting",
      good.replace("<d:types>", `<d:types>${"<d:x>".repeat(500)}${"</d:x>".repeat(500)}`),
      "nested too deep",
    ],
  ])("%s", (_what, text, message) => {
    const cause = failure(() => {
      const { model, operations } = load(text === undefined ? {} : { "t.wsdl": text });
      for (const { input } of operations) if (input.body) model.root(input.body)?.content().children[0]?.content();
    });
    expect(["WSDL_INVALID", "SCHEMA_FILE_INVALID"]).toContain(cause.code);
    expect(cause.message).toContain(message);
  });
});

describe("operations", () => {
  const files = {
    readBridgeFile: (path: string) => readFileSync(join(contracts, path)),
    calls: [],
    bridgeDir: contracts,
  } as unknown as BridgeFiles;
  const given = (more: object): Parameters<typeof soapOperations>[0] =>
    ({ wsdl: "hunde.wsdl", ...more }) as Parameters<typeof soapOperations>[0];

  it("are those of the WSDL, each once, or the chosen one", () => {
    expect(soapOperations(given({}), files).map((it) => it.name)).toEqual(["LeseHund", "MeldeHund"]);
    const [chosen, ...others] = soapOperations(given({ operation: patternOf("LeseHund", "raw") }), files);
    expect(others).toEqual([]);
    expect(chosen).toMatchObject({ summary: "Ein Hund nach seinem Kennzeichen.", faults: [{ name: "HundUnbekannt" }] });
    expect(soapOperations(given({ wsdl: "hunde-rpc-encoded.wsdl" }), files)[0]?.input).toMatchObject({
      properties: { steuern: {} },
    });
  });

  it("leave out headers that no schema declares, as wsse:Security mostly is", () => {
    const text = wsdlOf(frage(""))
      .replace(
        "<d:portType",
        '<d:message name="H"><d:part name="h" element="t:Security"/><d:part name="g" element="t:Frage"/></d:message><d:portType',
      )
      .replace(
        '<s:body use="literal"/>',
        '<s:body use="literal"/><s:header message="t:H" part="h" use="literal"/><s:header message="t:H" part="g" use="literal"/>',
      );
    expect(load({ "t.wsdl": text }).operations[0]?.input.headers.map((it) => it.name)).toEqual(["Frage"]);
  });

  it("are named where they are not there", () => {
    expect(failure(() => soapOperations(given({ operation: patternOf("LeseHunde", "raw") }), files))).toMatchObject({
      code: "WSDL_OPERATION",
      message: "hunde.wsdl has no operation LeseHunde; the nearest is LeseHund",
    });
    expect(failure(() => soapOperations(given({ port: "Hunde13" }), files)).message).toContain("HundeService/Hunde12");
  });
});

describe("parts of a multipart answer", () => {
  const type = 'multipart/related; boundary="b"; start="<r@x>"; type="text/xml"';
  it("are found by their ids, decoded, root first", () => {
    const text =
      "--b\r\nContent-ID: <a@x>\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD\r\n--b\r\nContent-Type: text/xml\r\nContent-ID: <r@x>\r\n\r\n<x>--b</x>\r\n--b--\r\nrest";
    const { root, others } = readRelated(Buffer.from(text), type);
    expect([root.body.toString(), others.map((it) => [it.id, it.body.toString()])]).toEqual([
      "<x>--b</x>",
      [["a@x", "ABC"]],
    ]);
  });
  it.each([
    ["without a boundary", "x", "multipart/related"],
    ["without parts", "x", type],
    ["that break off", "--b\r\n\r\nx", type],
    ["too many", `${"--b\r\n\r\nx\r\n".repeat(200)}--b--`, type],
    ["with an endless head", `--b\r\n${"a: b\r\n".repeat(5_000)}\r\nx\r\n--b--`, type],
  ])("%s are refused", (_what, text, contentType) => {
    expect(() => readRelated(Buffer.from(text), contentType)).toThrow("its multipart body");
  });
});
