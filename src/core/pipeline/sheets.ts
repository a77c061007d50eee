// Memory of documents that are on their way, which other threads may write into.

import { onAbort } from "../on-abort.ts";
import { ByteSink, sharedBytes } from "../mapping/template/byte-sink.ts";

/** Bytes of the documents of one chunk. */
export interface Sheet {
  readonly out: ByteSink;
  /** Called by each document that lies there; whoever took the sheet holds it as well. */
  hold(): void;
  /** The last one to let go of it gives its memory back. */
  drop(): void;
}

export interface Sheets {
  /** Of a chunk, whose documents may come behind one that waits in `takeWithin`: never counted there. */
  take(): Sheet;
  /** When there is room for it: what is on its way, waits for a slow target included, is bounded by its bytes. */
  takeWithin(signal: AbortSignal): Promise<Sheet>;
}

const FIRST_BYTES = 48 << 10;
/** Of sheets on their way together, where they are more than a few. As much may wait to be used again. */
const MOST_BYTES = 4 << 20;
/** However large they are: a document that its target never takes is told from a target that takes none only by another one. */
const FEW = 4;
/** A larger one is a rare one: the next documents begin smaller, and its memory goes. */
const USUAL_MOST = 1 << 20;

/** `again` = the target lets go of the bytes, so that the next documents may lie there. */
export function createSheets(again: boolean): Sheets {
  const spare: ByteSink[] = [];
  const used = new Set<ByteSink>();
  const waiting: (() => void)[] = [];
  let usual = FIRST_BYTES;

  function take(): Sheet {
    const out = spare.pop() ?? new ByteSink(usual, sharedBytes);
    out.at = 0;
    let holders = 1;
    return {
      out,
      hold: () => void holders++,
      drop() {
        if (--holders !== 0) return;
        used.delete(out);
        usual = Math.min(USUAL_MOST, Math.max(usual, out.at));
        const isUsual = out.bytes.length <= 2 * USUAL_MOST;
        if (again && isUsual && bytesOf(spare) + out.bytes.length <= MOST_BYTES) spare.push(out);
        for (const look of waiting.splice(0)) look();
      },
    };
  }

  /** Resolves when one was dropped. */
  function dropped(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const stopHearing = onAbort(signal, () => reject(signal.reason as Error));
    waiting.push(() => {
      stopHearing();
      resolve();
    });
    return promise;
  }

  return {
    take,
    async takeWithin(signal) {
      // The next one will be as large as they usually are.
      while (used.size >= FEW && bytesOf(used) + usual > MOST_BYTES) {
        await dropped(signal);
      }
      const sheet = take();
      used.add(sheet.out);
      return sheet;
    },
  };
}

/** A sheet may have grown since it was taken. */
function bytesOf(sheets: Iterable<ByteSink>): number {
  let sum = 0;
  for (const { bytes } of sheets) sum += bytes.length;
  return sum;
}
