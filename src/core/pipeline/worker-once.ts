// `up --once`: one look, then the work to its end, or for as long as people have patience with a target that is away.

import type { Source } from "../contract.ts";
import { asBridgeError } from "../errors.ts";
import type { DropRow } from "../journal/types.ts";
import { countRecords } from "./drop-run.ts";
import { awaitsNote } from "./attach-desk.ts";
import { isFatal } from "./fatal.ts";
import { figuresOf, whyUnfinished } from "./once-figures.ts";
import { pause } from "./slots.ts";
import type { WorkerDrops } from "./worker-drops.ts";
import type { WorkerAttachments } from "./worker-attachments.ts";
import type { WorkerIntake } from "./worker-intake.ts";
import type { WorkerHeld } from "./worker-held.ts";
import { changed, isCrowded } from "./worker-state.ts";
import type { OnceFigures, WorkerParts } from "./worker-types.ts";

/** How often it is looked whether anything has moved. */
const LOOK_EVERY = 250;
/** Nothing moved for so long: then somebody waits for the target, whatever its circuit says. */
const QUIET = 1_000;

/** What is taken from: the drops' source, and that of files beside them. */
interface Intakes {
  readonly intake: WorkerIntake;
  readonly attachments: WorkerAttachments | undefined;
  readonly held: WorkerHeld;
}

export async function workOnce(
  parts: WorkerParts,
  drops: WorkerDrops,
  { intake, attachments, held }: Intakes,
  patience: number,
  signal: AbortSignal,
  /** Ends when patience is over, too. */
  stop: AbortController,
): Promise<OnceFigures> {
  const { bridge, deps, state, runtimes, terms } = parts;
  const both = AbortSignal.any([signal, stop.signal]);
  const looks = [{ source: parts.source, ...intake }, ...(attachments ? [attachments] : [])];
  await held.step();
  if (!deps.polls(bridge)) parts.desk.lookEnded();
  const left = deps.polls(bridge) ? await Promise.all(looks.map((one) => takeAll(parts, one, both))) : [];
  let owed = left.find((why) => why !== undefined);
  // Who hears at once that a drop came does not wait for its target.
  if (bridge.arrivals) await intake.answerRest();
  const impatient = await workAll(parts, drops, held, patience, both, stop);
  if (!state.paused && !signal.aborted) owed ??= await terms.endDue(patience, signal);
  owed ??= await intake.answerRest(patience);
  await attachments?.sweep();
  const count = async (drop: DropRow): Promise<number> => {
    // After a restore without payload nobody knows how many there are.
    if (drop.payload === "purged") return drop.delivered + drop.skipped + drop.dead;
    return (await countRecords(await runtimes.of(drop.bridgeVersion), drop, deps.spool, signal)).records;
  };
  const sums = await figuresOf(state.touched ?? new Set(), deps.journal, count);
  const why = whyUnfinished(state, runtimes.opened(), bridge.timezone, impatient) ?? owed;
  return {
    bridge: bridge.name,
    ...sums,
    why,
    term: terms.note(state.queue),
    notReady: looks.reduce((sum, one) => sum + one.source.growing, 0),
    ...(await besideFigures(parts)),
  };
}

/** What there is to say of files beside the records. */
async function besideFigures({
  bridge,
  deps,
  desk,
}: WorkerParts): Promise<Pick<OnceFigures, "awaits" | "attachments">> {
  const awaits = awaitsNote(desk, bridge.timezone);
  if (!bridge.attach) return { ...(awaits && { awaits }) };
  const sums = (await deps.journal.sums()).find((one) => one.bridge === bridge.name);
  const attachments = {
    taken: desk.taken,
    waiting: sums?.attachmentsWaiting ?? 0,
    unassigned: sums?.attachmentsUnassigned ?? 0,
  };
  return { attachments, ...(awaits && { awaits }) };
}

/** A source of the bridge, and how it is taken from. */
interface Look extends Pick<WorkerIntake, "look" | "settleRest"> {
  readonly source: Source;
}

/** A source that is away is this bridge's trouble alone, and what was taken before is worked all the same. */
async function takeAll(parts: WorkerParts, look: Look, signal: AbortSignal): Promise<string | undefined> {
  const { bridge, deps } = parts;
  try {
    await takeWhatLies(look, signal);
  } catch (cause) {
    if (isFatal(cause)) throw cause;
    if (signal.aborted) return undefined;
    const { code, message } = asBridgeError(cause, "receive");
    deps.log("warn", "source.failed", { bridge: bridge.name, code, message });
    return `${code}: ${message}`;
  }
  return await look.settleRest(signal);
}

/**
 * Files that have just been finished get the time to settle; what still grows then is for the next run, and so is what waits
 * for its marker, which may come at any time.
 */
async function takeWhatLies({ source, look }: Look, signal: AbortSignal): Promise<void> {
  await look(signal);
  const { settlesIn } = source;
  if (settlesIn === undefined) return;
  const until = performance.now() + settlesIn;
  while (source.growing > 0 && !signal.aborted) {
    await source.wait(signal);
    while ((await look(signal)) > 0);
    if (performance.now() >= until) return;
  }
}

/** Until nothing is open, or nothing has moved for so long; then answers true. */
async function workAll(
  { state, queue, runtimes }: WorkerParts,
  drops: WorkerDrops,
  held: WorkerHeld,
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
    const released = await held.step();
    const next = changed(state, signal);
    drops.start(signal);
    const more = released > 0 || (queue.hasMore && !state.paused && !isCrowded(state));
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
