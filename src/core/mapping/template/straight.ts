// A row of cells → a line of JSON, as bytes: what `render` gives of the record, without record, scope and text. Only objects whose members
// are literals and formulas with a plan (formula/cell-plan.ts) are written like that, and only where all is well: whatever needs an
// error, an escape beyond \" and \\ or a skipped record is left to the general way, which says it. So there is nothing here that can fail.

import type { Cells } from "../../contract.ts";
import type { CellPlan } from "../formula/cell-plan.ts";
import type { ByteSink, Constant } from "./byte-sink.ts";
import { rowSize, type RowSize } from "./cell-size.ts";
import { cellWriter, OTHER, type CellWriter } from "./cell-writers.ts";
import { quote } from "./json-text.ts";
import { constant, jsonForm } from "./text-forms.ts";

export interface Straight {
  /** For rows with these columns. */
  bind(names: readonly string[]): RowWriter;
}

/** Writes the row behind what stands in the sink; false = nothing was written, the general way has to look at it. */
export type RowWriter = (cells: Cells, row: number, out: ByteSink) => boolean;

export interface StraightMember {
  readonly name: string;
  /** JSON text of a literal, or the plan of a formula. */
  readonly value: string | CellPlan;
}

/** A row that could become larger than this goes the general way, which has the limits for it. */
const MOST_BYTES = 1 << 20;

interface BoundMember {
  /** `"name":`, for literals with the value; in front of it a comma where it is not the first. */
  readonly first: Constant;
  readonly next: Constant;
  readonly write: CellWriter | undefined;
}

/** undefined = no formula is in it: such an object stands whatever the cells say. */
export function straightObject(members: readonly StraightMember[]): Straight | undefined {
  if (members.every(({ value }) => typeof value === "string")) return undefined;
  const keyed = members.map(({ name, value }) => {
    const key = `${quote(name)}:${typeof value === "string" ? value : ""}`;
    return { value, first: constant(`{${key}`), next: constant(`,${key}`) };
  });
  const plans = members.flatMap(({ value }) => (typeof value === "string" ? [] : value));
  const bare = rowSize(plans, jsonForm);
  const size = { ...bare, constant: keyed.reduce((sum, { next }) => sum + next.length, bare.constant + 2) };
  return {
    bind(names) {
      const column = (name: string): number => names.indexOf(name);
      const bound = keyed.map(({ value, first, next }): BoundMember => {
        return { first, next, write: typeof value === "string" ? undefined : cellWriter(value, column, jsonForm) };
      });
      return rowWriter(bound, 2 * names.length, size);
    },
  };
}

function rowWriter(members: readonly BoundMember[], stride: number, size: RowSize): RowWriter {
  return ({ bytes, places }, row, out) => {
    const base = stride * row;
    const most = size.constant + size.factor * ((places[base + stride - 1] as number) - (places[base] as number));
    if (most > MOST_BYTES) return false;
    out.reserve(most);
    const began = out.at;
    let isFirst = true;
    let kept = false;
    for (let index = 0; index < members.length; index += 1) {
      const { first, next, write } = members[index] as BoundMember;
      const before = out.at;
      out.put(isFirst ? first : next);
      if (write !== undefined) {
        const result = write(bytes, places, base, out);
        if (result === OTHER) {
          out.at = began;
          return false;
        }
        if (!result) {
          out.at = before;
          continue;
        }
        kept = true;
      }
      isFirst = false;
    }
    // A record without any value makes no message.
    if (!kept) {
      out.at = began;
      return false;
    }
    out.bytes[out.at++] = 0x7d;
    return true;
  };
}
