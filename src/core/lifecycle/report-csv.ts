// The lifecycle of all bridges as CSV (RFC 4180) for spreadsheets. What would be a formula there is made text; nothing else is altered.

import type { LifecycleOutline } from "./outline.ts";
import type { LifecycleRow } from "./state-report.ts";

const COLUMNS = [
  "bridge",
  "title",
  "state",
  "started",
  "deprecated",
  "sunset",
  "daysLeft",
  "extensions",
  "held",
  "overdue",
  "owner",
  "email",
  "successor",
  "callers",
  "using",
  "successorShare",
] as const;

/** In the order of `rows`; an outline that lacks leaves its cells empty. */
export function lifecycleCsv(rows: readonly LifecycleRow[], outlines: readonly LifecycleOutline[]): string {
  const byName = new Map(outlines.map((outline) => [outline.bridge, outline]));
  const lines = rows.map((row) => {
    const outline = byName.get(row.bridge);
    const cells: Readonly<Record<(typeof COLUMNS)[number], string | number | boolean>> = {
      bridge: row.bridge,
      title: outline?.title ?? "",
      state: row.state,
      started: row.started,
      deprecated: row.deprecated,
      sunset: row.sunset,
      daysLeft: row.daysLeft,
      extensions: row.extensions,
      held: row.held,
      overdue: row.overdue,
      callers: row.callers,
      using: row.using,
      successorShare: row.successorShare === null ? "" : Math.round(row.successorShare * 10_000) / 10_000,
      owner: row.owner,
      email: outline?.owner.email ?? "",
      successor: row.successor ?? "",
    };
    return COLUMNS.map((column) => cell(cells[column]));
  });
  return csvOf([COLUMNS, ...lines]);
}

/** Lines of cells as RFC 4180 wants them. */
export function csvOf(lines: readonly (readonly string[])[]): string {
  return lines.map((line) => `${line.join(",")}\r\n`).join("");
}

// Spreadsheets take these for formulas, in their wide forms too.
const FORMULA = /^\s*[=+\-@＝＋－＠]/u;
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]+/gu;

/** One cell: no formula, no control characters, quoted where it must be. */
export function cell(value: string | number | boolean): string {
  if (typeof value !== "string") return String(value);
  const plain = value.toWellFormed().replaceAll(CONTROLS, " ");
  const safe = FORMULA.test(plain) ? `'${plain}` : plain;
  return /[",]|^\s|\s$/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
