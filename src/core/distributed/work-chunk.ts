// A chunk on a worker: the same steps as in the appliance (pipeline/chunk-run.ts), with its outcomes gathered instead of committed.
//
// What the journal would have to know first is given back instead of done: the halves of a refused batch, what waits for a target that
// is away, what did not end in time. The appliance notes it and sends the rest again.

import { BridgeError } from "../errors.ts";
import type { Journal, Spool } from "../journal/types.ts";
import type { Aside } from "../pipeline/aside.ts";
import { processChunk, type Run } from "../pipeline/chunk-run.ts";
import type { Committer } from "../pipeline/committer.ts";
import type { RunningBridge } from "../pipeline/drop-run.ts";
import { createGrowingFiles } from "../pipeline/growing.ts";
import type { LaneTracker } from "../pipeline/lanes.ts";
import type { Ending } from "../pipeline/progress.ts";
import { createSlots } from "../pipeline/slots.ts";
import { createDropTrace, type ChunkTrace, type DropTrace } from "../telemetry/drop-trace.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import { receivedUnits, type ChunkJob, type ChunkOutcome, type SentEnding } from "./chunk-job.ts";

/** After a restart or a lost worker this many of the first outcomes may already have been sent: all of a chunk. */
const ALL = Number.MAX_SAFE_INTEGER;

/**
 * `ended` grows as units end; what is in it already is passed over. `stop`: begin nothing more and give back what has not ended; `kill`: cut what is in flight as well. Resolves with what has ended by then.
 */
export async function workChunk(
  running: RunningBridge,
  job: ChunkJob,
  ended: Map<number, SentEnding>,
  signals: { readonly stop: AbortSignal; readonly kill: AbortSignal },
  tracing?: Tracing,
): Promise<ChunkOutcome> {
  const units = receivedUnits(job.units);
  const gathered = gather(job, ended);
  const { tracker, committer, aside, blocked } = gathered;
  const courierWindow = Math.max(1, ...[...running.couriers.values()].map(({ window }) => window));
  const notices = new Map<string, number>();
  const run: Run = {
    running,
    drop: job.drop,
    facts: { ...job.facts, tables: running.bridge.loadTables().tables, payload: undefined },
    identity: job.identity,
    tracker,
    committer,
    growing: createGrowingFiles({}),
    terms: undefined,
    window: createSlots(courierWindow),
    journal: NOT_HERE as Journal,
    spool: NOT_HERE as Spool,
    events: { progress: () => undefined, trace: traceOf(job, tracing) },
    // A task that gives its batch back ends by a failure of its own; the others go on.
    abort: new AbortController(),
    stop: signals.stop,
    signal: signals.stop,
    signals,
    inFlight: new Set(),
    append: false,
    lanes: job.lanes && { tracker, tails: new Map(), blocked, waiting: 0 },
    aside,
    awaited: undefined,
    doubtful: undefined,
    mayRepeat: job.mayRepeat ? ALL : 0,
    lastCommit: Date.now(),
    turn: Promise.resolve(),
    told: 0,
    notices,
  };
  try {
    await processChunk(run, units, Date.now());
  } catch (cause) {
    if (!signals.stop.aborted) throw cause;
  }
  await Promise.allSettled(run.inFlight);
  const failure: unknown = run.abort.signal.aborted ? run.abort.signal.reason : undefined;
  if (failure !== undefined && !(failure instanceof GivenBack) && !signals.stop.aborted) throw failure;
  const cut = signals.stop.aborted;
  return { ended, splits: gathered.splits, notices, away: gathered.away(), ...(cut && { cut }) };
}

/** Goes on with the drop's trace. It was decoded elsewhere; without an address for spans, deliveries still say what they belong to. */
function traceOf({ traceparent, bridge, drop }: ChunkJob, tracing: Tracing | undefined): DropTrace | undefined {
  if (traceparent === undefined) return undefined;
  if (!tracing) return { parent: traceparent, untraced: 0, chunk: () => undefined };
  const own = createDropTrace(tracing, traceparent, bridge, drop.id);
  const chunk = (): ChunkTrace | undefined => {
    const spans = own.chunk();
    return spans && { ...spans, decoded: () => undefined };
  };
  return { parent: traceparent, untraced: 0, chunk };
}

/** Thrown where the halves of a batch would go before the journal knows of them. */
class GivenBack extends Error {}

/** Bridges that need the journal or the spool while they deliver are worked on in the appliance (travels.ts). */
const NOT_HERE: unknown = new Proxy(
  {},
  {
    get(_target, name) {
      throw new BridgeError("INTERNAL", `a worker has no journal and no spool (${String(name)})`);
    },
  },
);

interface Gathered {
  readonly tracker: LaneTracker;
  readonly committer: Committer;
  readonly aside: Aside;
  /** Lanes in which nothing may end any more. */
  readonly blocked: Set<number>;
  readonly splits: (readonly [number, number])[];
  away(): string | undefined;
}

function gather(job: ChunkJob, ended: Map<number, SentEnding>): Gathered {
  const done = new Set([...job.done, ...ended.keys()]);
  const halved = new Set(job.splits.map((range) => range.join("-")));
  const laneOf = new Map(job.units.map(({ first }, at) => [first, job.lanes?.[at] ?? 0]));
  const splits: (readonly [number, number])[] = [];
  const blocked = new Set<number>();
  let away: string | undefined;
  // Several units may end in one step; each is told by its first record.
  const finish = (first: number, last: number, ending: Ending): void => {
    if (ending === "dead") return;
    for (const unit of job.units) if (unit.first >= first && unit.last <= last) ended.set(unit.first, ending);
  };
  return {
    splits,
    blocked,
    away: () => away,
    tracker: {
      done: (record) => done.has(record),
      doneIn: (_lane, record) => done.has(record),
      untouched: () => done.size === 0,
      finish: (first, last, _end, ending) => finish(first, last, ending),
      finishIn: (_lane, first, last, _end, ending) => finish(first, last, ending),
      passed: () => undefined,
      split(first, last) {
        splits.push([first, last]);
        // Nothing overtakes the batch that goes back.
        if (job.lanes) blocked.add(laneOf.get(first) ?? 0);
      },
      isSplit: (first, last) => halved.has(`${first}-${last}`),
      splitsWithin: () => job.splits,
      complete: () => undefined,
      finished: false,
      gaps: 0,
      watermark: 0,
      offset: 0,
      counts: { records: 0, delivered: 0, dead: 0, skipped: 0 },
      snapshot: () => {
        throw new BridgeError("INTERNAL", "a worker commits nothing");
      },
    },
    committer: {
      dead: (letter) => void ended.set(letter.first, letter),
      answer: () => undefined,
      count: () => undefined,
      intend: () => undefined,
      outcome: () => undefined,
      flush: () => Promise.reject(new GivenBack()),
      finish: () => Promise.reject(new GivenBack()),
      failure: undefined,
      stop: () => undefined,
    },
    aside: {
      mayGrow: true,
      add: (_messages, why) => void (away ??= why),
      reason: undefined,
    },
  };
}
