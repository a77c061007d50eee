import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { deadLetterId, dropIds, parseDeadLetterId } from "../../src/core/journal/ids.ts";
import {
  content,
  copyOfJournal,
  finishDrop,
  newDrop,
  readAll,
  sha256,
  takeBytes,
  takeNew,
  testState,
} from "./journal-state.ts";
import type { TestState } from "./journal-state.ts";

describe("ids", () => {
  it("ascend in one millisecond, when the clock goes back, and after a restart", () => {
    let now = 1_795_000_000_000;
    const next = dropIds(() => now);
    const ids = Array.from({ length: 1_000 }, () => next());
    now -= 3_600_000;
    ids.push(next());
    const restarted = dropIds(() => now, ids.at(-1));
    ids.push(restarted(), restarted());
    now += 7_200_000;
    ids.push(restarted());
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[0-9a-hjkmnp-tv-z]{16}$/);
  });

  it("name dead letters by drop and first record", () => {
    expect(parseDeadLetterId(deadLetterId("0193", 118))).toEqual({ drop: "0193", first: 118 });
    expect(parseDeadLetterId("dl-a-b-7")).toEqual({ drop: "a-b", first: 7 });
    for (const wrong of ["", "dl-0193", "dl-../x-1", "dl-0193-0", "dl-0193-1e9", "dl-0193-01"]) {
      expect(parseDeadLetterId(wrong)).toBeUndefined();
    }
  });
});

describe("taking", () => {
  let test: TestState;
  beforeEach(() => {
    test = testState();
  });
  afterEach(() => test.remove());

  it("keeps small and large drops across a restart", async () => {
    const small = content("Erika Beispiel", 2_048);
    const large = content("Max Beispiel", 300_000);
    const state = await test.open();
    const first = await takeNew(state, small, { name: "klein.csv", hint: "klein.csv 2048 17" });
    const second = await takeNew(state, large, { name: "groß.csv" });
    await state.close();
    const again = await test.open();
    expect(await readAll(again, first)).toEqual(small);
    expect(await readAll(again, second)).toEqual(large);
    const open = await again.journal.open("gewerbe");
    expect(open.map(({ id, name, size, state }) => ({ id, name, size, state }))).toEqual([
      { id: first, name: "klein.csv", size: 2_048, state: "open" },
      { id: second, name: "groß.csv", size: 300_000, state: "open" },
    ]);
    expect(open[0]?.sha256).toBe(sha256(small));
    expect(again.spool.used("gewerbe")).toBe(302_048);
    expect(again.newDropId() > second).toBe(true);
  });

  it("recognises the same bytes, per bridge and occurrence, small and large", async () => {
    const state = await test.open();
    for (const bytes of [content("a", 100), content("b", 100_000)]) {
      const first = await takeNew(state, bytes, { name: "1.csv" });
      const again = await takeBytes(state, bytes, { name: "2.csv" });
      expect(again).toMatchObject({
        taken: false,
        drop: { state: "duplicate", duplicateOf: first, name: "2.csv", payload: "purged" },
        earlier: { id: first, name: "1.csv" },
      });
      expect(await takeBytes(state, bytes, { bridge: "wohngeld" })).toMatchObject({ taken: true });
      expect(await takeBytes(state, bytes, { occurrence: 1 })).toMatchObject({ taken: true });
      await expect(readAll(state, again.drop.id)).rejects.toMatchObject({ code: "PAYLOAD_PURGED" });
    }
    const events = (await state.journal.auditEntries({})).map(({ event }) => event);
    expect(events.filter((event) => event === "drop.duplicate")).toHaveLength(2);
    expect(events.filter((event) => event === "drop.taken")).toHaveLength(6);
  });

  it("recognises a duplicate among a hundred copies that come at once", async () => {
    const state = await test.open();
    const results = await Promise.all(Array.from({ length: 100 }, () => takeBytes(state, content("einmal", 500))));
    expect(results.filter(({ taken }) => taken)).toHaveLength(1);
    const [sum] = await state.journal.sums();
    expect(sum).toMatchObject({ drops: 100, spoolBytes: 500 });
    expect(state.spool.used("gewerbe")).toBe(500);
  });

  it("keeps the bytes of a duplicate only while the earlier drop has dead records", async () => {
    const state = await test.open();
    const bytes = content("x", 70_000);
    const first = await takeNew(state, bytes);
    await finishDrop(state, first, 3, [2]);
    const second = await takeBytes(state, bytes);
    expect(second).toMatchObject({ taken: false, drop: { payload: "kept", state: "duplicate" } });
    expect(second.drop.finished).toBeUndefined();
    expect(await readAll(state, second.drop.id)).toEqual(bytes);
    await state.journal.answered(second.drop.id);
    expect((await state.journal.drop(second.drop.id))?.finished).toBeGreaterThan(0);
    await state.journal.dismiss([deadLetterId(first, 2)], "a.muster", "erledigt");
    expect(await takeBytes(state, bytes)).toMatchObject({ taken: false, drop: { payload: "purged" } });
  });

  it("takes the same bytes as new after they were refused, however often", async () => {
    const state = await test.open();
    const bytes = content("1;A");
    const refused = await takeBytes(state, bytes, { ended: "refused" });
    expect(refused).toMatchObject({ taken: true, drop: { state: "refused", payload: "kept", occurrence: 0 } });
    expect(refused.drop.finished).toBeGreaterThan(0);
    expect(await takeBytes(state, bytes, { ended: "refused" })).toMatchObject({
      taken: true,
      drop: { state: "refused", occurrence: 1 },
    });
    expect((await state.journal.unanswered("gewerbe")).map(({ state: one }) => one)).toEqual(["refused", "refused"]);
    expect(await state.journal.open("gewerbe")).toEqual([]);
    const taken = await takeBytes(state, bytes);
    expect(taken).toMatchObject({ taken: true, drop: { state: "open", occurrence: 2 } });
    await finishDrop(state, taken.drop.id, 3, [2]);
    // Of what was delivered before it is a duplicate, and what is left of that is not delivered after the sunset.
    expect(await takeBytes(state, bytes, { ended: "refused" })).toMatchObject({
      taken: false,
      drop: { state: "refused" },
    });
    expect(await takeBytes(state, bytes)).toMatchObject({ taken: false, drop: { state: "duplicate" } });
    await expect(state.journal.release(refused.drop.id, "a.muster")).rejects.toThrow(/not held/);
    expect((await state.journal.sums())[0]).toMatchObject({ held: 0, drops: 5 });
  });

  it("knows hints until the source is settled", async () => {
    const state = await test.open();
    const first = await takeNew(state, content("1"), { hint: "a.csv 1 17", name: "a.csv" });
    await takeNew(state, content("2"), { hint: "b.csv 2 18", name: "b.csv" });
    await takeNew(state, content("3"), { hint: "", name: "c.csv" });
    expect(await state.journal.knownHints("gewerbe")).toEqual(new Set(["a.csv 1 17", "b.csv 2 18"]));
    await state.journal.settled(first);
    expect(await state.journal.knownHints("gewerbe")).toEqual(new Set(["b.csv 2 18"]));
    expect((await state.journal.unsettled("gewerbe")).map(({ name, hint }) => [name, hint])).toEqual([
      ["b.csv", "b.csv 2 18"],
      ["c.csv", ""],
    ]);
    expect((await state.journal.drop(first))?.settled).toBe(true);
    const copy = copyOfJournal(test.dir, join(test.dir, "copy.db"));
    expect(copy.prepare("SELECT count(*) AS n FROM drops WHERE hint IS NOT NULL").get()).toEqual({ n: 1 });
    copy.close();
    expect(await state.journal.knownHints("wohngeld")).toEqual(new Set());
  });

  it("holds after the sunset and releases", async () => {
    const state = await test.open();
    const held = await takeNew(state, content("1"), { ended: "held" });
    expect(await state.journal.open("gewerbe")).toEqual([]);
    expect((await state.journal.unanswered("gewerbe")).map(({ id }) => id)).toEqual([held]);
    await state.journal.answered(held);
    expect((await state.journal.sums())[0]).toMatchObject({ held: 1 });
    await state.journal.release(held, "a.muster");
    expect((await state.journal.open("gewerbe")).map(({ id, answered }) => ({ id, answered }))).toEqual([
      { id: held, answered: false },
    ]);
    expect((await state.journal.sums())[0]).toMatchObject({ held: 0 });
    await expect(state.journal.release(held, "a.muster")).rejects.toMatchObject({ code: "INTERNAL" });
    expect((await state.journal.auditEntries({})).at(-1)).toMatchObject({ event: "drop.released", actor: "a.muster" });
  });

  it("refuses what does not fit, without spoiling what travels with it", async () => {
    const state = await test.open();
    const good = content("gut");
    const results = await Promise.allSettled([
      takeNew(state, good),
      state.journal.take(newDrop(state, { inline: true, size: 5, sha256: "x" })),
      state.journal.take(newDrop(state, { inline: false, size: 70_000, sha256: "y" })),
      state.journal.take(newDrop(state, { id: "../../etc/passwd", size: 3, sha256: "z" }), content("abc")),
      state.journal.settled("0000000000000000"),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "rejected", "rejected"]);
    expect(await state.journal.drops({})).toHaveLength(1);
    expect(await state.journal.auditVerify()).toMatchObject({ entries: 1, broken: undefined });
  });

  it("lists drops by bridge and state, forwards and backwards, in pages", async () => {
    const state = await test.open();
    const ids: string[] = [];
    for (let index = 0; index < 7; index += 1) {
      ids.push(await takeNew(state, content(String(index)), { bridge: index % 2 === 0 ? "gewerbe" : "wohngeld" }));
    }
    await finishDrop(state, ids[0] as string, 0);
    const idsOf = async (filter: Parameters<typeof state.journal.drops>[0]): Promise<number[]> =>
      (await state.journal.drops(filter)).map(({ id }) => ids.indexOf(id));
    expect(await idsOf({})).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(await idsOf({ limit: 3 })).toEqual([0, 1, 2]);
    expect(await idsOf({ limit: 3, after: ids[2] as string })).toEqual([3, 4, 5]);
    expect(await idsOf({ limit: 3, newestFirst: true })).toEqual([6, 5, 4]);
    expect(await idsOf({ limit: 3, newestFirst: true, after: ids[4] as string })).toEqual([3, 2, 1]);
    expect(await idsOf({ bridge: "wohngeld" })).toEqual([1, 3, 5]);
    expect(await idsOf({ bridge: "gewerbe", state: "open" })).toEqual([2, 4, 6]);
    expect(await idsOf({ state: "done" })).toEqual([0]);
    expect(await state.journal.drop("nirgends")).toBeUndefined();
  });

  it("reads lists of more than one page whole", async () => {
    const state = await test.open();
    const count = 1_203;
    await Promise.all(
      Array.from({ length: count }, (_, index) => takeNew(state, content(`Nr. ${index}`), { hint: `h${index}` })),
    );
    expect(await state.journal.open("gewerbe")).toHaveLength(count);
    expect(await state.journal.drops({ limit: 1_100 })).toHaveLength(1_100);
    expect((await state.journal.knownHints("gewerbe")).size).toBe(count);
    expect(await state.journal.auditEntries({ limit: 1_150 })).toHaveLength(1_150);
  });
});

describe("documents of bridges", () => {
  let test: TestState;
  beforeEach(() => {
    test = testState();
  });
  afterEach(() => test.remove());

  it("keeps entries, and audits a change in the same step", async () => {
    const state = await test.open();
    await state.journal.set("paused/gewerbe", { since: 17 });
    await state.journal.set("paused/wohngeld", true, {
      at: 17,
      event: "bridge.paused",
      bridge: "wohngeld",
      drop: undefined,
      actor: "a.muster",
      facts: { ticket: "T-1" },
    });
    await state.journal.set("clock", 4);
    await state.close();
    const again = await test.open();
    expect(await again.journal.get("paused/gewerbe")).toEqual({ since: 17 });
    expect(await again.journal.entries("paused/")).toEqual(
      new Map<string, unknown>([
        ["paused/gewerbe", { since: 17 }],
        ["paused/wohngeld", true],
      ]),
    );
    await again.journal.set("paused/gewerbe", undefined);
    expect(await again.journal.get("paused/gewerbe")).toBeUndefined();
    expect(await again.journal.auditEntries({ bridge: "wohngeld" })).toMatchObject([
      { event: "bridge.paused", actor: "a.muster", facts: { ticket: "T-1" } },
    ]);
  });

  it("gives batch numbers in order, and the same again for the same key", async () => {
    const state = await test.open();
    const number = (date: string, key: string, bridge = "gewerbe"): Promise<number> =>
      state.journal.batchNumber(bridge, date, key);
    expect(
      await Promise.all([number("2026-11-20", "a"), number("2026-11-20", "b"), number("2026-11-20", "a")]),
    ).toEqual([1, 2, 1]);
    expect(await number("2026-11-21", "a")).toBe(1);
    expect(await number("2026-11-20", "a\u00001", "wohngeld")).toBe(1);
    expect(await number("2026-11-20", "a\u00002", "wohngeld")).toBe(2);
    await state.close();
    const again = await test.open();
    expect(await again.journal.batchNumber("gewerbe", "2026-11-20", "b")).toBe(2);
    expect(await again.journal.batchNumber("gewerbe", "2026-11-20", "c")).toBe(3);
  });

  it("keeps versions of a bridge folder", async () => {
    const state = await test.open();
    const files = new Map([
      ["bridge.yaml", content("bridge: gewerbe")],
      ["codes/rechtsform.csv", content("1;GmbH")],
    ]);
    await state.journal.keepVersion("abc", files);
    await state.journal.keepVersion("abc", files);
    expect(await state.journal.version("def")).toBeUndefined();
    const kept = await state.journal.version("abc");
    expect([...(kept ?? [])].map(([name, bytes]) => [name, Buffer.from(bytes).toString()])).toEqual(
      [...files].map(([name, bytes]) => [name, bytes.toString()]),
    );
  });
});
