// The end of the process: asked for, insisted on, or forbidden to a second one; and a bridge file that changed meanwhile.

import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startAppliance } from "../crash/appliance.ts";
import { expectOnce, expectSettled, messagesAt, range } from "../crash/ends.ts";
import { createWorld, httpTarget, PLAIN, putDrop, waitFor, type World } from "../crash/world.ts";
import { startReceiver, type Receiver } from "../peers/receiver.ts";

let receiver: Receiver;
let world: World;
beforeEach(async () => {
  receiver = await startReceiver();
  world = createWorld({ target: httpTarget(`${receiver.origin}/eingang`, "60s") });
});
afterEach(async () => {
  world.remove();
  await receiver.close();
});

describe("SIGTERM", () => {
  it("lets what is in flight end, exits 0, and nothing is sent again afterwards", async () => {
    receiver.rule = ({ key }) => ({ delay: 400, status: 200, accept: !receiver.accepted.has(key) });
    putDrop(world, "a.csv", 100);
    const up = await startAppliance(world);
    await waitFor("work", () => receiver.heard.length >= 20);
    up.child.kill("SIGTERM");
    const asked = Date.now();
    expect((await up.ended).code).toBe(0);
    // One attempt's time, far from the half minute that it may take.
    expect(Date.now() - asked).toBeLessThan(5_000);
    const answered = receiver.heard.length;
    expect(answered).toBeLessThan(100);
    receiver.rule = undefined;
    const { code, stderr } = await world.once();
    expect(code, stderr).toBe(0);
    expect(receiver.heard.length).toBe(100);
    expectOnce(receiver, range(1, 100));
    await expectSettled(world, { records: 100, delivered: 100, dead: 0, drops: 1 });
  });

  it("in an ordered bridge ends with the record in flight, and the next run goes on behind it", async () => {
    world.bridge({ more: "order: strict\n" });
    receiver.rule = ({ key }) => ({ delay: 150, status: 200, accept: !receiver.accepted.has(key) });
    putDrop(world, "a.csv", 40);
    const up = await startAppliance(world);
    await waitFor("work", () => receiver.heard.length >= 5);
    up.child.kill("SIGTERM");
    expect((await up.ended).code).toBe(0);
    receiver.rule = undefined;
    expect((await world.once()).code).toBe(0);
    expect(receiver.heard.length).toBe(40);
    expect(messagesAt(receiver).map(({ id }) => Number(id))).toEqual(range(1, 40));
    await expectSettled(world, { records: 40, delivered: 40, dead: 0, drops: 1 });
  });
});

describe("Ctrl-C", () => {
  it("ends at once when it is pressed again, with 130; the next run loses and doubles nothing", async () => {
    receiver.rule = () => ({ instead: "hang", accept: true });
    putDrop(world, "a.csv", 50);
    const up = await startAppliance(world);
    await waitFor("all places to hang", () => receiver.heard.length === 8);
    up.child.kill("SIGINT");
    await sleep(500);
    expect(up.child.exitCode).toBe(null);
    up.child.kill("SIGINT");
    const asked = Date.now();
    expect((await up.ended).code).toBe(130);
    expect(Date.now() - asked).toBeLessThan(2_000);
    receiver.rule = undefined;
    expect((await world.once()).code).toBe(0);
    expectOnce(receiver, range(1, 50));
    await expectSettled(world, { records: 50, delivered: 50, dead: 0, drops: 1 });
  });
});

describe("a bridge file that changed between a crash and the restart", () => {
  it("is not for drops that were taken before: they go on as they began, batches and keys included", async () => {
    const deliver = `${PLAIN.deliver}\n  batch: { records: 10 }`;
    world.bridge({ deliver });
    receiver.rule = ({ key }) => ({ delay: 50, status: 200, accept: !receiver.accepted.has(key) });
    putDrop(world, "a.csv", 1_000);
    const child = world.start(["up"]);
    const closed = once(child, "close");
    await waitFor("work", () => receiver.accepted.size >= 20);
    child.kill("SIGKILL");
    await closed;

    world.bridge({
      deliver: PLAIN.deliver,
      map: "  json: { id: = ID, name: \"= 'neu ' & NAME\" }",
    });
    putDrop(world, "b.csv", 100, 1_001);
    receiver.rule = undefined;
    const { code, stderr } = await world.once();
    expect(code, stderr).toBe(0);
    expectOnce(receiver, range(1, 1_100));
    for (const { id, name } of messagesAt(receiver)) {
      expect(name).toBe(`${Number(id) > 1_000 ? "neu " : ""}Name ${Number(id) % 37}`);
    }
    expect(receiver.accepted.size).toBe(1_000 / 10 + 100);
    await expectSettled(world, { records: 1_100, delivered: 1_100, dead: 0, drops: 2 });
  });
});

describe("a second process on the same state", () => {
  it("exits 3, says who has it, and touches nothing; the first works on", async () => {
    receiver.rule = ({ key }) => ({ delay: 20, status: 200, accept: !receiver.accepted.has(key) });
    putDrop(world, "a.csv", 300);
    const up = await startAppliance(world);
    const second = await world.command(["up", "--once"]);
    expect(second.code).toBe(3);
    expect(second.stderr).toContain(`STATE_LOCKED`);
    expect(second.stderr.replaceAll(/\s+/g, " ")).toContain(`is in use by process ${up.child.pid}`);
    await waitFor("the end", async () => (await up.metrics()).includes('outcome="delivered"} 300'));
    up.child.kill("SIGTERM");
    expect((await up.ended).code).toBe(0);
    expect(receiver.heard.length).toBe(300);
    expectOnce(receiver, range(1, 300));
  });
});
