import { describe, expect, it } from "vitest";
import type { Call } from "../crash/boundaries.ts";
import { term, termBeside } from "../crash/kill-plans-terms.ts";
import { killRun } from "../crash/kill.ts";
import { describeWithStrace } from "../crash/strace.ts";
import { termBoundary } from "../crash/terms-boundary.ts";

describe("SIGKILL at random moments", () => {
  it.each([
    { plan: term(6_000), kills: 60 },
    { plan: termBeside(400), kills: 60 },
  ])("$kills times, $plan.name: nothing lost, nothing twice", async ({ plan, kills }) => {
    const figures = await killRun(plan, { kills, work: 1_500 });
    console.log(JSON.stringify(figures));
    expect(figures).toMatchObject({ lost: 0, twice: 0 });
  });
});

describeWithStrace("killed at every door of a system call while a term ends", () => {
  it.each(["fsync", "rename", "link", "unlink", "truncate", "journal and file writes"] satisfies Call[])(
    "%s: after each kill each record is in one file once",
    async (call) => {
      let kills = 0;
      while ((await termBoundary(call, kills + 1)) === "killed") kills++;
      console.log(JSON.stringify({ target: "terms", call, kills, lost: 0, twice: 0 }));
      expect(kills).toBeGreaterThan(0);
    },
  );
});
