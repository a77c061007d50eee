// steg try --attach and steg test for bridges with files beside their records.

import { readFile, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createPlace, type Place } from "./steg.ts";

let place: Place;
beforeEach(async () => {
  place = await createPlace("here");
  await place.bridge("farben");
  const text = await readFile(place.path("mappings/farben/bridge.yaml"), "utf8");
  await writeFile(
    place.path("mappings/farben/bridge.yaml"),
    text
      .replace(/^receive:\n.*$/mu, 'receive:\n  folder: { path: farben/in, files: "*.csv", settle: 0s }')
      .replace(/^decode:/mu, '  attach: { path: scans, files: "{NAME}_*", least: 2 }\n\ndecode:')
      .replace(
        /^map:[^]*?\n(?=\w)/mu,
        `map:
  attach: { name: "{NAME}-{$n}.bin", from: "= $attachment('*.bin')" }
  json: { name: = NAME, scan: "= $attachment('*.bin')[0].base64" }

`,
      ),
  );
});
afterEach(async () => await place.remove());

interface Tried {
  readonly messages: readonly { readonly record: number; readonly body: string; readonly attachments?: object[] }[];
  readonly errors: readonly { readonly record: number; readonly code: string }[];
}

it("shows the messages of a file with those of a folder, whole, however long they are", async () => {
  await place.write("akten.csv", "NAME;FARBE\nAnna;rot\nBert;blau\n");
  const scan = "x".repeat(600_000);
  await place.write("scans/Anna_1.bin", scan);
  await place.write("scans/Anna_2.txt", "Notiz");
  await place.write("scans/Bert_1.bin", "b");
  await place.write("scans/.versteckt", "b");
  const end = await place.steg(["try", "farben", "akten.csv", "--attach", "scans", "--json"]);
  expect(end.code).toBe(2);
  const { messages, errors } = JSON.parse(end.stdout) as Tried;
  expect(JSON.parse(messages[0]?.body ?? "")).toEqual({ name: "Anna", scan: Buffer.from(scan).toString("base64") });
  expect(messages[0]?.attachments).toMatchObject([
    { name: "Anna-1.bin", from: "Anna_1.bin", size: 600_000, mediaType: "application/octet-stream" },
  ]);
  expect(errors).toMatchObject([{ record: 2, code: "ATTACHMENT_MISSING" }]);

  const shown = await place.steg(["try", "farben", "akten.csv", "--record", "1", "--attach", "scans"]);
  expect(shown.stdout).toMatch(/… 798,\d{3} more characters$/mu);
  expect(shown.stdout).toContain("+ Anna-1.bin   application/octet-stream   586 KiB   from Anna_1.bin");
  const without = await place.steg(["try", "farben", "akten.csv"]);
  expect(without.stdout).toContain("no file came beside it: --attach DIR names a folder of some");
  const nowhere = await place.steg(["try", "farben", "akten.csv", "--attach", "weg"]);
  expect(nowhere).toMatchObject({ code: 3, stderr: expect.stringContaining("FILE_UNREADABLE") as string });
});

it("tests a mapping with the files of a case, and what goes with its messages", async () => {
  const at = "mappings/farben/tests/eins";
  await place.write(`${at}/akten.csv`, "NAME;FARBE\nAnna;rot\nBert;blau\n");
  await place.write(`${at}/attachments/Anna_1.bin`, "eins");
  await place.write(`${at}/attachments/Anna_2.bin`, "zwei");
  expect((await place.steg(["test", "farben", "--update"])).code).toBe(0);
  expect((await place.steg(["test", "farben"])).code).toBe(0);
  const files = await readFile(place.path(at, "expected-files.txt"), "utf8");
  expect(files).toMatch(
    /^record 1 {2}Anna-1\.bin {2}application\/octet-stream {2}sha256 [0-9a-f]{64}\nrecord 1 {2}Anna-2\.bin .*\n$/u,
  );
  expect(await readFile(place.path(at, "expected-error.txt"), "utf8")).toContain("record 2  map  ATTACHMENT_MISSING");
  expect(JSON.parse(await readFile(place.path(at, "expected.json"), "utf8"))).toEqual({
    name: "Anna",
    scan: "ZWlucw==",
  });

  await place.write(`${at}/attachments/Anna_2.bin`, "anders");
  const changed = await place.steg(["test", "farben"]);
  expect(changed.code).toBe(1);
  expect(changed.stdout).toContain("farben/eins   expected-files.txt");
  await writeFile(place.path(at, "expected-files.txt"), "");
  expect((await place.steg(["test", "farben"])).code).toBe(1);
  expect((await place.steg(["check", "mappings/farben/bridge.yaml"])).stdout).not.toContain("NO_TEST");
});

it("says so where files are given to a bridge that takes none", async () => {
  await place.bridge("farben");
  await place.write("akten.csv", "NAME;FARBE\nAnna;rot\n");
  const end = await place.steg(["try", "farben", "akten.csv", "--attach", "."]);
  expect(end).toMatchObject({ code: 1, stderr: expect.stringContaining("farben has no receive.attach") as string });
});
