// Several appliances on one server: whoever renames a file to a working name of its own has it, as long as the server renames a file for
// one of two only. The others leave it alone; where its name has not changed for `claimFor`, its owner counts as dead.
//
//   lying there ──rename──▶ working name of this appliance ──▶ read ──▶ taken
//                                │└── its owner is silent for claimFor: renamed to the working name of another one
//                                └── somebody wrote into it meanwhile: given back, to stand still anew

import type { AdapterContext } from "../../../core/contract.ts";
import { claimName, claimPrefix, readClaim } from "../claims.ts";
import { instanceOf } from "../instance.ts";
import { LONGEST_NAME, withAddition } from "../names.ts";
import { createStillness } from "../settle.ts";
import { identityOf, isSame, joinRemote, markOf, signatureOf } from "./entry.ts";
import type { Found, Listing } from "./listing.ts";
import type { Pool } from "./pool.ts";

export interface Working {
  /** Files under working names that may be taken now: our own, and those of owners that are silent. Gives back what was written into. */
  waiting(own: Listing["own"], signal: AbortSignal): Promise<readonly Found[]>;
  /** Where the file lies once it is ours; undefined = it is another's, or gone. */
  claim(file: Found, signal: AbortSignal): Promise<Found | undefined>;
  /** Where it lies now, whoever has it. */
  find(file: Found, own: Listing["own"]): Found;
}

export function workingPrefix(context: AdapterContext): string {
  return claimPrefix(context.bridge, "work");
}

export async function createWorking(
  pool: Pool,
  folder: Buffer,
  claimFor: number,
  context: AdapterContext,
): Promise<Working> {
  const prefix = workingPrefix(context);
  const us = await instanceOf(context.stateDir);
  const silence = createStillness(claimFor);
  let hasTold = false;

  /** `isWhole`: nobody wrote into it after it was claimed; else nobody may take it as what it was. */
  function fileOf({ name: at, identity }: Listing["own"][number]) {
    const parts = readClaim(prefix, at);
    if (!parts) return undefined;
    const file: Found = { name: parts.name, at, identity };
    return { file, mark: parts.mark, isOurs: parts.id === us, isWhole: parts.mark === markOf(identity) };
  }

  async function giveBack({ at, name }: Found, mark: string, signal: AbortSignal): Promise<void> {
    await pool.use(async (server) => {
      for (const other of [name, withAddition(name, mark)]) {
        if (!(await server.look(joinRemote(folder, at), signal))) return;
        if ((await server.rename(joinRemote(folder, at), joinRemote(folder, other), signal)) !== "exists") return;
      }
    }, signal);
  }

  return {
    async waiting(own, signal) {
      silence.begin();
      const free = own.flatMap((each) => {
        const found = fileOf(each);
        if (!found) return [];
        const isFree = found.isOurs || silence.still(each.name.toString("latin1"), signatureOf(each.identity));
        return isFree ? [found] : [];
      });
      silence.end();
      for (const { file, mark, isWhole } of free) if (!isWhole) await giveBack(file, mark, signal);
      return free.filter(({ isWhole }) => isWhole).map(({ file }) => file);
    },
    async claim(file, signal) {
      const at = claimName(prefix, { id: us, mark: markOf(file.identity), name: file.name });
      if (file.at.equals(at)) return file;
      // What does not fit would lose its end, and so what it is called.
      if (at.length >= LONGEST_NAME) {
        if (!hasTold) context.log("warn", "source.name_too_long", { most: LONGEST_NAME });
        hasTold = true;
        return undefined;
      }
      return pool.use(async (server) => {
        const path = joinRemote(folder, at);
        // One that looks the same is under way; where an answer was lost, this is it, and the next look finds it.
        if (await server.look(path, signal)) return undefined;
        try {
          // Not `rename`, which makes a second name first on some servers: this is one step, and one appliance's.
          await server.replace(joinRemote(folder, file.at), path, signal);
        } catch (cause) {
          if (!server.alive || (await server.look(joinRemote(folder, file.at), signal))) throw cause;
          return undefined;
        }
        const now = await server.look(path, signal);
        if (now && isSame(identityOf(now), file.identity)) return { ...file, at };
        // A newer one, caught by the claim: back with it.
        if (now) await server.rename(path, joinRemote(folder, file.name), signal);
        return undefined;
      }, signal);
    },
    find(file, own) {
      const found = own
        .map(fileOf)
        .find((each) => each?.file.name.equals(file.name) === true && isSame(each.file.identity, file.identity));
      return found?.file ?? file;
    },
  };
}
