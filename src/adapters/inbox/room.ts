// Room for what clients send: a quota per user, a limit per file, and what the disk still has. It is set aside before the bytes are
// written, so that uploads side by side do not share the same last megabyte.

import { statfs } from "node:fs/promises";
import { failed } from "./refusal.ts";

/**
 * So much stays free under the state folder: twice of what core needs to go on taking, because what lies in the inbox is copied to the
 * spool before it goes.
 */
export const LOW_DISK = 512 << 20;
/** Within this time, or this many bytes, no disk is asked again. */
const LOOK_MILLISECONDS = 200;
const LOOK_BYTES = 16 << 20;

export interface DiskRoom {
  /** Throws where these bytes would leave too little. */
  need(bytes: number): Promise<void>;
  free(): Promise<number>;
}

export function diskRoom(folder: string, low: number = LOW_DISK): DiskRoom {
  let free = 0;
  let looked = Number.NEGATIVE_INFINITY;
  let since = 0;

  async function look(): Promise<void> {
    const { bavail, bsize } = await statfs(folder);
    free = bavail * bsize;
    looked = performance.now();
    since = 0;
  }
  return {
    async need(bytes) {
      if (performance.now() - looked > LOOK_MILLISECONDS || since + bytes > LOOK_BYTES) await look();
      since += bytes;
      if (free - since < low) throw failed("the disk of the receiver is full; try again later");
    },
    async free() {
      await look();
      return Math.max(0, free - low);
    },
  };
}

export interface Limits {
  readonly quota: number;
  readonly maxFile: number;
  /** How many files may lie there at a time. */
  readonly names: number;
}

export interface UserRoom {
  readonly used: number;
  readonly files: number;
  readonly limits: Limits;
  /** What lies there from before. */
  count(bytes: number): void;
  /** One more file; throws where there are too many. */
  open(): void;
  /** A file grows from one size to another. Throws before anything is set aside. */
  grow(from: number, to: number): Promise<void>;
  /** Bytes that were set aside and are there no more. */
  back(bytes: number): void;
  gone(bytes: number): void;
}

export function userRoom(limits: Limits, disk: DiskRoom): UserRoom {
  let used = 0;
  let files = 0;
  return {
    get used() {
      return used;
    },
    get files() {
      return files;
    },
    limits,
    count(bytes) {
      used += bytes;
      files++;
    },
    open() {
      if (files >= limits.names) throw failed(`${limits.names} files wait here already; try again when some are taken`);
      files++;
    },
    async grow(from, to) {
      const more = to - from;
      if (more <= 0) return;
      if (to > limits.maxFile) throw failed(`the file is larger than ${limits.maxFile} bytes, the most for one file`);
      if (used + more > limits.quota) {
        throw failed(`the quota of ${limits.quota} bytes is used up by what waits here; try again when it is taken`);
      }
      used += more;
      try {
        await disk.need(more);
      } catch (cause) {
        used -= more;
        throw cause;
      }
    },
    back: (bytes) => void (used -= bytes),
    gone(bytes) {
      used -= bytes;
      files--;
    },
  };
}
