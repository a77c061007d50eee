// Fonts as far as reading needs them (ISO 32000-1, 9.6 to 9.10): which characters a string shows, and how far each of them goes.

import type { PdfDocument } from "../read/document.ts";
import { type Dict, isList, Name, type PdfValue, Stream } from "../read/values.ts";
import { type Cmap, cmapOf } from "./cmap.ts";
import { baseEncoding, glyphText } from "./glyph-names.ts";
import { standardWidth } from "./standard-widths.ts";

export interface Glyph {
  /** U+FFFD where the font does not tell. */
  readonly text: string;
  /** In thousandths of the size. */
  readonly width: number;
  /** Word spacing counts here (9.3.3). */
  readonly isSpace: boolean;
}

export interface Font {
  glyphs(bytes: Uint8Array): readonly Glyph[];
  /** Of a Type 3 font, whose widths are in units of its own: how many make one. */
  readonly unit: number;
}

/** What boxes and radio buttons are ticked with, in ZapfDingbats. */
const TICKS: Readonly<Record<string, string>> = {
  3: "✓",
  4: "✔",
  5: "✕",
  6: "✖",
  8: "✘",
  H: "★",
  l: "●",
  n: "■",
  u: "◆",
};
const SIGNS = Array.from({ length: 256 }, (_, code) => TICKS[String.fromCharCode(code)]);

const UNREADABLE = "\ufffd";
/** The flag of a font that has signs instead of letters (table 123). */
const SYMBOLIC = 4;

export function fontOf(document: PdfDocument, font: Dict): Font {
  const unicode = cmapIn(document, font.get("ToUnicode"));
  return document.name(font.get("Subtype")) === "Type0"
    ? composite(document, font, unicode)
    : simple(document, font, unicode);
}

function cmapIn(document: PdfDocument, value: PdfValue | undefined): Cmap | undefined {
  const stream = document.resolve(value);
  return stream instanceof Stream ? cmapOf(document.unpacked(stream), document.budget) : undefined;
}

// ── fonts of one byte per character ─────────────────────────────────────────────────────────────────────────────

function simple(document: PdfDocument, font: Dict, unicode: Cmap | undefined): Font {
  const encoding = encodingOf(document, font);
  const first = document.number(font.get("FirstChar")) ?? 0;
  const widths = document.list(font.get("Widths")).map((width) => document.number(width) ?? 0);
  const descriptor = document.dict(font.get("FontDescriptor"));
  const missing = document.number(descriptor?.get("MissingWidth"));
  const name = document.name(font.get("BaseFont")) ?? "";
  const known = new Map<number, Glyph>();
  const glyphOf = (code: number): Glyph => {
    const text = unicode?.text(code) ?? encoding[code] ?? UNREADABLE;
    const width = widths[code - first] ?? missing ?? (widths.length > 0 ? 0 : standardWidth(name, text));
    return { text, width, isSpace: code === 32 };
  };
  const matrix = document.list(font.get("FontMatrix")).map((value) => document.number(value) ?? 0);
  const unit = document.name(font.get("Subtype")) === "Type3" ? (matrix[0] ?? 0.001) : 0.001;
  return {
    unit,
    glyphs: (bytes) =>
      Array.from(bytes, (code) => {
        let glyph = known.get(code);
        if (!glyph) known.set(code, (glyph = glyphOf(code)));
        return glyph;
      }),
  };
}

function encodingOf(document: PdfDocument, font: Dict): readonly (string | undefined)[] {
  const value = document.resolve(font.get("Encoding"));
  if (value instanceof Name) return baseEncoding(value.text);
  const flags = document.number(document.dict(font.get("FontDescriptor"))?.get("Flags")) ?? 0;
  const own = document.dict(value);
  const base = document.name(own?.get("BaseEncoding"));
  // What a font with signs means by a code stands in its own program.
  const family = /^(?:ZapfDingbats|Symbol)/.exec(document.name(font.get("BaseFont")) ?? "")?.[0];
  const isOwn = base === undefined && ((flags & SYMBOLIC) !== 0 || family !== undefined);
  const known = isOwn ? [] : baseEncoding(base ?? "StandardEncoding");
  const table = [...(family === "ZapfDingbats" ? SIGNS : known)];
  let code = 0;
  for (const item of document.list(own?.get("Differences"))) {
    const value = document.resolve(item);
    if (typeof value === "number") code = value;
    else if (value instanceof Name && code >= 0 && code < 256) table[code++] = glyphText(value.text);
  }
  return table;
}

// ── fonts of several bytes per character ────────────────────────────────────────────────────────────────────────

function composite(document: PdfDocument, font: Dict, unicode: Cmap | undefined): Font {
  const codes = cmapIn(document, font.get("Encoding"));
  const inner = document.dict(document.list(font.get("DescendantFonts"))[0]);
  const usual = document.number(inner?.get("DW")) ?? 1000;
  const widths = widthsOf(document, document.list(inner?.get("W")));
  return {
    unit: 0.001,
    glyphs(bytes) {
      const glyphs: Glyph[] = [];
      for (let at = 0; at < bytes.length;) {
        const length = Math.min(codes?.lengthOf(bytes[at]!) ?? 2, bytes.length - at);
        let code = 0;
        for (let index = 0; index < length; index++) code = code * 256 + bytes[at + index]!;
        at += length;
        const text = unicode?.text(code) ?? UNREADABLE;
        glyphs.push({ text, width: widths(codes?.glyph(code) ?? code) ?? usual, isSpace: length === 1 && code === 32 });
      }
      return glyphs;
    },
  };
}

/** `[first [w w w] first last w …]` (9.7.4.3). */
function widthsOf(document: PdfDocument, list: readonly PdfValue[]): (glyph: number) => number | undefined {
  const single = new Map<number, number>();
  const ranges: { readonly low: number; readonly high: number; readonly width: number }[] = [];
  for (let at = 0; at + 1 < list.length;) {
    const first = document.number(list[at]) ?? 0;
    const second = document.resolve(list[at + 1]);
    if (isList(second)) {
      second.forEach((width, index) => single.set(first + index, document.number(width) ?? 0));
      at += 2;
    } else {
      ranges.push({ low: first, high: Number(second), width: document.number(list[at + 2]) ?? 0 });
      at += 3;
    }
  }
  return (glyph) => single.get(glyph) ?? ranges.find(({ low, high }) => glyph >= low && glyph <= high)?.width;
}
