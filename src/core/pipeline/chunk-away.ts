// One chunk that somebody else works on: what goes with it, and what its outcomes mean here. The journal is here, so whoever works on
// it may die at any time: what did not come back goes again, with the same keys.
//
// Without order, chunks are on their way side by side. With order, a chunk is dealt into parts by lane, and of each part the next one
// goes when the one before has come back.

import type { ChunkJob, ChunkOutcome } from "../distributed/chunk-job.ts";
import { sentUnit } from "../distributed/chunk-job.ts";
import type { Executor } from "../distributed/executor.ts";
import { BridgeError } from "../errors.ts";
import { chunkOf, isDone, rangeOf, type Chunk } from "./chunk-map.ts";
import { commit, finish, type Run } from "./chunk-run.ts";
import { isFatal } from "./fatal.ts";
import type { Unit } from "./unit.ts";

/** An ordered drop keeps so many workers busy. */
const PARTS = 8;

/** What of a chunk goes in one job. */
interface Part {
  readonly number: number;
  readonly first: number;
  readonly units: readonly Unit[];
  readonly lanes: readonly number[] | undefined;
}

/** Resolves as soon as there is room for the next chunk; throws what the target's being away means for the drop. */
export async function sendChunk(run: Run, executor: Executor, units: readonly Unit[], began: number): Promise<void> {
  run.signal.throwIfAborted();
  const chunk = chunkOf(run, units);
  if (chunk.open === 0) return;
  // The other stages have their spans where they happen.
  run.events.trace?.chunk()?.decoded(rangeOf(chunk), began);
  for (const part of partsOf(run, chunk)) {
    await run.window.acquire(run.signal);
    if (run.away) {
      run.window.release();
      break;
    }
    const before = run.lanes?.tails.get(part.number);
    const task = (before ?? Promise.resolve())
      .then(() => bring(run, executor, part))
      .catch((cause: unknown) => {
        if (!run.stop.aborted || isFatal(cause)) run.abort.abort(cause);
      })
      .finally(() => {
        run.window.release();
        run.inFlight.delete(task);
      });
    run.lanes?.tails.set(part.number, task);
    run.inFlight.add(task);
  }
  if (!run.away) return;
  await Promise.all(run.inFlight);
  throw run.away;
}

function partsOf(run: Run, { first, units, lanes }: Chunk): readonly Part[] {
  if (!run.lanes) return [{ number: 0, first, units, lanes }];
  const parts = new Map<number, { units: Unit[]; lanes: number[] }>();
  units.forEach((unit, at) => {
    const lane = lanes?.[at] ?? 0;
    const number = lane % PARTS;
    const part = parts.get(number) ?? { units: [], lanes: [] };
    parts.set(number, part);
    part.units.push(unit);
    part.lanes.push(lane);
  });
  return [...parts].map(([number, part]) => ({ number, first, ...part }));
}

/** Until all of the part has ended, or waits for people or for its target. */
async function bring(run: Run, executor: Executor, part: Part): Promise<void> {
  // The same halves again after a restart: the journal had them.
  let splits = run.tracker.splitsWithin(part.first, (part.units.at(-1) as Unit).last);
  for (let again = run.mayRepeat > 0; ;) {
    if (run.away || run.signal.aborted) return;
    const done = part.units.filter((unit, at) => isClosed(run, unit, part.lanes?.[at] ?? 0));
    if (done.length === part.units.length) return countWaiting(run, part);
    const job = jobOf(run, part, done, splits, again);
    const outcome = await executor.run(
      job,
      (ended, earlier) => apply(run, part, earlier ? delivered(ended) : ended),
      run.signals,
    );
    apply(run, part, outcome.ended);
    for (const [rule, count] of outcome.notices) run.notices.set(rule, (run.notices.get(rule) ?? 0) + count);
    // The halves of a refused batch have keys that nobody used.
    again ||= outcome.cut === true;
    if (outcome.splits.length > 0) {
      for (const [first, last] of outcome.splits) run.tracker.split(first, last);
      splits = [...splits, ...outcome.splits];
      await commit(run);
    }
    if (outcome.away !== undefined) return stayAway(run, part, outcome.away);
  }
}

/** Of earlier submissions only what the target took counts: anything else may have another end by now. */
function delivered(ended: ChunkOutcome["ended"]): ChunkOutcome["ended"] {
  return new Map([...ended].filter(([, how]) => how === "delivered"));
}

/** Finished, or behind a dead letter that holds its lane. */
function isClosed(run: Run, unit: Unit, lane: number): boolean {
  return isDone(run, unit, lane) || run.lanes?.blocked.has(lane) === true;
}

function stayAway(run: Run, part: Part, why: string): void {
  const left = part.units.filter((unit, at) => !isClosed(run, unit, part.lanes?.[at] ?? 0)).length;
  if (run.aside.mayGrow) run.aside.add(left, why);
  else run.away ??= new BridgeError("TARGET_UNREACHABLE", why, { stage: "deliver" });
}

function jobOf(run: Run, part: Part, done: readonly Unit[], splits: ChunkJob["splits"], mayRepeat: boolean): ChunkJob {
  const { tables: _, payload: __, ...facts } = run.facts;
  return {
    bridge: run.running.bridge.name,
    version: run.running.bridge.version,
    drop: run.drop,
    identity: run.identity,
    facts,
    first: part.first,
    part: part.number,
    units: part.units.map(sentUnit),
    lanes: part.lanes,
    done: done.map(({ first }) => first),
    splits,
    traceparent: run.events.trace?.parent,
    mayRepeat,
  };
}

function apply(run: Run, { units, lanes }: Part, ended: ChunkOutcome["ended"]): void {
  // In a lane nothing is noted behind a record that has not ended: its watermark would pass over it.
  const open = new Set<number>();
  units.forEach((unit, at) => {
    const lane = lanes?.[at] ?? 0;
    if (isClosed(run, unit, lane)) return;
    const how = ended.get(unit.first);
    if (how === undefined || (run.lanes && open.has(lane))) {
      open.add(lane);
      return;
    }
    if (typeof how === "string") return finish(run, lane, unit, how);
    run.committer.dead(how);
    if (run.lanes && run.running.bridge.onDead === "hold") run.lanes.blocked.add(lane);
    finish(run, lane, unit, "dead");
  });
}

/** All of a part has ended, or waits for people: those keep the drop from ending. */
function countWaiting(run: Run, { units, lanes }: Part): void {
  if (!run.lanes) return;
  run.lanes.waiting += units.filter((unit, at) => !isDone(run, unit, lanes?.[at] ?? 0)).length;
}
