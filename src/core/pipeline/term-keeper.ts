// Keeps the terms of one bridge between and during its runs: who has the files, and who ends them when their time is over.
//
// The files go to one at a time: a drop's run, or the keeper that ends what is over. A term that ends while a run has them is ended
// by that run, in its turn. After a start, what ended meanwhile is ended before anything new is written.

import type { Log } from "../contract.ts";
import { asBridgeError } from "../errors.ts";
import type { Journal } from "../journal/types.ts";
import { backOff } from "./circuit.ts";
import type { RunningBridge } from "./drop-run.ts";
import { isFatal } from "./fatal.ts";
import { createSlots, pause } from "./slots.ts";
import { createTermFiles, type Place, type TermFiles } from "./term-files.ts";
import { growingTerm } from "./term-run.ts";
import { readTerms, type OpenTerm } from "./term-store.ts";

/** A clock that was set, or a machine that slept, is noticed within this time. */
const LOOK_EVERY = 30_000;
const PAUSES = { first: 1_000, most: 60_000 };
/** So many failures in a row before people hear of it. */
const ALARM_AFTER = 3;

export interface KeeperDeps {
  readonly bridge: string;
  readonly journal: Journal;
  readonly reopen: (version: string, way: number) => Promise<Place>;
  readonly now: () => number;
  readonly paused: () => boolean;
  readonly log: Log;
  readonly alarm: (code: string, facts: Readonly<Record<string, string | number>>) => void;
}

export interface TermKeeper {
  /**
   * Runs with the files in hand; at once where no way of the bridge has such files. Answers when the file is completed that holds
   * what the run wrote, if it is still open.
   */
  during(
    running: RunningBridge,
    work: (files?: TermFiles) => Promise<void>,
    signal: AbortSignal,
  ): Promise<number | undefined>;
  /** Ends what is over. Rejects where the target does not let it. */
  endDue(signal: AbortSignal): Promise<void>;
  /** Until the signal: ends each term when it is over. Rejects only where the journal failed. */
  run(signal: AbortSignal): Promise<void>;
  /** When the first open term ends; undefined = none is open. */
  readonly due: number | undefined;
  /** Why a term that is over could not be ended. */
  readonly trouble: string | undefined;
}

/** Whether drops of this bridge write to files that they share. */
export function sharesFiles({ ways, couriers, bridge }: RunningBridge): boolean {
  return ways.some(({ way }) => growingTerm(way, couriers.get(way)?.target, bridge.timezone) !== undefined);
}

export async function createTermKeeper(deps: KeeperDeps): Promise<TermKeeper> {
  const { bridge, journal, now } = deps;
  const hands = createSlots(1);
  let open: readonly OpenTerm[] = [];
  let current: TermFiles | undefined;
  let trouble: string | undefined;
  let wake: (() => void) | undefined;

  async function refresh(): Promise<void> {
    const { terms } = await readTerms(journal, bridge);
    open = [...terms.values()].flatMap((term) => term.open ?? []);
    wake?.();
  }

  function without(term: OpenTerm): readonly OpenTerm[] {
    return open.filter(({ date, number }) => date !== term.date || number !== term.number);
  }

  async function take(running: RunningBridge | undefined): Promise<TermFiles> {
    return createTermFiles(
      {
        bridge,
        version: running?.bridge.version ?? "",
        journal,
        ruleOf: (way) => running && growingTerm(way, running.couriers.get(way)?.target, running.bridge.timezone),
        reopen: deps.reopen,
        now,
        opened(term) {
          open = [...without(term), term];
          wake?.();
        },
        ended(term, files) {
          const { date, number } = term;
          open = without(term);
          trouble = undefined;
          deps.log("info", "term.ended", { bridge, date, number, files });
        },
        gone({ date, number }, complete) {
          deps.alarm("TARGET_GONE", { date, number, complete: complete ? "yes" : "no" });
        },
      },
      await readTerms(journal, bridge),
    );
  }

  async function during(
    running: RunningBridge | undefined,
    work: (files: TermFiles) => Promise<void>,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    await hands.acquire(signal);
    let files: TermFiles | undefined;
    try {
      files = await take(running);
      current = files;
      await work(files);
      return files.heldUntil();
    } finally {
      current = undefined;
      await files?.close();
      await refresh().finally(() => hands.release());
    }
  }

  async function saveAlone(files: TermFiles): Promise<void> {
    for (const [key, value] of Object.entries(await files.sync())) await journal.set(key, value);
  }

  function dueOf(): number | undefined {
    return open.length === 0 ? undefined : Math.min(...open.map(({ due }) => due));
  }

  async function endDue(signal: AbortSignal): Promise<void> {
    const due = dueOf();
    if (due === undefined || due > now()) return;
    if (current) {
      await current.endInRun?.();
      return;
    }
    await during(undefined, (files) => files.end(() => saveAlone(files), signal), signal);
  }

  /** Resolves after the time, or when a term was begun or ended. */
  async function news(milliseconds: number, signal: AbortSignal): Promise<void> {
    const enough = new AbortController();
    const changed = new Promise<void>((resolve) => (wake = resolve));
    const time = pause(milliseconds, AbortSignal.any([signal, enough.signal])).catch(() => undefined);
    await Promise.race([changed, time]);
    enough.abort();
  }

  async function attempt(failures: number, signal: AbortSignal): Promise<boolean> {
    try {
      await endDue(signal);
      return true;
    } catch (cause) {
      if (isFatal(cause)) throw cause;
      if (signal.aborted) return false;
      const { code, message } = asBridgeError(cause);
      trouble = `a term that is over cannot be ended: ${code}: ${message}`;
      deps.log("warn", "term.failed", { bridge, code, message });
      if (failures === ALARM_AFTER) deps.alarm("BRIDGE_STUCK", { why: trouble });
      return false;
    }
  }

  await refresh();
  return {
    during: (running, work, signal) =>
      sharesFiles(running) ? during(running, work, signal) : work().then(() => undefined),
    endDue,
    async run(signal) {
      for (let failures = 0; !signal.aborted;) {
        const left = (dueOf() ?? Infinity) - now();
        if (left > 0 || deps.paused()) {
          await news(left > 0 ? Math.min(left, LOOK_EVERY) : PAUSES.first, signal);
          continue;
        }
        const wasOver = dueOf();
        failures = (await attempt(failures + 1, signal)) && dueOf() !== wasOver ? 0 : failures + 1;
        if (failures > 0) await pause(backOff(failures, PAUSES), signal).catch(() => undefined);
      }
    },
    get due() {
      return dueOf();
    },
    get trouble() {
      return trouble;
    },
  };
}
