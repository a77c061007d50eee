// The loop that all text codecs share: windows of text in, batches of records out.

import type { Batch } from "../../../core/contract.ts";
import { BridgeError } from "../../../core/errors.ts";
import type { TextWindow } from "../encodings/windows.ts";
import type { Batches } from "./batches.ts";

/**
 * Reads records of the window into the batch and says how far it came (`window.consumed`). True = the batch is full, call
 * again with the same window; false = the next window is needed.
 */
export type ReadWindow<W = TextWindow> = (window: W) => boolean;

/** Hands over what was read before an unreadable place, because that is good; then throws. */
export async function* readRecords<W = TextWindow>(
  windows: AsyncIterable<W>,
  batch: Batches,
  read: ReadWindow<W>,
): AsyncGenerator<Batch, void, undefined> {
  try {
    for await (const window of windows) {
      while (read(window)) {
        const full = batch.take();
        if (full) yield full;
      }
    }
  } catch (cause) {
    const good = cause instanceof BridgeError ? batch.take() : undefined;
    if (good) yield good;
    throw cause;
  }
  const rest = batch.take();
  if (rest) yield rest;
}
