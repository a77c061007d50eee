// Writing one drop: bytes in, sealed frames out, hashed on the way. Hashing and sealing run over whole blocks and each block
// is one write, so that the event loop turns once per mebibyte; a block is written while the next one is read.

import { createHash } from "node:crypto";
import { open, rename } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { BridgeError } from "../errors.ts";
import { FRAME_BYTES, encodeHeader, frameCipher } from "./spool-frames.ts";
import type { SpoolHeader } from "./spool-frames.ts";

const BLOCK_FRAMES = 16;
const BLOCK_BYTES = BLOCK_FRAMES * FRAME_BYTES;
/** How often the room on the disk is looked at while a large drop is written. */
const LOOK_EVERY = 64 << 20;
/** What was written goes to the disk on the way, beside reading and sealing, or the last fsync would have to wait for all of it. */
const SYNC_EVERY = 8 << 20;

export interface Written {
  readonly size: number;
  readonly sha256: string;
  /** Set where the drop is small enough for the journal; then there is no file. */
  readonly inline: Uint8Array | undefined;
}

export interface WriteOptions {
  readonly header: SpoolHeader;
  readonly key: Uint8Array;
  /** The temporary name, the final name and the folder of both. */
  readonly part: string;
  readonly path: string;
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Throws where the disk is short. */
  readonly guard: () => Promise<void>;
}

/** The disk broke a promise: nothing that was written can be trusted, and nobody may try again. */
export class SyncFailure extends Error {
  readonly code: string;

  constructor(what: string, cause: unknown) {
    const code = (cause as NodeJS.ErrnoException).code ?? "unknown";
    super(`${what} failed (${code})`, { cause });
    this.code = code;
  }
}

function noRoom(cause: unknown): boolean {
  const { code } = cause as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT";
}

function full(): BridgeError {
  return new BridgeError("DISK_LOW", "the disk of the state folder became full while a drop was written", {
    stage: "receive",
  });
}

/** A step whose failure leaves open what is on the disk; only a full disk is harmless. */
async function step<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw noRoom(cause) ? full() : new SyncFailure(what, cause);
  }
}

/**
 * Node seals each frame into memory of its own outside V8's heap, and V8 frees it when its heap fills, which writing a drop hardly does:
 * tens of mebibytes would lie there.
 */
function free(sealed: readonly Uint8Array[]): void {
  for (const { buffer, length } of sealed)
    if (buffer instanceof ArrayBuffer && buffer.byteLength === length) buffer.transfer(0);
}

/** Writes what the cipher made and frees it. */
async function writeSealed(file: FileHandle, sealed: readonly Uint8Array[], at: number): Promise<number> {
  const behind = await writeAll(file, sealed, at);
  free(sealed);
  return behind;
}

async function writeAll(file: FileHandle, parts: readonly Uint8Array[], at: number): Promise<number> {
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  const { bytesWritten } = await step("writing a spool file", file.writev([...parts], at));
  if (bytesWritten === total) return at + total;
  // A short write means that the disk is full or a limit was met; the rest tells which.
  const rest = Buffer.concat(parts).subarray(bytesWritten);
  const more = await step("writing a spool file", file.write(rest, 0, rest.length, at + bytesWritten));
  if (more.bytesWritten < rest.length) throw full();
  return at + total;
}

/** Also a full disk is no excuse here: which pages an fsync failed on, nobody knows. */
async function sync(file: FileHandle, what: string): Promise<void> {
  await mustSync(file.sync(), what);
}

async function mustSync(work: Promise<void>, what: string): Promise<void> {
  try {
    await work;
  } catch (cause) {
    throw new SyncFailure(what, cause);
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await sync(handle, "fsync of the spool folder");
  } finally {
    await handle.close();
  }
}

interface BlockWriter {
  /** Seals a block and begins to write it; resolves when the block before is written. */
  push(block: Uint8Array, last: boolean): Promise<void>;
  /** fsync, final name, fsync of the folder. */
  finish(): Promise<void>;
  abandon(): Promise<void>;
}

async function openBlocks(options: WriteOptions): Promise<BlockWriter> {
  const header = encodeHeader(options.header);
  const cipher = frameCipher(options.key, header);
  const file = await open(options.part, "wx", 0o600).catch((cause: unknown) => {
    throw noRoom(cause) ? full() : cause;
  });
  let frames = 0;
  let lookAt = LOOK_EVERY;
  let syncAt = SYNC_EVERY;
  let syncing: Promise<void> | undefined;
  let syncFailure: unknown;
  let position: Promise<number> = writeAll(file, [header], 0);
  // The failure is met at the next await; without this line Node would call it unhandled before that.
  position.catch(() => undefined);

  /** One at a time. What fails here no later fsync says again: whatever comes next throws it. */
  function syncBeside(): void {
    syncing = mustSync(file.datasync(), "fsync of a spool file")
      .catch((cause: unknown) => void (syncFailure ??= cause))
      .finally(() => (syncing = undefined));
  }

  async function synced(): Promise<void> {
    await syncing;
    if (syncFailure !== undefined) throw syncFailure as SyncFailure;
  }

  return {
    async push(block, last) {
      const parts: Uint8Array[] = [];
      for (let at = 0; at < block.length; at += FRAME_BYTES) {
        const end = Math.min(at + FRAME_BYTES, block.length);
        parts.push(...cipher.seal(block.subarray(at, end), frames, last && end === block.length));
        frames += 1;
      }
      const at = await position;
      if (at >= lookAt) {
        await options.guard();
        lookAt = at + LOOK_EVERY;
      }
      if (syncFailure !== undefined) await synced();
      if (at >= syncAt && syncing === undefined) {
        syncAt = at + SYNC_EVERY;
        syncBeside();
      }
      position = writeSealed(file, parts, at);
      position.catch(() => undefined);
    },
    async finish() {
      await position;
      await synced();
      await sync(file, "fsync of a spool file");
      await step("closing a spool file", file.close());
      await step("naming a spool file", rename(options.part, options.path));
      await syncFolder(options.folder);
    },
    async abandon() {
      await position.catch(() => undefined);
      await syncing;
      await file.close().catch(() => undefined);
    },
  };
}

/** Streams a drop to its file; drops under 64 KiB come back as bytes. The caller removes the temporary file on failure. */
export async function writeSpoolFile(bytes: AsyncIterable<Uint8Array>, options: WriteOptions): Promise<Written> {
  const hash = createHash("sha256");
  /** Copies, because a source may use its buffer again. */
  let small: Buffer[] = [];
  let block: Buffer | undefined;
  let filled = 0;
  let size = 0;
  let blocks: BlockWriter | undefined;

  async function add(chunk: Uint8Array): Promise<void> {
    block ??= Buffer.allocUnsafeSlow(BLOCK_BYTES);
    blocks ??= await openBlocks(options);
    for (let at = 0; at < chunk.length;) {
      // A full block waits until more comes, because its last frame may be the last of all.
      if (filled === BLOCK_BYTES) {
        hash.update(block);
        await blocks.push(block, false);
        filled = 0;
      }
      const count = Math.min(BLOCK_BYTES - filled, chunk.length - at);
      block.set(chunk.subarray(at, at + count), filled);
      filled += count;
      at += count;
    }
  }

  try {
    for await (const chunk of bytes) {
      options.signal.throwIfAborted();
      size += chunk.length;
      if (blocks === undefined) {
        small.push(Buffer.from(chunk));
        if (size < FRAME_BYTES) continue;
        for (const part of small) await add(part);
        small = [];
      } else {
        await add(chunk);
      }
    }
    options.signal.throwIfAborted();
    if (blocks === undefined || block === undefined) {
      const inline = new Uint8Array(Buffer.concat(small));
      return { size, sha256: hash.update(inline).digest("hex"), inline };
    }
    const rest = block.subarray(0, filled);
    hash.update(rest);
    await blocks.push(rest, true);
    await blocks.finish();
    return { size, sha256: hash.digest("hex"), inline: undefined };
  } catch (cause) {
    await blocks?.abandon();
    throw cause;
  }
}
