// Several appliances, each a process with a state of its own, take from one folder of a server (claim: true).

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { RemotePeer } from "../peers/remote-peer.ts";
import { startAppliance } from "./appliance.ts";
import { dropsIn } from "./ends.ts";
import { stop } from "./remote-faults.ts";
import { filesIn, remoteWorld } from "./remote-world.ts";
import { PLAIN, waitFor } from "./world.ts";

export async function severalAppliances(peer: RemotePeer, appliances: number, files: number): Promise<object> {
  const { here, there } = peer.folder("gemeinsam");
  const options = peer.options(
    `path: ${there}, files: "*.csv", settle: 0s, every: 200ms, claim: true, claimFor: 10m, connections: 2`,
  );
  const worlds = Array.from({ length: appliances }, () =>
    remoteWorld(peer, {
      receive: `  ${peer.protocol}: ${options}`,
      target: '  folder: { path: out, name: "{$file.stem}.json" }',
      deliver: `${PLAIN.deliver}\n  batch: { drop: true }`,
    }),
  );
  try {
    const running = await Promise.all(worlds.map((world) => startAppliance(world)));
    const began = performance.now();
    const sums = new Map<string, string>();
    for (let n = 0; n < files; n++) {
      const body = `ID;NAME;BETRAG\n${n};Name;1,00\n`;
      sums.set(`k${n}.csv`, createHash("sha256").update(body).digest("hex"));
      writeFileSync(join(here, `k${n}.csv`), body);
      peer.give(join(here, `k${n}.csv`));
    }
    const archive = join(here, "archive");
    await waitFor("all to be archived", () => filesIn(archive).length === files && filesIn(here).length === 0, 900_000);
    const seconds = (performance.now() - began) / 1_000;
    for (const up of running) await stop(up);
    for (const world of worlds) {
      const end = await world.once("60s");
      expect(end.code, end.stderr).toBe(0);
    }
    const shares: number[] = [];
    const names: string[] = [];
    for (const world of worlds) {
      const drops = await dropsIn(world);
      shares.push(drops.length);
      for (const { name, sha256 } of drops) {
        names.push(name);
        expect(sha256).toBe(sums.get(name));
      }
      for (const name of filesIn(join(world.data, "out")))
        JSON.parse(readFileSync(join(world.data, "out", name), "utf8"));
    }
    expect(worlds.reduce((sum, world) => sum + filesIn(join(world.data, "out")).length, 0)).toBe(files);
    const twice = names.length - new Set(names).size;
    const lost = [...sums.keys()].filter((name) => !names.includes(name)).length;
    return { appliances, files, shares, lost, twice, seconds: Math.round(seconds) };
  } finally {
    for (const world of worlds) world.remove();
  }
}
