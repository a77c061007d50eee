// Rows of cells → a document of XML, as bytes: what `render` gives of their records, without records, scopes and texts. What a schema says is
// seen to while the bytes are written, as far as it is sure; so a document that is surely valid needs nobody to read it again.
//
// Rows that are not plain are written from their records, each in its place. Whatever else is not all well (an error, a record that is
// skipped, a document that grows too large) is left to the general way as a whole, which says it.

import type { Scope } from "../../contract.ts";
import type { RowRun } from "../rows.ts";
import type { Inside } from "../surely.ts";
import type { QName } from "../types.ts";
import type { ByteSink } from "./byte-sink.ts";
import { WRITTEN } from "./cell-writers.ts";
import { bindElement, MOST_BYTES, mostOf, type Binding, type Place } from "./straight-elements.ts";
import { planDocument, writersOf, type DocumentPlan } from "./straight-plan.ts";
import type { StraightElement } from "./straight-tree.ts";
import { constant } from "./text-forms.ts";
import { OUTPUT_LIMIT } from "./values.ts";

export interface StraightDocument {
  readonly root: QName;
  /** `inside` is what may surely stand in the root; undefined = nothing is known. */
  plan(inside: Inside | undefined): DocumentPlan;
  /** For rows with these columns. */
  bind(names: readonly string[], plan: DocumentPlan): DocumentWriter;
}

/** "valid" = surely; "left" = nothing was written, the general way has to look at it. */
export type Outcome = "valid" | "written" | "left";

/**
 * Writes the message behind what stands in the sink. `scope` is for records that are no rows; where one of them has a fault it throws, and
 * what was written is nothing.
 */
export type DocumentWriter = (runs: readonly RowRun[], scope: Scope | undefined, out: ByteSink) => Outcome;

/** `head` stands before the root. */
export function straightDocument(head: string, root: StraightElement): StraightDocument {
  const writers = writersOf(root);
  return {
    root: root.name,
    plan: (inside) => planDocument(head, root, inside),
    bind: (names, plan) => documentWriter(plan, names, writers),
  };
}

/** Without `writers` a message with a record that is no plain row is left. */
export function documentWriter(
  { head, root, size, readsFirst, checked }: DocumentPlan,
  names: readonly string[],
  writers: Binding["writers"] = [],
): DocumentWriter {
  const stride = 2 * names.length;
  const before = constant(head);
  const { write } = bindElement(root, { stride, column: (name) => names.indexOf(name), writers });
  return (runs, scope, out) => {
    const [first] = runs;
    if (!first || runs.some(({ cells }) => cells.names !== names)) return "left";
    const { bytes, places, others } = first.cells;
    const isRow = others[first.from] === undefined;
    if (!isRow && readsFirst) return "left";
    const base = stride * first.from;
    const most = isRow ? mostOf(size, places, base, stride) : size.constant;
    if (most > MOST_BYTES) return "left";
    const place: Place = { bytes, places, base, runs, scope, count: 0, sure: checked, most };
    const began = out.at;
    out.reserve(most);
    out.put(before);
    const result = write(place, out);
    if (result === WRITTEN && out.at - began <= OUTPUT_LIMIT) return place.sure ? "valid" : "written";
    out.at = began;
    return "left";
  };
}
