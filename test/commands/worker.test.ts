// steg worker beside steg up, over a real Redis: what is in there meanwhile, and what becomes of drops when something is not as it should be.

import { once } from "node:events";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { startAppliance, type Running } from "../crash/appliance.ts";
import { startFarm, type Farm } from "../crash/farm.ts";
import { createWorld, putDrop, waitFor, type World } from "../crash/world.ts";
import { makeAuthority } from "../peers/certificates.ts";
import { startCollector, type HeardSpan } from "../peers/otlp-collector.ts";
import { startReceiver, type Receiver } from "../peers/receiver.ts";
import { redisMissing, type RedisOptions } from "../peers/redis.ts";
import { describeNeeding } from "../peers/required.ts";

/** Kinds of spans as OTLP numbers them. */
const [PRODUCER, CONSUMER] = [4, 5];

let farm: Farm;
let world: World;
let receiver: Receiver;
let running: Running | undefined;

async function begin(workers: number, options: RedisOptions = {}, more = ""): Promise<void> {
  farm = await startFarm(workers, 4, options);
  receiver = await startReceiver();
  world = createWorld({ url: `${receiver.origin}/eingang`, more });
}

afterEach(async () => {
  running?.child.kill("SIGKILL");
  running = undefined;
  world.remove();
  await receiver.close();
  await farm.close();
});

const all = async (count: number): Promise<void> =>
  await waitFor(`${count} messages; ${farm.log()}`, () => receiver.accepted.size === count, 30_000);

describeNeeding("redis", redisMissing, "workers", () => {
  it("work on what the appliance took; Redis shows nothing of it and keeps nothing", async () => {
    await begin(2);
    const seen: string[] = [];
    const monitor = await farm.redis.client().monitor();
    monitor.on("monitor", (_time, args: string[]) => void seen.push(args.join(" ")));
    putDrop(world, "a.csv", 400);
    running = await startAppliance(world);
    await all(400);
    await running.says("drop.finished");
    expect(running.log()).not.toContain("chunk.again");
    expect(await running.metrics()).toMatch(/steg_chunks_open 0\n[^]*steg_redis_up 1\n/);
    const text = seen.join("\n");
    expect(text).toContain("steg:chunks");
    for (const secret of ["Name 7", "a.csv", "eingang"]) expect(text).not.toContain(secret);
    const client = farm.redis.client();
    // Names of jobs have hyphens, and so has a key that workers keep for themselves.
    const jobs = async (): Promise<readonly string[]> =>
      (await client.keys("steg:chunks:*-*")).filter((key) => key !== "steg:chunks:stalled-check");
    await waitFor("no job", async () => (await jobs()).length === 0);
    monitor.disconnect();
  });

  it("go on with the trace of the drop, and deliveries say that they belong to it", async () => {
    const collector = await startCollector();
    process.env["STEG_OTLP"] = collector.origin;
    try {
      await begin(1);
      putDrop(world, "a.csv", 20);
      running = await startAppliance(world);
      await all(20);
      const [drop, add, process] = ["drop crash", "add chunks.chunk", "process chunks"] as const;
      await collector.until(({ spans }) =>
        [drop, add, process, "deliver"].every((name) => spans.some((one) => one.name === name)),
      );
      // The first job only asks for the bridge.
      const named = (name: string): HeardSpan => collector.spans.findLast((one) => one.name === name) as HeardSpan;
      for (const [name, above] of [
        ["decode", drop],
        [add, drop],
        [process, add],
        ["map", process],
        ["deliver", process],
      ] as const)
        expect([name, named(name).trace, named(name).parent]).toEqual([name, named(drop).trace, named(above).span]);
      expect([named(add).kind, named(process).kind]).toEqual([PRODUCER, CONSUMER]);
      expect(Object.keys(named(process).attributes).toSorted()).toEqual([
        "bullmq.job.attempts.made",
        "bullmq.job.id",
        "bullmq.job.name",
        "bullmq.queue.name",
        "bullmq.worker.id",
      ]);
      // Housekeeping of the queue is no part of a drop.
      expect(new Set(collector.spans.map(({ trace }) => trace)).size).toBe(1);
      const sent = receiver.heard.map(({ headers }) => String(headers["traceparent"]));
      expect(new Set(sent.map((one) => one.slice(3, 52)))).toEqual(
        new Set([`${named(drop).trace}-${named("deliver").span}`]),
      );
      farm.workers[0]?.kill("SIGTERM");
      await collector.until(({ points }) => points.some(({ name }) => name === "steg_worker_jobs_total"));
      const [jobs] = collector.points.filter(({ name }) => name === "steg_worker_jobs_total");
      expect(jobs).toMatchObject({ attributes: { state: "completed" }, value: 2 });
    } finally {
      delete process.env["STEG_OTLP"];
      await collector.close();
    }
  });

  it("come later: until then all waits, and a worker that has another key takes nothing", async () => {
    await begin(0);
    putDrop(world, "a.csv", 50);
    const keys = join(world.dir, "andere");
    writeFileSync(keys, `farm:${randomBytes(32).toString("base64")}\n`, { mode: 0o600 });
    const stranger = farm.startWorker({ STEG_KEY_FILE: keys });
    running = await startAppliance(world);
    await waitFor("a word about the key", () => farm.log().includes("CHUNK_DAMAGED"));
    expect(receiver.heard).toEqual([]);
    stranger.kill("SIGKILL");
    farm.startWorker();
    await all(50);
    // What the killed one left went when the next one began.
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith(`steg-worker-${stranger.pid}-`))).toEqual([]);
  });

  it("give back what is in flight when they are asked to stop, and others go on", async () => {
    await begin(1);
    receiver.rule = () => ({ delay: 30 });
    putDrop(world, "a.csv", 600);
    running = await startAppliance(world);
    await waitFor("work", () => receiver.accepted.size > 20);
    const [child] = farm.workers.splice(0, 1);
    farm.startWorker();
    child?.kill("SIGTERM");
    const [code] = (await once(child as NonNullable<typeof child>, "exit")) as [number];
    expect(code).toBe(0);
    await all(600);
    expect(receiver.doubled).toEqual([]);
    await running.says("drop.finished");
    const repeated = receiver.heard.length - receiver.accepted.size;
    expect(repeated).toBeLessThan(40);
  });

  it("reach Redis over TLS with a user of its own, and nobody without", async () => {
    const folder = mkdtempSync(join(tmpdir(), "steg-worker-tls-"));
    const authority = makeAuthority(folder);
    const { cert, key } = authority.issue("redis");
    const { ca } = authority;
    rmSync(folder, { recursive: true });
    const acl = "user steg on >geheim ~steg:* &* +@all -@dangerous +info +keys";
    await begin(1, { tls: { cert, key, ca }, user: "steg:geheim", lines: [acl, "user default off"] });
    putDrop(world, "a.csv", 30);
    running = await startAppliance(world);
    await all(30);
    expect(running.log() + farm.log()).not.toContain("geheim");
  });

  it("wait where Redis is full, and people are told why nothing moves", async () => {
    await begin(1, { most: 3 << 20 });
    const client = farm.redis.client();
    const filler = "x".repeat(64 << 10);
    for (let i = 0; ; i++) if ((await client.set(`fuell:${i}`, filler).catch(() => "full")) === "full") break;
    putDrop(world, "a.csv", 30);
    running = await startAppliance(world);
    const appliance = running;
    await waitFor("the reason", async () => /Redis/.test((await appliance.trouble()) ?? ""), 20_000);
    expect(receiver.heard).toEqual([]);
    await client.flushall();
    await all(30);
    await waitFor("no more trouble", async () => (await appliance.trouble()) === null);
  });
});
