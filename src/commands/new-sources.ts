// Files of a service as they lie somewhere: read as if their folder were a bridge's, and remembered, because all that was read is
// copied into the new bridge.

import { readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { BridgeFiles, Operation } from "../core/contract.ts";
import { BridgeError } from "../core/errors.ts";

const MOST_FILE = 16 << 20;
/** How many folders above its own a file may ask for others: `../xsd/typen.xsd`. */
const MOST_UP = 3;

export interface Found {
  /** Path of the file itself, below the folder that all of them lie in. */
  readonly main: string;
  /** By path below that folder. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly operations: readonly Operation[];
}

export type Describe = (main: string, files: BridgeFiles) => Promise<readonly Operation[]>;

/** Throws FILE_UNREADABLE, and what `describe` throws. */
export async function readSources(path: string, cwd: string, describe: Describe): Promise<Found> {
  const file = resolve(cwd, path);
  if (/^[a-z][a-z0-9+.-]+:\/\//iu.test(path)) {
    throw new BridgeError("USAGE", "--from is an address; nothing is fetched", {
      hint: "Save the WSDL and all that it imports, side by side, and name the file.",
    });
  }
  if (!statSync(file, { throwIfNoEntry: false })?.isFile())
    throw new BridgeError("USAGE", `there is no file ${path}`, { hint: "--from names the WSDL of the service." });
  let folder = dirname(file);
  let first: unknown;
  for (let up = 0; up <= MOST_UP; up++) {
    const main = relative(folder, file).split(sep).join("/");
    const read = new Map<string, Uint8Array>();
    try {
      const operations = await describe(main, filesIn(folder, read));
      return { main, files: read, operations };
    } catch (cause) {
      first ??= cause;
      // A WSDL that asks for ../x.xsd is read again from the folder above.
      const above = dirname(folder);
      if (!(cause instanceof BridgeError) || above === folder) throw cause;
      folder = above;
    }
  }
  throw first;
}

function filesIn(folder: string, read: Map<string, Uint8Array>): BridgeFiles {
  return {
    bridgeDir: folder,
    calls: [],
    readBridgeFile(path) {
      const known = read.get(path);
      if (known) return known;
      const bytes = readInside(folder, path);
      read.set(path, bytes);
      return bytes;
    },
  };
}

/** Links are followed before it is looked where a file lies. */
function readInside(folder: string, path: string): Uint8Array {
  let real: string;
  try {
    real = realpathSync(join(folder, path));
  } catch (cause) {
    throw new BridgeError("FILE_UNREADABLE", `${path} is not there`, { cause });
  }
  const inside = relative(realpathSync(folder), real);
  const stats = statSync(real);
  if (inside.startsWith("..") || isAbsolute(inside) || !stats.isFile())
    throw new BridgeError("FILE_UNREADABLE", `${path} is not there`);
  if (stats.size > MOST_FILE) throw new BridgeError("FILE_UNREADABLE", `${basename(path)} is larger than 16 MiB`);
  return readFileSync(real);
}

/** The folder that all files have in common, with `/` at its end; "" = none. */
export function commonFolder(paths: Iterable<string>): string {
  let common: string[] | undefined;
  for (const path of paths) {
    const folders = path.split("/").slice(0, -1);
    const at = common?.findIndex((folder, index) => folder !== folders[index]) ?? -1;
    common = common === undefined ? folders : at < 0 ? common : common.slice(0, at);
  }
  return common === undefined || common.length === 0 ? "" : `${common.join("/")}/`;
}
