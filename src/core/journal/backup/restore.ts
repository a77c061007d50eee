// A backup becomes a state again. Everything is verified before the journal has its name, and that it was restored stands in its trail
// before anybody can open it: whoever compares heads sees that it went back.
//
//   looked at (manifest, keys, room) ──files copied, hashes──▶ journal beside its name ──signature, chain, trail──▶ restored
//                └─anything that does not fit──▶ refused, the folder as it was

import { createHash } from "node:crypto";
import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../../contract.ts";
import { makeFolders, syncFolder } from "../../durable.ts";
import { BridgeError } from "../../errors.ts";
import { prepareFolder, RESTORE_PART, type StatePaths } from "../folder.ts";
import { loadKeys, type MasterKey } from "../key-file.ts";
import { lockState } from "../lock.ts";
import { checkSchema, openDatabase } from "../store/database.ts";
import { setEntry, version } from "../store/bridges.ts";
import { createStore, type Store } from "../store/store.ts";
import { verifyFrom, verifyPage } from "../store/trail.ts";
import { backupInvalid, JOURNAL_FILE, readManifest, SPOOL_FOLDER } from "./manifest.ts";
import type { Manifest } from "./manifest.ts";
import { RESTORED_KEY, type RestoredEntry } from "./restored.ts";
import { requireRoom, SPARE } from "./room.ts";

export interface RestoreRequest {
  /** The folder that `steg backup` made. */
  readonly backup: string;
  /** Empty, or it does not exist; `keys`, the key of the state itself, may lie there. */
  readonly dir: string;
  readonly keyFile: string | undefined;
  readonly actor: string;
  /** Milliseconds. */
  readonly now: number;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly onProgress: (share: number) => void;
}

export interface Restored {
  readonly manifest: Manifest;
  /** Ids of drops that cannot go on before the same file comes again; at most 1000 of them. */
  readonly open: readonly string[];
  readonly openCount: number;
  /** Of bridges: the last accepted version, by name. */
  readonly versions: ReadonlyMap<string, { readonly hash: string; readonly files: ReadonlyMap<string, Uint8Array> }>;
}

/** What may lie in the folder: the key of a state without a key file, and what file systems put there. */
const ALLOWED = new Set(["keys", "lost+found"]);
const VERIFY_AT_ONCE = 2_000;
const MOST_LISTED = 1_000;
const BLOCK_BYTES = 1 << 20;

/** Throws BACKUP_INVALID, STATE_NOT_EMPTY, STATE_TOO_NEW, KEY_MISSING, KEY_FILE_INVALID, BACKUP_FAILED where there is no room. */
export async function restoreBackup(request: RestoreRequest): Promise<Restored> {
  const { backup, dir, log } = request;
  const manifest = readManifest(backup);
  checkSchema(manifest.schema, manifest.readableFrom);
  const isRemains = remainsIn(dir);
  const before = namesIn(dir).filter((name) => !isRemains(name));
  const odd = before.find((name) => !ALLOWED.has(name));
  if (odd !== undefined) throw new BridgeError("STATE_NOT_EMPTY", `${dir} is not empty: there is ${odd}`);
  const paths = prepareFolder(dir, log);
  const release = lockState(paths.dir);
  try {
    for (const name of namesIn(paths.dir)) {
      if (isRemains(name) && !isLock(name)) rmSync(join(paths.dir, name), { recursive: true });
    }
    makeFolders(paths.spool, 0o700);
    const { keys } = loadKeys(paths.dir, request.keyFile, false, log);
    await requireRoom(
      paths.dir,
      manifest.files.reduce((sum, { size }) => sum + size, SPARE),
      paths.dir,
    );
    await copyAll(request, manifest, paths);
    const restored = await openAndMark(request, manifest, paths, keys);
    renameSync(join(paths.dir, RESTORE_PART), paths.journal);
    syncFolder(paths.dir);
    return restored;
  } catch (cause) {
    for (const name of namesIn(paths.dir)) {
      // The lock is ours until the end; it says nothing.
      if (!before.includes(name) && !isLock(name)) rmSync(join(paths.dir, name), { recursive: true, force: true });
    }
    throw cause;
  } finally {
    release();
    if (!existsSync(paths.journal))
      for (const name of namesIn(paths.dir).filter(isLock)) rmSync(join(paths.dir, name), { force: true });
  }
}

function namesIn(dir: string): readonly string[] {
  return existsSync(dir) ? readdirSync(dir) : [];
}

const isLock = (name: string): boolean => name === "holder.json" || name.startsWith("lock.db");

/** What a restore left whose process was killed: a journal without its name, and what came with it. */
function remainsIn(dir: string): (name: string) => boolean {
  const names = namesIn(dir);
  if (names.includes(JOURNAL_FILE)) return () => false;
  const hasBegun = names.includes(RESTORE_PART) || namesIn(join(dir, SPOOL_FOLDER)).length === 0;
  return (name) => isLock(name) || name.startsWith(RESTORE_PART) || (name === SPOOL_FOLDER && hasBegun);
}

/** Hashed on the way: what is copied is what was compared. */
async function copyAll({ backup, signal, onProgress }: RestoreRequest, manifest: Manifest, paths: StatePaths) {
  const total = manifest.files.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  // The journal first: by it a restore that was killed is known.
  const journal = manifest.files.filter(({ name }) => name === JOURNAL_FILE);
  for (const file of [...journal, ...manifest.files.filter((one) => !journal.includes(one))]) {
    const to = file.name === JOURNAL_FILE ? join(paths.dir, RESTORE_PART) : join(paths.dir, file.name);
    const found = await copyHashed(join(backup, file.name), to, signal).catch((cause: unknown) => {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === "ENOENT") throw backupInvalid(backup, `${file.name} is missing`, cause);
      if (code === "ENOSPC" || code === "EDQUOT")
        throw new BridgeError("BACKUP_FAILED", `${paths.dir}: the disk is full`, { cause });
      throw cause;
    });
    if (found.size !== file.size || found.sha256 !== file.sha256)
      throw backupInvalid(backup, `${file.name} is not as it was written`);
    done += file.size;
    onProgress((done / total) * 0.8);
  }
  syncFolder(join(paths.dir, SPOOL_FOLDER));
}

async function copyHashed(
  path: string,
  to: string,
  signal: AbortSignal,
): Promise<{ readonly size: number; readonly sha256: string }> {
  const hash = createHash("sha256");
  const block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  await using from = await open(path, "r");
  await using out = await open(to, "wx", 0o600);
  let size = 0;
  for (;;) {
    signal.throwIfAborted();
    const { bytesRead } = await from.read(block, 0, block.length, size);
    if (bytesRead === 0) break;
    const part = block.subarray(0, bytesRead);
    hash.update(part);
    for (let at = 0; at < bytesRead;) at += (await out.write(part, at, bytesRead - at, size + at)).bytesWritten;
    size += bytesRead;
  }
  await out.sync();
  return { size, sha256: hash.digest("hex") };
}

async function openAndMark(
  request: RestoreRequest,
  manifest: Manifest,
  paths: StatePaths,
  keys: readonly MasterKey[],
): Promise<Restored> {
  const { backup, signal, onProgress } = request;
  const db = openDatabase(join(paths.dir, RESTORE_PART), { copies: false });
  try {
    const store = createStore(db, keys);
    store.now = request.now;
    if (store.secrets.publicKey !== manifest.publicKey)
      throw backupInvalid(backup, "its journal and its manifest were not made by the same appliance");
    let at = verifyFrom(manifest.publicKey);
    for (
      ;
      !at.done && at.broken === undefined;
      at = verifyPage(db, manifest.publicKey, at, VERIFY_AT_ONCE, manifest.head)
    ) {
      signal.throwIfAborted();
      onProgress(0.8 + 0.2 * Math.min(1, at.head.seq / Math.max(1, manifest.head.seq)));
      // The terminal and the signal have their turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (at.broken !== undefined)
      throw backupInvalid(backup, `its audit trail is broken at entry ${at.broken.seq}: ${at.broken.why}`);
    if (at.head.seq !== manifest.head.seq)
      throw backupInvalid(backup, "its audit trail goes on behind the signed head");
    return mark(store, request, manifest);
  } finally {
    // Also moves the WAL into the file, which alone gets the name.
    db.close();
  }
}

function mark(store: Store, { now, actor }: RestoreRequest, manifest: Manifest): Restored {
  const { at, payload, head } = manifest;
  const lost = "FROM drops WHERE state = 'open' AND kept = 0";
  const { openCount } = store.sql(`SELECT count(*) AS openCount ${lost}`).get() as { openCount: number };
  const open = store.sql(`SELECT id ${lost} ORDER BY id LIMIT ?`).all(MOST_LISTED) as unknown as { id: string }[];
  const entry: RestoredEntry = { at: now, backup: at, payload, head: head.seq };
  const facts = { backup: at, payload, head: head.seq, hash: head.hash, open: openCount };
  store.db.exec("BEGIN IMMEDIATE");
  setEntry(store, {
    key: RESTORED_KEY,
    value: JSON.stringify(entry),
    audit: { at: now, event: "state.restored", bridge: undefined, drop: undefined, actor, facts },
  });
  store.db.exec("COMMIT");
  return { manifest, open: open.map(({ id }) => id), openCount, versions: versionsOf(store) };
}

/** Of each bridge in the ledger, where the journal has its folder. */
function versionsOf(store: Store): Restored["versions"] {
  const rows = store.sql("SELECT value FROM entries WHERE substr(key, 1, 7) = 'ledger/'").all() as { value: string }[];
  const entries = rows.map(({ value }) => JSON.parse(value) as { readonly bridge: string; readonly version: string });
  return new Map(
    entries.flatMap(({ bridge, version: hash }) => {
      const files = version(store, hash);
      return files === undefined ? [] : [[bridge, { hash, files }] as const];
    }),
  );
}
