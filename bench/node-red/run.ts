// Node-RED itself, headless, with a user folder and a flow of its own: installed from npm when it is asked for, started as a process,
// watched until the last file is written.

import { spawn, spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { UNWATCHED, watch as watchProcess, type Watched } from "../measure.ts";
import type { Arrangement } from "./flows.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const modules = join(here, "node_modules");

/** Installs what package-lock.json beside this file says, unless it lies there; throws with what to do where that fails. */
export function install(): void {
  const wanted = (
    JSON.parse(readFileSync(join(here, "package.json"), "utf8")) as { dependencies: Record<string, string> }
  ).dependencies;
  const isThere = Object.entries(wanted).every(([name, version]) => {
    const file = join(modules, name, "package.json");
    return existsSync(file) && (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version === version;
  });
  if (isThere) return;
  process.stderr.write("  npm ci --prefix bench/node-red …\n");
  const flags = ["ci", "--prefix", here, "--ignore-scripts", "--no-audit", "--no-fund"];
  const { status, stderr } = spawnSync("npm", flags, { cwd: here, encoding: "utf8" });
  if (status === 0) return;
  throw new Error(
    `Node-RED could not be installed: npm ci --prefix bench/node-red ended with ${status}. It needs a registry of npm, once; ` +
      `run that command where there is one (npm config get registry says which), then this benchmark again.\n${stderr}`,
  );
}

export interface NodeRedRun extends Watched {
  /** From the message that starts the flow to the last file that is written. */
  readonly seconds: number;
  /** The same with the start of the process. */
  readonly withStart: number;
  /** Why it did not come to its end. */
  readonly failure?: string;
}

export interface NodeRedJob {
  readonly input: string;
  readonly rows: number;
  readonly out: string;
  readonly schema: string;
  /** Node's. */
  readonly flags: readonly string[];
  readonly timeoutSeconds: number;
}

/** Runs the arrangement over the input; what it wrote lies in `out`. */
export async function runNodeRed({ flow }: Arrangement, job: NodeRedJob): Promise<NodeRedRun> {
  const userDir = mkdtempSync(join(tmpdir(), "steg-bench-node-red-"));
  try {
    mkdirSync(job.out, { recursive: true });
    symlinkSync(modules, join(userDir, "node_modules"));
    for (const file of ["package.json", "settings.cjs"]) copyFileSync(join(here, file), join(userDir, file));
    writeFileSync(join(userDir, "flows.json"), JSON.stringify(flow));
    return await runIn(userDir, job);
  } finally {
    rmSync(userDir, { recursive: true, force: true });
  }
}

function runIn(userDir: string, job: NodeRedJob): Promise<NodeRedRun> {
  const red = join(modules, "node-red", "red.js");
  const started = Date.now();
  const child = spawn(process.execPath, [...job.flags, red, "-u", userDir, "-s", join(userDir, "settings.cjs")], {
    cwd: userDir,
    env: {
      ...process.env,
      NODE_OPTIONS: "",
      BENCH_INPUT: job.input,
      BENCH_OUT: job.out,
      BENCH_ROWS: String(job.rows),
      BENCH_SCHEMA: job.schema,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => (said = (said + text).slice(-20_000)));
  }
  let watched = UNWATCHED;
  const look = setInterval(() => (watched = watchProcess(child.pid as number, watched)), 50);
  const late = setTimeout(() => child.kill("SIGKILL"), job.timeoutSeconds * 1_000);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearInterval(look);
      clearTimeout(late);
      const at = (name: string): number => Number(new RegExp(`^mark ${name} (\\d+)$`, "m").exec(said)?.[1]);
      const [begin, end] = [at("begin"), at("end")];
      const why = said.trim().split("\n").at(-1) ?? "";
      resolve({
        seconds: (end - begin) / 1_000,
        withStart: (end - started) / 1_000,
        ...watched,
        ...((code !== 0 || Number.isNaN(end)) && { failure: `ended with ${code ?? signal}: ${why}` }),
      });
    });
  });
}
