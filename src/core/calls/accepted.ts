// The source of a bridge that accepts calls: what callers offer is taken as drops are, with the same steps and the same commits. An
// offer ends with the journal's word for it (`settle`), or with a no that nobody can mistake: nothing of it was kept.

import type { Delivery, Source } from "../contract.ts";
import { BridgeError } from "../errors.ts";
import type { NewCall } from "../journal/types.ts";

export interface AcceptedSource extends Source {
  /** Resolves with the drop once the journal has it. Throws CALLS_TOO_MANY where it is not taken; an aborted signal takes it back. */
  offer(name: string, call: NewCall, bytes: Uint8Array, signal: AbortSignal): Promise<string>;
  /** The call that a delivery with this hint is. */
  callOf(hint: string): NewCall | undefined;
  /** Nobody looks any more: what waits is refused, and whatever comes. */
  stop(): void;
}

/** Only bridges that are called have one. */
export function asAccepted(source: Source): AcceptedSource | undefined {
  return "offer" in source ? (source as AcceptedSource) : undefined;
}

interface Offer {
  readonly name: string;
  readonly call: NewCall;
  readonly bytes: Uint8Array;
  readonly taken: (drop: string) => void;
  readonly refused: (error: BridgeError) => void;
}

/** What was taken by an earlier process and not marked as settled is looked at so often. */
const LOOK_EVERY = 60_000;
/** A look that never ended would leave those without an answer that could not be written. */
const MOST_PER_LOOK = 256;

export function acceptedSource(): AcceptedSource {
  /** Nobody has looked at them yet. */
  const waiting = new Set<Offer>();
  /** The intake has them. By hint. */
  const given = new Map<string, Offer>();
  let wake: (() => void) | undefined;
  let stopped = false;

  function refuse(offers: Iterable<Offer>): void {
    for (const offer of offers) {
      waiting.delete(offer);
      given.delete(offer.call.id);
      offer.refused(new BridgeError("CALLS_TOO_MANY", "no calls can be taken at the moment", { stage: "receive" }));
    }
  }

  /** A look that is over has settled what it took; the rest could not be written. */
  function endLook(): void {
    refuse([...given.values()]);
  }

  async function* look(): AsyncGenerator<Delivery> {
    endLook();
    let left = MOST_PER_LOOK;
    for (const offer of waiting) {
      if (left-- === 0) return;
      waiting.delete(offer);
      given.set(offer.call.id, offer);
      let isWanted = false;
      try {
        yield deliveryOf(offer, () => void given.delete(offer.call.id));
        isWanted = true;
      } finally {
        // The disk or the bridge's share of it is full: nobody else needs to wait for that either.
        if (!isWanted) refuse([offer, ...waiting]);
      }
    }
  }

  function stop(): void {
    stopped = true;
    refuse([...given.values(), ...waiting]);
  }

  return {
    growing: 0,
    look,
    wait(signal) {
      endLook();
      if (waiting.size > 0 || signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          signal.removeEventListener("abort", done);
          wake = undefined;
          resolve();
        };
        const timer = setTimeout(done, LOOK_EVERY);
        timer.unref();
        signal.addEventListener("abort", done, { once: true });
        wake = done;
      });
    },
    settleAgain: () => Promise.resolve(),
    offer(name, call, bytes, signal) {
      return new Promise((resolve, reject) => {
        const offer: Offer = { name, call, bytes, taken: resolve, refused: reject };
        if (stopped || signal.aborted) return refuse([offer]);
        // Once the intake has it, its end is near and must be heard.
        signal.addEventListener("abort", () => waiting.has(offer) && refuse([offer]), { once: true });
        waiting.add(offer);
        wake?.();
      });
    },
    callOf: (hint) => given.get(hint)?.call,
    stop,
    close: async () => stop(),
  };
}

function deliveryOf({ name, call, bytes, taken }: Offer, settled: () => void): Delivery {
  return {
    name,
    size: bytes.length,
    hint: call.id,
    attributes: {},
    async *open() {
      yield bytes;
    },
    verify: () => Promise.resolve("same"),
    settle(drop) {
      settled();
      taken(drop);
      return Promise.resolve();
    },
  };
}
