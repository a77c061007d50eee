import { expect, it } from "vitest";
import { inboxUploads } from "./kill-plans-inbox.ts";
import { killRun } from "./kill.ts";

/** A few rounds of what the long run does many more of. */
it("SIGKILL while clients drop files: what was acknowledged arrives once, what was not complete does not", async () => {
  const figures = await killRun(inboxUploads(4), { kills: 5, work: 300 });
  expect(figures).toMatchObject({ lost: 0, twice: 0, broken: 0 });
  expect(figures["acknowledged"]).toBeGreaterThan(20);
}, 120_000);
