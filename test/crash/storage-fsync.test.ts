import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { testState } from "../core/journal-state.ts";
import type { TestState } from "../core/journal-state.ts";
import { expectAcknowledged, expectSound, expectStopped, runChild } from "./storage-run.ts";

/** strace makes the kernel's answer to fsync an error; where it lacks or may not trace, nothing can be said. */
function whyNot(): string | undefined {
  const tried = spawnSync("strace", ["-f", "-e", "trace=fsync", "-o", "/dev/null", "true"]);
  if (tried.error !== undefined) return "strace is not installed";
  return tried.status === 0 ? undefined : "strace may not trace here";
}

const reason = whyNot();
const required = (process.env["REQUIRE_PEERS"] ?? "").split(",").includes("strace");

describe.skipIf(reason !== undefined && !required)(
  `a failing fsync${reason === undefined ? "" : ` (${reason})`}`,
  () => {
    let test: TestState;
    beforeEach(async () => {
      if (reason !== undefined) throw new Error(reason);
      test = testState();
      // The folder is made before, so that the failures meet the work and not the making of the folder.
      await (await test.open()).close();
    });
    afterEach(() => test.remove());

    /** strace counts per thread: the journal's thread has its own numbers, and so has each of libuv's four. */
    const MOMENTS = [1, 2, 3, 5, 8, 12, 20].map((moment) => [moment, "journal and spool", false] as const);
    // The third of the journal's thread is SQLite's own sync of the folder, whose failure it ignores. It may: ours came before.
    const JOURNAL_MOMENTS = [1, 2, 4, 7, 11].map((moment) => [moment, "journal alone", true] as const);

    it.each([...MOMENTS, ...JOURNAL_MOMENTS])(
      "number %i of a thread (%s) ends the work for good, and loses nothing that was acknowledged",
      async (moment, _, small) => {
        const under = ["strace", "-f", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=fsync,fdatasync"];
        under.push("-e", `inject=fsync,fdatasync:error=EIO:when=${moment}`);
        const lines = await runChild(test.dir, `moment ${moment}`, { count: 300, small, under });
        expect(lines.length).toBeGreaterThan(0);
        expectStopped(lines);
        const state = await test.open();
        await expectAcknowledged(state, lines);
        await expectSound(state, test.dir);
      },
    );
  },
);
