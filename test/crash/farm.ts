// One appliance, some workers and a real Redis, each of which dies at random moments; in the end everything is there exactly once.

import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { startRedis, type RedisOptions, type RedisPeer } from "../peers/redis.ts";
import { startTcpProxy, type TcpProxy } from "../peers/tcp-proxy.ts";
import { CACHE, program } from "../program.ts";
import type { KillPlan, Scene } from "./kill.ts";

export interface Farm {
  readonly redis: RedisPeer;
  /** Between appliance and Redis, and between workers and Redis. */
  readonly ways: readonly [TcpProxy, TcpProxy];
  readonly workers: ChildProcess[];
  /** `more`: settings that differ from the appliance's. */
  startWorker(more?: Readonly<Record<string, string>>): ChildProcess;
  /** What workers have said so far. */
  log(): string;
  close(): Promise<void>;
}

/** Sets STEG_REDIS and STEG_KEY_FILE of this process, which every appliance started from now on inherits. */
export async function startFarm(count: number, concurrency = 4, options: RedisOptions = {}): Promise<Farm> {
  const dir = mkdtempSync(join(tmpdir(), "steg-farm-"));
  const keys = join(dir, "keys");
  writeFileSync(keys, `farm:${randomBytes(32).toString("base64")}\n`, { mode: 0o600 });
  const redis = await startRedis(options);
  const ways = [await startTcpProxy(redis.port), await startTcpProxy(redis.port)] as const;
  const addressOf = (way: TcpProxy): string => redis.url.replace(/:\d+$/, `:${way.port}`);
  process.env["STEG_REDIS"] = addressOf(ways[0]);
  if (options.tls) {
    const ca = join(dir, "ca.pem");
    writeFileSync(ca, options.tls.ca);
    process.env["STEG_REDIS_CA"] = ca;
  }
  process.env["STEG_KEY_FILE"] = keys;
  const env = { ...process.env, ...CACHE, STEG_REDIS: addressOf(ways[1]), NO_COLOR: "1" };
  const workers: ChildProcess[] = [];
  let said = "";
  function startWorker(more: Readonly<Record<string, string>> = {}): ChildProcess {
    const words = [program, "worker", "--concurrency", String(concurrency)];
    const child = spawn(process.execPath, words, {
      env: { ...env, ...more },
      cwd: dir,
      stdio: ["ignore", "ignore", "pipe"],
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-20_000)));
    workers.push(child);
    return child;
  }
  for (let i = 0; i < count; i++) startWorker();
  return {
    redis,
    ways,
    workers,
    startWorker,
    log: () => said,
    async close() {
      delete process.env["STEG_REDIS"];
      delete process.env["STEG_KEY_FILE"];
      delete process.env["STEG_REDIS_CA"];
      for (const child of workers) await end(child);
      for (const way of ways) await way.close();
      await redis.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "exit");
  child.kill("SIGKILL");
  await closed;
}

type Blow = "appliance" | "worker" | "redis" | "flush" | "cut" | "silence";

export interface FarmRun {
  readonly kills: number;
  readonly workers: number;
  /** Longest time of work before a kill, milliseconds. */
  readonly work: number;
  /** Longest time that a line stays cut, milliseconds. */
  readonly cut: number;
  /** So long both lines are cut once, in the middle of the run, milliseconds. */
  readonly outage?: number;
}

/** Kills so many times, whom the dice say; answers figures after having checked that nothing is lost and nothing came twice. */
export async function farmRun(plan: KillPlan, run: FarmRun): Promise<Readonly<Record<string, number | string>>> {
  const farm = await startFarm(run.workers);
  const scene = await plan.begin(run.kills);
  const started = Date.now();
  const blows: Record<Blow, number> = { appliance: 0, worker: 0, redis: 0, flush: 0, cut: 0, silence: 0 };
  let appliance = startAppliance(scene);
  try {
    for (let kill = 0; kill < run.kills; kill++) {
      scene.next?.(kill);
      const before = scene.moved();
      for (let waited = 0; scene.moved() === before && waited < 10_000; waited += 5) await sleep(5);
      await sleep(Math.random() * run.work);
      if (run.outage !== undefined && kill === run.kills >> 1) await cutOff(farm.ways, "silence", run.outage);
      const blow = pick();
      blows[blow]++;
      if (blow === "appliance") {
        expect(appliance.exitCode, "the appliance ended by itself").toBe(null);
        await end(appliance);
        appliance = startAppliance(scene);
      } else await strike(farm, blow, run.cut);
    }
    await end(appliance);
    const last = await scene.world.once("120s");
    expect([0, 2], last.stderr + farm.log()).toContain(last.code);
    const figures = await scene.end();
    return { plan: plan.name, ...blows, ...figures, seconds: (Date.now() - started) / 1_000 };
  } finally {
    await end(appliance);
    await scene.close();
    scene.world.remove();
    await farm.close();
  }
}

function pick(): Blow {
  const dice = Math.random();
  if (dice < 0.3) return "appliance";
  if (dice < 0.65) return "worker";
  if (dice < 0.8) return "redis";
  if (dice < 0.9) return "flush";
  return dice < 0.95 ? "cut" : "silence";
}

async function strike(farm: Farm, blow: Exclude<Blow, "appliance">, cut: number): Promise<void> {
  if (blow === "worker") {
    const at = Math.floor(Math.random() * farm.workers.length);
    const [child] = farm.workers.splice(at, 1);
    await end(child as ChildProcess);
    farm.startWorker();
  } else if (blow === "redis") {
    await farm.redis.kill();
    await sleep(Math.random() * cut);
    await farm.redis.start();
  } else if (blow === "flush") {
    await farm.redis.client().flushall();
  } else {
    await cutOff([farm.ways[Math.random() < 0.5 ? 0 : 1]], blow === "cut" ? "reset" : "silence", Math.random() * cut);
  }
}

/** Nobody hears Redis: a worker goes on with what it holds until its lock must be over, and what it did then comes too late. */
async function cutOff(ways: readonly TcpProxy[], how: "reset" | "silence", milliseconds: number): Promise<void> {
  for (const way of ways) {
    way.refuse = true;
    way.cut(how);
  }
  await sleep(milliseconds);
  for (const way of ways) way.refuse = false;
}

function startAppliance(scene: Scene): ChildProcess {
  const child = scene.world.start(["up"]);
  child.stdout?.resume();
  child.stderr?.resume();
  return child;
}
