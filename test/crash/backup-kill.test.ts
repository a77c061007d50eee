// SIGKILL inside steg backup and steg restore: what has the name is whole, what has not is cleared away by the next attempt.

import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { sized } from "../full-size.ts";
import { createWorld, finish, putDrop, type Once, type World } from "./world.ts";

const KILLS = sized(2, 60);

let world: World;
/** Where the backup becomes a state again. */
let other: World;
beforeEach(async () => {
  world = createWorld({ url: "http://127.0.0.1:9/niemand" });
  other = createWorld({ url: "http://127.0.0.1:9/niemand" });
  ["a.csv", "b.csv", "c.csv"].forEach((name, at) => putDrop(world, name, 20_000 + at));
  await world.once("1s");
});
afterEach(() => [world, other].forEach((one) => one.remove()));

/** Runs the command until `most` of it is over at the latest, or until there is that file; true = it had ended by itself. */
async function killed(by: World, args: readonly string[], most: number, file?: string): Promise<boolean> {
  const child = by.start(args);
  const ended = finish(child);
  const isOver = ended.then(() => true);
  if (file === undefined) await Promise.race([ended, sleep(Math.random() * most)]);
  else while (!existsSync(file) && !(await Promise.race([isOver, sleep(1, false)])));
  child.kill("SIGKILL");
  return (await ended).code === 0;
}

async function timeOf(by: World, args: readonly string[]): Promise<number> {
  const began = Date.now();
  const end = await by.command(args);
  expect([0, 2], end.stderr).toContain(end.code);
  return Date.now() - began;
}

it("what has the name of a backup is whole, whenever it was killed", async () => {
  const folder = join(world.dir, "sicherungen");
  mkdirSync(folder);
  const backup = (name: string): string[] => ["backup", join(folder, name), "--with-payload"];
  const whole = await timeOf(world, backup("erste"));
  for (let kill = 0; kill < KILLS; kill++) {
    await killed(world, backup("zweite"), whole);
    // The same name again: nothing stands in its way but a backup that is whole.
    if (!existsSync(join(folder, "zweite"))) await timeOf(world, backup("zweite"));
    expect(readdirSync(folder).toSorted()).toEqual(["erste", "zweite"]);
    mkdirSync(other.state, { mode: 0o700 });
    copyFileSync(join(world.state, "keys"), join(other.state, "keys"));
    await timeOf(other, ["restore", join(folder, "zweite")]);
    expect(await other.command(["audit", "verify"])).toMatchObject({ code: 0 });
    for (const made of [other.state, join(folder, "zweite")]) rmSync(made, { recursive: true });
  }
  expect(await world.command(["audit", "verify"])).toMatchObject({ code: 0 });
  expect(readdirSync(world.state).filter((name) => name.startsWith("backup"))).toEqual([]);
});

it("a restore that was killed is no state, and begins anew", async () => {
  const target = join(world.dir, "sicherung");
  await timeOf(world, ["backup", target, "--with-payload"]);
  const restore = ["restore", target];
  const begin = (): void => {
    mkdirSync(other.state, { mode: 0o700 });
    copyFileSync(join(world.state, "keys"), join(other.state, "keys"));
  };
  begin();
  const whole = await timeOf(other, restore);
  const starts: Once[] = [];
  for (let kill = 0; kill < KILLS || starts.length === 0; kill++) {
    rmSync(other.state, { recursive: true });
    begin();
    const part = join(other.state, "journal.db.part");
    // Every other one in the middle, which chance alone would hardly meet.
    if (
      !(await killed(other, restore, whole, kill % 2 === 0 ? part : undefined)) &&
      !existsSync(join(other.state, "journal.db"))
    ) {
      if (existsSync(part)) starts.push(await other.once("1s"));
      await timeOf(other, restore);
    }
    expect(await other.json(["drops"])).toHaveLength(3);
  }
  for (const start of starts)
    expect(start).toMatchObject({ code: 3, stderr: expect.stringContaining("STATE_UNRESTORED") as string });
});
