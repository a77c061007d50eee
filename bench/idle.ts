// Appliances with one bridge and nothing to do: what one needs by itself, and what each needs on a host that runs ten of them, where
// the binary's pages are shared. --quick: five for a shorter time.

import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { headOf, POLICY } from "../test/bridge-head.ts";
import type { Bench } from "./measure.ts";
import { HERTZ, main, passes, said, ticks } from "./page-process.ts";

/** Node at its least with the two threads an appliance has: a timer here and there. */
const BARE = `
import { Worker } from "node:worker_threads";
new Worker("setInterval(() => {}, 1e6)", { eval: true });
setInterval(() => {}, 1e6);
process.stdout.write("up\\n");`;

const run: Bench = async ({ quick }) => {
  const dir = mkdtempSync(join(tmpdir(), "steg-bench-idle-"));
  const children: ChildProcess[] = [];
  try {
    children.push(
      spawn(process.execPath, ["--input-type=module", "-e", BARE], { stdio: ["ignore", "pipe", "inherit"] }),
    );
    await said(children[0] as ChildProcess, "stdout", /up/);
    await passes(2_000);
    const bare = megabytes(children[0], "Rss");
    children.pop()?.kill("SIGKILL");
    const most = quick ? 5 : 10;
    while (children.length < most) children.push(await appliance(join(dir, String(children.length))));
    const one = children[0] as ChildProcess;
    await passes(20_000);
    const [before, from] = [ticks(one.pid ?? 0), performance.now()];
    await passes(quick ? 10_000 : 60_000);
    const share = (ticks(one.pid ?? 0) - before) / HERTZ / ((performance.now() - from) / 1_000);
    const each = children.reduce((sum, child) => sum + megabytes(child, "Pss"), 0) / most;
    const [alone, own] = [megabytes(one, "Rss"), megabytes(one, "Anonymous")];
    return {
      name: "idle",
      ours: 1_000 / each,
      floor: 1_000 / bare,
      floorName: `Node with a timer and a thread, by itself: ${bare.toFixed(0)} MiB resident`,
      unit: "appliances at rest per 1,000 MiB",
      peakRssMiB: Math.round(alone),
      note: `resident ${alone.toFixed(0)} MiB, ${own.toFixed(0)} of them its own, the rest the binary; with ${most} on a host ${each.toFixed(0)} MiB each (proportional set size); ${(100 * share).toFixed(2)} % of one core`,
    };
  } finally {
    for (const child of children) child.kill("SIGKILL");
    rmSync(dir, { recursive: true, force: true });
  }
};
export default run;

async function appliance(dir: string): Promise<ChildProcess> {
  mkdirSync(join(dir, "mappings", "meldung"), { recursive: true });
  mkdirSync(join(dir, "sunset"));
  mkdirSync(join(dir, "data", "ein"), { recursive: true });
  writeFileSync(join(dir, "sunset", "policy.yaml"), POLICY);
  writeFileSync(
    join(dir, "mappings", "meldung", "bridge.yaml"),
    `${headOf("meldung", { title: "Meldungen" })}receive: { folder: { path: ein, files: "*.csv" } }
decode: { csv: { delimiter: ";", header: true } }
map: { json: { nr: = NR } }
deliver: { folder: { path: aus, name: "{NR}.json" } }
`,
  );
  const child = spawn(process.execPath, [main, "up"], {
    cwd: dir,
    env: { ...process.env, STEG_LISTEN: "127.0.0.1:0" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  await said(child, "stderr", /"appliance\.started"/);
  return child;
}

/** Of the kernel (Linux): `Rss` all that is in memory, `Pss` the same with shared pages divided, `Anonymous` its own alone. */
function megabytes(child: ChildProcess | undefined, what: "Rss" | "Pss" | "Anonymous"): number {
  const text = readFileSync(`/proc/${child?.pid ?? 0}/smaps_rollup`, "utf8");
  return Number(new RegExp(`^${what}:\\s+(\\d+) kB`, "m").exec(text)?.[1]) / 1_024;
}
