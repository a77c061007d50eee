import { expect, it } from "vitest";
import { severalKilled } from "../crash/several.ts";
import { describeWithPeers } from "../peers/remote-peer.ts";

it("two appliances on one folder, killed 60 times: nothing lost, nothing twice", async () => {
  const figures = await severalKilled(undefined, 60);
  console.log(JSON.stringify({ at: "folder", ...figures }));
  expect(figures).toMatchObject({ lost: 0, twice: 0 });
});

describeWithPeers("two appliances on one folder", (start, protocol) => {
  it("killed 30 times: nothing lost, nothing twice", async () => {
    const peer = await start();
    try {
      const figures = await severalKilled(peer, 30);
      console.log(JSON.stringify({ at: protocol, ...figures }));
      expect(figures).toMatchObject({ lost: 0, twice: 0 });
    } finally {
      await peer.close();
    }
  });
});
