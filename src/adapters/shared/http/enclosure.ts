// A message and the files that go with it as one request: the files are streamed, and have the time that they need.

import type { Dispatcher } from "undici";
import type { Enclosure } from "../../../core/contract.ts";
import { BridgeError } from "../../../core/errors.ts";
import { exchange, type Exchange, type Request } from "./exchange.ts";

/** What each file adds to the longest time of an attempt: a second per MiB. */
const MILLISECONDS_PER_BYTE = 1_000 / 2 ** 20;
const LONGEST = 86_400_000;
/** What may lie in buffers on the way, and looks from here as if it had arrived. */
const UNSEEN = 8 * 2 ** 20;

/** The whole body; lengths in bytes. */
export interface Enclosing {
  readonly contentType: string;
  readonly length: number;
  /** Of the files alone. */
  readonly filesLength: number;
  readonly pieces: (signal: AbortSignal) => AsyncIterable<Uint8Array>;
}

/** As `exchange`, whose headers say type and length; `timeout` in milliseconds, without what the files add to it. */
export async function exchangeFiles(
  agent: Dispatcher,
  { headers, ...to }: Omit<Request, "body">,
  { contentType, length, filesLength, pieces }: Enclosing,
  timeout: number,
  signal: AbortSignal,
): Promise<Exchange> {
  const all = [...headers, "content-length", String(length), "content-type", contentType];
  // Files take their time on slow lines; that says nothing about the target as long as it takes some of them.
  const longest = Math.min(timeout + filesLength * MILLISECONDS_PER_BYTE, LONGEST);
  const idle = timeout + Math.min(filesLength, UNSEEN) * MILLISECONDS_PER_BYTE;
  // What is still being read when the exchange is over is of no use to anybody.
  const over = new AbortController();
  try {
    const body = pieces(AbortSignal.any([signal, over.signal]));
    return await exchange(agent, { ...to, headers: all, body, idle }, longest, signal);
  } finally {
    over.abort();
  }
}

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
