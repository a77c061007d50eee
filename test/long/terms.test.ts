// `deliver.batch: { at }` and `{ every }`: one file across drops until the term ends, and drops that wait for it; on the real
// process, killed where it hurts.

import { once as event } from "node:events";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { wallTime } from "../../src/core/lifecycle/dates.ts";
import { term, termBeside } from "../crash/kill-plans-terms.ts";
import { killRun } from "../crash/kill.ts";
import { startReceiver, type Receiver } from "../peers/receiver.ts";
import { createWorld, CSV, head, inDays, RECEIPTS, RECEIVE, RUNNING, type World } from "../engine/world.ts";

const worlds: World[] = [];
const receivers: Receiver[] = [];
afterEach(async () => {
  worlds.splice(0).forEach((world) => world.remove());
  for (const receiver of receivers.splice(0)) await receiver.close();
});

const NAME = '"BU_{$batch.date}_{$batch.number}.csv"';
const MAP = `map:
  csv: { NR: = ID, LAUF: "= $batch.number" }
`;

interface Terms extends World {
  /** Files by number of the term, as they lie there: of each the records in order, and what stands in the column LAUF. */
  handed(): ReadonlyMap<string, { readonly ids: readonly number[]; readonly numbers: readonly string[] }>;
  growing(): readonly string[];
  say(batch: string, more?: string): void;
}

function terms(batch: string, more = ""): Terms {
  const made = createWorld();
  worlds.push(made);
  const say = (how: string, rest = more): void =>
    made.bridge(
      "sammeln",
      `${head("sammeln")}${RECEIVE.replace("archive: archiv", "archive: archiv, every: 200ms")}${CSV}${MAP}deliver:
  batch: ${how}
  retry: { first: 20ms, most: 100ms, attempts: 3 }
  folder: { path: out, name: ${NAME} }
${rest}${RECEIPTS}`,
    );
  say(batch);
  return {
    ...made,
    say,
    growing() {
      try {
        return readdirSync(made.path("data", "out")).filter((name) => name.startsWith(".steg"));
      } catch {
        return [];
      }
    },
    handed: () =>
      new Map(
        [...made.files("out")].map(([name, text]) => {
          const [first, ...lines] = text.trimEnd().split("\r\n");
          expect(first).toBe("NR;LAUF");
          expect(text.endsWith("\r\n")).toBe(true);
          const cells = lines.map((line) => line.split(";"));
          const numbers = [...new Set(cells.map((cell) => cell[1] ?? ""))];
          return [name, { ids: cells.map((cell) => Number(cell[0])), numbers }] as const;
        }),
      ),
  };
}

const drop = (from: number, count: number): string =>
  `ID\n${Array.from({ length: count }, (_each, at) => from + at).join("\n")}\n`;
const numbers = (from: number, count: number): number[] => Array.from({ length: count }, (_each, at) => from + at);

/** A time of day that is hours away, whenever the test runs. */
function farAway(): string {
  const hour = Number(wallTime(Date.now(), "Europe/Berlin").time.slice(0, 2));
  return `"${String((hour + 6) % 24).padStart(2, "0")}:30"`;
}

describe("a file that grows until its term ends", () => {
  it("takes the records of several drops and runs, has its name at the end, and the next one the next number", async () => {
    const { put, once, handed, growing, drops, receipts, steg } = terms("{ every: 2s }");
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
    await sleep(2_100);
    const ended = await once();
    expect(ended.bridges[0]).not.toHaveProperty("openUntil");
    expect(growing()).toEqual([]);
    expect([...handed().values()]).toEqual([{ ids: numbers(1, 1204), numbers: ["1"] }]);
    expect((await steg(["drops"])).stdout).not.toContain("grows");
    put("d.csv", drop(5000, 2));
    await once();
    await sleep(2_100);
    await once();
    expect([...handed().keys()].map((name) => name.slice(-6))).toEqual(["_1.csv", "_2.csv"]);
    expect([...handed().values()][1]).toEqual({ ids: [5000, 5001], numbers: ["2"] });
    expect(await drops()).toHaveLength(4);
    expect((await drops()).every(({ state }) => state === "done")).toBe(true);
  });

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
    const receiver = await startReceiver();
    receivers.push(receiver);
    receiver.rule = () => ({ delay: 250, status: 200, accept: true, body: "{}" });
    const made = terms("{ every: 1s }");
    made.write(
      "mappings/sammeln/bridge.yaml",
      `${head("sammeln")}${RECEIVE}${CSV}${MAP}cases:
  - { when: "= $number(ID) % 100 = 0", deliver: { inFlight: 1, http: { url: "${receiver.origin}/eingang" } } }
  - deliver: { batch: { every: 1s }, folder: { path: out, name: ${NAME} } }
${RECEIPTS}`,
    );
    made.put("a.csv", drop(1, 3_000));
    const appliance = made.start(["up"]);
    const ended = event(appliance, "close");
    let log = "";
    appliance.stderr?.on("data", (text) => (log += String(text)));
    await expect.poll(() => made.handed().size, { timeout: 20_000, interval: 50 }).toBe(1);
    expect(receiver.accepted.size).toBeLessThan(30);
    const all = (): number[] => [...made.handed().values()].flatMap(({ ids }) => ids);
    await expect.poll(() => all().length, { timeout: 30_000, interval: 100 }).toBe(2_970);
    expect(all().toSorted((a, b) => a - b)).toEqual(numbers(1, 3_000).filter((id) => id % 100 !== 0));
    expect(made.handed().size).toBeGreaterThan(1);
    for (const [name, file] of made.handed()) expect(file.numbers).toEqual([/_(\d+)\.csv$/.exec(name)?.[1]]);
    await expect.poll(() => receiver.accepted.size, { timeout: 20_000 }).toBe(30);
    // Nothing had to be tried again for that.
    expect(log).toBe("");
    appliance.kill("SIGTERM");
    await ended;
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

describe("kill -9", () => {
  it.each([
    { plan: term(6_000), kills: 5 },
    { plan: termBeside(400), kills: 3 },
  ])(
    "$kills times, $plan.name: each record in one file once, in order, numbers without gaps",
    async ({ plan, kills }) => {
      expect(await killRun(plan, { kills, work: 1_500 })).toMatchObject({ lost: 0, twice: 0 });
    },
    120_000,
  );
});

describe("drops that wait for the end of their term", () => {
  async function calls(batch: string): Promise<World & { readonly bodies: () => readonly (readonly number[])[] }> {
    const receiver = await startReceiver();
    receivers.push(receiver);
    const made = createWorld();
    worlds.push(made);
    made.bridge(
      "warten",
      `${head("warten")}${RECEIVE.replace("archive: archiv", "archive: archiv, every: 200ms")}${CSV}map:
  json: { id: "= $number(ID)" }
deliver:
  batch: ${batch}
  http: { url: "${receiver.origin}/eingang" }
${RECEIPTS}`,
    );
    const bodies = (): readonly (readonly number[])[] =>
      [...receiver.accepted.values()].map((body) => (JSON.parse(String(body)) as { id: number }[]).map(({ id }) => id));
    return { ...made, bodies };
  }

  it("use no attempt, say why, and go in batches of so many", async () => {
    const { put, once, steg, bodies, drops } = await calls("{ every: 2s, records: 2 }");
    put("a.csv", drop(1, 5));
    const waiting = await once();
    expect(waiting.code).toBe(0);
    expect(waiting.bridges).toMatchObject([{ drops: 1, records: 5, delivered: 0, pending: 5 }]);
    expect(waiting.bridges[0]).toHaveProperty("openUntil");
    expect(bodies()).toEqual([]);
    expect(await drops()).toMatchObject([{ state: "open", delivered: 0 }]);
    const { stdout } = await steg(["up", "--once"]);
    expect(stdout).toContain("warten: 1 drop waits until ");
    await sleep(2_100);
    expect((await once()).bridges).toMatchObject([{ delivered: 5, pending: 0 }]);
    expect(bodies().map((ids) => ids.length)).toEqual([2, 2, 1]);
    expect(bodies().flat()).toEqual([1, 2, 3, 4, 5]);
  });

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
