// A failing fsync under journal and spool alone: the failure is told once, and nothing is acknowledged from then on.

import { testState } from "../core/journal-state.ts";
import { expectAcknowledged, expectSound, expectStopped, runChild } from "./storage-run.ts";
import { inject } from "./strace.ts";

/** The `moment`-th of a thread: the journal's has its own numbers, and so has each of libuv's four. */
export async function failStorage(moment: number, what: "journal and spool" | "journal alone"): Promise<void> {
  const test = testState();
  try {
    // The folder is made before, so that the failures meet the work and not the making of the folder.
    await (await test.open()).close();
    const under = inject("fsync,fdatasync", "error=EIO", moment);
    const lines = await runChild(test.dir, `moment ${moment}`, { count: 300, small: what === "journal alone", under });
    expectStopped(lines);
    const state = await test.open();
    await expectAcknowledged(state, lines);
    await expectSound(state, test.dir);
  } finally {
    await test.remove();
  }
}
