// Where a folder of the bridge file lies. Relative paths are under STEG_DATA and cannot leave it; an absolute path is a
// mount that the bridge's author wrote out.

import { lstat, mkdir, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { AdapterContext, Pattern, Scope } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { syncFolder, unless } from "../shared/atomic.ts";
import { pathFault } from "../shared/names.ts";

/** Readable by the operator's group; the umask can take more away. */
const FOLDER_MODE = 0o770;

/** A folder written without formulas. Throws OPTION_UNUSABLE where it would leave STEG_DATA. */
export function fixedFolder(path: string, context: AdapterContext, base: string = context.dataDir): string {
  const folder = resolve(base, path);
  if (!isAbsolute(path) && !within(folder, base)) {
    throw new BridgeError(
      "OPTION_UNUSABLE",
      `the folder ${JSON.stringify(path)} leads out of the one that it is relative to`,
    );
  }
  return folder;
}

export function within(path: string, base: string): boolean {
  const way = relative(base, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/**
 * Makes a relative folder where it is missing, so that a fresh appliance starts; an absolute one is a mount, and to make
 * it would hide that the mount is missing.
 */
export async function prepareFolder(folder: string, mayMake: boolean): Promise<void> {
  if (!mayMake) {
    await lstat(folder);
    return;
  }
  await makeWithParents(folder);
}

/** Part by part: with `recursive` Node tries for ever where a file system lets nobody make folders, as /proc. */
async function makeWithParents(folder: string): Promise<void> {
  if (await unless("ENOENT", stat(folder))) return;
  await makeWithParents(dirname(folder));
  await unless("EEXIST", mkdir(folder, { mode: FOLDER_MODE }));
  // A file in a new folder survives a power cut only if the folder's own name does.
  await syncFolder(dirname(folder));
}

export interface FolderOfMessage {
  /** Absolute. Throws TARGET_ADDRESS where the values lead elsewhere. */
  folder(scope: Scope): string;
  /** What a token of a growing file remembers of a folder that values chose, so that the file is found without its message. */
  kept(folder: string): string | undefined;
  reopened(kept: string | undefined): string | undefined;
  /** Makes it and looks whether links lead elsewhere. */
  prepare(folder: string): Promise<void>;
}

function refuse(why: string, path: string): never {
  throw new BridgeError("TARGET_ADDRESS", `the path of the target folder is not usable: ${why}`, {
    stage: "deliver",
    detail: path,
  });
}

const OUTSIDE = /\$\{[^{}]*\}/gu;

/**
 * A folder whose path may hold formulas. Up to the first of them the path is the author's, who may use links and mounts;
 * behind it each part is one that values chose: it must not climb, hide, or be a link to elsewhere.
 */
export function folderOfMessage(pattern: Pattern, context: AdapterContext): FolderOfMessage {
  const source = pattern.source ?? "{}";
  const parts = source.replace(OUTSIDE, "\u0001").split("/");
  const firstChosen = parts.findIndex((part) => part.includes("{"));
  const chosen = firstChosen < 0 ? 0 : parts.length - firstChosen;
  // What comes from the environment may be a mount as well.
  const mayBeMount = parts[0] === "" || parts[0]?.startsWith("\u0001") === true;
  const countsParts = !parts.some((part) => part.includes("\u0001")) && pattern.source !== undefined;
  const prepared = new Set<string>();

  function baseOf(folder: string): string {
    let base = folder;
    for (let each = 0; each < chosen - (source.endsWith("/") ? 1 : 0); each++) base = dirname(base);
    return base;
  }

  return {
    folder(scope) {
      const path = pattern(scope);
      if (chosen > 0) {
        if (isAbsolute(path) && !mayBeMount) refuse("it is absolute", path);
        // A value that is absent would lead into the folder above: that leaves an empty part.
        const fault = pathFault(source.endsWith("/") ? path.slice(0, -1) : path);
        if (fault) refuse(fault, path);
        if (countsParts && path.split("/").length !== parts.length) refuse("a value adds a folder to it", path);
      }
      return fixedFolder(path, context);
    },
    // A folder that the bridge file alone names may be mounted elsewhere after a restart: there the bridge file counts.
    kept(folder) {
      if (chosen === 0) return undefined;
      return within(folder, context.dataDir) ? relative(context.dataDir, folder) : folder;
    },
    reopened: (kept) => (chosen === 0 || kept === undefined ? undefined : fixedFolder(kept, context)),
    async prepare(folder) {
      const base = baseOf(folder);
      if (!prepared.has(base)) {
        if (prepared.size >= 10_000) prepared.clear();
        await prepareFolder(base, !mayBeMount || within(base, context.dataDir));
        prepared.add(base);
      }
      if (chosen === 0) return;
      await makeBelow(base, relative(base, folder), (what) => refuse(`one of its parts is ${what}`, folder));
    },
  };
}

/**
 * A folder below another, made part by part. A part that is a link or no folder is refused: strangers may write there,
 * and a link would lead elsewhere. Throws what `refuse` throws.
 */
export async function makeBelow(base: string, path: string, refuse: (what: string) => never): Promise<string> {
  let folder = base;
  for (const part of path.split("/").filter((each) => each !== "" && each !== ".")) {
    folder = join(folder, part);
    const isNew = await unless(
      "EEXIST",
      mkdir(folder, { mode: FOLDER_MODE }).then(() => true),
    );
    if (isNew) await syncFolder(dirname(folder));
    const found = await lstat(folder);
    if (!found.isDirectory()) refuse(found.isSymbolicLink() ? "a link" : "no folder");
  }
  return folder;
}
