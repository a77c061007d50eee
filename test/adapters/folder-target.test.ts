// deliver.folder and answer.folder on a real file system: the suites of all targets, then hostile names, full disks.

import { execFileSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { folderReceipts } from "../../src/adapters/folder/receipts.ts";
import { folderTarget } from "../../src/adapters/folder/target.ts";
import { shownName } from "../../src/adapters/shared/names.ts";
import type { Rec, Target } from "../../src/core/contract.ts";
import { buildFolderTarget } from "../conformance/builds.ts";
import { probeParcel } from "../conformance/probe.ts";
import { runEnclosureConformance } from "../conformance/enclosures.ts";
import { runGrowingConformance, runTargetConformance, type GrowingPlace } from "../conformance/target.ts";
import { contextIn, messageOf, parcelOf, patternOf, scopeOf } from "../conformance/surroundings.ts";
import { isRequired } from "../peers/required.ts";

const never = new AbortController().signal;
const made: (() => void)[] = [];
afterEach(() => {
  for (const undo of made.splice(0).toReversed()) undo();
});

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "steg-out-"));
  made.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function filesOf(folder: string, hidden: boolean): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.startsWith(".") === hidden);
}

function openPlace(): Promise<GrowingPlace> {
  const data = freshFolder();
  const out = join(data, "out");
  const published = async (): Promise<ReadonlyMap<string, Buffer>> => {
    const files = new Map<string, Buffer>();
    for (const name of await filesOf(out, false)) files.set(name, await readFile(join(out, name)));
    return files;
  };
  return Promise.resolve({
    connect: () => buildFolderTarget(data),
    arrived: published,
    published,
    remains: () => filesOf(out, true),
    nameOf: (parcel) => parcel.scope.root["NAME"] as string,
    async occupy(parcel, body) {
      mkdirSync(out, { recursive: true });
      await writeFile(join(out, parcel.scope.root["NAME"] as string), body);
    },
    consume: (name) => rm(join(out, name)),
    child: {
      module: pathToFileURL(join(import.meta.dirname, "../conformance/builds.ts")).href,
      export: "buildFolderTarget",
      argument: data,
    },
    close: () => Promise.resolve(),
  });
}

runTargetConformance({ name: "folder", rounds: 12, open: openPlace });
runGrowingConformance("folder", openPlace);
runEnclosureConformance({ name: "folder", rounds: 8, open: openPlace });

function build(data: string, path: string, name: string): Promise<Target> {
  return folderTarget.build({ path: patternOf(path, "raw"), name: patternOf(name, "raw") }, contextIn(data));
}

function everythingIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((path) => !lstatSync(join(folder, path)).isDirectory());
}

describe("deliver.folder", () => {
  it.each([
    "../x",
    "a/b",
    "/etc/x",
    "..",
    ".",
    "",
    ".versteckt",
    "a\nb",
    "a\u0000b",
    "..\\x",
    "x".repeat(300),
    "\ud800",
    "a\u202eb",
  ])("refuses the name %j and writes nothing", async (name) => {
    const data = freshFolder();
    mkdirSync(join(data, "out"));
    const target = await build(data, "out", "{NAME}");
    const attempt = await target.deliver(parcelOf(1, "x", { NAME: name }), never);
    expect(attempt).toMatchObject({ end: "refused", code: "TARGET_ADDRESS" });
    expect(messageOf(attempt)).not.toContain(name.length > 2 ? name : "never");
    expect(everythingIn(data)).toEqual([]);
  });

  it.each(["../..", "..", "/etc", "a/../../..", ".ssh", "a\nb", "", "x/"])("refuses the folder %j", async (place) => {
    const data = freshFolder();
    for (const path of ["out/{ORT}", "{ORT}"]) {
      const target = await build(data, path, "n.xml");
      const attempt = await target.deliver(parcelOf(1, "x", { ORT: place }), never);
      expect(attempt).toMatchObject({ end: "refused", code: "TARGET_ADDRESS" });
    }
    expect(everythingIn(data)).toEqual([]);
  });

  it("refuses when it is built what is wrong whatever the record says", async () => {
    const data = freshFolder();
    const wrong = [
      ["../anderswo", "n.xml"],
      ["out/../../anderswo", "n.xml"],
      ["out/{AGS}/../x", "n.xml"],
      ["out//{AGS}", "n.xml"],
      ["out", "a/{$index}.xml"],
      ["out", "..\\{$index}.xml"],
      ["out", "../x"],
      ["out", ".{NAME}"],
    ] as const;
    for (const [path, name] of wrong) {
      await expect(build(data, path, name)).rejects.toMatchObject({ code: "OPTION_UNUSABLE" });
    }
    for (const name of ["{$join([{'a': A}.a, B], '/')}.xml", "${env:STAND}-{$index}.xml"]) {
      await expect(build(data, "out", name)).resolves.toBeDefined();
    }
  });

  it("does not follow a link that lies in a folder chosen by a value", async () => {
    const data = freshFolder();
    const elsewhere = freshFolder();
    mkdirSync(join(data, "out"));
    symlinkSync(elsewhere, join(data, "out/09162000"));
    const target = await build(data, "out/{AGS}", "n.xml");
    expect(await target.deliver(parcelOf(1, "x", { AGS: "09162000" }), never)).toMatchObject({
      end: "refused",
      code: "TARGET_ADDRESS",
    });
    expect(readdirSync(elsewhere)).toEqual([]);
    expect((await target.deliver(parcelOf(2, "x", { AGS: "09184112" }), never)).end).toBe("delivered");
    expect(existsSync(join(data, "out/09184112/n.xml"))).toBe(true);
  });

  it("takes the literal part of a path as written, links and mounts included, and nothing above the data folder", async () => {
    const data = freshFolder();
    const mount = freshFolder();
    symlinkSync(mount, join(data, "ziel"));
    const linked = await build(data, "ziel/{AGS}", "n.xml");
    expect((await linked.deliver(parcelOf(1, "x", { AGS: "1" }), never)).end).toBe("delivered");
    const absolute = await build(data, join(mount, "{AGS}"), "m.xml");
    expect((await absolute.deliver(parcelOf(1, "x", { AGS: "2" }), never)).end).toBe("delivered");
    expect(everythingIn(mount).sort()).toEqual(["1/n.xml", "2/m.xml"]);
    await expect(build(data, "../{AGS}", "n.xml")).rejects.toMatchObject({ code: "OPTION_UNUSABLE" });
  });

  it("refuses to write over a link or a folder of that name", async () => {
    const data = freshFolder();
    mkdirSync(join(data, "out/probe-2.xml"), { recursive: true });
    writeFileSync(join(data, "fremd"), "fremd");
    symlinkSync(join(data, "fremd"), join(data, "out/probe-1.xml"));
    const target = await build(data, "out", "{NAME}");
    for (const n of [1, 2])
      expect(await target.deliver(probeParcel(n), never)).toMatchObject({ end: "refused", code: "TARGET_EXISTS" });
    expect(readFileSync(join(data, "fremd"), "utf8")).toBe("fremd");
  });

  it("parts batches by what a value puts into path or name, not by the record's number", async () => {
    const target = await build(freshFolder(), "out/{AGS}", "{AGS}-{$index}.csv");
    const of = (record: Rec, index: number): string =>
      (target.destination as NonNullable<Target["destination"]>)(scopeOf(record, index));
    expect(of({ AGS: "1" }, 1)).toBe(of({ AGS: "1" }, 2));
    expect(of({ AGS: "1" }, 1)).not.toBe(of({ AGS: "2" }, 1));
  });

  it("calls a missing mount and a folder that is a file unreachable, not the message's fault", async () => {
    const data = freshFolder();
    writeFileSync(join(data, "out"), "");
    for (const path of ["/nirgends/hier", "/nirgends/{NAME}", "out"]) {
      const attempt = await (await build(data, path, "{NAME}")).deliver(probeParcel(1), never);
      expect(attempt).toMatchObject({ end: "unreachable", unsure: false, code: "TARGET_UNREACHABLE" });
    }
  });

  it("calls a full disk unreachable, says so, leaves nothing, and goes on when there is room", async (test) => {
    const data = freshFolder();
    const disk = join(data, "out");
    mkdirSync(disk);
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "steg-test", disk], { stdio: "ignore" });
    } catch {
      if (isRequired("mount")) throw new Error("REQUIRE_PEERS names mount, but nothing can be mounted here");
      test.skip("nothing can be mounted here");
    }
    try {
      const target = await build(data, "out", "{NAME}");
      const large = parcelOf(1, Buffer.alloc(400_000), { NAME: "gross.bin" });
      const attempt = await target.deliver(large, never);
      expect(attempt).toMatchObject({ end: "unreachable", unsure: false });
      expect(messageOf(attempt)).toContain("the disk is full");
      expect(readdirSync(disk)).toEqual([]);
      expect((await target.deliver(probeParcel(2), never)).end).toBe("delivered");

      const file = await (target.append as NonNullable<Target["append"]>)(
        scopeOf({ NAME: "waechst.csv" }),
        undefined,
        never,
      );
      await file.write(Buffer.from("kopf\n"));
      await file.sync();
      await expect(file.write(Buffer.alloc(400_000))).rejects.toMatchObject({ code: "TARGET_UNREACHABLE" });
      await file.write(Buffer.from("rest\n"));
      await file.finish();
      await file.close();
      expect(readFileSync(join(disk, "waechst.csv"), "utf8")).toBe("kopf\nrest\n");
    } finally {
      execFileSync("umount", [disk]);
    }
  });
});

describe("answer.folder", () => {
  it("writes and replaces receipts, whatever the drop was called", async () => {
    const data = freshFolder();
    const receipts = await folderReceipts.build({ path: "quittungen", format: "json" }, contextIn(data));
    const names = [
      "a.csv.json",
      "../../x.json",
      shownName(Buffer.from("zwei\nzeilen.json")),
      `${"l".repeat(250)}.csv.json`,
      ".json",
      "",
    ];
    for (const name of names) for (const body of ["alt", "neu"]) await receipts.put(name, Buffer.from(body), never);
    const files = readdirSync(join(data, "quittungen"));
    expect(files.length).toBe(names.length);
    expect(files).toContain("a.csv.json");
    for (const name of files) expect(readFileSync(join(data, "quittungen", name), "utf8")).toBe("neu");
    expect(readdirSync(data)).toEqual(["quittungen"]);
    await receipts.close();
  });

  it("says that it could not write", async () => {
    const data = freshFolder();
    writeFileSync(join(data, "q"), "");
    const receipts = await folderReceipts.build({ path: "q", format: "json" }, contextIn(data));
    await expect(receipts.put("a.json", Buffer.from("x"), never)).rejects.toMatchObject({
      code: "TARGET_UNREACHABLE",
      stage: "answer",
    });
  });
});
