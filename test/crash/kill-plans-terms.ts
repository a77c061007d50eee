// Killed while files grow across drops: in the end each record stands in one file once, in its order, and the numbers of the files
// have no gap.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { startReceiver } from "../peers/receiver.ts";
import { expectOnce, expectSettled, messagesAt, range } from "./ends.ts";
import type { KillPlan, Scene } from "./kill.ts";
import { createWorld, httpTarget, leftovers, PLAIN, putDrop, type World } from "./world.ts";

const MAP = '  json: { id: = ID, lauf: "= $batch.number", tag: = $batch.date }';
const FOLDER = 'folder: { path: out, name: "BU_{$batch.date}_{$batch.number}.json" }';

/** One bridge, a drop per kill, a term of a second: kills meet writes, ends of terms and names of files. */
export function term(records: number): KillPlan {
  return {
    name: "files of terms",
    begin(): Promise<Scene> {
      const world = createWorld({
        target: `  ${FOLDER}`,
        deliver: `${PLAIN.deliver}\n  batch: { every: 1s }`,
        map: MAP,
      });
      let drops = 0;
      return Promise.resolve({
        world,
        moved: () => outputOf(world),
        next: () => putDrop(world, `drop-${++drops}.csv`, records, (drops - 1) * records + 1),
        async end() {
          await endTerms(world);
          const all = drops * records;
          const files = expectTerms(world, records, range(1, all));
          await expectSettled(world, { records: all, delivered: all, dead: 0, drops });
          return { drops, records: all, files, lost: 0, twice: 0 };
        },
        close: () => Promise.resolve(),
      });
    },
  };
}

/** Even records grow in files of terms, odd ones go over HTTP, which keeps the drop at work while terms end. */
export function termBeside(records: number): KillPlan {
  return {
    name: "files of terms beside calls",
    async begin(): Promise<Scene> {
      const receiver = await startReceiver();
      receiver.rule = (heard) => ({
        delay: Math.random() < 0.02 ? 400 : 5,
        status: 200,
        accept: !receiver.accepted.has(heard.key),
        body: '{"ok":true}',
      });
      const world = createWorld({
        target: httpTarget(`${receiver.origin}/eingang`),
        map: MAP,
        more: `cases:
  - when: = $number(ID) % 2 = 0
    deliver: { batch: { every: 1s }, ${FOLDER} }
  - when: = true
`,
      });
      let drops = 0;
      return {
        world,
        moved: () => receiver.heard.length,
        next: () => putDrop(world, `drop-${++drops}.csv`, records, (drops - 1) * records + 1),
        async end() {
          await endTerms(world);
          const all = drops * records;
          const ids = range(1, all);
          expectOnce(
            receiver,
            ids.filter((id) => id % 2 === 1),
          );
          const files = expectTerms(
            world,
            records,
            ids.filter((id) => id % 2 === 0),
            messagesAt(receiver) as unknown as Tag[],
          );
          await expectSettled(world, { records: all, delivered: all, dead: 0, drops });
          return { drops, records: all, files, lost: 0, twice: 0 };
        },
        close: () => receiver.close(),
      };
    },
  };
}

/** What is still open is ended by the next run after its time. */
async function endTerms(world: World): Promise<void> {
  for (let run = 0; run < 5 && leftovers(join(world.data, "out")).length > 0; run++) {
    await sleep(1_100);
    expect((await world.once()).code).toBe(0);
  }
}

interface Tag {
  readonly tag: string;
  readonly lauf: number;
}

/** Answers how many files there are. `others`: date and number of what went elsewhere. */
function expectTerms(world: World, records: number, wanted: readonly number[], others: readonly Tag[] = []): number {
  const out = join(world.data, "out");
  const files = readdirSync(out).map((name) => {
    const [, date = "", number = ""] = /^BU_([\d-]+)_(\d+)\.json$/.exec(name) ?? [];
    const lines = JSON.parse(readFileSync(join(out, name), "utf8")) as { id: string; lauf: number }[];
    for (const { lauf } of lines) expect(lauf).toBe(Number(number));
    return { date, number: Number(number), ids: lines.map(({ id }) => Number(id)) };
  });
  const tags = [...files.map(({ date, number }) => ({ tag: date, lauf: number })), ...others];
  for (const [, day] of Map.groupBy(tags, ({ tag }) => tag)) {
    const taken = new Set(day.map(({ lauf }) => lauf));
    expect([...taken].toSorted((a, b) => a - b)).toEqual(range(1, taken.size));
  }
  expect(new Set(files.map(({ date, number }) => `${date} ${number}`)).size).toBe(files.length);
  files.sort((a, b) => (a.date === b.date ? a.number - b.number : a.date < b.date ? -1 : 1));
  // Drops come in any order, but one after the other, and each in the order of its records.
  const drops = new Map<number, number[]>();
  let last = -1;
  for (const id of files.flatMap(({ ids }) => ids)) {
    const drop = Math.floor((id - 1) / records);
    if (drop !== last) expect(drops.has(drop), `drop ${drop} goes on behind another one`).toBe(false);
    last = drop;
    const own = drops.get(drop);
    if (own) own.push(id);
    else drops.set(drop, [id]);
  }
  const seen = [...drops].toSorted(([a], [b]) => a - b).flatMap(([, ids]) => ids);
  expect({ count: seen.length, firstOther: seen.findIndex((id, at) => id !== wanted[at]) }).toEqual({
    count: wanted.length,
    firstOther: -1,
  });
  return files.length;
}

/** Changes with every write to a file, its name included. */
function outputOf(world: World): number {
  const out = join(world.data, "out");
  try {
    return readdirSync(out).reduce((sum, name) => sum + readFileSync(join(out, name)).length, 0);
  } catch {
    // Not made yet, or named between the look and the reading.
    return -1;
  }
}
