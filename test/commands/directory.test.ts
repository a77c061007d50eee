// steg directory: a release imported into the catalogue or a bridge, listed, and found by bridges that name it.

import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPlace, type Place } from "./steg.ts";

let place: Place;
beforeAll(async () => {
  place = await createPlace("here");
  const element = { Id: "1000", Desc: "Code", DataType: "AN", MinLength: 0, MaxLength: 3, Required: true };
  const definitions = { Release: "D99X", Segments: { AAA: { Desc: "FIRST", Elements: [element] } } };
  const tree = [{ Id: "UNH" }, { Id: "AAA", Max: 9 }, { Id: "UNT" }];
  const types = {
    PROBES: { DocumentType: "PROBES", TransactionSet: tree },
    OTHERS: { DocumentType: "OTHERS", TransactionSet: tree },
  };
  await place.write("given/D99X.json", JSON.stringify(definitions));
  await place.write("given/D99X_versions.json", JSON.stringify({ Release: "D99X", DocumentTypes: types }));
});
afterAll(async () => await place.remove());

const TEMPLATE = `map:
  edifact:
    message: PROBES D 99X UN
    directory: ["NAMED"]
    UNB: { S002: { de0004: A }, S003: { de0010: B } }
    AAA: [ { de1000: = NAME } ]
`;

async function writeTemplate(named: string): Promise<void> {
  const name = "mappings/proben/bridge.yaml";
  const before = await readFile(place.path(name), "utf8");
  await place.write(name, before.replace(/^map:\n(?: .*\n)*/m, TEMPLATE.replace("NAMED", named)));
}

describe("steg directory", () => {
  it("imports a release once, never replaces it, and lists it beside what comes along", async () => {
    const args = ["directory", "import", "given/D99X.json"];
    const first = await place.steg(args);
    expect([first.code, first.stdout]).toEqual([
      0,
      '✓ D99X   2 messages\n  decode: { edifact: { directory: ["catalog:edifact/d99x.directory"] } }\n',
    ]);
    expect((await place.steg(args)).stdout).toContain("2 messages, was there already");
    const other = await place.steg([...args, "--messages", "PROBES"]);
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining("EDIFACT_DIRECTORY_EXISTS")]);
    const listed = await place.json<{ name: string | null; release: string; messages: string[] }[]>([
      "directory",
      "list",
    ]);
    expect(listed).toContainEqual({ name: null, release: "D14B", messages: ["INVOIC"] });
    expect(listed.at(-1)).toEqual({
      name: "catalog:edifact/d99x.directory",
      release: "D99X",
      messages: ["OTHERS", "PROBES"],
    });
  });

  it("writes into a bridge, and bridges find what they name", async () => {
    await place.bridge("proben");
    const imported = await place.json<{ name: string; added: boolean; messages: string[] }>([
      "directory",
      "import",
      "given",
      "--as",
      "Mine",
      "--messages",
      "PROBES",
      "--bridge",
      "proben",
    ]);
    expect(imported).toMatchObject({ name: "Mine.directory", added: true, messages: ["PROBES"] });
    for (const named of ["Mine.directory", "catalog:edifact/d99x.directory"]) {
      await writeTemplate(named);
      const checked = await place.steg(["check"]);
      expect([named, checked.code, checked.stdout + checked.stderr]).toEqual([
        named,
        0,
        expect.stringContaining("in 1 of 1 bridge"),
      ]);
    }
    await writeTemplate("catalog:edifact/none.directory");
    expect((await place.steg(["check"])).stdout).toContain("catalog:edifact/none.directory is not in the catalogue");
  });

  it.each([
    [["directory", "imprt"], "Did you mean steg directory import?"],
    [["directory", "import"], "steg directory import needs a file or a folder"],
    [["directory", "import", "nowhere"], "nowhere does not exist"],
    [["directory", "import", "given", "--as", "../x"], "--as is a name of letters, digits, . _ and -"],
    [["directory", "import", "given", "--messages", "PROBEX"], "Did you mean PROBES?"],
    [["directory", "import", "given", "--bridge", "../x"], "--bridge is the name of a bridge"],
    [["directory", "import", "given", "--bridge", "keine"], "there is no bridge keine"],
    [["directory", "list", "x"], "takes nothing behind it"],
  ])("says what is wrong with steg %s", async (args, expected) => {
    const { code, stderr } = await place.steg(args);
    expect([code, stderr]).toEqual([1, expect.stringContaining(expected)]);
  });
});
