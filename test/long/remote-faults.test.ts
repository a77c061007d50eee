import { expect, it } from "vitest";
import { archiveRefused, diskFull, manyFiles, serverKilled } from "../crash/remote-faults.ts";
import { severalAppliances } from "../crash/remote-several.ts";
import { describeWithSmallDisk, mountSmallDisk } from "../crash/small-disk.ts";
import { describeWithPeers, type RemotePeer } from "../peers/remote-peer.ts";

describeWithPeers("harm done to a server", (start, protocol) => {
  async function figures(what: string, work: (peer: RemotePeer) => Promise<object>): Promise<object> {
    const peer = await start();
    try {
      const found = await work(peer);
      console.log(JSON.stringify({ protocol, what, ...found }));
      return found;
    } finally {
      await peer.close();
    }
  }

  it("killed 30 times in the middle of a file: each comes whole, once", async () => {
    expect(await figures("killed", (peer) => serverKilled(peer, 30, 60))).toMatchObject({ lost: 0, twice: 0 });
  });

  it("no right to archive for 1,000 looks: not taken again", async () => {
    expect(await figures("archive refused", (peer) => archiveRefused(peer, 1_000))).toMatchObject({ takenAgain: 0 });
  });

  describeWithSmallDisk("our disk", () => {
    it("is full: the files stay at the server, and come once when there is room", async () => {
      const disk = mountSmallDisk(400);
      try {
        expect(await figures("full disk", (peer) => diskFull(peer, disk))).toMatchObject({ lost: 0, twice: 0 });
      } finally {
        disk.remove();
      }
    });
  });

  it("a folder of 20,000 files is emptied by one run", async () => {
    expect(await figures("many files", (peer) => manyFiles(peer, 20_000))).toMatchObject({ lost: 0, twice: 0 });
  });

  it("four appliances take 10,000 files from one folder, each once", async () => {
    expect(await figures("four appliances", (peer) => severalAppliances(peer, 4, 10_000))).toMatchObject({
      lost: 0,
      twice: 0,
    });
  });
});
