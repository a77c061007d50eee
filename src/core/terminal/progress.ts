// Progress lines: redrawn in place on stderr, at most ten times a second, and only where stderr is a terminal.
// Off a terminal nothing is written at all: no bar, no cursor movement.

import { formatCount, formatRate, formatRemaining } from "./format.ts";
import { paint, sign } from "./look.ts";
import type { Look, OutputStream } from "./look.ts";
import { pad } from "./text.ts";

const LEAST_INTERVAL = 100;

export interface Progress {
  /** Shows these lines, now or at the next moment when drawing is allowed. */
  show(lines: () => readonly string[]): void;
  /** Clears what was drawn, so that something else can be written. */
  clear(): void;
}

export function createProgress(
  stream: OutputStream,
  look: Look,
  now: () => number = () => performance.now(),
): Progress {
  let drawn = 0;
  let last = -Infinity;
  return {
    show(lines) {
      if (!look.tty || now() - last < LEAST_INTERVAL) return;
      last = now();
      const text = lines();
      stream.write(`${back(drawn)}${text.map((line) => `\x1b[2K${line}\n`).join("")}\x1b[0J`);
      drawn = text.length;
    },
    clear() {
      if (drawn === 0) return;
      stream.write(`${back(drawn)}\x1b[0J`);
      drawn = 0;
    },
  };
}

function back(lines: number): string {
  return lines === 0 ? "" : `\x1b[${lines}A\r`;
}

const BAR = 30;

/** `━━━━━━━━━╸─────────` in 30 columns. */
export function renderBar(look: Look, share: number): string {
  const halves = Math.round(Math.min(1, Math.max(0, share)) * BAR * 2);
  const full = Math.floor(halves / 2);
  const half = halves % 2 === 1 ? sign(look, "╸") : "";
  return sign(look, "━").repeat(full) + half + paint(look, "dim", sign(look, "─").repeat(BAR - full - half.length));
}

export interface ProgressLine {
  readonly bridge: string;
  readonly finished: number;
  /** undefined: decoding has not reached the end. */
  readonly records: number | undefined;
  /** Since the run began. */
  readonly elapsed: number;
  /** What it waits for, instead of a bar. */
  readonly waiting?: string;
}

export function renderProgressLine(look: Look, line: ProgressLine, nameWidth: number): string {
  const name = `  ${pad(line.bridge, nameWidth)}   `;
  if (line.waiting !== undefined) return name + line.waiting;
  const rate = line.elapsed > 0 ? (line.finished / line.elapsed) * 1_000 : 0;
  if (line.records === undefined) return `${name}${formatCount(line.finished)} so far   ${formatRate(rate)}`;
  const share = line.records === 0 ? 1 : line.finished / line.records;
  const percent = pad(`${Math.floor(share * 100)} %`, 6, "right");
  const start = `${name}${renderBar(look, share)} ${percent}   `;
  if (share >= 1) return `${start}${pad(formatCount(line.records), 7, "right")}`;
  const left = rate > 0 ? `   ${formatRemaining(((line.records - line.finished) / rate) * 1_000)}` : "";
  return `${start}${formatCount(line.finished)} of ${formatCount(line.records)}   ${formatRate(rate)}${left}`;
}
