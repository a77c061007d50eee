// Passes over a row that is longer than a record may be, by the tokenizer's rules but without holding it: a line break
// inside a quoted cell does not end the row, however far behind the limit it stands.

import { countLineBreaks } from "../shared/records/lines.ts";

export interface Passing {
  /** Index behind what was passed over. */
  readonly at: number;
  /** Line breaks passed inside quoted cells. */
  readonly innerLines: number;
  /** Of these, the ones before the quote that opened last. */
  readonly linesBeforeQuote: number;
  /**
   * Goes on at `from`, at first the beginning of the row. `ended` = the row is passed; `more` = show the rest again from
   * `at` with what follows; `swallowed` = a quote that opened is not closed within `most` characters; `unclosed` = not
   * before the end.
   */
  pass(text: string, from: number, last: boolean): "ended" | Stopped;
}

type Stopped = "more" | "swallowed" | "unclosed";

export function passing(delimiter: string, quote: string, most: number): Passing {
  // What a cell without quotes may end with.
  const border = new RegExp(`[\\r\\n${delimiter.slice(0, 1).replace(/[\\\]^-]/, "\\$&")}]`, "g");
  let place: "start of cell" | "plain" | "quoted" = "start of cell";
  let length = 0;
  const self = { at: 0, innerLines: 0, linesBeforeQuote: 0, pass };

  /** Goes on inside quotes; undefined = they closed and the row goes on at `self.at`. */
  function quoted(text: string, from: number, last: boolean): Stopped | undefined {
    const found = text.indexOf(quote, from);
    const cut = !last && text.endsWith("\r") ? 1 : 0;
    const to = found < 0 ? Math.max(from, text.length - cut) : found;
    self.innerLines += countLineBreaks(text.slice(from, to));
    self.at = to;
    length += to - from;
    if (length > most) return "swallowed";
    if (found < 0) return last ? "unclosed" : "more";
    // A quote at the very end may be the first half of a doubled one.
    if (found + 1 === text.length && !last) return "more";
    const isDoubled = text[found + 1] === quote;
    self.at = found + (isDoubled ? 2 : 1);
    if (!isDoubled) place = "plain";
    return undefined;
  }

  function pass(text: string, from: number, last: boolean): "ended" | Stopped {
    self.at = from;
    while (self.at < text.length || (last && place === "quoted")) {
      const { at } = self;
      if (place === "quoted") {
        const stopped = quoted(text, at, last);
        if (stopped) return stopped;
        continue;
      }
      const character = text[at];
      if (place === "start of cell" && character === quote) {
        place = "quoted";
        length = 0;
        self.linesBeforeQuote = self.innerLines;
        self.at = at + 1;
      } else if (character === "\n" || character === "\r") {
        if (character === "\r" && at + 1 === text.length && !last) return "more";
        self.at = at + (character === "\r" && text[at + 1] === "\n" ? 2 : 1);
        return "ended";
      } else if (text.startsWith(delimiter, at)) {
        place = "start of cell";
        self.at = at + delimiter.length;
      } else if (!last && character === delimiter[0] && delimiter.startsWith(text.slice(at, at + delimiter.length))) {
        return "more";
      } else {
        place = "plain";
        border.lastIndex = at + 1;
        self.at = border.exec(text)?.index ?? text.length;
      }
    }
    return last ? "ended" : "more";
  }

  return self;
}
