// Reading one drop: frames are opened one by one and given on only when they are authentic. The next block is read while this
// one is opened.

import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { BridgeError } from "../errors.ts";
import { MOST_HEADER_BYTES, SEALED_FRAME_BYTES, decodeHeader, frameCipher } from "./spool-frames.ts";

const BLOCK_BYTES = 4 * SEALED_FRAME_BYTES;

function damaged(drop: string, what: string, cause?: unknown): BridgeError {
  return new BridgeError("SPOOL_DAMAGED", `spool file of drop ${drop}: ${what}`, { cause });
}

async function openFile(path: string, drop: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw damaged(drop, code === "ENOENT" ? "the file is missing" : `cannot be opened (${code ?? "unknown"})`, cause);
  }
}

/** Reads until the buffer is full or the file ends. */
async function readBlock(file: FileHandle, drop: string, at: number, buffer: Buffer): Promise<Buffer> {
  const { length } = buffer;
  let filled = 0;
  while (filled < length) {
    let count: number;
    try {
      ({ bytesRead: count } = await file.read(buffer, filled, length - filled, at + filled));
    } catch (cause) {
      throw damaged(drop, `cannot be read (${(cause as NodeJS.ErrnoException).code ?? "unknown"})`, cause);
    }
    if (count === 0) break;
    filled += count;
  }
  return buffer.subarray(0, filled);
}

/** Plain bytes in order, a frame at a time. Throws SPOOL_DAMAGED with the number of the frame, from 1. */
export async function* readSpoolFile(
  path: string,
  drop: string,
  key: Uint8Array,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const file = await openFile(path, drop);
  let ahead: Promise<Buffer> | undefined;
  try {
    const { size } = await file.stat();
    const head = decodeHeader(await readBlock(file, drop, 0, Buffer.alloc(Math.min(size, MOST_HEADER_BYTES))));
    if (head === undefined || head.header.drop !== drop)
      throw damaged(drop, "the header is not the one that was written");
    const header = await readBlock(file, drop, 0, Buffer.alloc(head.length));
    const cipher = frameCipher(key, header);
    // One block is opened while the other is filled; frames are opened into memory of their own.
    const most = Math.min(BLOCK_BYTES, size - head.length);
    let [filling, other] = [Buffer.allocUnsafeSlow(most), Buffer.allocUnsafeSlow(most)];
    const next = (at: number): Promise<Buffer> => {
      const block = readBlock(file, drop, at, filling.subarray(0, Math.min(BLOCK_BYTES, size - at)));
      [filling, other] = [other, filling];
      block.catch(() => undefined);
      return block;
    };
    let at = head.length;
    let number = 0;
    ahead = next(at);
    do {
      const block = await ahead;
      if (block.length === 0) throw damaged(drop, `frame ${number + 1} is missing`);
      at += block.length;
      ahead = at < size ? next(at) : undefined;
      for (let begin = 0; begin < block.length; begin += SEALED_FRAME_BYTES) {
        signal.throwIfAborted();
        const end = Math.min(begin + SEALED_FRAME_BYTES, block.length);
        yield openFrame(block.subarray(begin, end), at >= size && end === block.length);
        number += 1;
      }
    } while (ahead !== undefined);

    function openFrame(sealed: Uint8Array, last: boolean): Uint8Array {
      try {
        return cipher.open(sealed, number, last);
      } catch (cause) {
        throw damaged(drop, `frame ${number + 1} was changed, moved or cut`, cause);
      }
    }
  } finally {
    await ahead?.catch(() => undefined);
    await file.close();
  }
}
