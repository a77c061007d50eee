// Rows → records. A row that alone is bad becomes a fault and the next row is read as if nothing were; only a quote that
// never ends leaves the rest of the drop unreadable, because then nobody can say where a record begins.

import type { Batch, DecodeContext } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { encodingInvalid, type TextWindow, textWindows } from "../shared/encodings/windows.ts";
import { type Batches, batches } from "../shared/records/batches.ts";
import { behindLine, countLineBreaks } from "../shared/records/lines.ts";
import { readRecords, type ReadWindow } from "../shared/records/reading.ts";
import { rowRecords } from "../shared/records/record.ts";
import { cellBatches, type CellLayout, cellReader } from "./cells.ts";
import { type Dialect, knownFields } from "./options.ts";
import { type Passing, passing } from "./passing.ts";
import { rowMemory } from "./row-memory.ts";
import { type Row, tokenizer } from "./tokenizer.ts";

interface Layout extends CellLayout {
  readonly count: number;
}

/** Decides the layout of a row by its cells; throws for a header that cannot be one, returns a fault for a row. */
interface Layouts {
  /** The next row is the header. */
  readonly wantsHeader: boolean;
  /** What all rows have; undefined = that is not known yet, or a row's first cell says it. */
  readonly only: Layout | undefined;
  header(row: Row, line: number): readonly string[];
  of(row: Row, line: number): Layout | BridgeError;
}

/** `window` is the size of text windows in bytes; tests make it small. */
export function decode(
  bytes: AsyncIterable<Uint8Array>,
  dialect: Dialect,
  context: DecodeContext,
  window?: number,
): AsyncIterable<Batch> {
  const windows = textWindows(bytes, dialect.encoding, context, window);
  const fields = knownFields(dialect.columns);
  if (!context.cells || dialect.comment !== undefined || dialect.empty.size > 0) {
    const batch = batches();
    batch.fields = fields;
    return readRecords(windows, batch, rowReader(dialect, batch).read);
  }
  const memory = rowMemory();
  const batch = cellBatches(batches(), memory);
  batch.fields = fields;
  const reader = rowReader(dialect, batch);
  return readRecords(windows, batch, cellReader(dialect, batch, reader, reader.read, memory));
}

interface RowReader {
  readonly read: ReadWindow;
  /** The same for one record, or for something that is none. */
  readonly step: ReadWindow;
  /** Of the next row, where nothing but plain rows is expected from here on. */
  layout(): CellLayout | undefined;
  line: number;
}

function rowReader(dialect: Dialect, batch: Batches): RowReader {
  const { delimiter, quote, comment, most } = dialect;
  const { row, read } = tokenizer(delimiter, quote);
  const layouts = layoutsOf(dialect);
  let line = 1;
  let skip = dialect.skip;
  // What is passed over without being kept: a line that is skipped or a comment, or a record that is too long.
  let isPassingLine = skip > 0;
  let overlong: Passing | undefined;

  /** Passes over text up to the line's end; false = that is not in this window. */
  function passLine(window: TextWindow, from: number): boolean {
    const { text, last } = window;
    const next = behindLine(text, from, last);
    if (next < 0) {
      // A CR at the very end waits for its LF.
      window.consumed = text.endsWith("\r") ? text.length - 1 : text.length;
      return false;
    }
    if (next > from) line++;
    if (skip > 0) skip--;
    isPassingLine = skip > 0;
    window.consumed = next;
    return true;
  }

  /** Passes over a record that is longer than `most`; false = its end is not in this window. */
  function passRecord(window: TextWindow, from: number, record: Passing): boolean {
    const stopped = record.pass(window.text, from, window.last);
    window.consumed = record.at;
    if (stopped === "more") return false;
    if (stopped !== "ended") {
      throw unterminated(line + record.linesBeforeQuote, stopped === "swallowed" ? most : undefined);
    }
    if (layouts.wantsHeader) throw tooLarge(line, most);
    batch.fault(tooLarge(line, most), line, window.offsetAt(record.at));
    line += record.innerLines + 1;
    overlong = undefined;
    return true;
  }

  /** Makes the row just read, which began at `from`, a header, a record or a fault. */
  function take(window: TextWindow, from: number): void {
    const { next } = row;
    const bad = window.badBetween(from, next);
    if (bad) {
      const badLine = line + countLineBreaks(window.text.slice(from, bad.at));
      const fault = encodingInvalid(bad, window.encoding, badLine);
      if (layouts.wantsHeader) throw fault;
      batch.fault(fault, line, window.offsetAt(next));
    } else if (layouts.wantsHeader) {
      batch.fields = layouts.header(row, line);
    } else if (row.misplaced > 0) {
      batch.fault(misplaced(row.misplaced, line), line, window.offsetAt(next));
    } else {
      const layout = layouts.of(row, line);
      const end = window.offsetAt(next);
      if (layout instanceof BridgeError) batch.fault(layout, line, end);
      else if (row.count === layout.count) batch.add(layout.make(row.cells), line, end);
      else batch.fault(ragged(row.count, layout.count, line), line, end);
    }
  }

  function readRows(window: TextWindow, single: boolean): boolean {
    const { text, last } = window;
    const { length } = text;
    let at = window.consumed;
    while (at < length || (last && overlong)) {
      if (overlong || isPassingLine) {
        const ended = overlong ? passRecord(window, at, overlong) : passLine(window, at);
        at = window.consumed;
        if (!ended || single) break;
        continue;
      }
      const code = text.charCodeAt(at);
      if (code === 10 || code === 13) {
        if (code === 13 && at + 1 === length && !last) break;
        at += code === 13 && text.charCodeAt(at + 1) === 10 ? 2 : 1;
        line++;
        continue;
      }
      if (comment !== undefined && text.startsWith(comment, at)) {
        isPassingLine = true;
        continue;
      }
      if (!read(text, at, last)) {
        if (length - at > most) {
          overlong = passing(delimiter, quote, most);
          continue;
        }
        if (last) throw unterminated(line + countLineBreaks(text.slice(at, row.opened)), undefined);
        break;
      }
      if (row.next - at > most) {
        overlong = passing(delimiter, quote, most);
        continue;
      }
      take(window, at);
      line += row.innerLines + 1;
      at = row.next;
      if (batch.full || single) break;
    }
    window.consumed = at;
    return batch.full;
  }

  return {
    read: (window) => readRows(window, false),
    step: (window) => readRows(window, true),
    layout: () => (overlong || isPassingLine ? undefined : layouts.only),
    get line() {
      return line;
    },
    set line(next) {
      line = next;
    },
  };
}

function layoutsOf({ columns, empty }: Dialect): Layouts {
  const layout = (names: readonly string[]): Layout => ({ names, count: names.length, make: rowRecords(names, empty) });
  if (columns.from === "list") {
    const only = layout(columns.names);
    return { wantsHeader: false, only, header: noHeader, of: () => only };
  }
  if (columns.from === "types") {
    const types = new Map([...columns.types].map(([type, names]) => [type, layout(names)]));
    return {
      wantsHeader: false,
      only: undefined,
      header: noHeader,
      of: (row, line) => types.get(row.cells[0] ?? "") ?? typeUnknown(row.cells[0], [...types.keys()], line),
    };
  }
  let found: Layout | undefined;
  return {
    get wantsHeader() {
      return found === undefined;
    },
    get only() {
      return found;
    },
    header(row, line) {
      if (row.misplaced > 0) throw misplaced(row.misplaced, line);
      const names = Array.from({ length: row.count }, (_, cell) => row.cells[cell] ?? "");
      const seen = new Map<string, number>();
      for (const [cell, name] of names.entries()) {
        const earlier = seen.get(name);
        if (earlier !== undefined) throw duplicate(earlier + 1, cell + 1, line, name);
        seen.set(name, cell);
      }
      found = layout(names);
      return names;
    },
    of: () => found!,
  };
}

function noHeader(): never {
  throw new BridgeError("INTERNAL", "a header was read where none is expected", { stage: "decode" });
}

// ── what can be wrong ───────────────────────────────────────────────────────────────────────────────────────────

function ragged(found: number, expected: number, line: number): BridgeError {
  return new BridgeError(
    "ROW_RAGGED",
    `line ${line}: ${found} ${found === 1 ? "cell" : "cells"} found, ${expected} expected`,
    {
      stage: "decode",
      facts: { found, expected },
    },
  );
}

function misplaced(cell: number, line: number): BridgeError {
  return new BridgeError("QUOTE_MISPLACED", `line ${line}: cell ${cell} has text behind its closing quote`, {
    stage: "decode",
    facts: { cell },
  });
}

function unterminated(line: number, most: number | undefined): BridgeError {
  const where = most === undefined ? "before the end of the drop" : `within ${most} characters`;
  return new BridgeError(
    "QUOTE_UNTERMINATED",
    `line ${line}: the quote that opens here is not closed ${where}; what follows cannot be read`,
    { stage: "decode", facts: { line } },
  );
}

function tooLarge(line: number, most: number): BridgeError {
  return new BridgeError("RECORD_TOO_LARGE", `line ${line}: the record is longer than ${most} characters`, {
    stage: "decode",
  });
}

function duplicate(earlier: number, cell: number, line: number, name: string): BridgeError {
  const what = name === "" ? "have no name, one may" : "have the same name";
  return new BridgeError("HEADER_DUPLICATE", `line ${line}: columns ${earlier} and ${cell} ${what}`, {
    stage: "decode",
    facts: { line, earlier, cell, ...(name === "" && { unnamed: 1 }) },
    detail: name,
  });
}

function typeUnknown(found: string | undefined, known: readonly string[], line: number): BridgeError {
  return new BridgeError(
    "RECORD_TYPE_UNKNOWN",
    `line ${line}: the first cell is no known record type; known are ${known.join(", ")}`,
    { stage: "decode", detail: found ?? "(blank)" },
  );
}
