// A milestone in one line.

import type { Milestone } from "../../lifecycle/milestones.ts";
import type { Screen } from "./screen.ts";
import { PROGRESS_WORDS } from "./words-progress.ts";

/** Whole per cents, rounded down: what is not reached must not look so. */
export function percent(share: number): string {
  return `${Math.floor(share * 100 + 1e-9)} %`;
}

/** `Mehrheit umgestellt: 38 % statt 50 %` */
export function milestoneText(
  { goal, wanted, measured, state: which }: Milestone,
  { language }: Pick<Screen, "language">,
): string {
  const own = PROGRESS_WORDS[language];
  if (wanted === null) return goal;
  if (which === "missed" && measured !== null) return `${goal}: ${own.insteadOf(percent(measured), percent(wanted))}`;
  return `${goal} (${percent(wanted)}): ${own.milestones[which]}`;
}
