// Backups: whole while work goes on, without payload unless asked, nothing half left; a restored ledger says so.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readManifest } from "../../src/core/journal/backup/manifest.ts";
import { restoreBackup, type Restored } from "../../src/core/journal/backup/restore.ts";
import { RESTORED_KEY } from "../../src/core/journal/backup/restored.ts";
import type { BackupMade, OpenState } from "../../src/core/journal/types.ts";
import { canary, searchFolder } from "../engine/canary.ts";
import { brief, scene } from "./fleet-asking.ts";
import {
  content,
  copyOfJournal,
  filesBelow,
  finishDrop,
  never,
  progressTo,
  readAll,
  takeBytes,
  takeNew,
  testState,
} from "./journal-state.ts";
import type { TestState } from "./journal-state.ts";

let test: TestState;
let state: OpenState;
let target: string;
beforeEach(async () => {
  test = testState();
  target = join(test.dir, "aside", "backup");
  mkdirSync(join(test.dir, "aside"));
  state = await test.open();
});
afterEach(() => test.remove());

const request = (payload: boolean) => ({ target, payload, actor: "local:anna", version: "0.1.0", signal: never });

async function backup(payload = false, more: { readonly signal?: AbortSignal } = {}): Promise<BackupMade> {
  return await state.backup({ ...request(payload), ...more });
}

const second = (): string => join(test.dir, "second");

/** Into a folder of its own, with the key of the first. */
async function restore(from = target): Promise<Restored> {
  mkdirSync(second(), { recursive: true, mode: 0o700 });
  writeFileSync(join(second(), "keys"), readFileSync(join(test.dir, "keys")), { mode: 0o600 });
  const given = { backup: from, dir: second(), keyFile: undefined, actor: "local:anna", now: Date.now() };
  return await restoreBackup({ ...given, log: () => undefined, signal: never, onProgress: () => undefined });
}

const reopen = async (): Promise<OpenState> => await test.open({ dir: second() });
const large = (text: string): Buffer => content(text, 300_000);

describe("a backup without payload", () => {
  it("holds no value, name or detail in any form, also not in free pages, and no key", async () => {
    const secrets = Array.from({ length: 6 }, (_, index) => canary(index));
    const [inline, file, name, detail, reason, attachment] = secrets as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const done = await takeNew(state, content(inline), { name: `${name}.csv`, hint: `/in/${name}.csv` });
    await state.journal.commit({
      drop: done,
      progress: progressTo(
        2,
        { complete: true, appenders: { "out.csv": `${name}.out` } },
        { records: 2, delivered: 1, dead: 1 },
      ),
      dead: [{ first: 2, last: 2, line: 3, stage: "map", code: "FORMULA_FAILED", message: "m", detail, attempts: 1 }],
      finished: Date.now(),
    });
    await state.journal.dismiss([`dl-${done}-2`], "local:anna", reason);
    await takeNew(state, large(file), { name: `${name}2.csv` });
    const bytes = content(attachment);
    const beside = {
      id: state.newDropId(),
      bridge: "gewerbe",
      name: `${name}.pdf`,
      hint: "",
      mediaType: "application/pdf",
    };
    const { size, sha256 } = await state.spool.write(beside.id, "gewerbe", [bytes] as never, never);
    await state.journal.takeAttachment({ ...beside, size, sha256, received: Date.now(), inline: true }, bytes);
    // With the keys of the state nothing of it can be opened either: the keys of the drops are not there, nor what they sealed.
    const made = await backup();
    expect(made).toMatchObject({ payload: false, drops: 2, files: 1, stripped: { open: 1, held: 0, unanswered: 1 } });
    expect(searchFolder(secrets, target)).toEqual([]);
    const db = copyOfJournal(target, join(test.dir, "look.db"));
    for (const table of ["keys", "payloads", "call_answers", "joins"])
      expect(db.prepare(`SELECT count(*) AS n FROM ${table}`).get(), table).toEqual({ n: 0 });
    expect(
      db.prepare("SELECT count(*) AS n FROM drops WHERE typeof(name) <> 'text' OR sha256 = ?").get(sha256),
    ).toEqual({ n: 0 });
    expect(db.prepare("PRAGMA freelist_count").get()).toEqual({ freelist_count: 0 });
    db.close();
    expect(readFileSync(join(test.dir, "keys"), "utf8").split(":")[1]?.trim()).toBeTruthy();
    expect(readdirSync(target).toSorted()).toEqual(["journal.db", "manifest.json"]);
    for (const path of filesBelow(target)) expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(target).mode & 0o777).toBe(0o700);
    // What was copied first and stripped then is gone.
    expect(readdirSync(test.dir).filter((one) => one.startsWith("backup"))).toEqual([]);
    expect(await readAll(state, done)).toEqual(content(inline));
  });

  it("restored, knows what came: a second coming is one; what was open stands still until the same bytes come", async () => {
    const done = await takeNew(state, content("done"));
    await finishDrop(state, done, 3);
    const open = await takeNew(state, large("open"));
    await state.journal.commit({ drop: open, progress: progressTo(2), dead: [] });
    const held = await takeNew(state, content("held"), { ended: "held" });
    await backup();
    const restored = await restore();
    expect(restored).toMatchObject({ openCount: 1, open: [open] });
    const again = await reopen();
    expect(await takeBytes(again, content("done"))).toMatchObject({ taken: false, drop: { payload: "purged" } });
    const before = await again.journal.drop(open);
    expect(before).toMatchObject({ state: "open", trouble: "PAYLOAD_PURGED", payload: "purged", finished: undefined });
    expect((await again.journal.progress(open)).watermark).toBe(2);
    const coming = await takeBytes(again, large("open"));
    expect(coming).toMatchObject({
      taken: false,
      earlier: { id: open },
      drop: { state: "duplicate", payload: "kept" },
    });
    // What was held was never delivered: its bytes are new when they come.
    expect(await again.journal.drop(held)).toMatchObject({ state: "erased" });
    expect(await takeBytes(again, content("held"))).toMatchObject({ taken: true });
    expect((await again.journal.sums())[0]).toMatchObject({ held: 0 });
  });
});

describe("a drop without payload", () => {
  it("may be given up: it is waited for no more, the sum still holds, and its bytes are new when they come", async () => {
    const open = await takeNew(state, large("open"));
    const progress = progressTo(2, { complete: true }, { records: 5, delivered: 2 });
    await state.journal.commit({ drop: open, progress, dead: [] });
    expect(await state.journal.giveUp({ drop: open, actor: "local:anna", reason: "kept" })).toBe(false);
    await backup();
    await restore();
    const again = await reopen();
    const sums = async () => (await again.journal.sums())[0];
    expect(await sums()).toMatchObject({ records: 5, delivered: 2, pending: 3 });
    expect(await again.journal.giveUp({ drop: open, actor: "local:anna", reason: "nobody has it" })).toBe(true);
    expect(await sums()).toMatchObject({ records: 2, delivered: 2, pending: 0 });
    expect(await again.journal.drop(open)).toMatchObject({ state: "erased", trouble: undefined, delivered: 2 });
    expect(await again.journal.open("gewerbe")).toEqual([]);
    const [entry] = await again.journal.auditEntries({ limit: 1, newestFirst: true });
    expect(entry).toMatchObject({
      event: "drop.given-up",
      drop: open,
      facts: { reason: "nobody has it", delivered: 2 },
    });
    expect(await takeBytes(again, large("open"))).toMatchObject({ taken: true });
  });
});

describe("a backup with payload", () => {
  it("brings everything back: bytes, names, what was open", async () => {
    const small = await takeNew(state, content("small"), { name: "klein.csv" });
    const file = await takeNew(state, large("file"), { name: "gross.csv" });
    expect(await backup(true)).toMatchObject({ payload: true, files: 2, stripped: undefined });
    await restore();
    const again = await reopen();
    expect(await readAll(again, small)).toEqual(content("small"));
    expect(await readAll(again, file)).toEqual(large("file"));
    expect((await again.journal.open("gewerbe")).map(({ name }) => name)).toEqual(["klein.csv", "gross.csv"]);
  });

  it("is whole while drops are taken, finished and purged", async () => {
    for (let index = 0; index < 40; index++) await finishDrop(state, await takeNew(state, large(`before ${index}`)), 1);
    for (const { id } of await state.journal.drops({})) await state.journal.answered(id);
    let stop = false;
    const work = (async () => {
      for (let index = 0; !stop; index++) {
        await finishDrop(state, await takeNew(state, large(`during ${index}`)), 1);
        if (index === 1) await state.journal.purge(Date.now() + 1, () => ({ payload: 0, dead: 0, held: 0 }));
      }
    })();
    await backup(true).finally(() => (stop = true));
    await work;
    await restore();
    const again = await reopen();
    expect(test.logged).not.toContain("error spool.missing");
    const kept = (await again.journal.drops({ limit: 1_000 })).filter(({ payload }) => payload === "kept");
    for (const { id } of kept) expect((await readAll(again, id)).length).toBe(300_000);
    // Files of what was purged meanwhile went afterwards.
    const files = readdirSync(join(test.dir, "spool"));
    expect(files.length).toBe(
      (await state.journal.drops({ limit: 1_000 })).filter(({ payload }) => payload === "kept").length,
    );
  });
});

describe("a restored ledger", () => {
  it("goes on from the signed head, and says so in its trail", async () => {
    await finishDrop(state, await takeNew(state, content("a")), 1);
    const { head } = await backup();
    await takeNew(state, content("after the backup"));
    await restore();
    const again = await reopen();
    expect(await again.journal.auditVerify(head)).toMatchObject({ broken: undefined, entries: head.seq + 1 });
    const [entry] = await again.journal.auditEntries({ after: head.seq });
    expect(entry).toMatchObject({
      event: "state.restored",
      actor: "local:anna",
      facts: { head: head.seq, hash: head.hash },
    });
    expect(await again.journal.get(RESTORED_KEY)).toMatchObject({ head: head.seq, payload: false });
    const events = (await state.journal.auditEntries({})).map(({ event }) => event);
    expect(events).toEqual(["drop.taken", "drop.finished", "backup.begun", "backup.made", "drop.taken"]);
  });

  it("is older than the fleet remembers: interrupted, until people acknowledge it", async () => {
    const { appliance, ask, acknowledge, now } = await scene();
    await appliance.happens(3);
    const at = join(appliance.dir, "backup");
    await appliance.state.backup({ ...request(false), target: at });
    await appliance.happens(20);
    expect((brief(await ask()) as unknown[])[1]).toBeUndefined();
    await appliance.state.close();
    const keys = readFileSync(join(appliance.dir, "keys"));
    for (const name of readdirSync(appliance.dir))
      if (name !== "backup") rmSync(join(appliance.dir, name), { recursive: true });
    // Where the old state lay, the restored one is.
    const dir = join(appliance.dir, "again");
    mkdirSync(dir);
    writeFileSync(join(dir, "keys"), keys, { mode: 0o600 });
    const given = { backup: at, dir, keyFile: undefined, actor: "local:anna", now: Date.now() };
    await restoreBackup({ ...given, log: () => undefined, signal: never, onProgress: () => undefined });
    appliance.state = await test.open({ dir });
    expect((brief(await ask()) as unknown[])[1]).toBe("cut");
    await appliance.happens(40);
    expect((brief(await ask()) as unknown[])[1]).toBe("cut");
    await acknowledge();
    expect(now().broken).toBeUndefined();
    expect((brief(await ask()) as unknown[])[1]).toBeUndefined();
  });
});

describe("nothing half", () => {
  const leftover = (): readonly string[] => readdirSync(join(test.dir, "aside"));

  it("is left of one that is stopped, and the state goes on", async () => {
    for (let index = 0; index < 10; index++) await takeNew(state, large(`${index}`));
    const stop = new AbortController();
    const making = state.backup({ ...request(true), signal: stop.signal, onProgress: () => stop.abort() });
    await expect(making).rejects.toThrow(/stopped|aborted/);
    expect(leftover()).toEqual([]);
    await takeNew(state, content("goes on"));
    await backup(true);
    expect(leftover()).toEqual(["backup"]);
  });

  it("is left where the state is closed meanwhile", async () => {
    for (let index = 0; index < 10; index++) await takeNew(state, large(`${index}`));
    const stop = new AbortController();
    let closed: Promise<void> | undefined;
    const onProgress = (): void => {
      stop.abort();
      closed ??= state.close();
    };
    await expect(state.backup({ ...request(false), signal: stop.signal, onProgress })).rejects.toThrow(
      /stopped|aborted|closed/,
    );
    await closed;
    expect(leftover()).toEqual([]);
    await test.open();
  });

  it("a copy that a killed process left in the state goes at the next start", async () => {
    await state.close();
    writeFileSync(join(test.dir, "backup.db"), "half");
    await test.open();
    expect(existsSync(join(test.dir, "backup.db"))).toBe(false);
  });

  it("what is there is not overwritten, one at a time is made, and what a killed one left goes", async () => {
    await takeNew(state, content("a"));
    mkdirSync(join(test.dir, "aside", ".backup.part"));
    await expect(backup()).rejects.toMatchObject({ code: "BACKUP_FAILED" });
    writeFileSync(join(test.dir, "aside", ".backup.part", "unfinished"), "");
    const both = await Promise.allSettled([backup(), backup()]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(both.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "STATE_BUSY" } });
    await expect(backup()).rejects.toMatchObject({
      code: "BACKUP_FAILED",
      message: expect.stringContaining("exists") as string,
    });
    const nowhere = { ...request(false), target: join(test.dir, "no", "where") };
    await expect(state.backup(nowhere)).rejects.toMatchObject({ code: "BACKUP_FAILED" });
    expect(leftover()).toEqual(["backup"]);
  });
});

describe("a restore refuses", () => {
  async function refusal(code: string): Promise<void> {
    await expect(restore()).rejects.toMatchObject({ code });
    expect(readdirSync(second())).toEqual(["keys"]);
  }

  it("what is not as it was written: a byte, a missing file, the manifest, another's journal", async () => {
    await takeNew(state, large("a"));
    await backup(true);
    const [spool = ""] = readManifest(target)
      .files.map(({ name }) => name)
      .filter((name) => name.startsWith("spool/"));
    for (const name of ["journal.db", spool, "manifest.json"]) {
      const path = join(target, name);
      const bytes = readFileSync(path);
      const changed = Buffer.from(bytes);
      // Of the manifest a digit of a size; a letter of the JSON would not parse.
      const at = name === "manifest.json" ? changed.indexOf('"drops":1') + 8 : 1_000;
      changed[at] = (changed[at] ?? 0) ^ 1;
      writeFileSync(path, changed);
      await refusal("BACKUP_INVALID");
      writeFileSync(path, bytes);
    }
    rmSync(join(target, spool));
    await refusal("BACKUP_INVALID");
    rmSync(join(target, "manifest.json"));
    await refusal("BACKUP_INVALID");
  });

  it("a folder that is not empty, and a key that is not the one", async () => {
    await takeNew(state, content("a"));
    await backup();
    mkdirSync(second());
    writeFileSync(join(second(), "other"), "x");
    await expect(restore()).rejects.toMatchObject({ code: "STATE_NOT_EMPTY" });
    expect(readFileSync(join(second(), "other"), "utf8")).toBe("x");
    rmSync(second(), { recursive: true });
    const given = { backup: target, dir: second(), keyFile: undefined, actor: "a", now: 0, log: () => undefined };
    const more = { signal: never, onProgress: () => undefined };
    await expect(restoreBackup({ ...given, ...more })).rejects.toMatchObject({ code: "KEY_MISSING" });
    const keyFile = join(test.dir, "other-key");
    writeFileSync(keyFile, `other:${"0123456789abcdef".repeat(4)}\n`, { mode: 0o600 });
    await expect(restoreBackup({ ...given, ...more, keyFile })).rejects.toMatchObject({ code: "KEY_MISSING" });
    expect(existsSync(join(second(), "journal.db"))).toBe(false);
  });
});
