// A record that may have arrived on one side of `deliver.split` is not sent to the other: whatever the list says today, one message has
// one target.

import { BridgeError } from "../errors.ts";
import type { LoadedBridge, Way } from "../bridge/types.ts";
import type { SplitSide } from "../bridge/section-split.ts";
import type { DeadLetter } from "../journal/types.ts";
import { chooseWay, type Message } from "./map-unit.ts";

/** A fact of letters: where their key was sent. */
export const SIDE_FACT = "side";

export function sideOf({ split }: Pick<Way, "split">): SplitSide["side"] {
  return split?.side ?? "stayed";
}

/** Why this message, whose key was sent before, may not go where today's bridge file sends it; undefined = it may. */
export function otherSide(letter: DeadLetter, message: Message, pinned: LoadedBridge): BridgeError | undefined {
  const today = sideOf(message.way);
  const before = letter.facts?.[SIDE_FACT] ?? pinnedSide(message, pinned);
  if (before === today) return undefined;
  return new BridgeError(
    "DELIVERY_UNSURE",
    `it may have arrived where deliver.split sent it then (${before}); it does not go to the other side`,
    { stage: "deliver", hint: "Put its value back into deliver.split as it was, replay it, and move it again." },
  );
}

function pinnedSide({ scope }: Message, { ways }: LoadedBridge): SplitSide["side"] {
  const chosen = chooseWay(
    ways.map((way) => ({ way, validators: [] })),
    scope.root,
    scope,
  );
  return chosen ? sideOf(chosen.way) : "stayed";
}
