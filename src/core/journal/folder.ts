// The state folder: modes, paths, and making a change of a folder durable.

import { accessSync, chmodSync, closeSync, constants, existsSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Log } from "../contract.ts";

export interface StatePaths {
  readonly dir: string;
  readonly journal: string;
  readonly spool: string;
  readonly reserve: string;
}

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
function makeWithParents(dir: string): void {
  if (existsSync(dir)) return;
  makeWithParents(dirname(dir));
  try {
    mkdirSync(dir, { mode: 0o700 });
  } catch (cause) {
    // Another process that starts at the same time; the lock decides between the two.
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
  }
  syncFolder(dirname(dir));
}

function makeFolder(dir: string, log: Log): void {
  makeWithParents(dir);
  try {
    chmodSync(dir, 0o700);
  } catch (cause) {
    // A mounted volume may belong to somebody else; its modes are then the operator's.
    log("warn", "state.mode", { path: dir, code: (cause as NodeJS.ErrnoException).code ?? "unknown" });
  }
}

/** Makes what lacks, 0700 for folders. */
export function prepareFolder(dir: string, log: Log): StatePaths {
  const root = resolve(dir);
  makeFolder(root, log);
  const spool = join(root, "spool");
  makeFolder(spool, log);
  return { dir: root, journal: join(root, "journal.db"), spool, reserve: join(root, "reserve") };
}

/**
 * SQLite gives its side files the mode of the database, so the database is made beforehand. An existing one must not be
 * opened here: closing any descriptor of a file drops all POSIX locks that this process holds on it.
 */
export function createPrivate(path: string): void {
  if (!existsSync(path)) closeSync(openSync(path, "wx", 0o600));
  // SQLite opens what it may not write for reading, and stumbles over it later without a word of the rights.
  else accessSync(path, constants.R_OK | constants.W_OK);
}
