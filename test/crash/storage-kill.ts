// Killed at random moments, round after round on the same state: what was acknowledged is there, and nothing else is left over.

import { randomInt } from "node:crypto";
import { expect } from "vitest";
import { testState } from "../core/journal-state.ts";
import { expectAcknowledged, expectSound, runChild } from "./storage-run.ts";

/** Answers how many drops were acknowledged in all. */
export async function killStorage(rounds: number): Promise<number> {
  const test = testState();
  try {
    let acknowledged = 0;
    const everything: string[] = [];
    for (let round = 0; round < rounds; round += 1) {
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
    expect(acknowledged).toBeGreaterThan(rounds * 2);
    const state = await test.open();
    expect(await expectAcknowledged(state, everything)).toBe(acknowledged);
    await expectSound(state, test.dir);
    return acknowledged;
  } finally {
    await test.remove();
  }
}
