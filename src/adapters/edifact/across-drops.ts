// An interchange that an earlier drop brought: what came is for core to know, which is asked here.

import type { DecodeContext } from "../../core/contract.ts";
import { envelopeFinding, identityOf, isIdentified } from "./envelope.ts";
import { errorOf } from "./finding.ts";
import type { Segment } from "./segment.ts";

/** Interchanges of a file that are looked up; as many are answered. */
const MOST_REMEMBERED = 10_000;

export class AcrossDrops {
  readonly #context: DecodeContext;
  #interchanges = 0;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  /** The UNB of one more interchange of the drop. @throws BridgeError where there are too many. */
  take(header: Segment): void {
    if (!this.#context.once || !isIdentified(header)) return;
    if (++this.#interchanges > MOST_REMEMBERED) {
      const what = `more than ${MOST_REMEMBERED} interchanges, too many to look whether they came before`;
      throw errorOf({ ...envelopeFinding("UCI", "18", header, what), code: "EDIFACT_LIMIT" });
    }
    const what = "an interchange of this sender, recipient and reference came in an earlier drop";
    const twice = { ...envelopeFinding("UCI", "26", header, what, 6), code: "EDIFACT_DUPLICATE" } as const;
    this.#context.once(identityOf(header), errorOf(twice));
  }
}
