// How long calls may take.

import { heardByMany, onAbort } from "../on-abort.ts";

export interface Deadline {
  /** Aborted when the time is up, or when nothing may go on. */
  readonly signal: AbortSignal;
  done(): void;
}

/** `milliseconds` for each call. */
export function createDeadlines(milliseconds: number): (lifetime: AbortSignal) => Deadline {
  return (lifetime) => {
    const late = new AbortController();
    const tooLate = (): void => late.abort(new DOMException("the deadline has passed", "TimeoutError"));
    const stop = (): void => late.abort(lifetime.reason);
    if (lifetime.aborted) stop();
    const stopHearing = onAbort(heardByMany(lifetime), stop);
    const timer = setTimeout(tooLate, milliseconds);
    return {
      signal: late.signal,
      done() {
        clearTimeout(timer);
        stopHearing();
      },
    };
  };
}
