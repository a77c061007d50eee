// Gathers what appliances say: each is asked once per round, spread over it, a few at a time. What was heard ages by two clocks, so that
// neither a machine that slept nor a wall clock that was set makes old news look fresh.
//
//   unknown ──document or "unchanged"──▶ known ──nothing for 5 minutes (files: 26 hours)──▶ unknown

import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../contract.ts";
import { asBridgeError, BridgeError } from "../errors.ts";
import { createSlots } from "../pipeline/slots.ts";
import type { Acknowledgement, FleetBook } from "./book.ts";
import { readCarried } from "./carried.ts";
import { checkpointOf, judge, type BreakKind, type Broken, type KeptTrail } from "./chain.ts";
import type { ApplianceEntry } from "./fleet-file.ts";
import { knownPart, openSnapshot } from "./open-snapshot.ts";
import { pullSnapshot, type Answer, type Asked } from "./pull.ts";
import type { Snapshot } from "./snapshot.ts";

/** With the time that one request may take: as many as a fleet may hold, all of them hanging, keep nobody from being heard in time. */
const AT_ONCE = 64;
/** The first round is quicker: until it is over nothing is known. */
const FIRST_ROUND = 10_000;
/** Milliseconds after which nothing is known any more. */
export const PULLED_LASTS = 5 * 60_000;
export const CARRIED_LASTS = 26 * 3_600_000;
/** "Nothing changed" is not signed: as often as this it has to be said in full. */
const WHOLE_EVERY = 10 * 60_000;
/** Bytes of all documents together. */
const MOST_TOGETHER = 256 << 20;
/** The clock of an appliance may be off by this much before it is said. */
export const MOST_SKEW = 5 * 60_000;

export interface FleetClock {
  /** Milliseconds since 1970. */
  wall(): number;
  /** Milliseconds that only grow. */
  steady(): number;
}

export const MACHINE_CLOCK: FleetClock = { wall: () => Date.now(), steady: () => performance.now() };

export interface Failure {
  readonly code: string;
  readonly message: string;
  /** Without values: `ECONNREFUSED`, `status 401`. */
  readonly why: string;
  readonly since: number;
}

/** An appliance as the fleet knows it now. */
export interface ApplianceStanding {
  readonly entry: ApplianceEntry;
  /** What it said last, however long ago; undefined = nothing since the fleet began. */
  readonly snapshot: Snapshot | undefined;
  /** Nothing may be concluded from what it said last. */
  readonly unknown: boolean;
  /** When it was heard last, also before the fleet began; milliseconds; undefined = never. */
  readonly seen: number | undefined;
  /** Why the last attempt came to nothing. */
  readonly failure: Failure | undefined;
  readonly broken: Broken | undefined;
  /** How far its clock is ahead, where that is too much; milliseconds. */
  readonly skew: number | undefined;
}

export interface Gatherer {
  standings(): readonly ApplianceStanding[];
  /** Asks one of them now. */
  ask(name: string, signal: AbortSignal): Promise<void>;
  /** Rounds without end, until the signal. */
  run(signal: AbortSignal): Promise<void>;
  acknowledge(what: Acknowledgement): Promise<void>;
}

export interface GatherDeps {
  readonly appliances: readonly ApplianceEntry[];
  /** Milliseconds of a round. */
  readonly every: number;
  readonly book: FleetBook;
  readonly clock: FleetClock;
  readonly log: Log;
}

interface One {
  readonly entry: ApplianceEntry;
  snapshot: Snapshot | undefined;
  size: number;
  etag: string | undefined;
  /** When the last whole document came, by the steady clock. */
  whole: number;
  /** When it was heard last in this process. */
  heard: { readonly wall: number; readonly steady: number } | undefined;
  failure: Failure | undefined;
  skew: number | undefined;
}

export function createGatherer(deps: GatherDeps): Gatherer {
  const { book, clock, log, every } = deps;
  const all = deps.appliances.map((entry): One => ({
    entry,
    snapshot: undefined,
    size: 0,
    etag: undefined,
    whole: 0,
    heard: undefined,
    failure: undefined,
    skew: undefined,
  }));
  const byName = new Map(all.map((one) => [one.entry.name, one]));
  const slots = createSlots(AT_ONCE);

  async function ask(one: One, signal: AbortSignal): Promise<void> {
    const { name } = one.entry;
    const isDue = one.entry.from.kind === "pulled" && clock.steady() - one.whole >= WHOLE_EVERY;
    const asked = { etag: isDue ? undefined : one.etag, since: book.kept(name)?.trail?.head.seq };
    try {
      const answer = await answerOf(one.entry, asked, signal);
      if (answer.kind === "new") await take(one, answer);
      else if (asked.etag === undefined)
        throw new BridgeError("SNAPSHOT_UNREADABLE", "it says that nothing changed, but nothing was known of it");
      else if (one.entry.from.kind === "pulled") one.heard = { wall: clock.wall(), steady: clock.steady() };
      if (one.failure !== undefined) log("info", "fleet.back", { appliance: name });
      one.failure = undefined;
    } catch (cause) {
      if (!signal.aborted) fail(one, cause);
    }
  }

  function fail(one: One, cause: unknown): void {
    const { code, message, facts } = asBridgeError(cause);
    const why = String(facts?.["why"] ?? "");
    const before = one.failure?.code === code ? one.failure.since : clock.wall();
    if (one.failure?.code !== code) log("warn", "fleet.failed", { appliance: one.entry.name, code, why });
    one.failure = { code, message, why, since: before };
  }

  async function take(one: One, { bytes, etag }: Extract<Answer, { kind: "new" }>): Promise<void> {
    const { name, publicKey: pinned, from } = one.entry;
    const together = all.reduce((sum, { size }) => sum + size, 0) - one.size + bytes.length;
    if (together > MOST_TOGETHER)
      throw new BridgeError("SNAPSHOT_UNREADABLE", `all snapshots together are larger than ${MOST_TOGETHER >> 20} MiB`);
    const document = openSnapshot(bytes);
    const trail = book.kept(name)?.trail;
    const verdict = judge(document, trail, pinned, from.kind === "carried");
    if (verdict.kind === "older") {
      one.etag = etag;
      return;
    }
    const now = clock.wall();
    if (verdict.kind === "broken") {
      await breakChain(one, verdict.why, document);
      // Whoever signed this, it was not the appliance: nothing of it is shown, and what comes next is judged in full.
      if (verdict.why === "key" || verdict.why === "signature") {
        one.etag = undefined;
        throw new BridgeError("SNAPSHOT_UNREADABLE", "the snapshot is not signed by the key of the appliance", {
          facts: { why: verdict.why },
        });
      }
    } else if (trail === undefined || !isSame(document, trail) || book.kept(name)?.broken !== undefined) {
      const { publicKey } = document.appliance;
      const seen = trail !== undefined && isSame(document, trail) ? trail.seen : now;
      book.remember(name, { publicKey, head: checkpointOf(document), at: document.at, seen });
    }
    one.heard = heardOf(document, one, now);
    Object.assign(one, { snapshot: knownPart(document), size: bytes.length, etag, whole: clock.steady() });
    const skew = Date.parse(document.at) - now;
    one.skew = Math.abs(skew) > MOST_SKEW && (from.kind === "pulled" || skew > 0) ? skew : undefined;
  }

  /** Of a file it counts when it was new here, also before a restart. */
  function heardOf(document: Snapshot, one: One, now: number): One["heard"] {
    const trail = book.kept(one.entry.name)?.trail;
    const wall = one.entry.from.kind === "carried" && trail?.at === document.at ? Math.min(now, trail.seen) : now;
    return { wall, steady: clock.steady() - (now - wall) };
  }

  async function breakChain(one: One, kind: BreakKind, document: Snapshot): Promise<void> {
    const { name } = one.entry;
    if (book.kept(name)?.broken !== undefined) return;
    const found = { publicKey: document.appliance.publicKey, head: checkpointOf(document) };
    log("error", "fleet.chain-broken", { appliance: name, kind });
    await book.breaks(name, { kind, since: clock.wall(), found });
  }

  function standingOf(one: One): ApplianceStanding {
    const { entry, snapshot, failure, heard, skew } = one;
    const kept = book.kept(entry.name);
    const seen = heard?.wall ?? kept?.trail?.seen;
    const unknown = snapshot === undefined || heard === undefined || ageOf(one, snapshot, heard) > lastsOf(entry);
    return { entry, snapshot, unknown, seen, failure, broken: kept?.broken, skew };
  }

  /** By the clock that says more. A file is as old as it says itself, too. */
  function ageOf({ entry }: One, { at }: Snapshot, heard: NonNullable<One["heard"]>): number {
    const now = clock.wall();
    const ages = [now - heard.wall, clock.steady() - heard.steady];
    return Math.max(...ages, ...(entry.from.kind === "carried" ? [now - Date.parse(at)] : []));
  }

  async function rounds(one: One, index: number, signal: AbortSignal): Promise<void> {
    const share = index / all.length;
    const begin = clock.steady();
    await sleep(share * Math.min(every, FIRST_ROUND), undefined, { signal });
    for (let round = 0; ; round++) {
      await slots.acquire(signal);
      try {
        await ask(one, signal);
      } finally {
        slots.release();
      }
      // Its place in the round stays, whatever a request took; what is behind leaves rounds out.
      const next = begin + share * every + every * (round + 1);
      const late = Math.max(0, Math.ceil((clock.steady() - next) / every));
      round += late;
      const jitter = (Math.random() - 0.5) * Math.min(1_000, every / all.length);
      await sleep(Math.max(0, next + late * every - clock.steady() + jitter), undefined, { signal });
    }
  }

  return {
    standings: () => all.map(standingOf),
    async ask(name, signal) {
      await ask(named(byName, name), signal);
    },
    async run(signal) {
      const ends = all.map(async (one, index) => {
        try {
          await rounds(one, index, signal);
        } catch (cause) {
          if (!signal.aborted) throw cause;
        }
      });
      await Promise.all(ends);
    },
    async acknowledge(what) {
      const one = named(byName, what.name);
      await book.acknowledge(what, one.entry.publicKey);
      // What is there is judged anew, not only what changes.
      one.etag = undefined;
    },
  };
}

/** The same file once more, after a restart: it is not new. */
function isSame({ at, audit, appliance }: Snapshot, trail: KeptTrail): boolean {
  return trail.at === at && trail.head.seq === audit.seq && trail.publicKey === appliance.publicKey;
}

function lastsOf({ from }: ApplianceEntry): number {
  return from.kind === "pulled" ? PULLED_LASTS : CARRIED_LASTS;
}

function named(all: ReadonlyMap<string, One>, name: string): One {
  const one = all.get(name);
  if (one === undefined) throw new BridgeError("APPLIANCE_UNKNOWN", `there is no appliance ${name.slice(0, 64)}`);
  return one;
}

async function answerOf({ from }: ApplianceEntry, asked: Asked, signal: AbortSignal): Promise<Answer> {
  if (from.kind === "carried") return await readCarried(from.path, asked.etag);
  return await pullSnapshot(from, asked, signal);
}
