// Taking from one source of a bridge, looks and the rest of them: drops, and files that come beside them, each with a source and a
// register of its own.

import type { Source } from "../contract.ts";
import { asBridgeError, type BridgeError } from "../errors.ts";
import type { LoadedBridge } from "../bridge/types.ts";
import type { Lying } from "../journal/types.ts";
import { isFatal } from "./fatal.ts";
import { lookOnce, type Register } from "./intake.ts";
import type { ServerBook } from "./server-health.ts";
import { createSettling } from "./settling.ts";
import { pause } from "./slots.ts";
import type { WorkerDeps } from "./worker-types.ts";

const RETRY_FIRST = 1_000;
const RETRY_MOST = 60_000;

export interface TakingDeps<T> {
  readonly bridge: LoadedBridge;
  readonly deps: Pick<WorkerDeps, "spool" | "newDropId" | "full" | "log">;
  readonly source: Source;
  readonly register: () => Register<T>;
  readonly inOrder: boolean;
  /** Hints of what was taken and still lies at the source. */
  readonly known: Set<string>;
  /** As in IntakeDeps. */
  readonly coming?: ((size: number) => void) | undefined;
  readonly taken: (result: T) => void;
  /** As in IntakeDeps. */
  readonly seen?: ((user: string) => void) | undefined;
  readonly unsettled: () => Promise<readonly Lying[]>;
  /** Whether it is worked on just now: its removal can wait. */
  readonly isBusy: (id: string) => boolean;
  /** How its server is, is noted here. */
  readonly servers: ServerBook;
  /** Why something that was taken still lies there. */
  readonly lies: (why: string | undefined) => void;
  /** What the last look left behind, and why. */
  readonly left: (full: string | undefined, unread: string | undefined) => void;
}

export interface Taking {
  /** One look: takes what is ready; answers how many. Rejects where the source cannot be looked at. */
  readonly look: (signal: AbortSignal) => Promise<number>;
  /** Removes at the source what was taken; answers why something still lies there. */
  readonly settleRest: (signal: AbortSignal) => Promise<string | undefined>;
}

export function createTaking<T>(own: TakingDeps<T>): Taking {
  const { bridge, deps, source, known } = own;
  const { spool, newDropId, log } = deps;
  const { unsettled, isBusy } = own;
  const settled = (id: string, stays: boolean): Promise<void> => own.register().settled(id, stays);
  const settling = createSettling({ bridge: bridge.name, source, known, unsettled, isBusy, settled, log });
  return {
    async look(signal) {
      let full: string | undefined;
      let unread: BridgeError | undefined;
      const intake = {
        bridge,
        source,
        register: own.register(),
        spool,
        newDropId,
        inOrder: own.inOrder,
        full: async () => (full = await deps.full(bridge)),
        seen: own.seen,
        coming: own.coming,
        taken(result: T, hint: string) {
          if (hint !== "") known.add(hint);
          own.taken(result);
        },
        gone: (hint: string) => void known.delete(hint),
        unread: (error: BridgeError) => void (unread ??= error),
        log,
      };
      let count: number;
      try {
        count = await lookOnce(intake, signal);
      } catch (cause) {
        if (!isFatal(cause) && !signal.aborted) own.servers.note("source", source.server, cause);
        throw cause;
      }
      // One file that cannot be read says nothing about the server; a connection that ended does.
      own.servers.note("source", source.server, unread?.code === "SERVER_UNREACHABLE" ? unread : undefined);
      own.left(full, unread && `what lies there could not be read: ${unread.code}: ${unread.message}`);
      return count;
    },
    async settleRest(signal) {
      const why = await settling(signal);
      own.lies(why);
      return why;
    },
  };
}

export interface Looking {
  readonly bridge: string;
  readonly deps: Pick<WorkerDeps, "log" | "fatal">;
  readonly source: Source;
  /** What is done between two rests; answers why the source could not be looked at. */
  readonly turn: (signal: AbortSignal) => Promise<BridgeError | undefined>;
  /** Told before every rest. */
  readonly trouble: (error: BridgeError | undefined) => void;
}

/** Until the signal. */
export async function lookOnAndOn(looking: Looking, signal: AbortSignal): Promise<void> {
  const { deps, turn } = looking;
  let failures = 0;
  while (!signal.aborted) {
    try {
      failures = await rest(looking, await turn(signal), failures, signal);
    } catch (cause) {
      if (isFatal(cause)) deps.fatal(cause);
      if (isFatal(cause) || signal.aborted) return;
      failures = await rest(looking, asBridgeError(cause, "receive"), failures, signal).catch(() => 0);
    }
  }
}

/** Between two looks; answers how many failed in a row. */
async function rest(
  { bridge, deps, source, trouble }: Looking,
  error: BridgeError | undefined,
  failures: number,
  signal: AbortSignal,
): Promise<number> {
  trouble(error);
  if (error === undefined) {
    await source.wait(signal);
    return 0;
  }
  const { code, message } = error;
  deps.log("warn", "source.failed", { bridge, code, message });
  await pause(Math.min(RETRY_MOST, RETRY_FIRST * 2 ** Math.min(failures, 10)), signal);
  return failures + 1;
}
