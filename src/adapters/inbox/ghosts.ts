// Files that were just taken. Many clients ask for the size of what they have sent, or set its time, and take "no such file" for a
// failure; so a drop is still told of for a while after core has it.

import { keyOf, type Seen } from "./upload.ts";

const MOST = 10_000;

export interface Ghosts {
  add(seen: Seen): void;
  find(name: Buffer): Seen | undefined;
  forget(name: Buffer): void;
}

export function createGhosts(milliseconds: number): Ghosts {
  const known = new Map<string, Seen & { readonly until: number }>();

  /** They end in the order in which they came. */
  function clear(now: number): void {
    for (const [key, ghost] of known) {
      if (ghost.until > now && known.size <= MOST) return;
      known.delete(key);
    }
  }
  return {
    add({ name, size, modified }) {
      const now = performance.now();
      const key = keyOf(name);
      known.delete(key);
      known.set(key, { name, size, modified, until: now + milliseconds });
      clear(now);
    },
    find(name) {
      clear(performance.now());
      return known.get(keyOf(name));
    },
    forget: (name) => void known.delete(keyOf(name)),
  };
}
