// One file into a folder under its name: there whole or not at all, and never over another one.

import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open, unlink, type FileHandle } from "node:fs/promises";
import { createTemporary, errorCode, joinPath, publish, reserveTemporary, unless, writeAll } from "../shared/atomic.ts";
import type { DeliveredFile } from "../shared/delivered-files.ts";

/** What lies under the name of a file: nothing, the file itself, or something else. */
export type Found = "nothing" | "same" | "other";

const MOST_TRIES = 5;

/** False = something else has the name. The folder's fsync is the caller's. */
export async function placeFile(folder: string, file: DeliveredFile, signal: AbortSignal): Promise<boolean> {
  const { path: temporary, release } = reserveTemporary(folder, file.stem);
  const final = joinPath(folder, file.name);
  let published = false;
  try {
    const handle = await createTemporary(temporary);
    try {
      if (file.body) await writeAll(handle, file.body, signal);
      else for await (const piece of file.open(signal)) await writeAll(handle, piece, signal);
      await handle.sync();
    } finally {
      await handle.close();
    }
    signal.throwIfAborted();
    for (let tries = 1; ; tries++) {
      published = (await publish(temporary, final)) === "published";
      if (published) return true;
      const found = await findFile(folder, file);
      if (found !== "nothing") return found === "same";
      // Whatever had the name has just gone.
      if (tries === MOST_TRIES) throw Object.assign(new Error("the name is taken and free in turn"), { code: "EBUSY" });
    }
  } finally {
    if (!published) await unlink(temporary).catch(() => undefined);
    release();
  }
}

/** A crash between the final name and the end of the temporary one leaves both. */
export async function clearRemains(folder: string, file: DeliveredFile): Promise<void> {
  const { path, release } = reserveTemporary(folder, file.stem);
  try {
    await unless("ENOENT", unlink(path));
  } finally {
    release();
  }
}

/** Anything but a plain file with exactly these bytes is something else. */
export async function findFile(folder: string, file: DeliveredFile): Promise<Found> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  let handle: FileHandle | undefined;
  try {
    handle = await unless("ENOENT", open(joinPath(folder, file.name), flags));
  } catch (cause) {
    if (["ELOOP", "ENXIO", "EISDIR"].includes(errorCode(cause) ?? "")) return "other";
    throw cause;
  }
  if (!handle) return "nothing";
  try {
    const stats = await handle.stat();
    // Our own earlier attempt may have been stopped before its fsync of the folder; the file's own came before its name.
    const isSame = stats.isFile() && stats.size === file.size && (await holds(handle, file));
    return isSame ? "same" : "other";
  } finally {
    await handle.close();
  }
}

/** A message is compared with its bytes, which are at hand; what is in the spool is compared by its hash. */
async function holds(handle: FileHandle, { size, body, sha256 }: DeliveredFile): Promise<boolean> {
  const buffer = Buffer.allocUnsafeSlow(Math.min(1024 * 1024, Math.max(1, size)));
  const hash = body ? undefined : createHash("sha256");
  for (let at = 0; at < size;) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, size - at), at);
    const piece = buffer.subarray(0, bytesRead);
    if (bytesRead === 0 || (body && Buffer.compare(piece, body.subarray(at, at + bytesRead)) !== 0)) return false;
    hash?.update(piece);
    at += bytesRead;
  }
  return hash === undefined || hash.digest("hex") === sha256;
}
