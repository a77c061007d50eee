// A file that a client has open for writing. Closing it without an error is what makes it a drop; the client hears of it when bytes,
// record and folder are on the disk.

import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { errorCode } from "../shared/atomic.ts";
import { bytesPath, forgetRecord } from "./record.ts";
import { failed, Refusal } from "./refusal.ts";
import type { Shelf } from "./shelf.ts";
import type { Upload } from "./upload.ts";

export interface Writer {
  readonly upload: Upload;
  write(at: number, bytes: Uint8Array): Promise<void>;
  truncate(size: number): Promise<void>;
  sync(): Promise<void>;
  read(at: number, length: number): Promise<Buffer>;
  /** The client says that it is complete. */
  close(): Promise<void>;
  /** The connection was lost. */
  cut(): Promise<void>;
}

/** `resumed`: bytes are there already, of an upload that was cut off or not renamed yet. */
export async function openWriter(shelf: Shelf, upload: Upload, resumed: boolean, append: boolean): Promise<Writer> {
  const { room } = shelf;
  const before = upload.size;
  const handle = await openBytes(shelf, upload, resumed);
  let failure: Refusal | undefined;
  /** Where this writer began and ended to write. */
  let first = Infinity;
  let last = 0;

  /** What failed for want of room must not go on taking it, also where its client never closes it. */
  async function fail(cause: unknown): Promise<never> {
    const refusal = onDisk(cause);
    failure ??= failed(`an earlier write failed: ${refusal.message}`);
    await shelf.discard(upload);
    throw refusal;
  }

  /** Behind what was written now stands the end of what was there before: nobody meant to send that. */
  const hasOldEnd = (): boolean => resumed && first < before && last < upload.size;

  function gap(): string | undefined {
    const { covered, size } = upload;
    if (!covered.reaches(size)) return `the bytes from ${covered.whole} on were never written; send the file again`;
    if (hasOldEnd()) return "the end of an earlier upload stands behind what was written; send the file again";
    return undefined;
  }

  /** Bytes of an upload that could be resumed are written over: until it is closed again there is nothing to resume. */
  async function noteStart(at: number): Promise<void> {
    if (resumed && first >= before && at < before) await forgetRecord(shelf.folder, upload.id);
    first = Math.min(first, at);
  }

  async function resize(size: number): Promise<void> {
    await room.grow(upload.size, size);
    const back = upload.size - size;
    upload.size = size;
    upload.covered.cut(size);
    last = Math.min(last, size);
    await handle.truncate(size);
    if (back > 0) room.back(back);
  }

  /** What is whole from the beginning on stays, to be resumed. */
  async function cut(): Promise<void> {
    try {
      const size = hasOldEnd() ? last : upload.covered.whole;
      if (size === 0 || failure) return await shelf.discard(upload);
      if (size < upload.size) await resize(size);
      await shelf.keep(upload, "cut", handle);
    } catch {
      // A failed fsync may have lost what it was to keep: these bytes are nobody's any more.
      await shelf.discard(upload);
    } finally {
      await handle.close();
    }
  }

  return {
    upload,
    async write(offset, bytes) {
      if (failure) throw failure;
      const at = append ? upload.size : offset;
      const to = at + bytes.length;
      try {
        if (!Number.isSafeInteger(to)) throw failed("a position beyond every file");
        const { size } = upload;
        await room.grow(size, to);
        upload.size = Math.max(size, to);
        await noteStart(at);
        for (let done = 0; done < bytes.length;) {
          done += (await handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
        }
        if (!upload.covered.add(at, to)) throw failed("the file is written in too many pieces that lie apart");
        last = Math.max(last, to);
        upload.touched = upload.modified = Date.now();
      } catch (cause) {
        await fail(cause);
      }
    },
    async truncate(size) {
      if (failure) throw failure;
      try {
        if (size < before) await noteStart(size);
        await resize(size);
      } catch (cause) {
        await fail(cause);
      }
    },
    async sync() {
      if (failure) throw failure;
      try {
        await handle.sync();
      } catch (cause) {
        await fail(cause);
      }
    },
    async read(at, length) {
      const most = Math.max(0, Math.min(length, upload.size - at));
      const buffer = Buffer.alloc(most);
      const { bytesRead } = await handle.read(buffer, 0, most, at);
      return buffer.subarray(0, bytesRead);
    },
    async close() {
      const why = failure?.message ?? gap();
      if (why !== undefined) {
        await shelf.discard(upload);
        await handle.close();
        throw failed(why);
      }
      try {
        await shelf.keep(upload, shelf.rule.kindOf(upload.name) === "drop" ? "dropped" : "closed", handle);
      } catch (cause) {
        await shelf.discard(upload);
        throw onDisk(cause);
      } finally {
        await handle.close();
      }
    },
    cut,
  };
}

async function openBytes(shelf: Shelf, upload: Upload, resumed: boolean): Promise<FileHandle> {
  const path = bytesPath(shelf.folder, upload.id);
  const flags = constants.O_RDWR | constants.O_NOFOLLOW;
  const wasClosed = upload.state === "closed";
  try {
    // A complete file that is written on is incomplete until it is closed again, also for a process that starts after a crash.
    if (wasClosed) await shelf.keep(upload, "cut");
    upload.state = "writing";
    return await open(path, resumed ? flags : flags | constants.O_CREAT | constants.O_EXCL, 0o600);
  } catch (cause) {
    if (resumed) upload.state = wasClosed ? "closed" : "cut";
    else await shelf.discard(upload);
    throw onDisk(cause);
  }
}

/** What the system says of the disk, in words for the client; nothing of our paths. */
export function onDisk(cause: unknown): Refusal {
  if (cause instanceof Refusal) return cause;
  const code = errorCode(cause);
  if (code === "ENOSPC" || code === "EDQUOT") return failed("the disk of the receiver is full; try again later");
  return failed(`the receiver cannot keep the file (${code ?? "unknown"}); try again later`);
}
