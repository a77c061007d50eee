// Of every Notbetrieb people hear when it begins, when the second person confirms it and when it ends, once each, also where it was done
// while no appliance ran.

import type { NotbetriebBook } from "../lifecycle/notbetrieb.ts";

export type NotbetriebStage = "begun" | "confirmed" | "ended";

/** What was told of the latest use. */
export interface NotbetriebMemory {
  readonly uses: number;
  readonly told: readonly NotbetriebStage[];
}

/** What ended longer ago is history: whoever sets up notifications does not want to hear of it. */
const HISTORY = 7 * 86_400_000;

/** In order. `now` by the trusted clock. */
export function dueNotbetrieb(
  book: NotbetriebBook | undefined,
  now: number,
  memory: NotbetriebMemory | undefined,
): { readonly stages: readonly NotbetriebStage[]; readonly memory: NotbetriebMemory } | undefined {
  if (book === undefined) return undefined;
  const { uses, last } = book;
  const told = memory?.uses === uses ? memory.told : [];
  const happened: readonly NotbetriebStage[] = [
    "begun",
    ...(last.stage === 2 ? (["confirmed"] as const) : []),
    ...(now >= last.until ? (["ended"] as const) : []),
  ];
  const stages = happened.filter((stage) => !told.includes(stage));
  if (stages.length === 0) return undefined;
  return { stages: now - last.until > HISTORY ? [] : stages, memory: { uses, told: happened } };
}
