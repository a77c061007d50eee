// What was read of an interchange, and what became of its drop → what its answer says.
//
//   came after the sunset                AK9 R 1 (functional group not supported)
//   came before                          TA1 R 025
//   its frame is broken                  TA1 R with the note; without TA1 all its groups R
//   its group is broken                  AK9 R with the codes; its other groups R without
//   another one of the drop is broken    AK9 R without codes, because nothing of a broken drop is delivered
//   transaction sets are dead letters    AK5 R with the code, AK9 P (R where all are)
//   their segments are wrong, but let be AK5 E, AK9 E
//
// Where the bridge is not strict, what was read was taken, so a broken end is an E: accepted, with errors.

import { type GroupReading, type InterchangeReading, isWrong, type SetReading } from "../acknowledge.ts";
import { NOTES } from "../faults.ts";
import type { OpenGroup, OpenInterchange } from "../readings.ts";
import type { Options } from "./options.ts";

export interface Situation {
  readonly ta1: Options["ta1"];
  readonly strict: boolean;
  /** All transaction sets of an interchange are one record. */
  readonly isWhole: boolean;
  /** Nothing of the drop was taken. */
  readonly isRefused: boolean;
  /** The drop came before. */
  readonly isTwice: boolean;
  /** It came after the sunset of the bridge. */
  readonly isEnded: boolean;
}

/** undefined = it is not answered: it is an answer itself, or nothing is to be said of it. */
export function verdictOn(open: OpenInterchange, situation: Situation): InterchangeReading | undefined {
  const { isa, note } = open;
  const { ta1, strict, isTwice } = situation;
  const groups = open.groups.filter((group) => !isAnswer(group));
  if (groups.length === 0 && (open.answers || open.groups.length > 0)) return undefined;
  const fault = isTwice ? NOTES.twice : note;
  const status = fault === undefined ? "A" : strict || isTwice ? "R" : "E";
  const isTold = ta1 === true || (ta1 === "requested" && (isa["ISA14"] === "1" || fault !== undefined));
  const verdict = isTold ? ({ status, note: fault ?? NOTES.fine } as const) : undefined;
  // A TA1 that refuses has said all.
  if (verdict?.status === "R") return { isa, verdict, groups: [] };
  if (situation.isEnded) {
    const ended = groups.map((group) => groupOf({ ...group, codes: [NOT_SUPPORTED] }, true, false));
    return verdict || ended.length > 0 ? { isa, verdict, groups: ended } : undefined;
  }
  const isGone = situation.isRefused || status === "R" || (strict && groups.some(({ codes }) => codes.length > 0));
  const told = groups.map((group) => groupOf(group, isGone, lostTogether(groups, situation)));
  return verdict || told.length > 0 ? { isa, verdict, groups: told } : undefined;
}

/** Of a group (data element 716). */
const NOT_SUPPORTED = "1";

/** They answer themselves, and are not answered. */
function isAnswer({ gs, sets }: OpenGroup): boolean {
  return gs["GS01"] === "FA" || sets.some(({ set }) => set === "997" || set === "999");
}

/** One that is wrong costs all that are one record with it. */
function lostTogether(groups: readonly OpenGroup[], { isWhole }: Situation): boolean {
  return isWhole && groups.some(({ sets }) => sets.some(isWrong));
}

function groupOf({ gs, announced, sets, codes }: OpenGroup, refused: boolean, isLost: boolean): GroupReading {
  const told: readonly SetReading[] = isLost ? sets.map((one) => ({ ...one, refused: true })) : sets;
  return { gs, announced, sets: told, codes: [...new Set(codes)], refused };
}
