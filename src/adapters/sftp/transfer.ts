// The bytes of a file, many requests under way at once: the way there and back costs its time once, not once per piece.

import type { Until } from "./calls.ts";
import type { Session } from "./session.ts";

/** Bytes of one transfer under way at once; a line of 1 Gbit/s with 30 ms there and back holds that many. */
const TRANSFER_WINDOW = 4 * 1024 * 1024;
/** Bytes of all transfers of a connection under way at once: what they may cost in memory. */
const SESSION_WINDOW = 8 * 1024 * 1024;
/** What even the last comer may have under way. */
const FIRST_REQUESTS = 2;
/** Further requests go out so many together: each time costs both sides more than the request itself. */
const TOGETHER = 4;

interface Asked {
  readonly at: number;
  readonly length: number;
  readonly answer: Promise<Buffer | undefined>;
}

/**
 * From an offset to the end, or for so many bytes. Begins with two requests, one of which says for most files that this was the end,
 * and asks for more as they come; where it is known how many bytes there are, it asks for no other.
 */
export async function* readPieces(
  session: Session,
  handle: Buffer,
  from: number,
  until: Until,
  wanted?: number,
): AsyncGenerator<Uint8Array> {
  const { readLength } = session;
  const most = Math.ceil(TRANSFER_WINDOW / readLength);
  const mostInSession = Math.ceil(SESSION_WINDOW / readLength);
  const end = wanted === undefined ? Number.POSITIVE_INFINITY : from + wanted;
  const asked: Asked[] = [];
  let next = from;
  let window = FIRST_REQUESTS;
  let size = wanted === undefined ? undefined : Promise.resolve(end);
  for (;;) {
    const asksOn = asked.length < FIRST_REQUESTS || window - asked.length >= TOGETHER;
    while (
      asksOn &&
      next < end &&
      asked.length < window &&
      (asked.length < FIRST_REQUESTS || session.inFlight < mostInSession)
    ) {
      const length = Math.min(readLength, end - next);
      const answer = session.read(handle, next, length);
      answer.catch(() => undefined);
      asked.push({ at: next, length, answer });
      next += length;
    }
    const first = asked.shift();
    if (!first) return;
    size ??= sizeOf(session, handle);
    let got = 0;
    while (got < first.length) {
      // Section 6.4: a server may give less than was asked for before the end. Where the file is longer, the rest is asked for once
      // more; where it is not, this was the end, and a small file costs no further way there and back.
      if (got > 0 && first.at + got >= (await until(size))) return;
      const piece = await until(got === 0 ? first.answer : session.read(handle, first.at + got, first.length - got));
      if (!piece) return;
      got += piece.length;
      yield piece;
      session.reuse(piece);
    }
    window = Math.min(most, window + 2);
  }
}

/** Endless where the server does not say. */
async function sizeOf(session: Session, handle: Buffer): Promise<number> {
  try {
    return (await session.fstat(handle)).size ?? Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** All of it, from an offset on; resolves when the server has said yes to each piece. */
export async function writePieces(
  session: Session,
  handle: Buffer,
  body: Uint8Array,
  from: number,
  until: Until,
): Promise<void> {
  const { writeLength: length } = session;
  const most = Math.ceil(TRANSFER_WINDOW / length);
  const mostInSession = Math.ceil(SESSION_WINDOW / length);
  const asked: Promise<void>[] = [];
  for (let at = 0; at < body.length; at += length) {
    while (asked.length >= FIRST_REQUESTS && (asked.length >= most || session.inFlight >= mostInSession)) {
      await until(asked.shift() as Promise<void>);
    }
    const answer = session.write(handle, from + at, body.subarray(at, at + length));
    answer.catch(() => undefined);
    asked.push(answer);
  }
  for (const answer of asked) await until(answer);
}
