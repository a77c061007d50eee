// Several appliances on one server: whoever renames a file to a working name of its own has it, as long as the server renames a file for
// one of two only. The others leave it alone; where its name has not changed for `claimFor`, its owner counts as dead.
//
//   lying there ──rename──▶ working name of this appliance ──▶ read ──▶ taken
//                                └── its owner is silent for claimFor: renamed to the working name of another one

import { createHash } from "node:crypto";
import { hostname } from "node:os";
import type { AdapterContext } from "../../../core/contract.ts";
import { claimName, claimPrefix, readClaim } from "../claims.ts";
import { LONGEST_NAME } from "../names.ts";
import { createStillness } from "../settle.ts";
import { identityOf, isSame, joinRemote, markOf, signatureOf } from "./entry.ts";
import type { Found, Listing } from "./listing.ts";
import type { Pool } from "./pool.ts";

export interface Working {
  /** Files under working names that may be taken now: our own, and those of owners that are silent. */
  waiting(own: Listing["own"]): readonly Found[];
  /** Where the file lies once it is ours; undefined = it is another's, or gone. */
  claim(file: Found, signal: AbortSignal): Promise<Found | undefined>;
  /** Where it lies now, whoever has it. */
  find(file: Found, own: Listing["own"]): Found;
}

/** The same after a restart of the same appliance, another one for any other. */
function instanceOf({ dataDir }: AdapterContext): string {
  return createHash("sha256").update(`${hostname()} ${dataDir}`).digest("hex").slice(0, 8);
}

export function workingPrefix(context: AdapterContext): string {
  return claimPrefix(context.bridge, "work");
}

export function createWorking(pool: Pool, folder: Buffer, claimFor: number, context: AdapterContext): Working {
  const prefix = workingPrefix(context);
  const us = instanceOf(context);
  const silence = createStillness(claimFor);
  let hasTold = false;

  function fileOf({ name: at, identity }: Listing["own"][number]): { file: Found; isOurs: boolean } | undefined {
    const parts = readClaim(prefix, at);
    // Somebody wrote into it after it was claimed: its owner sees that, too, and nobody may take it as what it was.
    if (!parts || parts.mark !== markOf(identity)) return undefined;
    return { file: { name: parts.name, at, identity }, isOurs: parts.id === us };
  }

  return {
    waiting(own) {
      silence.begin();
      const files = own.flatMap((each) => {
        const found = fileOf(each);
        if (!found) return [];
        const isFree = found.isOurs || silence.still(each.name.toString("latin1"), signatureOf(each.identity));
        return isFree ? [found.file] : [];
      });
      silence.end();
      return files;
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
