// By what one sees that a bridge's folder, or a secret that its file names, is another one: names, sizes, times. Content is not read; who
// finds another sign reads it.

import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { LoadedBridge } from "../bridge/types.ts";

/** By folder; of its secrets by `secrets/FOLDER`, once a bridge was loaded from it. */
export type Signs = ReadonlyMap<string, string>;

export const secretsKey = (folder: string): string => `secrets/${folder}`;

/** A bridge folder has fewer files; of more than these nobody needs to know. */
const MOST_FILES = 10_000;

export async function signsOf(files: readonly string[], bridges: readonly LoadedBridge[]): Promise<Signs> {
  const folders = files.map(async (file) => {
    const folder = dirname(file);
    return [basename(folder), await signOfAll(await filesBelow(folder))] as const;
  });
  const secrets = bridges.map(async (bridge) => {
    return [secretsKey(basename(dirname(bridge.file))), await signOfAll(secretFiles(bridge))] as const;
  });
  return new Map(await Promise.all([...folders, ...secrets]));
}

/** Folders that differ, are new or gone; secrets that differ: those of a bridge that was just loaded were read with it. */
export function changedFolders(before: Signs, now: Signs): ReadonlySet<string> {
  const names = new Set([...before.keys(), ...now.keys()]);
  const isNews = (name: string): boolean => !name.startsWith(secretsKey("")) || (before.has(name) && now.has(name));
  return new Set([...names].filter((name) => before.get(name) !== now.get(name) && isNews(name)));
}

export async function signOfAll(paths: readonly string[]): Promise<string> {
  return (await Promise.all(paths.map(signOf))).join("\n");
}

/** What the loader takes of a folder, in order. */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    // What the loader leaves out: hidden files, and the tests.
    const paths = entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !/(^|\/)\.|^tests\//.test(path.slice(folder.length + 1)));
    return paths.toSorted().slice(0, MOST_FILES);
  } catch {
    return [];
  }
}

/** Of one file. */
export async function signOf(path: string): Promise<string> {
  try {
    const { size, mtimeMs, ctimeMs, ino } = await stat(path);
    return `${path} ${size} ${mtimeMs} ${ctimeMs} ${ino}`;
  } catch (cause) {
    return `${path} ${(cause as NodeJS.ErrnoException).code ?? "unknown"}`;
  }
}

const SECRET = /\$\{file:([^}]+)\}/g;

/** What `${file:…}` names in the files of a bridge. */
export function secretFiles(bridge: Pick<LoadedBridge, "files" | "dir">): readonly string[] {
  const found = new Set<string>();
  for (const [name, bytes] of bridge.files) {
    if (!/\.ya?ml$/.test(name)) continue;
    for (const [, path = ""] of Buffer.from(bytes).toString("utf8").matchAll(SECRET))
      found.add(resolve(bridge.dir, path.trim()));
  }
  return [...found].toSorted();
}
