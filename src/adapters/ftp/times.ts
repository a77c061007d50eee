// Exact times for servers whose listings tell them only to the minute: MDTM for each file (RFC 3659, section 3), and a memory, so
// that a folder of thousands is not asked for one by one at every look.

export interface Times {
  /** What MDTM said of this path when size and time of its line were the same, where that can still be trusted. */
  known(path: Buffer, size: number, time: string): number | undefined;
  learn(path: Buffer, size: number, time: string, modified: number): void;
}

interface Memory {
  readonly size: number;
  readonly time: string;
  readonly since: number;
  modified: number;
  asked: number;
}

/** A file that is written again within the minute that its line shows keeps the line; after two it cannot. */
const UNSURE = 120_000;
const MOST = 100_000;

export function createTimes(now: () => number = () => performance.now()): Times {
  const memories = new Map<string, Memory>();
  return {
    known(path, size, time) {
      const memory = memories.get(path.toString("latin1"));
      if (!memory || memory.size !== size || memory.time !== time) return undefined;
      return memory.asked - memory.since >= UNSURE ? memory.modified : undefined;
    },
    learn(path, size, time, modified) {
      const key = path.toString("latin1");
      const memory = memories.get(key);
      if (memory?.size === size && memory.time === time) {
        memory.asked = now();
        memory.modified = modified;
        return;
      }
      if (memories.size >= MOST) memories.clear();
      memories.set(key, { size, time, since: now(), modified, asked: now() });
    },
  };
}
