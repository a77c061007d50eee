import { expect, it } from "vitest";
import { acceptedCalls } from "./kill-plans-calls.ts";
import { killRun } from "./kill.ts";

/** A few rounds of what the long run does two hundred times. */
it("SIGKILL at random moments: every call that was accepted has one effect and its answer", async () => {
  expect(await killRun(acceptedCalls(60), { kills: 4, work: 400 })).toMatchObject({ lost: 0, twice: 0 });
}, 120_000);
