// Records that a split deals to two targets, while the process is killed and the list of who has moved changes between the kills: each
// record goes to one of both, by the list that its drop was taken with, and the counts are those of what went there.

import { expect } from "vitest";
import { openState } from "../../src/core/journal/open.ts";
import { splitCounts } from "../../src/core/pipeline/split-counts.ts";
import { startReceiver } from "../peers/receiver.ts";
import { expectOnce, expectSettled, range } from "./ends.ts";
import type { KillPlan, Scene } from "./kill.ts";
import { misbehaviour } from "./kill-plans.ts";
import { createWorld, PLAIN, putDrop } from "./world.ts";

/** `records` come in each of as many drops as there are kills, and one at the start. */
export function split(records: number): KillPlan {
  return {
    name: "a split whose list changes",
    async begin(): Promise<Scene> {
      const receiver = await startReceiver();
      receiver.rule = (heard) =>
        misbehaviour(receiver, heard) ?? {
          delay: 3,
          status: 200,
          accept: !receiver.accepted.has(heard.key),
          body: "{}",
        };
      const deliver = (kill: number): string =>
        `${PLAIN.deliver}\n  split: { by: "= $string($number(ID) % 4)", values: ["${kill % 4}"], to: { http: { url: "${receiver.origin}/neu" } } }`;
      const world = createWorld({ url: `${receiver.origin}/alt`, deliver: deliver(0) });
      let drops = 0;
      const more = (): void => putDrop(world, `drop-${++drops}.csv`, records, (drops - 1) * records + 1);
      more();
      return {
        world,
        moved: () => receiver.heard.length,
        next(kill) {
          world.bridge({ deliver: deliver(kill) });
          more();
        },
        async end() {
          const all = drops * records;
          expectOnce(receiver, range(1, all));
          const paths = Map.groupBy(receiver.heard, ({ key }) => key);
          const both = [...paths.values()].filter((heard) => new Set(heard.map(({ path }) => path)).size > 1).length;
          await expectSettled(world, { records: all, delivered: all, dead: 0, drops });
          const { journal, close } = await openState({ dir: world.state, log: () => undefined });
          const counts = (await splitCounts(journal)).get("crash") ?? { moved: 0, stayed: 0 };
          await close();
          const there = [...paths.values()].filter((heard) => heard[0]?.path === "/neu").length;
          expect({ both, ...counts }).toEqual({ both: 0, moved: there, stayed: all - there });
          expect(there).toBeGreaterThan(0);
          return { records: all, moved: there, lost: 0, twice: 0 };
        },
        close: () => receiver.close(),
      };
    },
  };
}
