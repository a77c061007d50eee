// SIGKILL of the real process while clients drop files on it: the figures stand in docs/inbox.md.

import { expect, it } from "vitest";
import { inboxAtFsync, inboxUploads } from "../crash/kill-plans-inbox.ts";
import { killRun } from "../crash/kill.ts";
import { describeWithStrace } from "../crash/strace.ts";

it("loses and doubles no acknowledged drop over forty kills", async () => {
  const figures = await killRun(inboxUploads(6), { kills: 40, work: 400 });
  console.log(JSON.stringify(figures));
  expect(figures).toMatchObject({ lost: 0, twice: 0, broken: 0 });
});

describeWithStrace("at an fsync", () => {
  it.each(["signal=SIGKILL", "error=EIO"] as const)("%s: loses and doubles no acknowledged drop", async (what) => {
    const figures = await inboxAtFsync(
      what,
      Array.from({ length: 16 }, (_, at) => at + 1),
    );
    console.log(what, JSON.stringify(figures));
    expect(figures).toMatchObject({ lost: 0, twice: 0, broken: 0 });
  });
});
