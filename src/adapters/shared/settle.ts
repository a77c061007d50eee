// Has a file stopped growing? Two looks at least `settle` apart must show the same signature (size, times, inode, or what
// a server tells). The clock is the process's own, not the files': a share's clock and a clock that jumps say nothing.
//
// It holds only for writers that pause less than `settle`; a marker or a rename at the source is sure.

export interface Stillness {
  /**
   * Begins a look, at whose moment all its files are judged: those that lie there together are taken together, in their order. Files
   * that the look does not mention are forgotten at its end.
   */
  begin(): void;
  /** True = unchanged for `settle`. Call once per look and file. */
  still(file: string, signature: string): boolean;
  /** What comes under this name from now on is another file, though it may look the same: it has to stand still anew. */
  forget(file: string): void;
  /** Ends a look that went through all files. */
  end(): void;
  /** Milliseconds until the first of the waiting files can be still; undefined = none waits. */
  next(): number | undefined;
}

export function createStillness(settle: number, now: () => number = () => performance.now()): Stillness {
  interface Seen {
    signature: string;
    since: number;
    look: number;
    still: boolean;
  }
  const files = new Map<string, Seen>();
  let look = 0;
  let time = 0;
  return {
    begin() {
      look++;
      time = now();
    },
    still(file, signature) {
      if (settle <= 0) return true;
      let seen = files.get(file);
      if (!seen || seen.signature !== signature) {
        seen = { signature, since: time, look, still: false };
        files.set(file, seen);
        return false;
      }
      seen.look = look;
      seen.still = time - seen.since >= settle;
      return seen.still;
    },
    forget: (file) => void files.delete(file),
    end() {
      for (const [file, seen] of files) if (seen.look !== look) files.delete(file);
    },
    next() {
      let first: number | undefined;
      const from = now();
      for (const seen of files.values()) {
        if (seen.still) continue;
        const left = Math.max(0, seen.since + settle - from);
        if (first === undefined || left < first) first = left;
      }
      return first;
    },
  };
}
