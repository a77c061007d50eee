// deliver.split: named municipalities go to the successor, the others where they went; each message to exactly one of both.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openState } from "../../src/core/journal/open.ts";
import { splitCounts } from "../../src/core/pipeline/split-counts.ts";
import { startReceiver, type Receiver } from "../peers/receiver.ts";
import { createWorld, CSV, head, RECEIVE, type World } from "./world.ts";

const GONE = "http://127.0.0.1:9";

let world: World;
let old: Receiver;
let successor: Receiver;
beforeEach(async () => {
  world = createWorld();
  [old, successor] = await Promise.all([startReceiver(), startReceiver()]);
});
afterEach(async () => {
  await Promise.all([old.close(), successor.close()]);
  world.remove();
});

const env = (): Record<string, string> => ({ ALT: old.origin, NEU: successor.origin });

/** undefined: the file has no split. */
function bridge(values: readonly string[] | undefined, more = ""): void {
  const split = `  split: { by: = AGS, values: [${values?.map((value) => `"${value}"`).join(", ")}], to: { http: { url: "\${env:NEU}/neu" } } }\n`;
  const deliver = `deliver:\n  http: { url: "\${env:ALT}/alt" }\n  retry: { first: 10ms, most: 20ms, attempts: 2 }\n${values ? split : ""}`;
  world.bridge(
    "teilung",
    `${head("teilung")}${RECEIVE}${CSV}map:\n  json: { id: = ID, ags: = AGS }\n${deliver}${more}`,
  );
}

const drop = (ids: readonly number[], ags: (id: number) => string): string =>
  `ID;AGS\n${ids.map((id) => `${id};${ags(id)}\n`).join("")}`;
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);
const idsAt = ({ accepted }: Receiver): number[] =>
  [...accepted.values()]
    .map((body) => Number((JSON.parse(body.toString()) as { id: string }).id))
    .toSorted((a, b) => a - b);

async function counted(): Promise<unknown> {
  const { journal, close } = await openState({ dir: world.state, log: () => undefined });
  const counts = (await splitCounts(journal)).get("teilung");
  await close();
  return counts;
}

async function trail(): Promise<unknown[]> {
  const { stdout } = await world.steg(["audit", "export"]);
  const entries = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { event?: string; facts?: object });
  return entries.filter(({ event }) => event === "split.changed").map(({ facts }) => facts);
}

describe("a drop", () => {
  it("goes record by record to one of both, and the journal knows how many went where", async () => {
    bridge(["09162000", "7"]);
    const agsOf = (id: number): string => ["09162000", "09184148", "7", ""][id % 4] as string;
    world.put("a.csv", drop(range(1, 200), agsOf));
    expect((await world.once("20s", env())).bridges).toMatchObject([{ records: 200, delivered: 200, dead: 0 }]);
    expect(idsAt(successor)).toEqual(range(1, 200).filter((id) => id % 2 === 0 && agsOf(id) !== ""));
    expect([...idsAt(old), ...idsAt(successor)].toSorted((a, b) => a - b)).toEqual(range(1, 200));
    expect(await counted()).toEqual({ moved: 100, stayed: 100 });
  });

  it("stays with the list that it was taken with; what changed stands in the audit trail, there and back", async () => {
    bridge(["1"]);
    world.put(
      "a.csv",
      drop(range(1, 20), (id) => String(id % 3)),
    );
    expect((await world.once("200ms", { ALT: GONE, NEU: GONE })).bridges).toMatchObject([{ pending: 20 }]);
    bridge(["2"]);
    world.put(
      "b.csv",
      drop(range(101, 120), (id) => String(id % 3)),
    );
    expect((await world.once("20s", env())).bridges).toMatchObject([{ delivered: 40, pending: 0 }]);
    const first = range(1, 20).filter((id) => id % 3 === 1);
    expect(idsAt(successor)).toEqual([...first, ...range(101, 120).filter((id) => id % 3 === 2)]);
    bridge(undefined);
    world.put(
      "c.csv",
      drop(range(201, 210), () => "2"),
    );
    await world.once("20s", env());
    expect(idsAt(old).filter((id) => id > 200)).toEqual(range(201, 210));
    expect(await trail()).toMatchObject([
      { added: "1", removed: "", by: "AGS", values: 1, to: "http:${env:NEU}/neu" },
      { added: "2", removed: "1", values: 1 },
      { added: "", removed: "2", values: 0 },
    ]);
  });

  it("keeps its order and its batches on each side", async () => {
    bridge(["1"], "  batch: { records: 5 }\norder: strict\n");
    world.put(
      "a.csv",
      drop(range(1, 29), (id) => String(Math.floor(id / 10) % 2)),
    );
    await world.once("20s", env());
    const bodies = [...successor.accepted.values()].map((body) =>
      (JSON.parse(body.toString()) as { id: string }[]).map(({ id }) => Number(id)),
    );
    expect(bodies.flat()).toEqual(range(10, 19));
    expect(bodies.every((batch) => batch.length <= 5)).toBe(true);
  });
});

describe("a dead letter", () => {
  const one = async (): Promise<{ id: string; code: string }> =>
    (await world.dead())[0] as { id: string; code: string };

  it("that may have arrived on one side does not go to the other, whatever the list says now", async () => {
    bridge([]);
    old.rule = ({ body }) => (body.toString().includes('"2"') ? { accept: true, status: 500 } : undefined);
    world.put(
      "a.csv",
      drop(range(1, 8), (id) => String(id)),
    );
    expect((await world.once("5s", env())).bridges).toMatchObject([{ delivered: 7, dead: 1 }]);
    const letter = await one();
    bridge(["2"]);
    const there = await world.steg(["replay", letter.id, "--yes"], env());
    expect(there.stdout + there.stderr).toContain("does not go to the other side");
    expect(successor.heard).toEqual([]);
    bridge([]);
    old.rule = undefined;
    await world.steg(["replay", letter.id, "--yes"], env());
    expect(await world.dead()).toEqual([]);
    expect([old.accepted.size, successor.heard.length]).toEqual([8, 0]);
    expect(await counted()).toEqual({ moved: 0, stayed: 8 });
  });

  it("that was refused may go there, with a new key, and is counted there", async () => {
    bridge([]);
    old.rule = ({ body }) => (body.toString().includes('"2"') ? { accept: false, status: 400 } : undefined);
    world.put(
      "a.csv",
      drop(range(1, 8), (id) => String(id)),
    );
    await world.once("5s", env());
    const letter = await one();
    bridge(["2"]);
    await world.steg(["replay", letter.id, "--yes"], env());
    expect(await world.dead()).toEqual([]);
    expect(idsAt(successor)).toEqual([2]);
    expect([...old.heard, ...successor.heard].filter(({ key }) => key === successor.heard[0]?.key)).toHaveLength(1);
    expect(await counted()).toEqual({ moved: 1, stayed: 7 });
  });
});
