// Sends to the successor what the bridge has sent, after the bridge's own answer is there, and compares the two answers.
//
//   target.deliver ─▶ answer ─▶ the bridge goes on at once
//                        └▶ queue (bounded; full = counted, not kept) ─▶ successor ─▶ compare ─▶ counts, paths, keyed hashes
//
// Nothing of it is durable before it is counted, and nothing of it can slow or fail a delivery.

import type { Attempt, Log, Parcel, Reply, Target } from "../contract.ts";
import { asBridgeError } from "../errors.ts";
import type { ShadowSection } from "../bridge/section-shadow.ts";
import type { Way } from "../bridge/types.ts";
import { dateIn } from "../lifecycle/dates.ts";
import { canonicalReply, differences, explanationOf } from "./compare.ts";
import type { Compared, ShadowBook } from "./shadow-book.ts";

export interface Shadow {
  /** The same target; its definite answers are compared with the successor's. */
  beside(target: Target, way: Way): Target;
  /** What waits has a moment to end; then it is given up. */
  close(): Promise<void>;
}

export interface ShadowDeps {
  readonly section: ShadowSection;
  /** The successor, built. */
  readonly target: Target;
  readonly book: ShadowBook;
  readonly timezone: string;
  readonly log: Log;
  readonly now?: () => number;
  /** Milliseconds that close waits. */
  readonly patience?: number;
}

const MOST_WAITING = 200;
const MOST_BYTES = 16 << 20;
const MOST_BODY = 1 << 20;
const AT_ONCE = 2;
const TIMEOUT = 60_000;
/** After so many failures in a row nothing is sent for a while. */
const FAILURES = 5;
const PAUSE = 60_000;
const PATIENCE = 5_000;

interface Waiting {
  readonly type: string;
  readonly parcel: Parcel;
  readonly reply: Reply;
}

/** What people tell messages apart by: the call, or the case. */
function typeOf({ call, number }: Way): string {
  return call ?? (number === 0 ? "message" : `case ${number}`);
}

export function createShadow(deps: ShadowDeps): Shadow {
  const { section, target, book, timezone, log, now = Date.now, patience = PATIENCE } = deps;
  const waiting: Waiting[] = [];
  const lifetime = new AbortController();
  let bytes = 0;
  let running = 0;
  let failures = 0;
  let restsUntil = 0;
  let settled: (() => void) | undefined;

  function offer(way: Way, parcel: Parcel, attempt: Attempt): void {
    if (attempt.end !== "delivered" && attempt.end !== "refused") return;
    if (lifetime.signal.aborted || dateIn(now(), timezone) > section.until || !attempt.reply) return;
    const type = typeOf(way);
    const size = parcel.body.length;
    if (parcel.enclosures || size > MOST_BODY) return book.note({ type, verdict: "uncompared" });
    if (now() < restsUntil || waiting.length >= MOST_WAITING || bytes + size > MOST_BYTES)
      return book.note({ type, verdict: "dropped" });
    bytes += size;
    waiting.push({ type, parcel, reply: attempt.reply });
    begin();
  }

  function begin(): void {
    while (running < AT_ONCE && waiting.length > 0 && !lifetime.signal.aborted) {
      const next = waiting.shift() as Waiting;
      running++;
      void turn(next).finally(() => {
        running--;
        bytes -= next.parcel.body.length;
        begin();
        if (running === 0 && waiting.length === 0) settled?.();
      });
    }
  }

  /** Never rejects. */
  async function turn({ type, parcel, reply }: Waiting): Promise<void> {
    try {
      const signal = AbortSignal.any([lifetime.signal, AbortSignal.timeout(TIMEOUT)]);
      const attempt = await target.deliver(parcel, signal);
      if (attempt.end === "unreachable" || attempt.end === "retry" || !attempt.reply) return failed(type, attempt);
      failures = 0;
      book.note(compared(type, reply, attempt.reply));
    } catch (cause) {
      if (!lifetime.signal.aborted) log("warn", "shadow.failed", { code: asBridgeError(cause).code });
      book.note({ type, verdict: "failed" });
    }
  }

  function failed(type: string, attempt: Attempt): void {
    if (lifetime.signal.aborted) return;
    book.note({ type, verdict: "failed" });
    if (++failures < FAILURES) return;
    failures = 0;
    restsUntil = now() + PAUSE;
    log("warn", "shadow.rests", {
      why: "message" in attempt ? attempt.message : "no answer to compare",
      seconds: PAUSE / 1_000,
    });
  }

  function compared(type: string, ours: Reply, theirs: Reply): Compared {
    try {
      const found = differences(canonicalReply(ours), canonicalReply(theirs));
      const today = dateIn(now(), timezone);
      const told = found.map((one) => ({
        ...one,
        explained: explanationOf(one.path, section.ignore, today) !== undefined,
      }));
      const verdict = told.length === 0 ? "equal" : told.every(({ explained }) => explained) ? "explained" : "open";
      return { type, verdict, differences: told };
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      return { type, verdict: "uncompared" };
    }
  }

  return {
    beside: (own, way) =>
      way.split?.side === "moved"
        ? own
        : {
            ...own,
            async deliver(parcel, signal) {
              const attempt = await own.deliver(parcel, signal);
              offer(way, parcel, attempt);
              return attempt;
            },
          },
    async close() {
      const { promise, resolve } = Promise.withResolvers<void>();
      settled = resolve;
      const timer = setTimeout(resolve, patience);
      if (running === 0 && waiting.length === 0) resolve();
      await promise;
      clearTimeout(timer);
      lifetime.abort();
      await book.close();
      await target.close();
    },
  };
}
