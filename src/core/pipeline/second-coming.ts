// A file that comes twice is not delivered twice; only what failed of the first gets another try, from the payload of the second
// (engine, promise 4). That also reaches records whose own payload has been erased meanwhile.

import type { Log } from "../contract.ts";
import { asBridgeError, BridgeError } from "../errors.ts";
import type { LoadedBridge } from "../bridge/types.ts";
import type { DropRow, Journal, Spool } from "../journal/types.ts";
import type { Desk } from "./attach-desk.ts";
import type { Answering } from "./answering.ts";
import type { Signals } from "./courier.ts";
import { countRecords } from "./drop-run.ts";
import { replayLetters, type ReplayRequest } from "./replay.ts";
import type { Runtimes } from "./pinned-runtimes.ts";
import type { Runtime } from "./runtime.ts";
import type { Coming } from "./worker-state.ts";

export interface SecondComingDeps {
  readonly bridge: LoadedBridge;
  readonly journal: Journal;
  readonly spool: Spool;
  readonly runtimes: Runtimes;
  readonly answering: Answering;
  readonly desk: Desk;
  readonly log: Log;
  readonly signals: Signals;
}

/** Letters in memory at a time; for each such page the drop is decoded once. */
const PAGE = 10_000;

/** Replays what is dead or expired of the earlier drop, and answers that one anew. */
export async function deliverAgain(deps: SecondComingDeps, drop: DropRow, earlier: DropRow): Promise<void> {
  const { journal, runtimes, answering } = deps;
  let pinned: Runtime | undefined;
  let after: string | undefined;
  for (let more = true; more;) {
    const page = await journal.dead({ drop: earlier.id, limit: PAGE, ...(after === undefined ? {} : { after }) });
    const letters = page.filter(({ state }) => state === "open" || state === "expired");
    if (letters.length > 0) {
      pinned ??= await decoderOf(deps, drop, earlier);
      await replayPage(deps, { running: runtimes.today, pinned, drop: earlier, payload: drop, letters });
    }
    after = page.at(-1)?.id;
    more = page.length === PAGE;
  }
  // The name of a drop that was erased is gone, too: nobody could tell what such a receipt is about.
  if (pinned && earlier.state === "done" && earlier.payload === "kept") await answering.answer(earlier.id);
}

async function replayPage(
  { bridge, journal, spool, desk, log, signals }: SecondComingDeps,
  what: Pick<ReplayRequest, "running" | "pinned" | "drop" | "payload" | "letters">,
): Promise<void> {
  const how = { dryRun: false, confirmUnsure: false, patience: "endless" } as const;
  for await (const { id, outcome } of replayLetters({ ...what, ...how, desk }, journal, spool, "system", signals)) {
    log("info", "dead.second-coming", { bridge: bridge.name, drop: what.drop.id, letter: id, outcome });
  }
}

/** What an earlier process took and did not get to. */
export async function unfinishedComings(
  deps: Pick<SecondComingDeps, "bridge" | "journal">,
): Promise<ReadonlyMap<string, Coming>> {
  const found = new Map<string, Coming>();
  for (const drop of await deps.journal.unanswered(deps.bridge.name)) {
    if (drop.state !== "duplicate" || drop.payload !== "kept" || drop.duplicateOf === undefined) continue;
    const earlier = await deps.journal.drop(drop.duplicateOf);
    if (earlier) found.set(drop.id, { drop, earlier, failed: false });
  }
  return found;
}

/**
 * Long after a drop was erased its version of the bridge is gone as well. Then today's decoder may read the second coming, if
 * it finds as many records.
 */
async function decoderOf(deps: SecondComingDeps, drop: DropRow, earlier: DropRow): Promise<Runtime> {
  try {
    return await deps.runtimes.of(earlier.bridgeVersion);
  } catch (cause) {
    if (asBridgeError(cause).code !== "VERSION_MISSING" || earlier.payload === "kept") throw cause;
    const { today } = deps.runtimes;
    const { records } = await countRecords(today, drop, deps.spool, deps.signals.stop);
    if (records === earlier.records) return today;
    throw new BridgeError("DECODE_CHANGED", `${earlier.records} records before, ${records} now`, { stage: "decode" });
  }
}
