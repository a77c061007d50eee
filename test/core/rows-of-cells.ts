// Rows of cells written as documents of XML, beside what `render` gives of their records.

import { expect } from "vitest";
import type { Scope } from "../../src/core/contract.ts";
import { recordsOf, type RowRun } from "../../src/core/mapping/rows.ts";
import type { Inside } from "../../src/core/mapping/surely.ts";
import { ByteSink } from "../../src/core/mapping/template/byte-sink.ts";
import type { DocumentWriter } from "../../src/core/mapping/template/straight-xml.ts";
import type { Template } from "../../src/core/mapping/types.ts";
import { scopeOf } from "./formula-place.ts";

export interface Written {
  readonly how: ReturnType<DocumentWriter> | "thrown";
  /** What `render` gave; a thrown error is its code. */
  readonly rendered: string | undefined;
}

/** So many rows for each document, in turn; a document may reach from one batch into the next. */
export function runsOf(batches: readonly RowRun[], sizes: readonly number[]): readonly (readonly RowRun[])[] {
  const documents: RowRun[][] = [];
  let runs: RowRun[] = [];
  let left = 0;
  for (const { cells, to: end } of batches) {
    for (let from = 0; from < end;) {
      if (left === 0) {
        documents.push((runs = []));
        left = sizes[(documents.length - 1) % sizes.length] ?? 1;
      }
      const to = Math.min(from + left, end);
      // A fault is no message's.
      if (cells.others.slice(from, to).every((other) => other === undefined || !("fault" in other))) {
        runs.push({ cells, from, to });
      }
      left -= to - from;
      from = to;
    }
  }
  return documents.filter((one) => one.length > 0);
}

const BEFORE = "vorher ";

/** Writes each document both ways into one sink that has to grow. */
export function writeBoth(
  made: Template,
  documents: readonly (readonly RowRun[])[],
  inside: Inside | undefined,
): readonly Written[] {
  const out = new ByteSink(1);
  out.text(BEFORE);
  let whole = BEFORE;
  const written = documents.map((runs): Written => {
    const records = recordsOf(runs);
    const [first] = records;
    if (first === undefined || !made.document) throw new Error("nothing is straight here");
    const scope: Scope = scopeOf(first, { group: records });
    let rendered: string | undefined;
    let failed: string | undefined;
    try {
      rendered = made.render(first, scope);
    } catch (cause) {
      failed = (cause as { code: string }).code;
    }
    const before = out.at;
    let how: Written["how"];
    try {
      how = made.document.bind((runs[0] as RowRun).cells.names, made.document.plan(inside))(runs, scope, out);
    } catch (cause) {
      how = "thrown";
      out.at = before;
      expect([(cause as { code?: string }).code ?? cause, rendered]).toEqual([failed, undefined]);
    }
    if (how === "valid" || how === "written") whole += rendered ?? `nothing, ${failed ?? "skipped"}`;
    else expect(out.at).toBe(before);
    return { how, rendered: rendered ?? failed };
  });
  expect(Buffer.from(out.taken()).toString("utf8")).toBe(whole);
  return written;
}
