// Files inside a PDF: those of its list (ISO 32000-1, 7.11.4), those that belong to it (AF, ISO 32000-2, 14.13: Factur-X, ZUGFeRD), and
// those pinned to pages. And the document that LibreOffice puts into a hybrid PDF, in an entry of the trailer that no standard has.

import { broken } from "./faults.ts";
import type { PdfDocument } from "./document.ts";
import { nameText, pdfText } from "./texts.ts";
import { type Dict, type PdfValue, Ref, Stream } from "./values.ts";

export interface EmbeddedFile {
  readonly name: string;
  readonly description: string | undefined;
  /** As the file says, for example `text/xml`. */
  readonly mediaType: string | undefined;
  /** Alternative, Data, Source, Supplement. */
  readonly relationship: string | undefined;
  readonly stream: Stream;
}

const DEEPEST = 32;
const MOST_FILES = 10_000;

/** In the order of the list, then those that only belong to the document, then those of its pages, then a hybrid one's. Throws PDF_BROKEN, PDF_LIMIT. */
export function filesOf(document: PdfDocument, pages: readonly Dict[]): readonly EmbeddedFile[] {
  const files: EmbeddedFile[] = [];
  const seen = new Set<Stream>();
  const keep = (file: EmbeddedFile): void => {
    if (seen.has(file.stream)) return;
    seen.add(file.stream);
    files.push(file);
    if (files.length > MOST_FILES) throw broken(`it holds more than ${MOST_FILES} files`);
  };
  const add = (value: PdfValue | undefined): void => {
    const file = fileOf(document, document.dict(value));
    if (file) keep(file);
  };
  const names = document.dict(document.catalog.get("Names"));
  walkNames(document, names?.get("EmbeddedFiles"), add);
  for (const value of document.list(document.catalog.get("AF"))) add(value);
  for (const page of pages) {
    for (const value of document.list(page.get("AF"))) add(value);
    for (const value of document.list(page.get("Annots"))) {
      const annotation = document.dict(value);
      if (document.name(annotation?.get("Subtype")) === "FileAttachment") add(annotation?.get("FS"));
    }
  }
  walkAdditional(document, keep);
  return files;
}

/** Extensions of what LibreOffice opens again. */
const OFFICE: Readonly<Record<string, string>> = {
  text: "odt",
  spreadsheet: "ods",
  presentation: "odp",
  graphics: "odg",
};
const OFFICE_TYPE = /^application\/vnd\.oasis\.opendocument\.(\w+)$/;

/** `/AdditionalStreams [ /application#2Fvnd… 18 0 R ]`: by type, without names, so they have one of ours. */
function walkAdditional(document: PdfDocument, add: (file: EmbeddedFile) => void): void {
  const items = document.list(document.trailer.get("AdditionalStreams"));
  for (let at = 0; at + 1 < items.length; at += 2) {
    const type = document.name(items[at]);
    const stream = document.resolve(items[at + 1]);
    if (type === undefined || !(stream instanceof Stream)) continue;
    const mediaType = nameText(type);
    const extension = OFFICE[OFFICE_TYPE.exec(mediaType)?.[1] ?? ""] ?? "bin";
    add({ name: `Original.${extension}`, description: undefined, mediaType, relationship: undefined, stream });
  }
}

/** A name tree (7.9.6): the names themselves only order it. */
function walkNames(document: PdfDocument, root: PdfValue | undefined, add: (value: PdfValue) => void): void {
  const seen = new Set<number>();
  function walk(value: PdfValue | undefined, depth: number): void {
    if (value instanceof Ref) {
      if (seen.has(value.number)) throw broken("its list of files forms a circle");
      seen.add(value.number);
    }
    if (depth > DEEPEST) throw broken(`its list of files is nested deeper than ${DEEPEST}`);
    const node = document.dict(value);
    document.list(node?.get("Names")).forEach((item, at) => {
      if (at % 2 === 1) add(item);
    });
    for (const kid of document.list(node?.get("Kids"))) walk(kid, depth + 1);
  }
  walk(root, 0);
}

function fileOf(document: PdfDocument, spec: Dict | undefined): EmbeddedFile | undefined {
  if (!spec) return undefined;
  const inside = document.dict(spec.get("EF"));
  const stream = document.resolve(inside?.get("UF") ?? inside?.get("F"));
  if (!(stream instanceof Stream)) return undefined;
  const text = (key: string): string | undefined => {
    const bytes = document.bytes(spec.get(key));
    return bytes && pdfText(bytes, "the name of an embedded file");
  };
  const type = document.name(stream.dict.get("Subtype"));
  return {
    name: text("UF") ?? text("F") ?? "",
    description: text("Desc"),
    mediaType: type === undefined ? undefined : nameText(type),
    relationship: document.name(spec.get("AFRelationship")),
    stream,
  };
}
