// The dashboard of an appliance with 500 bridges and 100,000 open dead letters: how long its pages take, what it needs at rest. --quick:
// fewer rounds.

import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openState } from "../src/core/journal/open.ts";
import { headOf, POLICY } from "../test/bridge-head.ts";
import { finishDrop, takeNew } from "../test/core/journal-state.ts";
import type { Bench } from "./measure.ts";
import { HERTZ, main, memory, pageTimes, passes, said, signedIn, ticks } from "./page-process.ts";

const BRIDGES = 500;
const LETTERS = 200;
const PAGES = [
  "/",
  "/bruecken",
  "/bruecken/bruecke-7",
  "/klaerfaelle",
  "/klaerfaelle?bruecke=bruecke-7&stelle=map&code=FORMULA_FAILED",
  "/aufrufer",
  "/notbetrieb",
  "/nachweis",
];

const run: Bench = async ({ quick }) => {
  const dir = mkdtempSync(join(tmpdir(), "steg-bench-dashboard-"));
  let child: ChildProcess | undefined;
  try {
    writeBridges(dir);
    await fill(join(dir, "state"));
    const began = performance.now();
    child = spawn(process.execPath, [main, "up"], {
      cwd: dir,
      env: { ...process.env, STEG_LISTEN: "127.0.0.1:0" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const told = await said(child, "stderr", /"appliance\.started"/);
    const started = (performance.now() - began) / 1_000;
    const url = /"listen":"([^"]+)"/.exec(told)?.[1] ?? "";
    const page = await signedIn(dir, url, "Steg");
    await passes(15_000);
    const pid = child.pid ?? 0;
    const [before, from] = [ticks(pid), performance.now()];
    await passes(quick ? 15_000 : 60_000);
    const share = (ticks(pid) - before) / HERTZ / ((performance.now() - from) / 1_000);
    const rest = memory(pid).now;
    const { p95, text } = await pageTimes(page, PAGES, quick ? 5 : 20);
    return {
      name: "dashboard",
      ours: 1_000 / p95,
      floor: 10,
      floorName: "p95 of 100 ms",
      unit: "pages a second at the 95th percentile",
      peakRssMiB: memory(pid).peak,
      note: `${BRIDGES} bridges, ${BRIDGES * LETTERS} open dead letters: started in ${started.toFixed(1)} s; at rest ${(100 * share).toFixed(1)} % of one core, ${rest} MiB; p95 of all pages ${p95.toFixed(0)} ms; median: ${text}`,
    };
  } finally {
    child?.kill("SIGKILL");
    rmSync(dir, { recursive: true, force: true });
  }
};
export default run;

function writeBridges(dir: string): void {
  mkdirSync(join(dir, "sunset"));
  writeFileSync(join(dir, "sunset", "policy.yaml"), POLICY);
  for (let at = 0; at < BRIDGES; at++) {
    const name = `bruecke-${at}`;
    mkdirSync(join(dir, "mappings", name), { recursive: true });
    mkdirSync(join(dir, "data", name), { recursive: true });
    writeFileSync(
      join(dir, "mappings", name, "bridge.yaml"),
      `${headOf(name, { title: `Verfahren ${at}` })}deadline: 3 workdays
receive: { folder: { path: ${name}, files: "*.csv" } }
decode: { csv: { delimiter: ";", header: true } }
map: { json: { nr: = NR } }
deliver: { folder: { path: ${name}-out, name: "{NR}.json" } }
`,
    );
  }
}

/** Letters of the last four weeks, so that some are near their term and their end. */
async function fill(dir: string): Promise<void> {
  mkdirSync(dir, { recursive: true });
  const state = await openState({ dir, log: () => undefined });
  const dead = Array.from({ length: LETTERS }, (_, at) => at + 1);
  for (let at = 0; at < BRIDGES; at++) {
    const received = Date.now() - (at % 28) * 86_400_000;
    const bytes = Buffer.from(`NR\n${at}\n`);
    const drop = await takeNew(state, bytes, { bridge: `bruecke-${at}`, received });
    await finishDrop(state, drop, LETTERS, dead);
  }
  await state.close();
}
