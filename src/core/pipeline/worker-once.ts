// `up --once`: one look, then the work to its end, or for as long as people have patience with a target that is away.

import { asBridgeError } from "../errors.ts";
import type { DropRow } from "../journal/types.ts";
import { countRecords } from "./drop-run.ts";
import { isFatal } from "./fatal.ts";
import { figuresOf, whyUnfinished } from "./once-figures.ts";
import { pause } from "./slots.ts";
import type { WorkerDrops } from "./worker-drops.ts";
import type { WorkerIntake } from "./worker-intake.ts";
import { changed, isCrowded } from "./worker-state.ts";
import type { OnceFigures, WorkerParts } from "./worker-types.ts";

/** How often it is looked whether anything has moved. */
const LOOK_EVERY = 250;
/** Nothing moved for so long: then somebody waits for the target, whatever its circuit says. */
const QUIET = 1_000;

export async function workOnce(
  parts: WorkerParts,
  drops: WorkerDrops,
  intake: WorkerIntake,
  patience: number,
  signal: AbortSignal,
  /** Ends when patience is over, too. */
  stop: AbortController,
): Promise<OnceFigures> {
  const { bridge, deps, state, runtimes, terms } = parts;
  const both = AbortSignal.any([signal, stop.signal]);
  let owed = deps.polls(bridge) ? await takeAll(parts, intake, both) : undefined;
  const impatient = await workAll(parts, drops, patience, both, stop);
  if (!state.paused && !signal.aborted) owed ??= await terms.endDue(patience, signal);
  owed ??= await intake.answerRest();
  const count = async (drop: DropRow): Promise<number> =>
    (await countRecords(await runtimes.of(drop.bridgeVersion), drop, deps.spool, signal)).records;
  const sums = await figuresOf(state.touched ?? new Set(), deps.journal, count);
  const why = whyUnfinished(state, runtimes.opened(), bridge.timezone, impatient) ?? owed;
  return { bridge: bridge.name, ...sums, why, term: terms.note(state.queue), notReady: parts.source.growing };
}

/** A source that is away is this bridge's trouble alone, and what was taken before is worked all the same. */
async function takeAll(parts: WorkerParts, intake: WorkerIntake, signal: AbortSignal): Promise<string | undefined> {
  const { bridge, deps } = parts;
  try {
    await takeWhatLies(parts, intake, signal);
  } catch (cause) {
    if (isFatal(cause)) throw cause;
    if (signal.aborted) return undefined;
    const { code, message } = asBridgeError(cause, "receive");
    deps.log("warn", "source.failed", { bridge: bridge.name, code, message });
    return `${code}: ${message}`;
  }
  return await intake.settleRest(signal);
}

/**
 * Files that have just been finished get the time to settle; what still grows then is for the next run, and so is what waits
 * for its marker, which may come at any time.
 */
async function takeWhatLies({ source }: WorkerParts, intake: WorkerIntake, signal: AbortSignal): Promise<void> {
  await intake.look(signal);
  const { settlesIn } = source;
  if (settlesIn === undefined) return;
  const until = performance.now() + settlesIn;
  while (source.growing > 0 && !signal.aborted) {
    await source.wait(signal);
    while ((await intake.look(signal)) > 0);
    if (performance.now() >= until) return;
  }
}

/** Until nothing is open, or nothing has moved for so long; then answers true. */
async function workAll(
  { state, queue, runtimes }: WorkerParts,
  drops: WorkerDrops,
  patience: number,
  signal: AbortSignal,
  stop: AbortController,
): Promise<boolean> {
  /** Is there nothing to do but to wait for a target? */
  const waits = (): boolean => {
    const circuits = runtimes
      .opened()
      .flatMap(({ couriers }) => [...couriers.values()].flatMap((one) => [...one.circuits().values()]));
    if (circuits.some((circuit) => circuit.state !== "closed")) return true;
    return state.stuck.size > 0 || state.away.size > 0 || Date.now() - state.moved > QUIET;
  };
  state.moved = Date.now();
  let impatient = false;
  while (!signal.aborted) {
    const next = changed(state, signal);
    drops.start(signal);
    const more = queue.hasMore && !state.paused && !isCrowded(state);
    if (state.active.size === 0 && state.rests.size === 0 && !more) break;
    await Promise.race([next, pause(Math.min(LOOK_EVERY, patience), signal).catch(() => undefined)]);
    if (waits() && Date.now() - state.moved >= patience) {
      impatient = true;
      stop.abort(new DOMException("patience is over", "AbortError"));
    }
  }
  await Promise.allSettled(state.active.values());
  return impatient;
}
