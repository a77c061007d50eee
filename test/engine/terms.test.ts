// `deliver.batch: { at }` and `{ every }` on the real process: one file across drops until the term ends, and drops that wait for it.
// A sample; the long run has the rest, and the kills.

import { once as event } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { calls, drop, numbers, removeAll, terms } from "./terms-world.ts";

afterEach(removeAll);

describe("a file that grows until its term ends", () => {
  it("takes the records of several drops and runs, has its name at the end, and the next one the next number", async () => {
    const { put, once, handed, growing, drops, receipts, steg } = terms("{ every: 5s }");
    put("a.csv", drop(1, 3));
    put("b.csv", drop(4, 1200));
    const first = await once();
    expect(first.code).toBe(0);
    expect(first.bridges).toMatchObject([{ drops: 2, records: 1203, delivered: 1203, pending: 0 }]);
    expect(first.bridges[0]).toHaveProperty("openUntil");
    expect(growing()).toHaveLength(1);
    expect(handed().size).toBe(0);
    expect((await steg(["drops"])).stdout).toMatch(/sammeln: a file grows until 20\d\d-\d\d-\d\d \d\d:\d\d/);
    expect(receipts()[0]).toMatchObject({ stand: "erledigt", saetze: { zugestellt: 3 } });
    expect(receipts()[0]?.hinweise.join()).toContain("Sammeldatei");
    put("c.csv", drop(1204, 1));
    await once();
    await sleep(5_100);
    const ended = await once();
    expect(ended.bridges[0]).not.toHaveProperty("openUntil");
    expect(growing()).toEqual([]);
    const [file] = [...handed().values()];
    expect(file?.numbers).toEqual(["1"]);
    // Without order drops are worked on side by side; each keeps its own.
    for (const [from, count] of [
      [1, 3],
      [4, 1200],
      [1204, 1],
    ] as const)
      expect(file?.ids.filter((id) => id >= from && id < from + count)).toEqual(numbers(from, count));
    expect(file?.ids).toHaveLength(1204);
    expect((await steg(["drops"])).stdout).not.toContain("grows");
    put("d.csv", drop(5000, 2));
    await once();
    await sleep(5_100);
    await once();
    expect([...handed().keys()].map((name) => name.slice(-6))).toEqual(["_1.csv", "_2.csv"]);
    expect([...handed().values()][1]).toEqual({ ids: [5000, 5001], numbers: ["2"] });
    expect(await drops()).toHaveLength(4);
    expect((await drops()).every(({ state }) => state === "done")).toBe(true);
  });

  it("ended while the appliance was down: is handed over at the next start, before anything new", async () => {
    const { put, once, start, handed, growing } = terms("{ every: 1s }");
    put("a.csv", drop(1, 5));
    await once();
    expect(growing()).toHaveLength(1);
    await sleep(1_200);
    put("b.csv", drop(6, 5));
    const appliance = start(["up"]);
    const ended = event(appliance, "close");
    await expect.poll(() => handed().size, { timeout: 20_000 }).toBe(2);
    expect([...handed().values()].map(({ ids }) => ids)).toEqual([numbers(1, 5), numbers(6, 5)]);
    appliance.kill("SIGTERM");
    await ended;
  });
});

describe("drops that wait for the end of their term", () => {
  it("use no attempt, say why, and go in batches of so many", async () => {
    const { put, once, steg, bodies, drops } = await calls("{ every: 5s, records: 2 }");
    put("a.csv", drop(1, 5));
    const waiting = await once();
    expect(waiting.code).toBe(0);
    expect(waiting.bridges).toMatchObject([{ drops: 1, records: 5, delivered: 0, pending: 5 }]);
    expect(waiting.bridges[0]).toHaveProperty("openUntil");
    expect(bodies()).toEqual([]);
    expect(await drops()).toMatchObject([{ state: "open", delivered: 0 }]);
    const { stdout } = await steg(["up", "--once"]);
    expect(stdout).toContain("warten: 1 drop waits until ");
    await sleep(5_100);
    expect((await once()).bridges).toMatchObject([{ delivered: 5, pending: 0 }]);
    expect(bodies().map((ids) => ids.length)).toEqual([2, 2, 1]);
    expect(bodies().flat()).toEqual([1, 2, 3, 4, 5]);
  });
});
