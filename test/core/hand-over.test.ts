// Handing over as the journal knows it: before a file lies there, once in the trail, never again a drop of ours, erased in the end.

import { afterEach, expect, it } from "vitest";
import type { OpenState } from "../../src/core/journal/types.ts";
import { content, DAY, readAll, takeBytes, takeNew, testState } from "./journal-state.ts";

const place = testState();
afterEach(async () => await place.remove());

const what = (drop: string) => ({ drop, actor: "local:a.muster", ticket: "T-1", folder: "/srv/uebergabe" });
const RETENTION = { payload: 7 * DAY, dead: 30 * DAY, held: 90 * DAY };

async function events({ journal }: OpenState): Promise<readonly string[]> {
  return (await journal.auditEntries({ limit: 100 }))
    .map(({ event }) => event)
    .filter((event) => event.startsWith("drop.hand"));
}

it("leaves the drop to the successor before anything lies there, and says each step once", async () => {
  const state = await place.open();
  const { journal } = state;
  const drop = await takeNew(state, content("a"), { ended: "held" });
  await journal.answered(drop, "held");
  expect(await journal.handOver(what(drop))).toMatchObject({
    state: "handed-over",
    finished: undefined,
    answered: true,
  });
  expect((await journal.sums())[0]).toMatchObject({ held: 0 });
  expect(await journal.drops({ state: "handed-over", unfinished: true })).toHaveLength(1);
  // Cut here, it is neither released nor held again; the bytes are there for the next try.
  expect(await journal.release(drop, "system")).toBe(false);
  expect(await readAll(state, drop)).toEqual(content("a"));
  expect(await journal.handOver(what(drop))).toMatchObject({ state: "handed-over" });
  await journal.handedOver(what(drop));
  await journal.handedOver(what(drop));
  expect(await journal.drop(drop)).toMatchObject({ state: "handed-over", answered: false });
  expect(await journal.drops({ state: "handed-over", unfinished: true })).toEqual([]);
  expect(await events(state)).toEqual(["drop.hand-over", "drop.handed-over"]);
  expect((await journal.auditVerify()).broken).toBeUndefined();
});

it("takes no drop that is not held, and no second coming", async () => {
  const state = await place.open();
  const { journal } = state;
  const open = await takeNew(state, content("a"));
  expect(await journal.handOver(what(open))).toMatchObject({ state: "open" });
  await expect(journal.handedOver(what(open))).rejects.toMatchObject({ code: "INTERNAL" });
  expect(await journal.handOver(what("nobody"))).toBeUndefined();
  expect(await events(state)).toEqual([]);
});

it("an answer that spoke of the held drop does not stand for the one of its end", async () => {
  const state = await place.open();
  const { journal } = state;
  const drop = await takeNew(state, content("a"), { ended: "held" });
  // The receipt `gehalten` is being written while the drop is released.
  expect(await journal.release(drop, "system")).toBe(true);
  await journal.answered(drop, "held");
  expect(await journal.drop(drop)).toMatchObject({ state: "open", answered: false });
});

it.each([true, false])("is erased with its receipt (%s), and the same bytes are still known", async (answered) => {
  const state = await place.open();
  const { journal } = state;
  const drop = await takeNew(state, content("a"), { ended: "held" });
  await journal.answered(drop, "held");
  await journal.handOver(what(drop));
  // What does not lie there yet is never erased.
  await journal.purge(Date.now() + 400 * DAY, () => RETENTION);
  expect(await journal.drop(drop)).toMatchObject({ payload: "kept" });
  await journal.handedOver(what(drop));
  if (answered) await journal.answered(drop, "handed-over");
  const days = answered ? 8 : 91;
  await journal.purge(Date.now() + (days - 2) * DAY, () => RETENTION);
  expect(await journal.drop(drop)).toMatchObject({ payload: "kept" });
  await journal.purge(Date.now() + days * DAY, () => RETENTION);
  expect(await journal.drop(drop)).toMatchObject({ payload: "purged", state: "handed-over" });
  expect((await journal.sums())[0]).toMatchObject({ held: 0, spoolBytes: 0 });
  expect(await takeBytes(state, content("a"), {})).toMatchObject({ taken: false, drop: { state: "duplicate" } });
});
