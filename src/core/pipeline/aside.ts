// Records of one drop can go to several addresses. What is for one that is away stands aside: the run passes over it, serves the others,
// and the drop comes back to it later, with the same keys. So one dead town does not stop three hundred.
//
// Where all go to one address, or one after the other, they wait in their place: passing over would only map them in vain.

import { BridgeError } from "../errors.ts";
import type { RunningBridge } from "./drop-run.ts";
import type { Tracker } from "./progress.ts";

/** What a commit writes grows with the finished ranges between what stands aside. */
const MOST_RANGES = 2_000;
/** What stands aside is mapped again at every pass. */
const MOST_MESSAGES = 100_000;

export interface Aside {
  /** Whether another message may stand aside; else it waits in its place and holds up what is behind it. */
  readonly mayGrow: boolean;
  add(messages: number, why: string): void;
  /** What ends the run when the others are served; undefined = nothing stands aside. */
  readonly reason: BridgeError | undefined;
}

export function createAside({ bridge, couriers }: RunningBridge, tracker: Tracker): Aside {
  const several = couriers.size > 1 || [...couriers.values()].some(({ target }) => target.addresses === "several");
  const possible = several && bridge.order.by === "none";
  let count = 0;
  let last = "";
  return {
    get mayGrow() {
      return possible && count < MOST_MESSAGES && tracker.gaps < MOST_RANGES;
    },
    add(messages, why) {
      count += messages;
      last = why;
    },
    get reason() {
      if (count === 0) return undefined;
      const what = count === 1 ? "1 message waits for a target that is" : `${count} messages wait for targets that are`;
      return new BridgeError("TARGETS_AWAY", `${what} away, the others were served: ${last}`, { stage: "deliver" });
    },
  };
}

/** Some of its addresses are away; nothing is known against what waits for them. */
export function standsAside(cause: unknown): cause is BridgeError {
  return cause instanceof BridgeError && cause.code === "TARGETS_AWAY";
}
