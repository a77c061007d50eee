// The queue of a bridge over a real journal: it holds the next drops, and every drop comes once, in order, however many wait.

import { afterEach, beforeEach, expect, it } from "vitest";
import type { OpenState } from "../../src/core/journal/types.ts";
import { createWorkerQueue, type WorkerQueue } from "../../src/core/pipeline/worker-queue.ts";
import { newState, type WorkerState } from "../../src/core/pipeline/worker-state.ts";
import { finishDrop, takeBytes, testState, type TestState } from "./journal-state.ts";

const LIMITS = { most: 10, low: 3 };
const bridge = { name: "gewerbe" };
let test: TestState;
let state: OpenState;
beforeEach(async () => {
  test = testState();
  state = await test.open();
});
afterEach(() => test.remove());

function queueOver(worker: WorkerState): WorkerQueue {
  const fatal = (cause: unknown): never => {
    throw cause;
  };
  const deps = { journal: state.journal, newDropId: state.newDropId, fatal };
  return createWorkerQueue({ bridge, deps, state: worker }, LIMITS);
}

let number = 0;
const take = async () => (await takeBytes(state, Buffer.from(`ID\n${number++}\n`))).drop;

/** Works on the next one, or waits for the page that is being read, as a bridge does. */
async function work(worker: WorkerState, queue: WorkerQueue, done: string[]): Promise<void> {
  queue.fill();
  const drop = worker.queue.shift();
  if (!drop) {
    await new Promise<void>((resolve) => (worker.wake = resolve));
    return;
  }
  worker.active.set(drop.id, Promise.resolve());
  await finishDrop(state, drop.id, 1);
  worker.active.delete(drop.id);
  done.push(drop.id);
}

it("holds no more than its limit, and gives every drop once and in order, those of an earlier process first", async () => {
  const ids: string[] = [];
  for (let count = 0; count < 25; count++) ids.push((await take()).id);
  const worker = newState(new Set());
  const queue = queueOver(worker);
  await queue.load();
  expect(worker.queue).toHaveLength(10);
  const done: string[] = [];
  let longest = 0;
  for (let round = 0; worker.queue.length > 0 || queue.hasMore; round++) {
    if (round < 35) {
      const drop = await take();
      ids.push(drop.id);
      queue.add(drop);
    }
    await work(worker, queue, done);
    longest = Math.max(longest, worker.queue.length);
  }
  expect(done).toEqual(ids);
  expect(longest).toBeLessThanOrEqual(LIMITS.most + LIMITS.low);
  expect([...worker.inherited].toSorted()).toEqual(ids.slice(0, 25));
});

it("finds what was taken while a page was read, also out of order, and gives nothing twice", async () => {
  const worker = newState(new Set());
  const queue = queueOver(worker);
  await queue.load();
  const drops = [];
  for (let pair = 0; pair < 15; pair++) {
    // Takes that run side by side may end in the other order.
    const [first, second] = [await take(), await take()];
    queue.add(second);
    queue.add(first);
    drops.push(first, second);
  }
  expect(worker.queue).toHaveLength(10);
  const done: string[] = [];
  while (worker.queue.length > 0 || queue.hasMore) {
    const reads = worker.queue.length <= LIMITS.low && queue.hasMore;
    const working = work(worker, queue, done);
    if (reads && drops.length < 34) {
      const late = await take();
      drops.push(late);
      queue.add(late);
    }
    await working;
  }
  expect(drops.length).toBeGreaterThan(31);
  expect(done.toSorted()).toEqual(drops.map(({ id }) => id));
});
