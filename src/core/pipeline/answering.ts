// Receipts of one bridge, and answers in the drop's own format: written when a drop has its end, tried again until they are, replaced after a replay.

import type { LoadedBridge } from "../bridge/types.ts";
import type { ReceiptTarget } from "../contract.ts";
import type { DropRow, Journal, Spool } from "../journal/types.ts";
import { endedDrop } from "./ended-drop.ts";
import { answerName, receiptCsv, receiptFor, receiptJson, receiptName } from "./receipt.ts";
import type { Answer } from "./runtime.ts";
import type { ServerBook } from "./server-health.ts";

export interface Answering {
  answer(drop: string): Promise<void>;
  /** All that is still owed; a failure is reported and tried again at the next call. `patience`: milliseconds, for what takes several tries. */
  answerRest(
    busy: (drop: DropRow) => boolean,
    failed: (drop: string, cause: unknown) => void,
    patience: number,
  ): Promise<void>;
}

export interface AnsweringDeps {
  readonly bridge: LoadedBridge;
  readonly answers: readonly Answer[];
  readonly journal: Pick<Journal, "drop" | "dead" | "answered" | "unanswered">;
  readonly spool: Pick<Spool, "read">;
  notices(bridge: LoadedBridge, drop: DropRow): readonly string[];
  readonly signal: AbortSignal;
  /** Hears of each answer how writing it to a server ended. */
  readonly servers: Pick<ServerBook, "watch">;
}

export function createAnswering(deps: AnsweringDeps): Answering {
  const { bridge, answers, journal, signal, servers } = deps;
  const receipts = answers.flatMap(({ as, target }) => (typeof as === "string" ? [{ format: as, target }] : []));
  const acknowledgers = answers.flatMap(({ as, target }) => (typeof as === "string" ? [] : [{ by: as, target }]));

  async function put(target: ReceiptTarget, name: string, body: Uint8Array): Promise<void> {
    await servers.watch("receipts", target.server, signal, target.put(name, body, signal));
  }

  async function answer(id: string): Promise<void> {
    const drop = await journal.drop(id);
    if (!drop) return;
    // An answer in the drop's own format speaks of the drop as it came: a replay changes nothing in it.
    const isFirst = !drop.answered && drop.payload === "kept";
    const ended = acknowledgers.length > 0 && isFirst ? await endedDrop(deps, drop) : undefined;
    for (const { by, target } of ended ? acknowledgers : []) {
      const files = ended ? await by.acknowledge(ended, signal) : [];
      for (const [index, { body, ...named }] of files.entries())
        await put(target, answerName(drop, { ...named, number: files.length > 1 ? index + 1 : undefined }), body);
    }
    if (receipts.length > 0) {
      const receipt = await receiptFor(bridge, drop, journal, (one) => deps.notices(bridge, one));
      for (const { format, target } of receipts)
        await put(target, receiptName(drop, format), format === "json" ? receiptJson(receipt) : receiptCsv(receipt));
    }
    await journal.answered(id);
  }

  return {
    answer,
    async answerRest(busy, failed) {
      for (const drop of await journal.unanswered(bridge.name)) {
        if (signal.aborted) return;
        if (busy(drop)) continue;
        try {
          await answer(drop.id);
        } catch (cause) {
          failed(drop.id, cause);
        }
      }
    },
  };
}
