// Bytes of a drop, read forward: so many, or piece by piece; what was read too far is put back.

import { refusedArchive, type Gauge } from "./limits.ts";

export interface ByteReader {
  /** The next piece, at most `most` bytes; undefined = the end. Good until the next call. */
  next(most?: number): Promise<Uint8Array | undefined>;
  /** Exactly so many (few: they are gathered in memory). Throws ARCHIVE_REFUSED where the drop ends before. */
  take(count: number): Promise<Buffer>;
  /** What was read and not used comes again first. */
  putBack(bytes: Uint8Array): void;
  /** Bytes that were given out and not put back. */
  readonly position: number;
  close(): Promise<void>;
}

export function createByteReader(bytes: AsyncIterable<Uint8Array>, gauge?: Pick<Gauge, "packed">): ByteReader {
  const source = bytes[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  let position = 0;

  async function next(most = Number.POSITIVE_INFINITY): Promise<Uint8Array | undefined> {
    while (rest.length === 0) {
      const step = await source.next();
      if (step.done === true) return undefined;
      gauge?.packed(step.value.length);
      rest = step.value;
    }
    const piece = rest.length <= most ? rest : rest.subarray(0, most);
    rest = rest.subarray(piece.length);
    position += piece.length;
    return piece;
  }

  return {
    next,
    async take(count) {
      const found = Buffer.alloc(count);
      for (let at = 0; at < count;) {
        const piece = await next(count - at);
        if (!piece)
          throw refusedArchive("damaged", "it ends in the middle: it is damaged or was not copied to its end");
        found.set(piece, at);
        at += piece.length;
      }
      return found;
    },
    putBack(unused) {
      position -= unused.length;
      if (unused.length > 0) rest = rest.length === 0 ? unused : Buffer.concat([unused, rest]);
    },
    get position() {
      return position;
    },
    async close() {
      await source.return?.();
    },
  };
}
