// Between growing files and the disk: pieces are gathered to larger writes, and one write is under way while the next is gathered. Two
// buffers take turns: a new one for each write would be memory outside V8's heap that lies there until V8 looks.

import type { Appender } from "../contract.ts";

/** A system call for each piece would cost more than mapping it. */
const WRITE_BYTES = 256 << 10;
const LEAST_BYTES = 16 << 10;

export interface Gathered {
  /**
   * Takes bytes, which are the caller's again when it resolves; waits only where the write before is not done. A failure of the disk is met
   * here or by `flush`, and stays.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** All that was taken is written when this resolves. */
  flush(): Promise<void>;
  /** Resolves when nothing is under way, however it ended. */
  settled(): Promise<void>;
}

export function gathered(appender: Appender): Gathered {
  let [filling, other] = [Buffer.alloc(0), Buffer.alloc(0)];
  let size = 0;
  /** The last write. It stays rejected, so that nothing behind a gap is ever written or committed. */
  let written: Promise<void> = Promise.resolve();

  function begin(body: Uint8Array): void {
    written = appender.write(body);
    // The failure is met at the next await; without this line Node would call it unhandled before that.
    written.catch(() => undefined);
  }

  async function send(): Promise<void> {
    await written;
    const body = filling.subarray(0, size);
    [filling, other] = [other, filling];
    size = 0;
    begin(body);
  }

  function gather(bytes: Uint8Array): void {
    const needed = size + bytes.length;
    if (needed > filling.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(LEAST_BYTES, 2 * filling.length, needed));
      filling.copy(grown, 0, 0, size);
      filling = grown;
    }
    filling.set(bytes, size);
    size = needed;
  }

  return {
    async write(bytes) {
      if (bytes.length < WRITE_BYTES) {
        gather(bytes);
        if (size >= WRITE_BYTES) await send();
        return;
      }
      // Large enough as it is.
      if (size > 0) await send();
      await written;
      begin(bytes);
      await written;
    },
    async flush() {
      if (size > 0) await send();
      await written;
    },
    settled: () => written.catch(() => undefined),
  };
}
