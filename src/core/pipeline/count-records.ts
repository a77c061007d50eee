// How many records a drop holds that nobody works on yet: held ones are counted for people who have to decide about them.

import type { Codec } from "../contract.ts";
import type { DropRow, Spool } from "../journal/types.ts";
import { isDecodeFailure } from "./units.ts";

/** What cannot be read from some point on counts as one record, as it does when the drop is worked on. */
export async function countRecords(
  codec: Codec,
  { id, pinned }: Pick<DropRow, "id" | "pinned">,
  spool: Pick<Spool, "read">,
  signal: AbortSignal,
): Promise<number> {
  let records = 0;
  try {
    for await (const batch of codec.decode(spool.read(id, signal), { signal, pinned, detected: () => undefined })) {
      signal.throwIfAborted();
      records = batch.first + batch.records.length - 1;
    }
  } catch (cause) {
    if (signal.aborted || !isDecodeFailure(cause)) throw cause;
    records++;
  }
  return records;
}
