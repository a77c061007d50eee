import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { deadLetterId } from "../../src/core/journal/ids.ts";
import type { OpenState, ReplayOutcome } from "../../src/core/journal/types.ts";
import { content, finishDrop, letter, progressTo, takeNew, testState } from "./journal-state.ts";
import type { TestState } from "./journal-state.ts";

let test: TestState;
let state: OpenState;
let drop: string;
beforeEach(async () => {
  test = testState();
  state = await test.open();
  drop = await takeNew(state, content("a"));
});
afterEach(() => test.remove());

const outcome = (first: number, over: Partial<ReplayOutcome>): ReplayOutcome => ({
  deadLetter: deadLetterId(drop, first),
  delivered: false,
  raiseGeneration: false,
  ...over,
});

describe("dead letters", () => {
  it("stand for a range, keep facts in the clear and values sealed", async () => {
    await state.journal.commit({
      drop,
      progress: progressTo(9, { complete: true }, { records: 9, delivered: 5, dead: 4 }),
      dead: [
        { ...letter, first: 3, last: 3, facts: { column: "Datum" } },
        { ...letter, first: 7, last: 9, detail: undefined },
      ],
      finished: 1,
    });
    expect(await state.journal.dead({ drop })).toMatchObject([
      { id: deadLetterId(drop, 3), first: 3, last: 3, bridge: "gewerbe", state: "open", attempts: 1, generation: 0 },
      { id: deadLetterId(drop, 7), first: 7, last: 9, facts: undefined },
    ]);
    const one = await state.journal.deadLetter(deadLetterId(drop, 3));
    expect(one).toMatchObject({ facts: { column: "Datum" }, closedBy: undefined, closedReason: undefined });
    expect(one).not.toHaveProperty("detail");
    expect(await state.journal.deadDetail(deadLetterId(drop, 3), "system")).toBe("32.13.2026");
    expect(await state.journal.deadDetail(deadLetterId(drop, 7), "system")).toBeUndefined();
    expect(await state.journal.deadDetail("dl-nichts-1", "system")).toBeUndefined();
    expect(await state.journal.drop(drop)).toMatchObject({ records: 9, delivered: 5, dead: 4 });
  });

  it("audit each look of a person at the values, not those of the system", async () => {
    await finishDrop(state, drop, 2, [1]);
    await state.journal.deadDetail(deadLetterId(drop, 1), "system");
    expect(await state.journal.deadDetail(deadLetterId(drop, 1), "a.muster")).toBe("detail of 1");
    const looks = (await state.journal.auditEntries({})).filter(({ event }) => event === "dead.viewed");
    expect(looks).toMatchObject([{ actor: "a.muster", drop, facts: { which: "1" } }]);
  });

  it("move to delivered or skipped by a replay, once", async () => {
    await finishDrop(state, drop, 10, [2, 4, 6]);
    await state.journal.replayed([outcome(2, { delivered: true }), outcome(4, { skipped: true })], "a.muster");
    await state.journal.replayed([outcome(2, { delivered: true }), outcome(4, { delivered: true })], "b.muster");
    expect(await state.journal.drop(drop)).toMatchObject({ records: 10, delivered: 8, skipped: 1, dead: 1 });
    expect((await state.journal.sums())[0]).toMatchObject({
      delivered: 8,
      skipped: 1,
      dead: 1,
      openDead: 1,
      pending: 0,
      oldestDead: (await state.journal.dead({ state: "open" }))[0]?.created,
    });
    expect(await state.journal.dead({ state: "delivered" })).toMatchObject([
      { first: 2, closedBy: "a.muster", attempts: 2 },
      { first: 4, closedBy: "a.muster" },
    ]);
    expect(await state.journal.dead({ state: "open" })).toMatchObject([{ first: 6 }]);
    const events = (await state.journal.auditEntries({})).slice(2).map(({ event, facts }) => [event, facts["which"]]);
    expect(events).toEqual([
      ["drop.finished", undefined],
      ["dead.delivered", "2"],
      ["dead.skipped", "4"],
    ]);
  });

  it("take the reason of the last attempt, and a new generation only when told so", async () => {
    await finishDrop(state, drop, 2, [1]);
    const failure = {
      stage: "deliver",
      code: "DELIVERY_REFUSED",
      message: "DELIVERY_REFUSED the target said 422",
      detail: "body of the target",
      attempts: 3,
      facts: { status: 422 },
    } as const;
    await state.journal.replayed([outcome(1, { failure, raiseGeneration: true })], "system");
    expect(await state.journal.deadLetter(deadLetterId(drop, 1))).toMatchObject({
      stage: "deliver",
      code: "DELIVERY_REFUSED",
      message: failure.message,
      facts: { status: 422 },
      attempts: 3,
      generation: 1,
      state: "open",
      created: expect.any(Number) as number,
    });
    expect(await state.journal.deadDetail(deadLetterId(drop, 1), "system")).toBe("body of the target");
    await state.journal.replayed([outcome(1, { failure: { ...failure, attempts: 1 } })], "system");
    expect(await state.journal.deadLetter(deadLetterId(drop, 1))).toMatchObject({ attempts: 4, generation: 1 });
    expect((await state.journal.drop(drop))?.dead).toBe(1);
  });

  it("are dismissed with who and why; still dead, and delivered all the same if a replay under way says so", async () => {
    await finishDrop(state, drop, 5, [1, 2, 3]);
    const ids = [1, 2, 2, 9].map((first) => deadLetterId(drop, first));
    expect(await state.journal.dismiss(ids, "a.muster", "Herr Beispiel ist verzogen")).toBe(2);
    expect(await state.journal.dismiss(ids, "b.muster", "nochmals")).toBe(0);
    expect(await state.journal.deadLetter(deadLetterId(drop, 1))).toMatchObject({
      state: "dismissed",
      closedBy: "a.muster",
      closedReason: "Herr Beispiel ist verzogen",
    });
    expect(await state.journal.drop(drop)).toMatchObject({ dead: 3, delivered: 2 });
    expect((await state.journal.sums())[0]).toMatchObject({ dead: 3, openDead: 1, oldestDead: expect.any(Number) });
    await state.journal.replayed([outcome(1, { delivered: true })], "system");
    expect(await state.journal.drop(drop)).toMatchObject({ dead: 2, delivered: 3 });
    expect((await state.journal.sums())[0]).toMatchObject({ dead: 2, openDead: 1 });
    const entry = (await state.journal.auditEntries({})).find(({ event }) => event === "dead.dismissed");
    expect(entry).toMatchObject({ actor: "a.muster", facts: { records: 2, which: "1, 2" } });
    expect(JSON.stringify(entry)).not.toContain("Beispiel");
  });

  it("refuse a replay of what is unknown, whole", async () => {
    await finishDrop(state, drop, 2, [1]);
    const outcomes = [outcome(1, { delivered: true }), outcome(2, { delivered: true })];
    await expect(state.journal.replayed(outcomes, "system")).rejects.toMatchObject({ code: "INTERNAL" });
    expect(await state.journal.dead({ drop, state: "open" })).toHaveLength(1);
  });

  it("can be replayed while the drop is still in work", async () => {
    await state.journal.commit({
      drop,
      progress: progressTo(3, {}, { delivered: 2, dead: 1 }),
      dead: [{ ...letter, first: 2, last: 2 }],
    });
    await state.journal.replayed([outcome(2, { delivered: true })], "a.muster");
    // The engine's own counts know nothing of the replay, and go on from where they were.
    expect((await state.journal.progress(drop)).counts).toMatchObject({ delivered: 2, dead: 1 });
    await state.journal.commit({
      drop,
      progress: progressTo(5, { complete: true }, { records: 5, delivered: 4, dead: 1 }),
      dead: [],
      finished: 1,
    });
    expect(await state.journal.drop(drop)).toMatchObject({ records: 5, delivered: 5, dead: 0 });
  });

  it("are listed by bridge, drop and state, in pages and in order", async () => {
    const dead = [1, 2, 3, 10, 11];
    await finishDrop(state, drop, 12, dead);
    const other = await takeNew(state, content("b"), { bridge: "wohngeld" });
    await finishDrop(state, other, 2, [2]);
    const firsts = async (filter: Parameters<typeof state.journal.dead>[0]): Promise<number[]> =>
      (await state.journal.dead(filter)).map(({ first }) => first);
    expect(await firsts({})).toEqual([...dead, 2]);
    expect(await firsts({ drop, limit: 2 })).toEqual([1, 2]);
    expect(await firsts({ after: deadLetterId(drop, 2), limit: 2 })).toEqual([3, 10]);
    expect(await firsts({ after: deadLetterId(drop, 11) })).toEqual([2]);
    expect(await firsts({ bridge: "wohngeld", state: "open" })).toEqual([2]);
    await expect(state.journal.dead({ after: "dl-x" })).rejects.toMatchObject({ code: "INTERNAL" });
  });

  it("cut texts that no error has", async () => {
    const huge = "x".repeat(200_000);
    await state.journal.commit({
      drop,
      progress: progressTo(1, {}, { delivered: 0, dead: 1 }),
      dead: [{ ...letter, first: 1, last: 1, message: huge, detail: huge }],
    });
    expect((await state.journal.deadLetter(deadLetterId(drop, 1)))?.message).toHaveLength(4_096);
    expect(await state.journal.deadDetail(deadLetterId(drop, 1), "system")).toHaveLength(65_536);
  });
});
