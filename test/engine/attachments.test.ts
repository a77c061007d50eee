// Files beside the records: joined by their names, before or after the records, waited for, missed, left over.

import { once as event } from "node:events";
import { mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startReceiver } from "../peers/receiver.ts";
import { filesWith } from "../core/journal-state.ts";
import { createWorld, CSV, head, RECEIPTS, RECEIVE, type Figures, type World } from "./world.ts";

let world: World;
beforeEach(() => (world = createWorld()));
afterEach(() => world.remove());

interface AttachFigures extends Figures {
  readonly awaits?: { readonly records: number; readonly until: string };
  readonly attachments?: { readonly taken: number; readonly waiting: number; readonly unassigned: number };
}
interface AttachmentLine {
  readonly name: string;
  readonly state: string;
  readonly messages: number;
}

const JSON_MAP = `map:
  json: { id: = ID, files: "= $attachment().name", sizes: "= $sum($attachment().size)" }
`;

function bridge(more: { attach?: string; settle?: string; map?: string; end?: string } = {}): void {
  const { attach = 'files: "{ID}_*.pdf", wait: 1h', settle = "0s", map = JSON_MAP, end = "" } = more;
  world.bridge(
    "akten",
    `${head("akten")}${RECEIVE}  attach: { path: pdf, settle: ${settle}, ${attach} }
${CSV}${map}deliver:
  folder: { path: out, name: "{$file.stem}-{ID}.json" }
${RECEIPTS}${end}`,
  );
}

/** A whole file at once, as a careful writer puts it there. */
function file(name: string, content: string | Uint8Array = `%PDF-1.7 ${name}`): void {
  mkdirSync(world.path("data", "pdf"), { recursive: true });
  writeFileSync(world.path("data", `${name}.tmp`), content);
  renameSync(world.path("data", `${name}.tmp`), world.path("data", "pdf", name));
}

const rows = (...ids: readonly string[]): string => `ID;NAME\n${ids.map((id) => `${id};Name`).join("\n")}\n`;

async function once(): Promise<AttachFigures & { readonly code: number | null; readonly stderr: string }> {
  const { code, stderr, bridges } = await world.once();
  return { ...(bridges[0] as AttachFigures), code, stderr };
}

const out = (): Record<string, unknown> =>
  Object.fromEntries(
    [...world.files("out")]
      .filter(([name]) => name.endsWith(".json"))
      .map(([name, text]) => [name, JSON.parse(text) as unknown]),
  );
const kept = (): Promise<readonly AttachmentLine[]> => world.json(["drops", "--attachments"]);

describe("a record and its files", () => {
  it("come together whichever is first, and the others of the drop do not wait", async () => {
    bridge();
    file("1_Antrag.pdf");
    file("1_Bescheid.pdf");
    world.put("a.csv", rows("1", "2", "3"));
    file("3_Antrag.pdf");
    expect(await once()).toMatchObject({
      code: 0,
      delivered: 2,
      pending: 1,
      awaits: { records: 1 },
      attachments: { taken: 3, waiting: 0, unassigned: 0 },
    });
    expect(out()).toEqual({
      "a-1.json": { id: "1", files: ["1_Antrag.pdf", "1_Bescheid.pdf"], sizes: 44 },
      "a-3.json": { id: "3", files: "3_Antrag.pdf", sizes: 21 },
    });
    expect(world.receipts()).toEqual([]);
    file("2_Antrag.pdf");
    expect(await once()).toMatchObject({ code: 0, drops: 1, records: 3, delivered: 3, pending: 0 });
    expect(out()["a-2.json"]).toMatchObject({ files: "2_Antrag.pdf" });
    expect(world.receipts()).toMatchObject([{ stand: "erledigt", saetze: { gesamt: 3, zugestellt: 3 } }]);
    expect([...world.files("pdf/archive").keys(), ...world.files("pdf/archiv").keys()]).toHaveLength(4);
    expect(await kept()).toMatchObject([1, 2, 3, 4].map(() => ({ state: "joined", messages: 1 })));
  });

  it("share a file where several name it, in one drop and in the next", async () => {
    bridge({ attach: 'files: "{NAME}*.pdf"' });
    file("Name.pdf");
    world.put("a.csv", rows("1", "2"));
    await once();
    world.put("b.csv", rows("3"));
    expect(await once()).toMatchObject({ code: 0, delivered: 1 });
    expect(await kept()).toMatchObject([{ name: "Name.pdf", state: "joined", messages: 3 }]);
  });

  it("need as many as least says; none where it is 0", async () => {
    bridge({ attach: 'files: "{ID}_*", least: 2' });
    file("1_a.pdf");
    world.put("a.csv", rows("1"));
    expect(await once()).toMatchObject({ pending: 1, awaits: { records: 1 } });
    file("1_b.txt");
    expect(await once()).toMatchObject({ pending: 0, delivered: 1 });
    bridge({ attach: 'files: "{ID}_*", least: 0' });
    world.put("b.csv", rows("1", "9"));
    expect(await once()).toMatchObject({ delivered: 2 });
    expect(out()["b-9.json"]).toEqual({ id: "9" });
    expect(out()["b-1.json"]).toMatchObject({ files: ["1_a.pdf", "1_b.txt"] });
  });

  it("belong together by the values themselves: a star in a record is no pattern, and nothing is not everything", async () => {
    bridge({ attach: 'files: "{ID}_*.pdf", wait: 1s' });
    for (const name of ["1_a.pdf", "Ä_a.pdf".normalize("NFD"), "[1]_a.pdf"]) file(name);
    world.put("a.csv", rows("*", "Ä", "[1]", " "));
    await once();
    await sleep(1_000);
    expect(await once()).toMatchObject({ code: 2, delivered: 2, dead: 2 });
    expect(out()).toMatchObject({ "a-Ä.json": { sizes: expect.any(Number) }, "a-[1].json": { files: "[1]_a.pdf" } });
    expect((await world.dead()).map(({ record, code }) => [record, code])).toEqual([
      [1, "ATTACHMENT_MISSING"],
      [4, "PATTERN_VALUE"],
    ]);
  });

  it("are not waited for by a record that is skipped, or that cannot be read", async () => {
    bridge({
      map: "",
      end: `cases:
  - { when: = NAME = 'weg', skip: storniert }
  - map: { json: { id: = ID } }
`,
    });
    world.put("a.csv", "ID;NAME\n1;weg\n2\n3;da\n");
    expect(await once()).toMatchObject({ skipped: 1, dead: 1, pending: 1, awaits: { records: 1 } });
  });

  it("make one message of a group with the files of all its records", async () => {
    bridge({
      attach: 'files: "{ID}_*"',
      map: `map:
  per: { group: = NAME }
  json: { id: = ID, files: "= $attachment().name" }
`,
    });
    for (const name of ["1_a.pdf", "2_a.pdf", "3_a.pdf"]) file(name);
    world.put("a.csv", "ID;NAME\n1;x\n2;x\n3;y\n4;y\n");
    expect(await once()).toMatchObject({ delivered: 2, pending: 2 });
    expect(out()).toEqual({ "a-1.json": { id: "1", files: ["1_a.pdf", "2_a.pdf"] } });
    file("4_a.pdf");
    expect(await once()).toMatchObject({ pending: 0 });
    expect(out()["a-3.json"]).toMatchObject({ files: ["3_a.pdf", "4_a.pdf"] });
  });

  it("keep their order: what is behind a record that waits waits, too, and so do later drops", async () => {
    bridge({ end: "order: strict\n" });
    for (const name of ["1_a.pdf", "3_a.pdf", "4_a.pdf"]) file(name);
    world.put("a.csv", rows("1", "2", "3"));
    world.put("b.csv", rows("4"));
    expect(await once()).toMatchObject({ code: 0, delivered: 1, pending: 3 });
    expect(Object.keys(out())).toEqual(["a-1.json"]);
    file("2_a.pdf");
    expect(await once()).toMatchObject({ code: 0, delivered: 4, pending: 0 });
  });

  it("can be in one folder with the drops", async () => {
    world.bridge(
      "akten",
      `${head("akten")}receive:
  folder: { path: in, files: "*.csv", settle: 0s }
  attach: { path: ./in/, files: "{ID}_*.pdf" }
${CSV}${JSON_MAP}deliver:
  folder: { path: out, name: "{ID}.json" }
`,
    );
    world.write("data/in/1_a.pdf", "%PDF-");
    world.write("data/in/a.csv", rows("1"));
    expect(await once()).toMatchObject({ code: 0, delivered: 1 });
    expect([...world.files("in").keys()]).toEqual([]);
    expect([...world.files("in/archive").keys()]).toEqual(["1_a.pdf", "a.csv"]);
  });
});

describe("a file that does not come", () => {
  it("makes a dead letter of its record after the time, without values in it; replayed, it is looked for again", async () => {
    bridge({ attach: 'files: "{ID}_{NAME}_*", least: 2, wait: 1s' });
    file("4711_Name_a.pdf");
    world.put("a.csv", rows("4711"));
    expect(await once()).toMatchObject({ code: 0, pending: 1 });
    await sleep(1_000);
    const late = await once();
    expect(late).toMatchObject({ code: 2, dead: 1, pending: 0 });
    expect(late.stderr).not.toContain("4711");
    for (const secret of ["4711_Name", "%PDF-1.7 4711"])
      expect(filesWith(world.state, Buffer.from(secret))).toEqual([]);
    const [letter] = await world.dead();
    expect(letter).toMatchObject({ stage: "map", code: "ATTACHMENT_MISSING" });
    expect(letter?.message).toBe("1 of at least 2 files came for {ID}_{NAME}_* within 1s");
    expect(world.receipts()).toMatchObject([
      {
        klaerfaelle: [
          {
            code: "ATTACHMENT_MISSING",
            grund:
              "Zu diesem Satz kam in der vorgesehenen Zeit 1 Datei, wo mindestens 2 erwartet werden (Muster {ID}_{NAME}_*).",
          },
        ],
      },
    ]);
    await world.steg(["replay", "akten", "--yes"]);
    expect(await world.dead()).toMatchObject([{ id: letter?.id, code: "ATTACHMENT_MISSING" }]);
    file("4711_Name_b.pdf");
    await once();
    expect(await world.steg(["replay", "akten", "--yes"])).toMatchObject({ code: 0 });
    expect(out()["a-4711.json"]).toMatchObject({ files: ["4711_Name_a.pdf", "4711_Name_b.pdf"] });
    expect(await world.dead()).toEqual([]);
  });

  it("is not missing where nobody could look for it", async () => {
    const away = world.path("mount");
    world.bridge(
      "akten",
      `${head("akten")}${RECEIVE}  attach: { folder: { path: ${away}, settle: 0s }, files: "{ID}_*", wait: 1s }
${CSV}${JSON_MAP}deliver:
  folder: { path: out, name: "{ID}.json" }
`,
    );
    world.put("a.csv", rows("1"));
    await once();
    await sleep(1_100);
    const late = await once();
    expect(late).toMatchObject({ code: 3, dead: 0, pending: 1 });
    mkdirSync(away);
    writeFileSync(`${away}/1_a.pdf`, "da");
    // It lay there while the appliance was down: no time is over before it was looked for.
    expect(await once()).toMatchObject({ code: 0, delivered: 1, dead: 0 });
  });

  it("is not missing while it still grows", async () => {
    bridge({ attach: 'files: "{ID}_*", wait: 1s', settle: "1h" });
    world.put("a.csv", rows("1"));
    await once();
    await sleep(1_100);
    file("1_a.pdf");
    // A file is there and not complete: nobody waits an hour for it here.
    const child = world.start(["up"], { STEG_LOG: "info" });
    let log = "";
    child.stderr?.on("data", (text) => (log += String(text)));
    const isResting = (): boolean => log.includes("ATTACHMENTS_AWAITED");
    for (let tries = 0; tries < 1_500 && !isResting(); tries++) await sleep(20);
    await sleep(500);
    child.kill("SIGTERM");
    await event(child, "close");
    expect(isResting(), log).toBe(true);
    expect(await world.dead()).toEqual([]);
  });
});

describe("a file that comes twice", () => {
  it("is settled and counts once; under its name, other bytes take its place", async () => {
    bridge();
    file("1_a.pdf", "eins");
    await once();
    file("1_a.pdf", "eins");
    await once();
    file("1_a.pdf", "eins, verbessert");
    expect(await once()).toMatchObject({ attachments: { taken: 1, waiting: 1, unassigned: 1 } });
    world.put("a.csv", rows("1"));
    expect(await once()).toMatchObject({ delivered: 1 });
    expect(out()["a-1.json"]).toMatchObject({ sizes: 16 });
    const states = (await kept()).map(({ state }) => state);
    expect(states).toEqual(["unassigned", "duplicate", "joined"]);
  });
});

describe("what a message was joined to", () => {
  it("stays so until it is delivered, whatever comes meanwhile; later records have the newer file", async () => {
    const receiver = await startReceiver();
    const { port } = receiver;
    await receiver.close();
    world.bridge(
      "akten",
      `${head("akten")}${RECEIVE}  attach: { path: pdf, settle: 0s, files: "{ID}_*", least: 0 }
${CSV}${JSON_MAP}deliver:
  retry: { first: 20ms, most: 50ms }
  http: { url: "http://127.0.0.1:${port}/" }
`,
    );
    file("1_a.pdf", "alt");
    world.put("a.csv", rows("1", "2"));
    expect(await world.once("1s")).toMatchObject({ code: 3, bridges: [{ pending: 2 }] });
    file("1_a.pdf", "neuer");
    file("2_a.pdf", "zu spaet");
    const back = await startReceiver({ port });
    try {
      world.put("b.csv", rows("2", "1"));
      expect(await once()).toMatchObject({ code: 0, pending: 0 });
      const bodies = back.heard.map(({ body }) => JSON.parse(String(body)) as { id: string; sizes?: number });
      expect(bodies.toSorted((a, b) => a.id.localeCompare(b.id) || (a.sizes ?? 0) - (b.sizes ?? 0))).toEqual([
        { id: "1", files: "1_a.pdf", sizes: 3 },
        { id: "1", files: "1_a.pdf", sizes: 5 },
        { id: "2" },
        { id: "2", files: "2_a.pdf", sizes: 8 },
      ]);
    } finally {
      await back.close();
    }
  });
});

describe("a file that no record names", () => {
  it("is reported after its time and stays; a later record can still have it", async () => {
    bridge({ attach: 'files: "{ID}_*", wait: 1s' });
    file("9_a.pdf");
    expect(await once()).toMatchObject({ attachments: { waiting: 1, unassigned: 0 } });
    await sleep(1_000);
    const late = await once();
    expect(late).toMatchObject({ code: 0, attachments: { taken: 0, waiting: 0, unassigned: 1 } });
    expect(late.stderr).toContain("attachment.unassigned");
    const shown = await world.steg(["drops", "--attachments"]);
    expect(shown.stdout).toMatch(/! \S+ +akten +9_a\.pdf .*unassigned/);
    expect(shown.stdout).toContain("1 attachment, 1 without a record");
    expect((await world.steg(["up", "--once"])).stdout).toContain(
      "akten: 1 attachment without a record: steg drops akten --attachments",
    );
    world.put("a.csv", rows("9"));
    expect(await once()).toMatchObject({ delivered: 1, attachments: { unassigned: 0 } });
  });
});

describe("content in the message", () => {
  const map = `map:
  json: { id: = ID, pdf: "= $attachment().base64" }
`;

  it("is there, piece by piece of the drop", async () => {
    bridge({ map });
    const ids = Array.from({ length: 12 }, (_each, at) => String(at + 1));
    for (const id of ids) file(`${id}_a.pdf`, Buffer.alloc(3 << 20, id));
    world.put("a.csv", rows(...ids));
    expect(await once()).toMatchObject({ code: 0, delivered: 12 });
    const one = out()["a-7.json"] as { pdf: string };
    expect(Buffer.from(one.pdf, "base64").equals(Buffer.alloc(3 << 20, "7"))).toBe(true);
  });

  it("has a limit", async () => {
    bridge({ map });
    for (const part of ["a", "b"]) file(`1_${part}.pdf`, Buffer.alloc(9 << 20, part));
    file("2_a.pdf", "klein");
    world.put("a.csv", rows("1", "2"));
    expect(await once()).toMatchObject({ code: 2, delivered: 1, dead: 1 });
    expect(await world.dead()).toMatchObject([{ code: "ATTACHMENT_TOO_LARGE", record: 1 }]);
    // Nothing of it was sent: a smaller file in place of the other is what a replay takes.
    file("1_a.pdf", "kleiner");
    await once();
    expect(await world.steg(["replay", "akten", "--yes"])).toMatchObject({ code: 0 });
    expect(await world.dead()).toEqual([]);
  });
});

describe("replay", () => {
  it("as new, and a second coming of what failed, have the files that are there", async () => {
    bridge({ attach: 'files: "{ID}_*", wait: 1s' });
    file("1_a.pdf");
    world.put("a.csv", rows("1", "2"));
    await once();
    await sleep(1_000);
    expect(await once()).toMatchObject({ delivered: 1, dead: 1 });
    file("2_a.pdf");
    world.put("a2.csv", rows("1", "2"));
    expect(await once()).toMatchObject({ code: 0 });
    expect(await world.dead()).toEqual([]);
    expect(out()["a-2.json"]).toMatchObject({ files: "2_a.pdf" });
    const [first] = await world.drops();
    const again = await world.steg(["replay", "--drop", first?.id ?? "", "--as-new", "--yes"]);
    expect(again).toMatchObject({ code: 0 });
    await once();
    expect((await kept()).map(({ messages }) => messages)).toEqual([2, 2]);
  });
});

describe("the drop itself", () => {
  const itself = (): void =>
    world.bridge(
      "akten",
      `${head("akten")}${RECEIVE}${CSV}map:
  attach: { name: "{ID}-{$file.name}", from: = $file }
  json: { id: = ID }
deliver:
  folder: { path: out, name: "{$file.stem}-{ID}.json" }
${RECEIPTS}`,
    );

  it("goes with each message as it came, also in a replay and a second coming", async () => {
    itself();
    const text = rows("1", "2");
    mkdirSync(world.path("data", "out"), { recursive: true });
    writeFileSync(world.path("data", "out", "2-a.csv"), "somebody else's");
    world.put("a.csv", text);
    expect(await once()).toMatchObject({ delivered: 1, dead: 1 });
    expect(world.files("out").get("1-a.csv")).toBe(text);
    rmSync(world.path("data", "out", "2-a.csv"));
    expect(await world.steg(["replay", "akten", "--yes"])).toMatchObject({ code: 0 });
    expect(world.files("out").get("2-a.csv")).toBe(text);
    expect(Object.keys(out())).toContain("a-2.json");
  });

  it("is no file where it came in an archive", async () => {
    itself();
    world.put("a.csv", gzipSync(rows("1")));
    expect(await once()).toMatchObject({ delivered: 0, dead: 1 });
    expect(await world.dead()).toMatchObject([{ code: "ATTACHMENT_NAME" }]);
  });
});

it("leaves drops of an earlier mapping without attachments as they were", async () => {
  world.bridge(
    "akten",
    `${head("akten")}${RECEIVE}${CSV}map: { json: { id: = ID } }\ndeliver:\n  folder: { path: out, name: "{$file.stem}-{ID}.json" }\n`,
  );
  world.put("a.csv", rows("1"));
  utimesSync(world.path("data", "in", "a.csv"), 1, 1);
  expect(await once()).toMatchObject({ delivered: 1 });
  expect((await once()).attachments).toBeUndefined();
  bridge();
  world.put("b.csv", rows("2"));
  expect(await once()).toMatchObject({ pending: 1, awaits: { records: 1 } });
});
