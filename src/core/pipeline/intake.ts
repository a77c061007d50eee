// Source → spool → journal, then the acknowledgement. The order of these steps is the promise "taken means kept".
//
//   read into the spool (hash, fsync) ─▶ look again at the source ─▶ journal (commit) ─▶ archive or delete at the source ─▶ journal
//                                          changed: discard, take anew          failed: "clean-up pending", tried again

import type { Delivery, Log, Source } from "../contract.ts";
import { asBridgeError } from "../errors.ts";
import type { LoadedBridge } from "../bridge/types.ts";
import { isFatal } from "./fatal.ts";
import type { DropRow, Journal, Spool, TakeResult } from "../journal/types.ts";

export interface IntakeDeps {
  readonly bridge: LoadedBridge;
  readonly codecVersion: string;
  readonly source: Source;
  readonly journal: Journal;
  readonly spool: Spool;
  readonly newDropId: () => string;
  /** Sunset: hold what comes. */
  readonly holds: () => boolean;
  /** Why nothing may be taken now (disk, spool limit), or undefined. */
  readonly full: (bridge: LoadedBridge) => Promise<string | undefined>;
  readonly taken: (result: TakeResult, hint: string) => void;
  readonly log: Log;
}

/** How many small drops are read at the same time, so that they share a commit. */
const AT_ONCE = 16;

/** One look at the source: takes all that is ready. Answers how many were taken. */
export async function lookOnce(deps: IntakeDeps, signal: AbortSignal): Promise<number> {
  const ordered = deps.bridge.order.by !== "none";
  const running = new Set<Promise<void>>();
  let count = 0;
  let failure: unknown;
  const giveUp = (cause: unknown): void => void (failure ??= cause);
  const take = async (delivery: Delivery): Promise<void> => {
    const task = takeOne(deps, delivery, signal)
      .then((result) => {
        if (result) count++;
      })
      .catch(giveUp)
      .finally(() => running.delete(task));
    running.add(task);
    if (ordered || running.size >= AT_ONCE) await (ordered ? task : Promise.race(running));
  };
  try {
    for await (const delivery of deps.source.look(signal)) {
      if (failure !== undefined || (await deps.full(deps.bridge)) !== undefined) break;
      await take(delivery);
    }
  } catch (cause) {
    giveUp(cause);
  }
  // Also where the look itself failed: what is being taken ends before the caller goes on, or closes the journal.
  await Promise.all(running);
  if (failure !== undefined) throw failure;
  return count;
}

async function takeOne(deps: IntakeDeps, delivery: Delivery, signal: AbortSignal): Promise<boolean> {
  const { bridge, journal, spool } = deps;
  const id = deps.newDropId();
  const received = Date.now();
  let written;
  try {
    written = await spool.write(id, bridge.name, delivery.open(signal), signal);
  } catch (cause) {
    await spool.discard(id);
    if (isFatal(cause)) throw cause;
    signal.throwIfAborted();
    // The file is left where it is; the next look tries again.
    deps.log("warn", "intake.unreadable", { bridge: bridge.name, code: asBridgeError(cause, "receive").code });
    return false;
  }
  if ((await delivery.verify(signal)) === "changed") {
    await spool.discard(id);
    deps.log("info", "intake.changed-while-read", { bridge: bridge.name });
    return false;
  }
  const result = await journal.take(
    {
      id,
      bridge: bridge.name,
      name: delivery.name,
      hint: delivery.hint,
      size: written.size,
      sha256: written.sha256,
      occurrence: 0,
      received,
      bridgeVersion: bridge.version,
      codecVersion: deps.codecVersion,
      held: deps.holds(),
      inline: written.inline !== undefined,
    },
    written.inline,
  );
  deps.taken(result, delivery.hint);
  await settle(deps, delivery, result.drop, signal);
  return true;
}

async function settle(deps: IntakeDeps, delivery: Delivery, drop: DropRow, signal: AbortSignal): Promise<void> {
  try {
    await delivery.settle(drop.id, signal);
  } catch (cause) {
    const error = asBridgeError(cause, "receive");
    deps.log("warn", "intake.clean-up-pending", { bridge: deps.bridge.name, drop: drop.id, code: error.code });
    return;
  }
  await deps.journal.settled(drop.id);
}
