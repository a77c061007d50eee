// Why a state folder cannot be opened, in words: which file, what is wrong with it, what to do. What the folder or its rights
// do not allow is the operator's to change; the rest is the disk's fault, or somebody wrote into the database.

import { BridgeError } from "../errors.ts";

/** The operator chose the folder, or its rights. */
const REFUSED: Readonly<Record<string, string>> = {
  EACCES: "the rights do not allow it",
  EPERM: "the rights do not allow it",
  EROFS: "the file system is read-only",
  ENOENT: "no folder can be made there",
  ENOTDIR: "a part of the path is no folder",
  ELOOP: "its links lead in a circle",
  ENAMETOOLONG: "the name is too long",
};

const DISK: Readonly<Record<string, string>> = {
  EIO: "the disk reports an error",
  ENOSPC: "the disk is full",
  EDQUOT: "the quota is used up",
};

/** Primary codes of SQLite's results that say something about a file. */
const SQLITE: Readonly<Record<number, string>> = {
  10: "the disk reports an error, or the file system knows no locks",
  11: "its content is damaged",
  13: "the disk is full",
  14: "it cannot be opened",
  26: "it is damaged, or no database",
};
const DAMAGED = new Set([11, 26]);
const RESTORE = "steg restore makes a state of the last backup; steg audit verify shows whether it is sound.";

/** An error of the system or of SQLite becomes STATE_UNUSABLE or JOURNAL_FAILED; any other stays what it is. */
export function unusableState(cause: unknown, dir: string): unknown {
  if (cause instanceof BridgeError) return cause;
  const { code, path = dir } = cause as NodeJS.ErrnoException;
  if (errcodeOf(cause) !== undefined) return unusableDatabase(cause, dir);
  if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) return cause;
  const detail = cause instanceof Error ? cause.message : undefined;
  if (!Object.hasOwn(REFUSED, code)) {
    const why = Object.hasOwn(DISK, code) ? `${DISK[code]} (${code})` : code;
    return new BridgeError("JOURNAL_FAILED", `${path} cannot be used for the state: ${why}`, { detail, cause });
  }
  const who = code === "EACCES" || code === "EPERM" ? ` of the user ${process.getuid?.() ?? ""}`.trimEnd() : "";
  const why = `${(REFUSED[code] ?? "").replace("the rights", `the rights${who}`)} (${code})`;
  return new BridgeError("STATE_UNUSABLE", `${path} cannot be used for the state: ${why}`, { detail, cause });
}

/** An error of SQLite while `path` was opened. */
export function unusableDatabase(cause: unknown, path: string): BridgeError {
  const errcode = errcodeOf(cause);
  const primary = errcode === undefined ? 0 : errcode & 0xff;
  const number = errcode === undefined ? "an unexpected error" : `SQLite error ${errcode}`;
  const why = Object.hasOwn(SQLITE, primary) ? `${SQLITE[primary]} (${number})` : number;
  const detail = cause instanceof Error ? cause.message : String(cause);
  const hint = DAMAGED.has(primary) ? RESTORE : undefined;
  return new BridgeError("JOURNAL_FAILED", `${path} cannot be opened: ${why}`, { detail, hint, cause });
}

function errcodeOf(cause: unknown): number | undefined {
  const { errcode } = (cause ?? {}) as { errcode?: unknown };
  return typeof errcode === "number" ? errcode : undefined;
}
