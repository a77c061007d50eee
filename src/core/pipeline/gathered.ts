// Between growing files and the disk: pieces are gathered to larger writes, and one write is under way while the next is gathered.

import type { Appender } from "../contract.ts";

/** A system call for each piece would cost more than mapping it. */
const WRITE_BYTES = 256 << 10;

export interface Gathered {
  /** Takes bytes; waits only where the write before is not done. A failure of the disk is met here or by `flush`, and stays. */
  write(bytes: Uint8Array): Promise<void>;
  /** All that was taken is written when this resolves. */
  flush(): Promise<void>;
  /** Resolves when nothing is under way, however it ended. */
  settled(): Promise<void>;
}

export function gathered(appender: Appender): Gathered {
  let pieces: Uint8Array[] = [];
  let size = 0;
  /** The last write. It stays rejected, so that nothing behind a gap is ever written or committed. */
  let written: Promise<void> = Promise.resolve();

  async function send(): Promise<void> {
    await written;
    const body = pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces);
    pieces = [];
    size = 0;
    written = appender.write(body);
    // The failure is met at the next await; without this line Node would call it unhandled before that.
    written.catch(() => undefined);
  }

  return {
    async write(bytes) {
      pieces.push(bytes);
      size += bytes.length;
      if (size >= WRITE_BYTES) await send();
    },
    async flush() {
      if (size > 0) await send();
      await written;
    },
    settled: () => written.catch(() => undefined),
  };
}
