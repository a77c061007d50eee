// docs/edifact-writing.md: its example is what comes out.

import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPlace, type Place } from "./steg.ts";

let place: Place;
let blocks: readonly string[];
beforeAll(async () => {
  place = await createPlace("here");
  const page = await readFile(new URL("../../docs/edifact-writing.md", import.meta.url), "utf8");
  blocks = [...page.matchAll(/^```\w*\n(.*?)^```$/gms)].map(([, block]) => block!);
  await place.bridge("bestellungen");
  const name = "mappings/bestellungen/bridge.yaml";
  const bridge = await readFile(place.path(name), "utf8");
  await place.write(name, bridge.replace(/^map:\n(?: .*\n)*/m, () => blocks[0]!).replace("{NAME}.json", "{NR}.edi"));
  await place.write("bestellung.csv", blocks[1]!);
});
afterAll(async () => await place.remove());

/** What differs from day to day. */
function timeless(text: string): string {
  return text
    .replace(/\d{6}:\d{4}\+\w{14}'/, "YYMMDD:HHMM+REFERENCE'")
    .replace(/^UNZ\+1\+\w{14}'/m, "UNZ+1+REFERENCE'");
}

describe("the page about writing EDIFACT", () => {
  it("shows a template that is right, and what is written of it", async () => {
    const checked = await place.steg(["check"]);
    expect([checked.code, checked.stdout]).toEqual([0, expect.not.stringContaining(" error")]);
    const tried = await place.steg(["try", "bestellungen", "bestellung.csv"]);
    expect([tried.code, timeless(tried.stdout)]).toEqual([0, expect.stringContaining(blocks[2]!)]);
    const one = await place.steg(["try", "bestellungen", "bestellung.csv", "--record", "1"]);
    expect(one.stdout).toMatch(/^BGM\+220\+B1\S* +Beginning of message: Order$/m);
  });

  it("reads back what it writes", async () => {
    await place.drop("bestellungen/in/b.csv", blocks[1]!);
    const up = await place.steg(["up", "--once"]);
    expect([up.code, up.stderr]).toEqual([0, expect.anything()]);
    const written = await readFile(place.path("data/bestellungen/out/B1.edi"));
    expect(written.includes(Buffer.from("M\u00fcller", "latin1"))).toBe(true);
    const name = "mappings/lesen/bridge.yaml";
    await place.bridge("lesen");
    const bridge = await readFile(place.path(name), "utf8");
    const reading = bridge
      .replace(/^decode:\n(?: .*\n)*/m, "decode:\n  edifact: { messages: [ORDERS D 96A] }\n")
      .replace(
        /^map:\n(?: .*\n)*/m,
        "map:\n  json: { nummer: = BGM.de1004, posten: =  $count(SG25), texte: = SG25.IMD.C273.de7008 }\n",
      )
      .replace("{NAME}.json", "x.json");
    await place.write(name, reading);
    const tried = await place.steg(["try", "lesen", "data/bestellungen/out/B1.edi"]);
    expect([tried.code, tried.stdout]).toEqual([0, expect.stringMatching(/"Radierer: rot\+blau"/)]);
  });

  it("shows one record with names, and where a test fails, what its formula read", async () => {
    const file = "data/bestellungen/out/B1.edi";
    const one = await place.steg(["try", "lesen", file, "--record", "1"]);
    expect(one.stdout).toMatch(/^ {4}NAD +Name and address: Buyer$/m);
    expect(one.stdout).toMatch(/^ {6}de3035 +BY +Party qualifier: Buyer$/m);
    expect(one.stdout).toMatch(/^ {2}… \d+ more lines$/m);
    const all = await place.steg(["try", "lesen", file, "--record", "1", "--all"]);
    expect(all.stdout).toMatch(/^ {2}UNT +Message trailer$/m);
    expect(all.stdout).not.toContain("more line");
    const { messages } = await place.json<{ messages: object[] }>(["try", "lesen", file, "--record", "1"]);
    expect(Object.keys(messages[0]!)).toEqual(["record", "contentType", "body"]);

    await place.write("mappings/lesen/tests/eins/input.edi", (await readFile(place.path(file), "latin1")).trim());
    await place.write("mappings/lesen/tests/eins/expected.json", '{ "nummer": "B2", "posten": 1, "texte": [] }');
    const failed = await place.steg(["test", "lesen"]);
    expect(failed.code).toBe(1);
    expect(failed.stdout).toMatch(/= BGM\.de1004\n {6}BGM +Beginning of message: Order\n/);
    expect(failed.stdout).toMatch(/^ {8}de1004 +B1 +Document\/message number$/m);
  });
});
