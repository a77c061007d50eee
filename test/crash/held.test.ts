// SIGKILL while held drops leave: on their way to the target in Notbetrieb, and on their way into the successor's folder. Whatever it
// meets, each drop goes one of the two ways, once.

import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createWorld, CSV, ENDED, head, RECEIPTS, RECEIVE, type World } from "../engine/world.ts";
import { type Receiver, startReceiver } from "../peers/receiver.ts";

const OPEN = ["notbetrieb", "frist", "--reason", "ausfall-nachfolger", "--ticket", "T-1"];

let world: World;
let service: Receiver;
beforeEach(async () => {
  world = createWorld();
  service = await startReceiver();
  // A key that came before is answered as the first time.
  service.rule = ({ key }) => (service.accepted.has(key) ? undefined : { delay: 2 });
});
afterEach(async () => {
  await service.close();
  world.remove();
});

/** Drops of two records each, all of them held. */
async function hold(count: number): Promise<readonly string[]> {
  const target = `deliver:\n  http: { url: "${service.origin}/neu" }\n  inFlight: 4\n`;
  world.bridge("frist", `${head("frist", ENDED)}${RECEIVE}${CSV}map:\n  json: { id: = ID }\n${target}${RECEIPTS}`);
  const names = Array.from({ length: count }, (_, at) => `${1_000 + at}`);
  for (const name of names) world.put(`${name}.csv`, `ID\n${name}-a\n${name}-b\n`);
  expect((await world.once()).code).toBe(0);
  expect((await world.drops()).every(({ state }) => state === "held")).toBe(true);
  return names;
}

/** Starts a command and kills it while something moves; false where it had ended before. */
async function killAtWork(args: readonly string[], moved: () => number, most: number): Promise<boolean> {
  const child = world.start(args);
  child.stdout?.resume();
  child.stderr?.resume();
  const closed = once(child, "close");
  const before = moved();
  for (let waited = 0; moved() === before && waited < 10_000 && child.exitCode === null; waited += 2) await sleep(2);
  await Promise.race([sleep(Math.random() * most), closed]);
  const met = child.exitCode === null && moved() > before;
  child.kill("SIGKILL");
  await closed;
  return met;
}

/** Each name whose records took effect, and that none did twice. */
function delivered(): ReadonlySet<string> {
  const ids = [...service.accepted.values()].map((body) => (JSON.parse(body.toString()) as { readonly id: string }).id);
  expect(service.doubled).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
  const names = Map.groupBy(ids, (id) => id.split("-")[0] ?? "");
  for (const [name, of] of names) expect(of.toSorted(), name).toEqual([`${name}-a`, `${name}-b`]);
  return new Set(names.keys());
}

describe("SIGKILL while held drops leave", () => {
  it("in Notbetrieb: each is delivered once, its receipt written anew", async () => {
    const names = await hold(160);
    expect((await world.steg(OPEN)).code).toBe(0);
    let met = 0;
    for (let kill = 0; kill < 3; kill++) if (await killAtWork(["up"], () => service.accepted.size, 250)) met++;
    expect(met).toBeGreaterThan(0);
    expect((await world.once("60s")).code).toBe(0);
    expect(delivered()).toEqual(new Set(names));
    expect((await world.drops()).every(({ state, delivered: count }) => state === "done" && count === 2)).toBe(true);
    const receipts = world.receipts();
    expect(receipts).toHaveLength(names.length);
    expect(receipts.every(({ stand, saetze }) => stand === "erledigt" && saetze["zugestellt"] === 2)).toBe(true);
    expect((await world.steg(["audit", "verify"])).code).toBe(0);
  }, 120_000);

  it("half to the successor, half in Notbetrieb: each goes one way", async () => {
    const names = await hold(100);
    const folder = world.path("uebergabe");
    mkdirSync(folder);
    const handed = (): readonly string[] => readdirSync(folder).filter((name) => name.endsWith(".csv"));
    const handOver = ["hand-over", "frist", "--to", folder, "--ticket", "T-2", "--yes"];
    for (let kill = 0; kill < 3; kill++) await killAtWork(handOver, () => handed().length, 60);
    expect((await world.steg(OPEN)).code).toBe(0);
    for (let kill = 0; kill < 2; kill++) await killAtWork(["up"], () => service.accepted.size, 150);
    expect((await world.steg(["notbetrieb", "frist", "--end"])).code).toBe(0);
    // What was released is brought to its end; what was not goes to the successor with what was begun.
    expect((await world.once("60s")).code).toBe(0);
    expect((await world.steg(handOver)).code).toBe(0);
    const there = handed().map((name) => name.split("-").at(-1)!.replace(".csv", ""));
    const here = delivered();
    expect(Math.min(there.length, here.size)).toBeGreaterThan(0);
    expect(there.filter((name) => here.has(name))).toEqual([]);
    expect([...there, ...here].toSorted()).toEqual(names);
    for (const file of handed()) {
      const name = file.split("-").at(-1)!.replace(".csv", "");
      expect(readFileSync(`${folder}/${file}`, "utf8")).toBe(`ID\n${name}-a\n${name}-b\n`);
    }
    expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
    const states = (await world.drops()).map(({ state }) => state);
    expect(states.filter((state) => state === "done")).toHaveLength(here.size);
    expect(states.filter((state) => state === "handed-over")).toHaveLength(there.length);
    expect((await world.steg(["audit", "verify"])).code).toBe(0);
  }, 120_000);
});
