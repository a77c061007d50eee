// Removing at the source what was taken: again and again until it is gone, several at the same time, and no failure keeps another back.

import type { Log, Source } from "../contract.ts";
import { asBridgeError, type BridgeError } from "../errors.ts";
import type { Lying } from "../journal/types.ts";
import { isFatal } from "./fatal.ts";

/** How many are asked for at the same time: at a server each takes several ways there and back. */
const AT_ONCE = 8;
/** So many failures end a round: what is wrong is wrong with the place then, and taking must not wait for thousands of them. */
const MOST_FAILURES = 50;
/** So many drops are remembered as told of; beyond it the log says it again. */
const MOST_TOLD = 10_000;

export interface SettlingDeps {
  readonly bridge: string;
  readonly source: Source;
  /** Hints of what was taken and still lies at the source. */
  readonly known: Set<string>;
  readonly unsettled: () => Promise<readonly Lying[]>;
  /** Whether it is worked on just now: its removal can wait. */
  readonly isBusy: (id: string) => boolean;
  readonly settled: (id: string, stays: boolean) => Promise<void>;
  readonly log: Log;
}

/** One round; answers why something still lies there. Rejects only where the journal failed. */
export function createSettling(own: SettlingDeps): (signal: AbortSignal) => Promise<string | undefined> {
  const told = new Set<string>();
  let lastTried = "";

  /** Once for each drop: as long as it lasts, the bridge's trouble shows it. */
  function tell(drop: string, code: string): void {
    if (told.has(drop)) return;
    if (told.size >= MOST_TOLD) told.clear();
    told.add(drop);
    own.log("warn", "intake.clean-up-pending", { bridge: own.bridge, drop, code });
  }

  async function settleOne({ drop, name, hint }: Lying, signal: AbortSignal): Promise<void> {
    const stays = (await own.source.settleAgain(name, hint, drop, signal)) === "stays";
    await own.settled(drop, stays);
    told.delete(drop);
    if (!stays) own.known.delete(hint);
  }

  return async (signal) => {
    const lying = (await own.unsettled()).filter(({ drop }) => !own.isBusy(drop));
    // Where the last round ended, so that those which fail keep no other one back.
    const from = Math.max(
      0,
      lying.findIndex(({ drop }) => drop > lastTried),
    );
    const queue = [...lying.slice(from), ...lying.slice(0, from)];
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
          if (isFatal(cause)) {
            fatal ??= cause;
            continue;
          }
          const error = asBridgeError(cause, "receive");
          failed.push(error);
          tell(next.drop, error.code);
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
  };
}
