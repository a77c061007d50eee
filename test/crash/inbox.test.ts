import { expect, it } from "vitest";
import { inboxAtFsync, inboxUploads } from "./kill-plans-inbox.ts";
import { killRun } from "./kill.ts";
import { describeWithStrace } from "./strace.ts";

/** A few rounds of what the long run does many more of. */
it("SIGKILL while clients drop files: what was acknowledged arrives once, what was not complete does not", async () => {
  const figures = await killRun(inboxUploads(4), { kills: 4, work: 300 });
  expect(figures).toMatchObject({ lost: 0, twice: 0, broken: 0 });
  expect(figures["acknowledged"]).toBeGreaterThan(0);
}, 120_000);

describeWithStrace("an fsync", () => {
  it("that meets SIGKILL costs no acknowledged drop", async () => {
    expect(await inboxAtFsync("signal=SIGKILL", [3, 5])).toMatchObject({ lost: 0, twice: 0, broken: 0 });
  }, 120_000);
});
