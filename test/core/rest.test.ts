// Memory given back at rest, seen from a process of its own: what its heap holds before, while it works, and at rest.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
const REST = JSON.stringify(new URL("../../src/core/rest.ts", import.meta.url).href);

/** Works until its space for young objects is as large as it may get, then goes on as `afterwards` says; megabytes of its heap. */
async function heapOf(afterwards: string, flags: readonly string[] = ["--expose-gc"]): Promise<[number, number]> {
  const script = `
    const { giveBack, giveBackAtRest } = await import(${REST});
    const { getHeapStatistics } = await import("node:v8");
    const { setTimeout: sleep } = await import("node:timers/promises");
    const work = (kept = []) => { for (let i = 0; i < 400_000; i++) kept[i % 50_000] = { text: "record " + i }; };
    for (let round = 0; round < 8; round++) work();
    const megabytes = () => Math.round(getHeapStatistics().total_heap_size / 1e6);
    const before = megabytes();
    giveBackAtRest(undefined, 50);
    ${afterwards}
    console.log(before, megabytes());`;
  const { stdout } = await run(process.execPath, [
    ...flags,
    "--max-semi-space-size=16",
    "--input-type=module",
    "-e",
    script,
  ]);
  const [before = 0, after = 0] = stdout.split(" ").map(Number);
  return [before, after];
}

test("a thread at rest gives back what its last burst took", async () => {
  const [before, after] = await heapOf("await sleep(600);");
  expect(before).toBeGreaterThan(30);
  expect(after).toBeLessThan(before / 3);
});

test("what starting took goes at once", async () => {
  const [before, after] = await heapOf("giveBack();");
  expect(before).toBeGreaterThan(30);
  expect(after).toBeLessThan(before / 3);
});

test("one that works is left alone", async () => {
  const [before, after] = await heapOf(
    "const end = Date.now() + 600; while (Date.now() < end) { work(); await sleep(1); }",
  );
  expect(after).toBeGreaterThan(before / 2);
});

test("without --expose-gc nothing happens", async () => {
  const [before, after] = await heapOf("giveBack(); await sleep(300);", []);
  expect(after).toBeGreaterThan(before / 2);
});
