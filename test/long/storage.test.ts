import { expect, it } from "vitest";
import { killStorage } from "../crash/storage-kill.ts";
import { failStorage } from "../crash/storage-fsync.ts";
import { describeWithStrace } from "../crash/strace.ts";

it("after 60 kills at random moments every acknowledged drop is there, and nothing else is left over", async () => {
  const acknowledged = await killStorage(60);
  console.log(JSON.stringify({ storage: "kills", rounds: 60, acknowledged, lost: 0 }));
  expect(acknowledged).toBeGreaterThan(120);
});

/** The third of the journal's thread is SQLite's own sync of the folder, whose failure it ignores. It may: ours came before. */
const BOTH = [1, 2, 3, 5, 8, 12, 20].map((moment) => [moment, "journal and spool"] as const);
const JOURNAL = [1, 2, 4, 7, 11].map((moment) => [moment, "journal alone"] as const);

describeWithStrace("a failing fsync under the state", () => {
  it.each([...BOTH, ...JOURNAL])("number %i of a thread (%s) ends the work for good", async (moment, what) => {
    await failStorage(moment, what);
  });
});
