// Nothing that a record holds gets out: values take every way on which a record can fail, and are then looked for in logs, in what
// commands print, and in every file of the state, before and after the purge (engine, promise 8).

import { once as event } from "node:events";
import { readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openState } from "../../src/core/journal/open.ts";
import { startReceiver, type Receiver } from "../peers/receiver.ts";
import { canary, search, searchFolder, type Found } from "./canary.ts";
import { askEverything } from "./canary-http.ts";
import { createWorld, head, RECEIPTS, type DeadLine, type World } from "./world.ts";

const NAME = canary(90);
const FREE = 1;
/** Ports below 1024 that nothing listens on: connections are refused. */
const AWAY = `http://127.0.0.1:${FREE}/eingang`;

const receive = (folder: string): string => `receive:
  folder: { path: ${folder}/in, files: ["*.csv", "*.json", "*.xml"], marker: "{name}.fertig", after: delete }
`;
const csv = (encoding = "utf-8"): string => `decode:
  csv: { delimiter: ";", encoding: ${encoding}, header: true }
`;

/** One column per way to fail; a record has a value in one of them. */
const WAYS: Readonly<Record<string, string>> = {
  CODE: "= $code('art', CODE)",
  DATUM: "= $date(DATUM, 'dd.MM.yyyy')",
  BETRAG: "= $decimal(BETRAG, '1.234,56')",
  SUMME: "= $total([SUMME])",
  LATIN: "= $latin(LATIN, 'B')",
  ZAHL: "= $number(ZAHL)",
  FEHLER: "= FEHLER ? $error(FEHLER) : FEHLER",
  PROBE: "= PROBE ? $assert(false, PROBE) : PROBE",
  PFLICHT: "= PFLICHT ? $required([], PFLICHT) : PFLICHT",
  MUSTER: "= MUSTER ? $date('01.02.2027', MUSTER) : MUSTER",
  BILD: "= BILD ? $decimal('1', BILD) : BILD",
  LISTE: "= LISTE ? $code(LISTE, 'A') : LISTE",
  ZONE: "= ZONE ? $datetime('01.02.2027 10:00', 'dd.MM.yyyy HH:mm', ZONE) : ZONE",
  TYP: "= TYP ? $sum([TYP]) : TYP",
  VERGLEICH: "= VERGLEICH ? $map([VERGLEICH], function($v) { $v > 1 }) : VERGLEICH",
  MENGE: "= MENGE ? [MENGE, MENGE] : MENGE",
  OBJEKT: "= OBJEKT ? { OBJEKT: OBJEKT } : OBJEKT",
  STEUER: "= STEUER",
  SUCHE: "= SUCHE ? $sort([1, SUCHE]) : SUCHE",
  TEIL: "= TEIL ? $slice(TEIL, 0) : TEIL",
  SCHEMA: "= SCHEMA",
  ABGELEHNT: "= ABGELEHNT",
  STOLPERT: "= STOLPERT",
  PFAD: "= PFAD",
};
const COLUMNS = Object.keys(WAYS);
const BY_COLUMN = new Map(COLUMNS.map((name, index) => [name, canary(index + 1)]));
const EXTRA = {
  ragged: canary(40),
  encoding: canary(41),
  quote: canary(42),
  json: canary(43),
  jsonKey: canary(44),
  jsonBroken: canary(45),
  away: canary(46),
  header: canary(47),
  recordType: canary(48),
  unwritable: canary(49),
  group: canary(50),
  outcome: canary(51),
  reason: canary(52),
  xml: canary(53),
  growing: canary(54),
  case: canary(55),
};
const VALUES = [...BY_COLUMN.values(), ...Object.values(EXTRA)];

const XSD = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified">
  <xs:element name="satz"><xs:complexType><xs:sequence>${COLUMNS.map(
    (name) =>
      `<xs:element name="${name.toLowerCase()}" minOccurs="0" type="${name === "SCHEMA" ? "xs:date" : "xs:string"}"/>`,
  ).join("")}</xs:sequence></xs:complexType></xs:element>
</xs:schema>`;

let world: World;
let receiver: Receiver;
/** What was printed, by command. */
const printed = new Map<string, string>();

function putIn(folder: string, name: string, content: string | Uint8Array): void {
  world.write(`data/${folder}/in/${name}`, content);
  world.write(`data/${folder}/in/${name}.fertig`, "");
}

function bridges(retention: string): void {
  const more = `${RECEIPTS}${retention}`;
  const http = (url: string): string =>
    `deliver:\n  retry: { first: 10ms, most: 20ms, attempts: 2 }\n  http: { url: "${url}", timeout: 2s }\n`;
  const folder = (name: string): string =>
    `deliver:\n  folder: { path: ${name}/out, name: "{$index}-{$file.size}.txt" }\n`;
  const xml = COLUMNS.map((name) => `      ${name.toLowerCase()}: "${WAYS[name]}"\n`).join("");
  world.bridge(
    "wege",
    `${head("wege")}${receive("wege")}${csv()}map:\n  codes: { art: codes/art.csv }\n  xml:\n    satz:\n${xml}validate:\n  xsd: satz.xsd\n${http(`${receiver.origin}/wege/{$orEmpty(PFAD)}`)}${more}`,
    { "codes/art.csv": "ART;WERT\nA;1\n", "satz.xsd": XSD },
  );
  const schema = { type: "object", additionalProperties: { type: "object", additionalProperties: { type: "number" } } };
  world.bridge(
    "json",
    `${head("json")}${receive("json")}decode:\n  json: { lines: true }\nmap: |\n  = { KEY: { VALUE: VALUE } }\nvalidate:\n  jsonSchema: schema.json\n${folder("json")}${more}`,
    { "schema.json": JSON.stringify(schema) },
  );
  world.bridge(
    "fern",
    `${head("fern")}${receive("fern")}${csv()}map:\n  json: { wert: = WERT }\n${http(`${AWAY}/{WERT}`)}${more}`,
  );
  const types = 'decode:\n  csv: { delimiter: ";", encoding: utf-8, columns: { K: [SA, NR], P: [SA, POS] } }\n';
  world.bridge(
    "arten",
    `${head("arten")}${receive("arten")}${types}map:\n  per: { from: "= SA = 'K'" }\n  json: { nr: = NR }\n${folder("arten")}${more}`,
  );
  world.bridge(
    "datei",
    `${head("datei")}${receive("datei")}${csv()}cases:\n  - { when: "= WERT != 'nichts'" }\nmap:\n  csv: { WERT: = WERT }\nencode:\n  csv: { encoding: iso-8859-1 }\ndeliver:\n  batch: { drop: true }\n  folder: { path: "datei/out", name: "{ORT}.csv" }\n${more}`,
  );
  const outcomes = `deliver:\n  retry: { first: 10ms, most: 20ms, attempts: 2 }\n  outcomes:\n    - { when: "= $number($reply) > 1", as: refused }\n  http: { url: "${receiver.origin}/urteil" }\n`;
  world.bridge(
    "urteil",
    `${head("urteil")}${receive("urteil")}${csv()}map:\n  json: { wert: = WERT }\n${outcomes}${more}`,
  );
  world.bridge(
    "xml",
    `${head("xml")}${receive("xml")}decode:\n  xml: { record: /liste/satz }\nmap:\n  json: { a: = A }\n${folder("xml")}${more}`,
  );
}

function putAll(): void {
  const row = (column: string, value: string): string =>
    COLUMNS.map((name) => (name === column ? value : "")).join(";");
  const special: Readonly<Record<string, (value: string) => string>> = {
    LATIN: (value) => `${value}\u2603`,
    STEUER: (value) => `${value}\u0001`,
    PFAD: () => "..",
  };
  const rows = COLUMNS.map((name) => {
    const value = BY_COLUMN.get(name) as string;
    return row(name, special[name]?.(value) ?? value);
  });
  // Records that the target takes, so that what it stumbles over is that record's trouble and not the target's.
  const good = `${row("SUCHE", "")}\n`.repeat(2) + `${row("STEUER", "gut")}\n`.repeat(20);
  const bad = Buffer.concat([Buffer.from(EXTRA.encoding), Buffer.from([0xff, 0x0a])]);
  putIn(
    "wege",
    `${NAME}.csv`,
    Buffer.concat([
      Buffer.from(`${COLUMNS.join(";")}\n${rows.join("\n")}\n${good}${EXTRA.ragged};1\n`),
      bad,
      Buffer.from(`"${EXTRA.quote};offen\n`),
    ]),
  );
  putIn("wege", "kopf.csv", `${EXTRA.header};${EXTRA.header}\n1;2\n`);
  putIn(
    "json",
    "a.json",
    `{"KEY":"${EXTRA.jsonKey}","VALUE":"${EXTRA.json}"}\n{"KEY":"${EXTRA.jsonBroken}\n{"${EXTRA.jsonBroken}":1,"${EXTRA.jsonBroken}":2}\n["${EXTRA.jsonBroken}"]\n`,
  );
  putIn("fern", "a.csv", `WERT\n${EXTRA.away}\n`);
  putIn("arten", "a.csv", `K;1\n${EXTRA.recordType};x\nP;${EXTRA.group};zuviel\nK;2\n`);
  putIn(
    "datei",
    "a.csv",
    `WERT;ORT\n${EXTRA.unwritable}\u2603;Ulm\nx;../${EXTRA.growing}\n${EXTRA.growing};Ulm\nnichts;${EXTRA.case}\n`,
  );
  putIn("urteil", "a.csv", `WERT\n${EXTRA.outcome}\n`);
  putIn("xml", "a.xml", `<liste><satz><A>${EXTRA.xml}</A><b:C xmlns:b="urn:${EXTRA.xml}"/></satz><${EXTRA.xml}`);
}

function findings(): readonly Found[] {
  return [...printed].flatMap(([command, text]) => search(VALUES, command, text));
}

/** File names are shown by lists, for people who have to find the file again; nowhere else. */
const SHOWS_NAMES = /^steg (?:drops|dead)/;

async function print(args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await world.steg(args, { STEG_LOG: "debug" });
  printed.set(`steg ${args.join(" ")} (${printed.size})`, stdout + stderr);
  return stdout;
}

beforeAll(async () => {
  receiver = await startReceiver();
  const [refused, stumbles] = [BY_COLUMN.get("ABGELEHNT") as string, BY_COLUMN.get("STOLPERT") as string];
  receiver.rule = (heard) => {
    const text = String(heard.body);
    const headers = { "content-type": "text/plain", "x-echo": text.slice(0, 20).replaceAll(/[^\w]/g, "") };
    if (text.includes(refused)) return { status: 422, headers, body: `Der Wert ${refused} ist falsch` };
    if (text.includes(stumbles)) return { status: 503, headers: { ...headers, "retry-after": "0" }, body: stumbles };
    if (text.includes("gut")) return { delay: 50 };
    if (heard.path === "/urteil") return { status: 200, headers, body: EXTRA.outcome };
    return undefined;
  };
  world = createWorld();
  bridges("");
  putAll();
  // A process of its own, so that everything it writes anywhere is what people would find; it waits for the target that is away.
  const run = await world.spawn(["up", "--once", "--patience", "5s"], { STEG_LOG: "debug" });
  printed.set("up --once", run.stdout + run.stderr);
}, 60_000);

afterAll(async () => {
  world.remove();
  await receiver.close();
});

describe("values of records", () => {
  it("would be found: the search sees each of its forms", () => {
    const text = `x${NAME}y`;
    for (const content of [
      Buffer.from(text),
      Buffer.from(text, "utf16le"),
      Buffer.from(text, "utf16le").swap16(),
      Buffer.from(Buffer.from(text).toString("hex")),
      Buffer.from(Buffer.from(text).toString("base64")),
      Buffer.from(Buffer.from(`a${text}`).toString("base64")),
      Buffer.from(Buffer.from(`ab${text}`).toString("base64")),
    ]) {
      expect(search([NAME], "here", content).length).toBeGreaterThan(0);
    }
  });

  it("have failed in every way that was meant", async () => {
    const letters = JSON.parse(await print(["dead", "--json"])) as (DeadLine & { readonly bridge: string })[];
    const codes = new Set(letters.map(({ code }) => code));
    for (const code of [
      "CODE_UNKNOWN",
      "DATE_INVALID",
      "DECIMAL_INVALID",
      "LATIN_INVALID",
      "FORMULA_FAILED",
      "VALUE_REQUIRED",
      "PATTERN_INVALID",
      "TABLE_UNKNOWN",
      "ZONE_UNKNOWN",
      "VALUE_NOT_TEXT",
      "XML_CHARACTER",
      "SLICE_INVALID",
      "SCHEMA_INVALID",
      "DELIVERY_REFUSED",
      "DELIVERY_FAILED",
      "ROW_RAGGED",
      "ENCODING_INVALID",
      "QUOTE_UNTERMINATED",
      "HEADER_DUPLICATE",
      "JSON_INVALID",
      "JSON_KEY_DUPLICATE",
      "RECORD_NOT_OBJECT",
      "GROUP_UNDECODABLE",
      "ENCODING_UNWRITABLE",
      "PATTERN_VALUE",
      "CASE_NONE",
      "DELIVERY_UNSURE",
      "XML_BROKEN",
    ]) {
      expect(codes, `${code} is among ${[...codes].join(" ")}`).toContain(code);
    }
    expect(letters.filter(({ bridge }) => bridge === "wege").length).toBeGreaterThanOrEqual(COLUMNS.length);
  });

  it("are kept for those who clear them: the details, sealed, hold them as long as the payload", async () => {
    const state = await openState({ dir: world.state, log: () => undefined });
    try {
      const letters = await state.journal.dead({ limit: 1_000 });
      const details = await Promise.all(letters.map(({ id }) => state.journal.deadDetail(id, "system")));
      const told = VALUES.filter((value) => details.some((detail) => detail?.includes(value)));
      expect(told.length).toBeGreaterThan(15);
    } finally {
      await state.close();
    }
  });

  it("stand in nothing that commands print, logs of STEG_LOG=debug included", async () => {
    const letters = JSON.parse(await print(["dead", "--json"])) as DeadLine[];
    await print(["dead"]);
    await print(["dead", letters[0]?.id ?? ""]);
    await print(["drops", "--all"]);
    await print(["drops", "--json"]);
    await print(["replay", "wege", "json", "datei", "--dry-run", "--all"]);
    await print(["replay", "wege", "datei", "--yes", "--json"]);
    await print(["dismiss", letters[0]?.id ?? "", "--reason", EXTRA.reason]);
    await print(["sunset"]);
    await print(["audit", "export"]);
    await print(["check"]);
    expect(findings()).toEqual([]);
    const others = [...printed].filter(([command]) => !SHOWS_NAMES.test(command));
    expect(others.flatMap(([command, text]) => search([NAME], command, text))).toEqual([]);
  });

  it("stand in no receipt; it holds the name of the file and nothing else of it", () => {
    const receipts = [...world.files("quittungen")];
    expect(receipts.length).toBeGreaterThan(5);
    for (const [name, text] of receipts) expect(search(VALUES, name, text)).toEqual([]);
    expect(receipts.some(([name]) => name.startsWith(NAME))).toBe(true);
  });

  it("stand in no file of the state: neither values nor the names of files, WAL included", async () => {
    expect(searchFolder([...VALUES, NAME], world.state)).toEqual([]);
    // The same while the journal is open and after it was killed: then its WAL lies there.
    putIn("json", "b.json", `{"KEY":"${EXTRA.jsonKey}","VALUE":"${EXTRA.json}b"}\n`);
    const answered = world.files("quittungen").size;
    const appliance = world.start(["up"], { STEG_LOG: "debug" });
    let log = "";
    appliance.stderr?.setEncoding("utf8").on("data", (text: string) => (log += text));
    const ended = event(appliance, "close");
    await expect.poll(() => world.files("quittungen").size, { timeout: 20_000 }).toBeGreaterThan(answered);
    expect(readdirSync(world.state).some((name) => name.endsWith("-wal"))).toBe(true);
    expect(searchFolder([...VALUES, NAME], world.state)).toEqual([]);
    appliance.kill("SIGKILL");
    await ended;
    expect(searchFolder([...VALUES, NAME], world.state)).toEqual([]);
    expect(search([...VALUES, NAME], "log", log)).toEqual([]);
  });

  it("stand in no answer of the admin side but the one for those who clear them, nor in /metrics", async () => {
    const appliance = world.start(["up"], { STEG_LOG: "debug" });
    let log = "";
    appliance.stderr?.setEncoding("utf8").on("data", (text: string) => (log += text));
    const ended = event(appliance, "close");
    await expect.poll(() => log, { timeout: 20_000 }).toContain("appliance.started");
    const url = /"listen":"([^"]+)"/.exec(log)?.[1] ?? "";
    const tokens: Record<string, string> = {};
    for (const role of ["caller", "viewer", "operator", "clearing"]) {
      const made = await world.json<{ token: string }>(["token", "new", `asks-as-${role}`, "--role", role]);
      tokens[role] = made.token;
    }
    const drops = await world.drops();
    const letters = await world.json<{ id: string; bridge: string }[]>(["dead", "--all"]);
    // One letter per cause is enough: the others differ in nothing but their record.
    const causes = new Map((await world.dead()).map((letter) => [letter.code, letter]));
    const subjects = {
      bridges: ["wege", "json", "nicht-da"],
      drops: drops.slice(0, 4).map(({ id }) => id),
      letters: [...causes.values()].map(({ id }) => id),
    };
    const answers = await askEverything(url, tokens, subjects);
    appliance.kill("SIGTERM");
    await ended;

    const details = answers.filter(({ request, role }) => request.endsWith("/detail") && role === "clearing");
    const told = VALUES.filter((value) => details.some(({ text }) => text.includes(value)));
    expect(told.length).toBeGreaterThan(10);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(100);
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);

    const others = answers.filter((answer) => !details.includes(answer));
    // Why somebody closed a dead letter is what people wrote, for people.
    const values = VALUES.filter((value) => value !== EXTRA.reason);
    expect(others.flatMap(({ request, role, text }) => search(values, `${request} as ${role}`, text))).toEqual([]);
    // The name of a file is shown with its drop and its dead letters, to those who may read them, and nowhere else.
    const nameless = others.filter(
      ({ request, role, status }) => !/\/(?:drops|dead-letters)\b/.test(request) || role === "caller" || status !== 200,
    );
    expect(nameless.flatMap(({ request, role, text }) => search([NAME], `${request} as ${role}`, text))).toEqual([]);
    expect(search([...VALUES, NAME], "log", log)).toEqual([]);
    for (const token of Object.values(tokens)) {
      expect(log + others.map(({ text }) => text).join("")).not.toContain(token);
      expect(searchFolder([token], world.state)).toEqual([]);
    }
    expect(letters.length).toBeGreaterThan(subjects.letters.length);
  }, 60_000);

  it("are gone after the purge, and the names with them; counts, codes and times stay", async () => {
    bridges("retention: { payload: 0s, dead: 0s, held: 0s }\n");
    const run = await world.spawn(["up", "--once", "--patience", "2s"], { STEG_LOG: "debug" });
    expect(search([...VALUES, NAME], "purging", run.stdout + run.stderr)).toEqual([]);
    expect(searchFolder([...VALUES, NAME], world.state)).toEqual([]);
    for (const args of [
      ["drops", "--all"],
      ["dead", "--all"],
      ["dead", "--all", "--json"],
      ["audit", "export"],
    ]) {
      const { stdout, stderr } = await world.steg(args);
      expect(search([...VALUES, NAME], args.join(" "), stdout + stderr)).toEqual([]);
    }
    const state = await openState({ dir: world.state, log: () => undefined });
    try {
      const drops = await state.journal.drops({ limit: 100 });
      // What is not finished keeps its payload: it is alarmed about, never erased silently.
      expect(drops.filter(({ payload }) => payload === "kept").map(({ bridge }) => bridge)).toEqual(["fern"]);
      const letters = await state.journal.dead({ limit: 1_000 });
      expect(letters.length).toBeGreaterThan(COLUMNS.length);
      for (const { id, state: ending } of letters) {
        expect(ending).not.toBe("open");
        expect(await state.journal.deadDetail(id, "system")).toBeUndefined();
      }
    } finally {
      await state.close();
    }
  });
});
