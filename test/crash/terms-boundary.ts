// Killed at the door of a system call while one term ends and the next begins: the first one's file has been handed over in the end,
// the second one's as well, and each has its drop's records once.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { CALLS, type Call } from "./boundaries.ts";
import { expectSettled, range } from "./ends.ts";
import { inject } from "./strace.ts";
import { createWorld, finish, leftovers, PLAIN, putDrop } from "./world.ts";

const RECORDS = 600;

export async function termBoundary(call: Call, when: number): Promise<"killed" | "ended"> {
  const world = createWorld({
    target: '  folder: { path: out, name: "{$batch.number}.json" }',
    deliver: `${PLAIN.deliver}\n  batch: { every: 1s }`,
  });
  const out = join(world.data, "out");
  try {
    putDrop(world, "a.csv", RECORDS, 1);
    expect((await world.once()).code).toBe(0);
    await sleep(1_000);
    putDrop(world, "b.csv", RECORDS, RECORDS + 1);
    // With one thread for files, its calls are counted in their order.
    const wrap = ["env", "UV_THREADPOOL_SIZE=1", ...inject(CALLS[call], "signal=SIGKILL", when)];
    const { code, signal, stderr } = await finish(world.start(["up", "--once", "--json"], wrap));
    const killed = signal === "SIGKILL" || code === 137;
    if (!killed) expect(code, stderr).toBe(0);
    for (let run = 0; run === 0 || (run < 5 && leftovers(out).length > 0); run++) {
      if (run > 0) await sleep(1_000);
      const clean = await world.once();
      expect(clean.code, clean.stderr).toBe(0);
    }
    const read = (name: string): number[] =>
      (JSON.parse(readFileSync(join(out, name), "utf8")) as { id: string }[]).map(({ id }) => Number(id));
    expect(readdirSync(out).toSorted()).toEqual(["1.json", "2.json"]);
    expect(read("1.json")).toEqual(range(1, RECORDS));
    expect(read("2.json")).toEqual(range(RECORDS + 1, 2 * RECORDS));
    await expectSettled(world, { records: 2 * RECORDS, delivered: 2 * RECORDS, dead: 0, drops: 2 });
    return killed ? "killed" : "ended";
  } catch (cause) {
    throw new Error(`killed at ${call} number ${when}`, { cause });
  } finally {
    world.remove();
  }
}
