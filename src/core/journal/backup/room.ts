// Room on a disk before something large is written to it.

import { statfs } from "node:fs/promises";
import { BridgeError } from "../../errors.ts";

/** Beside what is written, so that the engine goes on meanwhile. */
export const SPARE = 64 << 20;

/** Throws BACKUP_FAILED, in mebibytes. `what`: of which backup or state it is said. */
export async function requireRoom(folder: string, needed: number, what: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= needed) return;
  const why = `about ${mebibytes(needed)} MiB are needed in ${folder}, ${mebibytes(free)} are free`;
  throw new BridgeError("BACKUP_FAILED", `${what}: ${why}`);
}

function mebibytes(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20);
}
