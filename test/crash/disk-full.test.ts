// The disk becomes full while the real process works: the state's, then the target's.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startReceiver, type Receiver } from "../peers/receiver.ts";
import { startAppliance, type Running } from "./appliance.ts";
import { dropsIn, expectOnce, expectSettled, range } from "./ends.ts";
import { describeWithSmallDisk, mountSmallDisk, type SmallDisk } from "./small-disk.ts";
import { createWorld, PLAIN, putDrop, waitFor, type World } from "./world.ts";

const MiB = 1 << 20;

/** Room for the low-water mark of 256 MiB, the reserve of 32 MiB and some work. */
const STATE_DISK = 400;

describeWithSmallDisk("a full disk under the state", () => {
  let disk: SmallDisk;
  let receiver: Receiver;
  let world: World;
  beforeEach(async () => {
    disk = mountSmallDisk(STATE_DISK);
    receiver = await startReceiver();
    world = createWorld({ url: `${receiver.origin}/eingang`, state: join(disk.dir, "state") });
  });
  afterEach(async () => {
    world.remove();
    await receiver.close();
    disk.remove();
  });

  it("takes nothing more, says so, still commits outcomes from the reserve, and goes on by itself", async () => {
    receiver.rule = () => ({ delay: 20 });
    putDrop(world, "a.csv", 1_000, 1, 200);
    const up = await startAppliance(world);
    await waitFor("first deliveries", () => receiver.accepted.size > 50);
    expect(existsSync(join(world.state, "reserve"))).toBe(true);

    disk.fill(200 * MiB);
    putDrop(world, "b.csv", 100, 1_001, 1_200);
    await up.says('"code":"DISK_LOW"');
    expect(await up.trouble()).toContain("DISK_LOW");
    expect(await up.metrics()).toContain('steg_bridge_trouble{bridge="crash"} 1');

    disk.fill(0);
    await waitFor("all of the first drop", () => receiver.accepted.size === 1_000);
    expect(existsSync(join(world.state, "reserve"))).toBe(false);
    expect(readdirSync(world.drops)).toContain("b.csv");

    disk.makeRoom();
    await waitFor("the second drop", () => receiver.accepted.size === 1_100);
    await waitFor("no more trouble", async () => (await up.trouble()) === null);
    up.child.kill("SIGTERM");
    expect((await up.ended).code).toBe(0);
    expectOnce(receiver, range(1, 1_100));
    await expectSettled(world, { records: 1_100, delivered: 1_100, dead: 0, drops: 2 });
    expect(existsSync(join(world.state, "reserve"))).toBe(true);
  });

  it("killed and started again on the full disk loses nothing; --once takes nothing and says so", async () => {
    receiver.rule = () => ({ delay: 20 });
    putDrop(world, "a.csv", 1_000, 1, 200);
    const up = await startAppliance(world);
    await waitFor("first deliveries", () => receiver.accepted.size > 50);
    disk.fill(0);
    up.child.kill("SIGKILL");
    await up.ended;
    receiver.rule = undefined;
    putDrop(world, "b.csv", 100, 1_001);
    const full = await world.once("2s");
    expect(full.code, full.stderr).toBe(3);
    expect(full.stderr).toMatch(/DISK_LOW|JOURNAL_FAILED/);
    expect(full.stderr).not.toContain("INTERNAL");
    expect(readdirSync(world.drops)).toContain("b.csv");

    disk.makeRoom();
    const clean = await world.once();
    expect(clean.code, clean.stderr).toBe(0);
    expectOnce(receiver, range(1, 1_100));
    await expectSettled(world, { records: 1_100, delivered: 1_100, dead: 0, drops: 2 });
  });
});

describeWithSmallDisk("a full disk under the target folder", () => {
  let disk: SmallDisk;
  let world: World;
  let up: Running;
  beforeEach(() => {
    disk = mountSmallDisk(16);
  });
  afterEach(() => {
    world.remove();
    disk.remove();
  });

  it.each([
    ["one file per message", PLAIN.deliver, "{ID}.json"],
    ["a growing file", `${PLAIN.deliver}\n  batch: { drop: true }`, "{$file.stem}.json"],
  ])("%s: nothing becomes a dead letter, it goes on when there is room", async (_, deliver, name) => {
    world = createWorld({ deliver, target: `  folder: { path: "${disk.dir}", name: "${name}" }` });
    disk.fill(0);
    putDrop(world, "a.csv", 300);
    const once = await world.once("1s");
    expect(once.code, once.stderr).toBe(3);
    expect(once.summary.bridges).toMatchObject([{ records: 300, pending: 300, delivered: 0, dead: 0 }]);

    up = await startAppliance(world);
    await waitFor("the trouble to be shown", async () => ((await up.trouble()) ?? "").includes("the disk is full"));
    disk.makeRoom();
    await waitFor("the end", async () => (await up.metrics()).includes('outcome="delivered"} 300'));
    await waitFor("no more trouble", async () => (await up.trouble()) === null);
    up.child.kill("SIGTERM");
    expect((await up.ended).code).toBe(0);
    const files = readdirSync(disk.dir).filter((file) => file.endsWith(".json"));
    const bodies = files.map((file) => JSON.parse(readFileSync(join(disk.dir, file), "utf8")) as { id: string });
    const ids = bodies.flat().map(({ id }) => Number(id));
    expect(ids.toSorted((a, b) => a - b)).toEqual(range(1, 300));
    expect(await dropsIn(world)).toMatchObject([{ records: 300, delivered: 300, dead: 0 }]);
    expect(readdirSync(disk.dir).filter((file) => !file.endsWith(".json"))).toEqual(["lost+found"]);
  });
});
