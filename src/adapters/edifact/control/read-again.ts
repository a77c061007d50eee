// The files of a drop once more, by the same reader and the same options as at decoding.

import type { DecodeContext, AnsweredDrop } from "../../../core/contract.ts";
import { BridgeError } from "../../../core/errors.ts";
import { lookAhead } from "../ahead.ts";
import type { Options } from "../options.ts";
import { Reader } from "../reader.ts";
import type { Sink } from "../sink.ts";
import { windows } from "../windows.ts";

/** Hears what one file holds. */
export interface Listener {
  readonly sink: Sink;
  /** The file cannot be read on; the interchange that is open hears why. */
  breakOff(cause: BridgeError): void;
}

/** `listen`: anew for each file, with its characters as decode has them, or as they were detected. False = something cannot be read to its end. */
export async function readAgain(
  drop: Pick<AnsweredDrop, "files" | "pinned">,
  options: Options,
  signal: AbortSignal,
  listen: (charset: string) => Listener,
): Promise<boolean> {
  const context = { signal, pinned: drop.pinned, detected: (): void => undefined };
  let isWhole = true;
  const isAllRead = await isReadable(async () => {
    for await (const { bytes } of drop.files(signal)) {
      const contents = readOn(bytes);
      const isRead = await isReadable(() => readFile(contents, context, options, listen));
      isWhole &&= isRead;
      // What is behind a broken place belongs to this file, not to the next one.
      for await (const _ of contents) signal.throwIfAborted();
    }
  });
  return isWhole && isAllRead;
}

/** What cannot be read is the end of a file or of the drop, as it was at decoding. */
async function isReadable(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (cause) {
    if (!(cause instanceof BridgeError) || cause.stage !== "decode" || cause.code === "SPOOL_DAMAGED") throw cause;
    return false;
  }
}

async function readFile(
  contents: AsyncIterable<Uint8Array>,
  context: DecodeContext,
  options: Options,
  listen: (charset: string) => Listener,
): Promise<void> {
  const { strict, most } = options;
  const { found, bytes } = await lookAhead(options, contents, context);
  const listener = listen(found.charset);
  const reader = new Reader({ strict, most, ...found }, context, listener.sink);
  try {
    for await (const window of windows(bytes, context.signal)) reader.read(window);
  } catch (cause) {
    if (cause instanceof BridgeError) listener.breakOff(cause);
    throw cause;
  }
}

/** Can be read on after its reader has stopped. */
function readOn(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const iterator = bytes[Symbol.asyncIterator]();
  return { [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) };
}
