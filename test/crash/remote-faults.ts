// What is done to a server of files, or to us, while the real process takes from it: each of these answers figures after having checked
// that every file was taken once and whole. `npm test` does the short form, the long run the one that the figures stand for.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { RemotePeer } from "../peers/remote-peer.ts";
import { startAppliance, type Running } from "./appliance.ts";
import { dropsIn } from "./ends.ts";
import { filesIn, putRemote, remoteWorld } from "./remote-world.ts";
import type { SmallDisk } from "./small-disk.ts";
import { PLAIN, waitFor, type World, type WorldOptions } from "./world.ts";

export interface Taking {
  readonly world: World;
  /** The watched folder, as it lies on this machine. */
  readonly here: string;
}

export function taking(peer: RemotePeer, more: string, text: WorldOptions = {}): Taking {
  const { here, there } = peer.folder(`export-${Math.random().toString(36).slice(2, 8)}`);
  const options = peer.options(`path: ${there}, files: "*.csv", settle: 0s, every: 100ms, connectTimeout: 5s, ${more}`);
  const world = remoteWorld(peer, {
    receive: `  ${peer.protocol}: ${options}`,
    target: '  folder: { path: out, name: "{$file.stem}.json" }',
    deliver: `${PLAIN.deliver}\n  batch: { drop: true }`,
    ...text,
  });
  return { world, here };
}

export async function stop(up: Running): Promise<void> {
  up.child.kill("SIGTERM");
  expect((await up.ended).code).toBe(0);
}

/** How large what is being spooled is at the moment. */
function spooling(world: World): number {
  const folder = join(world.state, "spool");
  try {
    return Math.max(0, ...readdirSync(folder).map((name) => readFileSync(join(folder, name)).length));
  } catch {
    return 0;
  }
}

/** The server is killed in the middle of a file and comes back, so many times; each time the file comes whole, once. */
export async function serverKilled(peer: RemotePeer, rounds: number, megabytes: number): Promise<object> {
  const { world, here } = taking(peer, "after: archive");
  try {
    const up = await startAppliance(world);
    const sums = new Map<string, string>();
    let met = 0;
    for (let round = 1; round <= rounds; round++) {
      const name = `gross-${round}.csv`;
      putRemote(peer, here, name, megabytes, round * 1_000, 1_000_000);
      sums.set(
        name,
        createHash("sha256")
          .update(readFileSync(join(here, name)))
          .digest("hex"),
      );
      await waitFor(
        "the file to come",
        () => spooling(world) > 300_000 || filesIn(join(here, "archive")).includes(name),
      );
      await peer.kill();
      if (!filesIn(join(here, "archive")).includes(name)) met++;
      await sleep(300);
      await peer.start();
      await waitFor("the file to be taken", () => filesIn(join(here, "archive")).includes(name));
    }
    await stop(up);
    const drops = await dropsIn(world);
    expect(drops.map(({ name }) => name).toSorted()).toEqual([...sums.keys()].toSorted());
    for (const { name, sha256 } of drops) expect(sha256).toBe(sums.get(name));
    expect(filesIn(here)).toEqual([]);
    return { kills: rounds, inTheMiddle: met, lost: 0, twice: 0 };
  } finally {
    world.remove();
  }
}

/**
 * Nothing may be renamed into the archive: the server's own user has no right to. OpenSSH's user is root here, who has every right, so
 * the folder is made immutable, or, where the file system has no such thing, a file takes its place.
 */
function lock(path: string, { protocol }: RemotePeer): () => void {
  if (protocol === "ftp") {
    chmodSync(path, 0o555);
    return () => chmodSync(path, 0o755);
  }
  if (spawnSync("chattr", ["+i", path]).status === 0) return () => void spawnSync("chattr", ["-i", path]);
  renameSync(path, `${path}.weg`);
  writeFileSync(path, "");
  return () => {
    if (existsSync(`${path}.weg`)) renameSync(`${path}.weg`, path);
  };
}

/** A file that cannot be archived is known, not taken again however often is looked, shown, and archived when that is possible. */
export async function archiveRefused(peer: RemotePeer, looks: number): Promise<object> {
  const { world, here } = taking(peer, "after: archive");
  const archive = join(here, "archive");
  mkdirSync(archive);
  peer.give(archive);
  const unlock = lock(archive, peer);
  try {
    putRemote(peer, here, "a.csv", 3, 1);
    putRemote(peer, here, "b.csv", 3, 10);
    const up = await startAppliance(world);
    // One of them is known a moment before the other.
    const both = "2 files that were taken still lie at the source: SOURCE_CLEANUP_FAILED";
    await waitFor("the trouble with both to be shown", async () => ((await up.trouble()) ?? "").includes(both));
    expect(await up.metrics()).toContain('steg_bridge_trouble{bridge="crash"} 1');
    await sleep(looks * 100);
    // New ones are taken all the same.
    putRemote(peer, here, "c.csv", 3, 20);
    await waitFor("the third", () => readdirSync(join(world.data, "out")).includes("c.json"));
    expect(up.log().split("clean-up-pending").length - 1).toBeLessThan(10);
    unlock();
    await waitFor("all to be archived", () => filesIn(archive).length === 3);
    await waitFor("no more trouble", async () => (await up.trouble()) === null);
    expect(filesIn(archive)).toEqual(["a.csv", "b.csv", "c.csv"]);
    expect(filesIn(here)).toEqual([]);
    await stop(up);
    const drops = await dropsIn(world);
    expect(drops.map(({ name }) => name).toSorted()).toEqual(["a.csv", "b.csv", "c.csv"]);
    expect(drops.every(({ settled, state }) => settled && state === "done")).toBe(true);
    return { looks, files: 3, takenAgain: 0 };
  } finally {
    unlock();
    world.remove();
  }
}

const MiB = 1 << 20;

/** Our disk becomes full while files lie there: they stay at the server, and come when there is room. */
export async function diskFull(peer: RemotePeer, disk: SmallDisk): Promise<object> {
  const { world, here } = taking(peer, "after: delete", { state: join(disk.dir, "state") });
  try {
    putRemote(peer, here, "a.csv", 10, 1, 10_000);
    const up = await startAppliance(world);
    await waitFor("the first", () => filesIn(here).length === 0);
    disk.fill(200 * MiB);
    for (let n = 0; n < 5; n++) putRemote(peer, here, `b${n}.csv`, 10, 100 * (n + 1), 10_000);
    await up.says('"code":"DISK_LOW"');
    expect(await up.trouble()).toContain("DISK_LOW");
    await sleep(1_000);
    expect(filesIn(here)).toHaveLength(5);
    // Not one block left, in the middle of a large file.
    disk.makeRoom();
    await waitFor("the others", () => filesIn(here).length === 0);
    putRemote(peer, here, "gross.csv", 60, 10_000, 1_000_000);
    await waitFor("the large one to come", () => spooling(world) > MiB || filesIn(here).length === 0);
    const wasUnderWay = filesIn(here).length > 0;
    disk.fill(0);
    await sleep(1_500);
    disk.makeRoom();
    if (up.child.exitCode === null) await stop(up);
    const end = await world.once("60s");
    expect(end.code, end.stderr).toBe(0);
    const names = (await dropsIn(world)).map(({ name }) => name).toSorted();
    expect(names).toEqual(["a.csv", "b0.csv", "b1.csv", "b2.csv", "b3.csv", "b4.csv", "gross.csv"]);
    expect(filesIn(here)).toEqual([]);
    expect((await dropsIn(world)).every(({ state, records }) => state === "done" && records > 0)).toBe(true);
    return { files: names.length, wasUnderWay, lost: 0, twice: 0 };
  } finally {
    world.remove();
  }
}

/** A folder with very many files: all taken once, by one run. */
export async function manyFiles(peer: RemotePeer, count: number): Promise<object> {
  const { world, here } = taking(peer, "after: archive, connections: 4");
  try {
    for (let n = 0; n < count; n++) {
      const path = join(here, `k${n}.csv`);
      writeFileSync(path, `ID;NAME;BETRAG\n${n};Name;1,00\n`);
      peer.give(path);
    }
    const began = performance.now();
    const child = world.start(["up", "--once", "--json", "--patience", "60s"]);
    let peak = 0;
    const watch = setInterval(() => {
      try {
        const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
        peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/u.exec(status)?.[1] ?? 0));
      } catch {
        // It has ended.
      }
    }, 100);
    child.stdout?.resume();
    child.stderr?.resume();
    const code = await new Promise((resolve) => void child.once("exit", resolve));
    clearInterval(watch);
    const seconds = (performance.now() - began) / 1_000;
    expect(code).toBe(0);
    expect(filesIn(here)).toEqual([]);
    expect(filesIn(join(here, "archive"))).toHaveLength(count);
    expect(filesIn(join(world.data, "out"))).toHaveLength(count);
    return { files: count, lost: 0, twice: 0, seconds: Math.round(seconds), peakRssMiB: Math.round(peak / 1024) };
  } finally {
    world.remove();
  }
}
