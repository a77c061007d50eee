// Starting and killing the child, and what must hold of the state folder afterwards.

import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { OpenState } from "../../src/core/journal/types.ts";
import { readAll, sha256 } from "../core/journal-state.ts";

const script = fileURLToPath(new URL("storage-child.ts", import.meta.url));

/** Runs the child to its end, or kills it `killAfter` milliseconds after its state is open. Answers what it said. */
export async function runChild(
  dir: string,
  seed: string,
  options: {
    readonly count?: number;
    readonly small?: boolean;
    readonly killAfter?: number;
    readonly under?: readonly string[];
  } = {},
): Promise<readonly string[]> {
  const { count, small = false, killAfter, under = [] } = options;
  const command = [
    ...under,
    process.execPath,
    script,
    dir,
    seed,
    ...(count === undefined ? [] : [String(count), small ? "small" : "all"]),
  ];
  const child = spawn(command[0] as string, command.slice(1), { stdio: ["ignore", "pipe", "ignore"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const lines: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line === "open" && killAfter !== undefined) timer = setTimeout(() => child.kill("SIGKILL"), killAfter);
  }
  await ended;
  clearTimeout(timer);
  return lines;
}

/** Everything that was acknowledged is there and can be read. */
export async function expectAcknowledged(state: OpenState, lines: readonly string[]): Promise<number> {
  let count = 0;
  for (const line of lines) {
    const [what, id = "", third = "", size] = line.split(" ");
    if (what === "take") {
      const drop = await state.journal.drop(id);
      expect(drop).toMatchObject({ id, sha256: third, size: Number(size), payload: "kept" });
      const bytes = await readAll(state, id);
      expect([id, bytes.length, sha256(bytes)]).toEqual([id, Number(size), third]);
      count += 1;
    } else if (what === "duplicate") {
      expect(await state.journal.drop(id)).toMatchObject({ state: "duplicate" });
    } else if (what === "commit") {
      const progress = await state.journal.progress(id);
      expect(progress.watermark).toBeGreaterThanOrEqual(Number(third));
      expect(await state.journal.dead({ drop: id })).toHaveLength(1);
      if (third === "9") expect((await state.journal.drop(id))?.state).toBe("done");
    }
  }
  return count;
}

/** The failure was told once, and nothing was acknowledged from then on, however often it was tried. */
export function expectStopped(lines: readonly string[]): void {
  const failed = lines.findIndex((line) => line === "failed JOURNAL_FAILED" || line === "unopened JOURNAL_FAILED");
  expect(failed).toBeGreaterThanOrEqual(0);
  const after = lines.slice(failed);
  const those = (start: string): readonly string[] => after.filter((line) => line.startsWith(start));
  expect([...those("take "), ...those("duplicate "), ...those("commit ")]).toEqual([]);
  if (those("unopened ").length > 0) return;
  expect(those("failed ")).toHaveLength(1);
  expect(new Set(those("rejected "))).toEqual(new Set(["rejected JOURNAL_FAILED"]));
  expect(those("refused ")).toEqual(["refused JOURNAL_FAILED", "refused JOURNAL_FAILED", "refused JOURNAL_FAILED"]);
}

/** Each file of the spool belongs to a drop of the journal, each drop has its bytes, sums and trail are whole. */
export async function expectSound(state: OpenState, dir: string): Promise<void> {
  const drops = await state.journal.drops({ limit: 100_000 });
  const files = new Set(readdirSync(join(dir, "spool")));
  for (const drop of drops) {
    if (drop.payload !== "kept") continue;
    expect((await readAll(state, drop.id)).length).toBe(drop.size);
    files.delete(`${drop.id}.spool`);
  }
  expect([...files]).toEqual([]);
  const [sum] = await state.journal.sums();
  if (sum !== undefined) {
    const total = (key: "records" | "delivered" | "dead"): number => drops.reduce((all, drop) => all + drop[key], 0);
    expect(sum.drops).toBe(drops.length);
    expect(sum.delivered).toBe(total("delivered"));
    expect(sum.dead).toBe(total("dead"));
    expect(sum.delivered + sum.dead + sum.skipped + sum.pending).toBe(sum.records);
    expect(state.spool.used("gewerbe")).toBe(sum.spoolBytes);
  }
  expect((await state.journal.auditVerify()).broken).toBeUndefined();
}
