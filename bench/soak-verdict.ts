// What the minutes of a soak say together: each figure of the last third against the middle third, and the slope over both.

import type { Measured } from "./measure.ts";
import type { SoakCallFigures } from "./soak-calls.ts";

/** One row of the table, a minute of the full run. Of what goes up and down the highest value is meant. */
export interface Minute extends Omit<SoakCallFigures, "accepted" | "open"> {
  /** Minutes since the beginning. */
  readonly at: number;
  readonly residentMiB: number;
  readonly proportionalMiB: number;
  readonly files: number;
  readonly journalKiB: number;
  readonly walKiB: number;
  readonly spoolKiB: number;
  /** Since the beginning. */
  readonly drops: number;
  readonly delivered: number;
  readonly openDead: number;
  readonly pending: number;
  /** Of one core, percent. */
  readonly processor: number;
}

export const COLUMNS: readonly (keyof Minute)[] = [
  "at",
  "residentMiB",
  "proportionalMiB",
  "files",
  "journalKiB",
  "walKiB",
  "spoolKiB",
  "drops",
  "delivered",
  "openDead",
  "pending",
  "calls",
  "failed",
  "p50",
  "p99",
  "most",
  "directP99",
  "processor",
];

export function csvOf(minutes: readonly Minute[]): string {
  return `${[COLUMNS.join(","), ...minutes.map((one) => COLUMNS.map((name) => short(one[name])).join(","))].join("\n")}\n`;
}

export function short(value: number): string {
  return String(Math.abs(value) < 100 ? Number(value.toFixed(2)) : Math.round(value));
}

/** Per hour, by least squares. */
function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (at: 0 | 1): number => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const over = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  const under = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  return under === 0 ? 0 : (over / under) * 60;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 0 ? ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2 : (sorted[half] ?? 0);
}

export function verdict(minutes: readonly Minute[]): readonly Measured[] {
  const third = Math.floor(minutes.length / 3);
  const late = minutes.slice(third);
  const [middle, end] = [late.slice(0, late.length - third), late.slice(late.length - third)];

  function flat(name: string, unit: string, of: (minute: Minute) => number): Measured {
    const perHour = slope(late.map((minute) => [minute.at, of(minute)]));
    return {
      name: `soak-${name}`,
      ours: median(end.map(of)),
      floor: median(middle.map(of)),
      floorName: "the middle third",
      unit: `${unit}, median of the last third`,
      note: `less is better, 1 is flat; ${short(perHour)} ${unit} per hour over both, ${short(Math.min(...late.map(of)))} to ${short(Math.max(...late.map(of)))}`,
    };
  }

  /** The journal keeps a row for each drop and its trail for ever, so what has to be the same is what one costs. */
  function bytesPerDrop(of: readonly Minute[]): number {
    const [first, last] = [of[0], of.at(-1)];
    return first && last ? ((last.journalKiB - first.journalKiB) * 1_024) / (last.drops - first.drops) : 0;
  }

  return [
    flat("memory", "MiB", (minute) => minute.residentMiB),
    flat("files", "open files", (minute) => minute.files),
    flat("spool", "KiB", (minute) => minute.spoolKiB),
    flat("wal", "KiB", (minute) => minute.walKiB),
    {
      name: "soak-journal",
      ours: bytesPerDrop(end),
      floor: bytesPerDrop(middle),
      floorName: "the middle third",
      unit: "bytes for each drop, last third",
      note: `less is better; ${short(minutes.at(-1)?.journalKiB ?? 0)} KiB after ${minutes.at(-1)?.drops ?? 0} drops with ${minutes.at(-1)?.delivered ?? 0} records`,
    },
    flat("p50", "ms", (minute) => minute.p50),
    flat("p99", "ms", (minute) => minute.p99),
    flat("direct-p99", "ms", (minute) => minute.directP99),
    flat("processor", "% of a core", (minute) => minute.processor),
  ];
}
