// Source → spool → journal, then the acknowledgement. The order of these steps is the promise "taken means kept".
//
//   read into the spool (hash, fsync) ─▶ look again at the source ─▶ journal (commit) ─▶ archive or delete at the source ─▶ journal
//                                          changed: discard, take anew          failed: "clean-up pending", tried again

import type { Delivery, Log, Source } from "../contract.ts";
import { asBridgeError, type BridgeError } from "../errors.ts";
import type { LoadedBridge } from "../bridge/types.ts";
import { isFatal } from "./fatal.ts";
import type { DropRow, Journal, NewDrop, Spool, TakeResult } from "../journal/types.ts";

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
  /** What had this hint lies at the source no more. */
  readonly gone: (hint: string) => void;
  /** Something that lies there could not be read; it is left where it is, and the next look tries again. */
  readonly unread: (error: BridgeError) => void;
  readonly log: Log;
}

/** How many small drops are read at the same time, so that they share a commit. */
const AT_ONCE = 16;

/** One look at the source: takes all that is ready. Answers how many were taken. */
export async function lookOnce(deps: IntakeDeps, signal: AbortSignal): Promise<number> {
  const ordered = deps.bridge.order.by !== "none";
  const running = new Set<Promise<void>>();
  let count = 0;
  let passedOver = false;
  let failure: unknown;
  const giveUp = (cause: unknown): void => void (failure ??= cause);
  const take = async (delivery: Delivery): Promise<void> => {
    const task = takeOne(deps, delivery, signal)
      .then((took) => {
        if (took) count++;
        else passedOver = true;
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
      // Where order counts, nothing may overtake what could not be taken.
      if (ordered && passedOver) break;
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
  const { bridge, spool } = deps;
  const id = deps.newDropId();
  const received = Date.now();
  let written;
  try {
    written = await spool.write(id, bridge.name, delivery.open(signal), signal);
  } catch (cause) {
    await spool.discard(id);
    if (isFatal(cause)) throw cause;
    signal.throwIfAborted();
    const error = asBridgeError(cause, "receive");
    deps.log("warn", "intake.unreadable", { bridge: bridge.name, code: error.code });
    deps.unread(error);
    return false;
  }
  const { size, sha256, inline } = written;
  const drop = { id, bridge: bridge.name, name: delivery.name, hint: delivery.hint, size, sha256, received };
  const result = await enter(deps, delivery, drop, inline, signal);
  if (result === undefined) return false;
  deps.taken(result, delivery.hint);
  await settle(deps, delivery, result.drop, signal);
  return true;
}

/** What is in the spool comes into the journal, or goes: undefined = it changed while it was read. */
async function enter(
  deps: IntakeDeps,
  delivery: Delivery,
  drop: Pick<NewDrop, "id" | "bridge" | "name" | "hint" | "size" | "sha256" | "received">,
  inline: Uint8Array | undefined,
  signal: AbortSignal,
): Promise<TakeResult | undefined> {
  const { bridge, codecVersion, journal, spool } = deps;
  try {
    if ((await delivery.verify(signal)) === "changed") {
      await spool.discard(drop.id);
      deps.log("info", "intake.changed-while-read", { bridge: bridge.name });
      return undefined;
    }
    const pinned = { bridgeVersion: bridge.version, codecVersion };
    const small = inline !== undefined;
    return await journal.take({ ...drop, ...pinned, occurrence: 0, held: deps.holds(), inline: small }, inline);
  } catch (cause) {
    if (!isFatal(cause)) await spool.discard(drop.id);
    throw cause;
  }
}

async function settle(deps: IntakeDeps, delivery: Delivery, drop: DropRow, signal: AbortSignal): Promise<void> {
  let stays: boolean;
  try {
    stays = (await delivery.settle(drop.id, signal)) === "stays";
  } catch (cause) {
    const error = asBridgeError(cause, "receive");
    deps.log("warn", "intake.clean-up-pending", { bridge: deps.bridge.name, drop: drop.id, code: error.code });
    return;
  }
  await deps.journal.settled(drop.id, stays);
  if (!stays) deps.gone(delivery.hint);
}
