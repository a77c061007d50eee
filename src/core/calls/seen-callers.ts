// Which callers there are: when each was first and last seen, and how often it called which bridge. For those who switch a bridge off
// and have to know who still uses it.
//
// Nothing is written per call: what changed goes into the journal every few seconds and at the end. A crash loses those seconds of
// counts, and no caller for long: it is seen again with its next call.

import type { Log } from "../contract.ts";
import type { Journal } from "../journal/types.ts";
import type { Caller } from "./caller.ts";

export interface SeenCaller {
  /** `token:portal`, `jwt:portal`, `certificate:altverfahren`, `sftp:kasse`, `partner:4012345000009:14`, `anyone:anyone`. */
  readonly id: string;
  readonly name: string;
  readonly by: Caller["by"];
  /** ISO 8601. */
  readonly first: string;
  readonly last: string;
  readonly calls: number;
  readonly bridges: readonly {
    readonly bridge: string;
    readonly first: string;
    readonly last: string;
    readonly calls: number;
    /** The last 30 days on which it called, in order; days of UTC. */
    readonly days: readonly { readonly date: string; readonly calls: number }[];
  }[];
}

export interface SeenQuery {
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
  readonly bridge?: string | undefined;
}

/** All calls to one bridge; milliseconds. */
export interface CallsSeen {
  readonly callers: number;
  readonly calls: number;
  readonly first: number;
  readonly last: number;
  /** Who called last, by id: `jwt:portal`. */
  readonly lastBy: string;
}

export interface SeenCallers {
  /** At once, in memory. What is no call (a WSDL that is read) is seen, and not counted. */
  note(caller: Pick<Caller, "name" | "by">, bridge: string, isCall?: boolean): void;
  /** What partners sent, who show nothing of themselves but a name in a header; `at`: milliseconds since 1970. */
  noteSent(partner: string, bridge: string, at: number, interchanges: number): void;
  /** By id, in order. */
  list(query: SeenQuery): Promise<readonly SeenCaller[]>;
  /** What every bridge was called, by whomever; writes nothing. */
  byBridge(): Promise<ReadonlyMap<string, CallsSeen>>;
  /** Calls per bridge since the appliance knows of callers; less, where one was forgotten. */
  counts(): Promise<ReadonlyMap<string, number>>;
  /** When each caller of a bridge came last, milliseconds since 1970. */
  lasts(): Promise<ReadonlyMap<string, readonly number[]>>;
  flush(): Promise<void>;
  close(): Promise<void>;
}

interface KeptBridge {
  first: number;
  last: number;
  calls: number;
  /** By date. */
  days: Record<string, number>;
}

interface Kept {
  readonly name: string;
  readonly by: Caller["by"];
  readonly bridges: Record<string, KeptBridge>;
}

const PREFIX = "caller/";
const DAYS = 30;
const DAY = 86_400_000;
const EVERY = 5_000;
const MOST_CALLERS = 10_000;
/** Of all callers so many partners: whoever writes a file can invent any number of them, and must push nobody else out. */
const PARTNERS_SHARE = 0.5;

export interface SeenDeps {
  readonly journal: Pick<Journal, "entries" | "set">;
  readonly log?: Log;
  readonly now?: () => number;
  /** Milliseconds between two writings. */
  readonly every?: number;
  readonly most?: number;
}

export function createSeenCallers(deps: SeenDeps): SeenCallers {
  const { journal, log, now = Date.now, every = EVERY, most = MOST_CALLERS } = deps;
  const fresh = new Map<string, Kept>();
  let known: Promise<Map<string, Kept>> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  /** What the journal holds; asked for once, because one process holds the state. */
  function all(): Promise<Map<string, Kept>> {
    known ??= journal
      .entries<Kept>(PREFIX)
      .then((entries) => new Map([...entries].map(([key, kept]) => [key.slice(PREFIX.length), kept])));
    known.catch(() => (known = undefined));
    return known;
  }

  async function write(): Promise<void> {
    const changed = new Map(fresh);
    fresh.clear();
    if (changed.size === 0) return;
    try {
      const kept = await all();
      const forgotten = merge(kept, changed, now(), most);
      const values = [...changed.keys()].filter((id) => kept.has(id)).map((id) => [id, kept.get(id)] as const);
      // Together, so that the journal's thread makes one transaction of them.
      await Promise.all([
        ...values.map(([id, value]) => journal.set(PREFIX + id, value)),
        ...forgotten.map((id) => journal.set(PREFIX + id, undefined)),
      ]);
    } catch (cause) {
      // Counts of callers are no reason to stop; the journal itself says what is wrong with it.
      log?.("warn", "callers.unwritten", {
        callers: changed.size,
        why: cause instanceof Error ? cause.name : "failed",
      });
    }
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(write);
    return writing;
  }

  function enter({ name, by }: Pick<Caller, "name" | "by">, bridge: string, time: number, calls: number): void {
    const id = `${by}:${name}`;
    const kept = fresh.get(id) ?? { name, by, bridges: Object.create(null) as Record<string, KeptBridge> };
    fresh.set(id, kept);
    const at = (kept.bridges[bridge] ??= { first: time, last: time, calls: 0, days: {} });
    at.first = Math.min(at.first, time);
    at.last = Math.max(at.last, time);
    if (calls > 0) {
      at.calls += calls;
      const date = dateOf(time);
      at.days[date] = (at.days[date] ?? 0) + calls;
    }
    timer ??= setTimeout(() => void flush(), every).unref();
  }

  return {
    note: (caller, bridge, isCall = true) => enter(caller, bridge, now(), isCall ? 1 : 0),
    noteSent(partner, bridge, at, interchanges) {
      // Until they are written down; those behind are seen with their next interchange.
      if (fresh.size >= most * PARTNERS_SHARE && !fresh.has(`partner:${partner}`)) return;
      enter({ name: partner, by: "partner" }, bridge, at, interchanges);
    },
    async list({ after = "", limit = 100, bridge }) {
      await flush();
      const kept = await all();
      return [...kept.keys()]
        .filter((id) => id > after)
        .toSorted(byCodeUnits)
        .map((id) => viewOf(id, kept.get(id) as Kept, bridge))
        .filter((view) => view.bridges.length > 0)
        .slice(0, limit);
    },
    async byBridge() {
      const kept = await all();
      // While something is on its way into the journal it stands in neither of the two.
      for (let before; before !== writing;) await (before = writing);
      return callsByBridge([kept, fresh]);
    },
    async counts() {
      await flush();
      const counts = new Map<string, number>();
      for (const { bridges } of (await all()).values())
        for (const [bridge, { calls }] of Object.entries(bridges))
          counts.set(bridge, (counts.get(bridge) ?? 0) + calls);
      return counts;
    },
    async lasts() {
      const kept = await all();
      const lasts = new Map<string, number[]>();
      const enter = (bridge: string, last: number): void =>
        void (lasts.get(bridge)?.push(last) ?? lasts.set(bridge, [last]));
      for (const [id, { bridges }] of kept) {
        const newer = fresh.get(id)?.bridges ?? {};
        for (const [bridge, { last }] of Object.entries(bridges))
          enter(bridge, Math.max(last, Object.hasOwn(newer, bridge) ? (newer[bridge]?.last ?? 0) : 0));
      }
      for (const [id, { bridges }] of fresh)
        for (const [bridge, { last }] of Object.entries(bridges))
          if (!Object.hasOwn(kept.get(id)?.bridges ?? {}, bridge)) enter(bridge, last);
      return lasts;
    },
    flush,
    close: flush,
  };
}

/** Of a caller that stands in both, what was counted since the last writing comes on top. */
function callsByBridge(books: readonly ReadonlyMap<string, Kept>[]): ReadonlyMap<string, CallsSeen> {
  const found = new Map<string, CallsSeen & { readonly names: Set<string> }>();
  for (const book of books) {
    for (const [id, { bridges }] of book) {
      for (const [bridge, { first, last, calls }] of Object.entries(bridges)) {
        const one = found.get(bridge);
        const names = (one?.names ?? new Set()).add(id);
        found.set(bridge, {
          names,
          callers: names.size,
          calls: (one?.calls ?? 0) + calls,
          first: Math.min(one?.first ?? first, first),
          last: Math.max(one?.last ?? last, last),
          lastBy: one !== undefined && one.last > last ? one.lastBy : id,
        });
      }
    }
  }
  return new Map(
    [...found].map(([bridge, { callers, calls, first, last, lastBy }]) => [
      bridge,
      { callers, calls, first, last, lastBy },
    ]),
  );
}

let latest = { day: -1, date: "" };

/** The UTC day; it is asked for with every call. */
function dateOf(time: number): string {
  const day = Math.floor(time / DAY);
  if (latest.day !== day) latest = { day, date: iso(time).slice(0, 10) };
  return latest.date;
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Adds what was counted; answers whom there was no room for, those seen longest ago. */
function merge(kept: Map<string, Kept>, changed: ReadonlyMap<string, Kept>, now: number, most: number): string[] {
  const oldestDay = dateOf(now - (DAYS - 1) * DAY);
  for (const [id, { name, by, bridges }] of changed) {
    const before = kept.get(id)?.bridges ?? {};
    const after: Record<string, KeptBridge> = Object.assign(Object.create(null) as object, before);
    for (const [bridge, counted] of Object.entries(bridges)) {
      const earlier = Object.hasOwn(before, bridge) ? before[bridge] : undefined;
      after[bridge] = earlier ? added(earlier, counted) : counted;
    }
    for (const each of Object.values(after)) {
      each.days = Object.fromEntries(Object.entries(each.days).filter(([date]) => date >= oldestDay));
    }
    kept.set(id, { name, by, bridges: after });
  }
  const partners = [...kept].filter(([, { by }]) => by === "partner");
  const forgotten = [...oldest(partners, Math.max(kept.size - most, partners.length - most * PARTNERS_SHARE))];
  for (const id of forgotten) kept.delete(id);
  forgotten.push(...oldest([...kept], kept.size - most));
  for (const id of forgotten) kept.delete(id);
  return forgotten;
}

/** So many of those seen longest ago. */
function oldest(all: readonly (readonly [id: string, Kept])[], count: number): readonly string[] {
  if (count <= 0) return [];
  const inOrder = all.toSorted(([, a], [, b]) => lastOf(a) - lastOf(b));
  return inOrder.slice(0, Math.ceil(count)).map(([id]) => id);
}

function added(earlier: KeptBridge, counted: KeptBridge): KeptBridge {
  const days = { ...earlier.days };
  for (const [date, calls] of Object.entries(counted.days)) days[date] = (days[date] ?? 0) + calls;
  const last = Math.max(earlier.last, counted.last);
  return { first: Math.min(earlier.first, counted.first), last, calls: earlier.calls + counted.calls, days };
}

function lastOf({ bridges }: Kept): number {
  return Math.max(0, ...Object.values(bridges).map(({ last }) => last));
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

function viewOf(id: string, { name, by, bridges }: Kept, only: string | undefined): SeenCaller {
  const chosen = Object.entries(bridges).filter(([bridge]) => only === undefined || bridge === only);
  const all = chosen.map(([, each]) => each);
  return {
    id,
    name,
    by,
    first: iso(Math.min(...all.map(({ first }) => first), 8.64e15)),
    last: iso(Math.max(...all.map(({ last }) => last), 0)),
    calls: all.reduce((sum, { calls }) => sum + calls, 0),
    bridges: chosen
      .toSorted(([a], [b]) => byCodeUnits(a, b))
      .map(([bridge, { first, last, calls, days }]) => ({
        bridge,
        first: iso(first),
        last: iso(last),
        calls,
        days: Object.entries(days)
          .toSorted(([a], [b]) => byCodeUnits(a, b))
          .map(([date, count]) => ({ date, calls: count })),
      })),
  };
}
