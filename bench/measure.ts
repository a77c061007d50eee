// What a benchmark gives back, and how a whole process is measured.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

import type { Shares } from "./shares.ts";

export interface Measured {
  readonly name: string;
  /** In `unit`; more is better. */
  readonly ours: number;
  readonly floor: number;
  readonly floorName: string;
  readonly unit: string;
  /** Of the process that did the work, where that is not the benchmark's own. */
  readonly peakRssMiB?: number;
  readonly note?: string;
  /** Where the time of ours went. */
  readonly shares?: Shares;
}

export interface BenchResult extends Measured {
  readonly ratio: number;
  readonly peakRssMiB: number;
}

export type Bench = (options: { readonly quick: boolean }) => Promise<Measured | readonly Measured[]>;

export interface ProcessFigures {
  readonly seconds: number;
  readonly peakRssMiB: number;
  /** What of that is the process's own at most (looked at 20 times a second), without files that processes share, as Node's binary. */
  readonly ownMiB: number;
  /** Of the processor, user and system. */
  readonly cpuSeconds: number;
  readonly stdout: string;
  readonly code: number | null;
}

/** Runs a command to its end; peak memory by the kernel's own high-water mark (Linux; elsewhere 0). */
export function measureProcess(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd?: string,
): Promise<ProcessFigures> {
  const started = process.hrtime.bigint();
  const child = spawn(command[0] as string, command.slice(1), {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
    ...(cwd && { cwd }),
  });
  let stdout = "";
  let watched = UNWATCHED;
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (text: string) => (stdout += text));
  const timer = setInterval(() => {
    watched = watch(child.pid as number, watched);
  }, 50);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => {
      clearInterval(timer);
      resolve({
        seconds: Number(process.hrtime.bigint() - started) / 1e9,
        ...watched,
        stdout,
        code,
      });
    });
  });
}

export type Watched = Pick<ProcessFigures, "peakRssMiB" | "ownMiB" | "cpuSeconds">;
export const UNWATCHED: Watched = { peakRssMiB: 0, ownMiB: 0, cpuSeconds: 0 };

/** What the kernel says of a process now; of one that has ended, what it said before. */
export function watch(pid: number, before: Watched): Watched {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const of = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0) / 1024;
    // The name may hold blanks; behind it user and system time, and those of children waited for, are fields 12 to 15, in hundredths.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return {
      peakRssMiB: Math.max(before.peakRssMiB, Math.round(of("VmHWM"))),
      ownMiB: Math.max(before.ownMiB, Math.round(of("RssAnon"))),
      cpuSeconds: ticks / 100,
    };
  } catch {
    return before;
  }
}
