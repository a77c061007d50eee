// Waiting for a change. chokidar watches the folder itself and none of its files (one watch, however many files there
// are); what it says only ends the waiting, the look tells what is there. Names that appear or go wake, bytes that are
// written do not: a slow writer would keep us running, and the end of its silence is waited for by the clock.

import { once } from "node:events";
import type { FSWatcher } from "chokidar";

export interface Wake {
  /**
   * Resolves at a change since the last `rest` began, or after `most` milliseconds, or when the signal aborts. The first one begins to watch
   * and resolves soon after.
   */
  rest(most: number, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Many files that come at once are one change. */
const GATHER = 50;
/** A watch that does not stand by then (a slow mount) is not waited for. */
const STANDS = 5_000;
/** Longer timers do not exist: beyond 24.8 days they fire at once. */
const LONGEST = 2 ** 31 - 1;

export function createWake(folder: string | undefined, onError: (cause: unknown) => void): Wake {
  let changed = false;
  let ring: (() => void) | undefined;
  let watcher: Promise<FSWatcher | undefined> | undefined;

  async function watch(path: string): Promise<FSWatcher | undefined> {
    try {
      const { watch: start } = await import("chokidar");
      const made = start(path, {
        ignoreInitial: true,
        followSymlinks: false,
        depth: 0,
        atomic: false,
        ignored: (each) => each !== path,
      });
      made.on("raw", (event) => {
        if (event !== "rename") return;
        changed = true;
        ring?.();
      });
      // No more watches, no rights: the interval goes on without them.
      made.on("error", onError);
      await once(made, "ready", { signal: AbortSignal.timeout(STANDS) }).catch(() => undefined);
      // What came between the last look and now woke nobody.
      changed = true;
      return made;
    } catch (cause) {
      onError(cause);
      return undefined;
    }
  }

  return {
    async rest(most, signal) {
      if (folder !== undefined) await (watcher ??= watch(folder));
      if (signal.aborted) return;
      await new Promise<void>((resolve) => {
        let gather: NodeJS.Timeout | undefined;
        const done = (): void => {
          clearTimeout(timer);
          clearTimeout(gather);
          signal.removeEventListener("abort", done);
          ring = undefined;
          changed = false;
          resolve();
        };
        const timer = setTimeout(done, Math.min(most, LONGEST));
        signal.addEventListener("abort", done, { once: true });
        ring = () => (gather ??= setTimeout(done, GATHER));
        if (changed) ring();
      });
    },
    async close() {
      await (await watcher)?.close();
    },
  };
}
