// Reference and time of an answer, made of the drop: the same after a crash.

import type { AnsweredDrop } from "../../../core/contract.ts";
import { localTime } from "../../shared/local-time.ts";
import { referenceOf } from "../reference.ts";
import type { Stamp } from "./head.ts";

/** `which`: of the drop's answers; its time is that of receipt. */
export function stampOf(
  { bridge, id, received, timezone }: Pick<AnsweredDrop, "bridge" | "id" | "received" | "timezone">,
  which: readonly (string | number)[],
): Stamp {
  const { date, time } = localTime(received, timezone);
  return { reference: referenceOf([bridge, id, ...which]), date, time: time.slice(0, 4) };
}
