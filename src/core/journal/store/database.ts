// Opening the journal's database: how it is written to disk, migrations, and which errors mean that the disk is at fault.

import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { BridgeError } from "../../errors.ts";
import { syncFolder } from "../../durable.ts";
import { createPrivate } from "../folder.ts";
import { MIGRATIONS } from "./schema.ts";
import type { Migration } from "./schema.ts";

/** "Steg" in ASCII; tells a journal from any other SQLite file. */
const APPLICATION_ID = 0x53746567;

const SQLITE_CONSTRAINT = 19;
const SQLITE_FULL = 13;
const SQLITE_ERROR = 1;

function primaryCode(cause: unknown): number | undefined {
  const code = (cause as { errcode?: unknown } | null)?.errcode;
  return typeof code === "number" ? code & 0xff : undefined;
}

/** No room for the transaction. It was rolled back whole and may be tried again, unlike a failed fsync. */
export function isFull(cause: unknown): boolean {
  return primaryCode(cause) === SQLITE_FULL;
}

/**
 * A failure of the database rather than of one operation: I/O, corruption, read-only, no memory. A violated constraint or a
 * wrong statement spoils only its own operation.
 */
export function isFatal(cause: unknown): boolean {
  const code = primaryCode(cause);
  return code !== undefined && code !== SQLITE_CONSTRAINT && code !== SQLITE_ERROR;
}

function pragmaNumber(db: DatabaseSync, name: string): number {
  const row = db.prepare(`PRAGMA ${name}`).get() as Record<string, number> | undefined;
  return row?.[name] ?? 0;
}

/** Brings the schema up to the newest version, each step in a transaction of its own. */
export function migrate(db: DatabaseSync, migrations: readonly Migration[] = MIGRATIONS): void {
  const newest = migrations.at(-1)?.version ?? 0;
  const found = pragmaNumber(db, "user_version");
  if (found > newest) {
    throw new BridgeError(
      "STATE_TOO_NEW",
      `the journal has schema ${found}, written by a newer steg; this one knows schemas up to ${newest}`,
    );
  }
  for (const { version, sql } of migrations) {
    if (version <= found) continue;
    db.exec("BEGIN IMMEDIATE");
    try {
      db.exec(sql);
      db.exec(`PRAGMA user_version = ${version}`);
      db.exec("COMMIT");
    } catch (cause) {
      if (db.isTransaction) db.exec("ROLLBACK");
      throw cause;
    }
  }
}

/** Checks that the file is ours or new, before anything is written into it. */
function recognise(db: DatabaseSync, path: string): void {
  const id = pragmaNumber(db, "application_id");
  if (id === APPLICATION_ID) return;
  const tables = db.prepare("SELECT count(*) AS n FROM sqlite_schema").get() as { n: number };
  if (id !== 0 || tables.n > 0) throw new BridgeError("STATE_TOO_NEW", `${path} is not a journal of steg`);
  // Only a database without tables can take it over, so that erased pages can be given back to the disk.
  db.exec("PRAGMA auto_vacuum = INCREMENTAL");
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
}

/**
 * WAL with synchronous=FULL: a commit has been fsynced when it returns. Checkpoints run only where we ask for them,
 * because SQLite's automatic one swallows its errors. Temporary tables stay in memory, and deleted content is
 * overwritten, so that nothing purged can be found on the disk.
 */
export function openDatabase(path: string): DatabaseSync {
  createPrivate(path);
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    db.exec("PRAGMA locking_mode = EXCLUSIVE");
    recognise(db, path);
    db.exec("PRAGMA journal_mode = WAL");
    db.exec("PRAGMA synchronous = FULL");
    db.exec("PRAGMA wal_autocheckpoint = 0");
    db.exec("PRAGMA secure_delete = ON");
    db.exec("PRAGMA temp_store = MEMORY");
    db.exec("PRAGMA cache_size = -32768");
    // The first reading opens the WAL. SQLite syncs the folder that names it, too, but ignores a failure; then a power cut
    // could take the whole WAL away.
    db.prepare("SELECT count(*) AS n FROM sqlite_schema").get();
    syncFolder(dirname(path));
    migrate(db);
    return db;
  } catch (cause) {
    db.close();
    throw cause;
  }
}
