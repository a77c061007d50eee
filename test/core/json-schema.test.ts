import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { JsonSchema } from "../../src/core/validation/json-schema.ts";
import { openJsonSchema } from "../../src/core/validation/json-schema.ts";
import { describeWithData, sharedData } from "../shared-data.ts";
import { failure, json, render, template } from "./template-support.ts";

const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true });
});

function folderWith(files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(tmpdir(), "steg-json-schema-"));
  made.push(folder);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), typeof content === "string" ? content : JSON.stringify(content));
  }
  return folder;
}

function open(
  schema: unknown,
  more: Readonly<Record<string, unknown>> = {},
  catalog: Readonly<Record<string, unknown>> = {},
): JsonSchema {
  const bridgeDir = folderWith({ "schemas/main.json": schema, ...more });
  return openJsonSchema({ schema: "schemas/main.json", bridgeDir, catalogDir: folderWith(catalog) });
}

const DRAFT7 = "http://json-schema.org/draft-07/schema#";
const check = (schema: JsonSchema, value: unknown): string[] =>
  schema.validator.validate(JSON.stringify(value)).map(({ path, message }) => `${path} ${message}`);

describe("validation", () => {
  const person = open({
    type: "object",
    required: ["name"],
    additionalProperties: false,
    properties: {
      name: { type: "string", minLength: 2 },
      plz: { type: "string", pattern: "^\\d{5}$" },
      art: { enum: ["A", "B"] },
      seit: { type: "string", format: "date" },
      zahlen: { type: "array", items: { type: "integer", minimum: 1 } },
    },
  });

  it("finds nothing in what is valid", () => {
    expect(check(person, { name: "Xi", plz: "04109", art: "A", seit: "2027-01-31", zahlen: [1, 2] })).toEqual([]);
  });

  it("finds everything at once, with pointers and without values", () => {
    const geheim = "Geheimwert";
    expect(check(person, { plz: geheim, art: geheim, seit: geheim, zahlen: [1, 0, geheim], [geheim]: 1 })).toEqual([
      " name is missing",
      " a name stands here that the schema does not know",
      "/plz does not match the pattern ^\\d{5}$",
      "/art value is not in the list of 2 allowed",
      "/seit is no date",
      "/zahlen/1 is less than 1",
      "/zahlen/2 must be a whole number",
    ]);
  });

  it("puts values into the detail", () => {
    const [finding] = person.validator.validate('{"name":"Xi","plz":"Geheim"}');
    expect(finding?.detail).toContain('"Geheim"');
    expect(person.validator.validate("{")).toMatchObject([{ path: "", message: "message is no JSON" }]);
  });

  it("reports at most 20, and of a huge message one", () => {
    const list = open({ type: "array", items: { type: "string" } });
    expect(
      check(
        list,
        Array.from({ length: 1_000 }, () => 1),
      ),
    ).toHaveLength(20);
    expect(
      check(
        list,
        Array.from({ length: 600_000 }, () => 1),
      ),
    ).toHaveLength(1);
  });

  it("knows draft 07 and 2020-12 by $schema, 2020-12 without", () => {
    const tuple = { type: "array", items: [{ type: "string" }], additionalItems: false };
    expect(check(open({ $schema: DRAFT7, ...tuple }), ["a", "b"])).toHaveLength(1);
    const prefix = { type: "array", prefixItems: [{ type: "string" }], items: false };
    expect(
      check(open({ $schema: "https://json-schema.org/draft/2020-12/schema", ...prefix }), ["a", "b"]),
    ).toHaveLength(1);
    expect(check(open(prefix), ["a", "b"])).toHaveLength(1);
  });

  it("does not take what every object inherits for a property", () => {
    const schema = open({ type: "object", required: ["toString"], properties: { constructor: { type: "string" } } });
    expect(check(schema, {})).toEqual([" toString is missing"]);
    expect(check(schema, { toString: 1, constructor: 1 })).toEqual(["/constructor must be a text"]);
  });
});

describe("patterns", () => {
  it("are linear: what makes RegExp hang is answered at once", () => {
    const schema = open({ type: "string", pattern: "^(a+)+$" });
    const started = performance.now();
    expect(check(schema, `${"a".repeat(20_000)}!`)).toHaveLength(1);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it.each([
    ["^\\s$", "\u00a0", true],
    ["^[^\\s]$", "\u00a0", false],
    ["^\\S+$", "a\u2003b", false],
    ["^\\p{Letter}+$", "Müller", true],
    ["^\\p{Script=Latin}+$", "Мир", false],
    ["^.$", "😀", true],
    ["^\\d+$", "٣", false],
    ["^a/b[\\-]\\u00e4$", "a/b-ä", true],
    ["^(?<jahr>\\d{4})$", "2027", true],
  ])("%s on %j is %s, as in ECMAScript", (pattern, text, expected) => {
    expect(new RegExp(pattern, "u").test(text)).toBe(expected);
    expect(check(open({ type: "string", pattern }), text).length === 0).toBe(expected);
  });

  it("two patterns are two", () => {
    const schema = open({ properties: { a: { pattern: "^a$" }, b: { pattern: "^b$" } } });
    expect(check(schema, { a: "a", b: "b" })).toEqual([]);
    expect(check(schema, { a: "b", b: "a" })).toHaveLength(2);
  });

  it.each([
    ["(?=a)b", "it looks ahead or behind"],
    ["(a)\\1", "it refers back to a group"],
    ["^a{1,4000}$", "it repeats more than 1,000 times"],
  ])("%s is refused at load", (pattern, why) => {
    expect(() => open({ type: "string", pattern })).toThrow(
      expect.objectContaining({ code: "SCHEMA_FILE_INVALID", message: expect.stringContaining(why) as unknown }),
    );
  });
});

describe("references", () => {
  const ort = {
    $id: "https://schema.example/ort.json",
    type: "string",
    minLength: 3,
    $defs: { plz: { $anchor: "plz", pattern: "^\\d{5}$" } },
  };
  it.each([
    ["beside, by name", { properties: { a: { $ref: "ort.json" } } }],
    ["beside, in a folder above", { properties: { a: { $ref: "../schemas/ort.json" } } }],
    ["by $id, the file beside", { properties: { a: { $ref: "https://schema.example/ort.json" } } }],
    ["relative to an own $id", { $id: "https://schema.example/main.json", properties: { a: { $ref: "ort.json" } } }],
    ["in the catalogue", { properties: { a: { $ref: "catalog:orte/1.0/ort.json" } } }],
    ["through another file", { properties: { a: { $ref: "teile/weiter.json#/$defs/x y" } } }],
  ])("%s", (_name, schema) => {
    const more = {
      "schemas/ort.json": ort,
      "schemas/teile/weiter.json": { $defs: { "x y": { $ref: "../ort.json" } } },
    };
    const opened = open(schema, more, { "orte/1.0/ort.json": ort });
    expect(check(opened, { a: "ab" })).toEqual(["/a is shorter than 3"]);
  });

  it("to anchors, own definitions and themselves", () => {
    const schema = open(
      {
        properties: { a: { $ref: "ort.json#plz" }, b: { $ref: "#/$defs/baum" } },
        $defs: { baum: { type: "object", properties: { kind: { $ref: "#/$defs/baum" } } } },
      },
      { "schemas/ort.json": ort },
    );
    expect(check(schema, { a: "x", b: { kind: { kind: 1 } } })).toEqual([
      "/a does not match the pattern ^\\d{5}$",
      "/b/kind/kind must be an object",
    ]);
  });

  it("that only look like some are data", () => {
    expect(
      check(open({ properties: { $ref: { type: "string" }, a: { const: { $ref: "https://nirgends.example/x" } } } }), {
        $ref: 1,
      }),
    ).toHaveLength(1);
  });

  it.each([
    ["the internet", { $ref: "https://schema.example/fremd.json" }],
    ["a file that is not there", { $ref: "fehlt.json" }],
    ["out of the bridge folder", { $ref: "../../../etc/passwd" }],
    ["the file system", { $ref: "file:///etc/passwd" }],
    ["a bundle that is not there", { $ref: "catalog:fehlt/1/x.json" }],
    ["a file of the right name that is another", { $ref: "https://anders.example/ort.json" }],
  ])("never lead to %s", (_name, schema) => {
    expect(() => open(schema, { "schemas/ort.json": ort })).toThrow(
      expect.objectContaining({ code: "SCHEMA_IMPORT_MISSING" }),
    );
  });

  it("never lead out by a symbolic link", () => {
    const bridgeDir = folderWith({ "schemas/main.json": { $ref: "link.json" } });
    symlinkSync(join(folderWith({ "x.json": {} }), "x.json"), join(bridgeDir, "schemas/link.json"));
    expect(() => openJsonSchema({ schema: "schemas/main.json", bridgeDir, catalogDir: undefined })).toThrow(
      expect.objectContaining({ code: "SCHEMA_FILE_MISSING" }),
    );
  });

  it.each([
    ["no JSON", "{", "SCHEMA_FILE_INVALID"],
    ["a list", [], "SCHEMA_FILE_INVALID"],
    ["an unknown draft", { $schema: "http://json-schema.org/draft-04/schema#" }, "SCHEMA_FILE_INVALID"],
    ["what is no schema", { type: "zahl" }, "SCHEMA_FILE_INVALID"],
    ["a mix of drafts", { $schema: DRAFT7, $ref: "neu.json" }, "SCHEMA_FILE_INVALID"],
  ])("%s is refused", (_name, schema, code) => {
    const more = { "schemas/neu.json": { $schema: "https://json-schema.org/draft/2020-12/schema" } };
    expect(() => open(schema, more)).toThrow(expect.objectContaining({ code, stage: "validate" }));
  });
});

describe("the schema decides in templates", () => {
  const { shape } = open({
    type: "object",
    required: ["nr", "ort"],
    properties: {
      nr: { type: "integer" },
      preis: { $ref: "#/$defs/geld" },
      aktiv: { type: ["boolean", "null"] },
      plz: { type: "string" },
      namen: { type: "array", items: { type: "string" } },
      zahlen: { type: "array", items: { type: "number" } },
      ort: { allOf: [{ type: "object", properties: { lat: { type: "number" } } }, { required: ["lat"] }] },
      frei: {},
      wahl: { oneOf: [{ type: "string" }, { type: "number" }] },
    },
    $defs: { geld: { type: "number" } },
  });
  const given = { json: shape };
  const all = { NR: "12", PREIS: "0012.50", P: "12.50", A: "true", PLZ: "04109", N: "x", Z: ["1", "2.0"], LAT: "1" };

  it("list, number and boolean, exactly", () => {
    const text =
      "{ nr: = NR, preis: = P, aktiv: = A, plz: = PLZ, namen: = N, zahlen: = Z, ort: { lat: = LAT }, frei: = P, wahl: = P }";
    expect(json(text, all, given)).toBe(
      '{"nr":12,"preis":12.50,"aktiv":true,"plz":"04109","namen":["x"],"zahlen":[1,2.0],"ort":{"lat":1},"frei":"12.50","wahl":"12.50"}',
    );
  });

  it("keeps as text what is not exactly a number or boolean", () => {
    expect(
      json(
        "{ nr: = NR, preis: = PREIS, aktiv: = A, ort: = O }",
        { NR: "1e3", PREIS: "0012.50", A: "J", O: { lat: " 1" } },
        given,
      ),
    ).toBe('{"nr":"1e3","preis":"0012.50","aktiv":"J","ort":{"lat":" 1"}}');
  });

  it("literals: a number where text is wanted stays as written, without a warning", () => {
    expect(json("{ nr: '12', plz: 01067, namen: fest, aktiv: true, ort: { lat: 7.10 } }", {}, given)).toBe(
      '{"nr":12,"plz":"01067","namen":["fest"],"aktiv":true,"ort":{"lat":7.10}}',
    );
  });

  it("in formulas alone and inside of objects", () => {
    expect(
      render(template("formula", "\"= { 'nr': NR, 'namen': 'x', 'ort': { 'lat': '1.0' } }\"", given), { NR: "7" }),
    ).toBe('{"nr":7,"namen":["x"],"ort":{"lat":1.0}}');
  });

  it("what is required must not be empty", () => {
    const made = template("json", "{ nr: = NR, plz: = PLZ, ort: { lat: = LAT, name: = N } }", given);
    expect(failure(made, { PLZ: "x" })).toBe(
      "REQUIRED_EMPTY record 3, nr: the schema requires this name, and = NR gives nothing",
    );
    expect(failure(made, { NR: "1", N: "x" })).toBe(
      "REQUIRED_EMPTY record 3, ort/lat: the schema requires this name, and = LAT gives nothing",
    );
    expect(failure(made, {})).toBe("nothing was thrown");
  });
});

describeWithData("a real schema (FIT-Connect metadata 2.1.0)", () => {
  const bridgeDir = folderWith({});
  it("opens, refuses an empty message, and is seen through by templates", () => {
    writeFileSync(join(bridgeDir, "m.json"), readFileSync(sharedData("fit-connect/metadata-2.1.0.schema.json")));
    const { validator, shape } = openJsonSchema({ schema: "m.json", bridgeDir, catalogDir: undefined });
    const messages = validator.validate("{}").map(({ message }) => message);
    expect(messages).toEqual(expect.arrayContaining(["$schema is missing", "contentStructure is missing"]));
    expect(shape.property("contentStructure")?.property("attachments")?.types).toEqual(new Set(["list"]));
  });
});
