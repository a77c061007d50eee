// Fields made part of their pages: what they show is drawn, and nothing is left to be filled in.
//
// An own one: the library's leaves out boxes that have no drawing for "off", and says so on the console.

import {
  drawObject,
  PDFArray,
  PDFDict,
  type PDFDocument,
  PDFName,
  PDFNumber,
  type PDFOperator,
  PDFRef,
  PDFStream,
  popGraphicsState,
  pushGraphicsState,
  concatTransformationMatrix,
  type PDFPage,
} from "@cantoo/pdf-lib";

/** Table 165: hidden, or not to be seen. */
const UNSEEN = 2 | 32;

const name = (text: string): PDFName => PDFName.of(text);

export function flattenForm(document: PDFDocument): void {
  const { context, catalog } = document;
  for (const page of document.getPages()) flattenPage(document, page);
  const form = catalog.lookupMaybe(name("AcroForm"), PDFDict);
  const fields = form?.lookupMaybe(name("Fields"), PDFArray);
  // What is no longer shown is no longer there: values of fields are data.
  if (fields) forget(document, fields);
  const ref = catalog.get(name("AcroForm"));
  catalog.delete(name("AcroForm"));
  if (ref instanceof PDFRef) context.delete(ref);
}

function forget(document: PDFDocument, fields: PDFArray): void {
  for (const field of fields.asArray()) {
    const dict = document.context.lookup(field);
    if (field instanceof PDFRef) document.context.delete(field);
    const kids = dict instanceof PDFDict ? dict.lookupMaybe(name("Kids"), PDFArray) : undefined;
    if (kids) forget(document, kids);
  }
}

function flattenPage(document: PDFDocument, page: PDFPage): void {
  const annotations = page.node.Annots();
  if (!annotations) return;
  const kept = document.context.obj([]);
  const drawn: PDFOperator[] = [];
  for (const item of annotations.asArray()) {
    const annotation = document.context.lookup(item);
    const isWidget = annotation instanceof PDFDict && annotation.lookup(name("Subtype")) === name("Widget");
    if (isWidget) drawn.push(...draw(document, page, annotation));
    else kept.push(item);
  }
  page.node.set(name("Annots"), kept);
  if (drawn.length > 0) page.pushOperators(...drawn);
}

/** Its appearance, moved and stretched from its own box into its place (12.5.5, algorithm 8.1). */
function draw(document: PDFDocument, page: PDFPage, widget: PDFDict): PDFOperator[] {
  const flags = widget.lookupMaybe(name("F"), PDFNumber)?.asNumber() ?? 0;
  const ref = (flags & UNSEEN) === 0 ? appearanceOf(document, widget) : undefined;
  if (!ref) return [];
  const { dict } = document.context.lookup(ref, PDFStream);
  dict.set(name("Type"), name("XObject"));
  dict.set(name("Subtype"), name("Form"));
  const place = boxOf(numbersOf(widget, "Rect") ?? [0, 0, 0, 0]);
  const own = boxOf(turned(numbersOf(dict, "BBox") ?? [0, 0, 0, 0], numbersOf(dict, "Matrix")));
  if (own.width === 0 || own.height === 0) return [];
  const x = place.width / own.width;
  const y = place.height / own.height;
  const key = page.node.newXObject("Field", ref);
  return [
    pushGraphicsState(),
    concatTransformationMatrix(x, 0, 0, y, place.x - own.x * x, place.y - own.y * y),
    drawObject(key.decodeText()),
    popGraphicsState(),
  ];
}

function appearanceOf(document: PDFDocument, widget: PDFDict): PDFRef | undefined {
  const normal = widget.lookupMaybe(name("AP"), PDFDict)?.get(name("N"));
  const found = document.context.lookup(normal);
  if (normal instanceof PDFRef && found instanceof PDFStream) return normal;
  if (!(found instanceof PDFDict)) return undefined;
  const state = widget.lookup(name("AS"));
  const ref = state instanceof PDFName ? found.get(state) : undefined;
  return ref instanceof PDFRef && document.context.lookup(ref) instanceof PDFStream ? ref : undefined;
}

function numbersOf(dict: PDFDict, key: string): number[] | undefined {
  return dict
    .lookupMaybe(name(key), PDFArray)
    ?.asArray()
    .map((_, at, items) => dict.context.lookup(items[at]))
    .map((value) => (value instanceof PDFNumber ? value.asNumber() : 0));
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Around all points `x y x y …`. */
function boxOf(points: readonly number[]): Box {
  const xs = points.filter((_, at) => at % 2 === 0);
  const ys = points.filter((_, at) => at % 2 === 1);
  const x = Math.min(...xs);
  const y = Math.min(...ys);
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

/** The corners of a box behind a matrix. */
function turned(
  [x1 = 0, y1 = 0, x2 = 0, y2 = 0]: readonly number[],
  matrix: readonly number[] = [1, 0, 0, 1, 0, 0],
): number[] {
  const [a = 1, b = 0, c = 0, d = 1, e = 0, f = 0] = matrix;
  const corners = [x1, y1, x2, y1, x2, y2, x1, y2];
  return corners.map((_, at) =>
    at % 2 === 0 ? a * corners[at]! + c * corners[at + 1]! + e : b * corners[at - 1]! + d * corners[at]! + f,
  );
}
