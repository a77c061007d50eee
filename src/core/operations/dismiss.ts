// Dead letters closed for a reason; and drops given up that a restore left without payload.

import { BridgeError } from "../errors.ts";
import type { DeadLetter, Journal } from "../journal/types.ts";
import type { Appliance } from "../pipeline/appliance.ts";

/** More than this many at once is a bulk dismissal, an act of two persons. */
export const MOST_DISMISS = 20;

export interface DismissDeps {
  readonly journal: Pick<Journal, "deadLetter" | "drop" | "dismiss" | "giveUp">;
  running(): Appliance | undefined;
}

export interface DismissRequest {
  /** Of dead letters, or of drops. */
  readonly ids: readonly string[];
  readonly actor: string;
  readonly reason: string;
}

const isLetterId = (id: string): boolean => id.startsWith("dl-");

/** All or none of the letters; APPROVAL_NEEDED, DEAD_LETTER_UNKNOWN, REQUEST_INVALID. */
export async function dismissAll(
  deps: DismissDeps,
  { ids, actor, reason }: DismissRequest,
): Promise<{ readonly dismissed: number }> {
  const { journal } = deps;
  if (reason.trim() === "") throw new BridgeError("REQUEST_INVALID", "a dismissal needs a reason");
  if (ids.length > MOST_DISMISS) {
    throw new BridgeError("APPROVAL_NEEDED", `dismissing more than ${MOST_DISMISS} at once is an act of two persons`, {
      hint: "Dismiss them by the ids of single records, or mend the cause and replay them.",
    });
  }
  // An ordered bridge holds the records behind a dead one; the engine lets them go.
  const target = deps.running() ?? journal;
  const [letters, drops] = [ids.filter(isLetterId), ids.filter((id) => !isLetterId(id))];
  for (const id of letters) await letterOf(journal, id);
  for (const drop of drops) {
    if (await target.giveUp({ drop, actor, reason })) continue;
    if ((await journal.drop(drop)) === undefined)
      throw new BridgeError("DEAD_LETTER_UNKNOWN", `there is no dead letter and no drop ${drop}`);
    throw new BridgeError("REQUEST_INVALID", `drop ${drop} has its payload, or its end: nothing of it can be given up`);
  }
  return { dismissed: drops.length + (await target.dismiss(letters, actor, reason)) };
}

/** DEAD_LETTER_UNKNOWN */
export async function letterOf(journal: DismissDeps["journal"], id: string): Promise<DeadLetter> {
  const letter = await journal.deadLetter(id);
  if (letter === undefined) throw new BridgeError("DEAD_LETTER_UNKNOWN", "there is no dead letter of that id");
  return letter;
}
