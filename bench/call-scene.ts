// What benchmarks of calls have in common: processes that print their port, an appliance that runs, callers.

import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { LoadFigures, LoadJob } from "./call-load.ts";
import { LIFECYCLE } from "./end-to-end.ts";

const steg = fileURLToPath(new URL("../bin/steg.js", import.meta.url));

export interface Port {
  readonly origin: string;
  readonly pid: number;
  close(): Promise<void>;
}

/** A script of this folder that prints {"port"} and ends with its stdin. */
export async function startScript(name: string, ...args: readonly string[]): Promise<Port> {
  const script = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, [script, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const { port } = JSON.parse(await firstLine(child)) as { readonly port: number };
  return {
    origin: `http://127.0.0.1:${port}`,
    pid: child.pid as number,
    async close() {
      child.stdin?.end();
      await gone(child);
    },
  };
}

export async function firstLine(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) return line;
  throw new Error("a process ended before it had a port");
}

export async function gone(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    await new Promise<void>((resolve) => void child.once("exit", () => resolve()));
  }
}

export interface Called extends Port {
  readonly token: string;
  /** Of the running process, MiB. */
  memory(): { readonly peak: number; readonly now: number };
}

/** `steg up` with one bridge `messung`; `body` is its file from `receive:` on, `files` what lies beside it. */
export async function startAppliance(body: string, files: Readonly<Record<string, string>> = {}): Promise<Called> {
  const dir = mkdtempSync(join(tmpdir(), "steg-bench-calls-"));
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  };
  write("mappings/messung/bridge.yaml", `steg: 1\nbridge: messung\ntitle: Messung\n\n${LIFECYCLE}\n${body}`);
  for (const [name, text] of Object.entries(files)) write(`mappings/messung/${name}`, text);
  const env = { ...process.env, STEG_LISTEN: "127.0.0.1:0", STEG_LOG: "info" };
  const child = spawn(process.execPath, [steg, "up"], { cwd: dir, env, stdio: ["ignore", "ignore", "pipe"] });
  const origin = await listening(child);
  const token = await newToken(dir, env);
  return {
    origin,
    token,
    pid: child.pid as number,
    memory: () => memoryOf(child.pid as number),
    async close() {
      child.kill("SIGTERM");
      await gone(child);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Where it listens, once it has started. */
export async function listening(child: ChildProcess): Promise<string> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stderr! })) {
    lines.push(line);
    const url = line.includes("appliance.started") ? /"listen":"([^"]+)\/"/.exec(line)?.[1] : undefined;
    if (url === undefined) continue;
    if (lines.some((one) => one.includes("bridge.refused"))) break;
    child.stderr!.resume();
    return url;
  }
  throw new Error(`the appliance did not start: ${lines.join("\n")}`);
}

/** Of a caller. */
export async function newToken(dir: string, env: NodeJS.ProcessEnv): Promise<string> {
  const args = [steg, "token", "new", "messung", "--role", "caller", "--json"];
  const child = spawn(process.execPath, args, { cwd: dir, env, stdio: ["ignore", "pipe", "inherit"] });
  return (JSON.parse(await firstLine(child)) as { readonly token: string }).token;
}

export function memoryOf(pid: number): { readonly peak: number; readonly now: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const mebibytes = (name: string): number =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
  return { peak: mebibytes("VmHWM"), now: mebibytes("VmRSS") };
}

/** Processor time that a process has used so far, in milliseconds (proc(5): utime and stime, in hundredths of a second). */
export function processorTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

export interface Callers {
  readonly pid: number;
  call(job: LoadJob): Promise<LoadFigures>;
  close(): Promise<void>;
}

/** `name` is a script of this folder that takes jobs on stdin. */
export function startCallers(name = "call-load"): Callers {
  const script = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, [script], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    pid: child.pid as number,
    async call(job) {
      child.stdin.write(`${JSON.stringify(job)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error("the callers failed");
      return JSON.parse(value) as LoadFigures;
    },
    async close() {
      child.stdin.end();
      await gone(child);
    },
  };
}

export interface CallJob extends Omit<LoadJob, "callers" | "milliseconds"> {
  /** The process that is asked. */
  readonly pid: number;
}

export interface CallFigures extends LoadFigures {
  /** Of the process that is asked, milliseconds per call: what is left when the machine is busy with other things. */
  readonly processor: number;
}

/** Several rounds in turn, so that all see the same weather; of each the best throughput and the median of the latencies. */
export async function inTurn(
  callers: Callers,
  jobs: Readonly<Record<string, CallJob>>,
  count: number,
  { rounds, milliseconds }: { readonly rounds: number; readonly milliseconds: number },
): Promise<Readonly<Record<string, CallFigures>>> {
  const all = new Map<string, CallFigures[]>(Object.keys(jobs).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, { pid, ...job }] of Object.entries(jobs)) {
      const before = processorTime(pid);
      const figures = await callers.call({ ...job, callers: count, milliseconds });
      const processor = (processorTime(pid) - before) / figures.calls;
      // The first round is for the compiler.
      if (round > 0) all.get(name)!.push({ ...figures, processor });
    }
  }
  return Object.fromEntries(
    [...all].map(([name, figures]) => [
      name,
      {
        calls: figures.reduce((sum, { calls }) => sum + calls, 0),
        perSecond: Math.max(...figures.map(({ perSecond }) => perSecond)),
        processor: median(figures.map(({ processor }) => processor)),
        p50: median(figures.map(({ p50 }) => p50)),
        p99: median(figures.map(({ p99 }) => p99)),
      },
    ]),
  );
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}
