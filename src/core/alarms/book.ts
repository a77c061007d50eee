// The alarm book: since when something is wrong, whom it was told, and who has taken it over. It lives in the journal, so it outlives
// a restart. An alarm that ends is over; when the same trouble comes back, that is another alarm.

import { createHash } from "node:crypto";
import type { Log } from "../contract.ts";
import type { Journal } from "../journal/types.ts";
import { unknownAlarm } from "../operations/unknown.ts";
import { createTurns } from "../turns.ts";
import type { Trouble, TroubleKind } from "./troubles.ts";

const PREFIX = "alarm/";
/** Beyond it nothing is entered: who has so many does not read the next one. */
const MOST_ALARMS = 5_000;
/**
 * Whether a server answers is known again some time after a start. An alarm about it from before goes on for so long, so that what
 * somebody has taken over is not told anew after every restart.
 */
const KNOWN_AGAIN = 10 * 60_000;
const NEEDS_ENGINE: ReadonlySet<TroubleKind> = new Set<TroubleKind>(["server", "stuck", "channel"]);

export interface Alarm {
  /** Of trouble and begin. */
  readonly key: string;
  readonly trouble: string;
  readonly kind: TroubleKind;
  readonly bridge: string | null;
  /** Milliseconds, as all times here. */
  readonly since: number;
  readonly told?: { readonly first: number; readonly last: number; readonly times: number };
  readonly taken?: { readonly by: string; readonly at: number };
}

export interface AlarmBook {
  /** Oldest first. */
  all(): Promise<readonly Alarm[]>;
  /** Enters what is new and takes out what is over; answers that. */
  sync(troubles: readonly Trouble[], now: number): Promise<{ readonly ended: readonly Alarm[] }>;
  told(keys: readonly string[], now: number): Promise<void>;
  /** Somebody sees to it; who did before is replaced. ALARM_UNKNOWN where it is over. */
  takeOver(key: string, actor: string, now: number): Promise<Alarm>;
}

export interface AlarmBookDeps {
  readonly journal: Pick<Journal, "entries" | "set">;
  readonly log?: Log | undefined;
}

export function createAlarmBook({ journal, log }: AlarmBookDeps): AlarmBook {
  let known: Promise<Map<string, Alarm>> | undefined;
  const inTurn = createTurns();
  /** When this process looked first, and what it found in the book then. */
  let start: { readonly at: number; readonly found: ReadonlySet<string> } | undefined;
  let isFull = false;

  async function read(): Promise<Map<string, Alarm>> {
    known ??= journal.entries<Alarm>(PREFIX).then((found) => new Map([...found.values()].map((one) => [one.key, one])));
    known.catch(() => (known = undefined));
    return await known;
  }

  /** Changes come one after the other; each is in the journal before it counts. */
  async function change<T>(work: (alarms: Map<string, Alarm>) => Promise<T>): Promise<T> {
    return await inTurn(async () => await work(await read()));
  }

  async function enter(alarms: Map<string, Alarm>, trouble: Trouble, now: number): Promise<void> {
    if (alarms.size >= MOST_ALARMS) {
      if (!isFull) log?.("error", "alarm.too-many", { most: MOST_ALARMS });
      isFull = true;
      return;
    }
    isFull = false;
    const { key: what, kind, bridge = null } = trouble;
    const alarm = { key: keyOf(what, now), trouble: what, kind, bridge, since: now };
    await journal.set(PREFIX + alarm.key, alarm);
    alarms.set(alarm.key, alarm);
  }

  return {
    all: async () =>
      await change(async (alarms) =>
        [...alarms.values()].toSorted((a, b) => a.since - b.since || (a.key < b.key ? -1 : 1)),
      ),
    sync: async (troubles, now) =>
      await change(async (alarms) => {
        const { at, found } = (start ??= { at: now, found: new Set(alarms.keys()) });
        const isKnownAgain = Math.abs(now - at) > KNOWN_AGAIN;
        const current = new Set(troubles.map(({ key }) => key));
        const ended = [...alarms.values()].filter(
          ({ key, trouble, kind }) =>
            !current.has(trouble) && (isKnownAgain || !NEEDS_ENGINE.has(kind) || !found.has(key)),
        );
        for (const { key } of ended) {
          await journal.set(PREFIX + key, undefined);
          alarms.delete(key);
        }
        const entered = new Set([...alarms.values()].map(({ trouble }) => trouble));
        for (const trouble of troubles) if (!entered.has(trouble.key)) await enter(alarms, trouble, now);
        return { ended };
      }),
    told: async (keys, now) =>
      await change(async (alarms) => {
        for (const key of keys) {
          const alarm = alarms.get(key);
          if (alarm === undefined) continue;
          const { first = now, times = 0 } = alarm.told ?? {};
          const next = { ...alarm, told: { first, last: now, times: times + 1 } };
          await journal.set(PREFIX + key, next);
          alarms.set(key, next);
        }
      }),
    takeOver: async (key, actor, now) =>
      await change(async (alarms) => {
        const alarm = alarms.get(key);
        if (alarm === undefined) throw unknownAlarm();
        if (alarm.taken?.by === actor) return alarm;
        const next = { ...alarm, taken: { by: actor, at: now } };
        await journal.set(PREFIX + key, next, {
          at: now,
          event: "alarm.taken-over",
          bridge: alarm.bridge ?? undefined,
          drop: undefined,
          actor,
          facts: { kind: alarm.kind, since: new Date(alarm.since).toISOString(), again: alarm.taken !== undefined },
        });
        alarms.set(key, next);
        return next;
      }),
  };
}

function keyOf(trouble: string, since: number): string {
  return createHash("sha256").update(`${since}\0${trouble}`).digest("hex").slice(0, 24);
}
