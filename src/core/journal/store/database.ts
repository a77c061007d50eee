// Opening the journal's database: how it is written to disk, migrations, and which errors mean that the disk is at fault.

import { existsSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { BridgeError } from "../../errors.ts";
import { syncFile, syncFolder } from "../../durable.ts";
import { copyOfSchema, createPrivate } from "../folder.ts";
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

/** Under which the journal says the oldest schema whose programs can work with it; a newer program writes it. */
const READABLE_FROM = "schema/readable-from";

/**
 * Throws STATE_TOO_NEW where the schema is newer than this program knows, unless the program that wrote it says that this one can work
 * with it (`readableFrom`; 0 = it says nothing): the version before the newest always can, so that an upgrade can be taken back.
 */
export function checkSchema(found: number, readableFrom: number, newest = MIGRATIONS.at(-1)?.version ?? 0): void {
  if (found <= newest || (readableFrom > 0 && readableFrom <= newest)) return;
  throw new BridgeError(
    "STATE_TOO_NEW",
    `the journal has schema ${found}, written by a newer steg; this one knows schemas up to ${newest}`,
  );
}

/** 0 = the journal does not say. */
export function readableFrom(db: DatabaseSync): number {
  if (!hasEntries(db)) return 0;
  const row = db.prepare("SELECT value FROM entries WHERE key = ?").get(READABLE_FROM) as { value: string } | undefined;
  return Number(row?.value ?? 0);
}

function hasEntries(db: DatabaseSync): boolean {
  return db.prepare("SELECT 1 AS found FROM sqlite_schema WHERE name = 'entries'").get() !== undefined;
}

/**
 * Brings the schema up to the newest version in one transaction: all steps, or none. `before` is called once where there is something to
 * bring up, with the schema that is there; what it throws leaves the journal as it is.
 */
export function migrate(
  db: DatabaseSync,
  migrations: readonly Migration[] = MIGRATIONS,
  before?: (found: number) => void,
): void {
  const newest = migrations.at(-1)?.version ?? 0;
  const found = pragmaNumber(db, "user_version");
  if (found > newest) checkSchema(found, readableFrom(db), newest);
  if (found >= newest) return;
  if (found > 0) before?.(found);
  db.exec("BEGIN IMMEDIATE");
  try {
    for (const { version, sql } of migrations) if (version > found) db.exec(sql);
    const from = migrations.at(-1)?.readableFrom ?? Math.max(1, newest - 1);
    if (hasEntries(db)) db.prepare("INSERT OR REPLACE INTO entries VALUES (?, ?)").run(READABLE_FROM, String(from));
    db.exec(`PRAGMA user_version = ${newest}`);
    db.exec("COMMIT");
  } catch (cause) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw cause;
  }
}

/** The journal as it was before its schema changes, beside it; where one of that schema lies there already, it is the older one that counts. */
function copyBefore(db: DatabaseSync, path: string, found: number): void {
  const copy = copyOfSchema(dirname(path), found);
  if (existsSync(copy)) return;
  const part = `${copy}.part`;
  try {
    rmSync(part, { force: true });
    createPrivate(part);
    db.prepare("VACUUM INTO ?").run(part);
    syncFile(part);
    renameSync(part, copy);
    syncFolder(dirname(path));
  } catch (cause) {
    try {
      rmSync(part, { force: true });
    } catch {
      // What lies there is in the way, and the error says where.
    }
    const full = isFull(cause) || (cause as NodeJS.ErrnoException).code === "ENOSPC";
    throw new BridgeError(
      "BACKUP_FAILED",
      `${copy}, the journal as it is before schema ${found} changes, cannot be written: ${full ? "the disk is full" : String(cause)}`,
      { cause, hint: "Make room, or give the rights; the journal was not changed, and the version before still runs." },
    );
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
export function openDatabase(path: string, { copies = true, migrations = MIGRATIONS } = {}): DatabaseSync {
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
    migrate(db, migrations, copies ? (found) => copyBefore(db, path, found) : undefined);
    return db;
  } catch (cause) {
    db.close();
    throw cause;
  }
}
