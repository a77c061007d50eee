import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { describeNeeding } from "../peers/required.ts";
import type { OpenState } from "../../src/core/journal/types.ts";
import { finishDrop, readAll, takeBytes, takeNew, testState } from "../core/journal-state.ts";
import type { TestState } from "../core/journal-state.ts";
import { expectSound } from "./storage-run.ts";

const MiB = 1 << 20;
const LIMITS = { lowDisk: 12 * MiB, reserve: 4 * MiB };

/** A file system of its own that is small enough to be filled: needs the right to mount. */
function mount(dir: string): boolean {
  mkdirSync(dir, { recursive: true });
  return spawnSync("mount", ["-t", "tmpfs", "-o", "size=48m", "tmpfs", dir]).status === 0;
}

function mayMount(): boolean {
  const test = testState();
  const dir = join(test.dir, "try");
  const may = mount(dir);
  if (may) spawnSync("umount", [dir]);
  rmSync(test.dir, { recursive: true, force: true });
  return may;
}

const reason = mayMount() ? undefined : "no right to mount a file system to fill";

describeNeeding("tmpfs", reason, "a full disk", () => {
  let test: TestState;
  let disk: string;
  let dir: string;
  let state: OpenState;
  const failures: string[] = [];
  beforeEach(async () => {
    failures.length = 0;
    test = testState();
    disk = join(test.dir, "disk");
    dir = join(disk, "state");
    mount(disk);
    state = await test.open({ dir, limits: LIMITS, onFailed: (error) => void failures.push(error.code) });
  });
  afterEach(async () => {
    await state.close().catch(() => undefined);
    spawnSync("umount", ["-l", disk]);
    await test.remove();
  });

  /** Somebody else's file takes all the room there is. */
  function fill(): void {
    const file = openSync(join(disk, "junk"), "w");
    try {
      for (let size = MiB; size >= 1; size = Math.floor(size / 2)) {
        for (const block = Buffer.alloc(size); ;) if (writeSync(file, block) < size) break;
      }
    } catch {
      // Full.
    } finally {
      closeSync(file);
    }
  }

  /** Takes until the disk is short; any other end is one of the test, too. */
  async function takeUntilLow(): Promise<readonly string[]> {
    const ids: string[] = [];
    for (let code: unknown; code !== "DISK_LOW";) {
      await takeNew(state, randomBytes(ids.length % 2 === 0 ? 60_000 : 300_000)).then(
        (id) => ids.push(id),
        (cause: unknown) => {
          ({ code } = cause as { code?: string });
          if (code !== "DISK_LOW") throw cause;
        },
      );
    }
    return ids;
  }

  it("takes nothing more, still commits outcomes from the reserve, and goes on when there is room", async () => {
    const ids = await takeUntilLow();
    expect(ids.length).toBeGreaterThan(10);
    expect(statSync(join(dir, "reserve")).size).toBe(LIMITS.reserve);
    fill();
    for (const id of ids) await finishDrop(state, id, 200, [2, 3, 5, 7, 11]);
    expect(existsSync(join(dir, "reserve"))).toBe(false);
    expect(test.logged).toContain("warn disk.reserve-released");
    expect(failures).toEqual([]);
    await expect(takeBytes(state, randomBytes(100))).rejects.toMatchObject({ code: "DISK_LOW" });

    // Erasing works too, where the disk is full.
    for (const id of ids) {
      await state.journal.answered(id);
      await state.journal.dismiss(
        (await state.journal.dead({ drop: id })).map((one) => one.id),
        "a.muster",
        "erledigt",
      );
    }
    const half = ids.slice(0, Math.floor(ids.length / 2));
    expect(await readAll(state, half[0] as string)).toHaveLength(60_000);
    const done = await state.journal.purge(Date.now() + 1_000, () => ({ payload: 0, dead: 1e12, held: 1e12 }));
    expect(done.drops).toBe(ids.length);

    rmSync(join(disk, "junk"));
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(await state.spool.low()).toBe(false);
    expect(statSync(join(dir, "reserve")).size).toBe(LIMITS.reserve);
    await takeNew(state, randomBytes(100_000));
    await expectSound(state, dir);
  });

  it("without a reserve fails for good, and everything acknowledged is there afterwards", async () => {
    const ids = await takeUntilLow();
    rmSync(join(dir, "reserve"));
    fill();
    const acknowledged: number[] = [];
    let refused: unknown;
    for (let number = 0; number < 20_000 && refused === undefined; number += 1) {
      await state.journal.set(`key ${number}`, "x".repeat(20_000)).then(
        () => acknowledged.push(number),
        (cause: unknown) => (refused = cause),
      );
    }
    expect(refused).toMatchObject({ code: "JOURNAL_FAILED" });
    expect(failures).toEqual(["JOURNAL_FAILED"]);
    await state.close().catch(() => undefined);
    rmSync(join(disk, "junk"));
    state = await test.open({ dir, limits: LIMITS });
    for (const number of acknowledged) expect(await state.journal.get(`key ${number}`)).toHaveLength(20_000);
    for (const id of ids) expect((await readAll(state, id)).length).toBeGreaterThan(0);
    await expectSound(state, dir);
  });

  it("while a drop is written leaves nothing of it, and the state whole", async () => {
    const free = await state.spool.free();
    await expect(takeBytes(state, randomBytes(free + MiB))).rejects.toMatchObject({ code: "DISK_LOW" });
    expect(failures).toEqual([]);
    await takeNew(state, randomBytes(200_000));
    await expectSound(state, dir);
  });
});
