// A drop at its end, as whoever answers it in its own format sees it.

import type { EndedDrop } from "../contract.ts";
import type { DropRow } from "../journal/types.ts";
import { unpackedFiles } from "../unpack/unpacking.ts";
import type { AnsweringDeps } from "./answering.ts";

/** More of them are not told one by one: an answer in the drop's own format is about its frame and its messages. */
const MOST_FAILURES = 10_000;

/** undefined = it is held: nobody has read it, and it may still be processed or handed over. */
export async function endedDrop(
  { bridge, journal, spool }: Pick<AnsweringDeps, "bridge" | "journal" | "spool">,
  drop: DropRow,
  notice: EndedDrop["notice"],
): Promise<EndedDrop | undefined> {
  if (drop.state !== "done" && drop.state !== "duplicate") return undefined;
  const letters = drop.dead > 0 ? await journal.dead({ drop: drop.id, limit: MOST_FAILURES }) : [];
  return {
    bridge: bridge.name,
    id: drop.id,
    name: drop.name,
    received: drop.received,
    timezone: bridge.timezone,
    state: drop.state,
    pinned: drop.pinned,
    files: (signal) => unpackedFiles(spool.read(drop.id, signal)),
    failures: letters.map(({ first, last, stage, code, facts }) => ({ first, last, stage, code, facts })),
    notice,
  };
}
