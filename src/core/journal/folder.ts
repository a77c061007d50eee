// The state folder: modes and paths.

import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
} from "node:fs";
import { join, resolve } from "node:path";
import type { Log } from "../contract.ts";
import { makeFolders } from "../durable.ts";

export interface StatePaths {
  readonly dir: string;
  readonly journal: string;
  readonly spool: string;
  readonly reserve: string;
}

function makeFolder(dir: string, log: Log): void {
  makeFolders(dir, 0o700);
  try {
    chmodSync(dir, 0o700);
  } catch (cause) {
    // A mounted volume may belong to somebody else; its modes are then the operator's.
    log("warn", "state.mode", { path: dir, code: (cause as NodeJS.ErrnoException).code ?? "unknown" });
  }
}

/** The journal of a restore that has not come to its end. */
export const RESTORE_PART = "journal.db.part";
const SCHEMA_COPY = /^journal-schema-\d+\.db(\.part)?$/;
/** As long as payload by default: the copy has the keys of what was purged since. */
const COPY_KEPT = 7 * 86_400_000;

/** The journal as it was before an upgrade changed this schema. */
export function copyOfSchema(dir: string, schema: number): string {
  return join(dir, `journal-schema-${schema}.db`);
}

/** Removes copies that are past their time, and what a killed backup has left. Answers their names. */
export function removeOldCopies(dir: string, now: number): readonly string[] {
  const old = readdirSync(dir).filter(
    (name) => SCHEMA_COPY.test(name) && statSync(join(dir, name)).mtimeMs <= now - COPY_KEPT,
  );
  for (const name of old) rmSync(join(dir, name), { force: true });
  return old;
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
