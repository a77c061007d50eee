// steg up --once and the commands that look at what it left: exit codes and shapes.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createPlace, ENDED, inDays, RUNNING } from "./steg.ts";
import type { Place } from "./steg.ts";

let place: Place;
afterEach(async () => await place.remove());

interface Figures {
  readonly bridges: readonly {
    bridge: string;
    drops: number;
    records: number;
    delivered: number;
    skipped: number;
    dead: number;
    pending: number;
  }[];
}

describe("steg up --once", () => {
  beforeEach(async () => {
    place = await createPlace();
  });

  it("exits 0 when all is delivered", async () => {
    await place.bridge("farben");
    await place.drop("farben/in/a.csv", "NAME;FARBE\nAnna;rot\nBert;blau\n");
    const end = await place.steg(["up", "--once", "--json"]);
    expect(end).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(end.stdout)).toEqual({
      bridges: [{ bridge: "farben", drops: 1, records: 2, delivered: 2, skipped: 0, dead: 0, pending: 0 }],
    });
    expect(await place.names("data/farben/out")).toEqual(["Anna.json", "Bert.json"]);
  });

  it("exits 0 when nothing lies there, and its figures are this run's", async () => {
    await place.bridge("farben");
    await place.drop("farben/in/a.csv", "NAME;FARBE\nAnna;rot\n");
    await place.steg(["up", "--once"]);
    const again = await place.json<Figures>(["up", "--once"]);
    expect(again.bridges[0]).toMatchObject({ drops: 0, records: 0, delivered: 0 });
  });

  it("says what was left because it is not complete, and does not wait for a marker", async () => {
    await place.bridge("farben");

    const text = await readFile(place.path("mappings/farben/bridge.yaml"), "utf8");
    await place.write("mappings/farben/bridge.yaml", text.replace("settle: 0s", 'marker: "{name}.fertig", every: 60s'));
    await place.drop("farben/in/a.csv", "NAME;FARBE\nAnna;rot\n");
    await place.drop("farben/in/a.csv.fertig", "");
    await place.drop("farben/in/b.csv", "NAME;FARBE\nBert;blau\n");
    const started = performance.now();
    const first = await place.steg(["up", "--once", "--json"]);
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(first.stdout)).toMatchObject({ bridges: [{ drops: 1, delivered: 1, notReady: 1 }] });
    await place.drop("farben/in/c.csv", "NAME;FARBE\nCora;rot\n");
    const second = await place.steg(["up", "--once"]);
    expect(second.code).toBe(0);
    expect(second.stdout).toContain(
      "→ farben: 2 files are not complete yet: no marker, or still growing; the next run",
    );
  });

  it("exits 2 with dead letters, and the sum is true", async () => {
    await place.bridge("farben");
    await place.drop("farben/in/a.csv", "NAME;FARBE\nAnna;rot\nBert;gelb\nCora;lila\n");
    const end = await place.steg(["up", "--once"]);
    expect(end.code).toBe(2);
    expect(end.stdout).toMatch(/farben +1 +3 +1 +0 +2 +0/);
    expect(end.stdout).toContain("2 dead letters: steg dead farben");
    expect(end.stdout + end.stderr).not.toContain("gelb");
  });

  it("exits 1 for a bad bridge file, names the place, and runs the others", async () => {
    await place.bridge("farben");
    await place.bridge("kaputt", { extra: "unsinn: 1\n" });
    await place.drop("farben/in/a.csv", "NAME;FARBE\nAnna;rot\n");
    await place.drop("kaputt/in/a.csv", "NAME;FARBE\nAnna;rot\n");
    const end = await place.steg(["up", "--once"]);
    expect(end.code).toBe(1);
    expect(end.stderr).toMatch(/mappings\/kaputt\/bridge\.yaml:\d+:\d+ \w+ /);
    expect(await place.names("data/farben/out")).toEqual(["Anna.json"]);
    expect(await place.names("data/kaputt/in")).toEqual(["a.csv"]);
  });

  it("exits 3 when a target cannot be reached within the patience, and leaves the rest pending", async () => {
    await place.bridge("fern", {
      deliver: 'http: { url: "http://127.0.0.1:9/x", timeout: 1s }\n  retry: { first: 100ms }',
    });
    await place.drop("fern/in/a.csv", "NAME;FARBE\nAnna;rot\n");
    const end = await place.steg(["up", "--once", "--patience", "500ms", "--json"]);
    expect(end.code).toBe(3);
    const [figures] = (JSON.parse(end.stdout) as Figures).bridges;
    expect(figures).toMatchObject({ records: 1, delivered: 0, dead: 0, pending: 1 });
  });

  it("says until when a target asked to wait, where that is longer than the patience", async () => {
    const server = createServer((_request, response) => void response.writeHead(503, { "retry-after": "7200" }).end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await place.bridge("fern", { deliver: `http: { url: "http://127.0.0.1:${port}/x" }`, extra: "timezone: UTC\n" });
    await place.drop("fern/in/a.csv", "NAME;FARBE\nAnna;rot\n");
    const end = await place.steg(["up", "--once", "--patience", "500ms"]);
    server.close();
    expect(end.code).toBe(3);
    const said = /fern: 1 record stays pending: POST \S+ answered 503 .*asked to wait until (\S+) (\S+)/.exec(
      end.stdout,
    );
    const left = Date.parse(`${said?.[1]}T${said?.[2]}Z`) - Date.now();
    expect(left).toBeGreaterThan(6_900_000);
    expect(left).toBeLessThan(7_200_000);
  });

  it("delivers what stayed pending at the next run", async () => {
    const got: string[] = [];
    const server = createServer((request, response) => {
      request.on("data", (chunk) => got.push(String(chunk)));
      request.on("end", () => response.writeHead(201).end());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const deliver = 'http: { url: "${env:FERN_URL}", timeout: 1s }\n  retry: { first: 100ms }';
    await place.bridge("fern", { deliver });
    await place.drop("fern/in/a.csv", "NAME;FARBE\nAnna;rot\n");
    const away = await place.steg(["up", "--once", "--patience", "500ms"], {
      env: { FERN_URL: "http://127.0.0.1:9/" },
    });
    const back = await place.steg(["up", "--once"], { env: { FERN_URL: `http://127.0.0.1:${port}/` } });
    server.close();
    expect([away.code, back.code]).toEqual([3, 0]);
    expect(got.join("")).toContain("Anna");
  });

  it("exits 3 for a bridge whose secret is missing, and runs the others", async () => {
    await place.bridge("farben");
    await place.bridge("fern", { deliver: 'http: { url: "${env:NICHT_GESETZT}" }' });
    await place.drop("farben/in/a.csv", "NAME;FARBE\nAnna;rot\n");
    const end = await place.steg(["up", "--once"]);
    expect(end.code).toBe(3);
    expect(end.stderr).toContain("NICHT_GESETZT");
    expect(await place.names("data/farben/out")).toEqual(["Anna.json"]);
  });

  it.each([
    "ftp://geheim.example/x",
    "geheim.example/x",
    "https://user:geheim@neu.example/x",
    "https://neu.example/ geheim",
  ])(
    "does not make dead letters of an address from outside that is none (%j), and names the variable alone",
    async (url) => {
      await place.bridge("farben");
      await place.bridge("fern", { deliver: 'http: { url: "${env:FERN_URL}/{NAME}" }' });
      await place.drop("fern/in/a.csv", "NAME;FARBE\nAnna;rot\n");
      const end = await place.steg(["up", "--once"], { env: { FERN_URL: url } });
      expect(end.code).toBe(3);
      expect(end.stderr).toMatch(
        /fern.bridge\.yaml:\d+:\d+ OPTION_UNUSABLE deliver\.http\.url .*environment variable FERN_URL/,
      );
      expect(end.stdout + end.stderr).not.toContain("geheim");
      expect(await place.names("data/fern/in")).toEqual(["a.csv"]);
    },
  );

  it("exits 3 when another process holds the state", async () => {
    await place.bridge("farben");
    await place.startUp();
    const end = await place.steg(["up", "--once"]);
    expect(end.code).toBe(3);
    expect(end.stderr).toContain("STATE_LOCKED");
  });
});

describe("a bridge that has ended", () => {
  beforeEach(async () => {
    place = await createPlace("here");
  });
  it("holds what comes, says so in the receipt, and is overdue: exit 2", async () => {
    await place.bridge("alt", { dates: ENDED });
    await place.drop("alt/in/a.csv", "NAME;FARBE\nAnna;rot\n");
    const end = await place.steg(["up", "--once"]);
    expect(end.code).toBe(0);
    expect(await place.names("data/alt/out")).toEqual([]);
    const [receipt] = await place.names("data/alt/quittung");
    const text = await readFile(place.path("data/alt/quittung", receipt ?? ""), "utf8");
    expect(text).toContain("gehalten");
    expect(text).toContain(ENDED.sunset.split("-").toReversed().join("."));
    expect(text).toContain("https://neu.example/api");
    const sunset = await place.steg(["sunset"]);
    expect(sunset.code).toBe(2);
    expect(sunset.stdout).toMatch(/✗ alt +ended +\d{4}-\d\d-\d\d +-250 +– +held/);
    expect(sunset.stdout).toContain("1 overdue");
  });

  it("is not overdue without held drops", async () => {
    await place.bridge("alt", { dates: ENDED });
    await place.steg(["up", "--once"]);
    expect((await place.steg(["sunset"])).code).toBe(0);
  });
});

describe("the ratchet", () => {
  beforeEach(async () => {
    place = await createPlace("here");
  });
  it("refuses a sunset moved later with its place, and goes on with the last valid version", async () => {
    await place.bridge("farben");
    await place.steg(["up", "--once"]);
    await place.bridge("farben", { dates: { ...RUNNING, sunset: inDays(507) } });
    await place.drop("farben/in/a.csv", "NAME;FARBE\nAnna;rot\n");
    const end = await place.steg(["up", "--once"]);
    expect(end.code).toBe(1);
    expect(end.stderr).toMatch(/mappings\/farben\/bridge\.yaml:13:11 SUNSET_MOVED/);
    expect(end.stderr).toContain("last valid version ran instead");
    expect(await place.names("data/farben/out")).toEqual(["Anna.json"]);
    const [row] = await place.json<{ sunset: string }[]>(["sunset"]);
    expect(row?.sunset).toBe(RUNNING.sunset);
  });
});

describe("what machines read", () => {
  beforeEach(async () => {
    place = await createPlace("here");
  });
  beforeEach(async () => {
    await place.bridge("farben");
    await place.drop("farben/in/a.csv", "NAME;FARBE\nAnna;rot\nBert;gelb\n");
    await place.steg(["up", "--once"]);
  });

  it("steg drops", async () => {
    const [drop] = await place.json<Record<string, unknown>[]>(["drops"]);
    expect(Object.keys(drop ?? {})).toEqual([
      "id",
      "bridge",
      "name",
      "size",
      "sha256",
      "state",
      "records",
      "delivered",
      "dead",
      "pending",
      "received",
      "finished",
    ]);
    expect(drop).toMatchObject({
      bridge: "farben",
      name: "a.csv",
      size: 30,
      state: "done",
      records: 2,
      delivered: 1,
      dead: 1,
      pending: 0,
    });
    expect(drop?.["received"]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0[12]:00$/);
    expect(drop?.["sha256"]).toMatch(/^[0-9a-f]{64}$/);
  });

  it("steg dead", async () => {
    const dead = await place.json<Record<string, unknown>[]>(["dead"]);
    expect(dead).toHaveLength(1);
    expect(Object.keys(dead[0] ?? {})).toEqual([
      "id",
      "bridge",
      "drop",
      "record",
      "stage",
      "code",
      "message",
      "attempts",
    ]);
    expect(dead[0]).toMatchObject({ bridge: "farben", record: 2, stage: "map", code: "CODE_UNKNOWN" });
    expect(JSON.stringify(dead)).not.toContain("gelb");
  });

  it("steg sunset", async () => {
    const [row] = await place.json<Record<string, unknown>[]>(["sunset"]);
    expect(Object.keys(row ?? {})).toEqual([
      "bridge",
      "state",
      "started",
      "deprecated",
      "sunset",
      "daysLeft",
      "extended",
      "owner",
      "successor",
    ]);
    expect(row).toMatchObject({
      bridge: "farben",
      started: RUNNING.started,
      sunset: RUNNING.sunset,
      daysLeft: 500,
      extended: false,
      owner: "Fachdienst Muster",
    });
  });

  it("steg audit verify and export", async () => {
    expect(await place.json(["audit", "verify"])).toMatchObject({ broken: null });
    const end = await place.steg(["audit", "export"]);
    const lines = end.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(end.code).toBe(0);
    expect(lines[0]).toMatchObject({ export: "steg-audit", version: 1 });
    expect(lines.slice(1).map((line) => line["event"])).toEqual(
      expect.arrayContaining(["lifecycle.seen", "drop.taken"]),
    );
    expect((await place.steg(["audit", "export", "--out", "trail.jsonl"])).code).toBe(0);
    const twice = await place.steg(["audit", "export", "--out", "trail.jsonl"]);
    expect(twice.code).toBe(3);
    expect(twice.stderr).toContain("not overwritten");
  });

  it("steg sunset before there is a state, from the files alone", async () => {
    expect(await place.json(["sunset", "--state", "nirgends"])).toMatchObject([{ bridge: "farben" }]);
    expect(await place.names("nirgends")).toEqual([]);
  });

  it("steg drops without a state says where it looked", async () => {
    const end = await place.steg(["drops"], { env: { STEG_STATE: "nirgends" } });
    expect(end.code).toBe(3);
    expect(end.stderr).toMatch(/STATE_MISSING.*nirgends.*STEG_STATE/s);
  });
});

const mend = async (): Promise<void> =>
  await place.write("mappings/farben/codes/farben.csv", "NAME;CODE\nrot;1\nblau;2\ngelb;3\n");

describe("replay and dismiss", () => {
  beforeEach(async () => {
    place = await createPlace("here");
  });
  beforeEach(async () => {
    await place.bridge("farben");
    await place.drop("farben/in/a.csv", "NAME;FARBE\nAnna;rot\nBert;gelb\nCora;gelb\n");
    await place.steg(["up", "--once"]);
  });

  it("sends nothing without a yes, and shows what would come of it", async () => {
    await mend();
    const end = await place.steg(["replay", "farben"]);
    expect(end.code).toBe(0);
    expect(end.stdout).toContain("changed   farben/codes/farben.csv");
    expect(end.stdout).toContain("2 of 2 would be delivered, 0 new errors");
    expect(end.stdout).toContain("1 more with the same difference");
    expect(end.stdout).toMatch(/needs --yes\.\nNothing was sent\.\n$/);
    expect(await place.names("data/farben/out")).toEqual(["Anna.json"]);
  });

  it("delivers with --yes, closes the dead letters, and the trail names both versions", async () => {
    await mend();
    const end = await place.steg(["replay", "farben", "--yes"]);
    expect(end).toMatchObject({ code: 0 });
    expect(await place.names("data/farben/out")).toEqual(["Anna.json", "Bert.json", "Cora.json"]);
    expect(await place.json(["dead"])).toEqual([]);
    const trail = await place.steg(["audit", "export"]);
    const started = trail.stdout.split("\n").find((line) => line.includes("replay.started")) ?? "{}";
    expect(JSON.parse(started)).toMatchObject({ bridge: "farben", facts: { letters: 2, mappingChanged: true } });
  });

  it("says that nothing would change, and sends nothing even with --yes", async () => {
    const end = await place.steg(["replay", "farben", "--yes"]);
    expect(end.code).toBe(0);
    expect(end.stdout).toContain("0 of 2 would be delivered");
    expect(end.stdout).toContain("Nothing was sent.");
  });

  it("--dry-run wins over --yes", async () => {
    await mend();
    expect((await place.steg(["replay", "farben", "--yes", "--dry-run"])).stdout).toContain("Nothing was sent.");
    expect(await place.names("data/farben/out")).toEqual(["Anna.json"]);
  });

  it("dismisses for a reason, and not without", async () => {
    const [letter] = await place.json<{ id: string }[]>(["dead"]);
    const id = letter?.id ?? "";
    expect((await place.steg(["dismiss", id])).code).toBe(1);
    expect(await place.json(["dismiss", id, "--reason", "per Brief"])).toEqual({ dismissed: 1 });
    expect(await place.json(["dead"])).toHaveLength(1);
    const shown = await place.steg(["dead", id]);
    expect(shown.stdout).toContain("dismissed");
    expect(shown.stdout).toContain("per Brief");
  });

  it("knows what it does not know", async () => {
    expect((await place.steg(["dead", "dl-zzzz-1"])).stderr).toContain("DEAD_LETTER_UNKNOWN");
    expect((await place.steg(["dead", "gibtsnicht"])).code).toBe(1);
    expect((await place.steg(["pause", "gibtsnicht", "--ticket", "T"])).stderr).toContain("BRIDGE_UNKNOWN");
  });
});

describe("pause", () => {
  beforeEach(async () => {
    place = await createPlace("here");
  });
  it("stops a bridge also when no appliance runs, until it is resumed", async () => {
    await place.bridge("farben");
    await place.steg(["up", "--once"]);
    expect((await place.steg(["pause", "farben", "--ticket", "INC-1"])).code).toBe(0);
    await place.drop("farben/in/a.csv", "NAME;FARBE\nAnna;rot\n");
    await place.steg(["up", "--once", "--patience", "1s"]);
    expect(await place.names("data/farben/out")).toEqual([]);
    expect((await place.steg(["resume", "farben", "--ticket", "INC-1"])).code).toBe(0);
    expect((await place.steg(["up", "--once"])).code).toBe(0);
    expect(await place.names("data/farben/out")).toEqual(["Anna.json"]);
  });

  it.each(["pause", "resume"])("%s before the first start says that nothing runs, and makes no state", async (verb) => {
    await place.bridge("farben");
    const end = await place.steg([verb, "farben", "--ticket", "INC-1", "--state", "nie"]);
    expect(end.code).toBe(3);
    expect(end.stderr).toContain(`STATE_MISSING  there is no state in ${place.path("nie")} (from --state)`);
    expect(end.stderr).toContain("start it once with steg up");
    expect(await place.names(".")).not.toContain("nie");
  });

  it("needs a ticket", async () => {
    await place.bridge("farben");
    const end = await place.steg(["pause", "farben"]);
    expect(end.code).toBe(1);
    expect(end.stderr).toContain("--ticket is missing");
  });
});
