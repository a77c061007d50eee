// A PDF for people, and for tests of a mapping to compare: what is in it, not how it is written.

import { createHash } from "node:crypto";
import { shownPaths } from "../names.ts";
import { budgetOf } from "../read/budget.ts";
import { openPdf, type PdfDocument } from "../read/document.ts";
import { type Field, readForm } from "../read/fields.ts";
import { filesOf } from "../read/files.ts";
import { infoOf } from "../read/info.ts";
import { pagesOf } from "../read/pages.ts";
import type { Dict } from "../read/values.ts";
import { shownOn } from "../text/content.ts";
import { linesOf } from "../text/lines.ts";

/** Written here, so that only mistakes of ours could exceed them. */
const LIMITS = { pages: 100_000, objects: 200_000, inflated: 512 * 1024 * 1024 };

export function showPdf(bytes: Uint8Array): string {
  const document = openPdf(bytes, budgetOf(LIMITS));
  const pages = pagesOf(document);
  const { fields } = readForm(document);
  const { title } = infoOf(document);
  const head = `PDF, ${pages.length} page${pages.length === 1 ? "" : "s"}${title === undefined ? "" : `: ${title}`}`;
  // What is printed on a form is the form's; where nothing is left to fill in, it is the message.
  const body = fields.length > 0 ? fieldLines(fields) : pageLines(document, pages);
  return [head, ...body, ...fileLines(document, pages), ""].join("\n");
}

function fieldLines(fields: readonly Field[]): readonly string[] {
  const paths = shownPaths(fields.map(({ path }) => path));
  return fields.flatMap(({ value }, at) => {
    if (value === undefined) return [];
    const shown = Array.isArray(value) ? value.join(", ") : String(value);
    return `  ${paths[at]!.join(".")} = ${shown.replaceAll("\n", "\n      ")}`;
  });
}

function pageLines(document: PdfDocument, pages: readonly Dict[]): readonly string[] {
  return pages.flatMap((page, at) => [
    ...(pages.length > 1 ? [`page ${at + 1}`] : []),
    ...linesOf(shownOn(document, page)).map((line) => `  ${line}`),
  ]);
}

function fileLines(document: PdfDocument, pages: readonly Dict[]): readonly string[] {
  return filesOf(document, pages).map(({ name, mediaType = "", relationship = "", stream }) => {
    const bytes = document.unpacked(stream);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return `file ${name}  ${mediaType}  ${relationship}  ${bytes.length} bytes  sha256 ${sha256}`;
  });
}
