// The crash run that `npm test` does some rounds of and `npm run test:long` two hundred: SIGKILL of the real process at random
// moments, while it starts, takes, delivers, answers. What the process works on, and what must hold in the end, is a plan's.

import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { createWorld, type World } from "./world.ts";

export interface KillPlan {
  readonly name: string;
  /** Puts the world and its target there. */
  begin(kills: number): Promise<Scene>;
}

export interface Scene {
  readonly world: World;
  /** Grows with the work that reaches the target: kills are aimed at work, not only at starts. */
  moved(): number;
  /** Before each start: more drops, if the plan wants them. */
  next?(kill: number): void;
  /** After a clean run: everything exactly once. Answers figures. */
  end(): Promise<Readonly<Record<string, number>>>;
  close(): Promise<void>;
}

export interface KillRun {
  readonly kills: number;
  /** Longest time of work before a kill, milliseconds. */
  readonly work: number;
}

/** Every fourth kill meets the start, at whatever it is; the others the work. */
const AT_START = 0.25;
const LONGEST_START = 1_200;
const NO_WORK = 8_000;

/** Kills the process so many times; answers figures after having checked that nothing is lost and nothing came twice. */
export async function killRun(plan: KillPlan, run: KillRun): Promise<Readonly<Record<string, number | string>>> {
  const scene = await plan.begin(run.kills);
  const { world } = scene;
  const started = Date.now();
  let atWork = 0;
  try {
    for (let kill = 0; kill < run.kills; kill++) {
      scene.next?.(kill);
      if (await startAndKill(scene, run.work)) atWork++;
    }
    const last = await world.once("60s");
    expect([0, 2], last.stderr).toContain(last.code);
    const figures = await scene.end();
    return { plan: plan.name, kills: run.kills, atWork, ...figures, seconds: (Date.now() - started) / 1000 };
  } finally {
    await scene.close();
    world.remove();
  }
}

/** True where the kill met the work. */
async function startAndKill(scene: Scene, work: number): Promise<boolean> {
  const child = scene.world.start(["up"]);
  const closed = once(child, "close");
  let stderr = "";
  child.stdout?.resume();
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const wanted = Math.random() >= AT_START;
  const before = scene.moved();
  if (wanted) {
    for (let waited = 0; scene.moved() === before && waited < NO_WORK && child.exitCode === null; waited += 5)
      await sleep(5);
    await Promise.race([sleep(Math.random() * work), closed]);
  } else {
    await Promise.race([sleep(Math.random() * LONGEST_START), closed]);
  }
  expect(child.exitCode, `the appliance ended by itself: ${stderr}`).toBe(null);
  const met = scene.moved() !== before;
  child.kill("SIGKILL");
  await closed;
  return met;
}

export { createWorld };
