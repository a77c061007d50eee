// Places in the text of a whole document, whichever window shows them at the moment.

import type { BadByte } from "../encodings/decoder.ts";
import type { TextWindow } from "../encodings/windows.ts";

export interface Places {
  /** How far the text was given to the parser. */
  readonly given: number;
  readonly encoding: TextWindow["encoding"];
  /** From here on `window` is shown; what it says it has consumed was given before. */
  show(window: TextWindow): void;
  give(characters: number): void;
  /** The first bad byte before `to` that was not asked for yet; ask with rising places. */
  badBefore(to: number): BadByte | undefined;
  /** Up to here bad bytes were asked for. */
  readonly looked: number;
  /** Byte offset in the drop. */
  offsetAt(place: number): number;
}

export function places(): Places {
  let window!: TextWindow;
  let base = 0;
  const self = {
    given: 0,
    looked: 0,
    get encoding() {
      return window.encoding;
    },
    show(next: TextWindow): void {
      window = next;
      base = self.given - next.consumed;
    },
    give(characters: number): void {
      self.given += characters;
    },
    badBefore(to: number): BadByte | undefined {
      const bad = window.badBetween(self.looked - base, to - base);
      self.looked = Math.max(self.looked, to);
      return bad;
    },
    offsetAt: (place: number): number => window.offsetAt(place - base),
  };
  return self;
}
