// Characters at their places → lines, as a reader sees them.

import type { Shown } from "./content.ts";

/** What is so close in height, in parts of the size, stands on one line. */
const SAME_LINE = 0.35;
/** A gap of so much of the size is a space. */
const GAP = 0.18;
/** A letter drawn again so close is a bold one. */
const DRAWN_TWICE = 0.12;

/** From top to bottom. */
export function linesOf(shown: readonly Shown[]): readonly string[] {
  const rows: Shown[][] = [];
  let row: Shown[] = [];
  for (const one of shown.toSorted((a, b) => a.y - b.y)) {
    const first = row[0];
    if (first && Math.abs(one.y - first.y) > SAME_LINE * Math.max(one.size, first.size)) {
      rows.push(row);
      row = [];
    }
    row.push(one);
  }
  if (row.length > 0) rows.push(row);
  return rows.map(lineOf).filter((line) => line !== "");
}

function lineOf(row: readonly Shown[]): string {
  let text = "";
  let end = Number.NEGATIVE_INFINITY;
  let last: Shown | undefined;
  for (const one of row.toSorted((a, b) => a.x - b.x)) {
    const isAgain = last?.text === one.text && one.x - last.x < DRAWN_TWICE * one.size;
    if (isAgain) continue;
    if (last && one.x - end > GAP * one.size) text += " ";
    text += one.text;
    end = one.x + one.width;
    last = one;
  }
  // ﬁ is a way to draw f and i.
  const letters = text.replaceAll(/[\ufb00-\ufb06]/gu, (drawn) => drawn.normalize("NFKC"));
  return letters.replaceAll(/\s+/gu, " ").trim();
}
