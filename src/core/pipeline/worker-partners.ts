// Partners as callers of one bridge: each interchange of a drop counts once, when the drop was received, however often it is read.

import type { Codec } from "../contract.ts";
import type { DropRow } from "../journal/types.ts";
import { isFatal } from "./fatal.ts";
import { createSenderBook, type Senders } from "./senders.ts";
import { MOST_UNFINISHED } from "./worker-state.ts";
import type { WorkerDeps } from "./worker-types.ts";

export interface WorkerPartners {
  /** What the run of a drop heard; told again by its next run. */
  heard(drop: DropRow, senders: Senders): void;
  /** Reads a drop that comes after the end and that nobody decodes now; what cannot be read has no sender. */
  hear(drop: DropRow): Promise<void>;
}

interface Parts {
  readonly bridge: string;
  readonly deps: Pick<WorkerDeps, "spool" | "partnerSeen">;
  /** Of the bridge as it is today, by which such a drop was taken. */
  readonly codec: Pick<Codec, "namesSenders" | "checkFrame" | "decode">;
  readonly signal: AbortSignal;
}

export function createWorkerPartners({ bridge, deps, codec, signal }: Parts): WorkerPartners {
  const began = Date.now();
  const counted = new Set<string>();

  function enter({ id, received }: DropRow, senders: Senders): void {
    // An earlier process may have counted it: it is seen once more, and not counted.
    const isNew = received >= began && !counted.has(id);
    if (isNew) remember(id);
    for (const [name, count] of senders) deps.partnerSeen?.(name, bridge, received, isNew ? count : 0);
  }

  function remember(id: string): void {
    const [oldest] = counted;
    if (counted.size === MOST_UNFINISHED && oldest !== undefined) counted.delete(oldest);
    counted.add(id);
  }

  return {
    heard(drop, senders) {
      // More than once means that a person asked for it to be delivered once more.
      if (drop.occurrence === 0) enter(drop, senders);
    },
    async hear(drop) {
      if (codec.namesSenders !== true) return;
      const book = createSenderBook((senders) => enter(drop, senders));
      const context = { signal, pinned: undefined, detected: (): void => undefined, sender: book.add };
      try {
        await codec.checkFrame?.(deps.spool.read(drop.id, signal), context);
        book.tell();
        for await (const _ of codec.decode(deps.spool.read(drop.id, signal), context));
      } catch (cause) {
        if (isFatal(cause)) throw cause;
      }
      if (!signal.aborted) book.tell();
    },
  };
}
