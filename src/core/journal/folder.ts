// The state folder: modes, paths, and making a change of a folder durable.

import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync } from "node:fs";
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

function makeFolder(dir: string, log: Log): void {
  if (!existsSync(dir)) {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    syncFolder(dirname(dir));
  }
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
}
