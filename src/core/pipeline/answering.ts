// Receipts of one bridge, and answers in the drop's own format: written when a drop has its end, tried again until they are, replaced after a replay.

import type { LoadedBridge } from "../bridge/types.ts";
import type { AnswerFile, Log, ReceiptTarget } from "../contract.ts";
import type { DropRow, Journal, Spool } from "../journal/types.ts";
import { endedDrop } from "./ended-drop.ts";
import { createNotices } from "./pinning.ts";
import { answerName, receiptCsv, receiptFor, receiptJson, receiptName } from "./receipt.ts";
import type { Runtime } from "./runtime.ts";
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

export type AnsweringRuntime = Pick<Runtime, "answers" | "bridge" | "codec" | "ways">;

export interface AnsweringDeps {
  readonly bridge: LoadedBridge;
  readonly today: AnsweringRuntime;
  /** The version of the bridge that a drop is pinned to; undefined = it is gone, and nothing of it is left to answer by. */
  readonly versionOf: (version: string) => Promise<AnsweringRuntime | undefined>;
  readonly journal: Pick<Journal, "drop" | "dead" | "answered" | "unanswered" | "batchNumber">;
  readonly spool: Pick<Spool, "read">;
  notices(bridge: LoadedBridge, drop: DropRow): readonly string[];
  readonly signal: AbortSignal;
  /** Hears of each answer how writing it to a server ended. */
  readonly servers: Pick<ServerBook, "watch">;
  readonly log: Log;
}

export function createAnswering(deps: AnsweringDeps): Answering {
  const { bridge, today, journal, signal, servers, log } = deps;
  const { answers } = today;
  const receipts = answers.flatMap(({ as, target }) => (typeof as === "string" ? [{ format: as, target }] : []));
  const acknowledgers = answers.flatMap(({ as, ...more }) => (typeof as === "string" ? [] : [{ as, ...more }]));

  async function put(target: ReceiptTarget, name: string, body: Uint8Array): Promise<void> {
    await servers.watch("receipts", target.server, signal, target.put(name, body, signal));
  }

  /**
   * Answers in the drop's own format, which speak of it as it came: a replay changes nothing in them. Gives what the receipt says of those
   * that cannot be.
   */
  async function acknowledge(drop: DropRow): Promise<readonly string[]> {
    const isNeeded = acknowledgers.length > 0 && (!drop.answered || receipts.length > 0);
    if (!isNeeded || drop.payload !== "kept") return [];
    const notices = createNotices();
    const pinned = await deps.versionOf(drop.bridgeVersion);
    const ended = await endedDrop(deps, pinned ?? today, drop, (what) => {
      notices.add(what);
      if (!drop.answered) log("warn", "answer.impossible", { bridge: bridge.name, drop: drop.id, code: what.code });
    });
    if (!ended) return [];
    for (const { name, as, target } of acknowledgers) {
      // Read as it was when it was decoded; it goes where today's bridge says.
      const then = pinned?.answers.find((one) => one.name === name && typeof one.as !== "string")?.as;
      const by = then === undefined || typeof then === "string" ? as : then;
      const files = await by.acknowledge(ended, signal);
      if (drop.answered) continue;
      for (const { body, ...named } of numbered(files)) await put(target, answerName(drop, named), body);
    }
    return notices.texts();
  }

  async function answer(id: string): Promise<void> {
    const drop = await journal.drop(id);
    if (!drop) return;
    const unanswered = await acknowledge(drop);
    if (receipts.length > 0) {
      const receipt = await receiptFor(bridge, drop, journal, (one) => deps.notices(bridge, one), unanswered);
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

/** Several of one kind are told apart by their number. */
function numbered(files: readonly AnswerFile[]): readonly (AnswerFile & { readonly number: number | undefined })[] {
  const kinds = Map.groupBy(files, ({ kind }) => kind);
  const counts = new Map<string, number>();
  return files.map((file) => {
    const count = (counts.get(file.kind) ?? 0) + 1;
    counts.set(file.kind, count);
    return { ...file, number: kinds.get(file.kind)!.length > 1 ? count : undefined };
  });
}
