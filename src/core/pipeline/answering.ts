// Receipts of one bridge: written when a drop has its end, tried again until they are, replaced after a replay.

import type { LoadedBridge } from "../bridge/types.ts";
import type { DropRow, Journal } from "../journal/types.ts";
import { receiptCsv, receiptFor, receiptJson, receiptName } from "./receipt.ts";
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

export function createAnswering(
  bridge: LoadedBridge,
  answers: readonly Answer[],
  journal: Journal,
  notices: (bridge: LoadedBridge, drop: DropRow) => readonly string[],
  signal: AbortSignal,
  /** Hears of each receipt how writing it to a server ended. */
  servers: Pick<ServerBook, "watch">,
): Answering {
  async function answer(id: string): Promise<void> {
    const drop = await journal.drop(id);
    if (!drop) return;
    if (answers.length > 0) {
      const receipt = await receiptFor(bridge, drop, journal, (one) => notices(bridge, one));
      for (const { format, target } of answers) {
        const body = format === "json" ? receiptJson(receipt) : receiptCsv(receipt);
        const put = target.put(receiptName(drop, format), body, signal);
        await servers.watch("receipts", target.server, signal, put);
      }
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
