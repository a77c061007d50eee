// Fixed-width records, by lines or by length alone. Lengths and places count characters (code points) after decoding.
//
// By lines a record that is too short or too long is a fault and the next line is read as if nothing were. By length
// alone (`lineEnd: none`) only the length says where a record ends, so an unknown record type whose length is unknown
// leaves the rest unreadable.

import type { Batch, DecodeContext } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import type { Encoding } from "../shared/encodings/names.ts";
import { encodingInvalid, type TextWindow, textWindows } from "../shared/encodings/windows.ts";
import { type Batches, batches } from "../shared/records/batches.ts";
import { behindLine, lineEndBefore } from "../shared/records/lines.ts";
import { readRecords, type ReadWindow } from "../shared/records/reading.ts";
import { behindCharacters, characterStarts } from "../shared/records/characters.ts";
import type { Layout } from "./layout.ts";
import { fieldText, type MakeRecord, recordMaker } from "./records.ts";

export interface Plan {
  readonly encoding: Encoding | "detect";
  readonly lineEnd: "auto" | "none" | "lf" | "crlf";
  readonly layouts: readonly Layout[];
  readonly empty: ReadonlySet<string>;
  readonly fields: readonly string[];
}

/** How records are told apart once `auto` is decided: `lines` takes LF, CR LF and CR alike. */
type Borders = "lines" | "lf" | "crlf" | "none";

/** Characters that `auto` looks at. */
const AUTO_PREFIX = 64 * 1024;
/** A line that is longer than this and than any layout is passed over without being held. */
const LONGEST_LINE = 1024 * 1024;
/** What may stand behind the last record: line ends, and Ctrl-Z, the end-of-file mark of DOS. */
const TRAILER = /^[\r\n\u001a]*$/;
/** Padding to a block of CP/M or a tape is shorter; more of it is records that are wrong. */
const LONGEST_TRAILER = 4096;

interface RecordLayout extends Layout {
  readonly make: MakeRecord;
}

/** `window` is the size of text windows in bytes; tests make it small. */
export function decode(
  bytes: AsyncIterable<Uint8Array>,
  plan: Plan,
  context: DecodeContext,
  window?: number,
): AsyncIterable<Batch> {
  const batch = batches();
  batch.fields = plan.fields;
  const layouts = new Map(
    plan.layouts.map((layout): [string, RecordLayout] => [
      layout.type,
      { ...layout, make: recordMaker(layout, plan.empty) },
    ]),
  );
  let read: ReadWindow | undefined;
  return readRecords(textWindows(bytes, plan.encoding, context, window), batch, (text) => {
    if (!read) {
      const borders = bordersOf(plan.lineEnd, text, context);
      // This window is too small to decide: the next one begins at the same place and is larger.
      if (!borders) return false;
      read = borders === "none" ? byLength(layouts, batch) : byLines(layouts, batch, borders);
    }
    return read(text);
  });
}

/** `auto`: lines where a line end stands near the beginning, else by length. Undefined = more text is needed. */
function bordersOf(lineEnd: Plan["lineEnd"], { text, last }: TextWindow, context: DecodeContext): Borders | undefined {
  if (lineEnd !== "auto") return lineEnd;
  const pinned = context.pinned?.["lineEnd"];
  if (pinned === "lines" || pinned === "none") return pinned;
  if (!last && text.length < AUTO_PREFIX) return undefined;
  const borders = /[\r\n]/.test(text.slice(0, AUTO_PREFIX)) ? "lines" : "none";
  context.detected("lineEnd", borders);
  return borders;
}

// ── by lines ────────────────────────────────────────────────────────────────────────────────────────────────────

function byLines(
  layouts: ReadonlyMap<string, RecordLayout>,
  batch: Batches,
  borders: "lines" | "lf" | "crlf",
): ReadWindow {
  const longest = Math.max(LONGEST_LINE, ...[...layouts.values()].map(({ length }) => 2 * length));
  const layoutAt = chooser(layouts);
  let line = 1;
  // Characters of an overlong line that were passed over; 0 = none is open.
  let passed = 0;

  function take(window: TextWindow, from: number, to: number, next: number): void {
    const { text } = window;
    const end = window.offsetAt(next);
    const bad = window.badBetween(from, next);
    const units = passed + to - from;
    if (units > longest) batch.fault(wrongLength(place(line), units, longest, true), line, end);
    else if (bad) batch.fault(encodingInvalid(bad, window.encoding, line), line, end);
    else {
      const layout = layoutAt(text, from, to, place(line));
      if (layout instanceof BridgeError) {
        batch.fault(layout, line, end);
        return;
      }
      const starts = characterStarts(text, from, to);
      const found = starts ? starts.length - 1 : to - from;
      if (found === layout.length) batch.add(layout.make(text, from, starts), line, end);
      else batch.fault(wrongLength(place(line), found, layout.length, false), line, end);
    }
  }

  return (window) => {
    const { text, last } = window;
    let at = window.consumed;
    while (at < text.length || (last && passed > 0)) {
      const trailer = passed === 0 && trailerAt(text, at, last);
      if (trailer) {
        if (trailer === "whole") at = text.length;
        break;
      }
      const next = behindBorder(text, at, last, borders);
      if (next < 0) {
        if (passed === 0 && text.length - at <= longest) break;
        // The last character may be the first half of a CR LF.
        const kept = text.endsWith("\r") ? 1 : 0;
        passed += text.length - kept - at;
        at = text.length - kept;
        break;
      }
      const to = next - borderBefore(text, at, next, borders);
      if (to > at || passed > 0) take(window, at, to, next);
      passed = 0;
      line++;
      at = next;
      if (batch.full) break;
    }
    window.consumed = at;
    return batch.full;
  };
}

function behindBorder(text: string, from: number, last: boolean, borders: "lines" | "lf" | "crlf"): number {
  if (borders === "lines") return behindLine(text, from, last);
  const border = borders === "lf" ? "\n" : "\r\n";
  const found = text.indexOf(border, from);
  if (found >= 0) return found + border.length;
  return last ? text.length : -1;
}

function borderBefore(text: string, from: number, next: number, borders: "lines" | "lf" | "crlf"): number {
  if (borders === "lines") return lineEndBefore(text, from, next);
  const border = borders === "lf" ? "\n" : "\r\n";
  return next - border.length >= from && text.startsWith(border, next - border.length) ? border.length : 0;
}

// ── by length ───────────────────────────────────────────────────────────────────────────────────────────────────

function byLength(layouts: ReadonlyMap<string, RecordLayout>, batch: Batches): ReadWindow {
  const layoutAt = chooser(layouts);
  const lengths = new Set([...layouts.values()].map(({ length }) => length));
  const common = lengths.size === 1 ? [...lengths][0] : undefined;
  const typeEnd = [...layouts.values()][0]!.fields[0]!.to;

  return (window) => {
    const { text, last } = window;
    let at = window.consumed;
    while (at < text.length) {
      const trailer = trailerAt(text, at, last);
      if (trailer) {
        if (trailer === "whole") at = text.length;
        break;
      }
      const where = `byte ${window.offsetAt(at)}`;
      const typed = behindCharacters(text, at, typeEnd);
      if (typed < 0 && !last) break;
      const layout = layoutAt(text, at, typed < 0 ? text.length : typed, where);
      const length = layout instanceof BridgeError ? common : layout.length;
      if (length === undefined) throw layout as BridgeError;
      const next = behindCharacters(text, at, length);
      if (next < 0 && !last) break;
      const end = next < 0 ? text.length : next;
      const bad = window.badBetween(at, end);
      const starts = characterStarts(text, at, end);
      if (bad) batch.fault(encodingInvalid(bad, window.encoding, 0), 0, window.offsetAt(end));
      else if (next < 0) {
        batch.fault(wrongLength(where, starts ? starts.length - 1 : end - at, length, false), 0, window.offsetAt(end));
      } else if (layout instanceof BridgeError) batch.fault(layout, 0, window.offsetAt(end));
      else batch.add(layout.make(text, at, starts), 0, window.offsetAt(end));
      at = end;
      if (batch.full) break;
    }
    window.consumed = at;
    return batch.full;
  };
}

// ── both ────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Whether nothing but a trailer follows from `at` on; `open` = what follows the text decides. It must not depend on where
 * a window ends: a drop is decoded again with other windows.
 */
function trailerAt(text: string, at: number, last: boolean): "whole" | "open" | undefined {
  const code = text.charCodeAt(at);
  if (code !== 10 && code !== 13 && code !== 26) return undefined;
  if (text.length - at > LONGEST_TRAILER || !TRAILER.test(text.slice(at))) return undefined;
  return last ? "whole" : "open";
}

type Choose = (text: string, from: number, to: number, where: string) => RecordLayout | BridgeError;

/** The layout of the record whose characters begin at `from` and end, as far as is known, at `to`. */
function chooser(layouts: ReadonlyMap<string, RecordLayout>): Choose {
  const only = layouts.get("");
  if (only && layouts.size === 1) return () => only;
  const [first] = [...layouts.values()][0]!.fields;
  const known = [...layouts.keys()].join(", ");
  return (text, from, to, where) => {
    const type = fieldText(text, from, to, first!, characterStarts(text, from, to));
    return (
      layouts.get(type) ??
      new BridgeError("RECORD_TYPE_UNKNOWN", `${where}: the first field is no known record type; known are ${known}`, {
        stage: "decode",
        detail: type,
      })
    );
  };
}

function place(line: number): string {
  return `line ${line}`;
}

function wrongLength(where: string, found: number, expected: number, overlong: boolean): BridgeError {
  const bound = overlong ? `at most ${expected}` : String(expected);
  return new BridgeError(
    "RECORD_LENGTH",
    `${where}: ${found} ${found === 1 ? "character" : "characters"} found, ${bound} expected`,
    {
      stage: "decode",
      facts: { found, expected },
    },
  );
}
