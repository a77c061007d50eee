// Terms on the real process and the real clock: what people do to bridge and files meanwhile, and what else keeps a drop at work.

import { once as event } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { wallTime } from "../../src/core/lifecycle/dates.ts";
import { calls, drop, farAway, MAP, NAME, numbers, receiver, removeAll, terms } from "../engine/terms-world.ts";
import { CSV, head, inDays, RECEIPTS, RECEIVE, RUNNING } from "../engine/world.ts";

afterEach(removeAll);

describe("a file that grows until its term ends", () => {
  it("until a time of day that is far away: stays open, and says until when on a terminal too", async () => {
    const at = farAway();
    const { put, steg, growing, handed, say, once } = terms(`{ at: ${at} }`);
    put("a.csv", drop(1, 3));
    const { code, stdout } = await steg(["up", "--once"]);
    expect(code).toBe(0);
    expect(stdout).toContain(`sammeln: a file grows until `);
    expect(stdout).toContain(`${at.replaceAll('"', "")} (deliver.batch)`);
    expect(growing()).toHaveLength(1);
    // Another rule in the bridge file: what was begun under the old one keeps its own end, new records go elsewhere.
    say("{ every: 1s }");
    put("b.csv", drop(4, 2));
    await once();
    await sleep(1_100);
    await once();
    expect(growing()).toHaveLength(1);
    expect([...handed().values()]).toEqual([{ ids: [4, 5], numbers: ["2"] }]);
  });

  it("takes no number and makes no file for what is skipped or dead", async () => {
    const { put, once, handed, growing, say } = terms("{ every: 1s }");
    say("{ every: 1s }", "cases:\n  - { when: = ID = 'x', skip: leer }\n  - {}\n");
    put("a.csv", "ID\nx\nx\n");
    expect((await once()).bridges).toMatchObject([{ records: 2, delivered: 0 }]);
    expect(growing()).toEqual([]);
    await sleep(1_100);
    put("b.csv", "ID\nx\n1\n");
    await once();
    await sleep(1_100);
    await once();
    expect([...handed()].map(([name, file]) => [name.slice(-6), file])).toEqual([
      ["_1.csv", { ids: [1], numbers: ["1"] }],
    ]);
  });

  it("ends by itself in a running appliance, also while drops keep coming", async () => {
    const { put, start, handed, growing } = terms("{ every: 2s }");
    const appliance = start(["up"]);
    const ended = event(appliance, "close");
    const all = (): number[] => [...handed().values()].flatMap(({ ids }) => ids);
    let put10 = 0;
    while (handed().size < 2 && put10 < 60) {
      put(`${put10}.csv`, drop(1 + put10++ * 10, 10));
      await sleep(400);
    }
    const last = put10 * 10;
    await expect.poll(() => all().length, { timeout: 20_000, interval: 100 }).toBe(last);
    expect(all().toSorted((a, b) => a - b)).toEqual(numbers(1, last));
    const names = [...handed().keys()];
    expect(names.length).toBeGreaterThan(1);
    expect(names.map((name) => Number(/_(\d+)\.csv$/.exec(name)?.[1])).toSorted((a, b) => a - b)).toEqual(
      numbers(1, names.length),
    );
    for (const [name, file] of handed()) expect(file.numbers).toEqual([/_(\d+)\.csv$/.exec(name)?.[1]]);
    expect(growing()).toEqual([]);
    appliance.kill("SIGTERM");
    expect((await ended)[0]).toBe(0);
  });

  it("ends in the middle of a drop that something else keeps at work; what is written behind has the next number", async () => {
    const target = await receiver();
    target.rule = () => ({ delay: 250, status: 200, accept: true, body: "{}" });
    const made = terms("{ every: 1s }");
    made.write(
      "mappings/sammeln/bridge.yaml",
      `${head("sammeln")}${RECEIVE}${CSV}${MAP}cases:
  - { when: "= $number(ID) % 100 = 0", deliver: { inFlight: 1, http: { url: "${target.origin}/eingang" } } }
  - deliver: { batch: { every: 1s }, folder: { path: out, name: ${NAME} } }
${RECEIPTS}`,
    );
    made.put("a.csv", drop(1, 3_000));
    const appliance = made.start(["up"]);
    const ended = event(appliance, "close");
    let log = "";
    appliance.stderr?.on("data", (text) => (log += String(text)));
    await expect.poll(() => made.handed().size, { timeout: 20_000, interval: 50 }).toBe(1);
    expect(target.accepted.size).toBeLessThan(30);
    const all = (): number[] => [...made.handed().values()].flatMap(({ ids }) => ids);
    await expect.poll(() => all().length, { timeout: 30_000, interval: 100 }).toBe(2_970);
    expect(all().toSorted((a, b) => a - b)).toEqual(numbers(1, 3_000).filter((id) => id % 100 !== 0));
    expect(made.handed().size).toBeGreaterThan(1);
    for (const [name, file] of made.handed()) expect(file.numbers).toEqual([/_(\d+)\.csv$/.exec(name)?.[1]]);
    await expect.poll(() => target.accepted.size, { timeout: 20_000 }).toBe(30);
    // Nothing had to be tried again for that.
    expect(log).toBe("");
    appliance.kill("SIGTERM");
    await ended;
  });

  it("of a bridge whose sunset came is ended normally, and takes nothing more", async () => {
    const made = terms("{ every: 1s }");
    made.put("a.csv", drop(1, 5));
    await made.once();
    made.write(
      "mappings/sammeln/bridge.yaml",
      `${head("sammeln", { ...RUNNING, deprecated: inDays(-250), sunset: inDays(-2) })}${RECEIVE}${CSV}${MAP}deliver:
  batch: { every: 1s }
  folder: { path: out, name: ${NAME} }
${RECEIPTS}`,
    );
    await sleep(1_100);
    made.put("b.csv", drop(6, 5));
    const { code, stderr } = await made.steg(["up", "--once"]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(await made.drops()).toMatchObject([{ state: "done" }, { state: "held" }]);
    expect(made.growing()).toEqual([]);
    expect([...made.handed().values()].map(({ ids }) => ids)).toEqual([numbers(1, 5)]);
  });

  it("waits where somebody else's file has its name, and goes on when it is gone", async () => {
    const { put, once, path, handed, dir } = terms("{ every: 1s }");
    put("a.csv", drop(1, 2));
    await once();
    const today = wallTime(Date.now(), "Europe/Berlin").date;
    writeFileSync(path("data", "out", `BU_${today}_1.csv`), "fremd\r\n");
    await sleep(1_100);
    const blocked = await once("1s");
    expect(blocked.code).toBe(3);
    expect(blocked.stderr + JSON.stringify(blocked.bridges)).not.toContain("fremd");
    rmSync(path("data", "out", `BU_${today}_1.csv`));
    put("b.csv", drop(3, 1));
    await once();
    expect(dir).not.toBe("");
    expect([...handed().values()].map(({ ids }) => ids)).toEqual([[1, 2]]);
  });
});

describe("drops that wait for the end of their term", () => {
  it("go by themselves in a running appliance, all that came within the term, one batch for each drop", async () => {
    const { put, start, json, bodies } = await calls("{ every: 3s }");
    const appliance = start(["up"]);
    const ended = event(appliance, "close");
    put("a.csv", drop(1, 3));
    await sleep(1_000);
    put("b.csv", drop(4, 2));
    await expect
      .poll(async () => (await json<readonly { state: string }[]>(["drops"])).length, { timeout: 20_000 })
      .toBe(2);
    expect(bodies()).toEqual([]);
    await expect.poll(() => bodies().length, { timeout: 20_000 }).toBe(2);
    expect(bodies().toSorted((a, b) => (a[0] ?? 0) - (b[0] ?? 0))).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
    appliance.kill("SIGTERM");
    await ended;
  });

  it("until a time of day: not before, whatever restarts in between", async () => {
    const { put, once, bodies } = await calls(`{ at: ${farAway()} }`);
    put("a.csv", drop(1, 3));
    for (let run = 0; run < 2; run++) expect((await once()).bridges).toMatchObject([{ delivered: 0, pending: 3 }]);
    expect(bodies()).toEqual([]);
  });
});
