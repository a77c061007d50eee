// Memory given back at rest. V8 collects when somebody allocates: a thread that sleeps keeps the space for young objects as large as its
// last burst made it, and the byte code of all that ran once. Dozens of appliances on one host sleep most of their time, so a thread
// that has nothing to do collects once, thoroughly, and then leaves it until its heap has grown again.

import { performance } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";

const LOOK_EVERY_MS = 5_000;
/** So much of the time between two looks the loop may be busy and still count as at rest: ticks, probes, an open page. */
const BUSY_MOST = 0.02;
/** Looks in a row that find rest before anything is done: collecting takes 50–100 ms, which nobody should have to wait for. */
const LOOKS_AT_REST = 2;
/** Less is not worth a collection. */
const GROWN_LEAST = 4 << 20;

/**
 * What starting took goes at once: the modules that were read, and the space for young objects that grew with them, which V8 would keep
 * for as long as there is work. Does nothing where Node runs without `--expose-gc` (the launcher gives it).
 */
export function giveBack(): void {
  // "last-resort" is the one flavour that shrinks the space for young objects and forgets byte code as well.
  globalThis.gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
}

/**
 * Looks after the thread that calls it until `signal` aborts, every `lookEvery` milliseconds, and keeps no process alive. Without
 * `--expose-gc` as above.
 */
export function giveBackAtRest(signal?: AbortSignal, lookEvery = LOOK_EVERY_MS): void {
  if (globalThis.gc === undefined || signal?.aborted) return;
  let before = performance.eventLoopUtilization();
  let atRest = 0;
  let kept = 0;
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization();
    atRest = performance.eventLoopUtilization(now, before).utilization <= BUSY_MOST ? atRest + 1 : 0;
    before = now;
    if (atRest < LOOKS_AT_REST || heapBytes() < kept + GROWN_LEAST) return;
    giveBack();
    kept = heapBytes();
    // What collecting took was no work.
    before = performance.eventLoopUtilization();
  }, lookEvery);
  timer.unref();
  signal?.addEventListener("abort", () => clearInterval(timer), { once: true });
}

/** What this thread's heap holds of the system's memory, in bytes. */
function heapBytes(): number {
  return getHeapStatistics().total_heap_size;
}
