// Outcomes reach the journal within their time, whatever else is being committed.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createCommitter } from "../../src/core/pipeline/committer.ts";
import { createTracker } from "../../src/core/pipeline/progress.ts";
import type { OpenState } from "../../src/core/journal/types.ts";
import { content, takeNew, testState } from "./journal-state.ts";
import type { TestState } from "./journal-state.ts";

let test: TestState;
let state: OpenState;
beforeEach(async () => {
  test = testState();
  state = await test.open();
});
afterEach(() => test.remove());

describe("the committer", () => {
  it("commits also what came while another commit was under way, without anything coming after it", async () => {
    const drop = await takeNew(state, content("a"));
    const tracker = createTracker(await state.journal.progress(drop));
    const failed = (cause: unknown): never => {
      throw cause;
    };
    const committer = createCommitter(state.journal, drop, tracker, true, failed);
    const flushed = committer.flush();
    // The snapshot of that commit is taken already; a hundred outcomes ask for one of their own.
    tracker.finish(1, 100, 1_000, "delivered");
    committer.outcome(100);
    await flushed;
    expect((await state.journal.progress(drop)).watermark).toBe(0);
    await expect.poll(async () => (await state.journal.progress(drop)).watermark, { timeout: 5_000 }).toBe(100);
    committer.stop();
  });
});
