// A file system of its own that is small enough to be filled: ext4 in a sparse file. Needs the right to mount; where that lacks
// the tests say so, and fail if REQUIRE_PEERS names it.

import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeNeeding } from "../peers/required.ts";

const MiB = 1 << 20;

export interface SmallDisk {
  readonly dir: string;
  free(): number;
  /** Somebody else's file takes the room until so many bytes are free; 0 = not one block. */
  fill(left: number): void;
  makeRoom(): void;
  remove(): void;
}

function run(command: string, ...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command}: ${error?.message ?? stderr}`);
}

export function mountSmallDisk(mebibytes: number): SmallDisk {
  const place = mkdtempSync(join(tmpdir(), "steg-disk-"));
  const image = join(place, "image");
  const dir = join(place, "disk");
  mkdirSync(dir);
  try {
    run("truncate", "-s", `${mebibytes}M`, image);
    run("mkfs.ext4", "-q", "-m", "0", image);
    run("mount", "-o", "loop", image, dir);
  } catch (cause) {
    rmSync(place, { recursive: true, force: true });
    throw cause;
  }
  const junk = (number: number): string => join(dir, `junk-${number}`);
  let files = 0;
  const free = (): number => {
    const { bavail, bsize } = statfsSync(dir);
    return bavail * bsize;
  };

  /** Allocates without writing, so that the sparse image stays small; what metadata needs is left, and written full below. */
  function allocate(left: number): void {
    for (let share = free() - left; share >= MiB; share = free() - left) {
      if (spawnSync("fallocate", ["-l", String(share), junk(files++)]).status !== 0 && free() - left >= share) return;
    }
  }

  function writeFull(): void {
    const file = openSync(junk(files++), "w");
    try {
      for (let size = MiB; size >= 1; size = Math.floor(size / 2)) {
        const block = Buffer.alloc(size, 1);
        try {
          while (writeSync(file, block) === size);
        } catch {
          // Full for blocks of this size.
        }
      }
    } finally {
      closeSync(file);
    }
  }

  return {
    dir,
    free,
    fill(left) {
      allocate(left);
      if (left === 0) writeFull();
    },
    makeRoom() {
      for (; files > 0; files--) rmSync(junk(files - 1), { force: true });
    },
    remove() {
      spawnSync("umount", ["-l", dir]);
      rmSync(place, { recursive: true, force: true });
    },
  };
}

function whyNot(): string | undefined {
  try {
    mountSmallDisk(16).remove();
    return undefined;
  } catch (cause) {
    return `no file system of its own can be mounted: ${(cause as Error).message.split("\n")[0] ?? ""}`;
  }
}

const reason = whyNot();

export function describeWithSmallDisk(name: string, tests: () => void): void {
  describeNeeding("loop-mount", reason, name, tests);
}
