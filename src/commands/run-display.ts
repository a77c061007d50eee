// What a terminal shows while `steg up --once` works: one line per bridge, the last three that moved, and what the others
// wait for.

import type { DropProgress, WorkerStatus } from "../core/pipeline/appliance.ts";
import type { Console } from "../core/terminal/console.ts";
import { formatRemaining } from "../core/terminal/format.ts";
import { createProgress, renderProgressLine } from "../core/terminal/progress.ts";
import type { ProgressLine } from "../core/terminal/progress.ts";

const MOST_LINES = 3;
/** Waiting moves nothing, so the countdown needs a clock of its own. */
const REDRAW = 250;

export interface RunDisplay {
  show(progress: DropProgress): void;
  /** Where to look for what bridges wait for. */
  watch(status: () => readonly WorkerStatus[]): void;
  /** Makes room for something else that is written. */
  clear(): void;
  end(): void;
}

export function createRunDisplay(
  { stderr, err }: Pick<Console, "stderr" | "err">,
  now: () => number = Date.now,
): RunDisplay {
  const progress = createProgress(stderr, err);
  const started = now();
  const moved = new Map<string, DropProgress>();
  let status: (() => readonly WorkerStatus[]) | undefined;
  let timer: NodeJS.Timeout | undefined;

  function lines(): readonly string[] {
    const waiting = (status?.() ?? []).flatMap((one) => waitingLine(one, now()) ?? []);
    const working = [...moved.values()].filter((one) => !waiting.some(({ bridge }) => bridge === one.bridge));
    const shown = [...working.map((one) => workingLine(one, now() - started)), ...waiting].slice(-MOST_LINES);
    const width = Math.max(0, ...shown.map(({ bridge }) => bridge.length));
    return shown.map((line) => renderProgressLine(err, line, width));
  }

  return {
    show(one) {
      moved.delete(one.bridge);
      moved.set(one.bridge, one);
      progress.show(lines);
    },
    watch(read) {
      status = read;
      if (err.tty) timer = setInterval(() => progress.show(lines), REDRAW).unref();
    },
    clear: () => progress.clear(),
    end() {
      clearInterval(timer);
      progress.clear();
    },
  };
}

function workingLine(one: DropProgress, elapsed: number): ProgressLine {
  const finished = one.delivered + one.dead + one.skipped;
  // Until decoding has reached the end only the bytes tell how far it is.
  const guess = one.offset > 0 ? Math.max(finished, Math.round((finished * one.size) / one.offset)) : undefined;
  return { bridge: one.bridge, finished, records: one.complete ? one.records : guess, elapsed };
}

function waitingLine(one: WorkerStatus, now: number): ProgressLine | undefined {
  const open = one.circuits.find((circuit) => circuit.state !== "closed");
  if (open === undefined) return undefined;
  const next = open.nextTry === undefined ? "" : `, next try in ${formatRemaining(Math.max(0, open.nextTry - now))}`;
  return {
    bridge: one.bridge,
    finished: 0,
    records: undefined,
    elapsed: 0,
    waiting: `waiting for target, circuit open${next}`,
  };
}
