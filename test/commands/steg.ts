// Real processes: `steg …` as people start it, in a folder of its own with invented bridges.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdir, mkdtemp, readdir, rename, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { type Dates, headOf, POLICY, RUNNING } from "../bridge-head.ts";
import { CACHE, program } from "../program.ts";
import { runHere } from "../run-here.ts";

export { ENDED, inDays, RUNNING, type Dates } from "../bridge-head.ts";

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Choice {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Instead of what the place starts. */
  readonly main?: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when stderr or stdout holds this; rejects when the process ends before. */
  says(text: string | RegExp): Promise<void>;
  /** What stderr and stdout hold so far. */
  said(): string;
}

export interface Up extends Running {
  /** Where it listens, with a slash at the end. */
  readonly url: string;
}

export interface Place {
  readonly dir: string;
  path(...parts: string[]): string;
  write(name: string, content: string): Promise<void>;
  /** A drop as an old writer leaves it: finished long ago. */
  drop(name: string, content: string): Promise<void>;
  bridge(name: string, changes?: BridgeChoice): Promise<void>;
  names(folder: string): Promise<readonly string[]>;
  steg(args: readonly string[], choice?: Choice): Promise<Ended>;
  json<T>(args: readonly string[], choice?: Choice): Promise<T>;
  start(args: readonly string[], choice?: Choice): Running;
  /** `steg up`, until it has started. Rejects where a bridge is refused. */
  startUp(choice?: Choice): Promise<Up>;
  /** Makes one, and answers it. */
  token(name: string, role?: "caller" | "viewer" | "operator"): Promise<string>;
  remove(): Promise<void>;
}

export interface BridgeChoice {
  readonly dates?: Dates;
  readonly deliver?: string;
  readonly extra?: string;
}

let last: Promise<unknown> = Promise.resolve();

/** Folders that are not named are looked for where people stand: a process stands in one place, so one command after the other. */
async function inFolder<T>(dir: string, work: () => Promise<T>): Promise<T> {
  const mine = last.then(async () => {
    const before = process.cwd();
    process.chdir(dir);
    return await work().finally(() => process.chdir(before));
  });
  last = mine.catch(() => undefined);
  return await mine;
}

/** The line that says that it has started, in whatever order. */
const LISTENS = /^(?=.*"appliance\.started").*"listen":"([^"]+)"/m;

/**
 * `here`: commands that end by themselves run in the test's own process; one at a time. What is started has a process of its own either
 * way, out of `usual`.
 */
export async function createPlace(commands: "processes" | "here" = "processes", usual = program): Promise<Place> {
  const dir = await mkdtemp(join(tmpdir(), "steg-cli-"));
  const path = (...parts: string[]): string => join(dir, ...parts);
  const started: ChildProcess[] = [];

  async function write(name: string, content: string): Promise<void> {
    await mkdir(dirname(path(name)), { recursive: true });
    await writeFile(path(name), content);
  }

  const environment = (more: Choice["env"] = {}): Readonly<Record<string, string>> => ({
    ...CACHE,
    PATH: process.env["PATH"] ?? "",
    HOME: dir,
    LANG: "C.UTF-8",
    STEG_LISTEN: "127.0.0.1:0",
    ...more,
  });

  function start(args: readonly string[], { env, input, main = usual }: Choice = {}): Running {
    const child = spawn(process.execPath, [main, ...args], {
      cwd: dir,
      env: environment(env),
      stdio: ["pipe", "pipe", "pipe"],
    });
    started.push(child);
    let [stdout, stderr] = ["", ""];
    const watchers = new Set<() => void>();
    const told = (): void => watchers.forEach((watcher) => watcher());
    child.stdout?.on("data", (chunk) => ((stdout += String(chunk)), told()));
    child.stderr?.on("data", (chunk) => ((stderr += String(chunk)), told()));
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input ?? "");
    const ended = new Promise<Ended>((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
    return {
      child,
      ended,
      said: () => stdout + stderr,
      says: async (text) =>
        await new Promise((resolve, reject) => {
          const look = (): void => {
            const all = stdout + stderr;
            if (typeof text === "string" ? !all.includes(text) : !text.test(all)) return;
            watchers.delete(look);
            resolve();
          };
          watchers.add(look);
          look();
          void ended.then((end) => reject(new Error(`ended with ${end.code}: ${end.stderr}`)));
        }),
    };
  }

  await write("sunset/policy.yaml", POLICY);
  const steg: Place["steg"] = async (args, choice) => {
    if (commands === "processes" || choice?.input !== undefined) return await start(args, choice).ended;
    return await inFolder(dir, async () => await runHere(args, { cwd: dir, env: environment(choice?.env) }));
  };

  async function json<T>(args: readonly string[], choice?: Choice): Promise<T> {
    const end = await steg([...args, "--json"], choice);
    try {
      return JSON.parse(end.stdout) as T;
    } catch {
      throw new Error(`no JSON from steg ${args.join(" ")}: ${end.stdout}${end.stderr}`);
    }
  }

  return {
    dir,
    path,
    write,
    start,
    steg,
    async drop(name, content) {
      // Under its name only when its time is set: an appliance that runs takes it at once.
      const coming = `coming-${basename(name)}`;
      await write(coming, content);
      const before = new Date(Date.now() - 3_600_000);
      await utimes(path(coming), before, before);
      await mkdir(dirname(path("data", name)), { recursive: true });
      await rename(path(coming), path("data", name));
    },
    async bridge(name, choice = {}) {
      await write(`mappings/${name}/bridge.yaml`, bridgeYaml(name, choice));
      await write(`mappings/${name}/codes/farben.csv`, "NAME;CODE\nrot;1\nblau;2\n");
    },
    names: async (folder) => (await readdir(path(folder)).catch((): string[] => [])).toSorted(),
    json,
    async startUp(choice) {
      const up = start(["up"], choice);
      await up.says(LISTENS);
      if (up.said().includes("bridge.refused")) throw new Error(up.said());
      return { ...up, url: LISTENS.exec(up.said())?.[1] ?? "" };
    },
    async token(name, role = "caller") {
      return (await json<{ token: string }>(["token", "new", name, "--role", role])).token;
    },
    async remove() {
      for (const child of started) if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function bridgeYaml(name: string, { dates = RUNNING, deliver, extra = "" }: BridgeChoice): string {
  return `${headOf(name, { dates })}receive:
  folder: { path: ${name}/in, files: "*.csv", settle: 0s, archive: archiv }
decode:
  csv: { delimiter: ";", encoding: utf-8, header: true }
map:
  codes:
    farben: codes/farben.csv
  json:
    name: = NAME
    farbe: = $code('farben', FARBE)
deliver:
  ${deliver ?? `folder: { path: ${name}/out, name: "{NAME}.json" }`}
answer:
  folder: { path: ${name}/quittung, format: json }
${extra}`;
}
