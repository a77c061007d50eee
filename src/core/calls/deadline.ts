// How long calls may take. All that are under way hear of the appliance's end through one listener: one per call costs as much as the
// rest of keeping time.

export interface Deadline {
  /** Aborted when the time is up, or when nothing may go on. */
  readonly signal: AbortSignal;
  done(): void;
}

/** `milliseconds` for each call. */
export function createDeadlines(milliseconds: number): (lifetime: AbortSignal) => Deadline {
  const underWay = new Set<AbortController>();
  const heard = new WeakSet<AbortSignal>();

  function hear(lifetime: AbortSignal): void {
    heard.add(lifetime);
    const stop = (): void => underWay.forEach((one) => one.abort(lifetime.reason));
    lifetime.addEventListener("abort", stop, { once: true });
  }

  return (lifetime) => {
    const late = new AbortController();
    const tooLate = (): void => late.abort(new DOMException("the deadline has passed", "TimeoutError"));
    if (lifetime.aborted) late.abort(lifetime.reason);
    else if (!heard.has(lifetime)) hear(lifetime);
    underWay.add(late);
    const timer = setTimeout(tooLate, milliseconds);
    return {
      signal: late.signal,
      done() {
        clearTimeout(timer);
        underWay.delete(late);
      },
    };
  };
}
