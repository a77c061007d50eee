// A file that goes with a message, as a part of a request's body.

import type { Enclosure } from "../../../core/contract.ts";
import { BridgeError } from "../../../core/errors.ts";

/** The length was announced: a file that has another one cannot be sent. Throws SPOOL_DAMAGED. */
export async function* wholeOf(enclosure: Enclosure, signal: AbortSignal): AsyncIterable<Uint8Array> {
  let sent = 0;
  for await (const piece of enclosure.open(signal)) {
    sent += piece.length;
    if (sent > enclosure.size) break;
    // The connection may still hold it when the next one is asked for.
    yield Buffer.from(piece);
  }
  if (sent === enclosure.size) return;
  throw new BridgeError(
    "SPOOL_DAMAGED",
    "a file that goes with the message has another size than it had when it came",
    {
      stage: "deliver",
      detail: enclosure.name,
    },
  );
}

/** A media type that can stand in the head of a part; one that cannot tells the receiver nothing. */
export function headerText(type: string): string {
  return /^[\u0020-\u007e]{1,200}$/u.test(type) ? type : "application/octet-stream";
}
