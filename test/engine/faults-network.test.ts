// A target that is away, cut, slow or broken: the real process, the real network of this machine.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startAppliance } from "../crash/appliance.ts";
import { expectOnce, expectSettled, lettersIn, range } from "../crash/ends.ts";
import { createWorld, httpTarget, PLAIN, putDrop, waitFor, type World } from "../crash/world.ts";
import { startReceiver, type Receiver } from "../peers/receiver.ts";
import { startTcpProxy, type TcpProxy } from "../peers/tcp-proxy.ts";

let receiver: Receiver;
let proxy: TcpProxy;
let world: World;
beforeEach(async () => {
  receiver = await startReceiver();
  proxy = await startTcpProxy(receiver.port);
  world = createWorld({ target: httpTarget(`http://127.0.0.1:${proxy.port}/eingang`, "500ms") });
});
afterEach(async () => {
  world.remove();
  await proxy.close();
  await receiver.close();
});

async function stop(up: Awaited<ReturnType<typeof startAppliance>>): Promise<void> {
  up.child.kill("SIGTERM");
  expect((await up.ended).code).toBe(0);
}

describe("a target that is away for the whole run", () => {
  it("leaves everything pending with exit 3 and a true summary; later all is delivered once", async () => {
    // More drops than work at the same time: those that wait for their turn count as well.
    for (let drop = 0; drop < 6; drop++) putDrop(world, `drop-${drop}.csv`, 100, 100 * drop + 1);
    proxy.refuse = true;
    for (let run = 0; run < 2; run++) {
      const { code, summary, stderr } = await world.once("3s");
      expect(code, stderr).toBe(3);
      expect(summary.bridges).toEqual([
        { bridge: "crash", drops: 6, records: 600, delivered: 0, skipped: 0, dead: 0, pending: 600 },
      ]);
    }
    const shown = await world.command(["up", "--once", "--patience", "1s"]);
    expect(shown.code).toBe(3);
    expect(shown.stdout).toMatch(/crash: 600 records stay pending: .*closed the connection/);
    expect(receiver.heard).toEqual([]);
    proxy.refuse = false;
    const clean = await world.once();
    expect(clean.code, clean.stderr).toBe(0);
    expectOnce(receiver, range(1, 600));
    await expectSettled(world, { records: 600, delivered: 600, dead: 0, drops: 6 });
  });
});

describe("a running appliance", () => {
  it.each([
    ["resets at the request", { how: "reset", toServer: 200 }],
    ["ends within the answer", { how: "end", fromServer: 40 }],
    ["falls silent at the answer", { how: "silence", fromServer: 1 }],
  ] as const)("opens the circuit where the connection %s, shows it, and goes on by itself", async (_, plan) => {
    receiver.rule = (heard) => ({ delay: 5, status: 200, accept: !receiver.accepted.has(heard.key) });
    putDrop(world, "a.csv", 800);
    const up = await startAppliance(world);
    await waitFor("first deliveries", () => receiver.accepted.size > 50);
    proxy.plan = plan;
    proxy.cut("reset");
    await waitFor("the open circuit", async () => ((await up.trouble()) ?? "").startsWith("waiting for http://"));
    expect(await up.metrics()).toContain('steg_bridge_trouble{bridge="crash"} 1');
    proxy.plan = undefined;
    proxy.cut("reset");
    await waitFor("the end", async () => (await up.metrics()).includes('outcome="delivered"} 800'));
    await waitFor("no more trouble", async () => (await up.trouble()) === null);
    await stop(up);
    expectOnce(receiver, range(1, 800));
    await expectSettled(world, { records: 800, delivered: 800, dead: 0, drops: 1 });
  });

  it("outlasts storms of 5xx without a dead letter, also for messages that had failed before", async () => {
    world.bridge({ deliver: "  retry: { first: 20ms, most: 40ms, attempts: 3 }\n  inFlight: 8" });
    const failedOnce = new Set<string>();
    const calm: Receiver["rule"] = ({ key }) => {
      const accept = !receiver.accepted.has(key);
      // One in sixteen fails the first time: when the storm comes, some have failed already while the target took others.
      if (accept && key.startsWith("a") && !failedOnce.has(key)) {
        failedOnce.add(key);
        return { status: 500, accept: false };
      }
      return { delay: 2, status: 200, accept };
    };
    receiver.rule = calm;
    putDrop(world, "a.csv", 1_500);
    const up = await startAppliance(world);
    for (const status of [500, 503]) {
      const before = receiver.accepted.size;
      await waitFor("calm work", () => receiver.accepted.size > before + 100);
      receiver.rule = () => ({ status });
      await waitFor("the open circuit", async () =>
        ((await up.trouble()) ?? "").includes("5 messages failed in a row"),
      );
      // Each probe is of another message: in the end all that wait have been one more often than they may fail.
      const heard = receiver.heard.length;
      await waitFor("probes", () => receiver.heard.length > heard + 80);
      receiver.rule = calm;
    }
    await waitFor("the end", async () => (await up.metrics()).includes('outcome="delivered"} 1500'));
    await stop(up);
    expectOnce(receiver, range(1, 1_500));
    await expectSettled(world, { records: 1_500, delivered: 1_500, dead: 0, drops: 1 });
  });

  it("makes one dead letter of a poison message, and the rest flows", async () => {
    world.bridge({ deliver: PLAIN.deliver.replace("attempts: 50", "attempts: 5") });
    const isPoison = (body: Buffer): boolean => (JSON.parse(body.toString()) as { id: string }).id === "20";
    receiver.rule = ({ body, key }) =>
      isPoison(body) ? { status: 500, accept: false } : { status: 200, accept: !receiver.accepted.has(key) };
    putDrop(world, "a.csv", 400);
    const { code, summary, stderr } = await world.once();
    expect(code, stderr).toBe(2);
    expect(summary.bridges).toMatchObject([{ records: 400, delivered: 399, dead: 1, pending: 0 }]);
    expect(await lettersIn(world)).toMatchObject([
      { code: "DELIVERY_FAILED", first: 20, last: 20, attempts: 5, stage: "deliver" },
    ]);
    expectOnce(
      receiver,
      range(1, 400).filter((id) => id !== 20),
    );
    await expectSettled(world, { records: 400, delivered: 399, dead: 1, drops: 1 });
  });
});
