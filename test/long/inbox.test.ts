// SIGKILL of the real process while clients drop files on it: the figures stand in docs/inbox.md.

import { expect, it } from "vitest";
import { inboxUploads } from "../crash/kill-plans-inbox.ts";
import { killRun } from "../crash/kill.ts";

it("loses and doubles no acknowledged drop over forty kills", async () => {
  const figures = await killRun(inboxUploads(6), { kills: 40, work: 400 });
  console.log(JSON.stringify(figures));
  expect(figures).toMatchObject({ lost: 0, twice: 0, broken: 0 });
});
