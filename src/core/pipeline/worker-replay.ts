// What people ask of a bridge's dead letters while it runs.

import { asBridgeError } from "../errors.ts";
import type { DeadLetter, DropRow } from "../journal/types.ts";
import { isFatal } from "./fatal.ts";
import { replayLetters, type ReplayResult } from "./replay.ts";
import type { WorkerDrops } from "./worker-drops.ts";
import { traceReplay } from "./worker-trace.ts";
import type { ReplayHow, WorkerParts } from "./worker-types.ts";

export async function* replayInWorker(
  parts: WorkerParts,
  drops: WorkerDrops,
  letters: readonly DeadLetter[],
  how: ReplayHow,
  signal: AbortSignal,
): AsyncGenerator<ReplayResult> {
  const { deps, state } = parts;
  for (const [id, group] of Map.groupBy(letters, (letter) => letter.drop)) {
    // A run remembers which lanes wait for a dead letter: it begins anew when the journal has changed them.
    state.replaying.add(id);
    try {
      state.stops.get(id)?.abort(new DOMException("dead letters are being replayed", "AbortError"));
      await state.active.get(id);
      const drop = await deps.journal.drop(id);
      if (drop) yield* replayDrop(parts, drop, group, how, signal);
    } finally {
      state.replaying.delete(id);
      drops.release();
    }
  }
}

async function* replayDrop(
  { bridge, deps, runtimes, answering, desk, lifetime }: WorkerParts,
  drop: DropRow,
  letters: readonly DeadLetter[],
  { actor, dryRun, confirmUnsure }: ReplayHow,
  signal: AbortSignal,
): AsyncGenerator<ReplayResult> {
  const { journal, spool, log } = deps;
  const pinned = await runtimes.of(drop.bridgeVersion);
  const what = { running: runtimes.today, pinned, drop, payload: drop, letters, desk };
  const both = AbortSignal.any([signal, lifetime]);
  const span = dryRun ? undefined : traceReplay(deps.tracing, bridge.name, drop);
  const { traceparent } = span ?? {};
  const request = { ...what, dryRun, confirmUnsure, patience: "attempts", traceparent } as const;
  const delivered = { count: 0 };
  try {
    for await (const result of replayLetters(request, journal, spool, actor, { stop: both, kill: both })) {
      if (result.outcome === "delivered") delivered.count++;
      yield result;
    }
  } finally {
    span?.end({ attributes: { "steg.messages": letters.length, "steg.delivered": delivered.count } });
  }
  // Of a drop that was erased nothing could be tried, and its name is gone.
  if (dryRun || drop.state !== "done" || drop.payload === "purged") return;
  try {
    await answering.answer(drop.id);
  } catch (cause) {
    if (isFatal(cause)) throw cause;
    // The journal knows that the receipt is due; the appliance goes on trying.
    log("warn", "receipt.failed", { bridge: bridge.name, drop: drop.id, code: asBridgeError(cause).code });
  }
}
