// Five million rows in one drop: memory does not grow with it, every row has its outcome, and the one that is wrong is found.

import { createReadStream, createWriteStream, readFileSync } from "node:fs";
import { once as event } from "node:events";
import { afterAll, describe, expect, it } from "vitest";
import { createWorld, CSV, head, RECEIPTS, RECEIVE } from "../engine/world.ts";

const ROWS = 5_000_000;
const WRONG = 3_333_333;
/** The whole process, Node and its code included. */
const MOST_MIB = 250;

const world = createWorld();
afterAll(() => world.remove());

async function writeRows(path: string): Promise<void> {
  const file = createWriteStream(path);
  file.write("ID;NAME;BETRAG\n");
  let block = "";
  for (let id = 1; id <= ROWS; id++) {
    block += `${id};Name ${id % 1_000};${id === WRONG ? "viel" : `${id % 100},50`}\n`;
    if (block.length < 1 << 20) continue;
    if (!file.write(block)) await event(file, "drain");
    block = "";
  }
  file.end(block);
  await event(file, "close");
}

/** Peak of the resident memory, in MiB, read while the process lives. */
function watchMemory(pid: number): () => number {
  let peak = 0;
  const timer = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      // It has ended.
    }
  }, 200);
  return () => {
    clearInterval(timer);
    return peak;
  };
}

describe(`a drop of ${ROWS} rows`, () => {
  it("arrives whole but for the row that is wrong, in bounded memory", async () => {
    world.bridge(
      "lang",
      `${head("lang")}${RECEIVE}${CSV}map:
  csv: { ID: = ID, NAME: = NAME, BETRAG: "= $decimal(BETRAG, '1234,56')" }
deliver:
  batch: { drop: true }
  folder: { path: out, name: "{$file.stem}.csv" }
${RECEIPTS}`,
    );
    world.put("lang.csv", "");
    await writeRows(world.path("data", "in", "lang.csv"));
    world.write("data/in/lang.csv.fertig", "");
    const started = performance.now();
    const child = world.start(["up", "--once", "--json"]);
    const peakOf = watchMemory(child.pid as number);
    let stdout = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    const [code] = (await event(child, "close")) as [number];
    const peak = peakOf();
    const seconds = (performance.now() - started) / 1_000;
    console.log(
      `${ROWS} rows in ${seconds.toFixed(1)} s, ${Math.round(ROWS / seconds)} rows/s, peak ${Math.round(peak)} MiB`,
    );
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      bridges: [{ drops: 1, records: ROWS, delivered: ROWS - 1, dead: 1, pending: 0 }],
    });
    expect(await world.dead()).toMatchObject([{ record: WRONG, code: "DECIMAL_INVALID" }]);
    expect(world.receipts()).toMatchObject([
      { saetze: { gesamt: ROWS, zugestellt: ROWS - 1 }, klaerfaelle: [{ satz: WRONG, zeile: WRONG + 1 }] },
    ]);
    let lines = 0;
    for await (const chunk of createReadStream(world.path("data", "out", "lang.csv")) as AsyncIterable<Buffer>) {
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++;
    }
    expect(lines).toBe(ROWS);
    expect(peak).toBeLessThan(MOST_MIB);
  });
});
