// Waiting for what others wait for, too: one who gives up does not end it for the rest.

import { onAbort } from "../../core/on-abort.ts";

/** The work's own end, or the signal's reason; the work may go on unheard. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    const stopHearing = onAbort(signal, stop);
    work.then(resolve, reject).finally(stopHearing);
  });
}
