// Several appliances on one folder: whoever renames a file to a working name of its own has it, because a file system renames a file for
// one of two only. The others leave it alone; where its name has not changed for `claimFor`, its owner counts as dead.
//
//   lying there ──rename──▶ working name of this appliance ──▶ read ──▶ taken
//                                │└── its owner is silent for claimFor: renamed to the working name of another one
//                                └── somebody wrote into it meanwhile: given back, to stand still anew

import { rename } from "node:fs/promises";
import type { AdapterContext } from "../../core/contract.ts";
import { joinPath, look, publish, unless } from "../shared/atomic.ts";
import { claimName, claimPrefix, readClaim } from "../shared/claims.ts";
import { instanceOf } from "../shared/instance.ts";
import { latin } from "../shared/markers.ts";
import { LONGEST_NAME, withAddition } from "../shared/names.ts";
import { createStillness } from "../shared/settle.ts";
import { markOf, same, type Identity } from "./claim.ts";
import { signatureOf, statsOf, type Found } from "./scan.ts";

export interface Working {
  /** Of our own kind of names: files that may be taken now, and removals that nobody ends. Gives back what was written into. */
  sort(own: readonly Buffer[]): Promise<{ readonly files: readonly Found[]; readonly taken: readonly Buffer[] }>;
  /** The file once it is ours; undefined = it is another's, or gone. */
  claim(file: Found): Promise<Found | undefined>;
  /** The name that it has now, whoever has it. */
  find(name: Buffer, identity: Identity, own: readonly Buffer[]): Buffer;
}

export function workingPrefix(context: AdapterContext): string {
  return claimPrefix(context.bridge, "work");
}

export async function createWorking(folder: string, claimFor: number, context: AdapterContext): Promise<Working> {
  const us = await instanceOf(context.stateDir);
  const prefix = workingPrefix(context);
  const takenPrefix = claimPrefix(context.bridge);
  const silence = createStillness(claimFor);
  let hasTold = false;

  async function giveBack(at: Buffer, name: Buffer, mark: string): Promise<void> {
    const from = joinPath(folder, at);
    for (const other of [name, withAddition(name, mark)]) {
      if ((await unless("ENOENT", publish(from, joinPath(folder, other)))) !== "exists") return;
    }
  }

  return {
    async sort(own) {
      const files: Found[] = [];
      const taken: Buffer[] = [];
      silence.begin();
      for (const at of own) {
        const working = readClaim(prefix, at);
        if (!working && !readClaim(takenPrefix, at)) continue;
        const stats = await look(joinPath(folder, at));
        if (!stats?.isFile()) continue;
        const isSilent = silence.still(latin(at), signatureOf(stats));
        // A removal that was broken off is ended by who has its drop; here only where nobody does.
        if (!working) {
          if (isSilent) taken.push(at);
        } else if (working.id === us || isSilent) {
          if (working.mark === markOf(stats)) files.push({ name: working.name, at, stats: statsOf(stats) });
          else await giveBack(at, working.name, working.mark);
        }
      }
      silence.end();
      return { files, taken };
    },
    async claim(file) {
      const at = claimName(prefix, { id: us, mark: markOf(file.stats), name: file.name });
      if (file.at.equals(at)) return file;
      // What does not fit would lose its end, and so what it is called.
      if (at.length >= LONGEST_NAME) {
        if (!hasTold) context.log("warn", "source.name_too_long", { most: LONGEST_NAME });
        hasTold = true;
        return undefined;
      }
      const path = joinPath(folder, at);
      // One that looks the same is under way.
      if (await look(path)) return undefined;
      await unless("ENOENT", rename(joinPath(folder, file.at), path));
      const stats = await look(path);
      if (!stats) return undefined;
      if (same(stats, file.stats)) return { name: file.name, at, stats: statsOf(stats) };
      // A newer one, caught by the claim: back with it.
      await giveBack(at, file.name, markOf(stats));
      return undefined;
    },
    find(name, identity, own) {
      const mark = markOf(identity);
      const found = own.find((at) => {
        const parts = readClaim(prefix, at);
        return parts?.mark === mark && parts.name.equals(name);
      });
      return found ?? name;
    },
  };
}
