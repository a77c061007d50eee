// The source of one bridge: taking what lies there, and bringing to its end what was taken before (removal, receipts).

import { asBridgeError, type BridgeError } from "../errors.ts";
import type { Lying, TakeResult } from "../journal/types.ts";
import { isFatal } from "./fatal.ts";
import { lookOnce } from "./intake.ts";
import { pause } from "./slots.ts";
import type { WorkerDrops } from "./worker-drops.ts";
import { wake } from "./worker-state.ts";
import type { WorkerParts } from "./worker-types.ts";

const RETRY_FIRST = 1_000;
const RETRY_MOST = 60_000;
/** How many of those that are to be removed are asked for at the same time: at a server each takes several ways there and back. */
const AT_ONCE = 8;
/** So many failures end a round: what is wrong is wrong with the place then, and taking must not wait for thousands of them. */
const MOST_FAILURES = 50;
/** So many drops are remembered as told of; beyond it the log says it again. */
const MOST_TOLD = 10_000;

export interface WorkerIntake {
  /** One look: takes what is ready; answers how many. Rejects where the source cannot be looked at. */
  look(signal: AbortSignal): Promise<number>;
  /** Removes at the source what was taken; answers why something still lies there. */
  settleRest(signal: AbortSignal): Promise<string | undefined>;
  /** Receipts that are still owed; answers why one could not be written. */
  answerRest(): Promise<string | undefined>;
  /** Until the signal. */
  loop(signal: AbortSignal): Promise<void>;
}

export function createWorkerIntake(parts: WorkerParts, drops: WorkerDrops): WorkerIntake {
  const { bridge, deps, state, source, answering, runtimes } = parts;
  const { journal, spool, log } = deps;

  function taken(result: TakeResult, hint: string): void {
    const { drop } = result;
    if (hint !== "") state.known.add(hint);
    state.touched?.add(drop.id);
    state.moved = Date.now();
    const event = result.taken ? "drop.taken" : "drop.duplicate";
    log("info", event, { bridge: bridge.name, drop: drop.id, size: drop.size });
    if (drop.state === "open") parts.queue.add(drop);
    else if (!result.taken && drop.state === "duplicate" && drop.payload === "kept")
      state.comings.set(drop.id, { drop, earlier: result.earlier, failed: false });
    else drops.track(drop.id, answering.answer(drop.id));
    wake(state);
  }

  async function look(signal: AbortSignal): Promise<number> {
    let full: string | undefined;
    let unread: BridgeError | undefined;
    const intake = {
      bridge,
      codecVersion: runtimes.today.codec.version,
      source,
      journal,
      spool,
      newDropId: deps.newDropId,
      holds: () => deps.holds(bridge),
      full: async () => (full = await deps.full(bridge)),
      taken,
      gone: (hint: string) => void state.known.delete(hint),
      unread: (error: BridgeError) => void (unread ??= error),
      log,
    };
    let count: number;
    try {
      count = await lookOnce(intake, signal);
    } catch (cause) {
      if (!isFatal(cause) && !signal.aborted) state.servers.note("source", source.server, cause);
      throw cause;
    }
    // One file that cannot be read says nothing about the server; a connection that ended does.
    state.servers.note("source", source.server, unread?.code === "SERVER_UNREACHABLE" ? unread : undefined);
    if (full !== undefined && state.full === undefined) log("warn", "intake.full", { bridge: bridge.name, why: full });
    state.full = full;
    state.unread = unread && `what lies there could not be read: ${unread.code}: ${unread.message}`;
    return count;
  }

  const told = new Set<string>();
  let lastTried = "";

  /** Once for each drop: as long as it lasts, `trouble` shows it. */
  function tell(drop: string, code: string): void {
    if (told.has(drop)) return;
    if (told.size >= MOST_TOLD) told.clear();
    told.add(drop);
    log("warn", "intake.clean-up-pending", { bridge: bridge.name, drop, code });
  }

  async function settleOne({ drop, name, hint }: Lying, signal: AbortSignal): Promise<void> {
    const stays = (await source.settleAgain(name, hint, drop, signal)) === "stays";
    await journal.settled(drop, stays);
    told.delete(drop);
    if (!stays) state.known.delete(hint);
  }

  async function settleRest(signal: AbortSignal): Promise<string | undefined> {
    const lying = (await journal.unsettled(bridge.name)).filter(({ drop }) => !state.active.has(drop));
    // Where the last round ended, so that those which fail keep no other one back.
    const from = lying.findIndex(({ drop }) => drop > lastTried);
    const queue = [...lying.slice(Math.max(0, from)), ...lying.slice(0, Math.max(0, from))];
    const failed: BridgeError[] = [];
    let fatal: unknown;
    const lane = async (): Promise<void> => {
      while (!signal.aborted && fatal === undefined && failed.length < MOST_FAILURES) {
        const next = queue.shift();
        if (!next) return;
        lastTried = next.drop;
        try {
          await settleOne(next, signal);
        } catch (cause) {
          if (isFatal(cause)) fatal ??= cause;
          else {
            const error = asBridgeError(cause, "receive");
            failed.push(error);
            tell(next.drop, error.code);
          }
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, queue.length) }, lane));
    if (fatal !== undefined) throw fatal;
    const [first] = failed;
    if (first === undefined) return undefined;
    const count = failed.length + queue.length;
    const which = count === 1 ? "what was taken still lies" : `${count} files that were taken still lie`;
    return `${which} at the source: ${first.code}: ${first.message}`;
  }

  async function answerRest(): Promise<string | undefined> {
    let why: string | undefined;
    await answering.answerRest(
      (drop) => drops.isBusy(drop),
      (drop, cause) => {
        if (isFatal(cause)) throw cause;
        const { code, message } = asBridgeError(cause);
        why ??= `a receipt could not be written: ${code}: ${message}`;
        log("warn", "receipt.failed", { bridge: bridge.name, drop, code });
      },
    );
    return why;
  }

  /** A source that is away keeps nobody from hearing what became of earlier drops. */
  async function turn(signal: AbortSignal): Promise<BridgeError | undefined> {
    let trouble: BridgeError | undefined;
    try {
      await look(signal);
    } catch (cause) {
      if (isFatal(cause) || signal.aborted) throw cause;
      trouble = asBridgeError(cause, "receive");
    }
    // Where the source cannot even be looked at, nothing can be removed: each attempt would wait for it anew.
    const lies = trouble === undefined ? await settleRest(signal) : undefined;
    const owed = await answerRest();
    state.owed = lies ?? owed;
    return trouble;
  }

  /** Between two looks; answers how many failed in a row. */
  async function rest(trouble: BridgeError | undefined, failures: number, signal: AbortSignal): Promise<number> {
    state.sourceError = trouble && `${trouble.code}: ${trouble.message}`;
    if (trouble === undefined) {
      await source.wait(signal);
      return 0;
    }
    const { code, message } = trouble;
    log("warn", "source.failed", { bridge: bridge.name, code, message });
    await pause(Math.min(RETRY_MOST, RETRY_FIRST * 2 ** Math.min(failures, 10)), signal);
    return failures + 1;
  }

  return {
    look,
    settleRest,
    answerRest,
    async loop(signal) {
      let failures = 0;
      while (!signal.aborted) {
        try {
          const trouble = deps.polls(bridge) ? await turn(signal) : undefined;
          failures = await rest(trouble, failures, signal);
        } catch (cause) {
          if (isFatal(cause)) deps.fatal(cause);
          if (isFatal(cause) || signal.aborted) return;
          failures = await rest(asBridgeError(cause, "receive"), failures, signal).catch(() => 0);
        }
      }
    },
  };
}
