// What runs beside what lies on the disk.

import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readFolder } from "../../src/core/bridge/folder.ts";
import type { LoadedBridge } from "../../src/core/bridge/types.ts";
import { builtInPolicy, readPolicy } from "../../src/core/lifecycle/policy.ts";
import type { RefusedBridge } from "../../src/core/operations/admission.ts";
import { createDrift } from "../../src/core/reload/drift.ts";
import { scene, useScene, visitor } from "./dashboard-scene.ts";
import { driftView } from "./dashboard-views.ts";
import { changedFolders, secretFiles, signOf, signsOf } from "../../src/core/reload/signs.ts";

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), "steg-drift-"))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function write(name: string, text: string): string {
  mkdirSync(join(dir, name, ".."), { recursive: true });
  writeFileSync(join(dir, name), text);
  return join(dir, name);
}

/** As it was loaded: of a bridge only what is looked at here. */
function loaded(name: string): LoadedBridge {
  const folder = join(dir, name);
  const { files, version } = readFolder(folder, join(folder, "bridge.yaml"), () => undefined);
  return {
    name,
    file: join(folder, "bridge.yaml"),
    dir: folder,
    files,
    version,
  } as Partial<LoadedBridge> as LoadedBridge;
}

it("shows another version, why it does not run, a folder that is gone, and what counts from the next start on", async () => {
  write("farben/bridge.yaml", "a: 1\n");
  const bridge = loaded("farben");
  const policyFile = write("policy.yaml", "policy: 1\n");
  const policy = readPolicy(policyFile, Buffer.from("policy: 1\n"), () => undefined) ?? builtInPolicy();
  const settings = write("steg.yaml", "log: info\n");
  const refused: RefusedBridge[] = [];
  let restored: unknown;
  const drift = createDrift({
    loaded: () => [bridge],
    refused: () => Promise.resolve(refused),
    journal: { get: <T>() => Promise.resolve(restored as T) },
    policy: { hash: policy.hash, file: policyFile },
    settings: { file: settings, sign: await signOf(settings) },
  });
  expect(await drift("farben")).toEqual({
    bridge: "farben",
    running: bridge.version,
    disk: bridge.version,
    changed: expect.stringMatching(/^20.*Z$/) as string,
    why: null,
    policy: { running: policy.hash, disk: policy.hash },
    settings: { file: settings, changed: null },
    restored: null,
  });
  const file = write("farben/bridge.yaml", "a: (\n");
  utimesSync(file, 0, Date.parse("2027-03-01T10:00:00Z") / 1_000);
  write("farben/tests/one/in.csv", "no part of the version");
  const why = `${file}:1:4 YAML_SYNTAX odd`;
  refused.push({ bridge: "farben", file, why, code: "YAML_SYNTAX", replaced: true, fault: "input" });
  writeFileSync(policyFile, "policy: 1\nlongestLife: 12\nodd");
  writeFileSync(settings, "log: debug\n");
  restored = { at: 0, backup: "2027-02-01T00:00:00.000Z", payload: false, head: 7 };
  const after = await drift("farben");
  expect(after).toMatchObject({
    running: bridge.version,
    changed: "2027-03-01T10:00:00.000Z",
    why,
    policy: { running: policy.hash, disk: null },
    restored: { at: "1970-01-01T00:00:00.000Z", head: 7 },
  });
  expect(after.disk).toBe(loaded("farben").version);
  expect(after.disk).not.toBe(bridge.version);
  expect(after.settings.changed).not.toBeNull();
  rmSync(join(dir, "farben"), { recursive: true });
  expect(await drift("farben")).toMatchObject({ running: bridge.version, disk: null, changed: null });
});

it("sees by signs that a folder or a secret is another one, and leaves tests and hidden files out", async () => {
  const file = write("farben/bridge.yaml", `url: "\${file:${join(dir, "geheim")}}"\nkey: \${file:beside.key}\n`);
  const bridge = loaded("farben");
  expect(secretFiles(bridge)).toEqual([join(dir, "farben", "beside.key"), join(dir, "geheim")]);
  const look = async (): Promise<ReadonlyMap<string, string>> => await signsOf([file], [bridge]);
  let before = await look();
  const changed = async (): Promise<readonly string[]> => {
    const now = await look();
    const found = [...changedFolders(before, now)].toSorted();
    before = now;
    return found;
  };
  expect(await changed()).toEqual([]);
  write("geheim", "eins");
  expect(await changed()).toEqual(["secrets/farben"]);
  write("farben/tests/one/in.csv", "x");
  write("farben/.bridge.yaml.swp", "x");
  expect(await changed()).toEqual([]);
  write("farben/codes/a.csv", "x");
  expect(await changed()).toEqual(["farben"]);
  // Of a bridge that was just loaded the secrets were just read.
  expect([...changedFolders(await signsOf([file], []), before)]).toEqual([]);
});

describe("the page of a bridge", () => {
  useScene();

  it("says where what runs is not what lies there, and why", async () => {
    const why = "mappings/farben/bridge.yaml:3:1 YAML_SYNTAX odd";
    scene.answers["drift"] = driftView({
      disk: "d".repeat(64),
      why,
      policy: { running: "p".repeat(64), disk: null },
      settings: { file: "steg.yaml", changed: "2027-11-22T05:00:00.000Z" },
      restored: { at: "2027-11-21T05:00:00.000Z", backup: "2027-11-20T05:00:00.000Z", payload: false, head: 7 },
    });
    const person = await visitor("viewer");
    const { body } = await person.get("/bruecken/farben");
    for (const text of [
      "Auf der Platte liegt ein anderer Stand, dddddddddddd",
      why,
      "der nächste Start würde scheitern",
      "Eintrag 7",
    ])
      expect(body).toContain(text);
    scene.answers["drift"] = driftView({ running: null, disk: null, changed: null });
    expect((await person.get("/bruecken/farben")).body).toContain("Der Ordner der Brücke liegt nicht mehr da.");
  });
});
