import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bootThread } from "../../src/core/journal/boot.ts";
import { lockState } from "../../src/core/journal/lock.ts";
import { migrate, openDatabase } from "../../src/core/journal/store/database.ts";
import { MIGRATIONS } from "../../src/core/journal/store/schema.ts";
import { content, never, newDrop, progressTo, readAll, stream, takeNew, testState } from "./journal-state.ts";
import type { TestState } from "./journal-state.ts";

let test: TestState;
beforeEach(() => {
  test = testState();
});
afterEach(() => test.remove());

describe("the lock", () => {
  const lockModule = new URL("../../src/core/journal/lock.ts", import.meta.url).href;
  let child: ChildProcess | undefined;
  afterEach(() => child?.kill("SIGKILL"));

  /** Another real process that holds the lock until it is killed. */
  async function otherProcess(): Promise<ChildProcess> {
    const code = `import { lockState } from ${JSON.stringify(lockModule)}; lockState(${JSON.stringify(test.dir)}); console.log("locked"); setInterval(() => {}, 1000);`;
    child = spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout as NodeJS.ReadableStream, "data");
    return child;
  }

  it("keeps a second process out, names the first, and ends with its kill -9", async () => {
    const other = await otherProcess();
    await expect(test.open()).rejects.toMatchObject({
      code: "STATE_LOCKED",
      message: expect.stringMatching(new RegExp(`${test.dir}.*process ${other.pid} on `)) as string,
    });
    other.kill("SIGKILL");
    await once(other, "exit");
    const state = await test.open();
    expect(await takeNew(state, content("a"))).toBeDefined();
  });

  it("keeps the second opening in the same process out, without giving the first up", async () => {
    const state = await test.open();
    await expect(test.open()).rejects.toMatchObject({ code: "STATE_LOCKED" });
    await expect(test.open()).rejects.toMatchObject({ code: "STATE_LOCKED" });
    const code = `import { lockState } from ${JSON.stringify(lockModule)}; try { lockState(${JSON.stringify(test.dir)}); } catch (e) { console.log(e.code); }`;
    child = spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: ["ignore", "pipe", "inherit"] });
    const [said] = (await once(child.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
    expect(said.toString().trim()).toBe("STATE_LOCKED");
    await state.close();
    await test.open();
  });

  it("is given back when opening fails", async () => {
    await expect(test.open({ keyFile: join(test.dir, "nirgends") })).rejects.toMatchObject({
      code: "KEY_FILE_INVALID",
    });
    lockState(test.dir)();
  });
});

describe("a thread that was started before", () => {
  it("is the journal's, and ends with it", async () => {
    const thread = bootThread();
    const ended = once(thread, "exit");
    const state = await test.open({ thread });
    expect(await takeNew(state, content("a"))).toBeDefined();
    await state.close();
    await ended;
  });

  it("says so where it has ended, and the next opening starts its own", async () => {
    const thread = bootThread();
    await thread.terminate();
    await expect(test.open({ thread })).rejects.toMatchObject({ code: "JOURNAL_FAILED" });
    const state = await test.open();
    expect(await takeNew(state, content("a"))).toBeDefined();
  });

  it("that ends while the journal is opened fails the opening", async () => {
    const thread = bootThread();
    const opening = test.open({ thread });
    void thread.terminate();
    await expect(opening).rejects.toMatchObject({ code: "JOURNAL_FAILED" });
    lockState(test.dir)();
  });
});

const tables = (db: DatabaseSync): unknown[] =>
  db
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .all()
    .map((row) => row["name"]);

describe("migrations", () => {
  it("go forward from where the database stands, each once", () => {
    const db = new DatabaseSync(":memory:");
    const steps = [
      { version: 1, sql: "CREATE TABLE a (x)" },
      { version: 2, sql: "CREATE TABLE b (x); INSERT INTO b VALUES (7)" },
    ];
    migrate(db, steps.slice(0, 1));
    expect(tables(db)).toEqual(["a"]);
    migrate(db, steps);
    migrate(db, steps);
    expect(tables(db)).toEqual(["a", "b"]);
    expect(db.prepare("SELECT count(*) AS n FROM b").get()).toEqual({ n: 1 });
  });

  it("leave a database as it was when a step fails", () => {
    const db = new DatabaseSync(":memory:");
    const steps = [{ version: 1, sql: "CREATE TABLE a (x)" }];
    migrate(db, steps.slice(0, 1));
    const more = [
      steps[0],
      { version: 2, sql: "CREATE TABLE b (x)" },
      { version: 3, sql: "CREATE TABLE a (x)" },
    ] as const;
    expect(() =>
      migrate(
        db,
        more.filter((step) => step !== undefined),
      ),
    ).toThrow("already exists");
    expect(tables(db)).toEqual(["a"]);
    expect(db.prepare("PRAGMA user_version").get()).toEqual({ user_version: 1 });
  });

  it("are numbered without gaps", () => {
    expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, index) => index + 1));
  });

  it("refuse a newer schema, and files that are not a journal, and change nothing in them", async () => {
    const path = join(test.dir, "journal.db");
    openDatabase(path).close();
    const db = new DatabaseSync(path);
    db.exec("PRAGMA user_version = 999; UPDATE entries SET value = '998' WHERE key = 'schema/readable-from'");
    db.close();
    await expect(test.open()).rejects.toMatchObject({ code: "KEY_MISSING" });
    const keyFile = join(test.dir, "k");
    writeFileSync(keyFile, `k1:${"0123456789abcdef".repeat(4)}\n`, { mode: 0o600 });
    await expect(test.open({ keyFile })).rejects.toMatchObject({
      code: "STATE_TOO_NEW",
      message: expect.stringContaining("999") as string,
    });
    const strange = new DatabaseSync(join(test.dir, "strange.db"));
    strange.exec("CREATE TABLE t (x)");
    strange.close();
    const before = readFileSync(join(test.dir, "strange.db"));
    expect(() => openDatabase(join(test.dir, "strange.db"))).toThrow("not a journal");
    expect(readFileSync(join(test.dir, "strange.db")).equals(before)).toBe(true);
  });
});

/** Nobody where the tests run as root, who may do everything. */
const USER = process.getuid?.() === 0 ? 65_534 : (process.getuid?.() ?? 0);

/** What another process of that user hears when it opens the state. */
async function openedByUser(dir: string): Promise<string> {
  const openModule = new URL("../../src/core/journal/open.ts", import.meta.url).href;
  const code = `import(${JSON.stringify(openModule)}).then(({ openState }) => openState({ dir: ${JSON.stringify(dir)}, log() {} })).then(() => console.log("opened"), (e) => console.log(e.code, e.message)).finally(() => process.exit());`;
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", code], {
    cwd: "/",
    ...(process.getuid?.() === 0 && { uid: USER, gid: USER }),
  });
  return stdout.trim();
}

describe("the folder", () => {
  it("becomes private, also where it was not", async () => {
    chmodSync(test.dir, 0o755);
    mkdirSync(join(test.dir, "spool"), { mode: 0o777 });
    await test.open();
    for (const path of [test.dir, join(test.dir, "spool")]) expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  it("where none can be made is refused at once, with its name", { timeout: 5_000 }, async () => {
    await expect(test.open({ dir: "/proc/steg/state" })).rejects.toMatchObject({
      code: "STATE_UNUSABLE",
      message: "/proc/steg cannot be used for the state: no folder can be made there (ENOENT)",
    });
  });

  it("below a file is refused", async () => {
    writeFileSync(join(test.dir, "file"), "");
    await expect(test.open({ dir: join(test.dir, "file", "state") })).rejects.toMatchObject({
      code: "STATE_UNUSABLE",
      message: expect.stringContaining("a part of the path is no folder (ENOTDIR)") as string,
    });
  });

  it.each([
    ["journal that may not be read", "journal.db", 0o000],
    ["journal that may not be written", "journal.db", 0o400],
    ["lock that may not be written", "lock.db", 0o400],
  ])("says which file and whose rights for a %s", async (_what, name, mode) => {
    await (await test.open()).close();
    for (const each of ["", ...readdirSync(test.dir)]) chownSync(join(test.dir, each), USER, USER);
    chmodSync(join(test.dir, name), mode);
    expect(await openedByUser(test.dir)).toBe(
      `STATE_UNUSABLE ${join(test.dir, name)} cannot be used for the state: the rights of the user ${USER} do not allow it (EACCES)`,
    );
  });

  it("says so where the folder cannot be made for want of rights", async () => {
    expect(await openedByUser("/steg-state-of-a-test")).toBe(
      `STATE_UNUSABLE /steg-state-of-a-test cannot be used for the state: the rights of the user ${USER} do not allow it (EACCES)`,
    );
  });

  it("is made where it lacks, with its parents", async () => {
    const state = await test.open({ dir: join(test.dir, "a", "b", "state") });
    expect(await takeNew(state, content("a"))).toBeDefined();
  });
});

/** Commits that stand in the WAL: frames whose header names the size of the database after a commit. */
function commitsInWal(dir: string): number {
  const wal = readFileSync(join(dir, "journal.db-wal"));
  const page = wal.readUInt32BE(8);
  const salt = wal.subarray(16, 24);
  let commits = 0;
  for (let at = 32; at + 24 + page <= wal.length; at += 24 + page) {
    if (!wal.subarray(at + 8, at + 16).equals(salt)) break;
    if (wal.readUInt32BE(at + 4) !== 0) commits += 1;
  }
  return commits;
}

describe("group commit", () => {
  it("puts what comes together into few transactions, each operation still on its own", async () => {
    const state = await test.open();
    const before = commitsInWal(test.dir);
    const takes = Array.from({ length: 400 }, (_, index) => {
      const bytes = content(`Nr. ${index}`, 64);
      return state.journal.take(newDrop(state, { size: 64, sha256: `hash ${index}` }), bytes);
    });
    const refused = state.journal.commit({ drop: "0000000000000000", progress: progressTo(1), dead: [] });
    await expect(refused).rejects.toMatchObject({ code: "INTERNAL" });
    expect((await Promise.all(takes)).every(({ taken }) => taken)).toBe(true);
    const commits = commitsInWal(test.dir) - before;
    expect(commits).toBeGreaterThanOrEqual(2);
    expect(commits).toBeLessThanOrEqual(8);
    expect(await state.journal.drops({})).toHaveLength(400);
  });

  it("keeps the order of what one caller does", async () => {
    const state = await test.open();
    const drop = await takeNew(state, content("a"));
    const commits = Array.from({ length: 300 }, (_, index) =>
      state.journal.commit({ drop, progress: progressTo(index + 1), dead: [] }),
    );
    await Promise.all(commits);
    expect(await state.journal.progress(drop)).toEqual(progressTo(300));
  });

  it("finishes what was begun before it closes, and refuses what comes after", async () => {
    const state = await test.open();
    const take = takeNew(state, content("a"));
    const late = newDrop(state, { size: 1, sha256: "x" });
    await take;
    const set = state.journal.set("clock", 17);
    await state.close();
    await set;
    await expect(state.journal.take(late, content("b"))).rejects.toMatchObject({ code: "INTERNAL" });
    await state.close();
    expect(await (await test.open()).journal.get("clock")).toBe(17);
  });
});

describe("a damaged journal", () => {
  it("fails for good: everything is refused, the engine is told once, nothing of the spool is removed", async () => {
    let state = await test.open();
    const kept = await takeNew(state, content("a", 100_000));
    await Promise.all(
      Array.from({ length: 3_000 }, (_, index) => state.journal.set(`key ${index}`, "x".repeat(2_000))),
    );
    await state.close();
    // All pages but the first, so that it opens.
    const file = openSync(join(test.dir, "journal.db"), "r+");
    const { size } = statSync(join(test.dir, "journal.db"));
    writeSync(file, Buffer.alloc(size - 60 * 4_096, 0x5a), 0, undefined, 60 * 4_096);
    closeSync(file);
    const failures: string[] = [];
    state = await test.open({ onFailed: (error) => void failures.push(error.code) });
    await state.spool.write("d1", "gewerbe", stream(content("b", 100_000)), never);
    const calls = await Promise.allSettled([
      state.journal.entries("key"),
      state.journal.set("key 2999", 1),
      state.journal.get("key 1500"),
    ]);
    expect(calls.filter(({ status }) => status === "rejected").length).toBeGreaterThan(0);
    for (const call of [
      () => state.journal.drops({}),
      () => state.journal.set("a", 1),
      () => readAll(state, kept),
      () => state.spool.discard("d1"),
      () => state.spool.write("d2", "gewerbe", stream(content("c")), never),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: "JOURNAL_FAILED" });
    }
    expect(failures).toEqual(["JOURNAL_FAILED"]);
    expect(state.failure?.code).toBe("JOURNAL_FAILED");
    expect(statSync(join(test.dir, "spool", "d1.spool")).size).toBeGreaterThan(100_000);
    await state.close();
  });

  it("that is no database at all is refused at the start", async () => {
    await (await test.open()).close();
    writeFileSync(join(test.dir, "journal.db"), Buffer.alloc(8_192, 7));
    await expect(test.open()).rejects.toMatchObject({
      code: "JOURNAL_FAILED",
      message: `${join(test.dir, "journal.db")} cannot be opened: it is damaged, or no database (SQLite error 26)`,
      hint: expect.stringContaining("backup") as string,
    });
  });
});
