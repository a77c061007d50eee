// How large a row can become, so that room is made once for all that its writers put there.

import type { CellPlan } from "../formula/cell-plan.ts";
import { textBytes, type TextForm } from "./text-forms.ts";

/** Bytes at most: `constant`, and `factor` for each byte of the row. */
export interface RowSize {
  readonly constant: number;
  readonly factor: number;
}

/** Of what stands between the bytes of the bridge file. */
export function rowSize(plans: readonly CellPlan[], form: TextForm): RowSize {
  const uses = new Map<string, number>();
  for (const plan of plans) count(plan, uses);
  const constant = plans.reduce((sum, plan) => sum + constantOf(plan, form), 0);
  return { constant, factor: form.widest * Math.max(1, ...uses.values()) };
}

/** Dates and amounts become longer by less than this, and `false` is shorter. */
const FEW = 16;

function constantOf(plan: CellPlan | undefined, form: TextForm): number {
  if (plan === undefined) return 0;
  if (plan.kind === "joined") {
    return plan.parts.reduce((sum, part) => sum + ("text" in part ? form.widest * textBytes(part.text).length : 0), 2);
  }
  return plan.kind === "choice" ? constantOf(plan.yes, form) + constantOf(plan.no, form) : FEW;
}

/** How often each cell may be written. */
function count(plan: CellPlan | undefined, uses: Map<string, number>): void {
  if (plan === undefined) return;
  if (plan.kind === "choice") {
    count(plan.yes, uses);
    count(plan.no, uses);
    return;
  }
  const names = plan.kind === "joined" ? plan.parts.flatMap((part) => ("name" in part ? part.name : [])) : [plan.name];
  for (const name of names) uses.set(name, (uses.get(name) ?? 0) + 1);
}
