// Texts of a page by where they stand: behind a label, or in a box. For PDFs that were printed instead of saved as forms; whatever moves
// on the page breaks it, so a label has to be there exactly once.

import { BridgeError } from "../../../core/errors.ts";
import type { PdfDocument } from "../read/document.ts";
import type { Dict } from "../read/values.ts";
import { type Shown, shownOn } from "./content.ts";
import { linesOf } from "./lines.ts";

export interface Region {
  /** From 1. */
  readonly page: number;
  /** The text before it on its line. */
  readonly after?: string | undefined;
  /** With `after`: where it ends, if it does. */
  readonly until?: string | undefined;
  /** x, y, width, height in millimetres from the upper left. */
  readonly box?: readonly number[] | undefined;
}

const POINTS_PER_MM = 72 / 25.4;

/** By name; nothing there = no entry. Throws PDF_LABEL, PDF_TEXT_UNREADABLE, PDF_BROKEN, PDF_LIMIT. */
export function textsOf(
  document: PdfDocument,
  pages: readonly Dict[],
  regions: Readonly<Record<string, Region>>,
): ReadonlyMap<string, string> {
  const known = new Map<number, Page>();
  const texts = new Map<string, string>();
  for (const [name, region] of Object.entries(regions)) {
    let page = known.get(region.page);
    if (!page) known.set(region.page, (page = pageOf(document, pages, region.page, name)));
    const text = region.box ? inBox(page.shown, region.box) : behindLabel(page.lines(), region, name);
    if (text.includes("\ufffd")) throw unreadable(name);
    if (text !== "") texts.set(name, text);
  }
  return texts;
}

interface Page {
  readonly shown: readonly Shown[];
  lines(): readonly string[];
}

function pageOf(document: PdfDocument, pages: readonly Dict[], number: number, name: string): Page {
  const page = pages[number - 1];
  if (!page) throw label(name, `there is no page ${number}; the PDF has ${pages.length}`);
  const shown = shownOn(document, page);
  if (shown.length === 0) throw label(name, `page ${number} has no upright text; it was probably scanned`);
  let lines: readonly string[] | undefined;
  return { shown, lines: () => (lines ??= linesOf(shown)) };
}

function behindLabel(lines: readonly string[], { page, after = "", until }: Region, name: string): string {
  const wanted = after.replaceAll(/\s+/gu, " ").trim();
  const found = lines.flatMap((line) => behind(line, wanted));
  if (found.length !== 1) {
    const count = found.length === 0 ? "is not" : `stands ${found.length} times`;
    throw label(name, `the label ${count} on page ${page}`);
  }
  const rest = found[0]!;
  const end = until === undefined ? -1 : rest.indexOf(until.replaceAll(/\s+/gu, " ").trim());
  return (end === -1 ? rest : rest.slice(0, end)).trim();
}

/** What stands behind each place of the label; `Name:` is not in `Vorname:`. */
function behind(line: string, label: string): readonly string[] {
  const found: string[] = [];
  for (let at = line.indexOf(label); at !== -1; at = line.indexOf(label, at + 1)) {
    const before = line.slice(0, at);
    if (/[\p{L}\p{N}]$/u.test(before) && /^[\p{L}\p{N}]/u.test(label)) continue;
    found.push(line.slice(at + label.length));
  }
  return found;
}

/** Characters whose middle lies in the box, line by line. */
function inBox(shown: readonly Shown[], [x = 0, y = 0, width = 0, height = 0]: readonly number[]): string {
  const [left, top] = [x * POINTS_PER_MM, y * POINTS_PER_MM];
  const [right, low] = [left + width * POINTS_PER_MM, top + height * POINTS_PER_MM];
  const inside = shown.filter((one) => {
    const middle = one.x + one.width / 2;
    // Letters stand on their line: the middle of most is a third of their size above it.
    const centre = one.y - one.size / 3;
    return middle >= left && middle <= right && centre >= top && centre <= low;
  });
  return linesOf(inside).join("\n");
}

function label(name: string, what: string): BridgeError {
  return new BridgeError("PDF_LABEL", `decode.pdf.text.${name}: ${what}`, { stage: "decode", facts: { text: name } });
}

function unreadable(name: string): BridgeError {
  return new BridgeError(
    "PDF_TEXT_UNREADABLE",
    `decode.pdf.text.${name}: the font does not say which characters it shows`,
    {
      stage: "decode",
      facts: { text: name },
    },
  );
}
