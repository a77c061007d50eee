// A counting semaphore: how many attempts a bridge has in flight; and the waits that take a signal.

import { onAbort } from "../on-abort.ts";

export interface Slots {
  acquire(signal: AbortSignal): Promise<void>;
  release(): void;
  readonly busy: number;
}

const FREE = Promise.resolve();

export function createSlots(most: number): Slots {
  let busy = 0;
  const waiting: (() => void)[] = [];
  return {
    acquire(signal) {
      if (signal.aborted) return Promise.reject(signal.reason as Error);
      if (busy < most) {
        busy++;
        return FREE;
      }
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const go = (): void => {
        stopHearing();
        resolve();
      };
      const stopHearing = onAbort(signal, () => {
        const at = waiting.indexOf(go);
        if (at >= 0) waiting.splice(at, 1);
        reject(signal.reason as Error);
      });
      waiting.push(go);
      return promise;
    },
    release() {
      const next = waiting.shift();
      if (next) next();
      else busy--;
    },
    get busy() {
      return busy;
    },
  };
}

/** Resolves after `milliseconds`; rejects with the signal's reason. Longer than a day is waited in steps (timers end at 24.8 days). */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  const until = Date.now() + milliseconds;
  for (let left = milliseconds; left > 0; left = until - Date.now()) {
    await new Promise<void>((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const timer = setTimeout(
        () => {
          stopHearing();
          resolve();
        },
        Math.min(left, 86_400_000),
      );
      const stopHearing = onAbort(signal, () => {
        clearTimeout(timer);
        reject(signal.reason as Error);
      });
    });
  }
}

/** Resolves with the signal. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
