import { expect, it } from "vitest";
import { boundary } from "./boundaries.ts";
import { describeWithStrace } from "./strace.ts";

/** A sample; the long run kills at every one of them. */
describeWithStrace("killed at the door of a system call", () => {
  it.each([
    ["http", "fsync", 22] as const,
    ["http", "journal and file writes", 180] as const,
    ["http", "socket writes", 30] as const,
    ["folder", "link", 2] as const,
    ["growing", "truncate", 1] as const,
    ["attached", "fsync", 19] as const,
  ])("%s, %s number %i: the next run ends with everything exactly once", async (kind, call, when) => {
    expect(await boundary(kind, call, when)).toBe("killed");
  });
});
