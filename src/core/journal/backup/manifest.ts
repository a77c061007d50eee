// What a backup says of itself: which files it has, by hash, which trail it belongs to and how far that had come. Signed by the key of the
// trail, so that nobody can put a backup together from two, or from none.

import { createPublicKey, verify } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { BridgeError } from "../../errors.ts";
import { checkpointBytes } from "../store/trail.ts";
import type { AuditCheckpoint } from "../types.ts";

export const MANIFEST = "manifest.json";
export const JOURNAL_FILE = "journal.db";
export const SPOOL_FOLDER = "spool";
const KIND = "steg-backup";
const VERSION = 1;
/** A line per spool file; a million of them are 150 MiB. */
export const MOST_BACKUP_FILES = 1_000_000;
const MOST_BYTES = 256 << 20;

export interface BackupFile {
  /** `journal.db`, or `spool/<id>.spool`. */
  readonly name: string;
  readonly size: number;
  /** Hex. */
  readonly sha256: string;
}

export interface Manifest {
  readonly backup: typeof KIND;
  readonly version: typeof VERSION;
  /** When the copy was whole; ISO 8601. */
  readonly at: string;
  /** Of the program. */
  readonly steg: string;
  /** Of the journal. */
  readonly schema: number;
  /** The oldest schema whose programs can work with it. */
  readonly readableFrom: number;
  readonly payload: boolean;
  /** Hash of the operator's policy; null = it was never seen. */
  readonly policy: string | null;
  /** PEM; verifies head and signature. */
  readonly publicKey: string;
  readonly head: AuditCheckpoint;
  readonly drops: number;
  readonly files: readonly BackupFile[];
}

/** The text that is signed: without the signature, which stands behind it. */
export function manifestText(manifest: Omit<Manifest, "backup" | "version">): string {
  return JSON.stringify({ backup: KIND, version: VERSION, ...manifest });
}

/** The file: two lines, so that what is signed is there byte by byte. */
export function manifestFile(text: string, signature: string): string {
  return `${text}\n${JSON.stringify({ signature })}\n`;
}

export function backupInvalid(folder: string, why: string, cause?: unknown): BridgeError {
  return new BridgeError("BACKUP_INVALID", `${folder}: ${why}`, { cause });
}

/** Throws BACKUP_INVALID where there is none, where it cannot be read, or where it is not what was signed. */
export function readManifest(folder: string): Manifest {
  const [text = "", last = ""] = linesOf(folder);
  const manifest = parse(folder, text) as Partial<Manifest>;
  if (manifest.backup !== KIND) throw backupInvalid(folder, `${MANIFEST} is not that of a backup`);
  if (manifest.version !== VERSION)
    throw backupInvalid(folder, `it has form ${String(manifest.version)}, this steg knows form ${VERSION}`);
  const { signature } = parse(folder, last) as { readonly signature?: unknown };
  if (!isManifest(manifest)) throw backupInvalid(folder, `${MANIFEST} lacks something`);
  const { publicKey, head } = manifest;
  if (typeof signature !== "string" || !isSigned(publicKey, Buffer.from(text, "utf8"), signature))
    throw backupInvalid(folder, `${MANIFEST} was changed: its signature does not fit`);
  if (!isSigned(publicKey, checkpointBytes(head), head.signature))
    throw backupInvalid(folder, `the signature of the trail's head does not fit`);
  return manifest;
}

function linesOf(folder: string): readonly string[] {
  const path = join(folder, MANIFEST);
  try {
    if (statSync(path).size > MOST_BYTES) throw backupInvalid(folder, `${MANIFEST} has more than 256 MiB`);
    return readFileSync(path, "utf8").split("\n");
  } catch (cause) {
    if (cause instanceof BridgeError) throw cause;
    const { code = "unknown" } = cause as NodeJS.ErrnoException;
    throw backupInvalid(folder, code === "ENOENT" ? `there is no ${MANIFEST}` : `${MANIFEST}: ${code}`, cause);
  }
}

function parse(folder: string, line: string): object {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Said below.
  }
  throw backupInvalid(folder, `${MANIFEST} is no lines of JSON`);
}

/** The key is the manifest's own: that it is also the journal's, is looked at when that is opened. */
function isSigned(publicKey: string, bytes: Uint8Array, signature: string): boolean {
  try {
    return verify(null, bytes, createPublicKey(publicKey), Buffer.from(signature, "base64"));
  } catch {
    return false;
  }
}

const FILE = /^(journal\.db|spool\/[0-9a-z][0-9a-z-]{0,63}\.spool)$/;

function isManifest(value: Partial<Manifest>): value is Manifest {
  const { files, head, schema, readableFrom, payload, publicKey, at, drops } = value;
  if (!Array.isArray(files) || files.length === 0 || files.length > MOST_BACKUP_FILES) return false;
  const isFine = files.every(
    (file: Partial<BackupFile>) =>
      FILE.test(file.name ?? "") && Number.isSafeInteger(file.size) && /^[0-9a-f]{64}$/.test(file.sha256 ?? ""),
  );
  if (!isFine || files[0]?.name !== JOURNAL_FILE || new Set(files.map(({ name }) => name)).size < files.length)
    return false;
  const isHead = typeof head?.seq === "number" && typeof head.hash === "string" && typeof head.signature === "string";
  return (
    isHead &&
    Number.isSafeInteger(schema) &&
    Number.isSafeInteger(readableFrom) &&
    Number.isSafeInteger(drops) &&
    typeof payload === "boolean" &&
    typeof publicKey === "string" &&
    !Number.isNaN(Date.parse(at ?? ""))
  );
}
