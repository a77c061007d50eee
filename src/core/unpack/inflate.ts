// DEFLATE (RFC 1951) and gzip (RFC 1952) by node:zlib, read forward from a reader that stands behind the packed bytes afterwards.

import { createGunzip, createInflateRaw } from "node:zlib";
import type { ByteReader } from "./byte-reader.ts";
import { refusedArchive } from "./limits.ts";

const PIECE = 64 * 1024;

/**
 * Unpacked pieces. `gzip`: to the end of the drop, several streams one after the other included. `deflate`: one stream, whose end is in
 * the bytes themselves. Throws ARCHIVE_REFUSED.
 */
export async function* inflate(reader: ByteReader, form: "deflate" | "gzip"): AsyncGenerator<Uint8Array> {
  const engine = form === "gzip" ? createGunzip({ chunkSize: PIECE }) : createInflateRaw({ chunkSize: PIECE });
  const ended = new Promise<void>((resolve) => void engine.once("close", resolve).once("end", resolve));
  let fed = 0;
  let last: Uint8Array = new Uint8Array(0);

  /** One piece at a time, each until it is used up: so only of the last one something can be left. */
  async function feed(): Promise<void> {
    for (;;) {
      const piece = await reader.next();
      if (engine.destroyed || engine.readableEnded) {
        if (piece) reader.putBack(piece);
        return;
      }
      if (!piece) {
        engine.end();
        return;
      }
      last = piece;
      fed += piece.length;
      await Promise.race([ended, new Promise<void>((resolve) => void engine.write(piece, () => resolve()))]);
      // What it does not want lies behind the end of its stream.
      if (engine.bytesWritten < fed || engine.destroyed) return;
    }
  }

  const feeding = feed().catch((cause: unknown) => void engine.destroy(cause as Error));
  try {
    for await (const piece of engine) yield piece as Uint8Array;
    await feeding;
  } catch (cause) {
    throw isZlib(cause) ? damaged(cause) : cause;
  } finally {
    engine.destroy();
    await feeding;
  }
  if (form === "deflate") reader.putBack(last.subarray(last.length - (fed - engine.bytesWritten)));
}

function isZlib(cause: unknown): cause is Error & { readonly code: string } {
  const code = (cause as { code?: unknown } | null)?.code;
  return typeof code === "string" && code.startsWith("Z_");
}

function damaged(cause: Error & { readonly code: string }): Error {
  return cause.code === "Z_BUF_ERROR"
    ? refusedArchive("damaged", "it ends in the middle: it is damaged or was not copied to its end")
    : refusedArchive("damaged", `it is damaged (${cause.message})`);
}
