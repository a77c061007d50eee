// The crash run that `npm test` does a few rounds of and `npm run test:long` two hundred: SIGKILL of the real process at random
// moments while it delivers to a target that is slow and sometimes says 500 after having accepted.

import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";

import { startReceiver } from "../peers/receiver.ts";
import { createWorld, putDrop } from "./world.ts";

export interface KillFigures {
  readonly records: number;
  readonly kills: number;
  readonly requests: number;
  readonly repeated: number;
  readonly seconds: number;
}

/** Kills the process `kills` times; answers figures after having checked that nothing is lost and nothing came twice. */
export async function killRun(
  records: number,
  kills: number,
  lifetime: { readonly least: number; readonly most: number },
): Promise<KillFigures> {
  const receiver = await startReceiver();
  receiver.rule = () => {
    const dice = Math.random();
    if (dice < 0.05) return { accept: true, status: 500, delay: 2 };
    if (dice < 0.07) return { accept: true, instead: "reset" };
    return undefined;
  };
  const honest = receiver.rule;
  // A key that was accepted before must not take effect again: the misbehaving answers keep to that as well.
  receiver.rule = (heard) => {
    const behaviour = honest(heard);
    return behaviour && receiver.accepted.has(heard.key) ? { ...behaviour, accept: false } : behaviour;
  };
  const world = createWorld({ url: `${receiver.origin}/eingang` });
  const started = Date.now();
  try {
    const half = records / 2;
    putDrop(world, "a.csv", half, 1);
    putDrop(world, "b.csv", half, half + 1);
    for (let kill = 0; kill < kills; kill++) {
      const child = world.start(["up"]);
      const closed = once(child, "close");
      const stderr: string[] = [];
      child.stderr?.setEncoding("utf8").on("data", (text: string) => stderr.push(text));
      await Promise.race([sleep(lifetime.least + Math.random() * (lifetime.most - lifetime.least)), closed]);
      expect(child.exitCode, `the appliance ended by itself: ${stderr.join("")}`).toBe(null);
      child.kill("SIGKILL");
      await closed;
    }
    const { code, stderr } = await world.once();
    expect(code, stderr).toBe(0);
    const ids = [...receiver.accepted.values()].map((body) => (JSON.parse(body.toString()) as { id: string }).id);
    expect(receiver.doubled).toEqual([]);
    expect(ids.length).toBe(records);
    expect(new Set(ids).size).toBe(records);
    const drops = JSON.parse((await world.command(["drops", "--json"])).stdout) as {
      records: number;
      delivered: number;
      dead: number;
      pending: number;
    }[];
    expect(drops.reduce((sum, drop) => sum + drop.delivered, 0)).toBe(records);
    for (const drop of drops) expect(drop.delivered + drop.dead + drop.pending).toBe(drop.records);
    expect(JSON.parse((await world.command(["audit", "verify", "--json"])).stdout)).toMatchObject({ broken: null });
    return {
      records,
      kills,
      requests: receiver.heard.length,
      repeated: receiver.heard.length - records,
      seconds: (Date.now() - started) / 1000,
    };
  } finally {
    await receiver.close();
    world.remove();
  }
}
