// docs/cxml.md, docs/idoc.md and docs/x12.md: their examples give what the pages say.

import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { headOf } from "../bridge-head.ts";
import { createPlace, type Place } from "../commands/steg.ts";

let place: Place;
beforeEach(async () => {
  place = await createPlace();
  // For its policy.
  await place.bridge("farben");
});
afterEach(async () => await place.remove());

const HEAD = headOf("blatt");

/** Blocks of a page, by their kind. */
async function pageBlocks(name: string): Promise<(kind: string) => readonly string[]> {
  const page = await readFile(new URL(`../../docs/${name}`, import.meta.url), "utf8");
  return (kind) =>
    Array.from(page.matchAll(new RegExp(`^\`\`\`${kind}\\n([^]*?)^\`\`\``, "gmu")), ([, text = ""]) => text);
}

/** What the bridge of a page makes of a file. */
async function delivered(yaml: string, name: string, content: string): Promise<string> {
  await place.write("mappings/blatt/bridge.yaml", `${HEAD}\n${yaml}`);
  const check = await place.steg(["check", "mappings/blatt/bridge.yaml"]);
  expect(check.stdout).toContain("1 warning in 1 of 1 bridge");
  expect(check.stdout).toContain("NO_TEST");
  await place.drop(`eingang/${name}`, content);
  const end = await place.steg(["up", "--once", "--json"]);
  expect(end.code).toBe(0);
  const [only, ...more] = await place.names("data/ausgang");
  expect(more).toEqual([]);
  return await readFile(place.path(`data/ausgang/${only}`), "utf8");
}

describe("pages of formats", () => {
  it("cXML is read", async () => {
    const blocks = await pageBlocks("cxml.md");
    const text = await delivered(blocks("yaml")[0]!, "bestellung.xml", blocks("xml")[0]!);
    expect(JSON.parse(text)).toEqual(JSON.parse(blocks("json")[0]!));
  });

  it("X12 is read", async () => {
    const blocks = await pageBlocks("x12.md");
    const text = await delivered(blocks("yaml")[0]!, "bestellung.x12", blocks("text")[0]!);
    expect(JSON.parse(text)).toEqual(JSON.parse(blocks("json")[0]!));
  });

  it("X12 is written", async () => {
    const blocks = await pageBlocks("x12.md");
    const text = await delivered(blocks("yaml")[1]!, "rechnung.json", blocks("json")[1]!);
    const undated = (one: string): string =>
      one.replace(/\*\d{6}\*\d{4}\*U/, "*D*T*U").replace(/\*\d{8}\*\d{4}\*42/, "*D*T*42");
    expect(undated(text)).toBe(undated(blocks("text")[1]!));
  });

  it("an IDoc is written", async () => {
    const blocks = await pageBlocks("idoc.md");
    const map = blocks("yaml").find((block) => block.startsWith("map:"))!;
    const yaml = `receive:
  folder: { path: eingang, files: "*.json", settle: 0s }
decode:
  json: { lines: true }
${map}
deliver:
  folder: { path: ausgang, name: "{nummer}.idoc" }
`;
    const order = { nummer: "4711", datum: "2026-11-02", positionen: [{ nr: "000010", menge: "5", artikel: "A-1" }] };
    const rows = (await delivered(yaml, "bestellung.json", JSON.stringify(order))).split("\r\n");
    expect(rows.map((row) => [row.slice(0, 10), row.slice(49, 63), row.slice(63, 110).trimEnd()]).slice(1)).toEqual([
      ["E2EDK01005", "00000100000001", "    EUR"],
      ["E2EDK02   ", "00000200000002", "0014711                                     202"],
      ["E2EDP01011", "00000300000002", "000010     5"],
      ["E2EDP19003", "00000400000303", "001A-1"],
      ["", "", ""],
    ]);
    expect(rows[0]).toMatch(
      /^EDI_DC40 {5}\d{16} {6}2 {3}ORDERS05 +ORDERS +STEG {6}LS {2}PORTAL +SAPSWM {4}LS {2}SWMCLNT100 +\d{14} +$/,
    );
  });
});
