import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { deadLetterId } from "../../src/core/journal/ids.ts";
import { loadKeys } from "../../src/core/journal/key-file.ts";
import { openDatabase } from "../../src/core/journal/store/database.ts";
import { purgeBridge, type Erased } from "../../src/core/journal/store/purge.ts";
import { createStore } from "../../src/core/journal/store/store.ts";
import type { OpenState, Retention } from "../../src/core/journal/types.ts";
import {
  DAY,
  content,
  copyOfJournal,
  filesWith,
  finishDrop,
  letter,
  progressTo,
  readAll,
  takeBytes,
  takeNew,
  testState,
} from "./journal-state.ts";
import type { TestState } from "./journal-state.ts";

const retention: Retention = { payload: 7 * DAY, dead: 30 * DAY, held: 90 * DAY };
const keep = (): Retention => retention;

let test: TestState;
let state: OpenState;
let now = 1_795_000_000_000;
beforeEach(async () => {
  now = 1_795_000_000_000;
  test = testState();
  state = await test.open({ clock: () => now });
});
afterEach(() => test.remove());

async function answeredDrop(bytes: Uint8Array, records = 3, dead: readonly number[] = []): Promise<string> {
  const drop = await takeNew(state, bytes);
  await state.journal.commit({
    drop,
    progress: progressTo(records, { complete: true }, { records, delivered: records - dead.length, dead: dead.length }),
    dead: dead.map((first) => ({ ...letter, first, last: first })),
    finished: now,
  });
  await state.journal.answered(drop);
  return drop;
}

describe("numbers", () => {
  it("of days are forgotten, a sequence without days goes on however long it rested", async () => {
    const number = async (date: string, key: string): Promise<number> =>
      await state.journal.batchNumber("gewerbe", date, key);
    for (const key of ["a", "b", "c"]) for (const date of ["2026-11-20", ""]) await number(date, key);
    now += 401 * DAY;
    await state.journal.purge(now, keep);
    expect(await number("2026-11-20", "d")).toBe(1);
    expect(await number("", "d")).toBe(4);
    expect(await number("", "c")).toBe(3);
    // Forgotten, so it is another one.
    expect(await number("", "a")).toBe(5);
  });
});

describe("a drop with many dead letters", () => {
  it("is erased in steps, so that no commit waits for all of them; a crash between two of them leaves nothing out", async () => {
    const count = 2_500;
    const drop = await takeNew(state, content("a"));
    const dead = Array.from({ length: count }, (_, i) => ({
      ...letter,
      first: i + 1,
      last: i + 1,
      detail: "Erika Muster",
    }));
    const progress = progressTo(count, { complete: true }, { records: count, delivered: 0, dead: count });
    await state.journal.commit({ drop, progress, dead, finished: now });
    await state.journal.answered(drop);
    await state.close();
    const opened = openDatabase(join(test.dir, "journal.db"));
    const store = createStore(opened, loadKeys(test.dir, undefined, false, () => undefined).keys);
    const step = (from: Erased["next"]): Erased =>
      purgeBridge(store, { bridge: "gewerbe", at: now + 31 * DAY, retention, from });
    const first = step(undefined);
    expect(first).toMatchObject({ drops: 0, expired: 1_000, more: true });
    for (let i = 0; i < 2; i++) expect(step(undefined).drops).toBe(0);
    // All have expired; now the details go, a thousand at a time.
    const second = step({ drop, letter: 1_000 });
    expect(second).toMatchObject({ drops: 0, more: true, next: { drop, letter: 2_000 } });
    const left = "SELECT count(*) AS n FROM dead_letters WHERE detail IS NOT NULL";
    expect(opened.prepare(left).get()).toEqual({ n: 500 });
    opened.close();
    state = await test.open({ clock: () => now });
    expect(await state.journal.purge(now + 31 * DAY, keep)).toMatchObject({ drops: 1, expired: 0 });
    expect(await state.journal.deadDetail(deadLetterId(drop, count), "system")).toBeUndefined();
    expect(await state.journal.drop(drop)).toMatchObject({ payload: "purged", dead: count });
  });
});

describe("retention", () => {
  it("keeps the payload until the answer and its days are over", async () => {
    const small = await answeredDrop(content("a"));
    const large = await answeredDrop(content("b", 70_000));
    const unanswered = await takeNew(state, content("c"));
    await finishDrop(state, unanswered, 1);
    const unfinished = await takeNew(state, content("d"));
    expect(await state.journal.purge(now + 7 * DAY - 1, keep)).toEqual({ drops: 0, expired: 0, bytes: 0 });
    expect(await state.journal.purge(now + 7 * DAY, keep)).toEqual({ drops: 2, expired: 0, bytes: 70_001 });
    expect(await state.journal.purge(now + 900 * DAY, keep)).toEqual({ drops: 0, expired: 0, bytes: 0 });
    for (const id of [small, large]) {
      const row = await state.journal.drop(id);
      expect(row).toMatchObject({ state: "done", payload: "purged", records: 3, delivered: 3 });
      expect(row?.name).toMatch(/^[0-9a-f]{64}$/);
      expect(row?.sha256).toMatch(/^[0-9a-f]{64}$/);
      await expect(readAll(state, id)).rejects.toMatchObject({ code: "PAYLOAD_PURGED" });
    }
    for (const id of [unanswered, unfinished]) expect(await readAll(state, id)).toHaveLength(1);
    expect(readdirSync(join(test.dir, "spool"))).toEqual([]);
    expect(state.spool.used("gewerbe")).toBe(2);
    expect((await state.journal.sums())[0]).toMatchObject({ drops: 4, spoolBytes: 2 });
  });

  it("counts from the first answer", async () => {
    const drop = await answeredDrop(content("a"));
    now += 6 * DAY;
    await state.journal.answered(drop);
    expect(await state.journal.purge(now + DAY, keep)).toMatchObject({ drops: 1 });
  });

  it("waits for open dead letters, at most their time, then they expire and the payload goes", async () => {
    const drop = await answeredDrop(content("a"), 9, [2, 3, 7]);
    await state.journal.dismiss([deadLetterId(drop, 7)], "a.muster", "erledigt");
    expect(await state.journal.purge(now + 29 * DAY, keep)).toEqual({ drops: 0, expired: 0, bytes: 0 });
    now += 30 * DAY;
    expect(await state.journal.purge(now, keep)).toEqual({ drops: 1, expired: 2, bytes: 1 });
    expect((await state.journal.dead({ drop })).map((one) => one.state)).toEqual(["expired", "expired", "dismissed"]);
    expect(await state.journal.drop(drop)).toMatchObject({ dead: 3, delivered: 6, payload: "purged" });
    expect((await state.journal.sums())[0]).toMatchObject({ openDead: 0, oldestDead: null, dead: 3 });
    expect(await state.journal.deadDetail(deadLetterId(drop, 2), "system")).toBeUndefined();
    expect((await state.journal.deadLetter(deadLetterId(drop, 7)))?.closedReason).toBeUndefined();
    const events = (await state.journal.auditEntries({})).slice(-2);
    expect(events).toMatchObject([
      { event: "dead.expired", drop, facts: { records: 2, which: "2, 3" } },
      { event: "purge.payload", drop, facts: { bytes: 1 } },
    ]);
  });

  it("goes on at once when the last open dead letter is closed", async () => {
    const drop = await answeredDrop(content("a"), 3, [2]);
    await state.journal.replayed(
      [{ deadLetter: deadLetterId(drop, 2), delivered: true, raiseGeneration: false }],
      "system",
    );
    expect(await state.journal.purge(now + 8 * DAY, keep)).toMatchObject({ drops: 1, expired: 0 });
  });

  it("lets no dead letter of an unfinished drop expire", async () => {
    const drop = await takeNew(state, content("a"));
    await state.journal.commit({
      drop,
      progress: progressTo(2, {}, { delivered: 1, dead: 1 }),
      dead: [{ ...letter, first: 2, last: 2 }],
    });
    expect(await state.journal.purge(now + 900 * DAY, keep)).toEqual({ drops: 0, expired: 0, bytes: 0 });
    expect((await state.journal.deadLetter(deadLetterId(drop, 2)))?.state).toBe("open");
  });

  it("keeps held drops for their own time, then erases them; the same bytes are then taken as new", async () => {
    const bytes = content("a", 70_000);
    const held = await takeNew(state, bytes, { ended: "held", received: now });
    await state.journal.answered(held);
    expect(await state.journal.purge(now + 89 * DAY, keep)).toMatchObject({ drops: 0 });
    expect(await state.journal.purge(now + 90 * DAY, keep)).toMatchObject({ drops: 1, bytes: 70_000 });
    expect(await state.journal.drop(held)).toMatchObject({ state: "erased", payload: "purged" });
    expect((await state.journal.auditEntries({})).at(-1)).toMatchObject({ event: "purge.held", drop: held });
    expect((await state.journal.sums())[0]).toMatchObject({ held: 0, spoolBytes: 0 });
    expect(await takeBytes(state, bytes)).toMatchObject({ taken: true });
  });

  it("erases refused drops as answered ones, and the same bytes are new all the same", async () => {
    const bytes = content("a", 70_000);
    const refused = await takeNew(state, bytes, { ended: "refused", received: now });
    expect(await state.journal.purge(now + 90 * DAY, keep)).toMatchObject({ drops: 0 });
    await state.journal.answered(refused);
    expect(await state.journal.purge(now + 7 * DAY - 1, keep)).toMatchObject({ drops: 0 });
    expect(await state.journal.purge(now + 7 * DAY, keep)).toMatchObject({ drops: 1, bytes: 70_000 });
    expect(await state.journal.drop(refused)).toMatchObject({ state: "refused", payload: "purged" });
    expect((await state.journal.sums())[0]).toMatchObject({ held: 0, spoolBytes: 0 });
    expect(await takeBytes(state, bytes)).toMatchObject({ taken: true, drop: { state: "open", occurrence: 1 } });
  });

  it("still recognises duplicates of what is erased, and delivers their expired records", async () => {
    const bytes = content("a", 70_000);
    const first = await answeredDrop(bytes, 5, [4]);
    now += 31 * DAY;
    await state.journal.purge(now, keep);
    const again = await takeBytes(state, bytes, { name: "nochmal.csv" });
    expect(again).toMatchObject({ taken: false, earlier: { id: first, payload: "purged" }, drop: { payload: "kept" } });
    expect(await readAll(state, again.drop.id)).toEqual(bytes);
    await state.journal.replayed(
      [{ deadLetter: deadLetterId(first, 4), delivered: true, raiseGeneration: false }],
      "system",
    );
    await state.journal.answered(again.drop.id);
    expect(await state.journal.drop(first)).toMatchObject({ delivered: 5, dead: 0 });
    now += 8 * DAY;
    expect(await state.journal.purge(now, keep)).toMatchObject({ drops: 1, bytes: 70_000 });
    expect(await takeBytes(state, bytes)).toMatchObject({ taken: false, drop: { payload: "purged" } });
  });

  it("forgets the names of duplicates without work, too", async () => {
    await answeredDrop(content("a"));
    const { drop } = await takeBytes(state, content("a"), { name: "Erika.csv" });
    await state.journal.answered(drop.id);
    await state.journal.purge(now + 8 * DAY, keep);
    expect((await state.journal.drop(drop.id))?.name).toMatch(/^[0-9a-f]{64}$/);
  });

  it("is asked per bridge, and works through many drops", async () => {
    await Promise.all(
      Array.from({ length: 130 }, async (_, index) => {
        const drop = await takeNew(state, content(`Nr. ${index}`), { bridge: index < 120 ? "gewerbe" : "wohngeld" });
        await finishDrop(state, drop, 1);
        await state.journal.answered(drop);
      }),
    );
    expect(
      await state.journal.purge(now + 8 * DAY, (bridge) =>
        bridge === "gewerbe" ? retention : { ...retention, payload: 99 * DAY },
      ),
    ).toMatchObject({ drops: 120 });
  });

  it("keeps bridge versions while a drop is pinned to them or an entry names them", async () => {
    const files = new Map([["bridge.yaml", content("a")]]);
    for (const hash of ["pinned", "named", "unused"]) await state.journal.keepVersion(hash, files);
    await takeNew(state, content("a"), { bridgeVersion: "pinned" });
    await state.journal.set("bridge/gewerbe", { version: "named" });
    now += 100 * DAY;
    await state.journal.purge(now, keep);
    // Kept by this process, which may pin a drop to it at any time.
    expect(await state.journal.version("unused")).toBeDefined();
    await state.close();
    state = await test.open({ clock: () => now });
    await state.journal.purge(now, keep);
    expect(await state.journal.version("pinned")).toBeDefined();
    expect(await state.journal.version("named")).toBeDefined();
    expect(await state.journal.version("unused")).toBeUndefined();
  });
});

const traces = (text: string): readonly string[] =>
  [
    Buffer.from(text),
    Buffer.from(text, "utf16le"),
    Buffer.from(Buffer.from(text).toString("base64").slice(4, -8)),
  ].flatMap((needle) => filesWith(test.dir, needle));

async function spread(canary: string, index: number): Promise<string> {
  const drop = await takeNew(state, content(`${canary} payload`, index % 2 === 0 ? 3_000 : 150_000), {
    name: `${canary}.csv`,
    hint: `/eingang/${canary}.csv 17`,
  });
  await state.journal.commit({
    drop,
    progress: progressTo(
      4,
      { complete: true, appenders: { "file:///ziel": `/ziel/${canary}.csv 12` } },
      { records: 4, delivered: 1, dead: 3 },
    ),
    dead: [2, 3, 4].map((first) => ({ ...letter, first, last: first, detail: `${canary} detail ${first}` })),
    finished: now,
  });
  await state.journal.dismiss([deadLetterId(drop, 2)], `${canary} person`, `${canary} reason`);
  const failure = { ...letter, detail: `${canary} second detail` };
  await state.journal.replayed(
    [
      { deadLetter: deadLetterId(drop, 3), delivered: true, raiseGeneration: false },
      { deadLetter: deadLetterId(drop, 4), delivered: false, failure, raiseGeneration: true },
    ],
    `${canary} person`,
  );
  await state.journal.answered(drop);
  return drop;
}

describe("canaries", () => {
  const canaries = Array.from({ length: 20 }, (_, index) => `Kanarienvogel-${index}-Zilpzalp`);
  it("are never on the disk in the clear, and after the purge not even sealed", async () => {
    const drops: string[] = [];
    for (const [index, canary] of canaries.entries()) drops.push(await spread(canary, index));
    for (const canary of canaries) expect([canary, traces(canary)]).toEqual([canary, []]);
    expect(await state.journal.deadDetail(deadLetterId(drops[0] as string, 4), "system")).toBe(
      `${canaries[0]} second detail`,
    );

    // What is sealed now, to be looked for afterwards: wrapped keys, payloads, names, details, reasons.
    const copy = copyOfJournal(test.dir, join(test.dir, "copy.db"));
    const sealed = [
      ...copy.prepare("SELECT wrapped AS bytes FROM keys").all(),
      ...copy.prepare("SELECT sealed AS bytes FROM payloads").all(),
      ...copy.prepare("SELECT name AS bytes FROM drops").all(),
      ...copy.prepare("SELECT hint AS bytes FROM drops").all(),
      ...copy.prepare("SELECT detail AS bytes FROM dead_letters").all(),
      ...copy.prepare("SELECT closed_reason AS bytes FROM dead_letters WHERE closed_reason IS NOT NULL").all(),
      ...copy.prepare("SELECT appenders AS bytes FROM progress").all(),
    ].map((row) => Buffer.from(row["bytes"] as Uint8Array));
    copy.close();
    for (const suffix of ["", "-wal", "-shm"]) rmSync(join(test.dir, `copy.db${suffix}`), { force: true });
    expect(sealed.length).toBeGreaterThanOrEqual(20 * 7);
    const found = (): number => sealed.filter((bytes) => filesWith(test.dir, bytes.subarray(0, 32)).length > 0).length;
    expect(found()).toBe(sealed.length);

    now += 31 * DAY;
    expect(await state.journal.purge(now, keep)).toMatchObject({ drops: 20, expired: 20 });
    expect(found()).toBe(0);
    for (const canary of canaries) expect([canary, traces(canary)]).toEqual([canary, []]);
    for (const row of await state.journal.drops({})) expect(row.name).toMatch(/^[0-9a-f]{64}$/);

    const withPeople = copyOfJournal(test.dir, join(test.dir, "copy.db"));
    const people = withPeople.prepare("SELECT actor FROM pseudonyms").all();
    withPeople.close();
    for (const suffix of ["", "-wal", "-shm"]) rmSync(join(test.dir, `copy.db${suffix}`), { force: true });
    // People are erased by themselves, and the trail stays whole.
    expect(await state.journal.eraseActor(`${canaries[0]} person`)).toBe(true);
    expect(await state.journal.eraseActor(`${canaries[0]} person`)).toBe(false);
    expect((await state.journal.deadLetter(deadLetterId(drops[0] as string, 2)))?.closedBy).toMatch(/^p-[0-9a-f]{16}$/);
    const stillThere = people.filter((row) => filesWith(test.dir, row["actor"] as Uint8Array).length > 0);
    expect(stillThere).toHaveLength(people.length - 1);
    expect((await state.journal.auditVerify()).broken).toBeUndefined();
  });
});
