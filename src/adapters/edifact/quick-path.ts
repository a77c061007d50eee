// The short way of sound segments: from the window into the record of the open message, past the scanner and everything it makes.

import type { Scanner } from "./scanner.ts";
import type { Segment } from "./segment.ts";
import type { MessageBody, OpenMessage } from "./sink.ts";
import type { QuickText } from "./structure/types.ts";
import type { Texts } from "./texts.ts";
import type { Window } from "./windows.ts";

/** Segments of a message: a UNT can count no more than a million, and each takes memory. */
export const MOST_SEGMENTS = 200_000;

export class QuickPath {
  readonly #scanner: Scanner;
  readonly #texts: Texts;
  /** Bytes of a message. */
  readonly #most: number;
  #shown: QuickText | undefined;

  constructor(scanner: Scanner, texts: Texts, most: number) {
    this.#scanner = scanner;
    this.#texts = texts;
    this.#most = most;
  }

  /** All segments of the message from here on that are sound, as far as they are whole; answers where the next one begins. */
  takeAll(message: OpenMessage | undefined, from: number, { bytes, text, base }: Window): number {
    const body = message?.body;
    if (!body?.addQuick || bytes === undefined || this.#scanner.isPending) return from;
    const quick = this.#quickText(bytes, text);
    const most = Math.min(message!.header.offset + this.#most - base, text.length);
    let at = from;
    for (;;) {
      let start = at;
      while (bytes[start] === 10 || bytes[start] === 13) start++;
      // Those of the envelope are looked at.
      if ((bytes[start] === 85 && bytes[start + 1] === 78 && bytes[start + 2] !== 83) || start >= most) return at;
      const position = message!.count + 1;
      if (position > MOST_SEGMENTS) return at;
      const end = body.addQuick(quick, start, position, base + start, this.#scanner.lineAt(start));
      if (end < 0) return at;
      message!.count = position;
      at = end;
    }
  }

  /** A segment that was cut out already into the body of its message: the short way where it is sound, too. */
  into(body: MessageBody, segment: Segment): void {
    const { text, from, position, offset, line } = segment;
    const isQuick = text === this.#shown?.text && segment.tag !== "UNO" && segment.tag !== "UNP";
    const end = isQuick ? (body.addQuick?.(this.#shown!, from, position, offset, line) ?? -1) : -1;
    if (end < 0) body.add(segment);
  }

  /** The same as long as it is the same window and interchange. */
  #quickText(bytes: Uint8Array, text: string): QuickText {
    const { kinds } = this.#texts;
    if (this.#shown?.bytes !== bytes || this.#shown.kinds !== kinds) this.#shown = { bytes, text, kinds };
    return this.#shown;
  }
}
