// The pages of a document in their order (ISO 32000-1, 7.7.3).

import { broken } from "./faults.ts";
import type { PdfDocument } from "./document.ts";
import { type Dict, type PdfValue, Ref } from "./values.ts";

const DEEPEST = 64;
/** What a page has from the nodes above it where it says nothing itself (table 30). */
const INHERITED = ["MediaBox", "CropBox", "Rotate", "Resources"] as const;

/** With what they inherit filled in. Throws PDF_BROKEN, PDF_LIMIT. */
export function pagesOf(document: PdfDocument): readonly Dict[] {
  const pages: Dict[] = [];
  const seen = new Set<number>();
  function walk(value: PdfValue | undefined, above: ReadonlyMap<string, PdfValue>, depth: number): void {
    if (value instanceof Ref) {
      if (seen.has(value.number)) throw broken("its pages form a circle");
      seen.add(value.number);
    }
    if (depth > DEEPEST) throw broken(`its tree of pages is deeper than ${DEEPEST}`);
    const node = document.dict(value);
    if (!node) throw broken("one of its pages is missing");
    const inherited = new Map(above);
    for (const key of INHERITED) {
      const own = node.get(key);
      if (own !== undefined) inherited.set(key, own);
    }
    const type = document.name(node.get("Type"));
    if (type === "Page" || (type !== "Pages" && !node.has("Kids"))) {
      document.budget.page();
      pages.push(new Map([...inherited, ...node]));
      return;
    }
    for (const kid of document.list(node.get("Kids"))) walk(kid, inherited, depth + 1);
  }
  walk(document.catalog.get("Pages"), new Map(), 0);
  return pages;
}
