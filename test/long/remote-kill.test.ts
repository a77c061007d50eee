import { expect, it } from "vitest";
import { fromServer, growingOnServer, singlesToServer } from "../crash/kill-plans-remote.ts";
import { killRun } from "../crash/kill.ts";
import { describeWithPeers } from "../peers/remote-peer.ts";

describeWithPeers("SIGKILL at random moments with a server", (start, protocol) => {
  it.each([
    { plan: fromServer(start, "archive", 100), kills: 60 },
    { plan: fromServer(start, "delete", 100), kills: 60 },
    { plan: singlesToServer(start, 300), kills: 60 },
    { plan: growingOnServer(start, 30_000), kills: 60 },
  ])("$kills times, $plan.name: nothing lost, nothing twice", async ({ plan, kills }) => {
    const figures = await killRun(plan, { kills, work: 600 });
    console.log(JSON.stringify({ protocol, ...figures }));
    expect(figures).toMatchObject({ lost: 0, twice: 0 });
  });
});
