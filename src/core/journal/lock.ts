// One state, one process. The lock is SQLite's exclusive lock on a database that nothing else touches: the kernel drops it
// when the process dies, however it dies, so there is no stale lock to clear away.

import { readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { BridgeError } from "../errors.ts";
import { createPrivate } from "./folder.ts";

/** A lock must live as long as the process wants it, not as long as the collector finds a reference. */
const held = new Set<DatabaseSync>();

const SQLITE_BUSY = 5;

function holder(file: string): string {
  try {
    const { pid, host } = JSON.parse(readFileSync(file, "utf8")) as { pid?: unknown; host?: unknown };
    if (typeof pid === "number" && typeof host === "string") return `process ${pid} on ${host}`;
  } catch {
    // The other process has the lock but has not written its name yet.
  }
  return "another process";
}

/** Returns the function that gives the lock back; throws STATE_LOCKED where somebody has it. */
export function lockState(dir: string): () => void {
  const path = join(dir, "lock.db");
  const nameFile = join(dir, "holder.json");
  createPrivate(path);
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    db.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (cause) {
    db.close();
    if ((cause as { errcode?: number }).errcode !== SQLITE_BUSY) throw cause;
    throw new BridgeError("STATE_LOCKED", `state folder ${dir} is in use by ${holder(nameFile)}`, { cause });
  }
  held.add(db);
  const release = (): void => {
    if (held.delete(db)) db.close();
  };
  try {
    writeFileSync(nameFile, JSON.stringify({ pid: process.pid, host: hostname() }), { mode: 0o600 });
  } catch (cause) {
    release();
    throw cause;
  }
  return release;
}
