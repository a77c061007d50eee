// The journal's thread before it is told what to work on. Node takes a tenth of a second to start a thread: whoever is sure to need this
// one begins with it, and the rest of the program loads meanwhile.

import { Worker } from "node:worker_threads";

/** Keeps no process alive until a state takes it; who started it terminates it, which changes nothing where that state was closed. */
export function bootThread(): Worker {
  const thread = new Worker(new URL("./thread.ts", import.meta.url));
  thread.unref();
  // Whoever takes a thread that has ended is told so.
  thread.on("error", () => undefined);
  return thread;
}
