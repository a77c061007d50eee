// Keys of groups as bytes of their rows, so that rows of one group are told from the next one's without making texts of them.

import { partBegin, partEnd, type CellPart, type CellPlan } from "./formula/cell-plan.ts";
import { isAscii } from "./template/cell-writers.ts";

export interface CellKey {
  /** Finds the key of the row whose places begin at `base`; false = the general way has to look at it. */
  read(bytes: Uint8Array, places: Int32Array, base: number): boolean;
  /** Where it was found. */
  readonly from: number;
  readonly to: number;
  /** The row has none. */
  readonly absent: boolean;
}

/** undefined = the key is more than a cell or a part of one. */
export function cellKey(plan: CellPlan, names: readonly string[]): CellKey | undefined {
  if (plan.kind !== "cell" && plan.kind !== "part") return undefined;
  const slot = 2 * names.indexOf(plan.name);
  const part: CellPart | undefined = plan.kind === "part" ? plan : undefined;
  const key = {
    from: 0,
    to: 0,
    absent: true,
    read(bytes: Uint8Array, places: Int32Array, base: number): boolean {
      const from = slot < 0 ? 0 : (places[base + slot] as number);
      const to = slot < 0 ? 0 : (places[base + slot + 1] as number);
      key.absent = from === to;
      key.from = from;
      key.to = to;
      if (part === undefined || key.absent) return true;
      if (!isAscii(bytes, from, to)) return false;
      key.from = from + partBegin(part, to - from);
      key.to = from + partEnd(part, to - from);
      return true;
    },
  };
  return key;
}
