import { expect, it } from "vitest";
import { acceptedCalls } from "../crash/kill-plans-calls.ts";
import { killRun } from "../crash/kill.ts";

it("200 kills: every call that was accepted has one effect and its answer", async () => {
  const figures = await killRun(acceptedCalls(200), { kills: 200, work: 700 });
  console.log(JSON.stringify(figures));
  expect(figures).toMatchObject({ lost: 0, twice: 0 });
});
