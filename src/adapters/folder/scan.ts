// One look at a folder: which files are there, of which identity. The names are bytes, so that any file can be taken,
// whatever its writer thought an encoding is.

import type { BigIntStats } from "node:fs";
import { opendir } from "node:fs/promises";
import { look, joinPath } from "../shared/atomic.ts";
import type { NameMatch } from "../../core/options/glob.ts";
import { latin, type Marker } from "../shared/markers.ts";
import { exactName, OWN_PREFIX } from "../shared/names.ts";
import { sorted } from "../shared/order.ts";

/** A limit on everything: beyond it a look takes the first so many and says so. */
export const MOST_NAMES = 500_000;
/** lstat calls under way at a time; the thread pool has four threads, more only queue up. */
const AT_A_TIME = 16;

/** Of what the system tells of a file that which tells it from another: a folder may hold hundreds of thousands. */
export type Stats = Pick<BigIntStats, "size" | "mtimeNs" | "ctimeNs" | "ino" | "dev">;

export interface Found {
  readonly name: Buffer;
  /** The name that it has at the moment: another one where it was claimed before reading. */
  readonly at: Buffer;
  readonly stats: Stats;
}

export interface Scan {
  /** Regular files that fit, unsorted. */
  readonly files: readonly Found[];
  /** Other things that fit: links, sockets, pipes, devices. Folders are not counted. */
  readonly special: readonly { readonly name: string; readonly kind: string }[];
  /** Names of all entries as latin1 keys, where markers are looked up. */
  readonly names: ReadonlySet<string>;
  /** Files that an earlier process had claimed (claim.ts). */
  readonly claims: readonly Buffer[];
  readonly crowded: boolean;
}

export async function scanFolder(
  folder: string,
  fits: NameMatch,
  marker: Marker | undefined,
  signal: AbortSignal,
): Promise<Scan> {
  const candidates: Buffer[] = [];
  const claims: Buffer[] = [];
  const names = new Set<string>();
  let seen = 0;
  const own = Buffer.from(OWN_PREFIX);
  // The types say string; with this encoding the names are Buffers.
  const entries = await opendir(folder, { encoding: "buffer" as BufferEncoding, bufferSize: 512 });
  for await (const entry of entries) {
    const name = entry.name as unknown as Buffer;
    if (++seen > MOST_NAMES) break;
    if (seen % 4096 === 0) signal.throwIfAborted();
    if (name.subarray(0, own.length).equals(own)) {
      claims.push(name);
      continue;
    }
    if (marker) names.add(latin(name));
    if (entry.isDirectory() || marker?.is(name)) continue;
    if (fits(name.toString("utf8"))) candidates.push(name);
  }
  const files: Found[] = [];
  const special: { name: string; kind: string }[] = [];
  for (let from = 0; from < candidates.length; from += AT_A_TIME) {
    signal.throwIfAborted();
    const some = candidates.slice(from, from + AT_A_TIME);
    const stats = await Promise.all(some.map((name) => look(joinPath(folder, name))));
    for (const [at, name] of some.entries()) {
      const found = stats[at];
      if (!found || found.isDirectory()) continue;
      if (found.isFile()) files.push({ name, at: name, stats: statsOf(found) });
      else special.push({ name: exactName(name), kind: kindOf(found) });
    }
  }
  return { files, special, names, claims, crowded: seen > MOST_NAMES };
}

export function statsOf({ size, mtimeNs, ctimeNs, ino, dev }: Stats): Stats {
  return { size, mtimeNs, ctimeNs, ino, dev };
}

function kindOf(stats: BigIntStats): string {
  if (stats.isSymbolicLink()) return "link";
  if (stats.isFIFO()) return "pipe";
  if (stats.isSocket()) return "socket";
  return "device";
}

/**
 * What tells one content from the next without reading it. The time of change is part of it: a copy that keeps size and
 * mtime, on an inode that was used again, still has a new one.
 */
export function signatureOf(stats: Stats): string {
  return `${stats.size}.${stats.mtimeNs}.${stats.ctimeNs}.${stats.ino}.${stats.dev}`;
}

/** Names by code point (bytes of UTF-8 sort so), or oldest first. */
export function inOrder(files: readonly Found[], sort: "name" | "time"): Found[] {
  return sorted(files, sort, (a, b) => {
    const apart = a.stats.mtimeNs - b.stats.mtimeNs;
    return apart < 0n ? -1 : apart > 0n ? 1 : 0;
  });
}
