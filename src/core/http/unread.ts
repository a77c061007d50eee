// Answers that are given before the body of their request was read: it is too large, or whoever sends it may not call. A connection
// that is closed under a caller who still sends takes the answer away with it (RFC 9112, section 9.6), so the answer goes out whole,
// and what still comes is thrown away for a while.

import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";

/** Up to this size it is quicker to take the rest than to make the caller connect anew. */
const LITTLE = 64 * 1024;
/** Bytes and milliseconds in which a caller may finish sending, or notice the answer. */
const MOST_BYTES = 16 << 20;
const MOST_TIME = 5_000;

/** Whether the caller may still be sending so much that the connection ends with this answer. */
export function isUnread(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.complete || request.destroyed) return false;
  const { "content-length": length, "transfer-encoding": coding, expect } = request.headers;
  if (length === undefined && coding === undefined) return false;
  // Who asked before sending may send all the same, or not: nobody can say where the next request begins.
  return !response.shouldKeepAlive || expect !== undefined || !(Number(length) <= LITTLE);
}

/** Resolves when all was sent, the caller has hung up, or it is enough. Close the connection then. */
export function drained(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let left = MOST_BYTES;
    const take = (piece: Buffer): void => {
      left -= piece.length;
      if (left < 0) done();
    };
    const done = (): void => {
      clearTimeout(timer);
      request.off("data", take).off("end", done).off("close", done);
      resolve();
    };
    const timer = setTimeout(done, MOST_TIME).unref();
    request.on("data", take).once("end", done).once("close", done).resume();
  });
}

/** The text at once, and its end when the request is drained. */
export function endingLate(text: string, request: IncomingMessage): Readable {
  return Readable.from(
    (async function* () {
      yield text;
      await drained(request);
    })(),
  );
}
