// A drop of a million records is worked on without ever waiting for long, so what comes over the network meanwhile would wait: answers of
// targets, calls, the dashboard. Between chunks they have their turn.

import { setImmediate } from "node:timers/promises";

/** So long the thread may go on without looking at its sockets, milliseconds. */
const MOST = 4;

/** When somebody last let the others have their turn: all drops of the thread share it. */
let since = performance.now();

/** Resolves at once, or, where they have waited for long enough, when everybody else had his turn. */
export async function letOthers(): Promise<void> {
  if (performance.now() - since < MOST) return;
  await setImmediate();
  since = performance.now();
}
