// What the process works on while it is killed: single messages, refused batches, growing files, ordered bridges.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { startReceiver, type Behaviour, type Heard, type Receiver } from "../peers/receiver.ts";
import { expectOnce, expectSettled, lettersIn, messagesAt, range } from "./ends.ts";
import type { KillPlan, Scene } from "./kill.ts";
import { createWorld, PLAIN, putDrop, type World, type WorldOptions } from "./world.ts";

/** Answers 500 or resets after having accepted, both now and then; never lets a key take effect twice. */
export function misbehaviour(receiver: Receiver, heard: Heard): Behaviour | undefined {
  const dice = Math.random();
  const accept = !receiver.accepted.has(heard.key);
  if (dice < 0.05) return { accept, status: 500 };
  if (dice < 0.07) return { accept, instead: "reset" };
  return undefined;
}

/** Slow enough that the records last for all the kills, by how far kills and records have come. */
function pace(receiver: Receiver, scene: { kill: number }, kills: number, requests: number): number {
  const isAhead = receiver.accepted.size / requests > (scene.kill + 0.5) / (kills + 1);
  return isAhead ? 40 : 2;
}

interface HttpPlan extends Omit<WorldOptions, "url" | "target"> {
  readonly records: number;
  /** Requests that all records make, about: for the pace. */
  readonly requests?: number;
  /** The target's answer to what it refuses; such requests have no effect. */
  readonly refuse?: (heard: Heard) => Behaviour | undefined;
  readonly end: (receiver: Receiver, world: World) => Promise<Readonly<Record<string, number>>>;
}

function overHttp(name: string, plan: HttpPlan): KillPlan {
  return {
    name,
    async begin(kills): Promise<Scene> {
      const { records, requests = records, refuse, end, ...options } = plan;
      const receiver = await startReceiver();
      const now = { kill: 0 };
      receiver.rule = (heard) => {
        const delay = pace(receiver, now, kills, requests);
        const wrong = refuse?.(heard) ?? misbehaviour(receiver, heard);
        // Without an own word the receiver stays honest, only slower.
        if (wrong) return { delay, ...wrong };
        return { delay, status: 200, accept: !receiver.accepted.has(heard.key), body: '{"ok":true}' };
      };
      const world = createWorld({ url: `${receiver.origin}/eingang`, ...options });
      putDrop(world, "a.csv", records / 2, 1);
      putDrop(world, "b.csv", records / 2, records / 2 + 1);
      return {
        world,
        moved: () => receiver.heard.length,
        next: (kill) => void (now.kill = kill),
        async end() {
          const figures = await end(receiver, world);
          const requested = receiver.heard.length;
          return {
            records,
            requests: requested,
            repeated: requested - new Set(receiver.heard.map(({ key }) => key)).size,
            ...figures,
          };
        },
        close: () => receiver.close(),
      };
    },
  };
}

export function singles(records: number): KillPlan {
  return overHttp("single messages", {
    records,
    async end(receiver, world) {
      expectOnce(receiver, range(1, records));
      await expectSettled(world, { records, delivered: records, dead: 0, drops: 2 });
      return { lost: 0, twice: 0 };
    },
  });
}

const isBad = (id: number): boolean => id % 97 === 0;
const refuseBad =
  (status: number) =>
  (heard: Heard): Behaviour | undefined => {
    const body = JSON.parse(heard.body.toString()) as { id: string }[];
    return body.some(({ id }) => isBad(Number(id))) ? { accept: false, status, body: "not this one" } : undefined;
  };

/**
 * Batches of 50; the target refuses those with a bad record, so they are halved until the bad one stands alone. Where it says 422,
 * the bad one is refused or, if it may have been sent before, unsure: a person decides. The good ones arrive either way.
 */
export function batches(records: number, status: 400 | 422): KillPlan {
  return overHttp(`refused batches, ${status}`, {
    records,
    requests: (records / 50) * 4,
    deliver: `${PLAIN.deliver}\n  batch: { records: 50 }`,
    refuse: refuseBad(status),
    async end(receiver, world) {
      const good = range(1, records).filter((id) => !isBad(id));
      expectOnce(receiver, good);
      const dead = records - good.length;
      await expectSettled(world, { records, delivered: good.length, dead, drops: 2 });
      const unsure = (await lettersIn(world)).filter(({ code }) => code === "DELIVERY_UNSURE").length;
      return { lost: 0, twice: 0, dead, unsure };
    },
  });
}

/** One lane: what takes effect at the target does so in the order of the records, over both drops. */
export function strict(records: number): KillPlan {
  return overHttp("order: strict", {
    records,
    more: "order: strict\n",
    async end(receiver, world) {
      expectOnce(receiver, range(1, records));
      expect(messagesAt(receiver).map(({ id }) => Number(id))).toEqual(range(1, records));
      await expectSettled(world, { records, delivered: records, dead: 0, drops: 2 });
      return { lost: 0, twice: 0 };
    },
  });
}

/** By key: what takes effect does so in order for each key. */
export function byKey(records: number): KillPlan {
  return overHttp("order by key", {
    records,
    more: "order: { by: = NAME }\n",
    async end(receiver, world) {
      expectOnce(receiver, range(1, records));
      const groups = Map.groupBy(messagesAt(receiver), ({ name }) => name);
      for (const [, messages] of groups) {
        const ids = messages.map(({ id }) => Number(id));
        expect(ids).toEqual(ids.toSorted((a, b) => a - b));
      }
      await expectSettled(world, { records, delivered: records, dead: 0, drops: 2 });
      return { lost: 0, twice: 0, keys: groups.size };
    },
  });
}

/** One file per drop that grows: in the end it has every record once, in order. A new drop comes every few kills. */
export function growing(records: number, every: number): KillPlan {
  return {
    name: "growing files",
    begin(): Promise<Scene> {
      const world = createWorld({
        target: '  folder: { path: out, name: "{$file.stem}.json" }',
        deliver: `${PLAIN.deliver}\n  batch: { drop: true }`,
      });
      let drops = 0;
      const out = join(world.data, "out");
      return Promise.resolve({
        world,
        moved: () => partBytes(out),
        next(kill) {
          if (kill % every !== 0) return;
          drops++;
          putDrop(world, `drop-${drops}.csv`, records, drops * records + 1);
        },
        async end() {
          for (let drop = 1; drop <= drops; drop++) {
            const body = JSON.parse(readFileSync(join(out, `drop-${drop}.json`), "utf8")) as { id: string }[];
            const ids = body.map(({ id }) => Number(id));
            const wanted = range(drop * records + 1, (drop + 1) * records);
            expect(ids.length).toBe(records);
            expect(ids.findIndex((id, index) => id !== wanted[index])).toBe(-1);
          }
          expect(readdirSync(out)).toHaveLength(drops);
          await expectSettled(world, { records: drops * records, delivered: drops * records, dead: 0, drops });
          return { drops, records: drops * records, lost: 0, twice: 0 };
        },
        close: () => Promise.resolve(),
      });
    },
  };
}

/**
 * Two targets of one drop: even records grow in a file, odd ones go over HTTP in batches that are refused and halved. What one
 * of them commits must never stand for the other.
 */
export function mixed(records: number): KillPlan {
  return overHttp("a growing file beside refused batches", {
    records,
    requests: records / 10,
    deliver: `${PLAIN.deliver}\n  batch: { records: 20 }`,
    more: `cases:
  - when: = $number(ID) % 2 = 0
    deliver:
      batch: { drop: true }
      folder: { path: out, name: "{$file.stem}.json" }
  - when: = true
`,
    refuse: refuseBad(400),
    async end(receiver, world) {
      const odd = range(1, records).filter((id) => id % 2 === 1);
      const good = odd.filter((id) => !isBad(id));
      expectOnce(receiver, good);
      const inFiles = ["a.json", "b.json"].flatMap(
        (name) => JSON.parse(readFileSync(join(world.data, "out", name), "utf8")) as { id: string }[],
      );
      expect(inFiles.map(({ id }) => Number(id))).toEqual(range(1, records).filter((id) => id % 2 === 0));
      const dead = odd.length - good.length;
      await expectSettled(world, { records, delivered: records - dead, dead, drops: 2 });
      return { lost: 0, twice: 0, dead };
    },
  });
}

/** How much lies in the unfinished and finished files: changes with every write. */
function partBytes(folder: string): number {
  try {
    return readdirSync(folder).reduce((sum, name) => sum + readFileSync(join(folder, name)).length, 0);
  } catch {
    // Not made yet, or named between the look and the reading.
    return -1;
  }
}
