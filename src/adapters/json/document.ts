// Records of one JSON document: the elements of the array at a path, or the one object there. The rest of the document is
// checked against the grammar and passed over.
//
// A document that is not JSON is broken as a whole (see checkFrame); what is wrong with one record only (a number that
// would lose digits, a key twice, a size) is a fault of that record.

import { BridgeError } from "../../core/errors.ts";
import { encodingInvalid, type TextWindow } from "../shared/encodings/windows.ts";
import type { Batches } from "../shared/records/batches.ts";
import type { ReadWindow } from "../shared/records/reading.ts";
import { type Numbers, recordOf } from "./element.ts";
import { finder } from "./finder.ts";
import { NotJson, type Scanner, scanner, type Token } from "../shared/json/scanner.ts";

export function documentReader(path: readonly string[], numbers: Numbers, most: number, batch: Batches): ReadWindow {
  const scan = scanner();
  const find = finder(path);
  const lines = lineCounter();
  /** Index where the open record begins; -1 = none is open, or it is too long and its text is no longer kept. */
  let opened = -1;
  let openedLine = 1;
  let overlong = false;
  /** Characters behind `window.consumed` that were read already: those of the open record. */
  let ahead = 0;

  function begin(window: TextWindow): void {
    scan.reset();
    opened = scan.start;
    openedLine = lines.at(window.text, opened);
  }

  function end(window: TextWindow): void {
    const { text } = window;
    const where = `line ${openedLine}`;
    const behind = window.offsetAt(scan.end);
    const tooLong = overlong || scan.end - opened > most;
    const bad = tooLong ? undefined : window.badBetween(opened, scan.end);
    const record = tooLong
      ? tooLarge(`${where}: the record`, most)
      : bad
        ? encodingInvalid(bad, window.encoding, lines.at(text, bad.at))
        : recordOf(text.slice(opened, scan.end), scan, numbers, where);
    if (record instanceof BridgeError) batch.fault(record, openedLine, behind);
    else batch.add(record, openedLine, behind);
    opened = -1;
    overlong = false;
  }

  function step(window: TextWindow, token: "begin" | "end" | "key" | "scalar", from: number): void {
    const isOpen = opened >= 0 || overlong;
    if (!isOpen) {
      const bad = find.base >= 0 ? undefined : window.badBetween(from, scan.end);
      if (bad) throw encodingInvalid(bad, window.encoding, lines.at(window.text, bad.at));
      if (!find.record(token, scan, window.text)) return;
      begin(window);
    }
    if (scan.depth !== find.base || (token !== "end" && token !== "scalar")) return;
    end(window);
    find.ended();
  }

  /** The window has no whole token left: what has to be shown again stays, the rest is let go. */
  function keep(window: TextWindow): void {
    const { length } = window.text;
    if (length - scan.start > most) throw tooLarge(`line ${lines.at(window.text, scan.start)}: a text or number`, most);
    if (opened >= 0 && length - opened > most) {
      overlong = true;
      opened = -1;
    }
    const kept = opened >= 0 ? opened : scan.start;
    lines.shift(window.text, kept);
    window.consumed = kept;
    ahead = scan.start - kept;
    if (opened >= 0) opened = 0;
  }

  return (window) => {
    const { text } = window;
    let at = window.consumed + ahead;
    for (;;) {
      const token = nextToken(scan, window, at, lines);
      if (token === "more") {
        keep(window);
        return false;
      }
      if (token === "done") {
        find.finish();
        window.consumed = text.length;
        return false;
      }
      if (scan.end - scan.start > most) {
        throw tooLarge(`line ${lines.at(text, scan.start)}: a text or number`, most);
      }
      step(window, token, at);
      at = scan.end;
      if (!batch.full) continue;
      ahead = 0;
      window.consumed = at;
      return true;
    }
  };
}

function nextToken(scan: Scanner, window: TextWindow, at: number, lines: LineCounter): Token {
  try {
    return scan.next(window.text, at, window.last);
  } catch (cause) {
    if (!(cause instanceof NotJson)) throw cause;
    const line = lines.at(window.text, cause.at);
    const bad = window.badBetween(cause.at, cause.at + 1);
    if (bad) throw encodingInvalid(bad, window.encoding, line);
    const what = cause.at >= window.text.length ? "the document ends here" : faultOf(cause);
    throw new BridgeError(
      cause.deep ? "JSON_TOO_DEEP" : "JSON_BROKEN",
      `line ${line}, byte ${window.offsetAt(cause.at)}: ${what}, expected ${cause.expected}`,
      { stage: "decode" },
    );
  }
}

/** What is found where the text goes wrong. */
export function faultOf({ deep }: NotJson): string {
  return deep ? "nested too deep" : "not JSON";
}

interface LineCounter {
  /** Line of a character; ask with rising indexes. */
  at(text: string, index: number): number;
  /** The text goes on with what stood at `index`. */
  shift(text: string, index: number): void;
}

function lineCounter(): LineCounter {
  let line = 1;
  let counted = 0;
  // The next line end from `counted` on; found once, because a document on one line has none for megabytes.
  let next = -1;
  const count = (text: string, index: number): number => {
    while (next < index) {
      if (next >= 0) line++;
      const found = text.indexOf("\n", Math.max(counted, next + 1));
      next = found < 0 ? Infinity : found;
    }
    counted = Math.max(counted, index);
    return line;
  };
  return {
    at: count,
    shift(text, index) {
      count(text, index);
      counted -= index;
      next = -1;
    },
  };
}

export function tooLarge(what: string, most: number): BridgeError {
  return new BridgeError("RECORD_TOO_LARGE", `${what} is longer than ${most} characters`, { stage: "decode" });
}
