// Listening to a signal for a moment. Node keeps the listeners of a signal in a chain, and one that was removed still points at the one
// behind it: once V8 has moved such a one to where long lives are expected, all that came behind it follow, with what they hold, until the
// next large collection. Requests that listened to the signal of their drop cost a quarter of the time and a hundred mebibytes a second
// that way. So a signal that thousands listen to in turn is heard for all of them by one listener.

interface Hearing {
  readonly calls: ((() => void) | undefined)[];
  /** Places in `calls` that may be used again. */
  readonly free: number[];
  readonly heard: () => void;
  count: number;
}

const hearings = new WeakMap<AbortSignal, Hearing>();

/** Says of a signal that many will listen to it, each for a moment; answers it. */
export function heardByMany(signal: AbortSignal): AbortSignal {
  if (!hearings.has(signal)) hearings.set(signal, createHearing());
  return signal;
}

/** Calls `then`, which must not throw, when the signal aborts; not at all where it has. The answered function takes it back. */
export function onAbort(signal: AbortSignal, then: () => void): () => void {
  const hearing = hearings.get(signal);
  if (hearing) return hear(signal, hearing, then);
  signal.addEventListener("abort", then, { once: true });
  return () => signal.removeEventListener("abort", then);
}

function hear(signal: AbortSignal, hearing: Hearing, then: () => void): () => void {
  const { calls, free, heard } = hearing;
  // Without one, a signal made of others is free to go; with one it is kept for as long as those are there.
  if (hearing.count++ === 0) signal.addEventListener("abort", heard, { once: true });
  const at = free.pop() ?? calls.length;
  calls[at] = then;
  return () => {
    if (calls[at] !== then) return;
    calls[at] = undefined;
    free.push(at);
    if (--hearing.count === 0) signal.removeEventListener("abort", heard);
  };
}

function createHearing(): Hearing {
  const calls: Hearing["calls"] = [];
  return {
    calls,
    free: [],
    heard() {
      // Whoever is called may take others back.
      for (let at = 0; at < calls.length; at++) {
        const call = calls[at];
        calls[at] = undefined;
        call?.();
      }
    },
    count: 0,
  };
}
