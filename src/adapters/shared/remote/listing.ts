// One look at a folder of a server: which files are there, of which size and time.

import type { NameMatch } from "../../../core/options/glob.ts";
import { latin, type Marker } from "../markers.ts";
import { exactName, OWN_PREFIX } from "../names.ts";
import { identityOf, type Identity } from "./entry.ts";
import type { NameCode } from "./name-code.ts";
import type { FileServer, RemoteEntry } from "./server.ts";

/** A limit on everything: beyond it a look takes the first so many and says so. */
export const MOST_NAMES = 500_000;
/** Of those that fit. What is taken makes room for the rest. */
export const MOST_FILES = 50_000;

export interface Found {
  readonly name: Buffer;
  /** The name that it has at the moment: another one where it was claimed before reading. */
  readonly at: Buffer;
  readonly identity: Identity;
}

export interface Listing {
  /** Regular files that fit, unsorted. */
  readonly files: readonly Found[];
  /** Other things that fit: links and special files. */
  readonly special: readonly { readonly name: string; readonly kind: string }[];
  /** Files that can be markers, by latin1 name. */
  readonly markers: ReadonlyMap<string, Identity>;
  /** Files that an earlier process had claimed, or another one is writing. */
  readonly own: readonly { readonly name: Buffer; readonly identity: Identity }[];
  readonly crowded: boolean;
}

export async function listFolder(
  server: FileServer,
  folder: Buffer,
  fits: NameMatch,
  marker: Marker | undefined,
  names: NameCode,
  signal: AbortSignal,
): Promise<Listing> {
  const files: Found[] = [];
  const special: { name: string; kind: string }[] = [];
  const markers = new Map<string, Identity>();
  const own: { name: Buffer; identity: Identity }[] = [];
  const prefix = Buffer.from(OWN_PREFIX);
  const isOwn = (name: Buffer): boolean => name.subarray(0, prefix.length).equals(prefix);
  let seen = 0;

  function see(entry: RemoteEntry): void {
    const { name, kind } = entry;
    if (kind === "folder") return;
    if (isOwn(name)) {
      if (kind === "file") own.push({ name, identity: identityOf(entry) });
      return;
    }
    if (marker?.is(name)) {
      if (kind === "file") markers.set(latin(name), identityOf(entry));
    } else if (fits(names.text(name))) {
      if (kind === "file") files.push({ name, at: name, identity: identityOf(entry) });
      else special.push({ name: exactName(name), kind });
    }
  }

  const wanted = (name: Buffer): boolean => isOwn(name) || marker?.is(name) === true || fits(names.text(name));
  for await (const entries of server.list(folder, signal, wanted)) {
    for (const entry of entries) if (isName(entry.name)) see(entry);
    seen += entries.length;
    if (seen > MOST_NAMES || files.length > MOST_FILES) break;
  }
  const crowded = seen > MOST_NAMES || files.length > MOST_FILES;
  return { files: files.slice(0, MOST_FILES), special, markers, own, crowded };
}

/** A server that is hostile or broken may name what lies elsewhere. */
function isName(name: Buffer): boolean {
  return name.length > 0 && name.length <= 4096 && !name.includes(0x2f) && !name.includes(0);
}
