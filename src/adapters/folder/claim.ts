// Removing a file that was taken, so that a file which nobody read is never removed, whatever happens in between.
//
//   lying there ──rename to a name of ours──▶ claimed ──is it what was read?──▶ archived, or deleted
//                                                └─────────no, a newer one──▶ given back, to be taken as new
//
// A crash leaves the file at its place, claimed, or done; calling again goes on from there. A claim that an earlier
// process left behind is brought to its end at the first look: a claim is made only when the journal has the drop, and its
// name carries a mark of what was read, so that a newer file which it caught is given back then, too.
// What stays uncovered: a writer that opened the file before the claim and writes into it afterwards.

import { createHash } from "node:crypto";
import { readdir, rename, unlink } from "node:fs/promises";
import { BridgeError } from "../../core/errors.ts";
import { copyAway, errorCode, joinPath, look, publish, unless } from "../shared/atomic.ts";
import { claimId, claimName, claimPrefix, readClaim, type ClaimParts } from "../shared/claims.ts";
import type { Marker } from "../shared/markers.ts";
import { OWN_PREFIX, shownName, withAddition } from "../shared/names.ts";
import { fixedFolder, makeBelow, prepareFolder } from "./place.ts";
import type { AdapterContext } from "../../core/contract.ts";
import { isAbsolute } from "node:path";

/** What a file keeps while it is renamed. */
export interface Identity {
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ino: bigint;
}

export interface Remover {
  /** Idempotent; `stays` where nothing is removed. Throws SOURCE_CLEANUP_FAILED. */
  /** `at` = the name that it has at the moment, where it was claimed before reading. `isFirst` = nobody tried it for this drop. */
  remove(name: Buffer, identity: Identity, dropId: string, at?: Buffer, isFirst?: boolean): Promise<void | "stays">;
  /** Ends what an earlier process began, by the claim's name. */
  finish(claims: readonly Buffer[]): Promise<void>;
  /** A file that was read here was removed by somebody else of our kind: another appliance or bridge takes from the folder. */
  readonly isShared: boolean;
}

export interface RemoverOptions {
  readonly folder: string;
  readonly after: "archive" | "delete" | "keep";
  readonly archive: string;
  readonly marker: Marker | undefined;
}

/** Claims that a settle of this process is working on, by path; a second caller waits for the same end. */
const busy = new Map<string, Promise<void>>();

export function createRemover(options: RemoverOptions, context: AdapterContext): Remover {
  const { folder, after, marker } = options;
  const prefix = claimPrefix(context.bridge);
  let archive: string | undefined;
  let isShared = false;

  async function archiveFolder(): Promise<string> {
    if (isAbsolute(options.archive)) {
      archive = fixedFolder(options.archive, context, folder);
      await prepareFolder(archive, false);
    } else {
      fixedFolder(options.archive, context, folder);
      archive = await makeBelow(folder, options.archive, (what) => {
        throw new BridgeError("SOURCE_CLEANUP_FAILED", `the archive folder is ${what}`, { stage: "receive" });
      });
    }
    return archive;
  }

  /** The end of a claim: away with it. */
  async function end(claim: Buffer, name: Buffer, dropId: string): Promise<void> {
    if (after !== "archive") {
      await unless("ENOENT", unlink(claim));
      return;
    }
    const target = archive ?? (await archiveFolder());
    for (const final of [name, withAddition(name, dropId)]) {
      if (await moveTo(claim, target, final, dropId)) return;
    }
    throw new BridgeError("SOURCE_CLEANUP_FAILED", "the archive has another file of the same name and drop", {
      stage: "receive",
      detail: shownName(name),
    });
  }

  /** Is what was read in the archive, or on its way there under another one's claim? It was not us: nobody else had this drop. */
  async function wentToAnother(name: Buffer, identity: Identity): Promise<boolean> {
    const archived = archive === undefined ? undefined : await look(joinPath(archive, name));
    if (archived && same(archived, identity)) return true;
    const mark = Buffer.from(`.${markOf(identity)}-`);
    const names = (await readdir(folder, { encoding: "buffer" })) as unknown as readonly Buffer[];
    return names.some(
      (other) => other.subarray(0, OWN_PREFIX.length).equals(Buffer.from(OWN_PREFIX)) && other.includes(mark),
    );
  }

  function remove(name: Buffer, identity: Identity, dropId: string, at: Buffer, isFirst: boolean): Promise<void> {
    const id = claimId(dropId);
    const claim = joinPath(folder, claimName(prefix, { id, mark: markOf(identity), name }));
    const key = claim.toString("latin1");
    const running =
      busy.get(key) ?? claimAndEnd(claim, { name, at, isFirst }, identity, id).finally(() => busy.delete(key));
    busy.set(key, running);
    return running;
  }

  async function claimAndEnd(
    claim: Buffer,
    { name, at, isFirst }: { readonly name: Buffer; readonly at: Buffer; readonly isFirst: boolean },
    identity: Identity,
    id: string,
  ): Promise<void> {
    const path = joinPath(folder, at);
    // First, so that what cannot be archived stays where its writer put it.
    if (after === "archive") await archiveFolder();
    const there = await look(path);
    if (there && same(there, identity)) await unless("ENOENT", rename(path, claim));
    const claimed = await look(claim);
    if (!claimed) {
      if (isFirst && (await wentToAnother(name, identity))) isShared = true;
      return;
    }
    if (!same(claimed, identity)) {
      await giveBack(claim, joinPath(folder, name), joinPath(folder, withAddition(name, id)));
      return;
    }
    await withoutMarker(name);
    await end(claim, name, id);
  }

  /** Unless a newer file of that name lies there, which the marker may belong to. */
  async function withoutMarker(name: Buffer): Promise<void> {
    if (!marker || (await look(joinPath(folder, name)))) return;
    await unless("ENOENT", unlink(joinPath(folder, marker.of(name))));
  }

  async function finishOne(claim: Buffer, { id, mark, name }: ClaimParts): Promise<void> {
    const there = await look(claim);
    if (!there) return;
    if (markOf(there) !== mark) {
      await giveBack(claim, joinPath(folder, name), joinPath(folder, withAddition(name, id)));
      return;
    }
    await withoutMarker(name);
    await end(claim, name, id);
  }

  return {
    get isShared() {
      return isShared;
    },
    async remove(name, identity, dropId, at = name, isFirst = false) {
      if (after === "keep") return "stays";
      try {
        await remove(name, identity, dropId, at, isFirst);
      } catch (cause) {
        throw failure(cause, after, shownName(name));
      }
      return undefined;
    },
    async finish(claims) {
      if (after === "keep") return;
      for (const claim of claims) {
        const parts = readClaim(prefix, claim);
        const path = joinPath(folder, claim);
        if (!parts || busy.has(path.toString("latin1"))) continue;
        try {
          await finishOne(path, parts);
          context.log("info", "source.claim_finished", { after });
        } catch (cause) {
          context.log("warn", "source.claim_unfinished", { after, error: errorCode(cause) ?? "unknown" });
        }
      }
    },
  };
}

export function same(stats: Identity, identity: Identity): boolean {
  return stats.ino === identity.ino && stats.size === identity.size && stats.mtimeNs === identity.mtimeNs;
}

/** Tells one file from another of the same name; of what identifies it, renaming changes nothing. */
export function markOf({ size, mtimeNs, ino }: Identity): string {
  return createHash("sha256").update(`${size} ${mtimeNs} ${ino}`).digest("hex").slice(0, 12);
}

/** True = it lies in the archive under this name; false = another file has the name. */
async function moveTo(claim: Buffer, archive: string, name: Buffer, id: string): Promise<boolean> {
  const final = joinPath(archive, name);
  try {
    if ((await publish(claim, final)) === "published") return true;
  } catch (cause) {
    if (errorCode(cause) !== "EXDEV") throw cause;
    return copyAway(claim, joinPath(archive, `${OWN_PREFIX}${id}.part`), final, archive);
  }
  // A crash between link and unlink left both names on one file.
  const [there, ours] = await Promise.all([look(final), look(claim)]);
  if (!ours) return true;
  if (there?.ino !== ours.ino || there.dev !== ours.dev) return false;
  await unless("ENOENT", unlink(claim));
  return true;
}

/** A newer file was renamed into place between the last look and the claim. It was not read: back with it. */
async function giveBack(claim: Buffer, path: Buffer, otherwise: Buffer): Promise<void> {
  if ((await publish(claim, path)) === "exists") await publish(claim, otherwise);
}

function failure(cause: unknown, after: string, name: string): BridgeError {
  if (cause instanceof BridgeError) return cause;
  return new BridgeError("SOURCE_CLEANUP_FAILED", `after: ${after} failed (${errorCode(cause) ?? "unknown"})`, {
    stage: "receive",
    detail: name,
    cause,
  });
}
