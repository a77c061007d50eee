// Receipts of one bridge, and answers in the drop's own format: written when a drop has its end, tried again until they are, replaced after a replay.
//
//   taken ──arrival, where the bridge tells senders so──▶ told ──end──▶ answered
//              └─it has its end before that is written──▶ the same, one after the other

import type { LoadedBridge } from "../bridge/types.ts";
import type { Acknowledger, AnswerFile, Log, ReceiptTarget } from "../contract.ts";
import { asBridgeError } from "../errors.ts";
import type { DropRow, Journal, Spool } from "../journal/types.ts";
import { endedDrop, takenDrop } from "./ended-drop.ts";
import { createNotices } from "./pinning.ts";
import { answerName, receiptCsv, receiptFor, receiptJson, receiptName } from "./receipt.ts";
import type { Runtime } from "./runtime.ts";
import type { ServerBook } from "./server-health.ts";

export interface Answering {
  answer(drop: string): Promise<void>;
  /** All that is still owed, of open drops that they came; a failure is reported and tried again at the next call. `patience`: milliseconds, for what takes several tries. */
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
  readonly journal: Pick<
    Journal,
    "drop" | "dead" | "answered" | "arrivalTold" | "unanswered" | "batchNumber" | "claim"
  >;
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

  const inTurn = oneByOne();

  async function put(target: ReceiptTarget, name: string, body: Uint8Array): Promise<void> {
    await servers.watch("receipts", target.server, signal, target.put(name, body, signal));
  }

  async function putAll(target: ReceiptTarget, drop: DropRow, files: readonly AnswerFile[]): Promise<void> {
    for (const { body, ...named } of numbered(files)) await put(target, answerName(drop, named), body);
  }

  /** What its sender hears at once. Once this is noted it is never written again, and nothing of the end goes out before. */
  async function tellArrival(drop: DropRow): Promise<void> {
    if (!drop.arrivalDue || drop.payload !== "kept") return;
    const pinned = acknowledgers.length > 0 ? await deps.versionOf(drop.bridgeVersion) : undefined;
    const taken = takenDrop(deps, pinned ?? today, drop);
    for (const { name, as, target } of acknowledgers) {
      const files = await asThen(pinned, name, as).arrival?.(taken, signal);
      await putAll(target, drop, files ?? []);
    }
    await journal.arrivalTold(drop.id);
  }

  async function arrive(id: string): Promise<void> {
    const drop = await journal.drop(id);
    if (drop) await tellArrival(drop);
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
      const files = await asThen(pinned, name, as).acknowledge(ended, signal);
      if (!drop.answered) await putAll(target, drop, files);
    }
    return notices.texts();
  }

  async function answer(id: string): Promise<void> {
    const drop = await journal.drop(id);
    if (!drop) return;
    await tellArrival(drop);
    // As long as it does not lie at the successor's nobody says that it does.
    if (drop.state === "handed-over" && drop.finished === undefined) return;
    const unanswered = await acknowledge(drop);
    if (receipts.length > 0) {
      const receipt = await receiptFor(bridge, drop, journal, (one) => deps.notices(bridge, one), unanswered);
      for (const { format, target } of receipts)
        await put(target, receiptName(drop, format), format === "json" ? receiptJson(receipt) : receiptCsv(receipt));
    }
    await journal.answered(id, drop.state);
  }

  /**
   * Since somebody saw that it is owed it may have gone out, and its reader may have taken it away: a second one would be news to them,
   * and what a kill leaves of it half-written nobody would write over.
   */
  async function answerIfDue(id: string): Promise<void> {
    const drop = await journal.drop(id);
    if (drop?.answerDue || drop?.arrivalDue) await answer(id);
  }

  return {
    answer: (id) => inTurn(id, () => answer(id)),
    async answerRest(busy, failed) {
      let isAway = false;
      for (const drop of await journal.unanswered(bridge.name)) {
        if (signal.aborted) return;
        const isOver = drop.state !== "open" && !busy(drop);
        // Of those whose end is still to come there may be many, and each would wait for the server anew.
        if (!isOver && (isAway || !drop.arrivalDue)) continue;
        const { id } = drop;
        try {
          await inTurn(id, () => (isOver ? answerIfDue(id) : arrive(id)));
        } catch (cause) {
          isAway ||= asBridgeError(cause).code === "SERVER_UNREACHABLE";
          failed(id, cause);
        }
      }
    },
  };
}

/** Reads as it was when the drop was taken; what it answers goes where today's bridge says. */
function asThen(pinned: AnsweringRuntime | undefined, name: string, now: Acknowledger): Acknowledger {
  const then = pinned?.answers.find((one) => one.name === name && typeof one.as !== "string")?.as;
  return then === undefined || typeof then === "string" ? now : then;
}

/** For the same drop one after the other. */
function oneByOne(): (id: string, work: () => Promise<void>) => Promise<void> {
  const last = new Map<string, Promise<void>>();
  return (id, work) => {
    const before = last.get(id) ?? Promise.resolve();
    const turn = before.then(work, work).finally(() => {
      if (last.get(id) === turn) last.delete(id);
    });
    last.set(id, turn);
    return turn;
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
