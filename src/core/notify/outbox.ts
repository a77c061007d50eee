// What is to be sent, durably: a message leaves it when its channel has taken it, or can never take it.
//
//   put ──▶ waits ──sent──▶ gone
//             ├──failed──▶ waits, longer each time, up to an hour; another message is tried next
//             └──refused, or three days old──▶ given up: in the trail, and an alarm for a day
//
// A crash between sending and noting it sends it twice, with the same id. Nothing here holds up the engine.

import { createHash } from "node:crypto";
import type { ChannelView } from "../alarms/types.ts";
import type { Log } from "../contract.ts";
import type { Channel, ChannelMessage, Sent } from "../contract-channels.ts";
import { DEFAULT_ZONE, isoIn } from "../lifecycle/dates.ts";
import type { Journal } from "../journal/types.ts";

const PREFIX = "outbox/";
const MOST_MESSAGES = 1_000;
/** Of one channel between two looks of the notifier. */
const MOST_AT_ONCE = 100;
const LONGEST_WAIT = 3_600_000;
const FIRST_WAIT = 30_000;
const MOST_AGE = 3 * 86_400_000;
const DAY = 86_400_000;
/** One failure happens; from the second on it is an alarm. */
const FAILS_FROM = 2;

interface Waiting extends ChannelMessage {
  readonly channel: Channel["name"];
  /** Milliseconds. */
  readonly created: number;
  readonly attempts: number;
}

export interface Outbox {
  /** Durable when it resolves. What is in it already is not entered again. */
  put(channel: Channel["name"], messages: readonly ChannelMessage[], now: number): Promise<void>;
  /** Sends what can be sent now; rejects with the signal's reason, and where the journal fails. */
  send(now: () => number, signal: AbortSignal): Promise<void>;
  views(): readonly ChannelView[];
  close(): Promise<void>;
}

export interface OutboxDeps {
  readonly journal: Pick<Journal, "entries" | "set">;
  readonly channels: readonly Channel[];
  readonly log: Log;
  /** From 0 to 1, for the jitter. */
  readonly random?: () => number;
}

interface Lane {
  readonly channel: Channel;
  readonly waiting: Map<string, Waiting>;
  failures: number;
  /** Not before this time. */
  next: number;
  failing: { readonly since: number; readonly code: string } | undefined;
  givenUp: { readonly since: number; readonly code: string } | undefined;
  /** By the clock of the last look. */
  now: number;
}

export async function openOutbox(deps: OutboxDeps): Promise<Outbox> {
  const { journal, channels, log } = deps;
  const lanes = channels.map((channel) => laneOf(channel));
  for (const [key, message] of await journal.entries<Waiting>(PREFIX)) {
    const lane = lanes.find(({ channel }) => channel.name === message.channel);
    // Nobody sends by a channel that is not configured any more.
    if (lane === undefined) await journal.set(key, undefined);
    else lane.waiting.set(key, message);
  }

  return {
    async put(name, messages, now) {
      const lane = lanes.find(({ channel }) => channel.name === name);
      if (lane === undefined) return;
      for (const message of messages) {
        const key = PREFIX + createHash("sha256").update(`${name}\0${message.id}`).digest("hex").slice(0, 32);
        if (lane.waiting.has(key)) continue;
        if (lane.waiting.size >= MOST_MESSAGES) await dropOldest(lane, now);
        const entry: Waiting = { ...message, channel: name, created: now, attempts: 0 };
        await journal.set(key, entry);
        lane.waiting.set(key, entry);
      }
    },
    async send(now, signal) {
      await Promise.all(lanes.map(async (lane) => await sendOf(lane, now, signal)));
    },
    views: () => lanes.map(viewOf),
    async close() {
      await Promise.all(channels.map(async (channel) => await channel.close()));
    },
  };

  async function sendOf(lane: Lane, now: () => number, signal: AbortSignal): Promise<void> {
    const wall = (lane.now = now());
    // A clock that was set back does not make anybody wait for longer than a wait can be.
    if (wall < lane.next && lane.next - wall <= LONGEST_WAIT * 1.5) return;
    // What was tried least often comes first, so that one that is never taken keeps nobody waiting.
    const due = [...lane.waiting].toSorted(([, a], [, b]) => a.attempts - b.attempts || a.created - b.created);
    for (const [key, message] of due.slice(0, MOST_AT_ONCE)) {
      const sent = await lane.channel.send(message, signal);
      signal.throwIfAborted();
      lane.now = now();
      if (!(await settle(lane, key, message, sent))) return;
    }
  }

  /** False: the channel rests now. */
  async function settle(lane: Lane, key: string, message: Waiting, sent: Sent): Promise<boolean> {
    const { now } = lane;
    if (sent.end === "sent") {
      await journal.set(key, undefined);
      lane.waiting.delete(key);
      if (lane.failing !== undefined) log("info", "notify.recovered", { channel: lane.channel.name });
      lane.failures = 0;
      lane.failing = undefined;
      return true;
    }
    if (sent.end === "refused" || now - message.created >= MOST_AGE) {
      await giveUp(lane, key, sent.code, now);
      return sent.end === "refused";
    }
    const next = { ...message, attempts: message.attempts + 1 };
    await journal.set(key, next);
    lane.waiting.set(key, next);
    lane.failures++;
    lane.failing ??= { since: now, code: sent.code };
    lane.failing = { ...lane.failing, code: sent.code };
    const wait = Math.min(FIRST_WAIT * 2 ** (lane.failures - 1), LONGEST_WAIT);
    lane.next = now + wait * (0.8 + 0.4 * (deps.random ?? Math.random)());
    log("warn", "notify.failed", { channel: lane.channel.name, code: sent.code, failures: lane.failures });
    return false;
  }

  async function dropOldest(lane: Lane, now: number): Promise<void> {
    const [oldest] = [...lane.waiting].toSorted(([, a], [, b]) => a.created - b.created);
    if (oldest !== undefined) await giveUp(lane, oldest[0], "OUTBOX_FULL", now);
  }

  async function giveUp(lane: Lane, key: string, code: string, now: number): Promise<void> {
    const { name } = lane.channel;
    const facts = { channel: name, code };
    const entry = {
      at: now,
      event: "notification.given-up",
      bridge: undefined,
      drop: undefined,
      actor: "system",
      facts,
    };
    await journal.set(key, undefined, entry);
    lane.waiting.delete(key);
    lane.givenUp = { since: now, code };
    log("error", "notify.given-up", facts);
  }
}

function laneOf(channel: Channel): Lane {
  return { channel, waiting: new Map(), failures: 0, next: 0, failing: undefined, givenUp: undefined, now: 0 };
}

function viewOf({ channel, waiting, failures, failing, givenUp, now }: Lane): ChannelView {
  const lasts = failures >= FAILS_FROM ? failing : undefined;
  const lost = givenUp !== undefined && now - givenUp.since < DAY ? givenUp : undefined;
  const why = lasts ?? lost;
  return {
    channel: channel.name,
    failing: why === undefined ? null : { since: isoIn(why.since, DEFAULT_ZONE), code: why.code },
    waiting: waiting.size,
  };
}
