// Cells out of text, strictly after RFC 4180: a quoted cell begins with the quote, doubles it inside and ends with it. CR
// LF, LF and CR end a row. Text behind a closing quote is marked on its row and never mended. A quote inside a cell that
// does not begin with one is a character like any other (5" Nagel): RFC 4180 would have quoted it, but it can mean nothing
// else.
//
// This is the hot path: one loop over the characters, no regular expressions, one slice per cell.

import { countLineBreaks } from "../shared/records/lines.ts";

const LF = 10;
const CR = 13;

/** The row read last; one object per tokenizer, overwritten by each read. */
export interface Row {
  /** Blank cells are undefined. Only the first `count` are of this row. */
  readonly cells: (string | undefined)[];
  count: number;
  /** Index behind the row's line end. */
  next: number;
  /** Line breaks inside quoted cells. */
  innerLines: number;
  /** Cell (from 1) with text behind its closing quote; 0 = none. */
  misplaced: number;
  /** Index of a quote that opened and did not end in this text; -1 = none. Only where the row is not complete. */
  opened: number;
}

export interface Tokenizer {
  readonly row: Row;
  /** Reads the row that begins at `from`. False = its end is not in this text (`last` = nothing follows the text). */
  readonly read: (text: string, from: number, last: boolean) => boolean;
}

export function tokenizer(delimiter: string, quote: string): Tokenizer {
  const cells: (string | undefined)[] = [];
  const row: Row = { cells, count: 0, next: 0, innerLines: 0, misplaced: 0, opened: -1 };
  const delimiterCode = delimiter.charCodeAt(0);
  const delimiterLength = delimiter.length;
  const quoteCode = quote === "" ? -1 : quote.charCodeAt(0);
  const doubled = quote + quote;

  /** Reads the quoted cell that opens at `at`; answers the index behind its closing quote, or -1. */
  function quoted(text: string, at: number, last: boolean): number {
    let from = at + 1;
    let escaped = false;
    for (;;) {
      const close = text.indexOf(quote, from);
      // A quote at the very end may be the first half of a doubled one.
      if (close < 0 || (close + 1 === text.length && !last)) {
        row.opened = at;
        return -1;
      }
      if (text.charCodeAt(close + 1) === quoteCode) {
        escaped = true;
        from = close + 2;
        continue;
      }
      const raw = text.slice(at + 1, close);
      cells[row.count] = raw === "" ? undefined : escaped ? raw.replaceAll(doubled, quote) : raw;
      row.innerLines += countLineBreaks(raw);
      return close + 1;
    }
  }

  function read(text: string, from: number, last: boolean): boolean {
    const end = text.length;
    let at = from;
    row.count = 0;
    row.innerLines = 0;
    row.misplaced = 0;
    row.opened = -1;
    for (;;) {
      let code = at < end ? text.charCodeAt(at) : -1;
      const isQuoted = code === quoteCode && code !== -1;
      if (isQuoted) {
        at = quoted(text, at, last);
        if (at < 0) return false;
      }
      const start = at;
      for (code = -1; at < end; at++) {
        code = text.charCodeAt(at);
        if (code === delimiterCode) {
          if (delimiterLength === 1 || text.startsWith(delimiter, at)) break;
        } else if (code === LF || code === CR) break;
      }
      if (!isQuoted) cells[row.count] = at === start ? undefined : text.slice(start, at);
      else if (at > start && row.misplaced === 0) row.misplaced = row.count + 1;
      row.count++;
      if (at === end) {
        row.next = end;
        return last;
      }
      if (code === LF) {
        row.next = at + 1;
        return true;
      }
      if (code === CR) {
        if (at + 1 === end && !last) return false;
        row.next = text.charCodeAt(at + 1) === LF ? at + 2 : at + 1;
        return true;
      }
      at += delimiterLength;
    }
  }

  return { row, read };
}
