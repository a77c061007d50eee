// What ordered bridges, careful bridges and receipts ask of the journal: lanes, intents and the names behind an error come back as they
// went in, also after a restart.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OpenState, Progress } from "../../src/core/journal/types.ts";
import { content, letter, progressTo, takeBytes, takeNew, testState } from "./journal-state.ts";
import type { TestState } from "./journal-state.ts";

let test: TestState;
let state: OpenState;
beforeEach(async () => {
  test = testState();
  state = await test.open();
});
afterEach(() => test.remove());

/** Lane 0 stands at record 2 behind a dead letter, lane 1 has gone on to 7: five outcomes up to the highest. */
const LANES: Progress = progressTo(7, { lanes: [2, 7] }, { delivered: 4, dead: 1 });
const first = { ...letter, first: 2, last: 2, facts: { lane: 0, column: "RF", list: "rechtsform" } };

describe("lanes", () => {
  it("stand still one by one, and are what was committed last, also after a restart", async () => {
    const drop = await takeNew(state, content("a"));
    await state.journal.commit({ drop, progress: LANES, dead: [first] });
    await state.close();
    state = await test.open();
    expect(await state.journal.progress(drop)).toEqual(LANES);
    expect(await state.journal.drop(drop)).toMatchObject({ delivered: 4, dead: 1, complete: false });
  });

  it("end a drop when each record has its outcome, and not before", async () => {
    const drop = await takeNew(state, content("a"));
    const all = { ...LANES, lanes: [6, 7], complete: true };
    const short = { ...all, counts: { records: 7, delivered: 5, skipped: 0, dead: 1 } };
    await expect(state.journal.commit({ drop, progress: short, dead: [first], finished: Date.now() })).rejects.toThrow(
      "each of its records",
    );
    const whole = { ...all, counts: { records: 7, delivered: 6, skipped: 0, dead: 1 } };
    await state.journal.commit({ drop, progress: whole, dead: [first], finished: Date.now() });
    expect(await state.journal.drop(drop)).toMatchObject({ state: "done", records: 7, delivered: 6, dead: 1 });
  });

  it.each([
    [
      "more outcomes than records that any lane has passed",
      { counts: { records: 0, delivered: 7, skipped: 0, dead: 1 } },
    ],
    ["ranges beside lanes", { ranges: [[9, 9]] as const }],
    ["a watermark that is no lane's", { watermark: 6, offset: 60 }],
    ["fractions", { lanes: [2.5, 7] }],
    ["more lanes than there are", { lanes: Array.from({ length: 2_000 }, () => 7) }],
  ])("refuse %s", async (_what, changes) => {
    const drop = await takeNew(state, content("a"));
    await expect(state.journal.commit({ drop, progress: { ...LANES, ...changes }, dead: [first] })).rejects.toThrow(
      /^defect|commit/,
    );
    expect((await state.journal.drop(drop))?.delivered).toBe(0);
  });

  it("never go back", async () => {
    const drop = await takeNew(state, content("a"));
    await state.journal.commit({ drop, progress: LANES, dead: [first] });
    const back = { ...LANES, lanes: [1, 7] };
    await expect(state.journal.commit({ drop, progress: back, dead: [] })).rejects.toThrow("went back");
  });
});

describe("an intent", () => {
  it("is there after a crash, and gone with the next commit that has none", async () => {
    const drop = await takeNew(state, content("a"));
    const intended = progressTo(3, { intent: [4, 8] });
    await state.journal.commit({ drop, progress: intended, dead: [] });
    await state.close();
    state = await test.open();
    expect((await state.journal.progress(drop)).intent).toEqual([4, 8]);
    await state.journal.commit({ drop, progress: progressTo(8), dead: [] });
    expect((await state.journal.progress(drop)).intent).toBeUndefined();
  });
});

describe("the names behind an error", () => {
  it("come back with the letter, are replaced by a replay, and outlive the payload", async () => {
    const drop = await takeNew(state, content("a"));
    const progress = progressTo(2, { complete: true }, { records: 2, delivered: 1, dead: 1 });
    await state.journal.commit({ drop, progress, dead: [first], finished: Date.now() });
    const [one] = await state.journal.dead({ drop });
    expect(one?.facts).toEqual({ lane: 0, column: "RF", list: "rechtsform" });
    const failure = { ...letter, facts: { column: "BEGINN", pattern: "dd.MM.yyyy" } };
    const outcome = { deadLetter: one?.id ?? "", delivered: false, failure, raiseGeneration: false };
    await state.journal.replayed([outcome], "system");
    await state.journal.answered(drop);
    await state.journal.purge(Date.now() + 1, () => ({ payload: 0, dead: 0, held: 0 }));
    expect(await state.journal.deadLetter(one?.id ?? "")).toMatchObject({
      state: "expired",
      facts: { column: "BEGINN", pattern: "dd.MM.yyyy" },
    });
  });
});

describe("drops of the same bytes", () => {
  it("are found by their hash, whatever they are called", async () => {
    await takeNew(state, content("a"), { name: "eins.csv" });
    await takeBytes(state, content("a"), { name: "zwei.csv" });
    await takeNew(state, content("b"), { name: "drei.csv" });
    const [one] = await state.journal.drops({});
    const same = await state.journal.drops({ sha256: one?.sha256 ?? "" });
    expect(same.map(({ name }) => name)).toEqual(["eins.csv", "zwei.csv"]);
  });
});
