// Waiting for what others hold, first come, first served: whoever gives something back calls the first of the queue.

import { onAbort } from "../../core/on-abort.ts";

/** Waits for somebody's release; the place in the queue goes with the signal. Rejects with the signal's reason. */
export function turn(queue: (() => void)[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const go = (): void => {
      stopHearing();
      resolve();
    };
    const stopHearing = onAbort(signal, () => {
      const at = queue.indexOf(go);
      if (at >= 0) queue.splice(at, 1);
      reject(signal.reason as Error);
    });
    queue.push(go);
  });
}
