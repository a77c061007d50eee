import { expect, it } from "vitest";
import { describeWithPeers } from "../peers/remote-peer.ts";
import { fromServer, growingOnServer } from "./kill-plans-remote.ts";
import { killRun } from "./kill.ts";

/** A few rounds of what the long run does sixty times. */
describeWithPeers("SIGKILL at random moments with a server", (start) => {
  it.concurrent.each([
    { plan: fromServer(start, "archive", 40), kills: 2 },
    { plan: growingOnServer(start, 20_000), kills: 1 },
  ])("$kills times, $plan.name: nothing lost, nothing twice", async ({ plan, kills }) => {
    expect(await killRun(plan, { kills, work: 200 })).toMatchObject({ lost: 0, twice: 0 });
  });
});
