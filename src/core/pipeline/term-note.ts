// What people are told of an open term: that a file still grows, or that drops wait, and until when.

import { asBridgeError } from "../errors.ts";
import type { DropRow } from "../journal/types.ts";
import { isFatal } from "./fatal.ts";
import type { Gate } from "./gate.ts";
import { pause } from "./slots.ts";
import type { TermKeeper } from "./term-keeper.ts";
import { localMinute } from "./term-time.ts";

export interface TermNote {
  /** Milliseconds. */
  readonly until: number;
  readonly says: string;
}

export function growsNote(until: number, zone: string): TermNote {
  return { until, says: `a file grows until ${localMinute(until, zone)} (deliver.batch)` };
}

export function termNote(
  queue: readonly DropRow[],
  gate: Gate,
  keeper: Pick<TermKeeper, "due">,
  zone: string,
): TermNote | undefined {
  const until = gate.open(queue);
  const waiting = queue.filter((drop) => !gate.lets(drop)).length;
  if (until !== undefined && waiting > 0) {
    const drops = waiting === 1 ? "1 drop waits" : `${waiting} drops wait`;
    return { until, says: `${drops} until ${localMinute(until, zone)} (deliver.batch)` };
  }
  return keeper.due === undefined ? undefined : growsNote(keeper.due, zone);
}

/** Ends what is over, and tries for as long as people have patience; answers why it did not succeed. */
export async function endPatiently(
  keeper: Pick<TermKeeper, "endDue">,
  patience: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const until = Date.now() + patience;
  for (;;) {
    try {
      await keeper.endDue(signal);
      return undefined;
    } catch (cause) {
      if (isFatal(cause)) throw cause;
      const { code, message } = asBridgeError(cause);
      if (signal.aborted || Date.now() >= until) return `a term that is over cannot be ended: ${code}: ${message}`;
      await pause(Math.min(1_000, Math.max(0, until - Date.now())), signal).catch(() => undefined);
    }
  }
}
