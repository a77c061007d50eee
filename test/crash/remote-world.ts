// A world whose bridge has a server of files at one end.

import { existsSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RemotePeer } from "../peers/remote-peer.ts";
import { createWorld, type World, type WorldOptions } from "./world.ts";

export function remoteWorld(peer: RemotePeer, text: WorldOptions): World {
  const world = createWorld(text);
  for (const [name, bytes] of Object.entries(peer.beside))
    writeFileSync(join(world.dir, "mappings/crash", name), bytes);
  return world;
}

/** As a legacy job drops it: under another name first. `count` records, their ids from `from` on, `more` bytes longer. */
export function putRemote(peer: RemotePeer, here: string, name: string, count: number, from: number, more = 0): void {
  const lines = ["ID;NAME;BETRAG;REST"];
  for (let id = from; id < from + count; id++) lines.push(`${id};Name ${id % 37};1,50;${"x".repeat(more)}`);
  const hidden = join(here, `.${name}.neu`);
  writeFileSync(hidden, `${lines.join("\n")}\n`);
  peer.give(hidden);
  renameSync(hidden, join(here, name));
}

/** Names without folders; none where there is no folder. */
export function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted();
}
