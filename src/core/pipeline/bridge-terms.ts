// What a bridge worker needs of `deliver.batch.at` and `every`: files that grow across its drops, and drops that wait for a time.

import type { Log } from "../contract.ts";
import { BridgeError } from "../errors.ts";
import type { LoadedBridge } from "../bridge/types.ts";
import type { DropRow, Journal } from "../journal/types.ts";
import { createGate } from "./gate.ts";
import type { Runtimes } from "./pinned-runtimes.ts";
import type { Runtime } from "./runtime.ts";
import type { Place, TermFiles } from "./term-files.ts";
import { createTermKeeper, sharesFiles } from "./term-keeper.ts";
import { endPatiently, termNote, type TermNote } from "./term-note.ts";
import { openTermNotice } from "./term-time.ts";

/** Timers end at 24.8 days, and a clock that was set is noticed within this time. */
const LOOK_EVERY = 30_000;

export interface TermSurroundings {
  readonly bridge: LoadedBridge;
  readonly runtimes: Runtimes;
  readonly journal: Journal;
  readonly paused: () => boolean;
  /** A drop that waited may go. */
  readonly wake: () => void;
  readonly log: Log;
  readonly alarm: (bridge: string, code: string, facts: Readonly<Record<string, string | number>>) => void;
  readonly fatal: (cause: unknown) => void;
}

export interface BridgeTerms {
  /** Drops write to files that they share: they are worked one after the other. */
  readonly serial: boolean;
  /** Opens the gate for what may go now, and wakes when the next of these drops may. */
  arrange(queue: readonly DropRow[]): void;
  lets(drop: DropRow): boolean;
  /** Works a drop with the growing files in its hands, where its bridge has any. */
  during(
    running: Runtime,
    drop: string,
    work: (files?: TermFiles) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
  /** Until the signal: ends each term when it is over. */
  run(signal: AbortSignal): Promise<void>;
  /** Ends what is over, for as long as people have patience; answers why it did not succeed. */
  endDue(patience: number, signal: AbortSignal): Promise<string | undefined>;
  /** What the receipt of a drop says as long as its records lie in a file that is still open. */
  notices(drop: DropRow): readonly string[];
  note(queue: readonly DropRow[]): TermNote | undefined;
  /** Why a term that is over could not be ended. */
  readonly trouble: readonly string[];
  close(): void;
}

export async function openBridgeTerms(around: TermSurroundings): Promise<BridgeTerms> {
  const { bridge, runtimes, journal } = around;
  const runtime = runtimes.today;
  const gate = await createGate(runtime, journal, Date.now, around.fatal);
  const keeper = await createTermKeeper({
    bridge: bridge.name,
    journal,
    reopen: async (version, number) => placeOf(await runtimes.of(version).catch(() => runtime), number),
    now: Date.now,
    paused: around.paused,
    log: around.log,
    alarm: (code, facts) => around.alarm(bridge.name, code, facts),
  });
  /** Of drops: when the file is completed that holds their records. */
  const heldUntil = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  return {
    serial: sharesFiles(runtime),
    arrange(queue) {
      clearTimeout(timer);
      const next = gate.open(queue);
      if (next === undefined) return;
      timer = setTimeout(around.wake, Math.max(0, Math.min(next - Date.now(), LOOK_EVERY))).unref();
    },
    lets: (drop) => gate.lets(drop),
    async during(running, drop, work, signal) {
      const until = await keeper.during(running, work, signal);
      if (until !== undefined) heldUntil.set(drop, until);
      for (const [id, end] of heldUntil) {
        if (end > Date.now()) break;
        heldUntil.delete(id);
      }
    },
    run: (signal) => keeper.run(signal).catch(around.fatal),
    endDue: (patience, signal) => endPatiently(keeper, patience, signal),
    notices(drop) {
      const until = heldUntil.get(drop.id);
      return until === undefined || until <= Date.now() ? [] : [openTermNotice(until, bridge.timezone)];
    },
    note: (queue) => termNote(queue, gate, keeper, bridge.timezone),
    get trouble() {
      return keeper.trouble === undefined ? [] : [keeper.trouble];
    },
    close: () => clearTimeout(timer),
  };
}

/** What reopens a file of a term; throws where this version has no such way any more. */
function placeOf(running: Runtime, number: number): Place {
  for (const [way, { target }] of running.couriers) if (way.number === number) return { way, target };
  throw new BridgeError("TARGET_UNREACHABLE", "the bridge has no target any more for the file of an open term", {
    stage: "deliver",
  });
}
