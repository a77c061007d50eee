// One file into a folder of a server under its name: there whole or not at all, and never over another one.

import { createHash } from "node:crypto";
import type { DeliveredFile } from "../delivered-files.ts";
import { OWN_PREFIX } from "../names.ts";
import { joinRemote } from "./entry.ts";
import type { NameCode } from "./name-code.ts";
import { holds } from "./reading.ts";
import type { FileServer } from "./server.ts";

/** Clearing away after a failure must not hold up who waits for the attempt. */
const CLEAR_AWAY = 2_000;
/** Files that are not in memory are written in pieces of this size: each costs a server several answers. */
const PIECE = 4 * 1024 * 1024;

export interface RemotePlace {
  readonly server: FileServer;
  readonly folder: Buffer;
  /** How the server writes names. */
  readonly names: Pick<NameCode, "bytes">;
  /** Temporary names that attempts of this target have. */
  readonly reserved: Set<string>;
  readonly signal: AbortSignal;
}

/** `renames` is called before the file may get its name. */
export async function placeRemote(
  place: RemotePlace,
  file: DeliveredFile,
  renames: () => void,
): Promise<"done" | "other" | "gone"> {
  const { server, folder, names, reserved, signal } = place;
  const final = joinRemote(folder, names.bytes(file.name));
  const { path: temporary, release } = reserve(reserved, folder, file.stem);
  let isAway = false;
  try {
    if (file.body) await server.write(temporary, file.body, undefined, signal);
    else await writePieces(server, temporary, file, signal);
    signal.throwIfAborted();
    renames();
    const end = await server.rename(temporary, final, signal);
    isAway = end !== "exists";
    if (end === "done" || (await isThere(place, final, file))) return "done";
    return end === "gone" ? "gone" : "other";
  } finally {
    if (!isAway && server.alive) {
      await server.remove(temporary, AbortSignal.timeout(CLEAR_AWAY)).catch(() => undefined);
    }
    release();
  }
}

/** A crash between the final name and the end of the temporary one may leave both. */
export async function clearRemains(
  { server, folder, reserved, signal }: RemotePlace,
  file: DeliveredFile,
): Promise<void> {
  const { path, release } = reserve(reserved, folder, file.stem);
  try {
    await server.remove(path, signal);
  } finally {
    release();
  }
}

/** What lies under the name of a file: nothing, the file itself, or something else. */
export async function findRemote(place: RemotePlace, file: DeliveredFile): Promise<"nothing" | "same" | "other"> {
  const path = joinRemote(place.folder, place.names.bytes(file.name));
  if (!(await place.server.look(path, place.signal))) return "nothing";
  return (await isThere(place, path, file)) ? "same" : "other";
}

/** A message is compared with its bytes, which are at hand; what is in the spool is compared by its hash. */
async function isThere({ server, signal }: RemotePlace, path: Buffer, file: DeliveredFile): Promise<boolean> {
  if (file.body) return holds(server, path, file.body, signal);
  const there = await server.look(path, signal);
  if (there?.kind !== "file" || there.size !== file.size) return false;
  const hash = createHash("sha256");
  for await (const piece of server.read(path, 0, signal)) hash.update(piece);
  return hash.digest("hex") === file.sha256;
}

async function writePieces(server: FileServer, path: Buffer, file: DeliveredFile, signal: AbortSignal): Promise<void> {
  const gathered = Buffer.allocUnsafeSlow(Math.max(1, Math.min(PIECE, file.size)));
  let fill = 0;
  let at = 0;
  const flush = async (): Promise<void> => {
    // The first one makes the file anew, an empty file too.
    await server.write(path, gathered.subarray(0, fill), at === 0 ? undefined : at, signal);
    at += fill;
    fill = 0;
  };
  for await (const piece of file.open(signal)) {
    for (let from = 0; from < piece.length;) {
      if (fill === gathered.length) await flush();
      const some = piece.subarray(from, from + gathered.length - fill);
      gathered.set(some, fill);
      fill += some.length;
      from += some.length;
    }
  }
  if (fill > 0 || at === 0) await flush();
}

/**
 * A temporary name that is always the same for the same thing, so that what a crash leaves is written over when the thing is written
 * again; while another attempt of this process has it, a further one.
 */
export function reserve(
  reserved: Set<string>,
  folder: Buffer,
  stem: string,
): { readonly path: Buffer; readonly release: () => void } {
  const at = (name: string): Buffer => joinRemote(folder, Buffer.from(name));
  let path = at(`${OWN_PREFIX}${stem}.part`);
  for (let other = 2; reserved.has(path.toString("latin1")); other++) path = at(`${OWN_PREFIX}${stem}-${other}.part`);
  const key = path.toString("latin1");
  reserved.add(key);
  return { path, release: () => void reserved.delete(key) };
}
