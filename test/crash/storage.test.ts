import { randomInt } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { testState } from "../core/journal-state.ts";
import type { TestState } from "../core/journal-state.ts";
import { expectAcknowledged, expectSound, runChild } from "./storage-run.ts";

const ROUNDS = 30;

let test: TestState;
beforeAll(() => {
  test = testState();
});
afterAll(() => test.remove());

it(`after ${ROUNDS} kills at random moments every acknowledged drop is there, and nothing else is left over`, async () => {
  let acknowledged = 0;
  const everything: string[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const lines = await runChild(test.dir, `round ${round}`, { killAfter: randomInt(1, 150) });
    expect(lines[0]).toBe("open");
    expect(lines).not.toContain("end");
    everything.push(...lines);
    // Opening at once proves that the lock died with its process.
    const state = await test.open();
    acknowledged += await expectAcknowledged(state, lines);
    const before = (await state.journal.drops({ newestFirst: true, limit: 1 }))[0]?.id ?? "";
    expect(state.newDropId() > before).toBe(true);
    if (round % 10 === 9) await expectSound(state, test.dir);
    await state.close();
  }
  // Otherwise the kills came too early to prove anything.
  expect(acknowledged).toBeGreaterThan(ROUNDS * 3);
  const state = await test.open();
  expect(await expectAcknowledged(state, everything)).toBe(acknowledged);
  await expectSound(state, test.dir);
}, 300_000);
