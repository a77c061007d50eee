// A disk that says no to an fsync. What the state needed ends the process with 3, for good and in clear words; what target,
// archive or receipts needed is told and done again. Nothing is lost or doubled by the next run.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { RECORDS, targetOf, type Kind } from "./boundaries.ts";
import { expectSettled } from "./ends.ts";
import { inject } from "./strace.ts";
import { finish, putDrop } from "./world.ts";

export interface FsyncResult {
  readonly code: number | null;
  /** What the failed calls were about: `journal.db-wal`, `spool`, `quittungen` … */
  readonly failed: readonly string[];
}

/**
 * `when` counts in each thread; with `path`, relative to the world, only calls about it are counted at all. `more` bytes make each of the
 * records longer.
 */
export async function fsyncFails(
  kind: Kind,
  when: number,
  path?: string,
  { calls = "fsync,fdatasync", more = 1_200 } = {},
): Promise<FsyncResult> {
  const target = await targetOf(kind);
  const { world } = target;
  const log = join(world.dir, "calls");
  try {
    putDrop(world, "a.csv", RECORDS, 1, more);
    const only = path === undefined ? [] : ["-P", join(world.dir, path)];
    const wrap = [...inject(calls, "error=EIO", when, log), ...only];
    const { code, stderr } = await finish(world.start(["up", "--once", "--json", "--patience", "1s"], wrap));
    const failed = failedPaths(readFileSync(log, "utf8"), world.dir);
    checkEnd(code, stderr, failed, world.dir);
    const clean = await world.once();
    expect(clean.code, clean.stderr).toBe(0);
    target.check();
    await expectSettled(world, { records: RECORDS, delivered: RECORDS, dead: 0, drops: 1 });
    return { code, failed };
  } catch (cause) {
    throw new Error(`${kind}, fsync number ${when} of a thread failed ${path ?? ""}`, { cause });
  } finally {
    await target.close();
    world.remove();
  }
}

/** `fsync(21</tmp/steg-crash-x/state/journal.db-wal>) = -1 EIO (Input/output error) (INJECTED)` */
function failedPaths(log: string, dir: string): string[] {
  const paths: string[] = [];
  for (const line of log.split("\n")) {
    if (!line.includes("(INJECTED)")) continue;
    const path = /<(\/[^>]*)>/.exec(line)?.[1];
    // Where another thread's call came between, the path stands in the line before; which it was does not matter then.
    paths.push(path === undefined ? "unknown" : path.slice(dir.length + 1));
  }
  return paths;
}

/** SQLite syncs the folder of its files too, and ignores a failure; it may, because the appliance's own sync came before. */
function isIgnored(path: string): boolean {
  return path === "state" || path === "unknown";
}

function checkEnd(code: number | null, stderr: string, failed: readonly string[], dir: string): void {
  const ofState = failed.filter((path) => path.startsWith("state") && !isIgnored(path));
  // A file at the target is written anew, a receipt too; that is no success that was not one.
  const again = failed.every((path) => path.startsWith("data/out/") || isIgnored(path));
  if (ofState.length > 0) expect([code, stderr]).toEqual([3, expect.stringMatching(/JOURNAL_FAILED|EIO/)]);
  else if (again) expect([0, 3], stderr).toContain(code);
  else expect([code, failed, stderr]).toEqual([3, failed, expect.any(String)]);
  expect(stderr).not.toContain("INTERNAL");
  expect(stderr).not.toContain(dir + "/src");
}
