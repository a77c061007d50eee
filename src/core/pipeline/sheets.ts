// Memory of documents that are on their way, which other threads may write into.

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
  take(): Sheet;
}

const FIRST_BYTES = 48 << 10;
const MOST_SPARE = 8;
/** A larger one is a rare one: the next documents begin smaller, and its memory goes. */
const USUAL_MOST = 1 << 20;

/** `again` = the target lets go of the bytes, so that the next documents may lie there. */
export function createSheets(again: boolean): Sheets {
  const spare: ByteSink[] = [];
  let usual = FIRST_BYTES;
  return {
    take() {
      const out = spare.pop() ?? new ByteSink(usual, sharedBytes);
      out.at = 0;
      let holders = 1;
      return {
        out,
        hold: () => void holders++,
        drop() {
          if (--holders !== 0) return;
          usual = Math.min(USUAL_MOST, Math.max(usual, out.at));
          if (again && spare.length < MOST_SPARE && out.bytes.length <= 2 * USUAL_MOST) spare.push(out);
        },
      };
    },
  };
}
