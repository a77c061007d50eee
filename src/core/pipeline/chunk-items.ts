// A chunk mapped to its items, with a span where spans are recorded, and what rules remarked on the way.

import { asBridgeError } from "../errors.ts";
import type { ChunkTrace } from "../telemetry/drop-trace.ts";
import { mapNumbered, rangeOf, type Chunk, type Item } from "./chunk-map.ts";
import type { Run } from "./chunk-run.ts";
import { mapDocuments } from "./chunk-documents.ts";
import { mapStraight } from "./chunk-straight.ts";

/** The way that the bridge maps. */
async function mapItems(run: Run, chunk: Chunk): Promise<readonly Item[]> {
  if (run.straight) return mapStraight(run, run.straight, chunk);
  return run.documents ? mapDocuments(run, run.documents, chunk) : await mapNumbered(run, chunk);
}

export async function mapTraced(run: Run, chunk: Chunk, trace: ChunkTrace | undefined): Promise<readonly Item[]> {
  if (!trace) return await mapItems(run, chunk);
  const span = trace.map(rangeOf(chunk));
  try {
    const items = await mapItems(run, chunk);
    const without = items.flatMap(({ result }) => result ?? []);
    const attributes = {
      "steg.messages": items.reduce((sum, { lot, written }) => sum + (lot?.messages ?? written?.units ?? []).length, 0),
      "steg.skipped": without.filter(({ kind }) => kind === "skipped").length,
      "steg.dead": without.filter(({ kind }) => kind === "dead").length,
    };
    span.end({ attributes });
    return items;
  } catch (cause) {
    span.end({ error: asBridgeError(cause, "map").code });
    throw cause;
  }
}

/** Rules whose remarks are told one by one. */
const NOTICED_RULES = 50;

export function countNotices({ notices }: Run, items: readonly Item[]): void {
  for (const { lot } of items) {
    for (const message of lot?.messages ?? []) {
      for (const { rule } of message.notices ?? []) {
        if (rule === undefined || (notices.size >= NOTICED_RULES && !notices.has(rule))) continue;
        notices.set(rule, (notices.get(rule) ?? 0) + 1);
      }
    }
  }
}
