// Answers that are sent to the caller instead of being fetched: what receipts are for drops. One is owed from the moment that the call
// has its end until the other side has taken it, also across restarts; a replay that brings another answer makes it owed again.
//
//   owed ──taken──▶ sent
//     ├──refused──▶ given up: the answer can still be fetched
//     └──away for as long as answers are kept──▶ given up

import type { AdapterContext, Face, Parcel, Rec } from "../contract.ts";
import { asBridgeError, BridgeError } from "../errors.ts";
import type { Deliver, LoadedBridge } from "../bridge/types.ts";
import type { AcceptedCall, DropRow, Journal, Spool } from "../journal/types.ts";
import type { Answering } from "../pipeline/answering.ts";
import { createCourier, type Courier } from "../pipeline/courier.ts";
import { factsOf } from "../pipeline/drop-run.ts";
import { isFatal } from "../pipeline/fatal.ts";
import { uuidV5 } from "../pipeline/identity.ts";
import { scopeFor } from "../pipeline/map-unit.ts";
import { pause } from "../pipeline/slots.ts";
import type { WorkerDeps } from "../pipeline/worker-types.ts";
import { acceptedTrace, callCodec } from "./call-record.ts";
import { locationOf } from "./call-resources.ts";
import { readEnd } from "./kept-end.ts";
import { continuedTrace } from "../telemetry/trace-context.ts";

export interface Callbacks extends Answering {
  /** Sends what is owed until the signal; what is on its way then may end, until `lifetime` is over. */
  run(signal: AbortSignal): Promise<void>;
  /** Why somebody waits for an answer; undefined = nobody does. */
  readonly trouble: string | undefined;
  close(): Promise<void>;
}

export interface CallbackDeps {
  readonly bridge: LoadedBridge;
  readonly deliver: Deliver;
  readonly face: Face;
  readonly context: AdapterContext;
  readonly deps: Pick<WorkerDeps, "log" | "fatal"> & { readonly journal: Journal; readonly spool: Spool };
  readonly lifetime: AbortSignal;
}

/** What the other side says is read this far, for outcomes and logs. */
const MOST_REPLY = 64 * 1024;
/** After a failure of ours, not of the other side. */
const AGAIN = 5_000;
const LONGEST_TIMER = 2 ** 31 - 1;

/** One answer on its way. */
interface Owed {
  readonly call: AcceptedCall;
  readonly stored: number;
  readonly parcel: Parcel;
}

export async function openCallbacks(own: CallbackDeps): Promise<Callbacks> {
  const { bridge, deliver, context, deps, lifetime } = own;
  const { journal, log } = deps;
  let trouble: string | undefined;
  const courier = createCourier(deliver, await deliver.target.build(context), "resend", {
    stuck: (_address, why) => void (trouble = why),
    moving: () => void (trouble = undefined),
  });
  /** Drops whose answer is owed, and those of them that are on their way. */
  const waiting = new Set<string>();
  const active = new Map<string, Promise<void>>();
  let wake: (() => void) | undefined;
  let isRunning = false;

  function giveUp({ call }: Owed, error: BridgeError): void {
    const { code, message } = error;
    log("warn", "callback.given-up", { bridge: bridge.name, drop: call.drop, code, message });
  }

  /** Resolves when nothing is owed for this drop any more; rejects where that is not known, or somebody asked to stop. */
  async function send(id: string, stop: AbortSignal): Promise<void> {
    for (;;) {
      const owed = await owedFor(own, id);
      if (!owed) return await journal.answered(id);
      const over = new AbortController();
      const left = owed.stored + bridge.retention.payload - Date.now();
      const timer = setTimeout(() => over.abort(), Math.min(Math.max(left, 1), LONGEST_TIMER));
      const [begin, end] = [AbortSignal.any([stop, over.signal]), AbortSignal.any([lifetime, over.signal])];
      try {
        const { error } = await courier.deliver(owed.parcel, true, { stop: begin, kill: end });
        if (error) giveUp(owed, error);
      } catch (cause) {
        if (!over.signal.aborted || stop.aborted) throw cause;
        giveUp(owed, new BridgeError("TARGET_UNREACHABLE", "it was away for as long as answers are kept"));
      } finally {
        clearTimeout(timer);
      }
      if (await journal.calledBack({ drop: id, stored: owed.stored })) return;
    }
  }

  function start(id: string, stop: AbortSignal): void {
    waiting.delete(id);
    const task = send(id, stop)
      .catch(async (cause: unknown) => {
        if (isFatal(cause)) deps.fatal(cause);
        if (isFatal(cause) || stop.aborted) return;
        const { code, message } = asBridgeError(cause);
        log("error", "callback.failed", { bridge: bridge.name, drop: id, code, message });
        await pause(AGAIN, stop).catch(() => undefined);
        waiting.add(id);
      })
      .finally(() => {
        active.delete(id);
        wake?.();
      });
    active.set(id, task);
  }

  return {
    /** The receipt of a call: sending it may take days, and nobody waits for that. */
    answer(id) {
      waiting.add(id);
      wake?.();
      return Promise.resolve();
    },
    async answerRest(busy, failed, patience) {
      if (isRunning) return;
      const over = AbortSignal.timeout(patience);
      const rest = (await journal.unanswered(bridge.name)).filter((drop) => !busy(drop));
      const lane = async (): Promise<void> => {
        for (let drop = rest.shift(); drop && !lifetime.aborted; drop = rest.shift()) {
          const { id } = drop;
          await send(id, AbortSignal.any([lifetime, over])).catch((cause: unknown) => {
            const away = new BridgeError(
              "TARGET_UNREACHABLE",
              troubleOf(courier) ?? "it did not take the answer in time",
            );
            failed(id, over.aborted && !isFatal(cause) ? away : cause);
          });
        }
      };
      await Promise.all(Array.from({ length: Math.min(courier.window, rest.length) }, lane));
    },
    async run(signal) {
      isRunning = true;
      for (const { id } of await journal.unanswered(bridge.name)) waiting.add(id);
      signal.addEventListener("abort", () => wake?.(), { once: true });
      while (!signal.aborted) {
        for (const id of waiting) {
          if (active.size >= courier.window) break;
          if (!active.has(id)) start(id, signal);
        }
        await new Promise<void>((resolve) => void (wake = resolve));
      }
      await Promise.allSettled(active.values());
    },
    get trouble() {
      const why = active.size === 0 ? undefined : (troubleOf(courier) ?? trouble);
      return why && `an answer could not be sent: ${why}`;
    },
    async close() {
      await Promise.allSettled(active.values());
      await courier.close();
    },
  };
}

function troubleOf(courier: Courier): string | undefined {
  const open = [...courier.circuits().values()].find(({ state }) => state !== "closed");
  return open && open.why;
}

/** undefined = there is nothing to send: bytes that people took anew have no caller, and what is erased has no answer. */
async function owedFor({ bridge, face, deps, lifetime }: CallbackDeps, id: string): Promise<Owed | undefined> {
  const { journal, spool } = deps;
  const [drop, call, bytes] = await Promise.all([journal.drop(id), journal.callOfDrop(id), journal.callAnswer(id)]);
  if (!drop || !call?.answer || !bytes || drop.payload === "purged") return undefined;
  const record = await recordIn(drop, spool, lifetime);
  const { stored } = call.answer;
  // The same for the same answer, whenever it is sent; another one after a replay.
  const key = uuidV5("callback", bridge.name, call.id, stored);
  const path = locationOf(bridge.name, call.id);
  const asked = { method: "GET", path, query: "", headers: {}, body: new Uint8Array(), base: "" };
  const { status, headers, body } = face.write(undefined, readEnd(bytes), asked);
  const parcel: Parcel = {
    first: 1,
    last: 1,
    messages: 1,
    body: typeof body === "string" ? Buffer.from(body) : body,
    contentType: headers["content-type"] ?? "application/octet-stream",
    key,
    scope: scopeFor(factsOf(bridge, drop), record, 1, [record], undefined),
    drop: id,
    call: {
      traceparent: acceptedTrace(record) ?? continuedTrace(undefined),
      idempotencyKey: key,
      headers: { "x-call-id": call.id, "x-call-status": String(status) },
      mostReply: MOST_REPLY,
    },
  };
  return { call, stored, parcel };
}

async function recordIn(drop: DropRow, spool: Spool, signal: AbortSignal): Promise<Rec> {
  const context = { signal, pinned: undefined, detected: (): void => undefined };
  for await (const { records } of callCodec.decode(spool.read(drop.id, signal), context)) return records[0] as Rec;
  throw new BridgeError("CALL_INVALID", "the call is empty", { stage: "decode" });
}
