// What a page shows as text (ISO 32000-1, 8.4, 9.4): its content streams played, with every character at its place on the page.

import type { PdfDocument } from "../read/document.ts";
import { broken } from "../read/faults.ts";
import { Keyword, type Lexer, lexerOf, next } from "../read/lexer.ts";
import { type Dict, isList, type PdfValue, Stream } from "../read/values.ts";
import { type Font, fontOf } from "./fonts.ts";

/** A character on a page; in points from the upper left of what is shown of the page. */
export interface Shown {
  readonly text: string;
  readonly x: number;
  /** Of the line that it stands on. */
  readonly y: number;
  readonly width: number;
  readonly size: number;
}

/** x' = a x + c y + e, y' = b x + d y + f. */
type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

const IDENTITY: Matrix = [1, 0, 0, 1, 0, 0];
/** Forms inside forms, and saved states. */
const DEEPEST = 16;
const MOST_SAVED = 512;
/** In values: a form that draws twenty others, which draw twenty others, would go on for ever. */
const COST_OF_FORM = 100;

interface State {
  matrix: Matrix;
  font: Font | undefined;
  size: number;
  charSpace: number;
  wordSpace: number;
  /** Horizontal, as a factor. */
  scale: number;
  leading: number;
  rise: number;
}

/** In the order in which they are drawn. Throws PDF_BROKEN, PDF_LIMIT. */
export function shownOn(document: PdfDocument, page: Dict): readonly Shown[] {
  const shown: Shown[] = [];
  const parts = document.resolve(page.get("Contents"));
  const streams = (isList(parts) ? parts : [parts]).flatMap((part) => {
    const stream = document.resolve(part);
    return stream instanceof Stream ? [document.unpacked(stream), Uint8Array.of(10)] : [];
  });
  play(
    document,
    shown,
    new Map(),
    Buffer.concat(streams),
    document.dict(page.get("Resources")),
    viewOf(document, page),
    0,
  );
  return shown;
}

/** From the page's own points to those of the viewer: the visible part, turned, downwards. */
function viewOf(document: PdfDocument, page: Dict): Matrix {
  const box = numbers(document, document.list(page.get("CropBox") ?? page.get("MediaBox")));
  const [a = 0, b = 0, c = 612, d = 792] = box;
  const [left, right, low, high] = [Math.min(a, c), Math.max(a, c), Math.min(b, d), Math.max(b, d)];
  switch ((((document.number(page.get("Rotate")) ?? 0) % 360) + 360) % 360) {
    case 90:
      return [0, 1, 1, 0, -low, -left];
    case 180:
      return [-1, 0, 0, 1, right, -low];
    case 270:
      return [0, -1, -1, 0, high, right];
    default:
      return [1, 0, 0, -1, -left, high];
  }
}

function numbers(document: PdfDocument, list: readonly PdfValue[]): readonly number[] {
  return list.map((value) => document.number(value) ?? 0);
}

/** First `by`, then `to`. */
function times(by: Matrix, to: Matrix): Matrix {
  return [
    by[0] * to[0] + by[1] * to[2],
    by[0] * to[1] + by[1] * to[3],
    by[2] * to[0] + by[3] * to[2],
    by[2] * to[1] + by[3] * to[3],
    by[4] * to[0] + by[5] * to[2] + to[4],
    by[4] * to[1] + by[5] * to[3] + to[5],
  ];
}

function play(
  document: PdfDocument,
  shown: Shown[],
  fonts: Map<Dict, Font>,
  bytes: Uint8Array,
  resources: Dict | undefined,
  start: Matrix,
  depth: number,
): void {
  document.budget.values(COST_OF_FORM);
  if (depth > DEEPEST) throw broken(`its pages have forms inside forms, deeper than ${DEEPEST}`);
  const lexer = lexerOf(bytes, 0, document.budget, { refs: false, file: false });
  let state: State = {
    matrix: start,
    font: undefined,
    size: 0,
    charSpace: 0,
    wordSpace: 0,
    scale: 1,
    leading: 0,
    rise: 0,
  };
  const saved: State[] = [];
  let line = IDENTITY;
  let text = IDENTITY;
  let held: PdfValue[] = [];

  const number = (at: number): number => (typeof held[at] === "number" ? held[at] : 0);
  const move = (x: number, y: number): void => {
    line = times([1, 0, 0, 1, x, y], line);
    text = line;
  };
  const forward = (by: number): void => {
    text = times([1, 0, 0, 1, by, 0], text);
  };
  const show = (value: PdfValue | undefined): void => {
    if (!(value instanceof Uint8Array) || !state.font) return;
    const { font, size, charSpace, wordSpace, scale, rise } = state;
    for (const glyph of font.glyphs(value)) {
      document.budget.values(1);
      const width = glyph.width * font.unit * size;
      const place = times(times([size * scale, 0, 0, size, 0, rise], text), state.matrix);
      const advance = (width + charSpace + (glyph.isSpace ? wordSpace : 0)) * scale;
      put(shown, glyph.text, place, size === 0 ? 0 : width / size);
      forward(advance);
    }
  };
  const operators: Readonly<Record<string, () => void>> = {
    q: () => {
      if (saved.length < MOST_SAVED) saved.push({ ...state });
    },
    Q: () => {
      state = saved.pop() ?? state;
    },
    cm: () => {
      state.matrix = times(matrixOf(held), state.matrix);
    },
    BT: () => {
      line = IDENTITY;
      text = IDENTITY;
    },
    Tf: () => {
      const [name] = held;
      const font =
        name && document.dict(document.dict(resources?.get("Font"))?.get((name as { text?: string }).text ?? ""));
      state.size = number(1);
      state.font = font ? fontIn(document, fonts, font) : undefined;
    },
    Tc: () => void (state.charSpace = number(0)),
    Tw: () => void (state.wordSpace = number(0)),
    Tz: () => void (state.scale = number(0) / 100),
    TL: () => void (state.leading = number(0)),
    Ts: () => void (state.rise = number(0)),
    Td: () => move(number(0), number(1)),
    TD: () => {
      state.leading = -number(1);
      move(number(0), number(1));
    },
    Tm: () => {
      line = matrixOf(held);
      text = line;
    },
    "T*": () => move(0, -state.leading),
    Tj: () => show(held[0]),
    "'": () => {
      move(0, -state.leading);
      show(held[0]);
    },
    '"': () => {
      state.wordSpace = number(0);
      state.charSpace = number(1);
      move(0, -state.leading);
      show(held[2]);
    },
    TJ: () => {
      const [items] = held;
      for (const item of isList(items) ? items : []) {
        if (typeof item === "number") forward((-item / 1000) * state.size * state.scale);
        else show(item);
      }
    },
    Do: () => {
      const [name] = held;
      const object = document.resolve(
        document.dict(resources?.get("XObject"))?.get((name as { text?: string })?.text ?? ""),
      );
      if (!(object instanceof Stream) || document.name(object.dict.get("Subtype")) !== "Form") return;
      const own = document.dict(object.dict.get("Resources")) ?? resources;
      const matrix = document.list(object.dict.get("Matrix"));
      const inner =
        matrix.length === 6
          ? times(matrixOf(matrix.map((value) => document.resolve(value))), state.matrix)
          : state.matrix;
      play(document, shown, fonts, document.unpacked(object), own, inner, depth + 1);
    },
    BI: () => skipImage(lexer),
  };
  for (let token = next(lexer); token !== undefined; token = next(lexer)) {
    if (!(token instanceof Keyword)) {
      held.push(token);
      continue;
    }
    if (Object.hasOwn(operators, token.word)) operators[token.word]!();
    held = [];
  }
}

function fontIn(document: PdfDocument, fonts: Map<Dict, Font>, dict: Dict): Font {
  let font = fonts.get(dict);
  if (!font) fonts.set(dict, (font = fontOf(document, dict)));
  return font;
}

function matrixOf(held: readonly PdfValue[]): Matrix {
  const [a = 1, b = 0, c = 0, d = 1, e = 0, f = 0] = held.map((value) => (typeof value === "number" ? value : 0));
  return [a, b, c, d, e, f];
}

/** Only what stands upright: a stamp across the page is no line of it. */
function put(shown: Shown[], text: string, [a, b, c, d, x, y]: Matrix, width: number): void {
  const along = Math.hypot(a, b);
  const size = Math.hypot(c, d);
  if (a <= 0 || Math.abs(b) > 0.05 * along || !Number.isFinite(x + y + size)) return;
  shown.push({ text, x, y, width: width * along, size });
}

/** An image in place: its bytes end at `EI` between white space. */
function skipImage(lexer: Lexer): void {
  const { bytes } = lexer;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = buffer.indexOf("ID", lexer.at);
  let end = data === -1 ? -1 : buffer.indexOf("EI", data + 3);
  while (end !== -1 && !(isSpace(bytes[end - 1]) && (end + 2 === bytes.length || isSpace(bytes[end + 2])))) {
    end = buffer.indexOf("EI", end + 2);
  }
  if (end === -1) throw broken("an image on one of its pages has no end");
  lexer.at = end + 2;
}

function isSpace(code: number | undefined): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9 || code === 0;
}
