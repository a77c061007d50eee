import { expect, it } from "vitest";
import { describeWithPeers } from "../peers/remote-peer.ts";
import { cutRun } from "./remote-cuts.ts";

/** A cut of two kinds; the long run does a hundred of three. */
describeWithPeers("a line that is cut in the middle of a file", (start) => {
  it.concurrent.each(["reset", "silence"] as const)("by %s: the file comes whole, once", async (how) => {
    const peer = await start();
    try {
      const { noticed, ...figures } = await cutRun(peer, { how, cuts: 1, megabytes: 10 });
      expect(figures).toMatchObject({ takenOnce: 1, wrong: 0 });
      expect(Math.max(...noticed)).toBeLessThan(5_000);
    } finally {
      await peer.close();
    }
  });
});
