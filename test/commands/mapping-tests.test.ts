// steg test, steg try and steg check: what they compare, what they show, what they write.

import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { canonicalJson, canonicalText, canonicalXml } from "../../src/commands/canonical.ts";
import { differences } from "../../src/commands/difference.ts";
import { prettyBody } from "../../src/commands/pretty-body.ts";
import { createPlace } from "./steg.ts";
import type { Place } from "./steg.ts";

const xml = (text: string) => canonicalXml(text)[0] ?? [];
const sameXml = (a: string, b: string): boolean => differences(xml(a), xml(b)).length === 0;

describe("comparing XML", () => {
  it.each([
    ["white space between tags", "<a><b>1</b></a>", "<a>\n  <b>1</b>\n</a>\n"],
    ["the order of attributes", '<a x="1" y="2"/>', '<a y="2" x="1"/>'],
    ["prefixes of one namespace", '<p:a xmlns:p="urn:x"/>', '<a xmlns="urn:x"/>'],
    ["a declaration, comments, CDATA", '<?xml version="1.0"?><!-- x --><a><![CDATA[<b>]]></a>', "<a>&lt;b&gt;</a>"],
    ["an empty element, however written", "<a></a>", "<a/>"],
  ])("does not mind %s", (_name, one, two) => expect(sameXml(one, two)).toBe(true));

  it.each([
    ["a text", "<a>1</a>", "<a>2</a>"],
    ["white space within text", "<a>x y</a>", "<a>x  y</a>"],
    ["white space around text", "<a>x</a>", "<a> x</a>"],
    ["text that is white space only", "<a> </a>", "<a/>"],
    ["an attribute", '<a x="1"/>', '<a x="01"/>'],
    ["a namespace", '<a xmlns="urn:x"/>', '<a xmlns="urn:y"/>'],
    ["a namespace of an attribute", '<a xmlns:p="urn:x" p:x="1"/>', '<a x="1"/>'],
    ["the order of elements", "<a><b/><c/></a>", "<a><c/><b/></a>"],
    ["text among elements", "<a>t<b/></a>", "<a><b/></a>"],
  ])("minds %s", (_name, one, two) => expect(sameXml(one, two)).toBe(false));

  it("takes several documents one after another, and refuses what is no XML", () => {
    expect(canonicalXml('<?xml version="1.0"?><a/>\n<?xml version="1.0"?><b/>')).toHaveLength(2);
    expect(() => canonicalXml("<a><b></a>")).toThrow("unexpected close tag");
    expect(() => canonicalXml("<!DOCTYPE a><a/>")).toThrow("doctype");
    expect(() => canonicalXml("<a>".repeat(300) + "</a>".repeat(300))).toThrow("deeper");
  });

  it("names the path of a difference, with positions", () => {
    const [hunk] = differences(xml("<a><b>1</b><b>2</b></a>"), xml("<a><b>1</b><b>3</b></a>"));
    expect(hunk?.path).toBe("/a/b[2]");
    expect(hunk?.lines.map(({ kind, line }) => `${kind} ${line.text.trim()}`)).toEqual([
      "same <b>1</b>",
      "expected <b>2</b>",
      "got <b>3</b>",
      "same </a>",
    ]);
  });
});

const sameJson = (a: unknown, b: unknown): boolean => differences(canonicalJson(a), canonicalJson(b)).length === 0;
const numbered = (count: number, text: (at: number) => string) =>
  canonicalText(Array.from({ length: count }, (_, at) => text(at)).join("\n"));

const many = (change: number) => (at: number) => (at % 30 === 5 ? `${at}-${change}` : `${at}`);

describe("comparing JSON and text", () => {
  it("does not mind the order of names, and minds all else", () => {
    expect(sameJson({ a: 1, b: [1, 2] }, { b: [1, 2], a: 1 })).toBe(true);
    for (const [a, b] of [
      [{ a: 1 }, { a: "1" }],
      [
        [1, 2],
        [2, 1],
      ],
      [{ a: null }, {}],
      [[], {}],
      [1, 1.5],
      [{ a: [1] }, { a: [1, 1] }],
    ]) {
      expect(sameJson(a, b)).toBe(false);
    }
  });
  it("names a difference by its pointer", () => {
    const [hunk] = differences(canonicalJson({ "a/b": [{ x: 1 }] }), canonicalJson({ "a/b": [{ x: 2 }] }));
    expect(hunk?.path).toBe("/a~1b/0/x");
  });
  it("shows several hunks, and a huge difference as one", () => {
    expect(differences(numbered(100, many(1)), numbered(100, many(2)))).toHaveLength(4);
    const [one, two] = [numbered(3_000, (at) => `a${at}`), numbered(3_000, (at) => `b${at}`)];
    expect(differences(one, two)).toHaveLength(1);
  });
});

describe("showing a message", () => {
  it("indents tags and keeps texts", () => {
    expect(prettyBody("<a><b>x  y</b><c/><d><e>1</e></d></a>", "application/xml")).toBe(
      "<a>\n  <b>x  y</b>\n  <c/>\n  <d>\n    <e>1</e>\n  </d>\n</a>",
    );
    expect(prettyBody('{"a":[1]}', "application/json")).toBe('{\n  "a": [\n    1\n  ]\n}');
    expect(prettyBody("a;b", "text/csv")).toBe("a;b");
  });
});

describe("steg test", () => {
  let place: Place;
  beforeEach(async () => {
    place = await createPlace("here");
    await place.bridge("farben");
    await place.write("mappings/farben/tests/zwei/input.csv", "NAME;FARBE\nAnna;rot\nBert;blau\n");
    await place.write("mappings/farben/tests/fehler/input.csv", "NAME;FARBE\nAnna;rot\nBert;gelb\n");
  });
  afterEach(async () => await place.remove());

  it("fails where nothing is expected, writes with --update, and passes then", async () => {
    const first = await place.steg(["test"]);
    expect(first.code).toBe(1);
    expect(first.stdout).toContain("nothing is expected yet");
    expect((await place.steg(["test", "--update"])).code).toBe(0);
    const names = await place.names("mappings/farben/tests/fehler");
    expect(names).toEqual(["expected-error.txt", "expected.json", "input.csv"]);
    expect(await readFile(place.path("mappings/farben/tests/fehler/expected-error.txt"), "utf8")).toMatch(
      /^record 2 {2}map {2}CODE_UNKNOWN {2}column FARBE /,
    );
    expect(JSON.parse(await readFile(place.path("mappings/farben/tests/zwei/expected.json"), "utf8"))).toEqual([
      { name: "Anna", farbe: "1" },
      { name: "Bert", farbe: "2" },
    ]);
    const second = await place.steg(["test"]);
    expect(second).toMatchObject({ code: 0 });
    expect(second.stdout).toContain("2 of 2 tests passed");
  });

  it("shows a difference with its record, its path, its formula and the values", async () => {
    await place.steg(["test", "--update"]);
    await place.write("mappings/farben/codes/farben.csv", "NAME;CODE\nrot;1\nblau;7\n");
    const end = await place.steg(["test", "farben"]);
    expect(end.code).toBe(1);
    expect(end.stdout).toContain("1 of 2 tests failed");
    expect(end.stdout).toContain("farben/zwei   record 2 of 2   /farbe");
    expect(end.stdout).toMatch(/- +"farbe": "2",? +expected/);
    expect(end.stdout).toMatch(/\+ +"farbe": "7",? +got/);
    expect(end.stdout).toMatch(/from bridge\.yaml:\d+:\d+ +=? ?\$code\('farben', FARBE\) +FARBE = "blau"/);
    expect(end.stdout).toContain("steg test farben --update");
    const json = await place.json<{ case: string; passed: boolean }[]>(["test"]);
    expect(json.map((one) => [one.case, one.passed])).toEqual([
      ["fehler", true],
      ["zwei", false],
    ]);
  });

  it("takes an expected error by its code alone, and notices a missing one", async () => {
    await place.steg(["test", "--update"]);
    await place.write("mappings/farben/tests/fehler/expected-error.txt", "CODE_UNKNOWN\n");
    expect((await place.steg(["test"])).code).toBe(0);
    await place.write("mappings/farben/tests/fehler/expected-error.txt", "CODE_UNKNOWN\nCODE_UNKNOWN\n");
    expect((await place.steg(["test"])).code).toBe(1);
    await place.write("mappings/farben/tests/fehler/expected-error.txt", "DATE_INVALID\n");
    expect((await place.steg(["test"])).code).toBe(1);
  });

  it("says of a bridge that does not load why, also to machines, and of a case with two inputs that it cannot run", async () => {
    await place.bridge("kaputt", { extra: "unsinn: 1\n" });
    await place.write("mappings/farben/tests/zwei/noch-eine.csv", "NAME;FARBE\n");
    const check = await place.steg(["check", "mappings/farben/bridge.yaml"]);
    expect(check.stdout).toContain(
      "NO_TEST warning: tests/zwei needs one input file beside what is expected, there are 2",
    );
    const [broken] = await place.json<Record<string, unknown>[]>(["test"]);
    expect(broken).toMatchObject({ bridge: "kaputt", case: null, passed: false });
    expect(JSON.stringify(broken)).toContain("UNKNOWN_KEY");
  });

  it("notices a message too few or too many", async () => {
    await place.steg(["test", "--update"]);
    await place.write("mappings/farben/tests/zwei/input.csv", "NAME;FARBE\nAnna;rot\nBert;blau\nCora;rot\n");
    const end = await place.steg(["test"]);
    expect(end.stdout).toContain("2 expected, 3 came out");
    expect(end.code).toBe(1);
  });
});

describe("steg try and steg check", () => {
  let place: Place;
  beforeEach(async () => {
    place = await createPlace("here");
    await place.bridge("farben");
    await place.write("sample.csv", "NAME;FARBE\nAnna;rot\nBert;gelb\n");
  });
  afterEach(async () => await place.remove());

  it("shows messages and errors for machines, and delivers nothing", async () => {
    const end = await place.steg(["try", "farben", "sample.csv", "--json"]);
    expect(end.code).toBe(2);
    expect(JSON.parse(end.stdout)).toEqual({
      messages: [
        { record: 1, contentType: expect.stringContaining("json") as string, body: '{"name":"Anna","farbe":"1"}' },
      ],
      errors: [{ record: 2, stage: "map", code: "CODE_UNKNOWN", message: expect.stringContaining("FARBE") as string }],
    });
    expect(await place.names("data")).toEqual([]);
    expect(await place.names("state")).toEqual([]);
  });

  it("shows what each formula made of one record", async () => {
    const end = await place.steg(["try", "farben", "sample.csv", "--record", "1"]);
    expect(end.code).toBe(0);
    expect(end.stdout).toContain("record 1 = line 2");
    expect(end.stdout).toMatch(/22:\d+ +name += NAME +Anna/);
    expect(end.stdout).toMatch(/23:\d+ +farbe += \$code\('farben', FARBE\) +FARBE "rot" → 1/);
    expect(end.stdout).toContain("nothing was delivered");
  });

  it("shows the formula that failed, and exits 2", async () => {
    const end = await place.steg(["try", "farben", "sample.csv", "--record", "2"]);
    expect(end.code).toBe(2);
    expect(end.stdout).toMatch(/farbe += \$code\('farben', FARBE\) +CODE_UNKNOWN/);
  });

  it("exits 1 for a record that is not there, and for a file that cannot be read as a whole", async () => {
    expect((await place.steg(["try", "farben", "sample.csv", "--record", "9"])).stderr).toContain("no record 9");
    await place.write("spalte.csv", "NAME;ORT\nAnna;hier\n");
    const whole = await place.steg(["try", "farben", "spalte.csv", "--json"]);
    expect(whole.code).toBe(1);
    expect(JSON.parse(whole.stdout)).toMatchObject({ messages: [], errors: [{ record: 0, code: "NAMES_MISSING" }] });
  });

  it("finds what the target's encoding cannot write, and says why a file cannot be read", async () => {
    await place.bridge("latin", { extra: "encode: { csv: { encoding: windows-1252 } }\n" });
    const yaml = place.path("mappings/latin/bridge.yaml");
    const json = await readFile(yaml, "utf8");
    await place.write("mappings/latin/bridge.yaml", json.replace(/ {2}json:/, "  csv:"));
    await place.write("zeichen.csv", "NAME;FARBE\n☃;rot\nÄnne;rot\n");
    const end = await place.steg(["try", "latin", "zeichen.csv", "--json"]);
    expect(end.code).toBe(2);
    expect(JSON.parse(end.stdout)).toMatchObject({
      messages: [{ record: 2 }],
      errors: [{ record: 1, stage: "encode", code: "ENCODING_UNWRITABLE" }],
    });
    expect((await place.steg(["try", "farben", "fehlt.csv"])).stderr).toContain("there is no such file");
    expect((await place.steg(["try", "farben", "mappings"])).stderr).toContain("it is a folder");
  });

  it("check: 0 with warnings only, 1 with errors, places that editors jump to, JSON for machines", async () => {
    const warned = await place.steg(["check"]);
    expect(warned.code).toBe(0);
    await place.bridge("kaputt", { extra: "unsinn: 1\n" });
    const end = await place.steg(["check"]);
    expect(end.code).toBe(1);
    expect(end.stdout).toMatch(/^mappings\/kaputt\/bridge\.yaml:\d+:1 [A-Z_]+ /m);
    const findings = await place.json<Record<string, unknown>[]>(["check", "mappings/kaputt/bridge.yaml"]);
    expect(findings.some((one) => one["severity"] === "error")).toBe(true);
    for (const one of findings)
      expect(Object.keys(one)).toEqual(["file", "line", "column", "severity", "code", "message", "hint"]);
  });

  it("schema prints JSON Schema for bridge and policy", async () => {
    const [bridge, policy] = await Promise.all([place.steg(["schema"]), place.steg(["schema", "policy"])]);
    expect(JSON.parse(bridge.stdout)).toMatchObject({ $schema: "https://json-schema.org/draft/2020-12/schema" });
    expect(JSON.parse(policy.stdout)).not.toEqual(JSON.parse(bridge.stdout));
  });
});
