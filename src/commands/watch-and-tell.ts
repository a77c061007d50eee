// What a running appliance does about alarms: it looks what is wrong, finds whom to tell, and sends.

import { setTimeout as sleep } from "node:timers/promises";
import { watchAlarms } from "../core/alarms/watch.ts";
import type { Look } from "../core/alarms/watch.ts";
import type { Log } from "../core/contract.ts";
import { createNotifier } from "../core/notify/notifier.ts";
import type { Outbox } from "../core/notify/outbox.ts";
import type { Machine } from "./machine.ts";

/** Between two looks into the outbox, where nothing is put into it. */
const EVERY = 5_000;

/** Until the signal; resolves when what was under way has ended. */
export async function watchAndTell(
  machine: Machine,
  log: Log,
  onError: (cause: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  const { operations, settings } = machine;
  const alarms = { operations, book: operations.alarmBook, now: Date.now, onError };
  const { url, webhook, mail, security, operator } = settings.notify;
  if (webhook === undefined && mail === undefined) return await watchAlarms(alarms, signal);
  const [outbox, watch, policy] = await Promise.all([machine.outbox(), machine.watch(), machine.policy()]);
  log("info", "notify.on", { webhook: webhook !== undefined, mail: mail !== undefined });
  const notifier = createNotifier({
    journal: machine.state.journal,
    book: operations.alarmBook,
    outbox,
    watch,
    bridges: () => machine.loaded(),
    maintenance: policy.maintenance,
    url,
    security,
    operator,
  });
  // Sending may take its time; what is wrong is looked at meanwhile.
  const news = new EventTarget();
  const seen = async (look: Look): Promise<void> => {
    await notifier.turn(look);
    news.dispatchEvent(new Event("put"));
  };
  await Promise.all([watchAlarms({ ...alarms, seen }, signal), sendAll(outbox, news, onError, signal)]);
}

async function sendAll(
  outbox: Outbox,
  news: EventTarget,
  onError: (cause: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const woken = new AbortController();
    news.addEventListener("put", () => woken.abort(), { once: true, signal: woken.signal });
    try {
      await outbox.send(Date.now, signal);
    } catch (cause) {
      if (!signal.aborted) onError(cause);
    }
    const over = AbortSignal.any([signal, woken.signal]);
    await sleep(EVERY, undefined, { signal: over, ref: false }).catch(() => undefined);
    woken.abort();
  }
}
