// CMaps (ISO 32000-1, 9.7.5 and 9.10.3): codes of a font → characters, or → numbers of glyphs. Ranges stay ranges: a hostile one says more
// than memory holds.

import type { Budget } from "../read/budget.ts";
import { Keyword, lexerOf, next } from "../read/lexer.ts";
import type { PdfValue } from "../read/values.ts";

export interface Cmap {
  /** Bytes of the codes that begin with this byte; undefined = the map does not say. */
  lengthOf(first: number): number | undefined;
  text(code: number): string | undefined;
  /** Number of the glyph. */
  glyph(code: number): number | undefined;
}

interface Range {
  readonly low: number;
  readonly high: number;
  readonly to: PdfValue;
}

interface CodeSpace {
  readonly length: number;
  readonly low: number;
  readonly high: number;
}

/** Pairs or triples between `begin…` and `end…`. */
const SECTIONS: Readonly<Record<string, number>> = {
  endbfchar: 2,
  endbfrange: 3,
  endcidchar: 2,
  endcidrange: 3,
  endcodespacerange: 2,
};

export function cmapOf(bytes: Uint8Array, budget: Budget): Cmap {
  const lexer = lexerOf(bytes, 0, budget, { refs: false, file: false });
  const spaces: CodeSpace[] = [];
  const texts: Range[] = [];
  const glyphs: Range[] = [];
  let held: PdfValue[] = [];
  for (;;) {
    const token = next(lexer);
    if (token === undefined) break;
    if (!(token instanceof Keyword)) {
      held.push(token);
      continue;
    }
    const width = Object.hasOwn(SECTIONS, token.word) ? SECTIONS[token.word]! : 0;
    for (let at = 0; width > 0 && at + width <= held.length; at += width) {
      const row = held.slice(at, at + width);
      if (token.word === "endcodespacerange") spaces.push(...spaceOf(row));
      else (token.word.startsWith("endbf") ? texts : glyphs).push(...rangeOf(row));
    }
    held = [];
  }
  const text = lookup(texts);
  const glyph = lookup(glyphs);
  return {
    lengthOf: (first) => spaces.find(({ low, high }) => first >= low && first <= high)?.length,
    text(code) {
      const found = text(code);
      return found && shifted(found.to, code - found.low);
    },
    glyph(code) {
      const found = glyph(code);
      return typeof found?.to === "number" ? found.to + code - found.low : undefined;
    },
  };
}

function spaceOf([low, high]: readonly PdfValue[]): readonly CodeSpace[] {
  if (!(low instanceof Uint8Array && high instanceof Uint8Array) || low.length === 0 || low.length > 4) return [];
  return [{ length: low.length, low: low[0]!, high: high[0] ?? 0 }];
}

function rangeOf(row: readonly PdfValue[]): readonly Range[] {
  const low = codeOf(row[0]);
  const high = row.length === 3 ? codeOf(row[1]) : low;
  return low === undefined || high === undefined ? [] : [{ low, high, to: row.at(-1)! }];
}

function codeOf(value: PdfValue | undefined): number | undefined {
  if (!(value instanceof Uint8Array) || value.length > 4) return undefined;
  return value.reduce((code, byte) => code * 256 + byte, 0);
}

/** By halves; where ranges overlap, the later one is the one. */
function lookup(ranges: readonly Range[]): (code: number) => Range | undefined {
  const sorted = ranges.toSorted((a, b) => a.low - b.low);
  return (code) => {
    let from = 0;
    let to = sorted.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (sorted[middle]!.low <= code) from = middle + 1;
      else to = middle;
    }
    const found = sorted[from - 1];
    return found && code <= found.high ? found : undefined;
  };
}

/** The text of the first code of a range, counted on at its end; or the list of all of them. */
function shifted(to: PdfValue, by: number): string | undefined {
  const value = Array.isArray(to) ? (to[by] as PdfValue | undefined) : to;
  if (!(value instanceof Uint8Array)) return undefined;
  const units = Buffer.from(value.length % 2 === 0 ? value : [0, ...value]);
  if (!Array.isArray(to) && by > 0 && units.length > 0) {
    const last = units.length - 2;
    units.writeUInt16BE((units.readUInt16BE(last) + by) & 0xffff, last);
  }
  return Buffer.from(units).swap16().toString("utf16le");
}
