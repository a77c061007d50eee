// What the process works on while it is killed, with a real server of files at one end: taking with both ways to be rid of a file, single
// files, growing files, and everything on one server, receipts included.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { RemotePeer } from "../peers/remote-peer.ts";
import { dropsIn, expectDrops, expectSettled, range } from "./ends.ts";
import type { KillPlan, Scene } from "./kill.ts";
import { filesIn, putRemote, remoteWorld } from "./remote-world.ts";
import { PLAIN, putDrop } from "./world.ts";

const DROP_RECORDS = 5;
type Start = () => Promise<RemotePeer>;

/** So many small files come before each start, and one that is larger than a spool row. */
export function fromServer(start: Start, after: "archive" | "delete", files: number): KillPlan {
  return {
    name: `taking, after: ${after}`,
    async begin(): Promise<Scene> {
      const peer = await start();
      const { here, there } = peer.folder("export");
      const options = peer.options(`path: ${there}, files: "*.csv", settle: 0s, after: ${after}, every: 200ms`);
      const world = remoteWorld(peer, {
        receive: `  ${peer.protocol}: ${options}`,
        target: '  folder: { path: out, name: "{$file.stem}.json" }',
        deliver: `${PLAIN.deliver}\n  batch: { drop: true }`,
      });
      let put = 0;
      return {
        world,
        moved: () => put - filesIn(here).filter((name) => name.endsWith(".csv")).length,
        next() {
          for (let n = 0; n < files; n++) {
            put++;
            putRemote(peer, here, `k${put}.csv`, DROP_RECORDS, put * DROP_RECORDS, n === 0 ? 400_000 : 300);
          }
        },
        async end() {
          expect(filesIn(here)).toEqual([]);
          expect(filesIn(join(here, "archive"))).toHaveLength(after === "archive" ? put : 0);
          const drops = await dropsIn(world);
          const names = drops.map(({ name }) => name);
          const wanted = range(1, put).map((n) => `k${n}.csv`);
          const lost = wanted.filter((name) => !names.includes(name)).length;
          // A file that is taken a second time is a drop of its own, with the state of a duplicate.
          const twice = names.length - new Set(names).size;
          expect({ lost, twice }).toEqual({ lost: 0, twice: 0 });
          const records = put * DROP_RECORDS;
          await expectDrops(world, { records, delivered: records, dead: 0, drops: put });
          expect(filesIn(join(world.data, "out"))).toHaveLength(put);
          return { files: put, lost, twice };
        },
        close: () => peer.close(),
      };
    },
  };
}

/** Single files on a server: each record in one, whole. */
export function singlesToServer(start: Start, records: number): KillPlan {
  return {
    name: "single files to a server",
    async begin(): Promise<Scene> {
      const peer = await start();
      const { here, there } = peer.folder("import");
      const world = remoteWorld(peer, {
        target: `  ${peer.protocol}: ${peer.options(`path: ${there}, name: "{ID}.json"`)}`,
      });
      let drops = 0;
      return {
        world,
        moved: () => readdirSync(here).length,
        next: () => putDrop(world, `d${++drops}.csv`, records, (drops - 1) * records + 1),
        async end() {
          const all = drops * records;
          const names = readdirSync(here);
          expect(names.filter((name) => name.startsWith("."))).toEqual([]);
          const ids = names.map((name) => {
            const { id } = JSON.parse(readFileSync(join(here, name), "utf8")) as { id: string };
            expect(name).toBe(`${id}.json`);
            return Number(id);
          });
          expect(ids.toSorted((a, b) => a - b)).toEqual(range(1, all));
          await expectSettled(world, { records: all, delivered: all, dead: 0, drops });
          return { drops, records: all, lost: 0, twice: 0 };
        },
        close: () => peer.close(),
      };
    },
  };
}

/** One growing file per drop on a server: each record once, in order. */
export function growingOnServer(start: Start, records: number): KillPlan {
  return {
    name: "growing files on a server",
    async begin(): Promise<Scene> {
      const peer = await start();
      const { here, there } = peer.folder("import");
      const world = remoteWorld(peer, {
        target: `  ${peer.protocol}: ${peer.options(`path: ${there}, name: "{$file.stem}.json"`)}`,
        deliver: `${PLAIN.deliver}\n  batch: { drop: true }`,
      });
      let drops = 0;
      return {
        world,
        moved: () => bytesIn(here),
        next: () => putDrop(world, `d${++drops}.csv`, records, drops * records + 1),
        async end() {
          for (let drop = 1; drop <= drops; drop++) {
            const lines = JSON.parse(readFileSync(join(here, `d${drop}.json`), "utf8")) as { id: string }[];
            const wanted = range(drop * records + 1, (drop + 1) * records);
            expect(lines.length).toBe(records);
            expect(lines.findIndex(({ id }, at) => Number(id) !== wanted[at])).toBe(-1);
          }
          expect(readdirSync(here)).toHaveLength(drops);
          const all = drops * records;
          await expectSettled(world, { records: all, delivered: all, dead: 0, drops });
          return { drops, records: all, lost: 0, twice: 0 };
        },
        close: () => peer.close(),
      };
    },
  };
}

/** Changes with every write, and with every name. */
function bytesIn(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, { name }) => {
    try {
      return sum + readFileSync(join(folder, name)).length + name.length;
    } catch {
      return sum + 1;
    }
  }, 0);
}
