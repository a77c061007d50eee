// A sheet of A4 with a title, labelled lines and a footer: what goes with data that people also want to see.

import { type PDFDocument, type PDFFont, type PDFPage, PageSizes } from "@cantoo/pdf-lib";
import { BridgeError } from "../../../core/errors.ts";
import { checkLetters, type Fonts } from "./fonts.ts";
import type { Sheet, SheetLine } from "./protocol.ts";

const MM = 72 / 25.4;
const [WIDTH, HEIGHT] = PageSizes.A4;
/** DIN 5008: 25 mm on the left, 20 mm on the right. */
const LEFT = 25 * MM;
const RIGHT = WIDTH - 20 * MM;
const TOP = HEIGHT - 25 * MM;
const LOW = 25 * MM;
const FOOT = 15 * MM;
/** Where values begin. */
const COLUMN = LEFT + 50 * MM;
const SIZE = 10;
const LEAD = 14;
const MOST_PAGES = 200;

interface Pen {
  page: PDFPage;
  y: number;
  readonly pages: PDFPage[];
}

export async function drawSheet(document: PDFDocument, fonts: Fonts, { title, lines, footer }: Sheet): Promise<void> {
  const regular = await fonts.regular();
  const bold = await fonts.bold();
  const first = document.addPage(PageSizes.A4);
  const pen: Pen = { page: first, y: TOP, pages: [first] };
  if (title !== undefined) {
    checkLetters(title, "/page/title");
    for (const text of wrapped(title, bold, 16, RIGHT - LEFT)) write(document, pen, [[text, LEFT, bold, 16]], 22);
    pen.y -= 8;
  }
  for (const line of lines) drawLine(document, pen, line, regular, bold);
  if (footer !== undefined) checkLetters(footer, "/page/footer");
  pen.pages.forEach((page, at) => {
    const [text = ""] = wrapped(footer ?? "", regular, 8, RIGHT - LEFT - 25 * MM);
    if (text !== "") page.drawText(text, { x: LEFT, y: FOOT, size: 8, font: regular });
    const number = `${at + 1}/${pen.pages.length}`;
    page.drawText(number, { x: RIGHT - regular.widthOfTextAtSize(number, 8), y: FOOT, size: 8, font: regular });
  });
}

function drawLine(
  document: PDFDocument,
  pen: Pen,
  { label, value, path }: SheetLine,
  regular: PDFFont,
  bold: PDFFont,
): void {
  checkLetters(`${label ?? ""}${value}`, path);
  const at = label === undefined ? LEFT : COLUMN;
  const labels = label === undefined ? [] : wrapped(label, bold, SIZE, COLUMN - LEFT - 3 * MM);
  const values = wrapped(value, regular, SIZE, RIGHT - at);
  for (let row = 0; row < Math.max(labels.length, values.length); row++) {
    const pieces: Piece[] = [];
    if (labels[row]) pieces.push([labels[row]!, LEFT, bold, SIZE]);
    if (values[row]) pieces.push([values[row]!, at, regular, SIZE]);
    write(document, pen, pieces, LEAD);
  }
  pen.y -= 3;
}

type Piece = readonly [text: string, x: number, font: PDFFont, size: number];

function write(document: PDFDocument, pen: Pen, pieces: readonly Piece[], lead: number): void {
  if (pen.y - lead < LOW) {
    if (pen.pages.length === MOST_PAGES) {
      throw new BridgeError("OUTPUT_TOO_LARGE", `the sheet would have more than ${MOST_PAGES} pages`, { stage: "map" });
    }
    pen.page = document.addPage(PageSizes.A4);
    pen.pages.push(pen.page);
    pen.y = TOP;
  }
  pen.y -= lead;
  for (const [text, x, font, size] of pieces) pen.page.drawText(text, { x, y: pen.y, size, font });
}

/** Lines that fit, broken at spaces, and within a word that is too long. */
function wrapped(text: string, font: PDFFont, size: number, width: number): readonly string[] {
  return text.split("\n").flatMap((paragraph) => {
    const lines: string[] = [];
    let line = "";
    for (const word of paragraph.trimEnd().split(" ")) {
      const longer = line === "" ? word : `${line} ${word}`;
      if (font.widthOfTextAtSize(longer, size) <= width) {
        line = longer;
        continue;
      }
      if (line !== "") lines.push(line);
      const pieces = broken(word, font, size, width);
      lines.push(...pieces.slice(0, -1));
      line = pieces.at(-1) ?? "";
    }
    return [...lines, line];
  });
}

function broken(word: string, font: PDFFont, size: number, width: number): readonly string[] {
  const pieces: string[] = [];
  let piece = "";
  // A letter and its marks stay together.
  for (const { segment } of new Intl.Segmenter("de").segment(word)) {
    if (piece !== "" && font.widthOfTextAtSize(piece + segment, size) > width) {
      pieces.push(piece);
      piece = "";
    }
    piece += segment;
  }
  return [...pieces, piece];
}
