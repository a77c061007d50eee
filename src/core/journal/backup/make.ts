// A backup while the appliance works: the journal's thread copies its database between commits, another thread makes a backup of the copy.
// Under a temporary name until everything is on the disk; nothing is left of one that fails.
//
//   begun (in the trail) ──copied──▶ packed ──rename──▶ made (in the trail)
//                           └─disk full, stopped, anything else──▶ failed (in the trail), removed

import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Worker } from "node:worker_threads";
import { syncFolder } from "../../durable.ts";
import { asBridgeError, BridgeError } from "../../errors.ts";
import type { Client } from "../client.ts";
import type { StatePaths } from "../folder.ts";
import type { MasterKey } from "../key-file.ts";
import type { SpoolStore } from "../spool.ts";
import type { AuditEntry, BackupMade, BackupRequest } from "../types.ts";
import { JOURNAL_FILE } from "./manifest.ts";
import { requireRoom, SPARE } from "./room.ts";
import type { FromPack, PackData, Packed } from "./pack-thread.ts";

/** In the state: what is in it may not lie anywhere else before it is stripped. */
export const TEMPORARY_COPY = "backup.db";
/** Marks a folder of ours that never became a backup. */
const UNFINISHED = "unfinished";

export interface BackupParts {
  readonly client: Client;
  readonly spool: SpoolStore;
  readonly paths: StatePaths;
  readonly keys: readonly MasterKey[];
  /** So much stays free under the state. */
  readonly lowDisk: number;
  readonly clock: () => number;
}

/** One at a time: answers when the backup has its name. Throws BACKUP_FAILED, STATE_BUSY while another one is made. */
export function createBackups(parts: BackupParts): (request: BackupRequest) => Promise<BackupMade> {
  let busy = false;
  return async (request) => {
    if (busy) throw new BridgeError("STATE_BUSY", "another backup is being made");
    busy = true;
    try {
      return await makeBackup(parts, request);
    } finally {
      busy = false;
    }
  };
}

async function makeBackup(parts: BackupParts, request: BackupRequest): Promise<BackupMade> {
  const { client, spool, paths } = parts;
  const { target, payload, signal } = request;
  const temporary = join(paths.dir, TEMPORARY_COPY);
  const folder = await prepare(parts, request);
  const copy = payload ? join(folder, JOURNAL_FILE) : temporary;
  // A file that is purged meanwhile belongs to the journal as it is copied.
  const release = spool.hold();
  try {
    await note(parts, request, "backup.begun", { payload });
    await client.copy(copy, signal, (share) => request.onProgress?.(share / 2));
    const data = { copy, folder, spool: payload ? paths.spool : undefined, keys: parts.keys, steg: request.version };
    const packed = await packUp(data, request);
    renameSync(folder, target);
    syncFolder(dirname(target));
    // Last, so that what has not its name can be told from what is not ours; restoring does not look at it.
    rmSync(join(target, UNFINISHED));
    syncFolder(target);
    const made = madeOf(target, packed);
    await note(parts, request, "backup.made", { payload, bytes: made.bytes, head: made.head.seq });
    return made;
  } catch (cause) {
    rmSync(folder, { recursive: true, force: true });
    await note(parts, request, "backup.failed", { payload }).catch(() => undefined);
    throw failed(target, cause);
  } finally {
    for (const suffix of ["", "-journal", "-wal", "-shm"]) rmSync(`${temporary}${suffix}`, { force: true });
    await release();
  }
}

function madeOf(target: string, { manifest, stripped }: Packed): BackupMade {
  const { files, head, drops, at, payload } = manifest;
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  return { path: target, at, payload, bytes, files: files.length, drops, head, stripped };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

async function note(
  { client, clock }: BackupParts,
  { actor }: BackupRequest,
  event: string,
  facts: AuditEntry["facts"],
): Promise<void> {
  await client.call("audit", { at: clock(), event, bridge: undefined, drop: undefined, actor, facts });
}

/** The folder that becomes the backup; refuses where there is no room, before anything is written. */
async function prepare({ client, paths, lowDisk }: BackupParts, { target, payload }: BackupRequest): Promise<string> {
  if (existsSync(target)) throw refused(target, "it exists already and is not overwritten");
  const parent = dirname(target);
  if (!existsSync(parent) || !statSync(parent).isDirectory()) throw refused(target, `there is no folder ${parent}`);
  const journal = sizeOf(paths.journal) + sizeOf(`${paths.journal}-wal`);
  const sums = payload ? await client.call("sums", undefined) : [];
  const needed = sums.reduce((sum, { spoolBytes }) => sum + spoolBytes, journal) + SPARE;
  await requireRoom(parent, needed, target);
  if (!payload) await requireRoom(paths.dir, journal + lowDisk, target);
  const folder = join(parent, `.${basename(target)}.part`);
  try {
    // What another attempt left when its process was killed; anything else is not ours to remove.
    if (existsSync(join(folder, UNFINISHED))) rmSync(folder, { recursive: true });
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync(join(folder, UNFINISHED), "", { mode: 0o600 });
  } catch (cause) {
    throw failed(target, cause);
  }
  return folder;
}

function refused(target: string, why: string): BridgeError {
  return new BridgeError("BACKUP_FAILED", `${target}: ${why}`);
}

function failed(target: string, cause: unknown): unknown {
  if (cause instanceof BridgeError || (cause as Error).name === "AbortError") return cause;
  const { code } = cause as NodeJS.ErrnoException;
  const why = code === "ENOSPC" || code === "EDQUOT" ? "the disk is full" : (code ?? asBridgeError(cause).message);
  return new BridgeError("BACKUP_FAILED", `${target}: ${why}`, { cause });
}

/** The thread's work, or its failure; it is ended where the signal says so. */
async function packUp(data: PackData, { target, signal, onProgress }: BackupRequest): Promise<Packed> {
  signal.throwIfAborted();
  const worker = new Worker(new URL("./pack-thread.ts", import.meta.url), { workerData: data });
  const stop = (): void => void worker.terminate();
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await new Promise<Packed>((resolve, reject) => {
      worker.on("message", (message: FromPack) => {
        if (message.kind === "progress") onProgress?.(message.share);
        else if (message.kind === "packed") resolve(message.packed);
        else reject(refused(target, message.why));
      });
      worker.on("error", reject);
      worker.on("exit", () => reject(signal.aborted ? signal.reason : refused(target, "its thread ended")));
    });
  } finally {
    signal.removeEventListener("abort", stop);
    await worker.terminate();
  }
}
