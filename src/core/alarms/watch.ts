// Looks every 15 s at what is wrong, enters it in the alarm book, and tells whoever listens. A look that fails is made again at the next
// tick; it never holds up the engine.

import { setTimeout as sleep } from "node:timers/promises";
import type { LifecycleRow } from "../lifecycle/state-report.ts";
import type { Operations } from "../operations/operations.ts";
import { MOST_PAGE } from "../operations/operations.ts";
import type { Alarm, AlarmBook } from "./book.ts";
import { troublesOf } from "./troubles.ts";
import type { Trouble, TroubleFacts } from "./troubles.ts";

const EVERY = 15_000;

/** What one look found. */
export interface Look {
  readonly facts: TroubleFacts;
  readonly troubles: readonly Trouble[];
  /** Of this look: alarms that it ended. */
  readonly ended: readonly Alarm[];
  /** The machine's clock, in milliseconds; `facts.time` is the trusted one. */
  readonly now: number;
}

export interface AlarmWatchDeps {
  readonly operations: Pick<Operations, "bridges" | "lifecycle" | "dead" | "alarms">;
  readonly book: AlarmBook;
  /** Called after each look, and awaited. */
  seen?(look: Look, signal: AbortSignal): Promise<void>;
  now(): number;
  onError(cause: unknown): void;
}

/** Until the signal; resolves when the look that was under way has ended. */
export async function watchAlarms(deps: AlarmWatchDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      // Also where nobody listens.
      const look = await lookOnce(deps);
      await deps.seen?.(look, signal);
    } catch (cause) {
      if (!signal.aborted) deps.onError(cause);
    }
    await sleep(EVERY, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

export async function lookOnce({ operations, book, now }: Omit<AlarmWatchDeps, "onError">): Promise<Look> {
  const facts = await readFacts(operations);
  const troubles = troublesOf(facts);
  const time = now();
  const { ended } = await book.sync(troubles, time);
  return { facts, troubles, ended, now: time };
}

async function readFacts(operations: AlarmWatchDeps["operations"]): Promise<TroubleFacts> {
  const [bridges, lifecycle, letters, { channels, runningOut, loosened }] = await Promise.all([
    operations.bridges({}),
    operations.lifecycle({}),
    operations.dead({ state: "open", limit: MOST_PAGE }),
    operations.alarms({}),
  ]);
  const rows = new Map(lifecycle.rows.map((row): [string, LifecycleRow] => [row.bridge, row]));
  return { bridges, rows, lifecycle, letters, channels, runningOut, loosened, time: Date.parse(lifecycle.now) };
}
