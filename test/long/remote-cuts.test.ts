import { expect, it } from "vitest";
import { cutRun, median, type CutFigures } from "../crash/remote-cuts.ts";
import { describeWithPeers } from "../peers/remote-peer.ts";

/** Silence lasts: four lines at a time. */
const LANES = { reset: 1, end: 1, silence: 4 } as const;

describeWithPeers("a line that is cut at random bytes of a file of 50 MB", (start, protocol) => {
  it.each(["reset", "end", "silence"] as const)("100 times by %s: each file comes whole, once", async (how) => {
    const lane = async (): Promise<CutFigures> => {
      const peer = await start();
      try {
        return await cutRun(peer, { how, cuts: 100 / LANES[how], megabytes: 50 });
      } finally {
        await peer.close();
      }
    };
    const lanes = await Promise.all(Array.from({ length: LANES[how] }, lane));
    const sum = (key: "cuts" | "takenOnce" | "wrong"): number => lanes.reduce((all, each) => all + each[key], 0);
    const noticed = lanes.flatMap((each) => each.noticed);
    const back = lanes.flatMap((each) => each.back);
    const figures = { protocol, how, cuts: sum("cuts"), takenOnce: sum("takenOnce"), wrong: sum("wrong") };
    const times = {
      noticedMedian: Math.round(median(noticed)),
      noticedMost: Math.round(Math.max(...noticed)),
      backMedian: Math.round(median(back)),
      backMost: Math.round(Math.max(...back)),
    };
    console.log(JSON.stringify({ ...figures, ...times }));
    expect(figures).toMatchObject({ cuts: 100, takenOnce: 100, wrong: 0 });
    expect(times.noticedMost).toBeLessThan(5_000);
  });
});
