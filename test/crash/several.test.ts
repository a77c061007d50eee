// A few rounds of what the long run does many times.

import { expect, it } from "vitest";
import { describeWithPeers } from "../peers/remote-peer.ts";
import { severalKilled } from "./several.ts";

it("two appliances on one folder, killed six times: nothing lost, nothing twice", async () => {
  const figures = await severalKilled(undefined, 6);
  console.log(JSON.stringify(figures));
  expect(figures).toMatchObject({ files: 360, lost: 0, twice: 0 });
  expect(Math.min(...figures.shares)).toBeGreaterThan(0);
}, 240_000);

describeWithPeers("two appliances on one folder", (start) => {
  it("killed four times: nothing lost, nothing twice", async () => {
    const peer = await start();
    try {
      const figures = await severalKilled(peer, 4);
      console.log(JSON.stringify(figures));
      expect(figures).toMatchObject({ files: 240, lost: 0, twice: 0 });
    } finally {
      await peer.close();
    }
  }, 240_000);
});
