// What a codec says may come only once is looked up before anything of a drop is delivered, and remembered for it: in one transaction, so
// that of two drops with the same key one is delivered, whenever the process dies.

import type { Codec, DecodeContext } from "../contract.ts";
import { BridgeError } from "../errors.ts";
import type { DropRow, Journal } from "../journal/types.ts";

export interface OnlyOnce {
  /** For the context of `checkFrame`. */
  readonly hears: Pick<DecodeContext, "once">;
  /** Throws what the codec gave for a key that another drop has; `facts.which` = numbers of all such keys in the order told, from 1. */
  settle(): Promise<void>;
}

export function onlyOnce(
  { remembers }: Codec,
  drop: DropRow,
  journal: Pick<Journal, "claim">,
  dryRun = false,
): OnlyOnce {
  if (remembers === undefined) return { hears: {}, settle: () => Promise.resolve() };
  const keys: string[] = [];
  const errors: BridgeError[] = [];
  return {
    hears: {
      once(key, twice) {
        keys.push(key);
        errors.push(twice);
      },
    },
    async settle() {
      if (keys.length === 0) return;
      const { id, bridge, received, occurrence } = drop;
      const which = await journal.claim({
        drop: id,
        bridge,
        keys,
        at: received,
        until: received + remembers,
        // A person has asked for it (`replay --as-new`).
        hasPriority: occurrence > 0,
        dryRun,
      });
      const [first] = which;
      if (first === undefined) return;
      const { code, message, stage, hint, detail, facts } = errors[first]!;
      const numbers = which.map((index) => index + 1).join(",");
      throw new BridgeError(code, message, { stage, hint, detail, facts: { ...facts, which: numbers } });
    },
  };
}
