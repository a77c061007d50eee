// Upgrades: a journal of an older schema with half-done drops goes on where it was, its copy lies beside it; and the way back.

import { mkdirSync, readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkSchema, migrate, openDatabase } from "../../src/core/journal/store/database.ts";
import { MIGRATIONS } from "../../src/core/journal/store/schema.ts";
import { createStore } from "../../src/core/journal/store/store.ts";
import { loadKeys } from "../../src/core/journal/key-file.ts";
import { content, finishDrop, letter, progressTo, readAll, takeBytes, takeNew, testState } from "./journal-state.ts";
import type { TestState } from "./journal-state.ts";

let test: TestState;
beforeEach(() => void (test = testState()));
afterEach(() => test.remove());

const NEWEST = MIGRATIONS.length;
const journal = (): string => join(test.dir, "journal.db");

/** Takes columns and tables away again that a later schema brought: what lies there then is what that version wrote. */
const TAKEN_BACK: Readonly<Record<number, string>> = {
  6: "DROP INDEX drops_arrival_due; ALTER TABLE drops DROP COLUMN arrival_due",
  5: "DROP TABLE once",
};

/** A state in which one drop is done, one half done with a dead letter, one not begun; as schema `version` had it. */
async function olderState(
  version: number,
): Promise<{ readonly half: string; readonly fresh: string; readonly done: string }> {
  const state = await test.open();
  const done = await takeNew(state, content("done"));
  await finishDrop(state, done, 2);
  const half = await takeNew(state, content("half", 200_000));
  await state.journal.commit({
    drop: half,
    progress: progressTo(3, { ranges: [[5, 6]] }, { delivered: 4, dead: 1 }),
    dead: [{ ...letter, first: 3, last: 3 }],
  });
  const fresh = await takeNew(state, content("fresh"));
  await state.close();
  const db = new DatabaseSync(journal());
  for (let at = NEWEST; at > version; at--) db.exec(TAKEN_BACK[at] ?? "SELECT missing");
  db.exec(`PRAGMA user_version = ${version}; DELETE FROM entries WHERE key = 'schema/readable-from'`);
  db.close();
  return { done, half, fresh };
}

describe.each([4, 5])("a journal of schema %i", (version) => {
  it("goes on where it was: half-done drops, their letters, what came before; its copy lies beside it, sealed as it was", async () => {
    const { half, fresh, done } = await olderState(version);
    const state = await test.open();
    expect((await state.journal.open("gewerbe")).map(({ id }) => id)).toEqual([half, fresh]);
    expect(await state.journal.progress(half)).toMatchObject({
      watermark: 3,
      ranges: [[5, 6]],
      counts: { delivered: 4, dead: 1 },
    });
    expect(await state.journal.dead({ drop: half })).toMatchObject([{ first: 3, state: "open" }]);
    expect(await readAll(state, half)).toEqual(content("half", 200_000));
    await finishDrop(state, fresh, 1);
    expect(await takeBytes(state, content("done"))).toMatchObject({ taken: false, earlier: { id: done } });
    expect(await state.journal.auditVerify()).toMatchObject({ broken: undefined });
    await state.close();
    const copy = join(test.dir, `journal-schema-${version}.db`);
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    const db = new DatabaseSync(copy);
    expect(db.prepare("PRAGMA user_version").get()).toEqual({ user_version: version });
    expect(db.prepare("SELECT count(*) AS n FROM drops").get()).toEqual({ n: 3 });
    db.close();
  });
});

describe("the copy before an upgrade", () => {
  it("is not replaced by a later start, and goes after seven days", async () => {
    await olderState(5);
    const copy = join(test.dir, "journal-schema-5.db");
    await (await test.open()).close();
    const made = statSync(copy).mtimeMs;
    const state = await test.open();
    expect(statSync(copy).mtimeMs).toBe(made);
    const old = new Date(Date.now() - 8 * 86_400_000);
    utimesSync(copy, old, old);
    await state.journal.purge(Date.now(), () => ({ payload: 1, dead: 1, held: 1 }));
    expect(readdirSync(test.dir).filter((name) => name.startsWith("journal-schema"))).toEqual([]);
  });

  it("comes first: where it cannot be written nothing is changed, and it says why", async () => {
    const { half } = await olderState(5);
    mkdirSync(join(test.dir, "journal-schema-5.db.part", "in-the-way"), { recursive: true });
    await expect(test.open()).rejects.toMatchObject({
      code: "BACKUP_FAILED",
      message: expect.stringContaining("journal-schema-5.db") as string,
    });
    const db = new DatabaseSync(journal());
    expect(db.prepare("PRAGMA user_version").get()).toEqual({ user_version: 5 });
    db.close();
    rmSync(join(test.dir, "journal-schema-5.db.part"), { recursive: true });
    expect((await (await test.open()).journal.progress(half)).watermark).toBe(3);
  });
});

describe("the way back", () => {
  it("the version before works with the newest schema, one before that does not, nor with what says nothing", () => {
    openDatabase(journal()).close();
    const before = MIGRATIONS.slice(0, -1);
    const db = openDatabase(journal(), { migrations: before });
    expect(db.prepare("PRAGMA user_version").get()).toEqual({ user_version: NEWEST });
    expect(() => migrate(db, MIGRATIONS.slice(0, -2))).toThrow(`schema ${NEWEST}`);
    db.exec("DELETE FROM entries WHERE key = 'schema/readable-from'");
    expect(() => migrate(db, before)).toThrow("written by a newer steg");
    db.close();
    expect(() => checkSchema(NEWEST + 1, 0)).toThrow("newer steg");
    expect(() => checkSchema(NEWEST + 1, NEWEST)).not.toThrow();
  });

  it("what a program of this schema does is possible in a newer one that only adds", () => {
    const more = {
      version: NEWEST + 1,
      sql: "ALTER TABLE drops ADD COLUMN later INTEGER NOT NULL DEFAULT 0; CREATE TABLE later (x)",
    };
    openDatabase(journal(), { migrations: [...MIGRATIONS, more] }).close();
    const { keys } = loadKeys(test.dir, undefined, true, () => undefined);
    const db = openDatabase(journal());
    createStore(db, keys);
    db.close();
    return (async () => {
      const state = await test.open();
      const drop = await takeNew(state, content("a"));
      await finishDrop(state, drop, 2, [1]);
      expect(await state.journal.drop(drop)).toMatchObject({ state: "done", delivered: 1, dead: 1 });
    })();
  });
});
