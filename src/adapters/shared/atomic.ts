// Files that are there whole or not at all: temporary name, fsync, final name, fsync of the folder.

import { createHash } from "node:crypto";
import { constants, type BigIntStats } from "node:fs";
import { copyFile, link, lstat, open, rename, unlink, type FileHandle } from "node:fs/promises";
import { OWN_PREFIX } from "./names.ts";

export type FilePath = string | Buffer;

/** What a file created by Steg may be read by is the operator's umask; others never. */
const MODE = 0o660;

export function errorCode(cause: unknown): string | undefined {
  const code = (cause as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

/** Runs `work` and takes one error of the system for an answer: undefined. */
export async function unless<T>(code: string, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (cause) {
    if (errorCode(cause) === code) return undefined;
    throw cause;
  }
}

/** lstat with nanoseconds; undefined where there is nothing. */
export function look(path: FilePath): Promise<BigIntStats | undefined> {
  return unless("ENOENT", lstat(path, { bigint: true }));
}

export function joinPath(folder: FilePath, name: FilePath): Buffer {
  return Buffer.concat([Buffer.from(folder as string), Buffer.from("/"), Buffer.from(name as string)]);
}

const reserved = new Set<string>();

/**
 * A temporary name that is always the same for the same thing, so that what a crash leaves is written over when the thing
 * is written again; while another attempt of this process has it, a further one.
 */
export function reserveTemporary(
  folder: string,
  stem: string,
): { readonly path: Buffer; readonly release: () => void } {
  let name = `${OWN_PREFIX}${stem}.part`;
  for (let other = 2; reserved.has(`${folder}/${name}`); other++) name = `${OWN_PREFIX}${stem}-${other}.part`;
  const key = `${folder}/${name}`;
  reserved.add(key);
  return { path: joinPath(folder, name), release: () => void reserved.delete(key) };
}

/** A new, empty file under a temporary name. What an earlier, crashed attempt left there is removed, never followed. */
export async function createTemporary(path: FilePath): Promise<FileHandle> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const handle = await unless("EEXIST", open(path, flags, MODE));
  if (handle) return handle;
  await unless("ENOENT", unlink(path));
  return open(path, flags, MODE);
}

/**
 * Gives a finished file its final name without ever replacing another: a hard link, which fails where the name exists,
 * then the temporary name goes. File systems without links (FAT, some shares) get a look and a rename instead.
 */
export async function publish(temporary: FilePath, final: FilePath): Promise<"published" | "exists"> {
  try {
    await link(temporary, final);
  } catch (cause) {
    const code = errorCode(cause);
    if (code === "EEXIST") return "exists";
    if (code !== "EPERM" && code !== "ENOTSUP" && code !== "EOPNOTSUPP" && code !== "ENOSYS" && code !== "EMLINK")
      throw cause;
    if (await look(final)) return "exists";
    await rename(temporary, final);
    return "published";
  }
  await unless("ENOENT", unlink(temporary));
  return "published";
}

/** Moves across file systems: the copy is durable under its final name before the original goes. False = name exists. */
export async function copyAway(
  from: FilePath,
  temporary: FilePath,
  final: FilePath,
  folder: FilePath,
): Promise<boolean> {
  await unless("ENOENT", unlink(temporary));
  await copyFile(from, temporary, constants.COPYFILE_EXCL);
  const handle = await open(temporary, "r+");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  if ((await publish(temporary, final)) === "exists") {
    await unless("ENOENT", unlink(temporary));
    return false;
  }
  await syncFolder(folder);
  await unless("ENOENT", unlink(from));
  return true;
}

type Waiter = PromiseWithResolvers<void>;
const waiting = new Map<string, Waiter[]>();
/** After a failed fsync the kernel may have dropped what it could not write and say yes to the next one. So no next one. */
const failedFolders = new Map<string, unknown>();

/**
 * Makes the names in a folder durable. Calls that come while one is under way share the next one, so that many files
 * cost few fsyncs; a call never joins one that began before it.
 */
export function syncFolder(folder: FilePath): Promise<void> {
  const key = Buffer.from(folder as string).toString("latin1");
  const waiter = Promise.withResolvers<void>();
  const queue = waiting.get(key);
  if (queue) {
    queue.push(waiter);
  } else {
    waiting.set(key, [waiter]);
    void drain(folder, key);
  }
  return waiter.promise;
}

async function drain(folder: FilePath, key: string): Promise<void> {
  for (;;) {
    const batch = waiting.get(key)?.splice(0) ?? [];
    if (batch.length === 0) break;
    try {
      await syncOnce(folder, key);
      for (const waiter of batch) waiter.resolve();
    } catch (cause) {
      for (const waiter of batch) waiter.reject(cause);
    }
  }
  waiting.delete(key);
}

async function syncOnce(folder: FilePath, key: string): Promise<void> {
  const failed = failedFolders.get(key);
  if (failed !== undefined) throw failed;
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } catch (cause) {
    // Shares that know no fsync of folders say so; for them the rename is all there is.
    const code = errorCode(cause);
    if (code === "EINVAL" || code === "ENOTSUP") return;
    failedFolders.set(key, cause);
    throw cause;
  } finally {
    await handle.close();
  }
}

/** Replaces a file or creates it; a reader sees the old one or the new one, whole. */
export async function replaceFile(folder: string, name: string, body: Uint8Array): Promise<void> {
  const temporary = reserveTemporary(folder, createHash("sha256").update(name).digest("hex").slice(0, 32));
  try {
    const handle = await createTemporary(temporary.path);
    try {
      await writeAll(handle, body);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary.path, joinPath(folder, name));
  } catch (cause) {
    await unlink(temporary.path).catch(() => undefined);
    throw cause;
  } finally {
    temporary.release();
  }
  await syncFolder(folder);
}

/** FileHandle.write may write less than it was given. */
export async function writeAll(handle: FileHandle, body: Uint8Array, signal?: AbortSignal): Promise<void> {
  const most = 4 * 1024 * 1024;
  for (let from = 0; from < body.length;) {
    signal?.throwIfAborted();
    const { bytesWritten } = await handle.write(body, from, Math.min(most, body.length - from));
    from += bytesWritten;
  }
}
