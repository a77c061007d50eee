// receive.folder on a real file system: the suite of all sources, then what only a local folder can do.

import { execFileSync, spawn } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { appendFile, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { folderSource } from "../../src/adapters/folder/source.ts";
import { joinPath } from "../../src/adapters/shared/atomic.ts";
import type { Source } from "../../src/core/contract.ts";
import { runSourceConformance } from "../conformance/source.ts";
import { readAll, takerOf, wholeText, type Name, type SourcePlace } from "../conformance/taker.ts";
import { contextIn, eventually, pause } from "../conformance/surroundings.ts";
import { sized } from "../full-size.ts";

const never = new AbortController().signal;
const made: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const undo of made.splice(0).toReversed()) await undo();
});

function freshFolder(base = tmpdir()): string {
  const folder = mkdtempSync(join(base, "steg-folder-"));
  made.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

type Options = Parameters<typeof folderSource.build>[0];
function optionsWith(more: Partial<Options> = {}): Options {
  const base = {
    path: "drops",
    settle: 0,
    after: "archive",
    archive: "archive",
    poll: false,
    every: 10_000,
    sort: "name",
    claim: false,
    claimFor: 3_600_000,
  } as const;
  return { files: undefined, marker: undefined, ...base, ...more };
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
}

function openPlace(options: Partial<Options>): SourcePlace {
  const data = freshFolder();
  const folder = join(data, "drops");
  mkdirSync(folder);
  const at = (name: Name): Buffer => joinPath(folder, name);
  return {
    connect: (known) => folderSource.build(optionsWith(options), contextIn(data, known)),
    write: (name, body) => writeFile(at(name), body),
    append: (name, body) => appendFile(at(name), body),
    rename: (from, to) => rename(at(from), at(to)),
    names: () => filesIn(folder),
    archived: () => filesIn(join(folder, "archive")),
    link: (name) => symlink("/etc/passwd", at(name)),
    async breakRemoval() {
      // Rights do not stop root; a file in the archive's place stops everybody.
      await rm(join(folder, "archive"), { recursive: true, force: true });
      await writeFile(join(folder, "archive"), "");
      return () => rm(join(folder, "archive"));
    },
    close: () => Promise.resolve(),
  };
}

runSourceConformance({
  name: "folder",
  settle: 120,
  rawNames: true,
  crowd: sized(1_000, 5_000),
  open: ({ settle, files, marker, after, sort }) =>
    Promise.resolve(openPlace({ settle, files, marker, after: after ?? "archive", sort: sort ?? "name" })),
});

async function build(
  data: string,
  options: Partial<Options> = {},
  known: ReadonlySet<string> = new Set(),
): Promise<{ source: Source; context: ReturnType<typeof contextIn> }> {
  const context = contextIn(data, known);
  const source = await folderSource.build(optionsWith(options), context);
  made.push(() => source.close());
  return { source, context };
}

async function namesOf(source: Source): Promise<string[]> {
  const names: string[] = [];
  for await (const delivery of source.look(never)) names.push(delivery.name);
  return names;
}

describe("receive.folder", () => {
  it("skips links, pipes and sockets, reports each once, and never hangs on one", async () => {
    const data = freshFolder();
    const { source, context } = await build(data);
    mkdirSync(join(data, "drops/sub.csv"), { recursive: true });
    symlinkSync("/etc/passwd", join(data, "drops/link.csv"));
    execFileSync("mkfifo", [join(data, "drops/pipe.csv")]);
    const server = createServer();
    await new Promise<void>((resolve) => void server.listen(join(data, "drops/sock.csv"), resolve));
    made.push(() => new Promise<void>((resolve) => void server.close(() => resolve())));
    writeFileSync(join(data, "drops/real.csv"), "x");
    for (let look = 0; look < 3; look++) expect(await namesOf(source)).toEqual(["real.csv"]);
    const reports = context.logged.filter((each) => each.event === "source.special_file");
    expect(reports.map((each) => String(each.fields["kind"])).sort()).toEqual(["link", "pipe", "socket"]);
    expect(JSON.stringify(context.logged)).not.toContain(".csv");
  });

  it("refuses a file that became a link or a pipe between look and opening", async () => {
    const data = freshFolder();
    const { source } = await build(data);
    const path = join(data, "drops/a.csv");
    mkdirSync(join(data, "drops"));
    for (const replace of [
      () => symlinkSync("/etc/passwd", path),
      () => execFileSync("mkfifo", [path]),
      () => writeFileSync(path, "another"),
    ]) {
      rmSync(path, { force: true });
      writeFileSync(path, "honest");
      for await (const delivery of source.look(never)) {
        rmSync(path);
        replace();
        await expect(readAll(delivery)).rejects.toMatchObject({ code: "SOURCE_CHANGED" });
        expect(await delivery.verify(never)).toBe("changed");
        await delivery.settle("d1", never);
      }
      expect(lstatSync(path)).toBeTruthy();
    }
  });

  it("gives a second file of a name the drop's id in the archive and overwrites none", async () => {
    const data = freshFolder();
    const folder = join(data, "drops");
    mkdirSync(join(folder, "archive"), { recursive: true });
    writeFileSync(join(folder, "archive/a.csv"), "fremd");
    const { source } = await build(data);
    writeFileSync(join(folder, "a.csv"), "neu");
    for await (const delivery of source.look(never)) await delivery.settle("01JD-7", never);
    expect(readdirSync(join(folder, "archive")).sort()).toEqual(["a-01JD_7.csv", "a.csv"]);
  });

  it("archives across file systems", async () => {
    if (!existsSync("/dev/shm") || lstatSync("/dev/shm").dev === lstatSync(tmpdir()).dev) {
      throw new Error("this test needs /dev/shm on another file system than the temporary folder");
    }
    const data = freshFolder();
    const archive = freshFolder("/dev/shm");
    const { source } = await build(data, { archive });
    mkdirSync(join(data, "drops"));
    writeFileSync(join(archive, "a.csv"), "fremd");
    for (const name of ["a.csv", "b.csv"]) writeFileSync(join(data, "drops", name), wholeText(name, 5));
    for await (const delivery of source.look(never)) await delivery.settle("d9", never);
    expect(readdirSync(archive).sort()).toEqual(["a-d9.csv", "a.csv", "b.csv"]);
    expect(readdirSync(join(data, "drops"))).toEqual([]);
  });

  it("refuses an archive that is a link and leaves the file where it is", async () => {
    const data = freshFolder();
    const elsewhere = freshFolder();
    const { source } = await build(data);
    mkdirSync(join(data, "drops"));
    symlinkSync(elsewhere, join(data, "drops/archive"));
    writeFileSync(join(data, "drops/a.csv"), "x");
    for await (const delivery of source.look(never)) {
      await expect(delivery.settle("d1", never)).rejects.toMatchObject({ code: "SOURCE_CLEANUP_FAILED" });
    }
    expect(readdirSync(elsewhere)).toEqual([]);
    expect(readdirSync(join(data, "drops")).sort()).toEqual(["a.csv", "archive"]);
  });

  it("ends at its first look what a killed process had claimed", async () => {
    const data = freshFolder();
    const folder = join(data, "drops");
    mkdirSync(folder);
    for (let number = 0; number < 400; number++) writeFileSync(join(folder, `f${number}.csv`), `inhalt ${number}`);
    const script = join(import.meta.dirname, "../conformance/settling-child.ts");
    for (let round = 0; round < 4; round++) {
      const child = spawn(process.execPath, [script, data], { stdio: ["ignore", "pipe", "inherit"] });
      await new Promise<void>((resolve) => void child.stdout.once("data", () => resolve()));
      await pause(5 + round * 7);
      child.kill("SIGKILL");
      await new Promise<void>((resolve) => void child.once("exit", () => resolve()));
      const { source } = await build(data, {});
      for await (const _delivery of source.look(never)) break;
      expect((await filesIn(folder)).filter((name) => name.startsWith(".steg-"))).toEqual([]);
    }
    const everything = [...(await filesIn(folder)), ...(await filesIn(join(folder, "archive")))];
    expect(everything.length).toBe(400);
    expect(new Set(everything).size).toBe(400);
  });

  it("ends a claim that could not be ended, after a restart, without taking the file again", async () => {
    const data = freshFolder();
    const folder = join(data, "drops");
    mkdirSync(join(folder, "archive"), { recursive: true });
    for (const name of ["a.csv", "a-d1.csv"]) writeFileSync(join(folder, "archive", name), "fremd");
    writeFileSync(join(folder, "a.csv"), "unser");
    const { source } = await build(data);
    for await (const delivery of source.look(never)) {
      await expect(delivery.settle("d1", never)).rejects.toMatchObject({
        code: "SOURCE_CLEANUP_FAILED",
        detail: "a.csv",
      });
    }
    expect((await filesIn(folder)).length).toBe(1);
    rmSync(join(folder, "archive/a.csv"));
    const later = await build(data);
    expect(await namesOf(later.source)).toEqual([]);
    expect(await filesIn(folder)).toEqual([]);
    expect((await filesIn(join(folder, "archive"))).sort()).toEqual(["a-d1.csv", "a.csv"]);
  });

  it("gives back, after a restart, a newer file that a claim had caught, and takes it", async () => {
    const data = freshFolder();
    const folder = join(data, "drops");
    mkdirSync(join(folder, "archive"), { recursive: true });
    for (const name of ["a.csv", "a-d1.csv"]) writeFileSync(join(folder, "archive", name), "fremd");
    writeFileSync(join(folder, "a.csv"), "gelesen");
    const { source } = await build(data);
    for await (const delivery of source.look(never)) {
      await expect(delivery.settle("d1", never)).rejects.toMatchObject({ code: "SOURCE_CLEANUP_FAILED" });
    }
    // As if the writer had renamed a newer file into place just before the claim, and the process had died just after it.
    const [claim] = await filesIn(folder);
    writeFileSync(join(folder, "newer"), "ungelesen");
    renameSync(join(folder, "newer"), join(folder, claim ?? ""));
    rmSync(join(folder, "archive/a.csv"));
    const later = await build(data);
    await namesOf(later.source);
    expect(await namesOf(later.source)).toEqual(["a.csv"]);
    expect(readFileSync(join(folder, "a.csv"), "utf8")).toBe("ungelesen");
  });

  it("removes the marker, too, where it ends a claim after a restart", async () => {
    const data = freshFolder();
    const folder = join(data, "drops");
    mkdirSync(join(folder, "archive"), { recursive: true });
    for (const name of ["a.csv", "a-d1.csv"]) writeFileSync(join(folder, "archive", name), "fremd");
    writeFileSync(join(folder, "a.csv"), "unser");
    writeFileSync(join(folder, "a.csv.done"), "");
    const { source } = await build(data, { marker: "{name}.done" });
    for await (const delivery of source.look(never)) {
      await expect(delivery.settle("d1", never)).rejects.toMatchObject({ code: "SOURCE_CLEANUP_FAILED" });
    }
    // As if the process had died between the claim and the removal of the marker.
    writeFileSync(join(folder, "a.csv.done"), "");
    rmSync(join(folder, "archive/a.csv"));
    const later = await build(data, { marker: "{name}.done" });
    expect(await namesOf(later.source)).toEqual([]);
    expect(await filesIn(folder)).toEqual([]);
  });

  it("says what is wrong with a missing mount, a path that leaves the data folder, a marker that is the file", async () => {
    const data = freshFolder();
    const { source } = await build(data, { path: "/nirgends/hier" });
    await expect(namesOf(source)).rejects.toMatchObject({ code: "SOURCE_UNREACHABLE", retry: true });
    await expect(async () => build(data, { path: "../anderswo" })).rejects.toMatchObject({ code: "OPTION_UNUSABLE" });
    await expect(async () => build(data, { marker: "{name}" })).rejects.toMatchObject({ code: "OPTION_UNUSABLE" });
  });

  it("wakes when a file appears, without waiting for the interval, and not for bytes", async () => {
    const data = freshFolder();
    const { source } = await build(data, { every: 60_000 });
    expect(await namesOf(source)).toEqual([]);
    await source.wait(never);
    const woken = source.wait(never);
    await pause(300);
    const since = performance.now();
    writeFileSync(join(data, "drops/a.csv"), "x");
    await woken;
    expect(performance.now() - since).toBeLessThan(5_000);
    expect(await namesOf(source)).toEqual(["a.csv"]);
  });

  it("does not wait for the interval because of a file that came between the first look and the watch", async () => {
    const data = freshFolder();
    const { source } = await build(data, { every: 60_000 });
    expect(await namesOf(source)).toEqual([]);
    writeFileSync(join(data, "drops/a.csv"), "x");
    const since = performance.now();
    await source.wait(never);
    expect(performance.now() - since).toBeLessThan(5_000);
    expect(await namesOf(source)).toEqual(["a.csv"]);
  });

  it("looks at intervals where poll is set, and waits no longer than a growing file needs", async () => {
    const data = freshFolder();
    const { source } = await build(data, { poll: true, every: 150 });
    const since = performance.now();
    await source.wait(never);
    expect(performance.now() - since).toBeGreaterThan(100);
    mkdirSync(join(data, "drops"));
    const patient = await build(data, { poll: true, every: 60_000, settle: 200 });
    writeFileSync(join(data, "drops/a.csv"), "x");
    await namesOf(patient.source);
    await patient.source.wait(never);
    await eventually("the file is still", async () => (await namesOf(patient.source)).length === 1, 2_000);
  });

  it("takes the oldest first where sort is time", async () => {
    const data = freshFolder();
    mkdirSync(join(data, "drops"));
    for (const name of ["c.csv", "a.csv", "b.csv"]) {
      writeFileSync(join(data, "drops", name), "x");
      await pause(15);
    }
    expect(await namesOf((await build(data, { sort: "time" })).source)).toEqual(["c.csv", "a.csv", "b.csv"]);
  });

  it("lists 25,000 files without stopping the process for long", { timeout: 120_000 }, async () => {
    const data = freshFolder();
    const folder = join(data, "drops");
    mkdirSync(folder);
    for (let number = 0; number < 25_000; number++) writeFileSync(join(folder, `f${number}`), "");
    const { source } = await build(data);
    let last = performance.now();
    let longest = 0;
    const tick = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 5);
    const since = performance.now();
    let first = 0;
    for await (const delivery of source.look(never)) {
      expect(delivery.name).toBe("f0");
      first = performance.now() - since;
      break;
    }
    clearInterval(tick);
    expect(first).toBeLessThan(30_000);
    expect(longest).toBeLessThan(1_500);
  });

  it("leaves a copy that keeps size, mtime and inode number no way to be mistaken for the former", async () => {
    const data = freshFolder();
    const place = join(data, "drops");
    mkdirSync(place);
    const taker = await takerOf({
      ...openPlace({}),
      connect: (known) => folderSource.build(optionsWith({ after: "delete" }), contextIn(data, known)),
    });
    made.push(() => taker.source.close());
    for (let round = 0; round < 20; round++) {
      const next = join(data, `next${round}`);
      writeFileSync(next, `inhalt-${String(round).padStart(4, "0")}`);
      execFileSync("touch", ["-d", "2026-01-01T00:00:00Z", next]);
      renameSync(next, join(place, "gleich.csv"));
      await taker.look();
    }
    expect(taker.taken.length).toBe(20);
  });
});
