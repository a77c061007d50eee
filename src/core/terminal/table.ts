// Tables: names first and left, numbers right-aligned, one sign at a line's start. Only text columns are ever cut;
// numbers, codes and ids stay whole even where the line then grows too wide.

import { NONE } from "./format.ts";
import { mark, paint, sign } from "./look.ts";
import type { Look, Paint, Sign } from "./look.ts";
import { cutEnd, cutPath, escapeControls, pad, widthOf } from "./text.ts";

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
  /** How the column gives way where the line is too wide; without it, never. */
  readonly cut?: "end" | "path";
  /** Columns that a cut leaves at least. */
  readonly least?: number;
}

export interface Row {
  readonly sign?: Sign;
  readonly cells: readonly string[];
  /** Colour of single cells, by column. */
  readonly paints?: Readonly<Record<number, Paint>>;
  /** Lines that stand below the row, indented under the second column. */
  readonly below?: readonly string[];
}

const GAP = 2;

/** Lines without line ends. A row's cells are data: control characters in them are escaped here. */
export function renderTable(look: Look, columns: readonly Column[], rows: readonly Row[], header = true): string[] {
  const clean = rows.map((row) => row.cells.map((cell) => (cell === NONE ? sign(look, NONE) : escapeControls(cell))));
  // One column for the sign; two where one of them has a longer stand-in.
  const lead = 1 + Math.max(1, ...rows.map((row) => (row.sign === undefined ? 1 : sign(look, row.sign).length)));
  const widths = fit(look, columns, clean, header, lead);
  const lines: string[] = [];
  if (header)
    lines.push(
      paint(
        look,
        "dim",
        line(
          columns,
          columns.map((column) => column.title),
          widths,
          " ".repeat(lead),
        ),
      ),
    );
  for (const [index, row] of rows.entries()) {
    const cells = (clean[index] ?? []).map((cell, at) => cut(look, columns[at], cell, widths[at] ?? 0));
    const start = pad(row.sign === undefined ? "" : mark(look, row.sign), lead);
    lines.push(line(columns, cells, widths, start, look, row.paints));
    const indent = " ".repeat(lead + (widths[0] ?? 0) + GAP);
    for (const below of row.below ?? []) {
      lines.push(indent + cutEnd(look, escapeControls(below), look.width - indent.length));
    }
  }
  return lines;
}

function fit(
  look: Look,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  header: boolean,
  lead: number,
): number[] {
  const widths = columns.map((column, at) =>
    rows.reduce((most, row) => Math.max(most, widthOf(row[at] ?? "")), header ? widthOf(column.title) : 0),
  );
  let excess = lead + widths.reduce((sum, width) => sum + width, 0) + GAP * (columns.length - 1) - look.width;
  // The widest column that may be cut gives way first.
  while (excess > 0) {
    const candidates = columns
      .map((column, at) => ({ at, room: column.cut === undefined ? 0 : (widths[at] ?? 0) - (column.least ?? 12) }))
      .filter((candidate) => candidate.room > 0);
    const widest = candidates.toSorted((a, b) => (widths[b.at] ?? 0) - (widths[a.at] ?? 0))[0];
    if (widest === undefined) break;
    const second =
      candidates.length > 1 ? Math.max(...candidates.filter((c) => c !== widest).map((c) => widths[c.at] ?? 0)) : 0;
    const step = Math.max(1, Math.min(excess, widest.room, (widths[widest.at] ?? 0) - second));
    widths[widest.at] = (widths[widest.at] ?? 0) - step;
    excess -= step;
  }
  return widths;
}

function cut(look: Look, column: Column | undefined, cell: string, width: number): string {
  if (column?.cut === "path") return cutPath(look, cell, width);
  if (column?.cut === "end") return cutEnd(look, cell, width);
  return cell;
}

function line(
  columns: readonly Column[],
  cells: readonly string[],
  widths: readonly number[],
  start: string,
  look?: Look,
  paints?: Readonly<Record<number, Paint>>,
): string {
  const padded = cells.map((cell, at) => {
    const text = pad(cell, widths[at] ?? 0, columns[at]?.align ?? "left");
    return look === undefined ? text : paint(look, paints?.[at], text);
  });
  return (start + padded.join(" ".repeat(GAP))).trimEnd();
}
