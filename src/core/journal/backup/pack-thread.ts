// Makes a backup of a copy of the journal, on a thread of its own: reading and hashing gibibytes must not keep the engine waiting.

import { createHash } from "node:crypto";
import { closeSync, fsyncSync, openSync, readSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { makeFolders, syncFile, syncFolder } from "../../durable.ts";
import { BridgeError } from "../../errors.ts";
import { createPrivate } from "../folder.ts";
import type { MasterKey } from "../key-file.ts";
import { auditHead } from "../store/audit.ts";
import { readableFrom } from "../store/database.ts";
import { entry } from "../store/bridges.ts";
import { keptFiles } from "../store/receive.ts";
import { createStore } from "../store/store.ts";
import type { Store } from "../store/store.ts";
import { stripPayload } from "../store/strip.ts";
import type { Stripped } from "../store/strip.ts";
import { JOURNAL_FILE, MANIFEST, manifestFile, manifestText, MOST_BACKUP_FILES, SPOOL_FOLDER } from "./manifest.ts";
import type { BackupFile, Manifest } from "./manifest.ts";

export interface PackData {
  /** With payload it lies in `folder` already, under its name. */
  readonly copy: string;
  /** Exists; everything goes there, and nothing is named as it will be called. */
  readonly folder: string;
  /** Of the spool; undefined = without payload. */
  readonly spool: string | undefined;
  readonly keys: readonly MasterKey[];
  readonly steg: string;
}

export interface Packed {
  readonly manifest: Manifest;
  readonly stripped: Stripped | undefined;
}

export type FromPack =
  | { readonly kind: "progress"; readonly share: number }
  | { readonly kind: "packed"; readonly packed: Packed }
  | { readonly kind: "failed"; readonly why: string };

const port = parentPort;
const BLOCK = Buffer.allocUnsafeSlow(1 << 20);
const PAGE = 10_000;

function hashOf(path: string, to?: string): { readonly size: number; readonly sha256: string } {
  const hash = createHash("sha256");
  const from = openSync(path, "r");
  const out = to === undefined ? undefined : openSync(to, "wx", 0o600);
  let size = 0;
  try {
    for (let count = readSync(from, BLOCK); count > 0; count = readSync(from, BLOCK)) {
      const part = BLOCK.subarray(0, count);
      hash.update(part);
      if (out !== undefined) for (let at = 0; at < count;) at += writeSync(out, part, at);
      size += count;
    }
    if (out !== undefined) fsyncSync(out);
  } finally {
    closeSync(from);
    if (out !== undefined) closeSync(out);
  }
  return { size, sha256: hash.digest("hex") };
}

function openCopy(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 0 });
  // Written in place, and erased content is overwritten there: the copy goes as purged payload does.
  for (const pragma of [
    "locking_mode = EXCLUSIVE",
    "journal_mode = MEMORY",
    "secure_delete = ON",
    "temp_store = MEMORY",
  ])
    db.exec(`PRAGMA ${pragma}`);
  return db;
}

function spoolIds(store: Store): readonly string[] {
  const ids: string[] = [];
  for (let after = ""; ;) {
    const page = keptFiles(store, { after, limit: PAGE });
    ids.push(...page);
    if (ids.length >= MOST_BACKUP_FILES)
      throw new BridgeError("BACKUP_FAILED", `the spool has more than ${MOST_BACKUP_FILES - 1} files`);
    if (page.length < PAGE) return ids;
    after = page.at(-1) ?? "";
  }
}

function* copySpool(store: Store, spool: string, folder: string): Generator<BackupFile> {
  const ids = spoolIds(store);
  makeFolders(join(folder, SPOOL_FOLDER), 0o700);
  const sizes = ids.map((id) => statSync(join(spool, `${id}.spool`), { throwIfNoEntry: false })?.size ?? 0);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let done = 0;
  for (const [index, id] of ids.entries()) {
    const name = `${SPOOL_FOLDER}/${id}.spool`;
    // One that is missing was missing before: the start has said so, and its drop stands still.
    if (sizes[index] === 0) continue;
    yield { name, ...hashOf(join(spool, `${id}.spool`), join(folder, name)) };
    done += sizes[index] ?? 0;
    say({ kind: "progress", share: 0.5 + done / total / 2 });
  }
  syncFolder(join(folder, SPOOL_FOLDER));
}

function pack({ copy, folder, spool, keys, steg }: PackData): Packed {
  const db = openCopy(copy);
  try {
    const store = createStore(db, keys);
    store.now = Date.now();
    const journal = join(folder, JOURNAL_FILE);
    const stripped = spool === undefined ? stripPayload(store, store.now) : undefined;
    const files = spool === undefined ? [] : [...copySpool(store, spool, folder)];
    say({ kind: "progress", share: 0.75 });
    const about = aboutJournal(store, steg, stripped === undefined);
    if (stripped !== undefined) {
      createPrivate(journal);
      // Only what is in use is copied: nothing erased lies in between.
      db.prepare("VACUUM INTO ?").run(journal);
    }
    db.close();
    syncFile(journal);
    const all = [{ name: JOURNAL_FILE, ...hashOf(journal) }, ...files];
    const text = manifestText({ ...about.manifest, files: all });
    writeFileSync(join(folder, MANIFEST), manifestFile(text, about.sign(text)), { mode: 0o600, flag: "wx" });
    syncFile(join(folder, MANIFEST));
    syncFolder(folder);
    return { manifest: JSON.parse(text) as Manifest, stripped };
  } finally {
    if (db.isOpen) db.close();
  }
}

function aboutJournal(store: Store, steg: string, payload: boolean) {
  const { earlier: _, ...head } = auditHead(store, []);
  const { user_version: schema } = store.sql("PRAGMA user_version").get() as { user_version: number };
  const { drops } = store.sql("SELECT count(*) AS drops FROM drops").get() as { drops: number };
  const policy = entry(store, "policy");
  const { publicKey } = store.secrets;
  const known = policy === undefined ? null : ((JSON.parse(policy) as { hash?: string }).hash ?? null);
  const at = new Date(store.now).toISOString();
  return {
    manifest: {
      at,
      steg,
      schema,
      readableFrom: readableFrom(store.db),
      payload,
      policy: known,
      publicKey,
      head,
      drops,
    },
    sign: (text: string) => store.secrets.sign(Buffer.from(text, "utf8")).toString("base64"),
  };
}

function say(message: FromPack): void {
  port?.postMessage(message);
}

/** No paths of the state: what is at fault is the place that the backup goes to, or the copy. */
function reasonOf(cause: unknown): string {
  if (cause instanceof BridgeError) return cause.message;
  const { code, errcode, message } = cause as NodeJS.ErrnoException & { readonly errcode?: number };
  if (code === "ENOSPC" || code === "EDQUOT" || (errcode !== undefined && (errcode & 0xff) === 13))
    return "the disk is full";
  if (errcode !== undefined) return `SQLite error ${errcode}`;
  return code ?? message;
}

try {
  say({ kind: "packed", packed: pack(workerData as PackData) });
} catch (cause) {
  say({ kind: "failed", why: reasonOf(cause) });
}
