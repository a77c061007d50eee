import { expect, it } from "vitest";
import { describeWithPeers, type RemotePeer } from "../peers/remote-peer.ts";
import { archiveRefused, diskFull, serverKilled } from "./remote-faults.ts";
import { describeWithSmallDisk, mountSmallDisk } from "./small-disk.ts";

async function withPeer(start: () => Promise<RemotePeer>, work: (peer: RemotePeer) => Promise<unknown>): Promise<void> {
  const peer = await start();
  try {
    await work(peer);
  } finally {
    await peer.close();
  }
}

describeWithPeers("harm done to a server", (start) => {
  it.concurrent("killed in the middle of a file: it comes whole, once", () =>
    withPeer(start, async (peer) => expect(await serverKilled(peer, 1, 40)).toMatchObject({ lost: 0, twice: 0 })));

  it.concurrent("no right to archive: known, shown, not taken again, archived when it may be", () =>
    withPeer(start, async (peer) => expect(await archiveRefused(peer, 15)).toMatchObject({ takenAgain: 0 })));
});

// With one of the two: it is our disk. The long run does it with both.
describeWithPeers(
  "a full disk under the state",
  (start) => {
    describeWithSmallDisk("of our own", () => {
      it("leaves the files at the server, and takes them once when there is room", () =>
        withPeer(start, async (peer) => {
          const disk = mountSmallDisk(400);
          try {
            expect(await diskFull(peer, disk)).toMatchObject({ lost: 0, twice: 0 });
          } finally {
            disk.remove();
          }
        }));
    });
  },
  ["sftp"],
);
