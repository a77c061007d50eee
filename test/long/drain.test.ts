import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startAppliance } from "../crash/appliance.ts";
import { expectOnce, expectSettled, range } from "../crash/ends.ts";
import { createWorld, httpTarget, putDrop, waitFor, type World } from "../crash/world.ts";
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
  it("cuts what is still in flight after half a minute; only that is sent again", async () => {
    receiver.rule = ({ key }) =>
      receiver.heard.length > 20
        ? { instead: "hang", accept: true }
        : { status: 200, accept: !receiver.accepted.has(key) };
    putDrop(world, "a.csv", 100);
    const up = await startAppliance(world);
    await waitFor("all places to hang", () => receiver.heard.length === 28);
    up.child.kill("SIGTERM");
    const asked = Date.now();
    expect((await up.ended).code).toBe(0);
    expect(Date.now() - asked).toBeGreaterThan(29_000);
    expect(Date.now() - asked).toBeLessThan(35_000);
    receiver.rule = undefined;
    const { code, stderr } = await world.once();
    expect(code, stderr).toBe(0);
    // Eight hung; each of them took effect the first time.
    expect(receiver.heard.length).toBe(108);
    expectOnce(receiver, range(1, 100));
    await expectSettled(world, { records: 100, delivered: 100, dead: 0, drops: 1 });
  }, 90_000);
});
