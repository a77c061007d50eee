// Waiting for what others hold, first come, first served: whoever gives something back calls the first of the queue.

/** Waits for somebody's release; the place in the queue goes with the signal. Rejects with the signal's reason. */
export function turn(queue: (() => void)[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const go = (): void => {
      signal.removeEventListener("abort", stop);
      resolve();
    };
    const stop = (): void => {
      const at = queue.indexOf(go);
      if (at >= 0) queue.splice(at, 1);
      reject(signal.reason as Error);
    };
    signal.addEventListener("abort", stop, { once: true });
    queue.push(go);
  });
}
