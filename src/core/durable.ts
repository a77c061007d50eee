// Folders and files that are there after a power cut.

import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";

export function syncFile(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A new name is durable only when its folder is: fsync of a file does not cover the entry that names it. */
export function syncFolder(dir: string): void {
  syncFile(dir);
}

/** Part by part: with `recursive` Node tries for ever where a file system lets nobody make folders, as /proc. */
export function makeFolders(dir: string, mode?: number): void {
  if (existsSync(dir)) return;
  makeFolders(dirname(dir), mode);
  try {
    mkdirSync(dir, { mode });
  } catch (cause) {
    // Another process that starts at the same time; what decides between the two comes later.
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
  }
  syncFolder(dirname(dir));
}
