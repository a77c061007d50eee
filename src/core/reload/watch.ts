// Looks whether files have changed while the appliance runs. What the file system says only wakes: the look is the truth, and what is
// still being written is left until it rests.

import { watch, type FSWatcher } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { changedFolders, type Signs } from "./signs.ts";

/** Where nothing wakes (no more watches, a network's file system). */
const LOOK_EVERY = 30_000;
/** Two looks so far apart that see the same: whoever writes has ended. */
const RESTS = 500;
/** The system has a limit for all programs of a user. */
const MOST_WATCHED = 1_000;

export interface WatchDeps {
  /** Folders whose changes wake; they may lack. Asked again after every look. */
  folders(): Iterable<string>;
  /** How everything looks now. */
  look(): Promise<Signs>;
  /** These changed. What it throws is told, and the next change tries again. */
  changed(names: ReadonlySet<string>): Promise<void>;
  readonly onError: (cause: unknown) => void;
}

/** Until the signal. `seen`: what was looked at before the first load, so that no change in between is missed. */
export async function watchSigns(deps: WatchDeps, seen: Signs, signal: AbortSignal): Promise<void> {
  const bell = createBell();
  const watched = new Map<string, FSWatcher>();
  let last = seen;
  try {
    for (let first = true; !signal.aborted; first = false) {
      watchFolders(watched, new Set(deps.folders()), () => bell.ring());
      if (!first) await bell.rest(signal);
      last = await once(deps, last, signal).catch((cause: unknown) => {
        if (!signal.aborted) deps.onError(cause);
        return last;
      });
    }
  } finally {
    for (const watcher of watched.values()) watcher.close();
  }
}

/** Answers what was seen, and acted on. */
async function once(deps: WatchDeps, last: Signs, signal: AbortSignal): Promise<Signs> {
  let now = await deps.look();
  while (changedFolders(last, now).size > 0) {
    await sleep(RESTS, undefined, { signal, ref: false });
    const again = await deps.look();
    if (changedFolders(now, again).size === 0) break;
    now = again;
  }
  const changed = changedFolders(last, now);
  if (changed.size > 0) await deps.changed(changed);
  return now;
}

/** Who rings while nobody rests is heard at the next rest. */
function createBell(): { ring(): void; rest(signal: AbortSignal): Promise<void> } {
  let next = new AbortController();
  return {
    ring: () => next.abort(),
    async rest(signal) {
      const over = AbortSignal.any([signal, next.signal]);
      await sleep(LOOK_EVERY, undefined, { signal: over, ref: false }).catch(() => undefined);
      next = new AbortController();
    },
  };
}

/** One that is gone, or another one under its name, is watched anew at the next look. */
function watchFolders(watched: Map<string, FSWatcher>, folders: ReadonlySet<string>, ring: () => void): void {
  for (const [folder, watcher] of watched) {
    if (folders.has(folder)) continue;
    watcher.close();
    watched.delete(folder);
  }
  for (const folder of folders) {
    if (watched.size >= MOST_WATCHED) return;
    if (watched.has(folder)) continue;
    const forget = (): void => {
      watched.get(folder)?.close();
      watched.delete(folder);
    };
    try {
      watched.set(folder, watch(folder, { persistent: false }, ring).on("error", forget));
      // What changed there between the last look and now rang no bell.
      ring();
    } catch {
      // It is not there, or there are no more watches: looking goes on without.
    }
  }
}
