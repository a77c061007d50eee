// Packed drops in the real process, packed by the tools that people have: Info-ZIP's zip, and gzip.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { constants, crc32, deflateRawSync } from "node:zlib";
import { afterEach, beforeEach, expect, it } from "vitest";
import { zip } from "../core/catalog-zip-writer.ts";
import { describeNeeding } from "../peers/required.ts";
import { createPlace, type Place } from "./steg.ts";

const lacks = spawnSync("zip", ["-v"]).status === 0 ? undefined : "zip is not installed";

describeNeeding("zip", lacks, "packed drops", () => {
  let place: Place;
  beforeEach(async () => {
    place = await createPlace();
    await place.bridge("farben", {
      deliver: 'folder: { path: farben/out, name: "{$file.stem}-{$index}.json" }',
    });
    const file = "mappings/farben/bridge.yaml";
    const text = readFileSync(place.path(file), "utf8").replace('files: "*.csv"', 'files: ["*.zip", "*.gz"]');
    await place.write(file, text.replace("name: = NAME", "name: = NAME & ' aus ' & $file.name"));
    for (const folder of ["data/farben/in", "roh/unter"]) mkdirSync(place.path(folder), { recursive: true });
    writeFileSync(place.path("roh/märz.csv"), "NAME;FARBE\nAnna;rot\nBert;blau\n");
    writeFileSync(place.path("roh/unter/april.csv"), "NAME;FARBE\nCarl;rot\nDora;gelb\n");
  });
  afterEach(async () => await place.remove());

  const zipped = (name: string, args: readonly string[]): void => {
    const to = place.path("data/farben/in", name);
    execFileSync("zip", ["-q", ...args.map((arg) => (arg === "TO" ? to : arg))], { cwd: place.path("roh") });
    settled(name);
  };
  const settled = (name: string): void => {
    const before = new Date(Date.now() - 3_600_000);
    utimesSync(place.path("data/farben/in", name), before, before);
  };
  const out = async (): Promise<Record<string, string>> => {
    const names = await place.names("data/farben/out");
    return Object.fromEntries(
      names.map((name) => [
        name,
        (JSON.parse(readFileSync(join(place.path("data/farben/out"), name), "utf8")) as { name: string }).name,
      ]),
    );
  };
  const all = {
    "märz-1.json": "Anna aus märz.csv",
    "märz-2.json": "Bert aus märz.csv",
    "april-3.json": "Carl aus april.csv",
  };

  it.each([
    ["a ZIP archive with folders", ["-r", "TO", "märz.csv", "unter"]],
    ["one that is stored", ["-0", "-r", "TO", "märz.csv", "unter"]],
    ["one in the form ZIP64", ["-fz", "-r", "TO", "märz.csv", "unter"]],
    ["one with descriptors behind its files", ["-fd", "-r", "TO", "märz.csv", "unter"]],
  ])("%s: every record with the name of its file, a bad one is a dead letter", async (_, args) => {
    zipped("alle.zip", args);
    const end = await place.json<{ bridges: object[] }>(["up", "--once"]);
    expect(end.bridges).toMatchObject([{ drops: 1, records: 4, delivered: 3, dead: 1, pending: 0 }]);
    expect(await out()).toEqual(all);
    expect(await place.json(["dead"])).toMatchObject([{ record: 4, code: "CODE_UNKNOWN" }]);
    expect(await place.names("data/farben/in/archiv")).toEqual(["alle.zip"]);
  });

  it("an archive written to a pipe, and gzip", async () => {
    const packed = execFileSync("zip", ["-q", "-r", "-", "märz.csv"], { cwd: place.path("roh") });
    writeFileSync(place.path("data/farben/in/a.zip"), packed);
    settled("a.zip");
    writeFileSync(
      place.path("data/farben/in/april.csv.gz"),
      execFileSync("gzip", ["-c", place.path("roh/unter/april.csv")]),
    );
    settled("april.csv.gz");
    const end = await place.json<{ bridges: object[] }>(["up", "--once"]);
    expect(end.bridges).toMatchObject([{ drops: 2, records: 4, delivered: 3, dead: 1 }]);
    expect(await out()).toEqual({
      "märz-1.json": "Anna aus märz.csv",
      "märz-2.json": "Bert aus märz.csv",
      "april-1.json": "Carl aus april.csv",
    });
  });

  it("with a password: one dead letter that says so, in German in the receipt", async () => {
    zipped("geheim.zip", ["-P", "geheim", "TO", "märz.csv"]);
    await place.steg(["up", "--once"]);
    expect(await place.json(["dead"])).toMatchObject([{ code: "ARCHIVE_REFUSED", stage: "decode" }]);
    const [receipt] = await place.names("data/farben/quittung");
    const text = readFileSync(place.path("data/farben/quittung", receipt ?? ""), "utf8");
    expect(text).toContain("Das Archiv ist mit einem Kennwort geschützt.");
    expect(text).not.toContain("märz");
    expect(await out()).toEqual({});
  });

  it("a gigabyte of zeros in a megabyte: refused at once, in little memory, and nothing on the disk", async () => {
    const bomb = place.path("data/farben/in/bombe.zip");
    writeFileSync(bomb, gigabyteOfZeros());
    settled("bombe.zip");
    expect(statSync(bomb).size).toBeLessThan(1.1 * 1024 ** 2);
    const begin = performance.now();
    const end = await place.json<{ bridges: object[] }>(["up", "--once"]);
    expect(performance.now() - begin).toBeLessThan(20_000);
    expect(end.bridges).toMatchObject([{ drops: 1, records: 1, delivered: 0, dead: 1 }]);
    const [letter] = await place.json<{ code: string; message: string }[]>(["dead"]);
    expect(letter).toMatchObject({ code: "ARCHIVE_REFUSED" });
    expect(letter?.message).toContain("packed more than");
    const state = execFileSync("du", ["-sb", place.path("state")], { encoding: "utf8" });
    expect(Number.parseInt(state, 10)).toBeLessThan(64 << 20);
  });

  it("steg try shows the records of an archive", async () => {
    zipped("alle.zip", ["-r", "TO", "märz.csv", "unter"]);
    const tried = await place.json<{ messages: { body: string }[]; errors: object[] }>([
      "try",
      "farben",
      place.path("data/farben/in/alle.zip"),
    ]);
    expect(tried.messages.map(({ body }) => (JSON.parse(body) as { name: string }).name)).toEqual(Object.values(all));
    expect(tried.errors).toMatchObject([{ record: 4, code: "CODE_UNKNOWN" }]);
  });
});

/** As `zip` packs it, without the minute that takes: one packed piece of zeros is like the other. */
function gigabyteOfZeros(): Buffer {
  const piece = Buffer.alloc(64 << 20);
  const packed = deflateRawSync(piece, { finishFlush: constants.Z_FULL_FLUSH, level: 9 });
  const raw = Buffer.concat([...Array.from({ length: 16 }, () => packed), deflateRawSync("")]);
  let crc = 0;
  for (let count = 0; count < 16; count++) crc = crc32(piece, crc);
  return zip([{ name: "nullen.csv", content: "", raw, crc, packed: raw.length, size: 1 << 30 }]);
}
