// Room on the disk. Below a limit nothing is taken; a reserve is given back before SQLite runs out, because it cannot even
// delete on a full disk, and made anew when there is room again.

import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { statfs } from "node:fs/promises";
import type { Log } from "../contract.ts";
import { syncFolder } from "../durable.ts";
import type { StatePaths } from "./folder.ts";

export const LOW_DISK = 256 << 20;
export const RESERVE = 32 << 20;
const BLOCK = 1 << 20;
const LOOK_MILLISECONDS = 100;
/** So many times the limit. */
const PLENTY = 4;

export interface DiskLimits {
  readonly lowDisk: number;
  readonly reserve: number;
}

export interface Disk {
  free(): Promise<number>;
  /** Less than the limit is free. Gives the reserve back, or makes it anew, as the room is. */
  low(): Promise<boolean>;
  readonly limits: DiskLimits;
}

/** Random bytes, because a file of zeros takes no room on a file system that compresses or knows holes. */
function makeReserve(path: string, size: number): void {
  const block = randomBytes(Math.min(BLOCK, size));
  const file = openSync(path, "w", 0o600);
  try {
    for (let written = 0; written < size; written += block.length) {
      writeSync(file, block, 0, Math.min(block.length, size - written));
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function reserveSize(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

export function openDisk(paths: StatePaths, limits: DiskLimits, log: Log): Disk {
  async function free(): Promise<number> {
    const { bavail, bsize } = await statfs(paths.dir);
    return bavail * bsize;
  }
  let looked = Number.NEGATIVE_INFINITY;
  let plenty = false;
  return {
    limits,
    free,
    async low() {
      // Within this time no disk fills from there to the limit; closer to it every drop is worth a look.
      if (plenty && performance.now() - looked < LOOK_MILLISECONDS) return false;
      looked = performance.now();
      const room = await free();
      plenty = room > PLENTY * limits.lowDisk;
      if (room < limits.reserve && reserveSize(paths.reserve) > 0) {
        rmSync(paths.reserve);
        log("warn", "disk.reserve-released", { free: room });
      } else if (room >= limits.lowDisk + limits.reserve && reserveSize(paths.reserve) !== limits.reserve) {
        try {
          makeReserve(paths.reserve, limits.reserve);
          syncFolder(paths.dir);
        } catch (cause) {
          // The reserve is a precaution: without it the appliance still works, and says so.
          rmSync(paths.reserve, { force: true });
          log("warn", "disk.no-reserve", { code: (cause as NodeJS.ErrnoException).code ?? "unknown" });
        }
      }
      return room < limits.lowDisk;
    },
  };
}
