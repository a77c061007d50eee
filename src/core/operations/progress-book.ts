// What was measured of each bridge, in the journal and once in memory: pages and metrics ask for all of it every second.

import type { AuditEntry, Journal } from "../journal/types.ts";
import { NO_PROGRESS, type Progress } from "../lifecycle/progress.ts";

const PREFIX = "progress/";

export interface ProgressBook {
  all(): Promise<ReadonlyMap<string, Progress>>;
  of(bridge: string): Promise<Progress>;
  /** Together with the entries of the audit trail that say what it means. */
  keep(bridge: string, progress: Progress, entries?: readonly AuditEntry[]): Promise<void>;
}

export function createProgressBook(journal: Pick<Journal, "entries" | "set" | "audit">): ProgressBook {
  let known: Promise<Map<string, Progress>> | undefined;

  function all(): Promise<Map<string, Progress>> {
    known ??= journal
      .entries<Progress>(PREFIX)
      .then((entries) => new Map([...entries].map(([key, progress]) => [key.replace(PREFIX, ""), progress])));
    known.catch(() => (known = undefined));
    return known;
  }

  return {
    all,
    of: async (bridge) => (await all()).get(bridge) ?? NO_PROGRESS,
    async keep(bridge, progress, [first, ...more] = []) {
      const book = await all();
      await journal.set(PREFIX + bridge, progress, first);
      book.set(bridge, progress);
      for (const entry of more) await journal.audit(entry);
    },
  };
}
