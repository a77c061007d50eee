// steg new: what it writes is right but for what only people know.

import { cp, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { phpServerMissing, startPhpServer } from "../peers/php-soap-server.ts";
import { describeNeeding } from "../peers/required.ts";
import { describeWithData, sharedData } from "../shared-data.ts";
import { createPlace, type Place, RUNNING } from "./steg.ts";

const CONTRACTS = fileURLToPath(new URL("../peers/contracts/", import.meta.url));

let place: Place;
beforeEach(async () => {
  place = await createPlace("here");
});
afterEach(async () => await place.remove());

interface Finding {
  readonly line: number;
  readonly code: string;
  readonly message: string;
}

/** As somebody fills it in. */
async function fillIn(name: string): Promise<string> {
  const path = place.path("mappings", name, "bridge.yaml");
  const values: Readonly<Record<string, string>> = {
    system: "Fachverfahren 7",
    contact: "hotline@alt.example",
    name: "Fachdienst",
    email: "fach@stadt.example",
    reason: "Der Dienst spricht nur SOAP.",
    personalData: "VVT-1",
    title: "Neuer Dienst",
    url: "https://neu.example",
    by: RUNNING.deprecated,
    goal: "Testbetrieb",
    ...RUNNING,
  };
  const [head = "", rest = ""] = (await readFile(path, "utf8")).split(/(?=^receive:)/m);
  const filled = head.replaceAll(/\b(\w+): +#.*$/gm, (line, key: string) => {
    const value = values[key];
    return value === undefined ? line : `${key}: ${value}`;
  });
  await writeFile(path, filled + rest);
  return filled + rest;
}

/** Every line that is to be filled in, and nothing else. */
const PLACEHOLDERS = "system contact name email reason personalData title url by goal started deprecated sunset".split(
  " ",
);

async function expectPlaceholdersOnly(names: readonly string[]): Promise<void> {
  const findings = await place.json<Finding[]>(["check"]);
  expect(findings.map(({ code, message }) => `${code} ${message.split(" ")[0]}`)).toEqual(
    names.flatMap(() => PLACEHOLDERS.map((key) => `WRONG_TYPE ${key}`)),
  );
  for (const name of names) await fillIn(name);
  const tests = await place.steg(["test"]);
  expect(tests.stdout + tests.stderr).toMatch(/of \d+ tests passed/);
  expect(tests.code).toBe(0);
}

describe("steg new --from service.wsdl", () => {
  it("writes a case per operation, with every field as a formula", async () => {
    const made = await place.json<{ operations: string[] }>([
      "new",
      "einwohner",
      "--from",
      `${CONTRACTS}einwohner.wsdl`,
    ]);
    expect(made.operations).toEqual(["LesePerson", "SuchePersonen", "MeldePerson", "BerechneGebuehr"]);
    await place.steg(["new", "postfach", "--from", `${CONTRACTS}postfach.wsdl`]);
    const text = await readFile(place.path("mappings/einwohner/bridge.yaml"), "utf8");
    expect(text).toContain(`  - call: POST /LesePerson
    summary: "Reads one person by the key of the register."
    request: { schema: schemas/LesePerson.request.json }
    reply: { schema: schemas/LesePerson.reply.json }
    map:
      json:
        om: = om  # t:Ordnungsmerkmal, required
        stichtag: = stichtag  # xs:date, optional
    deliver:
      soap: { operation: LesePerson }
`);
    expect(text).toContain(`          anschrift:  # Anschrift, 0..n
            =each: = person.anschrift
            "@hauptwohnung": = \`@hauptwohnung\`  # boolean, optional
`);
    await expectPlaceholdersOnly(["einwohner", "postfach"]);
    expect(await place.json(["check"])).toEqual([]);
  });

  it("takes along what the WSDL imports, from folders beside it too", async () => {
    const wsdl = (await readFile(`${CONTRACTS}einwohner.wsdl`, "utf8")).replace(
      '"einwohner-typen.xsd"',
      '"../xsd/typen.xsd"',
    );
    await place.write("fremd/dienst/einwohner.wsdl", wsdl);
    await mkdir(dirname(place.path("fremd/xsd/typen.xsd")), { recursive: true });
    await cp(`${CONTRACTS}einwohner-typen.xsd`, place.path("fremd/xsd/typen.xsd"));
    expect(await place.steg(["new", "e", "--from", "fremd/dienst/einwohner.wsdl"])).toMatchObject({ code: 0 });
    expect(await readFile(place.path("mappings/e/bridge.yaml"), "utf8")).toContain(
      "wsdl: schemas/dienst/einwohner.wsdl",
    );
    expect((await stat(place.path("mappings/e/schemas/xsd/typen.xsd"))).isFile()).toBe(true);
  });

  it.each([
    ["a name that is none", ["new", "Ein Wohner", "--from", "x.wsdl"], /small letters/],
    ["nothing to begin from", ["new", "e"], /--from/],
    ["an address", ["new", "e", "--from", "https://alt.example/dienst.wsdl"], /nothing is fetched/],
    ["a file that is not there", ["new", "e", "--from", "fehlt.wsdl"], /no file/],
    ["what is no WSDL", ["new", "e", "--from", "kaputt.wsdl"], /kaputt\.wsdl/],
    ["a name that is taken", ["new", "da", "--from", `${CONTRACTS}einwohner.wsdl`], /already/],
  ])("refuses %s, and leaves nothing behind", async (_name, words, why) => {
    await place.write("kaputt.wsdl", "<html/>");
    await place.write("mappings/da/note.txt", "");
    const end = await place.steg(words);
    expect(end.code).toBe(1);
    expect(end.stdout + end.stderr).toMatch(why);
    expect(await place.names("mappings")).toEqual(["da"]);
    expect(await place.names("mappings/da")).toEqual(["note.txt"]);
  });
});

describeNeeding("php", phpServerMissing, "what steg new wrote, against the service", () => {
  it("calls it as it stands, every value exact, and the JSON Schema of the answer fits", async () => {
    const php = await startPhpServer();
    expect((await place.steg(["new", "hunde", "--from", `${CONTRACTS}hunde.wsdl`])).code).toBe(0);
    const text = (await fillIn("hunde"))
      .replace("rest: {}", "rest: { callers: anyone }")
      .replace(/^ +(?:endpoint:|# The ports).*$/m, `    endpoint: ${php.origin}/hunde`);
    await place.write("mappings/hunde/bridge.yaml", text);
    const url = `${(await place.startUp()).url}bridges/hunde/`;
    const post = async (path: string, body: object): Promise<Response> =>
      await fetch(url + path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const answer = await post("LeseHund", { kennzeichen: "012345" });
    expect(await answer.json()).toMatchObject({
      hund: {
        kennzeichen: "012345",
        gewicht: "0012.50",
        steuer: "123456789012345678.10",
        impfung: [{ "@charge": "0007" }],
      },
    });
    expect(answer.status).toBe(200);
    expect((await post("LeseHund", { kennzeichen: 1, mehr: true })).status).toBe(400);
    const openApi = (await (await fetch(`${url}openapi.json`)).json()) as { paths: object };
    expect(Object.keys(openApi.paths)).toEqual(["/LeseHund", "/MeldeHund"]);
    await php.close();
  });
});

describeWithData("steg new from WSDLs of authorities", () => {
  it("writes bridges in which nothing but the lifecycle is missing, and whose tests pass", async () => {
    for (const [name, path] of [
      ["dms", "soap-wsdl/muenchen-eakte-dmsin-1.10.wsdl"],
      ["ewo", "soap-wsdl/muenchen-ewo-ewoeai.wsdl"],
      ["xta", "xta2/XTA.wsdl"],
    ] as const) {
      expect((await place.steg(["new", name, "--from", sharedData(path)])).code).toBe(0);
    }
    await expectPlaceholdersOnly(["dms", "ewo", "xta"]);
  });
});
