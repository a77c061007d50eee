// What servers of files have that others do not: clocks that are a day wrong, names in Latin-1, links to elsewhere, a key or certificate
// that is not the known one. The real process, real servers.

import { appendFileSync, mkdirSync, readFileSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { joinPath } from "../../src/adapters/shared/atomic.ts";
import { describeWithPeers, type RemotePeer } from "../peers/remote-peer.ts";
import { startAppliance } from "./appliance.ts";
import { dropsIn } from "./ends.ts";
import { remoteWorld } from "./remote-world.ts";
import { PLAIN, waitFor, type World } from "./world.ts";

const DAY = 86_400;
const BATCH = `${PLAIN.deliver}\n  batch: { drop: true }`;

function worldOf(
  peer: RemotePeer,
  more: string,
  change: (options: string) => string = (same) => same,
): {
  readonly world: World;
  readonly here: string;
} {
  const { here, there } = peer.folder("export");
  const options = change(peer.options(`path: ${there}, every: 100ms, ${more}`));
  const target = '  folder: { path: out, name: "{$file.stem}.json" }';
  return { world: remoteWorld(peer, { receive: `  ${peer.protocol}: ${options}`, target, deliver: BATCH }), here };
}

describeWithPeers("odd servers", (start, protocol) => {
  async function withPeer(work: (peer: RemotePeer) => Promise<void>): Promise<void> {
    const peer = await start();
    try {
      await work(peer);
    } finally {
      await peer.close();
    }
  }

  it.concurrent("a clock that is a day ahead or behind: what grows is waited for, what stands still is taken", () =>
    withPeer(async (peer) => {
      const { world, here } = worldOf(peer, 'files: "*.csv", settle: 1s');
      try {
        const up = await startAppliance(world);
        const now = Date.now() / 1_000;
        const set = (name: string, days: number): void =>
          utimesSync(join(here, name), now + days * DAY, Math.floor(Date.now() / 1_000) + days * DAY);
        const writers = [1, -1].map(async (days) => {
          const name = days > 0 ? "voraus.csv" : "zurueck.csv";
          writeFileSync(join(here, name), "ID;NAME;BETRAG\n");
          for (let id = 1; id <= 12; id++) {
            appendFileSync(join(here, name), `${id};${name};1,00\n`);
            set(name, days);
            await sleep(200);
          }
        });
        await Promise.all(writers);
        // Not for their files: until a drop has its end the journal does not say how many records it has.
        await waitFor("both to have their end", () => up.log().split('"drop.finished"').length - 1 === 2);
        expect(readdirSync(join(world.data, "out"))).toHaveLength(2);
        up.child.kill("SIGTERM");
        await up.ended;
        const drops = (await dropsIn(world)).map(({ name, records }) => `${name} ${records}`);
        expect(drops.toSorted()).toEqual(["voraus.csv 12", "zurueck.csv 12"]);
      } finally {
        world.remove();
      }
    }));

  it.concurrent("names in Latin-1 are matched and shown; links to elsewhere are not taken, and that is said", () =>
    withPeer(async (peer) => {
      const { world, here } = worldOf(
        peer,
        'files: ["Gr\u00f6\u00dfe*.csv", "*.txt"], settle: 0s, nameEncoding: iso-8859-1',
      );
      try {
        const put = (name: string): void =>
          writeFileSync(joinPath(here, Buffer.from(name, "latin1")), `ID;NAME;BETRAG\n${name.length};N;1,00\n`);
        for (const name of ["Gr\u00f6\u00dfe 1.csv", "Grosse.csv", "echt.txt"]) put(name);
        writeFileSync(join(world.dir, "geheim"), "ID;NAME;BETRAG\n99;Geheim;1,00\n");
        symlinkSync(join(world.dir, "geheim"), join(here, "fremd.txt"));
        symlinkSync("/etc", join(here, "ordner.txt"));
        mkdirSync(join(here, "unter.txt"));
        const { code, stderr } = await world.once();
        expect(code, stderr).toBe(0);
        expect((await dropsIn(world)).map(({ name }) => name).toSorted()).toEqual([
          "Gr\u00f6\u00dfe 1.csv",
          "echt.txt",
        ]);
        expect(stderr.split("source.special_file").length - 1).toBe(2);
        const left = readdirSync(here, "latin1").toSorted();
        expect(left).toEqual(["Grosse.csv", "archive", "fremd.txt", "ordner.txt", "unter.txt"]);
        const archived = readdirSync(join(here, "archive"), "buffer").map((name) => name.toString("latin1"));
        expect(archived.toSorted()).toEqual(["Gr\u00f6\u00dfe 1.csv", "echt.txt"]);
        expect(readFileSync(join(world.data, "out", "Gr\u00f6\u00dfe 1.json"), "utf8")).toContain('"id"');
      } finally {
        world.remove();
      }
    }));

  it.concurrent("a key or certificate that is not the known one: nothing is taken, and what to look at is said", () =>
    withPeer(async (peer) => {
      const other = (options: string): string =>
        options
          .replace(/hostKey: "[^"]+"/u, `hostKey: "SHA256:${"A".repeat(43)}"`)
          .replace("ca: ca.pem", `fingerprint: "${"0".repeat(64)}"`);
      const { world, here } = worldOf(peer, 'files: "*.csv", settle: 0s', other);
      try {
        writeFileSync(join(here, "a.csv"), "ID;NAME;BETRAG\n1;N;1,00\n");
        const { code, stderr } = await world.once();
        expect(code).toBe(3);
        expect(stderr).toContain(protocol === "sftp" ? "HOST_KEY_WRONG" : "CERTIFICATE_REFUSED");
        expect(readdirSync(here)).toEqual(["a.csv"]);
        expect(await dropsIn(world)).toEqual([]);
      } finally {
        world.remove();
      }
    }));
});
