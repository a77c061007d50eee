// Removing a file that was taken from a server, so that one which nobody read is never removed, whatever happens in between. The same
// way as in a folder of this machine, with what servers tell: size and time of a file, and renaming that does not replace.
//
//   lying there ──rename to a name of ours──▶ claimed ──is it what was read?──▶ archived, or deleted
//                                                └─────────no, a newer one──▶ given back, to be taken as new
//
// A cut leaves the file at its place, claimed, or done, and the answer may be lost; calling again goes on from there. A claim that is
// there is ended first: what lies under the file's own name beside it is newer, and servers tell times in seconds only.

import type { AdapterContext } from "../../../core/contract.ts";
import { BridgeError } from "../../../core/errors.ts";
import { claimId, claimName, claimPrefix, readClaim } from "../claims.ts";
import type { Marker } from "../markers.ts";
import { withAddition } from "../names.ts";
import { identityOf, isSame, joinRemote, markOf, type Identity } from "./entry.ts";
import { makeFolders } from "./folders.ts";
import type { Found } from "./listing.ts";
import type { NameCode } from "./name-code.ts";
import type { Pool } from "./pool.ts";
import type { FileServer } from "./server.ts";

export interface RemoteRemover {
  /** Idempotent; `stays` where nothing is removed. Throws SOURCE_CLEANUP_FAILED. `isFirst` = nobody tried it for this drop. */
  remove(file: Found, dropId: string, signal: AbortSignal, isFirst: boolean): Promise<void | "stays">;
  /** Ends what an earlier process began, by the names of our own files that lie there. */
  finish(own: readonly Buffer[], signal: AbortSignal): Promise<void>;
  /** A file that was read here was archived by somebody else: another appliance or bridge takes from the folder. */
  readonly isShared: boolean;
}

export interface RemoteRemoverOptions {
  readonly pool: Pool;
  readonly folder: Buffer;
  readonly after: "archive" | "delete" | "keep";
  readonly archive: string;
  readonly marker: Marker | undefined;
  readonly names: NameCode;
}

/** Claims that this process has made are remembered, so many of them: asked again, it claims no second file of that name. */
const MOST_CLAIMED = 10_000;

interface Claim {
  readonly path: Buffer;
  readonly id: string;
  readonly name: Buffer;
  /** The name that it had until it was claimed. */
  readonly at: Buffer;
  isOurs(identity: Identity): boolean;
}

export function createRemoteRemover(options: RemoteRemoverOptions, context: AdapterContext): RemoteRemover {
  const { pool, folder, after, marker, names } = options;
  const prefix = claimPrefix(context.bridge);
  const archive = options.archive.startsWith("/")
    ? names.bytes(options.archive)
    : joinRemote(folder, names.bytes(options.archive));
  const busy = new Map<string, Promise<void>>();
  const claimed = new Set<string>();
  let archiveIsThere = false;
  let isShared = false;

  async function prepareArchive(server: FileServer, signal: AbortSignal): Promise<void> {
    if (after !== "archive" || archiveIsThere) return;
    if (options.archive.startsWith("/")) await mustBeFolder(server, archive, signal);
    else
      await makeFolders(server, folder, options.archive, names, signal, (what) => {
        throw new BridgeError("SOURCE_CLEANUP_FAILED", `the archive folder is ${what}`, { stage: "receive" });
      });
    archiveIsThere = true;
  }

  /** The end of a claim: away with it. */
  async function end(server: FileServer, claim: Claim, signal: AbortSignal): Promise<void> {
    if (after !== "archive") return server.remove(claim.path, signal);
    for (const final of [claim.name, withAddition(claim.name, claim.id)]) {
      if ((await server.rename(claim.path, joinRemote(archive, final), signal)) !== "exists") return;
    }
    throw new BridgeError("SOURCE_CLEANUP_FAILED", "the archive has another file of the same name and drop", {
      stage: "receive",
      detail: names.shown(claim.name),
    });
  }

  /** Unless a newer file of that name lies there, which the marker may belong to. */
  async function withoutMarker(server: FileServer, name: Buffer, signal: AbortSignal): Promise<void> {
    if (!marker || (await server.look(joinRemote(folder, name), signal))) return;
    await server.remove(joinRemote(folder, marker.of(name)), signal);
  }

  /** What lies under the claim's name comes to its end, or back. Nothing there = done. */
  async function endClaim(server: FileServer, claim: Claim, signal: AbortSignal): Promise<boolean> {
    const there = await server.look(claim.path, signal);
    if (!there) return false;
    if (!claim.isOurs(identityOf(there))) {
      await giveBack(server, claim, signal);
      return true;
    }
    await withoutMarker(server, claim.name, signal);
    try {
      await end(server, claim, signal);
    } catch (cause) {
      // Somebody may have removed the archive: the next attempt looks.
      archiveIsThere = false;
      throw cause;
    }
    return true;
  }

  /** A newer file took the name between the last look and the claim. It was not read: back with it. */
  async function giveBack(server: FileServer, claim: Claim, signal: AbortSignal): Promise<void> {
    const path = joinRemote(folder, claim.name);
    if ((await server.rename(claim.path, path, signal)) !== "exists") return;
    await server.rename(claim.path, joinRemote(folder, withAddition(claim.name, claim.id)), signal);
  }

  /** Is what was read in the archive? It was not us: nobody else had this drop. */
  async function wentToAnother(server: FileServer, claim: Claim, signal: AbortSignal): Promise<boolean> {
    if (after !== "archive") return false;
    const there = await server.look(joinRemote(archive, claim.name), signal);
    return there?.kind === "file" && claim.isOurs(identityOf(there));
  }

  async function claimAndEnd(
    server: FileServer,
    claim: Claim,
    identity: Identity,
    isFirst: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const key = claim.path.toString("latin1");
    // First, so that what cannot be archived stays where its writer put it.
    await prepareArchive(server, signal);
    if (!isFirst && (await endClaim(server, claim, signal))) return;
    // It was claimed before and is at its end: what has the name now is another file, however much it looks like this one.
    if (claimed.has(key)) return;
    const path = joinRemote(folder, claim.at);
    if (!(await lies(server, path, identity, signal))) {
      if (isFirst && (await wentToAnother(server, claim, signal))) isShared = true;
      return;
    }
    try {
      // Not `rename`: servers that never rename over a file make a second name and then take away the first, which may be a newer file
      // by then. The claim's name is of this drop alone, and was looked at above.
      await server.replace(path, claim.path, signal);
    } catch (cause) {
      // Gone, or replaced in this very moment: what lies there now is not ours to remove.
      if (server.alive && !(await lies(server, path, identity, signal))) return;
      throw cause;
    }
    if (claimed.size >= MOST_CLAIMED) claimed.clear();
    claimed.add(key);
    await endClaim(server, claim, signal);
  }

  function remove({ name, at, identity }: Found, dropId: string, signal: AbortSignal, isFirst: boolean): Promise<void> {
    const id = claimId(dropId);
    const path = joinRemote(folder, claimName(prefix, { id, mark: markOf(identity), name }));
    const claim: Claim = { path, id, name, at, isOurs: (other) => isSame(other, identity) };
    const key = path.toString("latin1");
    let isNew = isFirst;
    const work = (server: FileServer): Promise<void> => {
      const wasNew = isNew;
      isNew = false;
      return claimAndEnd(server, claim, identity, wasNew, signal);
    };
    const running = busy.get(key) ?? pool.use(work, signal).finally(() => busy.delete(key));
    busy.set(key, running);
    return running;
  }

  async function finishOne(own: Buffer, signal: AbortSignal): Promise<void> {
    const parts = readClaim(prefix, own);
    const path = joinRemote(folder, own);
    if (!parts || busy.has(path.toString("latin1"))) return;
    const claim: Claim = {
      path,
      id: parts.id,
      name: parts.name,
      at: parts.name,
      isOurs: (there) => markOf(there) === parts.mark,
    };
    try {
      await pool.use(async (server) => {
        await prepareArchive(server, signal);
        await endClaim(server, claim, signal);
      }, signal);
      context.log("info", "source.claim_finished", { after });
    } catch (cause) {
      signal.throwIfAborted();
      const error = cause instanceof BridgeError ? cause.code : "unknown";
      context.log("warn", "source.claim_unfinished", { after, error });
    }
  }

  return {
    get isShared() {
      return isShared;
    },
    async remove(file, dropId, signal, isFirst) {
      if (after === "keep") return "stays";
      try {
        await remove(file, dropId, signal, isFirst);
      } catch (cause) {
        signal.throwIfAborted();
        throw failure(cause, after, names.shown(file.name));
      }
      return undefined;
    },
    async finish(own, signal) {
      if (after === "keep") return;
      for (const each of own) await finishOne(each, signal);
    },
  };
}

/** Is what was read still under this name? */
async function lies(server: FileServer, path: Buffer, identity: Identity, signal: AbortSignal): Promise<boolean> {
  const there = await server.look(path, signal);
  return there?.kind === "file" && isSame(identityOf(there), identity);
}

async function mustBeFolder(server: FileServer, path: Buffer, signal: AbortSignal): Promise<void> {
  const there = await server.look(path, signal);
  // A link is the author's own.
  if (there?.kind === "folder" || there?.kind === "link") return;
  throw new BridgeError("SOURCE_CLEANUP_FAILED", `the archive folder is ${there ? "no folder" : "not there"}`, {
    stage: "receive",
  });
}

function failure(cause: unknown, after: string, name: string): BridgeError {
  if (cause instanceof BridgeError && cause.code === "SOURCE_CLEANUP_FAILED") return cause;
  const why = cause instanceof BridgeError ? `${cause.code}: ${cause.message}` : "unknown";
  return new BridgeError("SOURCE_CLEANUP_FAILED", `after: ${after} failed (${why})`, {
    stage: "receive",
    detail: name,
    cause,
  });
}
