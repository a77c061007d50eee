// NDJSON: one object per line. A line that is not one is a fault of its own; the next line is read as if nothing were.

import type { Rec } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { encodingInvalid, type TextWindow } from "../shared/encodings/windows.ts";
import type { Batches } from "../shared/records/batches.ts";
import type { ReadWindow } from "../shared/records/reading.ts";
import { faultOf, tooLarge } from "./document.ts";
import { type Numbers, recordOf } from "./element.ts";
import { NotJson, type Scanner, scanner } from "../shared/json/scanner.ts";

export function lineReader(numbers: Numbers, most: number, batch: Batches): ReadWindow {
  const scan = scanner();
  let line = 1;
  /** The rest of a line that is too long is passed over. */
  let passing = false;

  function take(window: TextWindow, from: number, to: number, next: number): void {
    const bad = window.badBetween(from, to);
    const record =
      passing || to - from > most
        ? tooLarge(`line ${line}: the record`, most)
        : bad
          ? encodingInvalid(bad, window.encoding, line)
          : recordOfLine(scan, window.text.slice(from, to), numbers, line);
    passing = false;
    if (record instanceof BridgeError) batch.fault(record, line, window.offsetAt(next));
    else if (record) batch.add(record, line, window.offsetAt(next));
  }

  return (window) => {
    const { text, last } = window;
    let at = window.consumed;
    while (at < text.length || (last && passing)) {
      const found = text.indexOf("\n", at);
      if (found < 0 && !last) {
        if (!passing && text.length - at <= most) break;
        passing = true;
        at = text.length;
        break;
      }
      const to = found < 0 ? text.length : found;
      const next = found < 0 ? to : found + 1;
      take(window, at, to, next);
      line++;
      at = next;
      if (batch.full) break;
    }
    window.consumed = at;
    return batch.full;
  };
}

/** Undefined for a blank line. */
function recordOfLine(scan: Scanner, text: string, numbers: Numbers, line: number): Rec | BridgeError | undefined {
  if (/^[ \t\r]*$/.test(text)) return undefined;
  scan.restart();
  try {
    let at = 0;
    while (scan.next(text, at, true) !== "done") at = scan.end;
  } catch (cause) {
    if (!(cause instanceof NotJson)) throw cause;
    const what = cause.at >= text.length ? "the line ends" : faultOf(cause);
    const message = `line ${line}, character ${cause.at + 1}: ${what}, expected ${cause.expected}`;
    return new BridgeError(cause.deep ? "JSON_TOO_DEEP" : "JSON_INVALID", message, { stage: "decode" });
  }
  return recordOf(text, scan, numbers, `line ${line}`);
}
