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
  let peak = 0;
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (text: string) => (stdout += text));
  const timer = setInterval(() => {
    peak = Math.max(peak, highWater(child.pid as number));
  }, 50);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => {
      clearInterval(timer);
      resolve({
        seconds: Number(process.hrtime.bigint() - started) / 1e9,
        peakRssMiB: Math.round(peak / 1024),
        stdout,
        code,
      });
    });
  });
}

function highWater(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
