// Progress of one drop → journal: never two commits at once, never an outcome without its dead letter.
//
// Remote targets: at least every 100 outcomes or 250 ms, beside the deliveries. Growing files: the file's fsynced length and
// the outcomes it holds go into one commit, so nothing is written while it lasts.

import type { Journal, KeptAnswer, NewDeadLetter, Progress } from "../journal/types.ts";
import type { Tracker } from "./progress.ts";

export const COMMIT_OUTCOMES = 100;
export const COMMIT_MILLISECONDS = 250;
/** Growing files wait for the disk at each commit, and after a crash nothing but work is lost. */
export const COMMIT_FILES_MILLISECONDS = 500;

export interface Committer {
  dead(letter: NewDeadLetter): void;
  /** Of a call: what its caller is told once the outcome noted next is in the journal, and not before. */
  answer(answer: KeptAnswer): void;
  /** So many records more went one way of a split. */
  count(key: string, records: number): void;
  /** What may be on its way from the next commit on; undefined = nothing. */
  intend(range: readonly [number, number] | undefined): void;
  /** So many messages more came to their end; commits in the background when it is time. */
  outcome(count: number): void;
  /** Everything so far is in the journal when this resolves. */
  flush(appenders?: Readonly<Record<string, string>>, sets?: Readonly<Record<string, unknown>>): Promise<void>;
  finish(finished: number, appenders?: Readonly<Record<string, string>>): Promise<void>;
  /** The background's failure, if there was one. */
  readonly failure: unknown;
  stop(): void;
}

export function createCommitter(
  journal: Journal,
  drop: string,
  tracker: Tracker,
  background: boolean,
  onFailure: (cause: unknown) => void,
): Committer {
  let letters: NewDeadLetter[] = [];
  let outcomes = 0;
  let appended: Readonly<Record<string, string>> = {};
  let sets: Readonly<Record<string, unknown>> | undefined;
  let adds: Record<string, number> = {};
  let running: Promise<void> | undefined;
  let answer: KeptAnswer | undefined;
  let intent: readonly [number, number] | undefined;
  let failure: unknown;
  let timer: NodeJS.Timeout | undefined;

  async function write(finished: number | undefined): Promise<void> {
    // The snapshot and the letters are taken in one synchronous step: they belong together.
    const progress: Progress = tracker.snapshot(appended, finished === undefined ? intent : undefined);
    const dead = letters;
    letters = [];
    outcomes = 0;
    const entries = sets;
    sets = undefined;
    const counted = Object.keys(adds).length === 0 ? {} : { adds };
    adds = {};
    const told = answer === undefined ? {} : { answer };
    answer = undefined;
    const more = entries === undefined ? {} : { sets: entries };
    try {
      await journal.commit({
        drop,
        progress,
        dead,
        ...more,
        ...counted,
        ...told,
        ...(finished === undefined ? {} : { finished }),
      });
    } catch (cause) {
      // The progress of the next commit still stands for what these entries say.
      if (entries !== undefined) sets = Object.assign({}, entries, sets);
      throw cause;
    }
  }

  async function serially(finished?: number): Promise<void> {
    while (running) await running;
    running = write(finished).finally(() => {
      running = undefined;
    });
    await running;
  }

  function inBackground(): void {
    clearTimeout(timer);
    timer = undefined;
    if (failure !== undefined) return;
    // What comes while a commit is under way is not in it: it has its own, soon after.
    if (running) return arm();
    serially().then(
      () => {
        if (outcomes >= COMMIT_OUTCOMES) inBackground();
        else if (outcomes > 0) arm();
      },
      (cause: unknown) => {
        failure = cause;
        onFailure(cause);
      },
    );
  }

  function arm(): void {
    timer ??= setTimeout(inBackground, COMMIT_MILLISECONDS);
  }

  return {
    dead(letter) {
      letters.push(letter);
    },
    answer(given) {
      answer = given;
    },
    count(key, records) {
      adds[key] = (adds[key] ?? 0) + records;
    },
    intend(range) {
      intent = range;
    },
    outcome(count) {
      outcomes += count;
      if (!background) return;
      if (outcomes >= COMMIT_OUTCOMES) inBackground();
      else arm();
    },
    async flush(appenders, more) {
      if (appenders) appended = appenders;
      if (more) sets = { ...sets, ...more };
      clearTimeout(timer);
      timer = undefined;
      await serially();
    },
    async finish(finished, appenders) {
      if (appenders) appended = appenders;
      clearTimeout(timer);
      timer = undefined;
      await serially(finished);
    },
    get failure() {
      return failure;
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
