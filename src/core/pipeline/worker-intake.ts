// The source of one bridge: taking what lies there, and bringing to its end what was taken before (removal, receipts).

import { asAccepted } from "../calls/accepted.ts";
import { asBridgeError, type BridgeError } from "../errors.ts";
import type { DropRow, TakeResult } from "../journal/types.ts";
import { getReady } from "./chunk-documents.ts";
import { isFatal } from "./fatal.ts";
import { dropRegister } from "./intake.ts";
import type { WorkerDrops } from "./worker-drops.ts";
import type { WorkerHeld } from "./worker-held.ts";
import { wake } from "./worker-state.ts";
import { createTaking, lookOnAndOn } from "./worker-taking.ts";
import { traceReceive } from "./worker-trace.ts";
import type { WorkerParts } from "./worker-types.ts";

export interface WorkerIntake {
  /** One look: takes what is ready; answers how many. Rejects where the source cannot be looked at. */
  readonly look: (signal: AbortSignal) => Promise<number>;
  /** Removes at the source what was taken; answers why something still lies there. */
  readonly settleRest: (signal: AbortSignal) => Promise<string | undefined>;
  /** Receipts that are still owed, and that senders hear of what was taken; answers why one could not be written. */
  readonly answerRest: (patience?: number) => Promise<string | undefined>;
  /** Until the signal. */
  readonly loop: (signal: AbortSignal) => Promise<void>;
}

export function createWorkerIntake(parts: WorkerParts, drops: WorkerDrops, held: WorkerHeld): WorkerIntake {
  const { bridge, deps, state, source, answering, runtimes } = parts;
  const { journal, log } = deps;
  const accepted = asAccepted(source);
  const callOf = accepted && ((hint: string) => accepted.callOf(hint));

  const holds = (): boolean => deps.holds(bridge);

  function taken(result: TakeResult): void {
    const { drop } = result;
    state.touched?.add(drop.id);
    state.moved = Date.now();
    const event = result.taken ? "drop.taken" : "drop.duplicate";
    log("info", event, { bridge: bridge.name, drop: drop.id, size: drop.size });
    if (drop.state === "open") traceReceive(deps.tracing, bridge.name, drop);
    if (drop.state === "open") parts.queue.add(drop);
    else if (!result.taken && drop.state === "duplicate" && drop.payload === "kept")
      state.comings.set(drop.id, { drop, earlier: result.earlier, failed: false });
    else drops.track(drop.id, ended(drop));
    if (drop.state === "held") held.came();
    wake(state);
  }

  /** Nothing of it is decoded, or not now. */
  async function ended(drop: DropRow): Promise<void> {
    try {
      await answering.answer(drop.id);
    } finally {
      if (drop.state === "held" || drop.state === "refused") await parts.partners.hear(drop);
    }
  }

  const { look, settleRest } = createTaking({
    bridge,
    deps,
    source,
    servers: state.servers,
    register: () => dropRegister(bridge, runtimes.today.codec.version, journal, holds, callOf, () => held.waits),
    inOrder: bridge.order.by !== "none",
    known: state.known,
    coming: (size) => getReady(runtimes.today, size),
    taken,
    seen: (user) => deps.seen?.(user, bridge.name),
    unsettled: () => journal.unsettled(bridge.name),
    isBusy: (id) => state.active.has(id),
    left(full, unread) {
      if (full !== undefined && state.full === undefined)
        log("warn", "intake.full", { bridge: bridge.name, why: full });
      state.full = full;
      state.unread = unread;
    },
    lies: (why) => void (state.cleanUp = why),
  });

  async function answerRest(patience = 0): Promise<string | undefined> {
    let why: string | undefined;
    await answering.answerRest(
      (drop) => drops.isBusy(drop),
      (drop, cause) => {
        if (isFatal(cause)) throw cause;
        const { code, message } = asBridgeError(cause);
        const what = parts.callbacks ? "an answer could not be sent" : "a receipt could not be written";
        why ??= `${what}: ${code}: ${message}`;
        log("warn", parts.callbacks ? "callback.failed" : "receipt.failed", { bridge: bridge.name, drop, code });
      },
      patience,
    );
    return why;
  }

  /** A source that is away keeps nobody from hearing what became of earlier drops. */
  async function turn(signal: AbortSignal): Promise<BridgeError | undefined> {
    if (!deps.polls(bridge)) return undefined;
    let trouble: BridgeError | undefined;
    try {
      await look(signal);
    } catch (cause) {
      if (isFatal(cause) || signal.aborted) throw cause;
      trouble = asBridgeError(cause, "receive");
    }
    // Where the source cannot even be looked at, nothing can be removed: each attempt would wait for it anew.
    if (trouble === undefined) await settleRest(signal);
    state.owed = await answerRest();
    return trouble;
  }

  return {
    look,
    settleRest,
    answerRest,
    loop: (signal) =>
      lookOnAndOn(
        {
          bridge: bridge.name,
          deps,
          source,
          turn,
          trouble: (error) => void (state.sourceError = error && `${error.code}: ${error.message}`),
        },
        signal,
      ),
  };
}
