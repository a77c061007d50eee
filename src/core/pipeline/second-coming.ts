// A file that comes twice is not delivered twice; only what failed of the first gets another try, from the payload of the second
// (engine, promise 4). That also reaches records whose own payload has been erased meanwhile.

import type { Log } from "../contract.ts";
import { asBridgeError, BridgeError } from "../errors.ts";
import type { LoadedBridge } from "../bridge/types.ts";
import type { DropRow, Journal, Spool } from "../journal/types.ts";
import type { Answering } from "./answering.ts";
import type { Signals } from "./courier.ts";
import { countRecords } from "./drop-run.ts";
import { replayLetters } from "./replay.ts";
import type { Runtime } from "./runtime.ts";

export interface SecondComingDeps {
  readonly bridge: LoadedBridge;
  readonly journal: Journal;
  readonly spool: Spool;
  readonly runtime: Runtime;
  readonly runtimeFor: (version: string) => Promise<Runtime>;
  readonly answering: Answering;
  readonly log: Log;
  readonly signals: Signals;
}

const LETTERS_MOST = 10_000;

/** Replays what is dead or expired of the earlier drop, and answers that one anew. */
export async function deliverAgain(deps: SecondComingDeps, drop: DropRow, earlier: DropRow): Promise<void> {
  const { bridge, journal, spool, runtime, answering, signals } = deps;
  const letters = (await journal.dead({ drop: earlier.id, limit: LETTERS_MOST })).filter(
    (letter) => letter.state === "open" || letter.state === "expired",
  );
  if (letters.length === 0) return;
  const pinned = await decoderOf(deps, drop, earlier);
  const request = { running: runtime, pinned, drop: earlier, payload: drop, letters };
  const how = { dryRun: false, confirmUnsure: false, patience: "endless" } as const;
  const replayed = replayLetters({ ...request, ...how }, journal, spool, "system", signals);
  for await (const { id, outcome } of replayed) {
    deps.log("info", "dead.second-coming", { bridge: bridge.name, drop: earlier.id, letter: id, outcome });
  }
  // The name of a drop that was erased is gone, too: nobody could tell what such a receipt is about.
  if (earlier.state === "done" && earlier.payload === "kept") await answering.answer(earlier.id);
}

/** What an earlier process took and did not get to. */
export async function unfinishedComings(
  deps: Pick<SecondComingDeps, "bridge" | "journal">,
): Promise<readonly { readonly drop: DropRow; readonly earlier: DropRow }[]> {
  const found: { drop: DropRow; earlier: DropRow }[] = [];
  for (const drop of await deps.journal.unanswered(deps.bridge.name)) {
    if (drop.state !== "duplicate" || drop.payload !== "kept" || drop.duplicateOf === undefined) continue;
    const earlier = await deps.journal.drop(drop.duplicateOf);
    if (earlier) found.push({ drop, earlier });
  }
  return found;
}

/**
 * Long after a drop was erased its version of the bridge is gone as well. Then today's decoder may read the second coming, if
 * it finds as many records.
 */
async function decoderOf(deps: SecondComingDeps, drop: DropRow, earlier: DropRow): Promise<Runtime> {
  try {
    return await deps.runtimeFor(earlier.bridgeVersion);
  } catch (cause) {
    if (asBridgeError(cause).code !== "VERSION_MISSING" || earlier.payload === "kept") throw cause;
    const { records } = await countRecords(deps.runtime, drop, deps.spool, deps.signals.stop);
    if (records === earlier.records) return deps.runtime;
    throw new BridgeError("DECODE_CHANGED", `${earlier.records} records before, ${records} now`, { stage: "decode" });
  }
}
